"""How work ends that is stopped halfway: with a moment to finish."""

import asyncio
from typing import Any

#: Seconds a submit on its way may take to finish when the program closes; then its outcome is unknown.
STOP_GRACE = 1.0


async def end_within(task: asyncio.Task[Any], seconds: float) -> None:
    """Give a task so many seconds to end by itself, then cancel it; its result or exception is dropped."""
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # looked at, or asyncio would report it as overlooked
