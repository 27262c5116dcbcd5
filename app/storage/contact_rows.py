"""Reading contacts: table rows, source records, and everything the inspector shows. Inside a caller's read."""

from collections.abc import Collection, Sequence
from typing import Any

from app.domain.contact import ContactDetails, ContactEvent, ContactRow, MergedEntry, RecordKind, SourceRecord
from app.domain.errors import LibraryError
from app.domain.marks import ContactList, ContactStatus, Marks
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage import provenance, shown
from app.storage.columns import json_list, moment, person_fields
from app.storage.database import Connection, Row, one, rows
from app.storage.shown import Choice
from app.storage.suppressed import find_contacts

_RECORDS = (
    "SELECT provider, provider_id, kind, fetched_at, fields, iif(?2, raw, x''), account_id, credits_charged,"
    " request_id, record_id FROM source_record WHERE contact_id = ?1 ORDER BY fetched_at DESC, record_id DESC"
)

_ROWS = """
SELECT c.contact_id, c.first_name, c.last_name, c.display_name, c.job_title, c.company_name, c.company_domain,
    c.email, c.email_verdict, c.phone, c.linkedin_url, c.location, c.provider, c.provider_id, c.account_id,
    c.providers, c.fetched_at, c.masked, c.email_outcome, c.phone_outcome, c.country, c.status, c.rating, c.tags,
    c.notes, asked.contact_id
FROM contact asked JOIN contact c ON c.contact_id = coalesce(asked.merged_into, asked.contact_id)
WHERE asked.contact_id IN (SELECT value FROM json_each(?))
"""

_REMOVED = """
SELECT contact_id FROM contact
WHERE contact_id IN (SELECT value FROM json_each(?)) AND merged_into IS NULL AND removed_at IS NOT NULL
"""

# What was done to several entries at once, before they were merged, stands once.
_EVENTS = """
SELECT at, text, provider FROM contact_event
WHERE contact_id IN (SELECT contact_id FROM contact WHERE contact_id = ?1 OR merged_into = ?1)
GROUP BY at, text, CASE WHEN provider IS NULL THEN 0 ELSE event_id END
ORDER BY at DESC, max(event_id) DESC
"""

_LISTS_OF = (
    "SELECT l.list_id, l.name FROM contact_list_member m JOIN contact_list l USING (list_id)"
    " WHERE m.contact_id = ? ORDER BY l.name COLLATE NOCASE, l.list_id"
)

# What was written down at the merge is what an entry can be told apart again by.
_ENTRIES = """
SELECT c.contact_id, c.display_name, e.at, e.text FROM contact c JOIN contact_event e ON e.event_id = (
    SELECT max(event_id) FROM contact_event WHERE detail <> '' AND json_extract(detail, '$.merged') = c.contact_id
        AND contact_id IN (SELECT contact_id FROM contact WHERE contact_id = ?1 OR merged_into = ?1))
WHERE c.merged_into = ?1 ORDER BY e.at DESC, e.event_id DESC
"""


def read_rows(conn: Connection, contact_ids: Sequence[int]) -> dict[int, ContactRow]:
    """The table rows of contacts by the ids asked for; a merged contact gives its survivor's row."""
    listed = find_contacts(conn, contact_ids)
    return {
        row[-1]: _row(row, listed[row[-1]].reason if row[-1] in listed else "")
        for row in conn.execute(_ROWS, (json_list(contact_ids),))
    }


def read_records(conn: Connection, contact_id: int, *, with_raw: bool = True) -> list[SourceRecord]:
    """What was said about a contact, the newest first; `raw` is left b"" where nobody looks at it."""
    return [
        SourceRecord(
            provider=Provider(provider),
            provider_id=provider_id,
            kind=RecordKind(kind),
            fetched_at=moment(fetched_at),
            fields=person_fields(fields),
            raw=raw,
            account_id=account_id,
            credits_charged=credits_charged,
            request_id=request_id,
            record_id=record_id,
        )
        for (
            provider,
            provider_id,
            kind,
            fetched_at,
            fields,
            raw,
            account_id,
            credits_charged,
            request_id,
            record_id,
        ) in rows(conn, _RECORDS, (contact_id, with_raw))
    ]


