"""Long work of our own on the event loop, in slices that nobody notices.

A thread would not do: it holds Python's lock most of the time, and every repaint of a table waits for that thousands of
times. What takes longer than a few hundred steps is gone through with `in_slices`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

_T = TypeVar("_T")

SLICE_SECONDS = 0.004
"""A quarter of a frame: the repaint that comes next still fits into it."""


async def in_slices(things: Iterable[_T], *, seconds: float = SLICE_SECONDS) -> AsyncIterator[_T]:
    """Go through things, and let the event loop go on whenever that has taken as long as a slice may."""
    end = time.perf_counter() + seconds
    for thing in things:
        yield thing
        if time.perf_counter() >= end:
            await asyncio.sleep(0)
            end = time.perf_counter() + seconds
