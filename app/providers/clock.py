"""Time as a dependency, so that pacing and retries can be tested without waiting."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """What the providers know of time.

    Attributes:
        now: Seconds that only ever grow; waits are measured with it.
        sleep: Waits so many seconds. It may wake early: whoever sleeps looks at `now` again.
        wall: The date and time in UTC.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    wall: Callable[[], datetime] = _utc_now


def spoken(seconds: float) -> str:
    """A wait in words for people, never shorter than it is: “45 s”, “12 min”."""
    whole = -int(-seconds // 1)
    return f"{whole} s" if whole < 100 else f"{-(-whole // 60):,} min"
