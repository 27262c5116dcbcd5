"""Several chunks of a bulk fetch on their way at once, and what is done when one of them fails.

* Refused as malformed (400, 422): the chunk is halved until the bad ID stands alone; the good ones still succeed.
* Too slow for the gateway (504): the chunk is halved, and the ones after it are smaller too.
* Asked to wait: nothing is sent until then, with a note, and the run goes on by itself.
* The cap, a refused key, no network: no new chunk; what is on its way is still stored.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Collection, Sequence
from datetime import timedelta
from typing import Protocol

from app.domain.errors import (
    CapError,
    ContactScoutError,
    InvalidRequestError,
    NetworkError,
    RateLimitedError,
    ServiceError,
)
from app.domain.fetching import FetchRun
from app.providers.clock import Clock, spoken

#: As many as the widest limiter lets be in flight, so that the limits alone set the pace.
LANES = 10

#: Longer pauses (seconds) are the rep's to sit out: the run is paused. BuildWorkPro's budget is by the hour.
LONGEST_WAIT = 2 * 3600.0

#: So many waits with no answer between them, of all lanes together, are no pause but an outage.
MOST_WAITS = 10 * LANES

#: So many refusals before any answer: it is the request that is refused, not an ID in it.
MOST_REFUSALS = 32

_GATEWAY_TIMEOUT = 504


class Chunks(Protocol):
    """One run's chunks, as the engine offers them. `size` is the most IDs of one request."""

    run: FetchRun
    size: int

    async def cost(self, ids: Sequence[str]) -> tuple[int, set[str]]:
        """The most a chunk can cost, in credits, and its IDs that are free."""
        ...

    async def fetch(self, ids: Sequence[str], free: Collection[str]) -> int:
        """Ask for a chunk and store the answer; returns the credits it cost."""
        ...

    async def refused(self, ids: Sequence[str], error: InvalidRequestError) -> None:
        """Store that these IDs are refused."""
        ...

    async def note(self, text: str) -> None:
        """Say why the run waits, "" when it goes on."""
        ...


class FetchLanes:
    """Takes waiting IDs through a provider, a few chunks at a time, until none is left or trouble came.

    Attributes:
        trouble: What stopped the run, None when nothing did.
    """

    def __init__(self, chunks: Chunks, waiting: Sequence[str], clock: Clock) -> None:
        self._chunks = chunks
        self._clock = clock
        self._waiting = deque(waiting)
        self._parts: deque[list[str]] = deque()
        self._size = chunks.size
        self._spent = chunks.run.charged
        self._promised = 0
        self._cost_lock = asyncio.Lock()
        self.trouble: ContactScoutError | None = None
        self._answers = 0
        self._refusals = 0
        self._waits = 0
        self._resume_at = -math.inf
        self._gate = asyncio.Lock()
        self._troubled = asyncio.Event()

    async def work(self) -> None:
        """Run until nothing is waiting, or trouble came."""
        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(self._lane())

    async def _lane(self) -> None:
        while not self._troubled.is_set():
            await self._sit_out()
            # While it waited, another lane may have met trouble or taken the last IDs.
            chunk = [] if self._troubled.is_set() else self._next()
            if not chunk:
                return
            try:
                await self._fetch(chunk)
            except InvalidRequestError as error:
                await self._after_refusal(chunk, error)
            except ServiceError as error:
                self._after_trouble(chunk, error)
            except ContactScoutError as error:
                self._stop(error)
            else:
                self._answers += 1
                self._waits = 0

    def _next(self) -> list[str]:
        if self._parts:
            return self._parts.popleft()
        return [self._waiting.popleft() for _ in range(min(self._size, len(self._waiting)))]

    async def _fetch(self, chunk: Sequence[str]) -> None:
        most, free = await self._promise(chunk)
        try:
            self._spent += await self._chunks.fetch(chunk, free)
        finally:
            self._promised -= most

    async def _promise(self, chunk: Sequence[str]) -> tuple[int, set[str]]:
        async with self._cost_lock:
            most, free = await self._chunks.cost(chunk)
            cap = self._chunks.run.max_credits
            if most and cap is not None and self._spent + self._promised + most > cap:
                raise CapError(
                    f"The next {len(chunk)} IDs could cost {most} credits; with {self._spent + self._promised} spent "
                    f"or on their way that exceeds the cap of {cap}.",
                    next_step="Raise the cap to go on; everything fetched so far is kept.",
                )
            self._promised += most
            return most, free

    async def _after_refusal(self, chunk: list[str], error: InvalidRequestError) -> None:
        self._refusals += 1
        if len(chunk) == 1 or (not self._answers and self._refusals >= MOST_REFUSALS):
            await self._chunks.refused(chunk, error)
        else:
            self._halve(chunk)

    def _after_trouble(self, chunk: list[str], error: ServiceError) -> None:
        if error.status == _GATEWAY_TIMEOUT and len(chunk) > 1:
            self._halve(chunk)
            self._size = min(self._size, max(1, len(chunk) // 2))
        elif error.retry_after is not None and self._is_worth_waiting(error):
            self._parts.appendleft(chunk)
            self._waits += 1
            self._resume_at = max(self._resume_at, self._clock.now() + error.retry_after)
        else:
            self._stop(error)

    def _stop(self, error: ContactScoutError) -> None:
        self.trouble = self.trouble or error
        self._troubled.set()

    def _halve(self, chunk: list[str]) -> None:
        middle = len(chunk) // 2
        self._parts += (chunk[:middle], chunk[middle:])

    def _is_worth_waiting(self, error: ServiceError) -> bool:
        # Behind smaller chunks a service that is “not there” is one whose gateway was asked for too much.
        of_our_making = isinstance(error, NetworkError) and self._size < self._chunks.size
        return (
            (isinstance(error, RateLimitedError) or of_our_making)
            and error.retry_after is not None
            and error.retry_after <= LONGEST_WAIT
            and self._waits < MOST_WAITS
        )

    async def _sit_out(self) -> None:
        """Wait as the provider asked, with a note that says until when; trouble elsewhere ends the wait."""
        async with self._gate:
            noted = False
            while (left := self._resume_at - self._clock.now()) > 0 and not self._troubled.is_set():
                if not noted:
                    noted = True
                    until = (self._clock.wall() + timedelta(seconds=left)).astimezone()
                    await self._chunks.note(
                        f"{self._chunks.run.provider.label} asked to wait {spoken(left)}; "
                        f"the run goes on by itself at {until:%H:%M}."
                    )
                await self._sleep(self._resume_at - self._clock.now())
            if noted:
                await self._chunks.note("")

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        sleeper = loop.create_task(_awaited(self._clock.sleep(seconds)))
        waker = loop.create_task(self._troubled.wait())
        try:
            await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()


async def _awaited(what: Awaitable[None]) -> None:
    await what
