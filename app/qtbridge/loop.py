"""qasync's event loop with a scheduler of our own: never early, in order, two Qt timers in all.

Stock qasync 0.28 starts one coarse Qt timer per callback. Those fire up to 5 % early, outlive a cancelled time-out,
keep no order on Windows and overflow beyond 24.8 days (docs/decisions/0003). The scheduler here keeps immediate
callbacks in a queue behind one zero timer and later ones in a heap behind one precise timer.
"""

import asyncio
import heapq
import itertools
import logging
import math
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import TYPE_CHECKING, TypeVarTuple, Unpack

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:

    class QEventLoop(asyncio.SelectorEventLoop):
        """What is used of qasync's class, which has no type hints (on Windows it is a proactor loop)."""

        def __init__(self, app: QApplication) -> None: ...
        def _check_closed(self) -> None: ...

else:
    from qasync import QEventLoop

log = logging.getLogger(__name__)

_Ts = TypeVarTuple("_Ts")

SLICE_SECONDS = 0.008
"""Callbacks run at most this long before Qt may paint and handle input again."""

LONGEST_WAIT_SECONDS = 86_400.0
"""Qt counts milliseconds in 32 bits; a longer wait is cut into days."""

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that computes gives up Python's lock (Python's own: 0.005). A repaint takes the lock for
every cell, so it would take a second beside a busy thread."""

EXECUTOR_THREADS = 4
"""For short blocking calls (`asyncio.to_thread`); the database has threads of its own."""


class _TimerHandle(asyncio.TimerHandle):
    """A timer handle that tells its scheduler when it is cancelled while it waits."""

    __slots__ = ("waiting_in",)

    waiting_in: "Scheduler | None"

    def cancel(self) -> None:
        super().cancel()
        if (scheduler := self.waiting_in) is not None:
            self.waiting_in = None
            scheduler.forget_cancelled()


class Scheduler(QObject):
    """Runs asyncio handles from Qt's loop, in order and never before they are due.

    Timers are armed before a handle runs, not after it, so that everything goes on when the handle itself
    spins a nested Qt loop (a native menu, a drag).
    """

    _woken = Signal()

    def __init__(self, loop: "AccurateEventLoop") -> None:
        super().__init__()
        self._loop = loop
        self._debug = False
        self._ready: deque[asyncio.Handle] = deque()
        self._later: list[tuple[float, int, _TimerHandle]] = []
        self._cancelled = 0
        self._counter = itertools.count()
        # Single-shot: Qt does not deliver a repeating timer again while its slot still runs.
        self._soon_timer = QTimer(self, singleShot=True, interval=0)
        self._soon_timer.timeout.connect(self._run_ready)
        self._later_timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._later_timer.timeout.connect(self._run_due)
        self._woken.connect(self._arm_soon, Qt.ConnectionType.QueuedConnection)

    @property
    def waiting(self) -> int:
        """Handles kept, cancelled ones that could not be dropped yet included."""
        return len(self._ready) + len(self._later)

    @property
    def armed(self) -> int:
        """Qt timers running now: 0, 1 or 2."""
        return int(self._soon_timer.isActive()) + int(self._later_timer.isActive())

    def add_callback(self, handle: asyncio.Handle, delay: float = 0) -> asyncio.Handle:
        """Queue a handle to run soon. qasync and asyncio's signal handling call this by name, always without delay."""
        assert delay <= 0
        self._ready.append(handle)
        if not self._soon_timer.isActive():
            self._soon_timer.start()
        return handle

    def add_from_thread(self, handle: asyncio.Handle) -> None:
        """Queue a handle from any thread."""
        self._ready.append(handle)
        self._woken.emit()

    def add_later(self, handle: _TimerHandle) -> None:
        """Queue a handle to run when it is due."""
        handle.waiting_in = self
        heapq.heappush(self._later, (handle.when(), next(self._counter), handle))
        if self._later[0][2] is handle:
            self._arm_later()

    def forget_cancelled(self) -> None:
        """Drop cancelled handles: those in front at once, the others as soon as they are the majority."""
        self._cancelled += 1
        if self._cancelled * 2 > len(self._later):
            self._later = [entry for entry in self._later if not entry[2].cancelled()]
            heapq.heapify(self._later)
            self._cancelled = 0
            self._arm_later()
        elif self._later[0][2].cancelled():
            self._arm_later()

    def resume(self) -> None:
        """Arm the timers for what was queued while the loop did not run."""
        self._arm_soon()
        self._arm_later()

    def set_debug(self, enabled: bool) -> None:
        """Log callbacks that take longer than the loop's `slow_callback_duration` (seconds)."""
        self._debug = enabled

    def stop(self) -> None:
        """Drop everything; qasync calls this when the loop is closed."""
        self._soon_timer.stop()
        self._later_timer.stop()
        self._ready.clear()
        self._later.clear()

    def _arm_soon(self) -> None:
        if self._ready and not self._soon_timer.isActive():
            self._soon_timer.start()

    def _arm_later(self) -> None:
        while self._later and self._later[0][2].cancelled():
            heapq.heappop(self._later)
            self._cancelled -= 1
        if not self._later:
            self._later_timer.stop()
            return
        seconds = min(max(0.0, self._later[0][0] - time.monotonic()), LONGEST_WAIT_SECONDS)
        self._later_timer.start(math.ceil(seconds * 1000))

    def _run_due(self) -> None:
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            handle = heapq.heappop(self._later)[2]
            if handle.cancelled():
                self._cancelled -= 1
            else:
                handle.waiting_in = None
                self._ready.append(handle)
        self._arm_later()
        self._run_ready()

    def _run_ready(self) -> None:
        if not self._loop.is_running():
            return  # asyncio runs callbacks within run_forever only; `resume` comes back to these
        end = time.monotonic() + SLICE_SECONDS
        for _ in range(len(self._ready)):
            if not self._ready:
                break  # a nested loop ran them
            handle = self._ready.popleft()
            self._arm_soon()
            if not handle.cancelled():
                self._run(handle)
            if time.monotonic() >= end:
                break
        if not self._ready:
            self._soon_timer.stop()

    def _run(self, handle: asyncio.Handle) -> None:
        if not self._debug:
            handle._run()  # noqa: SLF001 - what every event loop does; there is no public way
            return
        started = time.monotonic()
        handle._run()  # noqa: SLF001 - as above
        seconds = time.monotonic() - started
        if seconds >= self._loop.slow_callback_duration:
            log.warning("Executing %r took %.3f seconds", handle, seconds)


