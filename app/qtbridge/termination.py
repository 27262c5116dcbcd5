"""The system's requests to end, heard on the event loop."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

from PySide6.QtCore import QTimer


@contextlib.contextmanager
def termination_signals(loop: asyncio.AbstractEventLoop, request: Callable[[], None]) -> Iterator[None]:
    """Call `request` for SIGINT, SIGTERM and their kin while the context lasts."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    numbers = [signal.Signals[name] for name in names]
    try:
        for number in numbers:
            loop.add_signal_handler(number, request)
    except NotImplementedError:
        with _polled_signals(loop, numbers, request):
            yield
        return
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _polled_signals(
    loop: asyncio.AbstractEventLoop, numbers: list[signal.Signals], request: Callable[[], None]
) -> Iterator[None]:
    """Do the same on Windows, where Python looks for signals only while it runs code: a timer lets it."""
    previous = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(request)) for number in numbers}
    awake = QTimer(interval=200)
    awake.timeout.connect(lambda: None)
    awake.start()
    try:
        yield
    finally:
        awake.stop()
        for number, handler in previous.items():
            signal.signal(number, handler)
