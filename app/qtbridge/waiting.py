"""Waiting for Qt signals and states from a coroutine, for the tour and for tests.

pytest-qt's `waitSignal` and `waitUntil` spin a nested loop, which hangs inside a task; these await instead.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import SignalInstance

POLL_SECONDS = 0.01
PATIENCE_SECONDS = 20.0
"""What is waited for comes in a moment, or late on a busy machine, or never."""


def wait_signal(signal: SignalInstance, timeout: float = PATIENCE_SECONDS) -> Coroutine[Any, Any, tuple[Any, ...]]:
    """Listen from now on; the awaited result is the arguments of the next emission.

    Listening begins with the call, so that a signal emitted before the `await` is not missed:
    `heard = wait_signal(job.finished); job.start(); await heard`.

    Args:
        signal: A signal of an object that outlives the wait.
        timeout: Seconds from the await.

    Raises:
        TimeoutError: The signal was not emitted in time.
    """
    heard: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    def hear(*args: Any) -> None:
        if not heard.done():
            heard.set_result(args)

    signal.connect(hear)

    async def wait() -> tuple[Any, ...]:
        try:
            async with asyncio.timeout(timeout):
                return await heard
        finally:
            signal.disconnect(hear)

    return wait()


async def wait_until(holds: Callable[[], bool], timeout: float = PATIENCE_SECONDS) -> None:  # noqa: ASYNC109 - as wait_signal
    """Wait until a condition holds, looking every 10 ms.

    Raises:
        TimeoutError: It did not hold within `timeout` seconds.
    """
    async with asyncio.timeout(timeout):
        while not holds():  # noqa: ASYNC110 - a widget's state has no event to wait for
            await asyncio.sleep(POLL_SECONDS)
