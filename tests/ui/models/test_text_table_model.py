import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester

from app.ui.models.text_table_model import TextTableModel

pytestmark = pytest.mark.gui


def test_it_shows_rows_under_its_titles(qtmodeltester: ModelTester) -> None:
    model = TextTableModel(("Line", "Text"))
    model.set_rows([("3", "foo"), ("9", "bar")])
    qtmodeltester.check(model)
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Text"
    assert [model.index(row, 1).data() for row in range(model.rowCount())] == ["foo", "bar"]
