"""The do-not-contact list: entries come and go, and people are looked up in it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial

from app.domain.changes import Change, ChangeKind
from app.domain.suppression import SuppressionEntry, SuppressionIndex, Traits
from app.storage import undo_log
from app.storage.columns import stamp, utc_now
from app.storage.database import Connection, Database, rows
from app.storage.suppressed import ENTRIES, contact_traits, entry_of, find_contacts, read_index

PUT_ON = "Put on the do-not-contact list."

_AT_ONCE = 500


class SuppressionRepository:
    """Entries come, go, and are looked people up in. All methods raise LibraryError like every repository."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def entries(self) -> list[SuppressionEntry]:
        """All entries, the newest first."""
        return await self._database.read(
            lambda conn: list(map(entry_of, rows(conn, f"{ENTRIES} ORDER BY added_at DESC, kind, value")))
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
            found |= await self._database.read(partial(contact_traits, contact_ids=part))
        return found


def _count(conn: Connection) -> int:
    ((count,),) = rows(conn, "SELECT count(*) FROM suppression")
    return int(count)


def _in_words(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries:,} entries"


def _changed(contact_ids: Collection[int]) -> list[Change]:
    contacts = [Change(ChangeKind.CONTACTS, tuple(contact_ids))] if contact_ids else []
    return [Change(ChangeKind.SUPPRESSION), Change(ChangeKind.HISTORY), *contacts]
