"""How close the limiters come to what the services allow, and that they never go over it.

Simulated: the event loop's clock jumps from one due moment to the next, so an hour of traffic takes a second and the
result is exact. The bound is the shortest time that the service's own published limits allow for so many requests.
"""

import asyncio
import math
import selectors
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.provider import Provider
from app.providers.clock import Clock
from app.providers.limits import new_limiter

WORKERS = 20
SERVICE_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Published:
    """A service's limit: `most` starts in any `window` seconds, and the least seconds that n requests need.

    `note` says why we stay below it on purpose.
    """

    provider: Provider
    requests: int
    units: int
    most: int
    window: float
    bound: Callable[[int], float]
    note: str = ""


CASES = (
    # A bucket of 15 filled at 10/s lets at most 15 + 10 start in one second.
    Published(Provider.LEADFEEDER, 1000, 1, 25, 1.0, lambda n: (n - 15) / 10),
    Published(Provider.TAMTAM, 1000, 1, 10, 1.0, lambda n: (n - 10) / 10, "8 a second are used"),
    Published(Provider.BUILDWORKPRO, 600, 5, 60, 60.0, lambda n: (math.ceil(n / 60) - 1) * 60.0),
    # Nothing is published; the bound is one request after the other.
    Published(
        Provider.TALKTOHUMANS, 200, 1, 7, 1.0, lambda n: (n - 1) * SERVICE_SECONDS, "a gap of 250 ms after each answer"
    ),
)


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting it moves the clock on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("every task waits for another one")
        self.now += max(0.0, timeout)
        return super().select(0)


class _SimulatedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


async def _starts(case: Published) -> list[float]:
    loop = asyncio.get_running_loop()
    limiter = new_limiter(case.provider, Clock(now=loop.time, sleep=asyncio.sleep))
    starts: list[float] = []
    left = iter(range(case.requests))

    async def work() -> None:
        for _ in left:
            async with limiter.acquire(case.units):
                starts.append(loop.time())
                await asyncio.sleep(SERVICE_SECONDS)

    await asyncio.gather(*(work() for _ in range(WORKERS)))
    return starts


def most_within(moments: Sequence[float], window: float) -> int:
    """The most moments that any half-open window of so many seconds holds."""
    first, most = 0, 0
    for last, moment in enumerate(moments):
        # The float clock of the simulation adds up rounding; a microsecond is none of the service's business.
        while moments[first] <= moment - window + 1e-6:
            first += 1
        most = max(most, last - first + 1)
    return most


def main() -> None:
    """Print, for each service, the time as a multiple of the bound and the fullest window."""
    print(f"Rate limits, simulated: {WORKERS} workers, {SERVICE_SECONDS * 1000:.0f} ms a request")
    for case in CASES:
        with asyncio.Runner(loop_factory=_SimulatedLoop) as runner:
            starts: Any = runner.run(_starts(case))
        ratio = (starts[-1] - starts[0]) / case.bound(case.requests)
        most = most_within(starts, case.window)
        fullest = f"fullest {case.window:g} s: {most} of {case.most} allowed{'' if most <= case.most else ' EXCEEDED'}"
        note = f" ({case.note})" if case.note else ""
        print(f"  {case.provider.label:<14}{case.requests:>5} requests: {ratio:.4f} of the bound, {fullest}{note}")


if __name__ == "__main__":
    main()
