"""What tests of windows need beside what every test gets."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget


@pytest.fixture(autouse=True)
def loop_outlives_windows(qapp: QApplication) -> Iterator[None]:
    """As in the program: the last window to close does not end the event loop."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    yield
    qapp.setQuitOnLastWindowClosed(before)


@pytest.fixture(autouse=True)
def keys_are_let_go(qapp: QApplication) -> Iterator[None]:
    """After Ctrl+Z of one test, Qt would take Ctrl for held in the next: every selection there would toggle."""
    yield
    if QGuiApplication.keyboardModifiers():
        QTest.keyRelease(QWidget(), Qt.Key.Key_Control)
