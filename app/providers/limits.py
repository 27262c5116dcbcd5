"""How fast a key may be used: pace, budgets and requests in flight, shared by every user of the key.

A `Limiter` works like the one ticket window of a station. Everybody queues in one line; whoever is at its head
looks at every rule, sleeps until all of them allow a start, looks again (a sleep may end early), and goes. So
nobody overtakes, and only one task ever sleeps.

There are two kinds of rule. `Pace` is a leaky bucket kept as a single due time (GCRA): a steady rate with a small
burst. `Window` allows an amount in any stretch of time. The service counts a request at some moment between our
sending it and its answer; a window therefore holds a request from its start until `period` after its *end*,
which can never be earlier than the service's own count, whatever the network's delays.

Published limits: contract sheets, Leadfeeder section 5, Tamtam section 8, BuildWorkPro section 8; TalkToHumans
publishes none (section 5), so there it is one request in flight with a gap.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from app.domain.provider import Provider
from app.providers.allowance import MONTHLY_LIMITS, Allowance
from app.providers.breaker import CircuitBreaker
from app.providers.clock import Clock, spoken

# Below this a sleep may not move a float clock at all; half a millisecond costs no throughput worth naming.
_SHORTEST_SLEEP = 0.0005


class Rule(Protocol):
    """One limit. `units` is what the request weighs, for rules that count units."""

    def delay(self, now: float, units: int, /) -> float:
        """Seconds until a request may start: 0 for now, `inf` when only a request in flight can free it."""
        ...

    def started(self, now: float, units: int, /) -> None:
        """A request starts."""
        ...

    def finished(self, now: float, units: int, /) -> None:
        """A request that started has ended, in whatever way."""
        ...

    def refused(self, now: float, /) -> None:
        """The service refused a request as one too many."""
        ...


class Pace:
    """`rate` requests per second, of which `burst` may come at once after a rest.

    A service that refuses all the same counts more strictly than it says, or its network bunches our requests: for
    `CAUTION` seconds after a refusal the pace is then `cautious_rate`, without bursts.
    """

    CAUTION = 600.0

    def __init__(self, rate: float, burst: int = 1, *, cautious_rate: float | None = None) -> None:
        self._rate = rate
        self._burst = burst
        self._cautious_rate = cautious_rate or rate
        self._cautious_until = -math.inf
        self._due = -math.inf

    def delay(self, now: float, _units: int, /) -> float:
        """Seconds until the next start."""
        tolerance = 0.0 if now < self._cautious_until else (self._burst - 1) / self._rate
        return max(0.0, self._due - tolerance - now)

    def started(self, now: float, _units: int, /) -> None:
        """Move the due time on."""
        rate = self._cautious_rate if now < self._cautious_until else self._rate
        self._due = max(self._due, now) + 1 / rate

    def finished(self, _now: float, _units: int, /) -> None:
        """Nothing: a pace looks at starts only."""

    def refused(self, now: float, /) -> None:
        """Go on more slowly."""
        self._cautious_until = now + self.CAUTION


class Window:
    """At most `limit` requests (or units, if `in_units`) in any `period` seconds."""

    def __init__(self, limit: int, period: float, *, in_units: bool = False) -> None:
        self._limit = limit
        self._period = period
        self._in_units = in_units
        self._in_flight = 0
        self._ended: deque[tuple[float, int]] = deque()
        self._held = 0

    def delay(self, now: float, units: int, /) -> float:
        """Seconds until enough of the past has left the window."""
        while self._ended and self._ended[0][0] <= now:
            self._held -= self._ended.popleft()[1]
        # A call larger than the whole budget has to be possible once the window is empty.
        excess = self._in_flight + self._held + min(self._weight(units), self._limit) - self._limit
        if excess <= 0:
            return 0.0
        for expiry, weight in self._ended:
            excess -= weight
            if excess <= 0:
                return expiry - now
        return math.inf

    def started(self, _now: float, units: int, /) -> None:
        """Hold the request while it is in flight."""
        self._in_flight += self._weight(units)

    def finished(self, now: float, units: int, /) -> None:
        """Hold it for one more period."""
        weight = self._weight(units)
        self._in_flight -= weight
        self._held += weight
        self._ended.append((now + self._period, weight))

    def refused(self, _now: float, /) -> None:
        """Nothing: a window never lets too many pass, so somebody else uses the budget too."""

    def _weight(self, units: int) -> int:
        return units if self._in_units else 1


class PausedError(Exception):
    """The service asked for a pause that is longer than the caller can wait. `seconds` are left."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"paused for another {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class PaceStatus:
    """Where a limiter stands, for the window.

    Attributes:
        text: In words.
        waiting: Requests in the queue.
        paused_until: When a pause that the service asked for ends, on the limiter's clock; None without one.
    """

    text: str
    waiting: int
    paused_until: float | None


class Limiter:
    """Lets requests start when every rule allows it, in the order in which they asked.

    Args:
        rules: The limits that hold at the same time.
        in_flight: The most requests between start and end.
        text: The limits in words, shown while nothing waits.
        clock: Time.
        allowance: Counts the month's requests; without it they are counted and not limited.

    Attributes:
        breaker: Whether the service is asked at all, shared by the same users.
        allowance: How many requests the month has left.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        in_flight: int,
        text: str = "",
        clock: Clock | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._most_in_flight = in_flight
        self._text = text
        self._clock = clock or Clock()
        self.breaker = CircuitBreaker(clock=self._clock)
        self.allowance = allowance or Allowance(clock=self._clock)
        self._turn = asyncio.Lock()
        self._one_finished = asyncio.Event()
        self._in_flight = 0
        self._waiting = 0
        self._next_start: float | None = None
        self._paused_until = -math.inf
        self._on_pause: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def acquire(self, cost: int = 1, *, max_pause: float = math.inf) -> AsyncIterator[float]:
        """Wait for the turn, hold it while the body runs, and yield the seconds it took.

        Args:
            cost: Units the request weighs at the service.
            max_pause: The longest pause asked for by the service that is worth sitting out, in seconds.

        Raises:
            PausedError: At once, or as soon as it is known, that a pause is longer than `max_pause`.
        """
        asked = self._clock.now()
        await self._enter(cost, max_pause)
        try:
            yield self._clock.now() - asked
        finally:
            self._leave(cost)

    def pause(self, seconds: float) -> None:
        """Let nothing start for so many seconds, as a `Retry-After` demands. A longer pause stays."""
        until = self._clock.now() + seconds
        if seconds > 0 and until > self._paused_until:
            self._paused_until = until
            self._on_pause()

    def on_pause(self, callback: Callable[[], None]) -> None:
        """Have somebody told whenever a pause begins or is prolonged; nobody is told of its end."""
        self._on_pause = callback

    def refused(self) -> None:
        """The service refused a request as one too many: rules that can be more careful are."""
        for rule in self._rules:
            rule.refused(self._clock.now())

    @property
    def paused_for(self) -> float:
        """Seconds that a pause still lasts, 0 without one."""
        return max(0.0, self._paused_until - self._clock.now())

    def status(self) -> PaceStatus:
        """Where it stands now."""
        if self.breaker.text:
            return PaceStatus(self.breaker.text, self._waiting, None)
        pause = self.paused_for
        paused_until = self._paused_until if pause else None
        if pause:
            return PaceStatus(f"Paused for {spoken(pause)}, as the service asked", self._waiting, paused_until)
        if self._waiting and self._next_start is not None:
            wait = max(0.0, self._next_start - self._clock.now())
            return PaceStatus(f"{self._waiting} waiting, next in {spoken(wait)}", self._waiting, None)
        if self._waiting:
            return PaceStatus(f"{self._waiting} waiting for an answer to come in", self._waiting, None)
        return PaceStatus(", ".join(filter(None, (self._text, self.allowance.text))), 0, None)

    async def _enter(self, cost: int, max_pause: float) -> None:
        self._waiting += 1
        try:
            async with self._turn:  # asyncio's lock serves in the order of asking
                while (delay := self._delay(cost, max_pause)) > 0:
                    await self._wait(delay)
                now = self._clock.now()
                for rule in self._rules:
                    rule.started(now, cost)
                self._in_flight += 1
        finally:
            self._waiting -= 1

    def _delay(self, cost: int, max_pause: float) -> float:
        now = self._clock.now()
        pause = self._paused_until - now
        if pause > max_pause:
            raise PausedError(pause)
        if self._in_flight >= self._most_in_flight:
            return math.inf
        return max(0.0, pause, *(rule.delay(now, cost) for rule in self._rules))

    async def _wait(self, delay: float) -> None:
        if math.isinf(delay):
            self._one_finished.clear()
            await self._one_finished.wait()
            return
        self._next_start = self._clock.now() + delay
        try:
            await self._clock.sleep(max(delay, _SHORTEST_SLEEP))
        finally:
            self._next_start = None

    def _leave(self, cost: int) -> None:
        now = self._clock.now()
        for rule in self._rules:
            rule.finished(now, cost)
        self._in_flight -= 1
        self._one_finished.set()


def new_limiter(provider: Provider, clock: Clock | None = None, *, allowance: Allowance | None = None) -> Limiter:
    """The limiter for one key of a provider; `allowance` where the month's count is kept over restarts."""
    rules, in_flight, text = _published(provider)
    if allowance is None:
        allowance = Allowance(MONTHLY_LIMITS.get(provider), clock=clock)
    return Limiter(rules, in_flight=in_flight, text=text, clock=clock, allowance=allowance)


def _published(provider: Provider) -> tuple[Sequence[Rule], int, str]:
    """The limits of a provider's key, the most requests in flight, and the limits in words."""
    match provider:
        case Provider.LEADFEEDER:
            # 10/s with a bucket of 15: of a burst of 4 and a network that delays single requests by up to a second
            # the bucket never runs dry, and the long-run rate is still the full 10/s.
            return [Pace(10, burst=4, cautious_rate=8)], 10, "10 requests a second"
        case Provider.TAMTAM:
            # How the service counts is not said. Evenly spaced, even a sliding second never sees more than 10
            # unless delays differ by more than 0.025 s; then its first refusal slows us to the sheet's 8 a second.
            return [Pace(9.75, cautious_rate=8)], 10, "10 requests a second"
        case Provider.BUILDWORKPRO:
            return [Window(60, 60.0), Window(10_000, 3600.0, in_units=True)], 4, "60 requests a minute"
        case Provider.TALKTOHUMANS:
            return [Window(1, 0.25)], 1, "one request at a time"


def tenant_pause(headers: Mapping[str, str]) -> float:
    """Seconds to pause because a budget that others share is used up, 0 while some of it is left.

    BuildWorkPro counts its hourly units over all keys of a company, so only its headers know what is left (sheet
    section 8). A reset further off than the hour the budget is made of is not believed.
    """
    try:
        remaining = int(headers.get("RateLimit-Tenant-Remaining", ""))
        reset = float(headers.get("RateLimit-Tenant-Reset", ""))
    except ValueError:
        return 0.0
    return reset if remaining <= 0 and 0 < reset <= 3600 else 0.0
