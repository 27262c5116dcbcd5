"""Ratios measured in turns, so that a busy moment of the machine hits both sides alike."""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Ratio:
    """How long our work took, as a multiple of the reference.

    Attributes:
        name: What was compared, in words.
        value: The median over all rounds.
        low: The 10th percentile.
        high: The 90th percentile.
        seconds: Our own median time, for orientation.
        target: The most the ratio should be, None where nothing was promised.
    """

    name: str
    value: float
    low: float
    high: float
    seconds: float
    target: float | None = None

    def __str__(self) -> str:
        verdict = ""
        if self.target is not None:
            verdict = f"target ≤ {self.target:g}: {'kept' if self.value <= self.target else 'MISSED'}"
        spread = f"({self.low:.2f} to {self.high:.2f})"
        return f"  {self.name:<66}{self.value:>7.2f} {spread:<18}{self.seconds * 1000:>9.2f} ms  {verdict}"


async def ratio_of(
    name: str,
    ours: Callable[[], Awaitable[object]],
    reference: Callable[[], Awaitable[object]],
    *,
    target: float | None = None,
    rounds: int = ROUNDS,
) -> Ratio:
    """Time two pieces of work in turns, after one round to warm up, with the garbage collector held off."""
    ratios, seconds = [], []
    await ours()
    await reference()
    for turn in range(rounds):
        pair = (ours, reference) if turn % 2 else (reference, ours)
        taken = {work: await _time(work) for work in pair}
        ratios.append(taken[ours] / taken[reference])
        seconds.append(taken[ours])
    deciles = statistics.quantiles(ratios, n=10)
    return Ratio(name, statistics.median(ratios), deciles[0], deciles[-1], statistics.median(seconds), target)


async def _time(work: Callable[[], Awaitable[object]]) -> float:
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        await work()
        return time.perf_counter() - start
    finally:
        gc.enable()