class AccurateEventLoop(QEventLoop):
    """An asyncio loop on Qt's, whose timers are never early and leave nothing behind when cancelled."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._timer = Scheduler(self)
        self._timer.set_debug(self.get_debug())
        # Qt threads, qasync's default, hang the exit when a job raises SystemExit.
        self.set_default_executor(ThreadPoolExecutor(EXECUTOR_THREADS, thread_name_prefix="contact-scout"))

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler, for tests and diagnosis."""
        return self._timer

    def run_forever(self) -> None:
        """Run until `stop` is called."""
        self._timer.resume()
        super().run_forever()

    def call_soon(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Run a callback in the next turn of the loop, after all that were asked for before."""
        self._check_closed()
        return self._timer.add_callback(asyncio.Handle(callback, args, self, context))

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Do the same from any thread. Stock qasync returns None here and loses the context."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._timer.add_from_thread(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback `delay` seconds from now, or a little later, never earlier."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback when `time()` has reached `when` (seconds)."""
        self._check_closed()
        handle = _TimerHandle(when, callback, args, self, context)
        self._timer.add_later(handle)
        return handle


def create_loop(app: QApplication) -> AccurateEventLoop:
    """Build the loop of the window (and of tests marked `gui`). The caller closes it."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    # Otherwise the last dialog to close, while no window is open, would end the loop under the running task.
    app.setQuitOnLastWindowClosed(False)
    return AccurateEventLoop(app)