def read_choices(conn: Connection, contact_ids: Sequence[int]) -> dict[int, dict[str, Choice]]:
    """The values that the rep picked, by contact and field, for the contacts that have any."""
    found: dict[int, dict[str, Choice]] = {}
    for contact_id, field, value, chosen_at in rows(
        conn,
        "SELECT contact_id, field, value, chosen_at FROM field_choice"
        " WHERE contact_id IN (SELECT value FROM json_each(?))",
        (json_list(contact_ids),),
    ):
        found.setdefault(contact_id, {})[field] = Choice(value, moment(chosen_at))
    return found


def read_marks(conn: Connection, contact_id: int) -> Marks:
    """What the rep wrote on a contact. `ContactList.contacts` is not counted here."""
    mark = one(conn, "SELECT status, rating, notes FROM contact_mark WHERE contact_id = ?", (contact_id,))
    status, rating, notes = mark or ("", 0, "")
    tags = rows(
        conn, "SELECT tag FROM contact_tag WHERE contact_id = ? ORDER BY tag COLLATE NOCASE, tag", (contact_id,)
    )
    return Marks(
        status=ContactStatus(status) if status else None,
        rating=rating,
        notes=notes,
        tags=tuple(tag for (tag,) in tags),
        lists=tuple(ContactList(*found) for found in rows(conn, _LISTS_OF, (contact_id,))),
    )


def read_details(conn: Connection, contact_id: int) -> ContactDetails:
    """Everything about one contact, or about the survivor of a merged one.

    Raises:
        LibraryError: The library has no such contact.
    """
    row = read_rows(conn, [contact_id]).get(contact_id)
    if row is None:
        raise no_contact(contact_id)
    records = read_records(conn, row.contact_id)
    choices = read_choices(conn, [row.contact_id]).get(row.contact_id, {})
    merged = shown.merged_fields(records, choices)
    merged_ids = rows(
        conn, "SELECT contact_id FROM contact WHERE merged_into = ? ORDER BY contact_id", (row.contact_id,)
    )
    return ContactDetails(
        row=row,
        fields=merged,
        values=provenance.field_values(records, merged, choices),
        records=tuple(records),
        history=tuple(
            ContactEvent(moment(at), text, Provider(provider) if provider else None)
            for at, text, provider in rows(conn, _EVENTS, (row.contact_id,))
        ),
        marks=read_marks(conn, row.contact_id),
        choices={field: choice.value for field, choice in choices.items()},
        merged=tuple(entry for (entry,) in merged_ids),
        entries=tuple(
            MergedEntry(entry, name, moment(at), text)
            for entry, name, at, text in rows(conn, _ENTRIES, (row.contact_id,))
        ),
        removed=bool(removed_ids(conn, [row.contact_id])),
    )


def removed_ids(conn: Connection, contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts that the rep has removed from the library; a merged one is none of them."""
    return {contact_id for (contact_id,) in rows(conn, _REMOVED, (json_list(contact_ids),))}


def no_contact(contact_id: int) -> LibraryError:
    """What to raise for an id that the library does not have."""
    return LibraryError(f"The library has no contact number {contact_id}.")


def _row(row: Row, do_not_contact: str) -> ContactRow:
    fetched_at, masked, email_outcome, phone_outcome, country, status, rating, tags, notes = row[16:25]
    values: list[Any] = [
        *row[:12],
        Provider(row[12]),
        *row[13:15],
        tuple(map(Provider, row[15].split(","))),
        moment(fetched_at),
        bool(masked),
        Outcome(email_outcome) if email_outcome else None,
        Outcome(phone_outcome) if phone_outcome else None,
        country,
        ContactStatus(status) if status else None,
        rating,
        tuple(tags.split("\n")) if tags else (),
        notes,
        do_not_contact,
    ]
    return ContactRow(*values)
