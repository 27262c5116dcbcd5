"""Finding and pressing what a rep would, by object name."""

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

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


async def question(parent: QWidget) -> QMessageBox:
    """The question that is asked now, waited for."""

    def asked() -> list[QMessageBox]:
        return [box for box in parent.findChildren(QMessageBox) if box.isVisible()]

    await wait_until(lambda: bool(asked()))
    return asked()[0]
