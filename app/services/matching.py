"""Contacts that may be one human: finding them, and what the rep decides about each pair."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.match_candidates import MatchCandidate
from app.domain.undo import UndoStep
from app.services.own_work import OwnWorkService
from app.storage import match_decisions
from app.storage.columns import utc_now
from app.storage.database import Database
from app.storage.match_candidates import MatchCandidateRepository

#: Told now and then: how many contacts were compared, and of how many.
Progress = Callable[[int, int], None]


class MatchingService:
    """Finds probable matches and carries out the rep's decisions. Publishes `ChangeKind.MATCHES` when pairs change.

    The comparing is done in a process of its own, so that neither the event loop nor the window waits for it. Merging
    and keeping apart change contacts too, and publish that as `OwnWorkService` does.
    """

    def __init__(
        self,
        database: Database,
        own_work: OwnWorkService,
        changes: ChangeFeed,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._pairs = MatchCandidateRepository(database, now=now)
        self._own_work = own_work
        self._changes = changes
        self._now = now

    async def find(self, progress: Progress | None = None) -> int:
        """Compare all contacts of the library; returns how many pairs are open then.

        Cancelling ends it and leaves the pairs as they were.

        Raises:
            LibraryError: The library cannot be read or written.
        """
        from app.jobs.matching import find_in_library  # the first window does without

        upto, _ = await self._pairs.waiting()
        found = await find_in_library(self._database.path, None, progress)
        await self._pairs.store(found, None, upto)
        self._changes.publish(Change(ChangeKind.MATCHES))
        return await self._pairs.count()

    async def find_new(self, progress: Progress | None = None) -> int:
        """Compare the contacts that came or changed since they were last compared, with all others.

        Otherwise like `find`; without any such contact nothing is done.
        """
        from app.jobs.matching import find_in_library

        upto, contact_ids = await self._pairs.waiting()
        if contact_ids:
            found = await find_in_library(self._database.path, contact_ids, progress)
            await self._pairs.store(found, contact_ids, upto)
            self._changes.publish(Change(ChangeKind.MATCHES))
        return await self._pairs.count()

    async def last_found(self) -> datetime | None:
        """When contacts were last compared with each other; None for never. Raises LibraryError."""
        return await self._pairs.last_found()

    async def waiting(self) -> int:
        """How many contacts came or changed since they were last compared. Raises LibraryError."""
        return len((await self._pairs.waiting())[1])

    async def candidates(self, limit: int, offset: int = 0, least_score: float = 0.0) -> list[MatchCandidate]:
        """Pairs that wait for a decision, the surest first. Raises LibraryError."""
        return await self._pairs.candidates(limit, offset, least_score)

    async def count(self, least_score: float = 0.0) -> int:
        """How many pairs of at least this score wait for a decision. Raises LibraryError."""
        return await self._pairs.count(least_score)

    async def accept(self, pairs: Iterable[tuple[int, int]], survivor: int | None = None) -> UndoStep | None:
        """Merge the two of each pair, all in one step. Pairs that may not be merged are passed over.

        Args:
            pairs: Contacts as `MatchCandidate` names them; pairs that hang together become one contact.
            survivor: Who stays, where it is among them; else the oldest entry does.

        Returns:
            The step; None when there was nothing to merge.

        Raises:
            InputError: None of them may be merged; the text says why.
            LibraryError: The library cannot be written.
        """
        wanted = list(pairs)
        done = await self._database.write(
            lambda conn: match_decisions.merge_pairs(conn, wanted, survivor, self._now()),
            announce=lambda done: (
                []
                if done is None
                else [
                    Change(ChangeKind.CONTACTS, done.contact_ids),
                    Change(ChangeKind.HISTORY),
                    Change(ChangeKind.MATCHES),
                ]
            ),
        )
        return None if done is None else done.step

    async def reject(self, pairs: Sequence[tuple[int, int]]) -> UndoStep | None:
        """Remember that the two of each pair are two people: they are never proposed or merged again.

        Raises:
            InputError, LibraryError: As `OwnWorkService.keep_apart` does.
        """
        step = await self._own_work.keep_apart(pairs)
        self._changes.publish(Change(ChangeKind.MATCHES))
        return step
