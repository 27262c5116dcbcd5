"""The first schema: library, bulk fetches, enrichment queue, ledger.

Times are whole microseconds since 1970-01-01 UTC. Run ids are shared by both kinds of run, so that a ledger line
or a change record names one run only.
"""

from collections.abc import Iterator
from typing import Any, Protocol


class _Connection(Protocol):
    def execute(self, sql: str, /) -> Iterator[tuple[Any, ...]]: ...


def apply(conn: _Connection) -> None:
    """Create every table."""
    for script in (_LIBRARY, _FETCH, _ENRICHMENT, _LEDGER):
        conn.execute(script)


# The shown value of each column stands on the contact itself: tables read one row per contact and nothing else.
# A merged contact keeps its row and points to the survivor, always in one step.
_LIBRARY = """
CREATE TABLE contact (
    contact_id INTEGER PRIMARY KEY,
    merged_into INTEGER REFERENCES contact (contact_id),
    created_at INTEGER NOT NULL,
    first_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    display_name TEXT NOT NULL DEFAULT '',
    job_title TEXT NOT NULL DEFAULT '',
    company_name TEXT NOT NULL DEFAULT '',
    company_domain TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    email_verdict TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    linkedin_url TEXT NOT NULL DEFAULT '',
    location TEXT NOT NULL DEFAULT '',
    provider TEXT NOT NULL DEFAULT '',
    provider_id TEXT NOT NULL DEFAULT '',
    account_id TEXT NOT NULL DEFAULT '',
    providers TEXT NOT NULL DEFAULT '',
    fetched_at INTEGER NOT NULL DEFAULT 0,
    masked INTEGER NOT NULL DEFAULT 0 CHECK (masked IN (0, 1)),
    CHECK (merged_into IS NULL OR merged_into <> contact_id)
) STRICT;
CREATE INDEX contact_merged ON contact (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE source_record (
    record_id INTEGER PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contact (contact_id),
    provider TEXT NOT NULL,
    account_id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('summary', 'full', 'enrichment')),
    fetched_at INTEGER NOT NULL,
    masked INTEGER NOT NULL CHECK (masked IN (0, 1)),
    credits_charged INTEGER NOT NULL CHECK (credits_charged >= 0),
    request_id TEXT NOT NULL,
    fields TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;
CREATE INDEX source_record_contact ON source_record (contact_id);
CREATE INDEX source_record_person ON source_record (provider, provider_id, kind);

-- Two contacts may hold the same key: when something else forbids to merge them.
CREATE TABLE identity_key (
    kind TEXT NOT NULL CHECK (kind IN ('id', 'linkedin', 'email')),
    scope TEXT NOT NULL,
    value TEXT NOT NULL,
    contact_id INTEGER NOT NULL REFERENCES contact (contact_id),
    PRIMARY KEY (kind, scope, value, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_key_contact ON identity_key (contact_id);

CREATE TABLE contact_event (
    event_id INTEGER PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contact (contact_id),
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    provider TEXT,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX contact_event_contact ON contact_event (contact_id);

CREATE TABLE run (
    run_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('fetch', 'enrichment'))
) STRICT;
"""

_FETCH = """
CREATE TABLE fetch_run (
    run_id INTEGER PRIMARY KEY REFERENCES run (run_id),
    provider TEXT NOT NULL,
    account_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'finished')),
    created_at INTEGER NOT NULL,
    charged INTEGER NOT NULL DEFAULT 0 CHECK (charged >= 0),
    max_credits INTEGER CHECK (max_credits >= 0),
    note TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE fetch_item (
    run_id INTEGER NOT NULL REFERENCES fetch_run (run_id),
    position INTEGER NOT NULL,
    provider_id TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'queued' CHECK (outcome IN ('queued', 'in_flight', 'found', 'partial', 'not_found',
        'failed', 'unknown', 'suppressed', 'cancelled', 'expired')),
    reason TEXT NOT NULL DEFAULT '',
    contact_id INTEGER REFERENCES contact (contact_id),
    PRIMARY KEY (run_id, position),
    UNIQUE (run_id, provider_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fetch_item_outcome ON fetch_item (run_id, outcome);
"""

