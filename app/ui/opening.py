"""A word while the library is being opened, where that takes longer than a moment: after an update it may."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel

from app.ui.theme import SPACING

OPENING = "Opening the library… The first start after an update takes a little longer."

_AFTER_MS = 1_000


@contextmanager
def told_to_wait(after_ms: int = _AFTER_MS) -> Iterator[QLabel]:
    """Say that the library is being opened while the context lasts, once so many milliseconds have passed."""
    note = QLabel(OPENING)
    note.setTextFormat(Qt.TextFormat.PlainText)
    note.setAccessibleName(OPENING)
    note.setMargin(SPACING.xl)
    timer = QTimer(note, singleShot=True, interval=after_ms)
    timer.timeout.connect(note.show)
    timer.start()
    try:
        yield note
    finally:
        timer.stop()
        note.hide()
        note.deleteLater()
