"""The rep's own work in the library: marks, tags, lists, picks, merging and splitting, and the way back from all of it.

Every change is one named step in one transaction. Works offline.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from app.domain.changes import Change, ChangeKind
from app.domain.marks import ContactList, ContactStatus
from app.domain.undo import UndoReport, UndoStep
from app.storage import own_contacts, own_lists, own_work, undo_log
from app.storage.columns import utc_now
from app.storage.database import Connection, Database
from app.storage.suppressed import listed
from app.storage.undo_log import Applied, Recorded


class OwnWorkService:
    """Changes what is the rep's, and takes it back again.

    Contact ids may be those of merged contacts: the survivor is meant. Methods that change something return the step,
    or None when nothing had to change, and publish `ChangeKind.CONTACTS` with the ids and `ChangeKind.HISTORY`. All of
    them raise LibraryError when the library cannot be read or written or has no such contact, and InputError when
    what is asked for cannot be done; the text of either can be shown.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def set_status(self, contact_ids: Sequence[int], status: ContactStatus | None) -> UndoStep | None:
        """Give contacts a status; None takes it from them."""
        return await self._do(lambda conn, at: own_work.set_status(conn, contact_ids, status, at))

    async def set_rating(self, contact_ids: Sequence[int], rating: int) -> UndoStep | None:
        """Give contacts one to five stars; 0 takes them away."""
        return await self._do(lambda conn, at: own_work.set_rating(conn, contact_ids, rating, at))

    async def set_notes(self, contact_id: int, text: str, *, continues: int | None = None) -> UndoStep | None:
        """Write the notes on a contact anew.

        Args:
            contact_id: The contact.
            text: The notes.
            continues: The step that an earlier part of the same writing was kept as: while it is the newest, the two
                become one step.
        """
        done = await self._database.write(
            lambda conn: own_work.set_notes(conn, contact_id, text, self._now(), continues=continues),
            # Where the writing ends as it began, its step goes without another one.
            announce=lambda done: _changes(done) or _went_back(contact_id, continues),
        )
        return None if done is None else done.step

    async def add_tags(self, contact_ids: Sequence[int], names: Iterable[str]) -> UndoStep | None:
        """Give contacts tags. A tag that differs from one in use by its case only is that one."""
        tags = list(names)
        return await self._do(lambda conn, at: own_work.add_tags(conn, contact_ids, tags, at))

    async def remove_tags(self, contact_ids: Sequence[int], names: Iterable[str]) -> UndoStep | None:
        """Take tags from contacts."""
        tags = list(names)
        return await self._do(lambda conn, at: own_work.remove_tags(conn, contact_ids, tags, at))

    async def tags(self) -> dict[str, int]:
        """All tags in alphabetical order, with the number of contacts that have each."""
        return await self._database.read(own_work.tags)

    async def lists(self) -> tuple[ContactList, ...]:
        """All lists in alphabetical order, with their sizes."""
        return await self._database.read(own_lists.lists)

    async def list_named(self, name: str) -> ContactList | None:
        """The list of a name, however its case and blanks are typed; None when there is none."""
        return await self._database.read(lambda conn: own_lists.named(conn, name))

    async def list_members(self, list_id: int) -> list[int]:
        """The contacts of a list, in the order they came to it."""
        return await self._database.read(lambda conn: own_lists.members(conn, list_id))

    async def create_list(self, name: str, contact_ids: Sequence[int] = ()) -> ContactList:
        """Make a list, empty or of these contacts, as one step. The names of lists differ by more than case."""
        made, _ = await self._database.write(
            lambda conn: own_lists.create_list(conn, name, self._now(), contact_ids),
            announce=lambda done: _changes(done[1]),
        )
        return made

    async def rename_list(self, list_id: int, name: str) -> UndoStep | None:
        """Give a list another name."""
        return await self._do(lambda conn, at: own_lists.rename_list(conn, list_id, name, at))

    async def delete_list(self, list_id: int) -> UndoStep | None:
        """Delete a list; its contacts stay in the library."""
        return await self._do(lambda conn, at: own_lists.delete_list(conn, list_id, at))

    async def add_to_list(self, list_id: int, contact_ids: Sequence[int]) -> UndoStep | None:
        """Put contacts on a list."""
        return await self._do(lambda conn, at: own_lists.add_to_list(conn, list_id, contact_ids, at))

    async def remove_from_list(self, list_id: int, contact_ids: Sequence[int]) -> UndoStep | None:
        """Take contacts off a list."""
        return await self._do(lambda conn, at: own_lists.remove_from_list(conn, list_id, contact_ids, at))

    async def choose_value(self, contact_id: int, field: str, value: str) -> UndoStep | None:
        """Let a contact show this value, whatever providers say later: one of those known, or one typed.

        Args:
            contact_id: The contact.
            field: As `FieldValue.field` names it, of those with one shown value, such as `email` or `job_title`.
            value: The value. "" shows nothing, where the field is one of text.
        """
        return await self._do(lambda conn, at: own_contacts.choose_value(conn, contact_id, field, value, at))

    async def clear_choice(self, contact_id: int, field: str) -> UndoStep | None:
        """Let a field show what the rules choose again."""
        return await self._do(lambda conn, at: own_contacts.clear_choice(conn, contact_id, field, at))

    async def remove(self, contact_ids: Sequence[int]) -> UndoStep | None:
        """Take contacts out of the library's views. What was paid for stays; found again, a contact comes back."""
        return await self._do(lambda conn, at: own_contacts.remove(conn, contact_ids, at))

    async def merge(self, contact_ids: Sequence[int], survivor_id: int | None = None) -> UndoStep | None:
        """Make several contacts one. `survivor_id` stays, else the oldest entry does."""
        return await self._do(lambda conn, at: own_contacts.merge(conn, contact_ids, survivor_id, at))

    async def split(self, contact_id: int, record_ids: Sequence[int]) -> UndoStep | None:
        """Give some of a contact's source records to a new contact; the two are kept apart from then on."""
        return await self._do(lambda conn, at: own_contacts.split(conn, contact_id, record_ids, at))

    async def unmerge(self, contact_id: int, merged_id: int) -> UndoStep | None:
        """Let an entry that was merged into a contact stand for itself again; the two are kept apart from then on."""
        return await self._do(lambda conn, at: own_contacts.unmerge(conn, contact_id, merged_id, at))

    async def keep_apart(self, pairs: Iterable[tuple[int, int]]) -> UndoStep | None:
        """Remember that the two contacts of each pair are two people."""
        apart = list(pairs)
        return await self._do(lambda conn, at: own_contacts.keep_apart(conn, apart, at))

    async def steps(self) -> tuple[UndoStep, ...]:
        """All steps that can be undone or done again, the newest first."""
        return tuple(await self._database.read(undo_log.steps))

    async def undo(self) -> UndoReport | None:
        """Take back the newest step that stands; None when there is none."""
        return await self._move(undo_log.undo)

    async def redo(self) -> UndoReport | None:
        """Do the step again that was undone last; None when there is none."""
        return await self._move(undo_log.redo)

    async def go_to(self, step_id: int) -> UndoReport | None:
        """Undo every step down to this one, itself included; or redo every step up to it, if it was undone."""
        return await self._move(lambda conn, at: undo_log.go_to(conn, step_id, at))

    async def _do(self, work: Callable[[Connection, datetime], Recorded | None]) -> UndoStep | None:
        done = await self._database.write(lambda conn: work(conn, self._now()), announce=_changes)
        return None if done is None else done.step

    async def _move(self, work: Callable[[Connection, datetime], Applied | None]) -> UndoReport | None:
        def move(conn: Connection) -> tuple[Applied | None, bool]:
            before = listed(conn)
            return work(conn, self._now()), listed(conn) != before

        def announce(moved: tuple[Applied | None, bool]) -> list[Change]:
            done, other_list = moved
            return [*_changes(done), *([Change(ChangeKind.SUPPRESSION)] if other_list else [])]

        done, _ = await self._database.write(move, announce=announce)
        return None if done is None else done.report


def _changes(done: Recorded | Applied | None) -> list[Change]:
    if done is None:
        return []
    contacts = [Change(ChangeKind.CONTACTS, done.contact_ids)] if done.contact_ids else []
    return [*contacts, Change(ChangeKind.HISTORY)]


def _went_back(contact_id: int, continues: int | None) -> list[Change]:
    return [] if continues is None else [Change(ChangeKind.CONTACTS, (contact_id,)), Change(ChangeKind.HISTORY)]
