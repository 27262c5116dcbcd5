"""While the library is opened: nothing for a moment, then a word, and nothing is left of it."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.ui.opening import OPENING, told_to_wait


def test_who_waits_is_told_what_for(qtbot: QtBot) -> None:
    with told_to_wait(after_ms=0) as note:
        qtbot.waitUntil(note.isVisible)
        assert note.text() == OPENING
    assert not note.isVisible()


def test_a_library_that_opens_at_once_says_nothing(qtbot: QtBot) -> None:
    shown: list[QLabel] = []
    with told_to_wait(after_ms=60_000) as note:
        qtbot.waitUntil(lambda: True)
        shown += [note] if note.isVisible() else []
    assert not shown
