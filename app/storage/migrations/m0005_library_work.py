"""The rep's own work in the library: status, rating, notes, tags, lists, choices, undo; probable matches."""

from collections.abc import Iterator
from typing import Any, Protocol


class _Connection(Protocol):
    def execute(self, sql: str, /) -> Iterator[tuple[Any, ...]]: ...


def apply(conn: _Connection) -> None:
    """Add columns and tables, and fill what can be told from what is there."""
    for script in (_SHOWN, _OUTCOMES, _ADAPTER, _OWN, _UNDO, _MATCHES, _MAILBOXES):
        conn.execute(script)


# What tables show stands on the contact itself, as before; the rep's own values are copies of the tables below.
# A list in one column has one entry a line. A removed contact keeps its row: what was paid for is never deleted.
_SHOWN = """
ALTER TABLE contact ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN rating INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN notes TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN email_outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN phone_outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN removed_at INTEGER;
UPDATE contact SET country = coalesce((SELECT upper(json_extract(r.fields, '$.country_code')) FROM source_record r
    WHERE r.contact_id = contact.contact_id AND json_extract(r.fields, '$.country_code') <> ''
    ORDER BY r.fetched_at DESC LIMIT 1), '');
"""

# The last enrichment outcome of each field, wherever it is changed from.
_OUTCOMES = """
UPDATE contact SET
    email_outcome = coalesce((SELECT f.outcome FROM enrichment_item i
        JOIN enrichment_field f ON f.item_id = i.item_id AND f.field = 'emails'
        WHERE i.contact_id = contact.contact_id ORDER BY i.item_id DESC LIMIT 1), ''),
    phone_outcome = coalesce((SELECT f.outcome FROM enrichment_item i
        JOIN enrichment_field f ON f.item_id = i.item_id AND f.field = 'phones'
        WHERE i.contact_id = contact.contact_id ORDER BY i.item_id DESC LIMIT 1), '');
CREATE TRIGGER enrichment_field_added AFTER INSERT ON enrichment_field
BEGIN
    UPDATE contact SET
        email_outcome = CASE WHEN NEW.field = 'emails' THEN NEW.outcome ELSE email_outcome END,
        phone_outcome = CASE WHEN NEW.field = 'phones' THEN NEW.outcome ELSE phone_outcome END
    WHERE contact_id = (SELECT contact_id FROM enrichment_item WHERE item_id = NEW.item_id);
END;
CREATE TRIGGER enrichment_field_changed AFTER UPDATE OF outcome ON enrichment_field
BEGIN
    UPDATE contact SET
        email_outcome = CASE WHEN NEW.field = 'emails' THEN NEW.outcome ELSE email_outcome END,
        phone_outcome = CASE WHEN NEW.field = 'phones' THEN NEW.outcome ELSE phone_outcome END
    WHERE contact_id = (SELECT i.contact_id FROM enrichment_item i WHERE i.item_id = NEW.item_id
        AND NOT EXISTS (SELECT 1 FROM enrichment_item n JOIN enrichment_field f ON f.item_id = n.item_id
            WHERE n.contact_id = i.contact_id AND f.field = NEW.field AND n.item_id > i.item_id));
END;
"""

# Which reading of the service's answers a batch was sent under, and how many entries it could not make out.
# What was sent before this was recorded was sent by the first one.
_ADAPTER = """
ALTER TABLE enrichment_batch ADD COLUMN adapter TEXT NOT NULL DEFAULT '';
ALTER TABLE enrichment_batch ADD COLUMN unreadable INTEGER NOT NULL DEFAULT 0 CHECK (unreadable >= 0);
UPDATE enrichment_batch SET adapter = 'tamtam/1' WHERE state NOT IN ('draft', 'reserved', 'rejected');
"""

