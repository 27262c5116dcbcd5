import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.widgets.multi_value_edit import MultiValueEdit

pytestmark = pytest.mark.gui


@pytest.fixture
def edit(qtbot: QtBot) -> MultiValueEdit:
    widget = MultiValueEdit("Job titles")
    qtbot.addWidget(widget)
    return widget


def box(edit: MultiValueEdit) -> QLineEdit:
    found = edit.findChild(QLineEdit)
    assert isinstance(found, QLineEdit)
    return found


def chips(edit: MultiValueEdit) -> list[QPushButton]:
    return [chip for chip in edit.findChildren(QPushButton) if not chip.isHidden()]


def test_enter_and_semicolon_end_a_value_and_a_comma_may_be_part_of_it(edit: MultiValueEdit) -> None:
    QTest.keyClicks(box(edit), "VP, Sales;Founder")
    QTest.keyClick(box(edit), Qt.Key.Key_Return)
    assert edit.values() == ("VP, Sales", "Founder")
    assert [chip.accessibleName() for chip in chips(edit)] == ["Remove “VP, Sales”", "Remove “Founder”"]


def test_what_is_typed_but_not_ended_counts_too(edit: MultiValueEdit) -> None:
    edit.set_values(["Founder"])
    QTest.keyClicks(box(edit), "  Owner ")
    assert edit.values() == ("Founder", "Owner")


def test_a_pasted_list_becomes_distinct_values_in_order(qtbot: QtBot) -> None:
    edit = MultiValueEdit("Company IDs", split_commas=True)
    qtbot.addWidget(edit)
    QGuiApplication.clipboard().setText("12, 13\n12\t14;\r\n15")
    QTest.keySequence(box(edit), QKeySequence(QKeySequence.StandardKey.Paste))
    assert edit.values() == ("12", "13", "14", "15")


def test_backspace_takes_the_last_value_back_for_editing(edit: MultiValueEdit) -> None:
    edit.set_values(["Founder", "Owner"])
    QTest.keyClick(box(edit), Qt.Key.Key_Backspace)
    assert box(edit).text() == "Owner"
    assert len(chips(edit)) == 1


def test_a_click_removes_a_value(edit: MultiValueEdit) -> None:
    edit.set_values(["R&D", "Owner"])
    assert chips(edit)[0].text().strip() == "R&&D", "shown as it is, not as a mnemonic"
    QTest.mouseClick(chips(edit)[0], Qt.MouseButton.LeftButton)
    assert edit.values() == ("Owner",)


def test_enter_in_the_empty_box_submits(edit: MultiValueEdit) -> None:
    submitted: list[bool] = []
    edit.submitted.connect(lambda: submitted.append(True))
    QTest.keyClicks(box(edit), "Owner")
    QTest.keyClick(box(edit), Qt.Key.Key_Return)
    assert submitted == []
    QTest.keyClick(box(edit), Qt.Key.Key_Return)
    assert submitted == [True]


def test_chips_break_into_lines_where_the_field_is_narrow(edit: MultiValueEdit) -> None:
    edit.resize(220, 300)
    edit.set_values([f"Regional manager {number}" for number in range(5)])
    edit.grab()
    lines = {chip.y() for chip in chips(edit)}
    assert len(lines) == 5
    assert all(chip.geometry().right() <= 220 for chip in chips(edit))
