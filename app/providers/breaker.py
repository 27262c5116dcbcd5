"""A circuit breaker per provider account: after repeated failures nobody asks in vain, and one read tries again.

Closed, everything passes. When `failures` calls in a row (each with all its retries) found no service, it opens: for
a while every call fails at once. After that pause it is half open: one read, made once, is the probe, everybody else
waits for what it finds. An answer closes the breaker, another failure opens it for twice as long.

What pays for or changes something is never the probe: nobody wants to learn by a purchase whether a service works.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import NetworkError, OutcomeUnknownError, ServiceError, TryLaterError
from app.providers.clock import Clock, spoken


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Probe:
    """A cheap read of a service, made to find out whether it answers again. `query` as for `ApiClient.get`."""

    path: str
    query: tuple[tuple[str, str], ...] = ()


class OpenError(Exception):
    """The call was not made. `seconds` are left until the service is tried again; `reason` is its last trouble."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(f"open for another {seconds:.0f} s")
        self.seconds = seconds
        self.reason = reason


class CircuitBreaker:
    """Shared by every user of a key, as its limiter is.

    Args:
        clock: Time.
        failures: Failed calls in a row that open it.
        first_pause: Seconds it stays open at first; doubles with each probe that fails.
        longest_pause: The most seconds it stays open.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        failures: int = 5,
        first_pause: float = 15.0,
        longest_pause: float = 120.0,
    ) -> None:
        self._clock = clock or Clock()
        self._most_failures = failures
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._failures = 0
        self._pause = 0.0
        self._open_until: float | None = None
        self._probe: asyncio.Future[None] | None = None
        self._on_change: Callable[[], None] = lambda: None
        self.reason = ""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have somebody told whenever it opens or closes."""
        self._on_change = callback

    @property
    def state(self) -> BreakerState:
        """Where it stands now."""
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.open_for else BreakerState.HALF_OPEN

    @property
    def open_for(self) -> float:
        """Seconds until the service may be tried again, 0 unless it is open."""
        return max(0.0, (-math.inf if self._open_until is None else self._open_until) - self._clock.now())

    @property
    def text(self) -> str:
        """Where it stands in words for the rep, "" while it is closed."""
        match self.state:
            case BreakerState.CLOSED:
                return ""
            case BreakerState.OPEN:
                return f"Not reached several times; trying again in {spoken(self.open_for)}"
            case BreakerState.HALF_OPEN:
                return "Trying whether the service answers again" if self._probe else "Tried again with the next call"

    def reset(self) -> None:
        """Close it: something else showed that the service answers, or the address or key is another one now."""
        self._answered()

    @asynccontextmanager
    async def call(self, *, may_probe: bool) -> AsyncIterator[bool]:
        """Let one call pass, and learn from how the body ends. Yields whether it is the probe.

        Args:
            may_probe: It is a read, which may find out whether the service answers again.

        Raises:
            OpenError: The call must not be made now.
        """
        while self._probe is not None:
            await asyncio.wait([self._probe])
        if self._open_until is not None and (self.open_for or not may_probe):
            raise OpenError(self.open_for, self.reason)
        probing = self._open_until is not None
        probe = self._probe = asyncio.get_running_loop().create_future() if probing else None
        try:
            yield probing
        except ServiceError as error:
            self._learn(error, probing=probing)
            raise
        else:
            self._answered()
        finally:
            if probe is not None:
                self._probe = None
                probe.set_result(None)

    def _learn(self, error: ServiceError, *, probing: bool) -> None:
        """What a failed call says of the service: unreachable, there, or (not sent at all) nothing."""
        client_error = error.status is not None and 400 <= error.status < 500
        if isinstance(error, NetworkError | TryLaterError | OutcomeUnknownError):
            # Calls that had begun before it opened tell nothing new.
            if not client_error and (probing or self._open_until is None):
                self._failed(error)
        elif error.status is not None:
            self._answered()

    def _failed(self, error: ServiceError) -> None:
        self._failures += 1
        if self._open_until is None and self._failures < self._most_failures:
            return
        self._pause = min(self._longest_pause, self._pause * 2 or self._first_pause)
        self._open_until = self._clock.now() + self._pause
        self.reason = error.text
        self._on_change()

    def _answered(self) -> None:
        was_closed = self._open_until is None
        self._failures = 0
        self._pause = 0.0
        self._open_until = None
        self.reason = ""
        if not was_closed:
            self._on_change()
