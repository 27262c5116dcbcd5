"""Making salvaged tables fit each other again: what lost its other half gets one, or is let go and counted.

Whatever was paid for, or is the rep's own, keeps a contact, a run and a batch. A batch that has to be made up, and of
which people are still open, is of unknown outcome: it is never sent again unasked, and the journal finds its request.
"""

import contextlib
from collections import Counter

import msgspec

from app.domain.enrichment import PRICES, EnrichField
from app.domain.provider import Provider
from app.storage import refreshing
from app.storage.columns import json_list
from app.storage.contact_rows import read_records
from app.storage.database import Connection, rows
from app.storage.identity_keys import carried, give

MADE_UP = "Made up again when the library was salvaged."

# Who is referred to by what was paid for or by the rep's own work, and is not there.
_LOST_CONTACTS = """
SELECT contact_id, min(at) FROM (
    SELECT contact_id, fetched_at AS at FROM source_record
    UNION ALL SELECT contact_id, NULL FROM contact_mark
    UNION ALL SELECT contact_id, NULL FROM contact_tag
    UNION ALL SELECT contact_id, added_at FROM contact_list_member
    UNION ALL SELECT contact_id, chosen_at FROM field_choice
    UNION ALL SELECT merged_into, created_at FROM contact WHERE merged_into IS NOT NULL
    UNION ALL SELECT i.contact_id, r.created_at FROM enrichment_item i LEFT JOIN enrichment_run r USING (run_id)
        WHERE i.contact_id IS NOT NULL
) WHERE contact_id NOT IN (SELECT contact_id FROM contact) GROUP BY contact_id
"""

# A contact without records shows what is known of the person from the queue.
_NAME_FROM_QUEUE = """
UPDATE contact SET (first_name, last_name, company_name, company_domain) = (
    SELECT first_name, last_name, company_name, domain FROM enrichment_item i
    WHERE i.contact_id = contact.contact_id ORDER BY item_id DESC LIMIT 1)
WHERE contact_id = ?1 AND NOT EXISTS (SELECT 1 FROM source_record WHERE contact_id = ?1)
    AND EXISTS (SELECT 1 FROM enrichment_item WHERE contact_id = ?1)
"""

# No contact is shown without a service: the one that knows it by an id, or speaks of it in its history.
_SERVICE_FROM_ELSEWHERE = """
UPDATE contact SET provider = said.provider, providers = said.provider FROM (
    SELECT coalesce(
        (SELECT provider FROM source_record WHERE contact_id = ?1 LIMIT 1),
        (SELECT substr(scope, 1, instr(scope, '/') - 1) FROM identity_key
            WHERE contact_id = ?1 AND kind = 'id' LIMIT 1),
        (SELECT provider FROM contact_event WHERE contact_id = ?1 AND provider IS NOT NULL LIMIT 1),
        'tamtam') AS provider
) said WHERE contact_id = ?1
"""

# Search, sorting and matching have these to work out again.
_STALE = """
INSERT OR IGNORE INTO contact_stale (contact_id) SELECT contact_id FROM contact
WHERE contact_id IN (SELECT value FROM json_each(?)) OR merged_into IS NULL AND (
    contact_id NOT IN (SELECT contact_id FROM contact_search)
    OR contact_id NOT IN (SELECT contact_id FROM contact_sort))
"""
_WAITING = """
INSERT OR IGNORE INTO match_waiting (contact_id) SELECT contact_id FROM contact
WHERE contact_id IN (SELECT value FROM json_each(?)) OR merged_into IS NULL AND NOT EXISTS (
    SELECT 1 FROM match_waiting)
"""

_PROVIDERS = ", ".join(f"'{provider}'" for provider in Provider)
_NONSENSE = (ValueError, msgspec.MsgspecError)

_RUNS = f"""
INSERT OR IGNORE INTO run (run_id, kind)
    SELECT run_id, 'fetch' FROM fetch_run UNION SELECT run_id, 'enrichment' FROM enrichment_run
    UNION SELECT run_id, 'enrichment' FROM enrichment_batch UNION SELECT run_id, 'enrichment' FROM enrichment_item;
INSERT OR IGNORE INTO enrichment_run (run_id, provider, created_at, fields, cap, stopped, origin)
    SELECT b.run_id, coalesce((SELECT provider FROM enrichment_run LIMIT 1), 'tamtam'), min(b.created_at),
        'emails,phones', sum(b.reserved + b.charged), 1, '{MADE_UP}'
    FROM enrichment_batch b GROUP BY b.run_id;
INSERT OR IGNORE INTO enrichment_run (run_id, provider, created_at, fields, cap, stopped, origin)
    SELECT DISTINCT run_id, coalesce((SELECT provider FROM enrichment_run LIMIT 1), 'tamtam'), 0, 'emails,phones', 0, 1,
        '{MADE_UP}' FROM enrichment_item;
"""  # noqa: S608

_LOST_BATCHES = """
SELECT i.batch_id, min(i.run_id), count(DISTINCT i.item_id),
    count(f.item_id) FILTER (WHERE f.outcome IN ('queued', 'in_flight', 'unknown') AND f.field = 'emails'),
    count(f.item_id) FILTER (WHERE f.outcome IN ('queued', 'in_flight', 'unknown') AND f.field = 'phones'),
    coalesce((SELECT max(at) FROM enrichment_event e WHERE e.batch_id = i.batch_id), 0)
FROM enrichment_item i LEFT JOIN enrichment_field f USING (item_id)
WHERE i.batch_id NOT IN (SELECT batch_id FROM enrichment_batch) GROUP BY i.batch_id
"""

