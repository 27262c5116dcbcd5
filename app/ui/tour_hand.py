"""The tour's hand and camera: does what a person does, waits for what a person waits for, takes pictures."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QMimeData, QPoint, Qt, SignalInstance
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QTableView,
    QTabWidget,
    QWidget,
)

from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.actions import plain_text

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

W = TypeVar("W", bound=QWidget)
D = TypeVar("D", bound=QDialog)

_SHADE = QColor(0, 0, 0, 90)
_EDGE = QColor(128, 128, 128)


class NotAsExpectedError(Exception):
    """The window does not offer, or does not do, what the tour expects; the text says what, for a person."""


class Hand:
    """Works a window through its actions, buttons and fields. Whatever a person could not do now raises.

    Args:
        window: What is worked.
        patience: Seconds to wait for one thing before it has failed.
    """

    def __init__(self, window: "MainWindow", patience: float) -> None:
        self._window = window
        self._patience = patience

    def act(self, key: str) -> None:
        """Choose an action of the menus."""
        action = self._window.actions_by_key[key]
        if not action.isEnabled():
            raise NotAsExpectedError(f"“{plain_text(action)}” cannot be chosen.")
        action.trigger()

    def find(self, kind: type[W], name: str, inside: QWidget | None = None) -> W:
        """The widget of this kind and object name, in the window unless another parent is given."""
        found = (inside or self._window).findChild(kind, name)
        if not isinstance(found, kind):
            raise NotAsExpectedError(f"There is no {kind.__name__} called “{name}”.")
        return found

    def click(self, button: QAbstractButton) -> None:
        """Click a button."""
        if not button.isVisible() or not button.isEnabled():
            raise NotAsExpectedError(f"“{button.text()}” cannot be clicked.")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def write(self, box: QLineEdit | QSpinBox, text: str) -> None:
        """Type into a field, over what was there."""
        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, text)

    def write_value(self, control: QWidget, text: str) -> None:
        """Type a value into a filter, which may be a box or hold one, and end it with Tab."""
        box = control if isinstance(control, QLineEdit) else control.findChild(QLineEdit)
        if box is None:
            raise NotAsExpectedError(f"“{control.accessibleName()}” takes no text.")
        self.write(box, text)
        QTest.keyClick(box, Qt.Key.Key_Tab)

    def paste(self, box: QPlainTextEdit, text: str) -> None:
        """Paste over what is in a text box, without touching the rep's clipboard."""
        source = QMimeData()
        source.setText(text)
        box.setFocus()
        box.selectAll()
        box.insertFromMimeData(source)

    def pick(self, combo: QComboBox, value: object) -> None:
        """Choose an entry of a combo box by its value."""
        position = combo.findData(value)
        if position < 0 or not combo.isEnabled():
            raise NotAsExpectedError(f"“{combo.accessibleName()}” does not offer “{value}”.")
        combo.setCurrentIndex(position)

    def show_tab(self, tabs: QTabWidget, page: QWidget) -> None:
        """Click the tab of a page."""
        bar = tabs.tabBar()
        QTest.mouseClick(
            bar, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, bar.tabRect(tabs.indexOf(page)).center()
        )

    def click_row(self, table: QTableView, row: int) -> None:
        """Click the first cell of a row."""
        index = table.model().index(row, table.horizontalHeader().logicalIndex(0))
        table.scrollTo(index)
        at = table.visualRect(index).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds.

        Raises:
            NotAsExpectedError: It did not in time; `what` is the sentence that would have been true.
        """
        try:
            await wait_until(holds, self._patience)
        except TimeoutError:
            raise NotAsExpectedError(f"Not so after {self._patience:g} s: {what}") from None

    async def heard(self, signal: SignalInstance, what: str) -> None:
        """Wait for a signal's next emission; failing as `until`."""
        try:
            await wait_signal(signal, self._patience)
        except TimeoutError:
            raise NotAsExpectedError(f"Not so after {self._patience:g} s: {what}") from None

    async def dialog(self, kind: type[D]) -> D:
        """The dialog of this kind, once it is open."""
        await self.until(lambda: bool(self._open_dialogs(kind)), f"A {kind.__name__} is open.")
        return self._open_dialogs(kind)[-1]

    async def closed(self, kind: type[QDialog]) -> None:
        """Wait until no dialog of this kind is open any more."""
        await self.until(lambda: not self._open_dialogs(kind), f"The {kind.__name__} is closed.")

    def close_dialogs(self) -> None:
        """Cancel every dialog that is open."""
        for dialog in reversed(self._open_dialogs(QDialog)):
            dialog.reject()

    async def photograph(self, path: Path) -> None:
        """Save a picture of the window and its dialogs as PNG."""
        await asyncio.sleep(0)
        QApplication.sendPostedEvents()
        picture = self._window.grab()
        for dialog in self._open_dialogs(QDialog):
            _lay_over(picture, dialog.grab())
        if not await asyncio.to_thread(picture.toImage().save, str(path)):
            raise NotAsExpectedError(f"The picture “{path.name}” cannot be saved.")

    def _open_dialogs(self, kind: type[D]) -> list[D]:
        return [dialog for dialog in self._window.findChildren(kind) if dialog.isVisible()]


def _lay_over(picture: QPixmap, dialog: QPixmap) -> None:
    """Paint a dialog over the middle of a picture; the off-screen platform shows no two windows together."""
    size, room = dialog.deviceIndependentSize(), picture.deviceIndependentSize()
    at = QPoint(int(room.width() - size.width()) // 2, int(room.height() - size.height()) // 2)
    painter = QPainter(picture)
    painter.fillRect(0, 0, int(room.width()), int(room.height()), _SHADE)
    painter.drawPixmap(at, dialog)
    painter.setPen(QPen(_EDGE))
    painter.drawRect(at.x(), at.y(), int(size.width()) - 1, int(size.height()) - 1)
    painter.end()
