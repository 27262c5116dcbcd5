"""What tests of windows need beside what every test gets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

# What Qt's off-screen platform says of every window with a smallest size, and of every list that opens.
OFFSCREEN_CHATTER = r"This plugin does not support (propagateSizeHints\(\)|raise\(\)|grabbing the keyboard)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the off-screen platform's own remarks pass, and nothing else."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.qt_log_ignore(OFFSCREEN_CHATTER))


@pytest.fixture(autouse=True)
def loop_outlives_windows(qapp: QApplication) -> Iterator[None]:
    """As in the program: the last window to close does not end the event loop."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    yield
    qapp.setQuitOnLastWindowClosed(before)
