import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.dialogs.column_dialog import ColumnDialog
from app.ui.models.contact_columns import COLUMNS, Column

pytestmark = pytest.mark.gui

SHOWN = [Column.NAME, Column.EMAIL]


@pytest.fixture
def dialog(qtbot: QtBot) -> ColumnDialog:
    dialog = ColumnDialog(list(Column), SHOWN)
    qtbot.addWidget(dialog)
    return dialog


def row(dialog: ColumnDialog, column: Column) -> int:
    return dialog.order().index(column)


def test_ticks_say_what_is_shown_and_the_name_always_is(dialog: ColumnDialog) -> None:
    assert dialog.shown() == set(SHOWN)
    dialog.list.item(row(dialog, Column.NOTES)).setCheckState(Qt.CheckState.Checked)
    assert dialog.shown() == {*SHOWN, Column.NOTES}
    dialog.list.setCurrentRow(0)
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert Column.NAME in dialog.shown()


def test_columns_move_by_keyboard_with_their_ticks(dialog: ColumnDialog) -> None:
    dialog.show()
    dialog.list.setCurrentRow(row(dialog, Column.EMAIL))
    dialog.list.setFocus()
    for _ in range(2):
        QTest.keyClick(dialog, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    dialog.move_current(-1)
    dialog.move_current(-1)
    dialog.move_current(-1)
    assert dialog.order()[0] is Column.EMAIL
    assert not dialog.up.isEnabled()
    assert dialog.shown() == set(SHOWN)
    assert sorted(dialog.order()) == sorted(Column)


def test_reset_brings_back_what_comes_out_of_the_box(dialog: ColumnDialog) -> None:
    dialog.list.setCurrentRow(3)
    dialog.move_current(1)
    dialog.reset.click()
    assert dialog.order() == list(Column)
    assert dialog.shown() == {column for column, spec in COLUMNS.items() if spec.shown}
