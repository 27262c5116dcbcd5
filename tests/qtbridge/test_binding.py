"""PySide6 itself: 6.12.0 lost a reference to True or None with each signal and void call, until Python 3.11 aborted."""

import sys

import pytest
from PySide6.QtCore import QEvent, QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

pytestmark = pytest.mark.gui

YES = True
SLACK = 200
"""References that come and go for other reasons; the fault cost one for each of thousands of calls."""


class Counter(QObject):
    ticked = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.events = 0
        self.ticked.connect(self.count_up)

    @Slot(bool)
    def count_up(self, on: bool) -> None:
        self.count += on

    def event(self, event: QEvent) -> bool:
        self.events += 1
        return True


def test_ten_thousand_signals_keep_the_references_of_true_and_none() -> None:
    counter = Counter()
    before = sys.getrefcount(YES), sys.getrefcount(None)
    for _ in range(10_000):
        counter.ticked.emit(YES)
    assert counter.count == 10_000
    assert sys.getrefcount(YES) == pytest.approx(before[0], abs=SLACK)
    assert sys.getrefcount(None) == pytest.approx(before[1], abs=SLACK)


def test_overridden_virtuals_keep_the_reference_of_true(qapp: QApplication) -> None:
    counter = Counter()
    before = sys.getrefcount(YES)
    for _ in range(10_000):
        qapp.sendEvent(counter, QEvent(QEvent.Type.User))
    assert counter.events == 10_000
    assert sys.getrefcount(YES) == pytest.approx(before, abs=SLACK)


def test_void_calls_keep_the_reference_of_none(qapp: QApplication) -> None:
    widget = QWidget()
    before = sys.getrefcount(None)
    for _ in range(200_000):
        widget.update()
    assert sys.getrefcount(None) == pytest.approx(before, abs=SLACK)
