"""The provider's balance before and after each stretch of buying, kept beside what was booked."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.domain.errors import BadKeyError, ContactScoutError
from app.jobs.lane import Lane
from app.storage.enrichment_runs import EnrichmentRepository


class BalanceWatch:
    """Asks for the balance when an idle account begins to buy, and again once nothing of it is in flight."""

    def __init__(self, repository: EnrichmentRepository, open_lane: Callable[[str], Awaitable[Lane]]) -> None:
        self._repository = repository
        self._open_lane = open_lane
        self._unsettled: set[str] = set()

    async def left(self, lane: Lane) -> int | None:
        """What is left, None where it cannot be told now: the queue does not stop for that. Raises BadKeyError."""
        try:
            return await lane.balance()
        except BadKeyError:
            raise
        except ContactScoutError:
            return None

    async def begin(self, lane: Lane) -> None:
        """Before the first submit of an idle account: keep its balance, to compare with later."""
        is_open, is_idle = await self._repository.stretch(lane.key_fingerprint)
        if not is_open and is_idle and (left := await self.left(lane)) is not None:
            await self._repository.begin_stretch(lane.key_fingerprint, left)

    def answered(self, key_fingerprint: str) -> None:
        """Something that was bought with this key may be complete now."""
        self._unsettled.add(key_fingerprint)

    async def settle(self) -> None:
        """After the last completion: compare the balance with the books."""
        for key_fingerprint in tuple(self._unsettled):
            is_open, is_idle = await self._repository.stretch(key_fingerprint)
            if is_open and not is_idle:
                continue
            self._unsettled.discard(key_fingerprint)
            if is_open:
                await self._end(key_fingerprint)

    async def _end(self, key_fingerprint: str) -> None:
        with suppress(ContactScoutError):
            lane = await self._open_lane(key_fingerprint)
            if lane.key_fingerprint == key_fingerprint and (left := await self.left(lane)) is not None:
                await self._repository.end_stretch(key_fingerprint, left)
