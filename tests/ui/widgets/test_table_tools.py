import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from app.ui.widgets.table_tools import LEAST_FILTER, CountLabel, TableTools

pytestmark = pytest.mark.gui

ICON_ONLY = Qt.ToolButtonStyle.ToolButtonIconOnly
WITH_WORDS = Qt.ToolButtonStyle.ToolButtonTextBesideIcon


def button(text: str) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    return made


def test_where_it_is_narrow_filter_and_counts_go_before_words_on_buttons(qtbot: QtBot) -> None:
    box, counts, columns = QLineEdit(), CountLabel(), button("Columns")
    tools = TableTools(box, counts, columns)
    qtbot.addWidget(tools)
    facets, views = button("Facets"), button("Views")
    tools.add(facets, first=True)
    tools.add(views)
    counts.set_counts("1,240 of 99,999 shown, 100,000 selected", "1,240 of 99,999 · 100,000 selected")
    tools.resize(1000, 40)
    tools.show()
    assert {each.toolButtonStyle() for each in (facets, views, columns)} == {WITH_WORDS}
    assert counts.painted_text() == counts.text()
    assert facets.x() < box.x() < counts.x() < views.x() < columns.x()
    assert tools.minimumSizeHint().width() < 470
    tools.resize(470, 40)
    assert {each.toolButtonStyle() for each in (facets, views, columns)} == {ICON_ONLY}
    assert box.width() >= LEAST_FILTER
    assert facets.accessibleName() == "Facets"
    counts.setFixedWidth(counts.fontMetrics().horizontalAdvance(counts.text()) - 5)
    assert counts.painted_text() == "1,240 of 99,999 · 100,000 selected"
    assert counts.toolTip() == counts.text()
    tools.resize(1000, 40)
    assert columns.toolButtonStyle() == WITH_WORDS
