"""Enrichment: sample first, deadlines, who is who, domains of companies, and the balance beside the books."""

from collections.abc import Iterator
from typing import Any, Protocol


class _Connection(Protocol):
    def execute(self, sql: str, /) -> Iterator[tuple[Any, ...]]: ...


def apply(conn: _Connection) -> None:
    """Add columns and tables. Batches in flight get a deadline, people their further keys."""
    for script in (_BATCHES, _KEYS, _COMPANIES, _BALANCE):
        conn.execute(script)


# 2,592,000,000,000 microseconds are 30 days: the vendor names no retention, this is what its neighbours keep.
_BATCHES = """
ALTER TABLE enrichment_batch ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1));
ALTER TABLE enrichment_batch ADD COLUMN taken INTEGER CHECK (taken >= 0);
ALTER TABLE enrichment_batch ADD COLUMN expires_at INTEGER;
ALTER TABLE enrichment_batch ADD COLUMN short INTEGER NOT NULL DEFAULT 0 CHECK (short >= 0);
UPDATE enrichment_batch SET expires_at = submitted_at + 2592000000000 WHERE state IN ('submitted', 'collecting');
"""

_KEYS = """
CREATE TABLE enrichment_key (
    item_id INTEGER NOT NULL REFERENCES enrichment_item (item_id),
    key TEXT NOT NULL,
    PRIMARY KEY (item_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX enrichment_key_key ON enrichment_key (key);
INSERT INTO enrichment_key SELECT item_id, person_key FROM enrichment_item;
INSERT OR IGNORE INTO enrichment_key
    SELECT item_id, 'name:' || lower(trim(first_name) || ' ' || trim(last_name)) || '@' || domain FROM enrichment_item;
"""

_COMPANIES = """
CREATE TABLE company_domain (
    company_key TEXT PRIMARY KEY,
    domain TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE company_candidates (
    company_key TEXT PRIMARY KEY,
    candidates TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

_BALANCE = """
CREATE TABLE enrichment_balance (
    balance_id INTEGER PRIMARY KEY,
    key_fingerprint TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    before INTEGER NOT NULL,
    first_line INTEGER NOT NULL,
    ended_at INTEGER,
    after INTEGER,
    last_line INTEGER,
    CHECK ((ended_at IS NULL) = (after IS NULL) AND (ended_at IS NULL) = (last_line IS NULL))
) STRICT;
CREATE UNIQUE INDEX enrichment_balance_open ON enrichment_balance (key_fingerprint) WHERE ended_at IS NULL;
CREATE INDEX ledger_line_at ON ledger_line (at);
"""
