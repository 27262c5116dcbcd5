import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.ui.widgets.chip_choice import ChipChoice

pytestmark = pytest.mark.gui


@pytest.fixture
def choice(qtbot: QtBot) -> ChipChoice:
    widget = ChipChoice("Known tags")
    qtbot.addWidget(widget)
    widget.set_choices({"hot": "hot · 3", "R&D": "R&D", "long": "x" * 60})
    widget.show()
    return widget


def chips(choice: ChipChoice) -> list[QPushButton]:
    return [chip for chip in choice.findChildren(QPushButton) if not chip.isHidden()]


def test_chips_are_chosen_by_key_and_by_click_and_keep_the_order_offered(choice: ChipChoice) -> None:
    hot, research, long = chips(choice)
    QTest.mouseClick(research, Qt.MouseButton.LeftButton)
    QTest.keyClick(hot, Qt.Key.Key_Space)
    assert choice.values() == ("hot", "R&D")
    assert not hot.icon().isNull(), "a tick, not colour alone"
    QTest.keyClick(hot, Qt.Key.Key_Space)
    assert choice.values() == ("R&D",)
    assert research.text() == "R&&D"
    assert long.text().endswith("…")
    assert long.toolTip() == "x" * 60


def test_what_is_still_offered_stays_chosen(choice: ChipChoice, qtbot: QtBot) -> None:
    choice.set_values(["hot", "R&D", "unknown"])
    choice.set_choices({"R&D": "R&D", "new": "new"})
    assert choice.values() == ("R&D",)
    qtbot.waitUntil(lambda: [chip.text() for chip in chips(choice)] == ["R&&D", "new"])
