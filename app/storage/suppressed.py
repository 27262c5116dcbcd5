"""Who of the library and of the queue is on the do-not-contact list.

Whoever is about to send, keep, show or hand out something about people asks here inside the same transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from app.domain.contact import EmailValue, PersonFields, PhoneValue
from app.domain.enrichment import EnrichmentItem, ItemResult
from app.domain.suppression import (
    SuppressionEntry,
    SuppressionIndex,
    SuppressionKind,
    Traits,
    traits_of_fields,
    traits_of_person,
    traits_of_records,
)
from app.storage.columns import json_list, moment, person_fields
from app.storage.database import Connection, Row, rows

ENTRIES = "SELECT kind, value, note, added_at FROM suppression"


def read_index(conn: Connection) -> SuppressionIndex:
    """All entries, in the caller's transaction."""
    return _index_of(listed(conn))


def listed(conn: Connection) -> tuple[Row, ...]:
    """All entries as they stand in the library, to tell one state of the list from another."""
    return tuple(rows(conn, ENTRIES))


def find_contacts(conn: Connection, contact_ids: Collection[int]) -> dict[int, SuppressionEntry]:
    """Who of these contacts is on the list, in the caller's transaction."""
    index = read_index(conn)
    if not index:
        return {}
    known = contact_traits(conn, contact_ids, with_phones=index.names_phones)
    found = {contact_id: index.find(traits) for contact_id, traits in known.items()}
    return {contact_id: entry for contact_id, entry in found.items() if entry is not None}


def find_items(
    conn: Connection, items: Sequence[EnrichmentItem], results: Iterable[ItemResult] = ()
) -> dict[str, SuppressionEntry]:
    """Who of these people of the queue is on the list: client key → entry.

    Also by what the library says of their contact, and by what an answer says of them.
    """
    index = read_index(conn)
    if not index:
        return {}
    said = {result.client_key: PersonFields(emails=result.emails, phones=result.phones) for result in results}
    contact_ids = {item.person.contact_id for item in items if item.person.contact_id is not None}
    contacts = contact_traits(conn, contact_ids, with_phones=index.names_phones)
    found: dict[str, SuppressionEntry] = {}
    for item in items:
        traits = traits_of_person(item.person) | contacts.get(item.person.contact_id or 0, Traits())
        if item.client_key in said:
            traits |= traits_of_fields(said[item.client_key], with_phones=index.names_phones)
        if (entry := index.find(traits)) is not None:
            found[item.client_key] = entry
    return found


def contact_traits(conn: Connection, contact_ids: Collection[int], *, with_phones: bool = True) -> dict[int, Traits]:
    """What is known of contacts, by the values shown, which the rep may have chosen, and by every record's."""
    wanted = json_list(contact_ids)
    said: dict[int, list[PersonFields]] = {}
    for contact_id, email, phone, domain, linkedin_url, masked in rows(
        conn,
        "SELECT asked.contact_id, c.email, c.phone, c.company_domain, c.linkedin_url, c.masked FROM contact asked"
        " JOIN contact c ON c.contact_id = coalesce(asked.merged_into, asked.contact_id)"
        " WHERE asked.contact_id IN (SELECT value FROM json_each(?))",
        (wanted,),
    ):
        said[contact_id] = [_shown(email, phone, domain, linkedin_url, masked=bool(masked))]
    for contact_id, fields in rows(
        conn,
        "SELECT asked.contact_id, r.fields FROM contact asked"
        " JOIN source_record r ON r.contact_id = coalesce(asked.merged_into, asked.contact_id)"
        " WHERE asked.contact_id IN (SELECT value FROM json_each(?))",
        (wanted,),
    ):
        said[contact_id].append(person_fields(fields))
    return {contact_id: traits_of_records(fields, with_phones=with_phones) for contact_id, fields in said.items()}


def entry_of(row: Row) -> SuppressionEntry:
    """An entry from a row of `ENTRIES`."""
    kind, value, note, added_at = row
    return SuppressionEntry(SuppressionKind(kind), value, note, moment(added_at))


def _shown(email: str, phone: str, domain: str, linkedin_url: str, *, masked: bool) -> PersonFields:
    return PersonFields(
        emails=(EmailValue(email),) if email else (),
        phones=(PhoneValue(phone),) if phone else (),
        company_domain=domain,
        linkedin_url=linkedin_url,
        masked=masked,
    )


@lru_cache(maxsize=1)
def _index_of(entries: tuple[Row, ...]) -> SuppressionIndex:
    # Asked for with every page of a table, and a list that was bought may be long.
    return SuppressionIndex(map(entry_of, entries))