_ENRICHMENT = """
CREATE TABLE enrichment_run (
    run_id INTEGER PRIMARY KEY REFERENCES run (run_id),
    provider TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    fields TEXT NOT NULL,
    cap INTEGER NOT NULL CHECK (cap >= 0),
    stopped INTEGER NOT NULL DEFAULT 0 CHECK (stopped IN (0, 1)),
    origin TEXT NOT NULL
) STRICT;

CREATE TABLE enrichment_batch (
    batch_id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES enrichment_run (run_id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'reserved', 'submitting', 'submitted', 'collecting', 'complete',
        'rejected', 'unknown_outcome', 'expired', 'abandoned')),
    item_count INTEGER NOT NULL CHECK (item_count BETWEEN 1 AND 100),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    request_id TEXT NOT NULL DEFAULT '',
    submitted_at INTEGER,
    next_poll_at INTEGER,
    polls INTEGER NOT NULL DEFAULT 0,
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    charged INTEGER NOT NULL DEFAULT 0 CHECK (charged >= 0),
    note TEXT NOT NULL DEFAULT '',
    key_fingerprint TEXT NOT NULL DEFAULT '',
    body_hash TEXT NOT NULL DEFAULT '',
    unmatched INTEGER NOT NULL DEFAULT 0,
    -- Credits are set aside exactly while an answer may still cost them.
    CHECK ((reserved > 0) = (state IN ('reserved', 'submitting', 'submitted', 'collecting', 'unknown_outcome'))),
    CHECK (state NOT IN ('submitted', 'collecting', 'complete') OR request_id <> '')
) STRICT;
CREATE INDEX enrichment_batch_run ON enrichment_batch (run_id);
CREATE INDEX enrichment_batch_state ON enrichment_batch (state);

CREATE TABLE enrichment_item (
    item_id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES enrichment_run (run_id),
    batch_id INTEGER NOT NULL REFERENCES enrichment_batch (batch_id),
    row INTEGER NOT NULL,
    client_key TEXT NOT NULL UNIQUE,
    person_key TEXT NOT NULL,
    contact_id INTEGER REFERENCES contact (contact_id),
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    domain TEXT NOT NULL,
    company_name TEXT NOT NULL,
    linkedin_url TEXT NOT NULL,
    emails TEXT NOT NULL DEFAULT '[]',
    phones TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX enrichment_item_run ON enrichment_item (run_id, row);
CREATE INDEX enrichment_item_batch ON enrichment_item (batch_id, row);
CREATE INDEX enrichment_item_contact ON enrichment_item (contact_id);
CREATE INDEX enrichment_item_person ON enrichment_item (person_key);

CREATE TABLE enrichment_field (
    item_id INTEGER NOT NULL REFERENCES enrichment_item (item_id),
    field TEXT NOT NULL CHECK (field IN ('emails', 'phones')),
    person_key TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'queued' CHECK (outcome IN ('queued', 'in_flight', 'found', 'partial', 'not_found',
        'failed', 'unknown', 'suppressed', 'cancelled', 'expired')),
    reason TEXT NOT NULL DEFAULT '',
    finished_at INTEGER,
    PRIMARY KEY (item_id, field)
) STRICT, WITHOUT ROWID;
-- Nobody is bought twice at the same time.
CREATE UNIQUE INDEX enrichment_field_open ON enrichment_field (person_key, field)
    WHERE outcome IN ('queued', 'in_flight');
CREATE INDEX enrichment_field_person ON enrichment_field (person_key, field, outcome);
CREATE INDEX enrichment_field_outcome ON enrichment_field (field, outcome);

CREATE TABLE enrichment_event (
    event_id INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES enrichment_batch (batch_id),
    at INTEGER NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    request_id TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX enrichment_event_batch ON enrichment_event (batch_id);
CREATE INDEX enrichment_event_request ON enrichment_event (request_id) WHERE request_id <> '';

-- What the provider answered, byte for byte: paid data can be read again by a later version.
CREATE TABLE enrichment_answer (
    batch_id INTEGER NOT NULL REFERENCES enrichment_batch (batch_id),
    fetched_at INTEGER NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (batch_id, fetched_at)
) STRICT;

CREATE TABLE enrichment_unmatched (
    unmatched_id INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES enrichment_batch (batch_id),
    raw BLOB NOT NULL
) STRICT;
CREATE INDEX enrichment_unmatched_batch ON enrichment_unmatched (batch_id);
"""

_LEDGER = """
CREATE TABLE ledger_line (
    line_id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('reserved', 'charged', 'released')),
    credits INTEGER NOT NULL CHECK (credits > 0),
    request_id TEXT NOT NULL DEFAULT '',
    batch_id INTEGER REFERENCES enrichment_batch (batch_id),
    run_id INTEGER REFERENCES run (run_id),
    note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX ledger_line_run ON ledger_line (run_id);
CREATE INDEX ledger_line_batch ON ledger_line (batch_id);
CREATE TRIGGER ledger_line_no_update BEFORE UPDATE ON ledger_line
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_line_no_delete BEFORE DELETE ON ledger_line
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
"""
