"""What the window remembers from session to session, written shortly after each change and off the event loop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from app.qtbridge.tasks import TaskScope
from app.ui.window_state import load_window_state, save_window_state

SAVE_PAUSE_MS = 500
LONGEST_PAUSE_MS = 2000

Save = Callable[[], Any]
Restore = Callable[[Any], object]


class WindowSession(QObject):
    """Collects the state of the window's parts and brings it back.

    A program that is killed loses what changed in its last moments only: a change is written when nothing more has
    changed for `SAVE_PAUSE_MS`, and at the latest after `LONGEST_PAUSE_MS`.

    Args:
        path: The file.
        scope: Runs the writing; its errors are shown in the window.
        parent: Owns this.
    """

    def __init__(self, path: Path, scope: TaskScope, parent: QObject) -> None:
        super().__init__(parent)
        self._path = path
        self._scope = scope
        self._parts: dict[str, tuple[Save, Restore]] = {}
        self._waiting: dict[str, Any] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._frozen = True
        self._pause = QTimer(self, interval=SAVE_PAUSE_MS, singleShot=True)
        self._limit = QTimer(self, interval=LONGEST_PAUSE_MS, singleShot=True)
        for timer in (self._pause, self._limit):
            timer.timeout.connect(self.save_now)

    def add(self, key: str, save: Save, restore: Restore) -> None:
        """Remember a part under a key that never changes.

        `save` gives what JSON can hold; where that is large it gives a function instead, which is called on another
        thread and must touch no widget. `restore` gets what was saved, None where nothing was, and must bear damage.
        """
        self._parts[key] = (save, restore)

    def restore(self) -> None:
        """Bring every part back, in the order they were added; from now on changes are remembered."""
        state = load_window_state(self._path)
        for key, (_, restore) in self._parts.items():
            restore(state.get(key))
        self._frozen = False

    def touch(self, *_: object) -> None:
        """Something changed that is worth remembering."""
        if self._frozen:
            return
        self._pause.start()
        if not self._limit.isActive():
            self._limit.start()

    def save_now(self) -> None:
        """Take the state as it is now, and write it."""
        if self._frozen:
            return
        self._pause.stop()
        self._limit.stop()
        self._waiting = {key: save() for key, (save, _) in self._parts.items()}
        if self._writer is None or self._writer.done():
            self._writer = self._scope.start(self._write(), "save the session")

    def freeze(self) -> None:
        """Take the state for the last time: what follows takes the window apart."""
        self.save_now()
        self._frozen = True

    async def shut_down(self) -> None:
        """Finish writing."""
        self.freeze()
        if self._writer is not None:
            await asyncio.wait([self._writer])

    async def _write(self) -> None:
        while self._waiting is not None:
            state, self._waiting = self._waiting, None
            await asyncio.to_thread(self._write_on_thread, state)

    def _write_on_thread(self, state: dict[str, Any]) -> None:
        save_window_state(self._path, {key: part() if callable(part) else part for key, part in state.items()})
