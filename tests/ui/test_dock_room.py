from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from app.ui.dock_room import DockRoom

pytestmark = pytest.mark.gui

LARGE, SMALL = QSize(1000, 700), QSize(500, 400)


class Desk:
    """A window with a dock at its left and one at its bottom."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        centre = QWidget()
        centre.setMinimumSize(300, 200)
        self.window.setCentralWidget(centre)
        self.left, self.below = QDockWidget("Left", self.window), QDockWidget("Below", self.window)
        for dock, area in (
            (self.left, Qt.DockWidgetArea.LeftDockWidgetArea),
            (self.below, Qt.DockWidgetArea.BottomDockWidgetArea),
        ):
            pane = QLabel()
            pane.setMinimumSize(60, 60)
            dock.setWidget(pane)
            self.window.addDockWidget(area, dock)
        self.room = DockRoom(self.window, [self.left, self.below])
        self.window.resize(LARGE)
        self.window.show()
        self.room.give({self.left: QSize(400, 0), self.below: QSize(0, 300)})

    def sizes(self) -> tuple[int, int]:
        return self.left.width(), self.below.height()


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk()
    qtbot.waitUntil(lambda: desk.sizes() == (400, 300))
    yield desk
    desk.window.close()
    desk.window.deleteLater()


def test_docks_are_as_large_again_after_the_window_was_small(desk: Desk, qtbot: QtBot) -> None:
    desk.window.resize(SMALL)
    qtbot.waitUntil(lambda: desk.left.width() < 400 and desk.below.height() < 300)
    desk.window.resize(SMALL + QSize(20, 20))
    qtbot.waitUntil(lambda: desk.window.width() == 520)
    desk.window.resize(LARGE)
    qtbot.waitUntil(lambda: desk.sizes() == (400, 300))


def drag(desk: Desk, by: int, qtbot: QtBot) -> int:
    """Pull the edge of the dock at the left by so many pixels; returns how wide it is then."""
    before, edge = desk.left.width(), QPoint(desk.left.geometry().right() + 3, 60)
    QTest.mousePress(desk.window, Qt.MouseButton.LeftButton, pos=edge)
    for part in (by // 2, by):
        QTest.mouseMove(desk.window, edge + QPoint(part, 0))
        QApplication.processEvents()
    QTest.mouseRelease(desk.window, Qt.MouseButton.LeftButton, pos=edge + QPoint(by, 0))
    qtbot.waitUntil(lambda: desk.left.width() != before)
    QApplication.processEvents()
    return desk.left.width()


def there_and_back(desk: Desk, qtbot: QtBot) -> None:
    """Make the window small and large again, in one step each."""
    desk.window.resize(SMALL)
    qtbot.waitUntil(lambda: desk.window.size() == SMALL)
    desk.window.resize(LARGE)
    qtbot.waitUntil(lambda: desk.window.size() == LARGE)


def test_what_the_rep_made_of_them_meanwhile_counts(desk: Desk, qtbot: QtBot) -> None:
    desk.window.resize(SMALL)
    qtbot.waitUntil(lambda: desk.left.width() < 400)
    narrow = drag(desk, -40, qtbot)
    desk.window.resize(LARGE)
    qtbot.waitUntil(lambda: desk.sizes() == (narrow, 300))


def test_what_the_rep_made_of_them_before_comes_back(desk: Desk, qtbot: QtBot) -> None:
    wide = drag(desk, 80, qtbot)
    assert wide > 400
    there_and_back(desk, qtbot)
    qtbot.waitUntil(lambda: desk.sizes() == (wide, 300))


def test_a_dock_behind_another_has_the_size_of_the_one_in_front(desk: Desk, qtbot: QtBot) -> None:
    behind = QDockWidget("Behind", desk.window)
    behind.setWidget(QLabel())
    desk.window.removeEventFilter(desk.room)
    room = DockRoom(desk.window, [desk.left, behind, desk.below])
    desk.window.tabifyDockWidget(desk.left, behind)
    desk.left.raise_()
    QApplication.processEvents()
    room.give({desk.left: QSize(400, 0)})
    wide = drag(desk, 80, qtbot)
    there_and_back(desk, qtbot)
    qtbot.waitUntil(lambda: desk.left.width() == wide)
    behind.raise_()
    there_and_back(desk, qtbot)
    qtbot.waitUntil(lambda: behind.width() == wide)
