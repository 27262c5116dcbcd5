"""What left the library: a line in the history of every contact that was exported."""

from collections.abc import Callable, Sequence
from datetime import datetime

from app.domain.changes import Change, ChangeKind
from app.storage.columns import utc_now
from app.storage.contact_events import note_event
from app.storage.database import Connection, Database

_AT_ONCE = 5_000


class ExportRepository:
    """Writes lines; the contact's details show them."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def note(self, contact_ids: Sequence[int], text: str) -> None:
        """Add the same line to the history of each contact, unless another program has the library for writing.

        Raises:
            LibraryError: The library cannot be written.
        """
        if self._database.read_only:
            return
        at = self._now()
        for start in range(0, len(contact_ids), _AT_ONCE):
            part = tuple(contact_ids[start : start + _AT_ONCE])

            def work(conn: Connection, part: tuple[int, ...] = part) -> tuple[int, ...]:
                note_event(conn, part, text, at=at)
                return part

            await self._database.write(work, announce=lambda done: [Change(ChangeKind.CONTACTS, done)])
