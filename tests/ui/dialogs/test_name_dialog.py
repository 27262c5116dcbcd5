import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.ui.dialogs.name_dialog import NameDialog

pytestmark = pytest.mark.gui


def test_a_name_is_tidied_and_an_empty_one_refused(qtbot: QtBot) -> None:
    dialog = NameDialog("Save view", "Name", accept="Save")
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.confirm.isEnabled()
    QTest.keyClicks(dialog.box, "  Key   accounts ")
    assert dialog.name == "Key accounts"
    QTest.keyClick(dialog.box, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted


def test_a_name_that_is_taken_is_refused_or_replaces(qtbot: QtBot) -> None:
    refusing = NameDialog("Rename", "Name", accept="Rename", taken=["Élan"])
    replacing = NameDialog("Save", "Name", accept="Save", taken=["Élan"], replace="It will be replaced.")
    for dialog in (refusing, replacing):
        qtbot.addWidget(dialog)
        dialog.box.setText("élan")
    assert not refusing.confirm.isEnabled()
    assert replacing.confirm.isEnabled()
    assert replacing.confirm.text() == "Replace"
    replacing.box.setText("élan vital")
    assert replacing.confirm.text() == "Save"
