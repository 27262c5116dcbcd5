"""The library's contacts: source records come in, each finds its contact, and each contact shows its best values."""

from collections.abc import Collection, Sequence
from functools import partial
from itertools import repeat

from app.domain.changes import Change, ChangeKind
from app.domain.contact import ContactDetails, ContactRow, SourceRecord
from app.domain.fetching import OwnedRecord
from app.domain.provider import Provider
from app.domain.search import SearchPage
from app.storage import identity, library_people, quarantine, refreshing, source_records
from app.storage.columns import json_list, moment, optional_moment, utc_now
from app.storage.contact_events import note_event
from app.storage.contact_rows import no_contact, read_details, read_rows, removed_ids
from app.storage.database import Connection, Database, rows

# One read keeps the reading thread and Python's lock for some milliseconds; other reads go in between.
CHUNK = 500

_STATS = """
SELECT
    (SELECT count(*) FROM contact WHERE merged_into IS NULL AND removed_at IS NULL),
    (SELECT count(*) FROM source_record),
    (SELECT count(*) FROM contact WHERE merged_into IS NULL AND removed_at IS NULL AND email <> ''),
    (SELECT count(*) FROM contact WHERE merged_into IS NULL AND removed_at IS NULL AND phone <> ''),
    (SELECT count(*) FROM contact WHERE merged_into IS NULL AND removed_at IS NULL AND linkedin_url <> ''),
    (SELECT count(*) FROM contact WHERE merged_into IS NOT NULL),
    (SELECT count(*) FROM contact WHERE merged_into IS NULL AND removed_at IS NOT NULL),
    (SELECT count(*) FROM contact_list),
    (SELECT count(DISTINCT tag) FROM contact_tag),
    (SELECT count(*) FROM fetch_run),
    (SELECT count(*) FROM enrichment_run),
    (SELECT count(*) FROM quarantined_row)
"""

# Only the newest record counts: an older one may name tags that were taken off since.
_TAGS = """
SELECT tag.value, count(DISTINCT r.contact_id)
FROM (SELECT contact_id, provider, account_id, fetched_at, fields FROM source_record WHERE {}) r,
    json_each(r.fields, '$.tags') tag
WHERE r.fetched_at = (SELECT max(n.fetched_at) FROM source_record n
    WHERE n.contact_id = r.contact_id AND n.provider = r.provider AND n.account_id = r.account_id)
GROUP BY tag.value ORDER BY 2 DESC, 1
"""
_TAGS_OF = _TAGS.format("provider = ?1 AND contact_id IN (SELECT value FROM json_each(?2))")
# The plus sign keeps the index out of it: walking back from the newest record, few are looked at.
_TAGS_OF_THE_NEWEST = _TAGS.format("+provider = ?1 ORDER BY record_id DESC LIMIT ?2")

# Reading all records of a large library for the sake of suggestions would hold up everybody else.
_MOST_TAGGED_RECORDS = 5_000


_OWNED = """
SELECT r.provider_id, min(coalesce(c.merged_into, c.contact_id)), max(r.fetched_at),
    max(CASE WHEN ?3 IS NULL OR r.account_id = ?3 THEN r.charged_at END),
    max(json_extract(r.fields, '$.company_name') <> '')
FROM source_record r JOIN contact c USING (contact_id)
WHERE r.provider = ?1 AND r.provider_id IN (SELECT value FROM json_each(?2)) AND r.kind = 'full' AND NOT r.masked
GROUP BY r.provider_id
"""
_OWNED_CHUNK = 5_000


