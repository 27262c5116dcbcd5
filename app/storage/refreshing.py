"""What a contact's own row repeats for the sake of tables: shown values, the rep's marks, text to search.

Called after every change, in the same transaction. Nothing here is anybody's decision, so that none of it is part of
what undoing takes back: it is worked out again from what then stands.
"""

from collections.abc import Iterable, Sequence

from app.storage import shown
from app.storage.columns import json_list, stamp
from app.storage.contact_rows import read_choices, read_records
from app.storage.database import Connection, rows

_SHOW = """
UPDATE contact SET first_name = ?, last_name = ?, display_name = ?, job_title = ?, company_name = ?,
    company_domain = ?, email = ?, email_verdict = ?, phone = ?, linkedin_url = ?, location = ?, provider = ?,
    provider_id = ?, account_id = ?, providers = ?, fetched_at = ?, masked = ?, country = ?
WHERE contact_id = ?
"""

# Set by set: fifty thousand contacts may change at one stroke.
_MARKS = """
WITH asked (contact_id) AS (SELECT value FROM json_each(?1)),
said AS (
    SELECT asked.contact_id, coalesce(m.status, '') AS status, coalesce(m.rating, 0) AS rating,
        coalesce(m.notes, '') AS notes,
        coalesce((SELECT group_concat(t.tag, char(10) ORDER BY t.tag COLLATE NOCASE, t.tag) FROM contact_tag t
            WHERE t.contact_id = asked.contact_id), '') AS tags
    FROM asked LEFT JOIN contact_mark m ON m.contact_id = asked.contact_id
)
UPDATE contact SET status = said.status, rating = said.rating, notes = said.notes, tags = said.tags FROM said
WHERE contact.contact_id = said.contact_id
    AND (contact.status, contact.rating, contact.notes, contact.tags)
        IS NOT (said.status, said.rating, said.notes, said.tags)
"""

_OUTCOMES = """
UPDATE contact SET
    email_outcome = coalesce((SELECT f.outcome FROM enrichment_item i
        JOIN enrichment_field f ON f.item_id = i.item_id AND f.field = 'emails'
        WHERE i.contact_id = contact.contact_id ORDER BY i.item_id DESC LIMIT 1), ''),
    phone_outcome = coalesce((SELECT f.outcome FROM enrichment_item i
        JOIN enrichment_field f ON f.item_id = i.item_id AND f.field = 'phones'
        WHERE i.contact_id = contact.contact_id ORDER BY i.item_id DESC LIMIT 1), '')
WHERE contact_id IN (SELECT value FROM json_each(?))
"""


def show(conn: Connection, contact_ids: Iterable[int]) -> None:
    """Work out again what contacts show, from their source records and the rep's picks."""
    ids = list(dict.fromkeys(contact_ids))
    choices = read_choices(conn, ids)
    for contact_id in ids:
        records = read_records(conn, contact_id, with_raw=False)
        if not records:
            continue
        merged = shown.merged_fields(records, choices.get(contact_id, shown.NO_CHOICES))
        row = shown.contact_row(contact_id, records, merged)
        conn.execute(
            _SHOW,
            (
                row.first_name,
                row.last_name,
                row.display_name,
                row.job_title,
                row.company_name,
                row.company_domain,
                row.email,
                row.email_verdict,
                row.phone,
                row.linkedin_url,
                row.location,
                row.provider,
                row.provider_id,
                row.account_id,
                ",".join(row.providers),
                stamp(row.fetched_at),
                row.masked,
                row.country,
                contact_id,
            ),
        )


def show_stored(conn: Connection, contact_ids: Iterable[int]) -> None:
    """The same for contacts that records came to; some may have been merged by them."""
    ids = list(dict.fromkeys(contact_ids))
    merged = rows(
        conn,
        "SELECT DISTINCT merged_into FROM contact WHERE merged_into IN (SELECT value FROM json_each(?))",
        (json_list(ids),),
    )
    if merged:
        moved = [contact_id for (contact_id,) in merged]
        show_marks(conn, moved)
        show_outcomes(conn, moved)
    show(conn, ids)


def show_moved(conn: Connection, contact_ids: Sequence[int]) -> None:
    """The same for contacts whose records came from, or went to, another contact."""
    show_marks(conn, contact_ids)
    show_outcomes(conn, contact_ids)
    show(conn, contact_ids)


def show_marks(conn: Connection, contact_ids: Sequence[int]) -> None:
    """Copy the rep's status, rating, notes and tags to the contacts' rows."""
    conn.execute(_MARKS, (json_list(contact_ids),))


def show_outcomes(conn: Connection, contact_ids: Sequence[int]) -> None:
    """Copy how the last enrichment of each field ended, where items came to a contact or left it."""
    conn.execute(_OUTCOMES, (json_list(contact_ids),))
