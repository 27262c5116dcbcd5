"""Waiting for something to happen, or for time to pass."""

import asyncio
from collections.abc import Awaitable, Callable


async def wait_for_event(
    event: asyncio.Event, seconds: float | None, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Wait until something happens, at most so many seconds (for ever if None)."""
    if seconds is None:
        await event.wait()
        return
    async with asyncio.TaskGroup() as group:
        # Whichever ends first ends the other.
        happening = group.create_task(event.wait())
        sleeping = group.create_task(_sleep(sleep, seconds))
        happening.add_done_callback(lambda _: sleeping.cancel())
        sleeping.add_done_callback(lambda _: happening.cancel())


async def _sleep(sleep: Callable[[float], Awaitable[None]], seconds: float) -> None:
    await sleep(seconds)