class LibraryRepository:
    """Contacts and the source records they are merged from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store_records(
        self, conn: Connection, records: Sequence[SourceRecord], *, contact_ids: Sequence[int | None] | None = None
    ) -> list[int]:
        """Store records inside the caller's transaction; returns the contact of each, in order.

        A record that says what its provider said last time only refreshes the date. `contact_ids` pins records to
        contacts that are known already, such as those that were enriched; None finds or makes the contact.
        """
        pins = repeat(None, len(records)) if contact_ids is None else contact_ids
        placed = []
        for record, pinned in zip(records, pins, strict=True):
            contact_id = identity.place(conn, record, pinned)
            source_records.keep(conn, contact_id, record)
            placed.append(contact_id)
        # A later record may have merged the contact of an earlier one.
        live = [identity.survivor(conn, contact_id) for contact_id in placed]
        if back := source_records.bring_back(conn, list(zip(live, records, strict=True))):
            for contact_id, record in back:
                # In sight again, it may turn out to be one with somebody who came in the meantime.
                identity.place(conn, record, contact_id)
            live = [identity.survivor(conn, contact_id) for contact_id in live]
        refreshing.show_stored(conn, live)
        return live

    async def save(self, records: Sequence[SourceRecord], initiator: str = "") -> list[int]:
        """Store records in a transaction of their own and tell the views; returns the contact of each, in order.

        Raises:
            LibraryError: The library cannot be written.
        """
        return await self._database.write(
            lambda conn: self.store_records(conn, records),
            announce=lambda ids: _contacts_changed(ids, initiator),
        )

    async def save_page(self, provider: Provider, page: SearchPage, initiator: str = "") -> list[int]:
        """Store a page of a search, like `save`; rows of it that could not be read are kept as they came.

        Raises:
            LibraryError: The library cannot be written.
        """

        def work(conn: Connection) -> list[int]:
            quarantine.keep(conn, utc_now(), provider, page.quarantined, request_id=page.request_id)
            return self.store_records(conn, page.records)

        return await self._database.write(work, announce=lambda ids: _contacts_changed(ids, initiator))

    async def rows(self, contact_ids: Sequence[int]) -> list[ContactRow]:
        """The table rows of contacts, one per id in the same order; a merged contact gives its survivor's row.

        Raises:
            LibraryError: The library cannot be read, or has no such contact.
        """
        found: dict[int, ContactRow] = {}
        for start in range(0, len(contact_ids), CHUNK):
            found |= await self._database.read(partial(read_rows, contact_ids=contact_ids[start : start + CHUNK]))
        try:
            return [found[contact_id] for contact_id in contact_ids]
        except KeyError as error:
            raise no_contact(error.args[0]) from None

    async def removed(self, contact_ids: Sequence[int]) -> set[int]:
        """Those of these contacts that the rep has removed from the library.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._database.read(lambda conn: removed_ids(conn, contact_ids))

    async def bring_back(self, contact_ids: Sequence[int], why: str) -> None:
        """Show contacts again that the rep had removed; `why` goes into their history.

        Raises:
            LibraryError: The library cannot be written.
        """

        def work(conn: Connection) -> list[int]:
            back = sorted(removed_ids(conn, contact_ids))
            source_records.show_again(conn, back)
            note_event(conn, back, why, at=utc_now())
            refreshing.show_stored(conn, back)
            return back

        await self._database.write(work, announce=lambda ids: _contacts_changed(ids, ""))

    async def all_ids(self, limit: int | None = None) -> list[int]:
        """The ids of all contacts, the newest entry first; at most `limit`."""
        found = await self._database.read(
            lambda conn: rows(
                conn,
                "SELECT contact_id FROM contact WHERE merged_into IS NULL AND removed_at IS NULL"
                " ORDER BY contact_id DESC LIMIT ?",
                (-1 if limit is None else limit,),
            )
        )
        return [contact_id for (contact_id,) in found]

    async def details(self, contact_id: int) -> ContactDetails:
        """Everything about one contact, or about the survivor of a merged one.

        Raises:
            LibraryError: The library cannot be read, or has no such contact.
        """
        return await self._database.read(lambda conn: read_details(conn, contact_id))

    async def stats(self) -> dict[str, int]:
        """What the library holds, in numbers by name."""
        names = (
            "contacts",
            "source_records",
            "with_email",
            "with_phone",
            "with_linkedin",
            "merged",
            "removed",
            "lists",
            "tags",
            "fetch_runs",
            "enrichment_runs",
            "quarantined_rows",
        )
        (counts,) = await self._database.read(lambda conn: rows(conn, _STATS))
        return dict(zip(names, counts, strict=True))

    async def find_people(self, people: Sequence[Collection[str]]) -> dict[int, int]:
        """Who of these people is in the library: place in the list → contact, for those who are.

        Each is given by identity keys (`PersonInput.identity_keys`); two LinkedIn profiles are never one person.
        """
        return await self._database.read(partial(library_people.find, people=people))

    async def tags(self, provider: Provider, contact_ids: Sequence[int] | None = None) -> dict[str, int]:
        """A provider's tags with the number of contacts that have each, the most frequent first.

        Args:
            provider: Whose tags.
            contact_ids: The contacts looked at; of all others the newest records only, where None.
        """
        if contact_ids is None:
            found = await self._database.read(
                lambda conn: rows(conn, _TAGS_OF_THE_NEWEST, (provider, _MOST_TAGGED_RECORDS))
            )
        else:
            wanted = json_list(contact_ids[:_MOST_TAGGED_RECORDS])
            found = await self._database.read(lambda conn: rows(conn, _TAGS_OF, (provider, wanted)))
        return dict(found)

    async def owned(
        self, provider: Provider, ids: Sequence[str], account_id: str | None = None
    ) -> dict[str, OwnedRecord]:
        """Which of a provider's ids are in the library as full records.

        A charge counts for the account it was made to; `account_id` says which one is meant, None for any.
        """
        found: dict[str, OwnedRecord] = {}
        for start in range(0, len(ids), _OWNED_CHUNK):
            values = (provider, json_list(ids[start : start + _OWNED_CHUNK]), account_id)
            for provider_id, contact_id, fetched_at, charged_at, with_company in await self._database.read(
                partial(rows, sql=_OWNED, values=values)
            ):
                found[provider_id] = OwnedRecord(
                    contact_id, moment(fetched_at), optional_moment(charged_at), bool(with_company)
                )
        return found


def _contacts_changed(ids: Sequence[int], initiator: str) -> list[Change]:
    return [Change(ChangeKind.CONTACTS, tuple(dict.fromkeys(ids)), initiator)] if ids else []
