import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView
from pytestqt.qtbot import QtBot

from app.domain.search import Choice
from app.ui.widgets.check_combo import CheckCombo

pytestmark = pytest.mark.gui

CHOICES = (Choice("sales_department", "Sales"), Choice("it_department", "IT"))


@pytest.fixture
def combo(qtbot: QtBot) -> CheckCombo:
    widget = CheckCombo("Departments", CHOICES, open_choices=True)
    qtbot.addWidget(widget)
    widget.resize(200, 30)
    return widget


def open_list(combo: CheckCombo) -> tuple[QLineEdit, QListView]:
    combo.open_list()
    box, view = combo.findChild(QLineEdit), combo.findChild(QListView)
    assert isinstance(box, QLineEdit)
    assert isinstance(view, QListView)
    return box, view


def test_it_says_any_until_something_is_chosen(combo: CheckCombo) -> None:
    assert combo.text() == "Any"
    combo.set_values(["it_department", "sales_department"])
    assert combo.text() == "Sales, IT"
    assert combo.values() == ("sales_department", "it_department")
    assert combo.accessibleName() == "Departments: Sales, IT"


def test_choices_are_toggled_by_keyboard(combo: CheckCombo) -> None:
    QTest.keyClick(combo, Qt.Key.Key_Down)
    _, view = open_list(combo)
    view.setCurrentIndex(view.model().index(1, 0))
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert combo.values() == ("it_department",)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert combo.values() == ()


def test_a_click_anywhere_on_a_line_toggles_it(combo: CheckCombo) -> None:
    _, view = open_list(combo)
    middle = view.visualRect(view.model().index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    assert combo.values() == ("sales_department",)


def test_a_value_that_is_not_listed_can_be_typed(combo: CheckCombo) -> None:
    box, _ = open_list(combo)
    QTest.keyClicks(box, "legal_department")
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClicks(box, "it")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert combo.values() == ("it_department", "legal_department")


def test_only_listed_values_count_where_the_list_is_closed(qtbot: QtBot) -> None:
    combo = CheckCombo("Departments", CHOICES)
    qtbot.addWidget(combo)
    box, _ = open_list(combo)
    box.setText("legal_department")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert combo.values() == ()


def test_chosen_values_stay_when_the_service_names_other_choices(combo: CheckCombo) -> None:
    combo.set_values(["it_department"])
    combo.set_choices([Choice("sales_department", "Sales team")])
    assert combo.values() == ("it_department",)
    combo.set_values([])
    assert combo.text() == "Any"
