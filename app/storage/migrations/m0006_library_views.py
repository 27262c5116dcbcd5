"""What views of the library read: text to search, keys to sort by, and indexes for counts."""

from collections.abc import Iterator
from typing import Any, Protocol


class _Connection(Protocol):
    def execute(self, sql: str, /) -> Iterator[tuple[Any, ...]]: ...


def apply(conn: _Connection) -> None:
    """Add the tables, all contacts waiting for their text and keys."""
    for script in (_SEARCH, _SORT, _WAITING, _COUNTS):
        conn.execute(script)


# Text without case and accents; the index finds any three characters in a row, in whatever script.
_SEARCH = """
CREATE TABLE contact_search (
    contact_id INTEGER PRIMARY KEY REFERENCES contact (contact_id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE contact_fts USING fts5 (
    text, content = 'contact_search', content_rowid = 'contact_id', tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER contact_search_added AFTER INSERT ON contact_search
BEGIN INSERT INTO contact_fts (rowid, text) VALUES (NEW.contact_id, NEW.text); END;
CREATE TRIGGER contact_search_changed AFTER UPDATE OF text ON contact_search WHEN OLD.text <> NEW.text
BEGIN
    INSERT INTO contact_fts (contact_fts, rowid, text) VALUES ('delete', OLD.contact_id, OLD.text);
    INSERT INTO contact_fts (rowid, text) VALUES (NEW.contact_id, NEW.text);
END;
CREATE TRIGGER contact_search_removed AFTER DELETE ON contact_search
BEGIN INSERT INTO contact_fts (contact_fts, rowid, text) VALUES ('delete', OLD.contact_id, OLD.text); END;
"""

_KEYS = (
    "name",
    "first_name",
    "last_name",
    "job_title",
    "company",
    "domain",
    "email",
    "email_quality",
    "phone",
    "linkedin",
    "location",
    "country",
    "sources",
    "tags",
    "notes",
    "provider_id",
    "account",
)
_KEY_COLUMNS = ",\n    ".join(f"{key} TEXT NOT NULL DEFAULT ''" for key in _KEYS)
_KEY_INDEXES = "".join(
    f"CREATE INDEX contact_sort_{key} ON contact_sort ({key}, contact_id) WHERE {key} <> '';\n" for key in _KEYS
)

# Keys that sort as people expect when compared byte by byte. Blank ones come last whichever way one sorts, and are
# in no index.
_SORT = f"""
CREATE TABLE contact_sort (
    contact_id INTEGER PRIMARY KEY REFERENCES contact (contact_id) ON DELETE CASCADE,
    {_KEY_COLUMNS}
) STRICT;
{_KEY_INDEXES}
CREATE INDEX contact_fetched ON contact (fetched_at);
CREATE INDEX contact_rating ON contact (rating) WHERE rating > 0;
CREATE INDEX contact_status ON contact (status) WHERE status <> '';
"""

# Contacts whose text and keys are behind. Noted here whoever writes, so that nobody can forget to, and kept over a
# crash; worked off by those who write.
_WAITING = """
CREATE TABLE contact_stale (
    contact_id INTEGER PRIMARY KEY REFERENCES contact (contact_id) ON DELETE CASCADE
) STRICT;
INSERT INTO contact_stale SELECT contact_id FROM contact WHERE merged_into IS NULL;
CREATE TRIGGER contact_stale_added AFTER INSERT ON contact
BEGIN
    INSERT INTO contact_stale SELECT NEW.contact_id
    WHERE NOT EXISTS (SELECT 1 FROM contact_stale WHERE contact_id = NEW.contact_id);
END;
CREATE TRIGGER contact_stale_changed AFTER UPDATE OF merged_into, first_name, last_name, display_name, job_title,
    company_name, company_domain, email, email_verdict, phone, linkedin_url, location, provider_id, account_id,
    providers, country, tags, notes ON contact
BEGIN
    INSERT INTO contact_stale SELECT NEW.contact_id
    WHERE NOT EXISTS (SELECT 1 FROM contact_stale WHERE contact_id = NEW.contact_id);
END;
CREATE TRIGGER contact_stale_record_added AFTER INSERT ON source_record
BEGIN
    INSERT INTO contact_stale SELECT NEW.contact_id
    WHERE NOT EXISTS (SELECT 1 FROM contact_stale WHERE contact_id = NEW.contact_id);
END;
CREATE TRIGGER contact_stale_record_changed AFTER UPDATE OF contact_id, fields, masked ON source_record
BEGIN
    INSERT INTO contact_stale SELECT value FROM json_each(json_array(OLD.contact_id, NEW.contact_id))
    WHERE value NOT IN (SELECT contact_id FROM contact_stale) GROUP BY value;
END;
"""

# Who is shown at all, who is not, and every column that is counted by in one narrow place.
_COUNTS = """
CREATE INDEX contact_live ON contact (contact_id) WHERE merged_into IS NULL AND removed_at IS NULL;
CREATE INDEX contact_gone ON contact (contact_id) WHERE merged_into IS NOT NULL OR removed_at IS NOT NULL;
CREATE INDEX contact_facets ON contact (providers, email_outcome, phone_outcome, status, country, email <> '',
    phone <> '') WHERE merged_into IS NULL AND removed_at IS NULL;
"""
