"""Bulk fetches: when a record was charged, IDs that are skipped, remarks, and the balance beside the books."""

from collections.abc import Iterator
from typing import Any, Protocol


class _Connection(Protocol):
    def execute(self, sql: str, /) -> Iterator[tuple[Any, ...]]: ...


def apply(conn: _Connection) -> None:
    """Add columns and tables; `fetch_item` is made anew, as a CHECK cannot be changed."""
    for script in (_CHARGED_AT, _RUNS, _ITEMS):
        conn.execute(script)


# A record is free for twelve months from its charge; fetched_at moves on with every refresh. The record keeps the id
# of the request that brought it first, and the ledger knows when that one was charged.
_CHARGED_AT = """
ALTER TABLE source_record ADD COLUMN charged_at INTEGER;
UPDATE source_record SET charged_at = (
    SELECT min(l.at) FROM ledger_line l
    WHERE l.provider = source_record.provider AND l.request_id = source_record.request_id AND l.kind = 'charged'
) WHERE credits_charged > 0 AND request_id <> '';
"""

_RUNS = """
ALTER TABLE fetch_run ADD COLUMN include_company INTEGER NOT NULL DEFAULT 0 CHECK (include_company IN (0, 1));
CREATE TABLE fetch_remark (
    remark_id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES fetch_run (run_id),
    at INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX fetch_remark_run ON fetch_remark (run_id);
CREATE TABLE fetch_balance (
    balance_id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES fetch_run (run_id),
    began_at INTEGER NOT NULL,
    before INTEGER NOT NULL,
    first_line INTEGER NOT NULL,
    ended_at INTEGER,
    after INTEGER,
    last_line INTEGER,
    CHECK ((ended_at IS NULL) = (after IS NULL) AND (ended_at IS NULL) = (last_line IS NULL))
) STRICT;
CREATE INDEX fetch_balance_run ON fetch_balance (run_id);
"""

_ITEMS = """
CREATE TABLE new_fetch_item (
    run_id INTEGER NOT NULL REFERENCES fetch_run (run_id),
    position INTEGER NOT NULL,
    provider_id TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'queued' CHECK (outcome IN ('queued', 'in_flight', 'found', 'partial', 'not_found',
        'failed', 'unknown', 'suppressed', 'cancelled', 'expired', 'skipped')),
    reason TEXT NOT NULL DEFAULT '',
    contact_id INTEGER REFERENCES contact (contact_id),
    PRIMARY KEY (run_id, position),
    UNIQUE (run_id, provider_id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_fetch_item SELECT run_id, position, provider_id, outcome, reason, contact_id FROM fetch_item;
DROP TABLE fetch_item;
ALTER TABLE new_fetch_item RENAME TO fetch_item;
CREATE INDEX fetch_item_outcome ON fetch_item (run_id, outcome);
"""
