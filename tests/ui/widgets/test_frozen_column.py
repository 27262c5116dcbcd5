from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHeaderView, QTableView
from pytestqt.qtbot import QtBot

from app.ui.models.contact_columns import Column
from app.ui.models.contact_table_model import ContactTableModel
from app.ui.widgets.contact_view import ContactView
from tests.support.rows import make_rows

pytestmark = pytest.mark.gui


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[ContactView]:
    model = ContactTableModel()
    model.set_rows(make_rows(100))
    view = ContactView(model)
    view.horizontalHeader().setSortIndicatorClearable(True)
    view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    view.setSortingEnabled(True)
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.frozen.set_on(on=True)
    yield view
    del model  # the view does not own it


def overlay(view: ContactView) -> QTableView:
    return next(each for each in view.findChildren(QTableView))


def test_the_first_column_stays_when_the_others_are_scrolled(view: ContactView) -> None:
    assert not overlay(view).isVisible(), "nothing is covered yet"
    view.horizontalScrollBar().setValue(200)
    assert overlay(view).isVisible()
    assert view.frozen.column == Column.NAME
    assert view.indexAt(QPoint(10, 10)).column() == Column.NAME
    assert view.indexAt(QPoint(view.columnWidth(0) + 30, 10)).column() != Column.NAME
    view.frozen.set_on(on=False)
    assert not overlay(view).isVisible()


def test_whatever_column_stands_first_is_frozen(view: ContactView) -> None:
    header = view.horizontalHeader()
    header.moveSection(header.visualIndex(Column.COMPANY), 0)
    header.resizeSection(Column.COMPANY, 133)
    view.horizontalScrollBar().setValue(200)
    assert view.frozen.column == Column.COMPANY
    assert overlay(view).width() == 133
    assert not overlay(view).isColumnHidden(Column.COMPANY)


def test_rows_and_selection_are_the_same_in_both_parts(view: ContactView) -> None:
    view.horizontalScrollBar().setValue(200)
    view.verticalScrollBar().setValue(30)
    assert overlay(view).rowAt(5) == view.rowAt(5) == 30
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    assert view.contacts.selected_ids() == [31]
    assert view.currentIndex().column() == Column.NAME
    QTest.mouseClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ShiftModifier,
        QPoint(300, 5 + 2 * view.rowHeight(0)),
    )
    assert view.contacts.selected_ids() == [31, 32, 33]


def test_the_keyboard_never_leads_under_the_frozen_column(view: ContactView) -> None:
    view.setCurrentIndex(view.model().index(0, Column.EMAIL))
    view.horizontalScrollBar().setValue(view.horizontalScrollBar().maximum())
    for _ in range(2):
        QTest.keyClick(view, Qt.Key.Key_Left)
        at = view.visualRect(view.currentIndex())
        assert view.currentIndex().column() == Column.NAME or at.left() >= overlay(view).width()


def test_going_down_in_the_frozen_column_leaves_the_others_where_they_are(view: ContactView) -> None:
    view.setCurrentIndex(view.model().index(0, Column.NAME))
    view.horizontalScrollBar().setValue(200)
    for _ in range(2):
        QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert view.first_row > 0
    assert view.horizontalScrollBar().value() == 200


def test_its_heading_sorts_like_any_other(view: ContactView) -> None:
    view.horizontalScrollBar().setValue(200)
    heading = next(
        each
        for each in view.findChildren(QHeaderView)
        if each.parent() is view
        and each is not view.horizontalHeader()
        and each.orientation() is Qt.Orientation.Horizontal
    )
    for expected in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        QTest.mouseClick(heading.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, heading.height() // 2))
        assert view.horizontalHeader().sortIndicatorSection() == Column.NAME
        assert view.horizontalHeader().sortIndicatorOrder() is expected


def test_a_name_never_stands_beside_another_row(view: ContactView) -> None:
    view.setCurrentIndex(view.model().index(90, 0))
    view.verticalScrollBar().setValue(0)
    view.horizontalScrollBar().setValue(200)
    assert overlay(view).rowAt(5) == view.rowAt(5) == 0, "where the current row is makes no difference"
    overlay(view).scrollTo(view.model().index(95, 0))
    overlay(view).verticalScrollBar().setValue(40)
    assert overlay(view).rowAt(5) == 0
    model = view.model()
    assert isinstance(model, ContactTableModel)
    model.set_filter("1")
    assert overlay(view).rowAt(5) == view.rowAt(5)