# No provider ever writes to these.
_OWN = """
CREATE TABLE contact_mark (
    contact_id INTEGER PRIMARY KEY REFERENCES contact (contact_id),
    status TEXT NOT NULL DEFAULT '',
    rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    notes TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE contact_tag (
    contact_id INTEGER NOT NULL REFERENCES contact (contact_id),
    tag TEXT NOT NULL CHECK (tag <> ''),
    PRIMARY KEY (contact_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_tag_tag ON contact_tag (tag, contact_id);
CREATE TABLE contact_list (
    list_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX contact_list_name ON contact_list (name COLLATE NOCASE);
CREATE TABLE contact_list_member (
    list_id INTEGER NOT NULL REFERENCES contact_list (list_id),
    contact_id INTEGER NOT NULL REFERENCES contact (contact_id),
    added_at INTEGER NOT NULL,
    PRIMARY KEY (list_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_list_member_contact ON contact_list_member (contact_id, list_id);
-- A value that the rep picked among those known, or wrote: it is shown whatever providers say later.
CREATE TABLE field_choice (
    contact_id INTEGER NOT NULL REFERENCES contact (contact_id),
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    chosen_at INTEGER NOT NULL,
    PRIMARY KEY (contact_id, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE kept_apart (
    low_id INTEGER NOT NULL REFERENCES contact (contact_id),
    high_id INTEGER NOT NULL REFERENCES contact (contact_id),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE suppression (
    kind TEXT NOT NULL CHECK (kind IN ('email', 'domain', 'phone', 'linkedin')),
    value TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    added_at INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE saved_view (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# What changed, as SQLite records it, and whose contacts show it: both compressed.
_UNDO = """
CREATE TABLE undo_step (
    step_id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    contacts INTEGER NOT NULL DEFAULT 0,
    undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
    -- What is worked out again after it: 0 nothing, 1 the rep's marks, 2 shown values, 3 where records stand.
    derived INTEGER NOT NULL DEFAULT 0 CHECK (derived BETWEEN 0 AND 3),
    touched BLOB NOT NULL,
    changes BLOB NOT NULL
) STRICT;
"""

_MATCHES = """
CREATE TABLE match_candidate (
    low_id INTEGER NOT NULL REFERENCES contact (contact_id),
    high_id INTEGER NOT NULL REFERENCES contact (contact_id),
    score REAL NOT NULL,
    reasons TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX match_candidate_score ON match_candidate (score DESC);
CREATE INDEX match_candidate_high ON match_candidate (high_id);
-- When contacts were last compared, whatever came of it.
CREATE TABLE match_run (run_id INTEGER PRIMARY KEY CHECK (run_id = 1), at INTEGER NOT NULL) STRICT;
-- Contacts that came or changed since they were last compared with the others. Another change gives a new number.
CREATE TABLE match_waiting (
    change_id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id INTEGER NOT NULL UNIQUE REFERENCES contact (contact_id)
) STRICT;
INSERT INTO match_waiting (contact_id) SELECT contact_id FROM contact WHERE merged_into IS NULL;
CREATE TRIGGER match_waiting_record_added AFTER INSERT ON source_record
BEGIN
    DELETE FROM match_waiting WHERE contact_id = NEW.contact_id;
    INSERT INTO match_waiting (contact_id) VALUES (NEW.contact_id);
END;
CREATE TRIGGER match_waiting_record_changed AFTER UPDATE OF contact_id, fields ON source_record
WHEN OLD.contact_id <> NEW.contact_id OR OLD.fields <> NEW.fields
BEGIN
    DELETE FROM match_waiting WHERE contact_id = NEW.contact_id;
    INSERT INTO match_waiting (contact_id) VALUES (NEW.contact_id);
END;
CREATE TRIGGER match_waiting_contact_changed
AFTER UPDATE OF merged_into, removed_at, first_name, last_name, company_name, company_domain ON contact
WHEN (OLD.merged_into, OLD.removed_at, OLD.first_name, OLD.last_name, OLD.company_name, OLD.company_domain)
    IS NOT (NEW.merged_into, NEW.removed_at, NEW.first_name, NEW.last_name, NEW.company_name, NEW.company_domain)
BEGIN
    DELETE FROM match_waiting WHERE contact_id = NEW.contact_id;
    INSERT INTO match_waiting (contact_id) VALUES (NEW.contact_id);
END;
"""

# Addresses of one consumer mailbox are spelt in many ways; who holds one is asked for by one spelling from now on.
_MAILBOXES = """
UPDATE OR REPLACE identity_key
SET value = replace(CASE WHEN instr(value, '+') > 1 THEN substr(value, 1, instr(value, '+') - 1)
    ELSE substr(value, 1, instr(value, '@') - 1) END, '.', '') || '@gmail.com'
WHERE kind = 'email' AND (value LIKE '%@gmail.com' OR value LIKE '%@googlemail.com');
"""
