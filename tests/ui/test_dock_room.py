from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QWidget
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


def test_what_the_rep_made_of_them_meanwhile_counts(desk: Desk, qtbot: QtBot) -> None:
    desk.window.resize(SMALL)
    qtbot.waitUntil(lambda: desk.left.width() < 400)
    edge = desk.left.geometry().topRight() + QPoint(2, 60)
    QTest.mouseClick(desk.window, Qt.MouseButton.LeftButton, pos=edge)
    desk.window.resizeDocks([desk.left], [90], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: desk.left.width() == 90)
    desk.window.resize(LARGE)
    qtbot.waitUntil(lambda: desk.window.width() == LARGE.width())
    qtbot.wait(0)
    assert desk.left.width() == 90
