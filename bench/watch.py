"""Standstills of a window: how long its event loop was held up, step by step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt, QTimer

FRAME = 0.016
"""Seconds of a standstill that the eye may miss."""


class Watch:
    """Beats on the event loop, and notes the standstills of each step."""

    def __init__(self) -> None:
        self._last, self._last_work = time.perf_counter(), time.thread_time()
        self._gaps: list[float] = []
        self._works: list[float] = []
        self._timer = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Watch one step and print its figures."""
        self._gaps.clear()
        self._works.clear()
        self._last = start = time.perf_counter()
        self._last_work = time.thread_time()
        yield
        self._beat()
        late = [gap for gap in self._gaps if gap > FRAME]
        print(
            f"  {name:<58}{max(self._gaps) * 1000:>7.1f} ms longest, {max(self._works) * 1000:>5.1f} ms of it work;"
            f" {len(late):>4} over a frame in {time.perf_counter() - start:>5.1f} s",
            flush=True,
        )

    def _beat(self) -> None:
        now, work = time.perf_counter(), time.thread_time()
        self._gaps.append(now - self._last)
        self._works.append(work - self._last_work)
        self._last, self._last_work = now, work
