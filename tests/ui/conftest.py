"""What tests of windows need beside what every test gets."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def loop_outlives_windows(qapp: QApplication) -> Iterator[None]:
    """As in the program: the last window to close does not end the event loop."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    yield
    qapp.setQuitOnLastWindowClosed(before)
