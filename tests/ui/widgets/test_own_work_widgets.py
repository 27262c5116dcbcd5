"""The small widgets of the rep's own work: stars, chips, notes, values that can be marked."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.widgets.chip_field import ChipField
from app.ui.widgets.notes_edit import NotesEdit
from app.ui.widgets.rating_stars import RatingStars
from app.ui.widgets.selectable_text import SelectableText

pytestmark = pytest.mark.usefixtures("qapp")


def test_stars_are_given_and_taken_by_mouse() -> None:
    stars = RatingStars()
    wanted: list[int] = []
    stars.rating_chosen.connect(wanted.append)
    stars.set_rating(2)
    third = QPoint(3 + 2 * 21 + 9, 12)
    QTest.mouseClick(stars, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, third)
    assert wanted == [3]
    assert stars.rating == 2, "it shows what is, until it is told otherwise"
    stars.set_rating(3)
    QTest.mouseClick(stars, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, third)
    assert wanted == [3, 0]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (Qt.Key.Key_0, [0]),
        (Qt.Key.Key_5, [5]),
        (Qt.Key.Key_7, []),
        (Qt.Key.Key_3, []),
        (Qt.Key.Key_Left, [2]),
        (Qt.Key.Key_Right, [4]),
        (Qt.Key.Key_End, [5]),
        (Qt.Key.Key_Delete, [0]),
        (Qt.Key.Key_A, []),
    ],
)
def test_stars_are_given_by_key(key: Qt.Key, wanted: list[int]) -> None:
    stars = RatingStars()
    stars.set_rating(3)
    chosen: list[int] = []
    stars.rating_chosen.connect(chosen.append)
    QTest.keyClick(stars, key)
    assert chosen == wanted


def test_stars_are_told_in_words() -> None:
    stars = RatingStars()
    assert stars.accessibleName() == "Rating: none"
    stars.set_rating(9)
    assert stars.accessibleName() == "Rating: 5 of 5 stars"


def test_chips_stay_while_others_come_and_go() -> None:
    field = ChipField("tag")
    field.set_values(["hot", "R&D"])
    before = {each.accessibleName(): each for each in field.findChildren(QPushButton)}
    field.set_values(["R&D", "new"])
    after = {each.accessibleName(): each for each in field.findChildren(QPushButton) if not each.isHidden()}
    assert after["Remove tag “R&D”"] is before["Remove tag “R&D”"]
    assert field.values() == ("R&D", "new")
    assert after["Remove tag “R&D”"].text() == "R&&D "


def test_a_long_chip_is_cut_and_does_not_push_the_pane_wide() -> None:
    pane = QWidget()
    column = QVBoxLayout(pane)
    field = ChipField("list")
    column.addWidget(field)
    field.set_values(["An exceedingly long name of a list"])
    pane.resize(120, 200)
    pane.show()
    chip = next(each for each in field.findChildren(QPushButton) if each.accessibleName().startswith("Remove"))
    assert pane.width() == 120
    assert chip.width() < 120
    assert chip.text().endswith("…")
    assert "An exceedingly long name of a list" in chip.toolTip()
    pane.close()


def test_what_is_typed_is_added_on_leaving_and_dropped_on_escape() -> None:
    field = ChipField("tag")
    field.show()
    added: list[str] = []
    field.added.connect(added.append)
    field.open()
    QTest.keyClicks(field.box, " warm lead ;cold;")
    assert added == ["warm lead", "cold"]
    QTest.keyClicks(field.box, "never mind")
    QTest.keyClick(field.box, Qt.Key.Key_Escape)
    assert added == ["warm lead", "cold"]
    assert not field.box.isVisible()
    field.set_values(["cold"])
    field.open()
    QTest.keyClicks(field.box, "cold")
    QTest.keyClick(field.box, Qt.Key.Key_Return)
    assert added == ["warm lead", "cold"], "it has that one"
    field.close()


def test_notes_are_handed_out_once_per_change() -> None:
    notes = NotesEdit("Notes")
    saved: list[str] = []
    notes.save_wanted.connect(saved.append)
    notes.set_text("before")
    notes.commit()
    assert saved == []
    notes.setPlainText("after")
    assert notes.is_changed
    notes.commit()
    notes.commit()
    assert saved == ["after"]
    assert not notes.is_changed


def test_notes_grow_with_their_text_up_to_a_height() -> None:
    notes = NotesEdit("Notes")
    notes.resize(200, 40)
    small = notes.height()
    notes.setPlainText("line\n" * 6)
    grown = notes.height()
    notes.setPlainText("line\n" * 60)
    assert small < grown < notes.height() < 60 * notes.fontMetrics().height()


def test_a_value_without_spaces_breaks_instead_of_being_cut() -> None:
    value = SelectableText("somebody-with-a-long-name@a-company-with-a-long-name.example")
    value.resize(120, 20)
    value.show()
    assert value.height() > 2 * value.fontMetrics().height()
    assert value.text() == "somebody-with-a-long-name@a-company-with-a-long-name.example"
    value.setText("<b>short</b>")
    assert value.text() == "<b>short</b>"
    assert value.height() < 2 * value.fontMetrics().height()
    value.close()
