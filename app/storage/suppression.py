"""The do-not-contact list, and who of the library and the queue is on it.

Whoever is about to send, keep or hand out something about people asks here inside the same transaction.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial

from app.domain.changes import Change, ChangeKind
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
from app.storage import undo_log
from app.storage.columns import json_list, moment, person_fields, stamp, utc_now
from app.storage.database import Connection, Database, rows

PUT_ON = "Put on the do-not-contact list."

_AT_ONCE = 500
_ALL = "SELECT kind, value, note, added_at FROM suppression"
_Listed = tuple[str, str, str, int]


class SuppressionRepository:
    """Entries come, go, and are looked people up in. All methods raise LibraryError like every repository."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def entries(self) -> list[SuppressionEntry]:
        """All entries, the newest first."""
        return await self._database.read(
            lambda conn: list(map(_entry, rows(conn, f"{_ALL} ORDER BY added_at DESC, kind, value")))
        )

    async def add(self, entries: Iterable[SuppressionEntry], *, contact_ids: Collection[int] = ()) -> int:
        """Put entries on the list; one that is there keeps its date and takes a note. It can be undone.

        Args:
            entries: What goes on it.
            contact_ids: The contacts they were made from, whose history says so.

        Returns:
            How many are new.
        """
        given = list(entries)

        def put(conn: Connection) -> Iterable[int]:
            conn.executemany(
                "INSERT INTO suppression (kind, value, note, added_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET note = excluded.note WHERE excluded.note <> ''",
                [(entry.kind, entry.value, entry.note, stamp(self._now())) for entry in given],
            )
            return contact_ids

        def work(conn: Connection) -> int:
            before = _count(conn)
            name = f"Put {_in_words(len(given))} on the do-not-contact list"
            undo_log.record(conn, name, put, at=self._now(), event=PUT_ON, tables=("suppression",))
            return _count(conn) - before

        return await self._database.write(work, announce=lambda _: _changed(contact_ids))

    async def remove(self, entries: Iterable[SuppressionEntry]) -> int:
        """Take entries off the list, which can be undone; returns how many were on it."""
        given = list(entries)

        def take(conn: Connection) -> Iterable[int]:
            conn.executemany(
                "DELETE FROM suppression WHERE kind = ? AND value = ?", [(entry.kind, entry.value) for entry in given]
            )
            return ()

        def work(conn: Connection) -> int:
            before = _count(conn)
            name = f"Take {_in_words(len(given))} off the do-not-contact list"
            undo_log.record(conn, name, take, at=self._now(), tables=("suppression",))
            return before - _count(conn)

        return await self._database.write(work, announce=lambda _: _changed(()))

    async def index(self) -> SuppressionIndex:
        """All entries, to look people up in."""
        return await self._database.read(read_index)

    async def contacts(self, contact_ids: Sequence[int]) -> dict[int, SuppressionEntry]:
        """Who of these contacts is on the list, by any value that was ever said of them: contact → entry."""
        found: dict[int, SuppressionEntry] = {}
        for start in range(0, len(contact_ids), _AT_ONCE):
            part = contact_ids[start : start + _AT_ONCE]
            found |= await self._database.read(partial(find_contacts, contact_ids=part))
        return found

    async def traits(self, contact_ids: Sequence[int]) -> dict[int, Traits]:
        """What is known of contacts that an entry may name."""
        found: dict[int, Traits] = {}
        for start in range(0, len(contact_ids), _AT_ONCE):
            part = contact_ids[start : start + _AT_ONCE]
            found |= await self._database.read(partial(_traits, contact_ids=part))
        return found


def read_index(conn: Connection) -> SuppressionIndex:
    """All entries, in the caller's transaction."""
    return _index_of(listed(conn))


def listed(conn: Connection) -> tuple[_Listed, ...]:
    """All entries as they stand in the library, to tell one state of the list from another."""
    return tuple(rows(conn, _ALL))


def find_contacts(conn: Connection, contact_ids: Collection[int]) -> dict[int, SuppressionEntry]:
    """Who of these contacts is on the list, in the caller's transaction."""
    index = read_index(conn)
    if not index:
        return {}
    known = _traits(conn, contact_ids, with_phones=index.names_phones)
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
    contacts = _traits(conn, contact_ids, with_phones=index.names_phones)
    found: dict[str, SuppressionEntry] = {}
    for item in items:
        traits = traits_of_person(item.person) | contacts.get(item.person.contact_id or 0, Traits())
        if item.client_key in said:
            traits |= traits_of_fields(said[item.client_key], with_phones=index.names_phones)
        if (entry := index.find(traits)) is not None:
            found[item.client_key] = entry
    return found


def _traits(conn: Connection, contact_ids: Collection[int], *, with_phones: bool = True) -> dict[int, Traits]:
    """By the values shown, which the rep may have chosen, and by every record's."""
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


def _shown(email: str, phone: str, domain: str, linkedin_url: str, *, masked: bool) -> PersonFields:
    return PersonFields(
        emails=(EmailValue(email),) if email else (),
        phones=(PhoneValue(phone),) if phone else (),
        company_domain=domain,
        linkedin_url=linkedin_url,
        masked=masked,
    )


@lru_cache(maxsize=1)
def _index_of(entries: tuple[_Listed, ...]) -> SuppressionIndex:
    # Asked for with every page of a table, and a list that was bought may be long.
    return SuppressionIndex(map(_entry, entries))


def _entry(row: _Listed) -> SuppressionEntry:
    kind, value, note, added_at = row
    return SuppressionEntry(SuppressionKind(kind), value, note, moment(added_at))


def _count(conn: Connection) -> int:
    ((count,),) = rows(conn, "SELECT count(*) FROM suppression")
    return int(count)


def _in_words(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries:,} entries"


def _changed(contact_ids: Collection[int]) -> list[Change]:
    contacts = [Change(ChangeKind.CONTACTS, tuple(contact_ids))] if contact_ids else []
    return [Change(ChangeKind.SUPPRESSION), Change(ChangeKind.HISTORY), *contacts]
