"""Finding and pressing what a rep would, by object name."""

from typing import TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QMessageBox, QWidget

from app.qtbridge.waiting import wait_until

W = TypeVar("W", bound=QWidget)


def child(parent: QWidget, kind: type[W], name: str) -> W:
    """The descendant of that kind and object name."""
    found = parent.findChild(kind, name)
    assert isinstance(found, kind), f"no {kind.__name__} called {name}"
    return found


def press(parent: QWidget, name: str) -> None:
    """Click the button of that object name; it must be there to be clicked."""
    button = child(parent, QAbstractButton, name)
    assert button.isVisible(), f"{name} is hidden"
    assert button.isEnabled(), f"{name} is disabled"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def press_text(parent: QWidget, text: str) -> None:
    """Click the visible button that says this."""
    button = next(each for each in parent.findChildren(QAbstractButton) if each.text() == text and each.isVisible())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def choose_file(parent: QWidget, path: str) -> None:
    """Type a path into the file dialog that is open now, waited for, and accept it."""

    def shown() -> list[QFileDialog]:
        return [dialog for dialog in parent.findChildren(QFileDialog) if dialog.isVisible()]

    await wait_until(lambda: bool(shown()))
    dialog = shown()[0]
    child(dialog, QLineEdit, "fileNameEdit").setText(path)
    # From Qt's loop, as a click would: the dialog may ask something by a nested loop of its own.
    QTimer.singleShot(0, dialog.accept)


async def question(parent: QWidget) -> QMessageBox:
    """The question that is asked now, waited for."""

    def asked() -> list[QMessageBox]:
        return [box for box in parent.findChildren(QMessageBox) if box.isVisible()]

    await wait_until(lambda: bool(asked()))
    return asked()[0]