_MADE_UP_BATCH = """
INSERT INTO enrichment_batch (batch_id, run_id, state, item_count, created_at, updated_at, reserved, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


def repair(conn: Connection) -> Counter[str]:
    """Repair a library of the latest version inside the caller's transaction.

    Returns:
        Table → rows that had to be let go.
    """
    for statement in _RUNS.split(";"):
        if statement.strip():
            rows(conn, statement)
    dropped = Counter({"source_record": _let_go_of_nonsense(conn)})
    _make_up_batches(conn)
    made = _make_up_contacts(conn)
    dropped += _let_go(conn)
    _restore_keys(conn)
    shown_again = made + _contacts_that_show_nonsense(conn)
    _show(conn, shown_again)
    rows(conn, _STALE, (json_list(shown_again),))
    rows(conn, _WAITING, (json_list(shown_again),))
    for (name,) in rows(conn, "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"):
        rows(conn, f'INSERT INTO "{name}" ("{name}") VALUES (\'rebuild\')')  # noqa: S608
    return dropped


def _make_up_batches(conn: Connection) -> None:
    for batch_id, run_id, people, emails, phones, at in rows(conn, _LOST_BATCHES):
        most = emails * PRICES[EnrichField.EMAILS] + phones * PRICES[EnrichField.PHONES]
        state = "unknown_outcome" if most else "abandoned"
        rows(conn, _MADE_UP_BATCH, (batch_id, run_id, state, min(people, 100), at, at, most, MADE_UP))


def _make_up_contacts(conn: Connection) -> list[int]:
    made = []
    for contact_id, at in rows(conn, _LOST_CONTACTS):
        rows(conn, "INSERT INTO contact (contact_id, created_at) VALUES (?, ?)", (contact_id, at or 0))
        rows(conn, _NAME_FROM_QUEUE, (contact_id,))
        made.append(int(contact_id))
    # Always one step to the survivor.
    rows(
        conn,
        "UPDATE contact SET merged_into = NULL WHERE merged_into IN"
        " (SELECT contact_id FROM contact WHERE merged_into IS NOT NULL)",
    )
    return made


def _let_go(conn: Connection) -> Counter[str]:
    """Clear references to what is lost where that is allowed, else delete the row; until all is well."""
    dropped: Counter[str] = Counter()
    while broken := rows(conn, 'SELECT "table", rowid, parent, fkid FROM pragma_foreign_key_check'):
        for table in dict.fromkeys(name for name, *_ in broken):
            for column, parent, to in rows(
                conn, 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)', (table,)
            ):
                there = f'(SELECT "{to or column}" FROM "{parent}")'  # noqa: S608 - names of our own tables
                lost = f'"{column}" IS NOT NULL AND "{column}" NOT IN {there}'
                ((needed,),) = rows(
                    conn, 'SELECT "notnull" OR pk FROM pragma_table_info(?) WHERE name = ?', (table, column)
                )
                if needed:
                    rows(conn, f'DELETE FROM "{table}" WHERE {lost}')  # noqa: S608
                    dropped[table] += conn.changes()
                else:
                    rows(conn, f'UPDATE "{table}" SET "{column}" = NULL WHERE {lost}')  # noqa: S608
    return dropped


def _let_go_of_nonsense(conn: Connection) -> int:
    """Damage within a text is seen by nobody but us: there are no other services than these."""
    rows(conn, "UPDATE source_record SET fields = '{}' WHERE NOT json_valid(fields)")
    rows(conn, f"DELETE FROM source_record WHERE provider NOT IN ({_PROVIDERS})")  # noqa: S608 - our own names
    return conn.changes()


def _contacts_that_show_nonsense(conn: Connection) -> list[int]:
    wrong = [
        text
        for (text,) in rows(conn, "SELECT DISTINCT providers FROM contact")
        if not set(text.split(",")) <= set(Provider)
    ]
    found = rows(
        conn,
        f"SELECT contact_id FROM contact WHERE provider NOT IN ({_PROVIDERS})"  # noqa: S608 - our own names
        " OR providers IN (SELECT value FROM json_each(?))",
        (json_list(wrong),),
    )
    return [contact_id for (contact_id,) in found]


def _restore_keys(conn: Connection) -> None:
    """Hard keys stand in the records; contacts that have lost theirs get them again."""
    found = rows(
        conn,
        "SELECT DISTINCT r.contact_id FROM source_record r"
        " WHERE NOT EXISTS (SELECT 1 FROM identity_key k WHERE k.contact_id = r.contact_id)",
    )
    for (contact_id,) in found:
        with contextlib.suppress(*_NONSENSE):
            give(conn, contact_id, sorted(carried(read_records(conn, contact_id, with_raw=False))))


def _show(conn: Connection, contact_ids: list[int]) -> None:
    for contact_id in dict.fromkeys(contact_ids):
        rows(conn, _SERVICE_FROM_ELSEWHERE, (contact_id,))
        with contextlib.suppress(*_NONSENSE):
            refreshing.show_moved(conn, [contact_id])
