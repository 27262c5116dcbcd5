"""The selection by id against Qt's own, command by command."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from app.ui.models.contact_columns import Column
from app.ui.models.contact_table_model import ContactTableModel
from app.ui.widgets.contact_selection import ROWS, WHOLE, ContactSelectionModel, Flag
from tests.support.rows import make_rows

pytestmark = pytest.mark.gui

ROW_COUNT = 12
COMMANDS = (
    Flag.ClearAndSelect,
    Flag.Select,
    Flag.Deselect,
    Flag.Toggle,
    Flag.Select | Flag.Current,
    Flag.Toggle | Flag.Current,
    Flag.Deselect | Flag.Current,
    Flag.Clear,
    Flag.NoUpdate,
)
RUNS = st.tuples(st.integers(0, ROW_COUNT - 1), st.integers(0, ROW_COUNT - 1)).map(lambda pair: sorted(pair))


@pytest.fixture
def model(qtbot: QtBot) -> ContactTableModel:
    model = ContactTableModel()
    model.set_rows(make_rows(ROW_COUNT))
    return model


@pytest.fixture
def view(qtbot: QtBot, model: ContactTableModel) -> QTableView:
    view = QTableView()
    view.setModel(model)
    qtbot.addWidget(view)
    return view


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(COMMANDS), RUNS), max_size=12))
def test_commands_select_what_they_select_in_qt(
    model: ContactTableModel, view: QTableView, steps: list[tuple[Flag, list[int]]]
) -> None:
    ours, theirs = ContactSelectionModel(model, view), QItemSelectionModel(model)
    for command, (first, last) in steps:
        run = QItemSelection(model.index(first, 0), model.index(last, 0))
        ours.select(run, command | ROWS)
        theirs.select(run, command | ROWS)
        expected = {index.row() + 1 for index in theirs.selectedRows()}
        assert set(ours.selected_ids()) == set(ours.chosen()) == expected
        assert ours.count == len(expected)
        assert {index.row() + 1 for index in ours.selectedRows()} == expected, "Qt is told of it"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chosen=st.sets(st.integers(1, ROW_COUNT)), words=st.sampled_from(["", "lumen", "ada", "nobody"]))
def test_no_order_and_no_filter_changes_what_is_selected(
    model: ContactTableModel, view: QTableView, chosen: set[int], words: str
) -> None:
    model.set_filter("")
    selection = ContactSelectionModel(model, view)
    selection.select_ids(chosen)
    model.sort(Column.COMPANY)
    model.set_filter(words)
    shown = set(model.order())
    assert set(selection.selected_ids()) == chosen
    assert selection.hidden_count == len(chosen - shown)
    told = {model.contact_id(index.row()) for index in selection.selectedRows()}
    assert told == chosen & shown
    model.sort(-1)
    model.set_filter("")
    assert set(selection.selected_ids()) == chosen
    assert selection.hidden_count == 0


def test_of_a_large_table_qt_is_told_of_the_rows_around_those_in_sight(
    model: ContactTableModel, view: QTableView
) -> None:
    model.set_rows(make_rows(3 * WHOLE))
    selection = ContactSelectionModel(model, view)
    selection.select_ids(range(1, 3 * WHOLE, 2))
    assert selection.count == 3 * WHOLE // 2
    selection.show_window(2_000, 2_040)
    rows = [index.row() for index in selection.selectedRows()]
    assert min(rows) <= 2_000
    assert max(rows) >= 2_038
    assert len(rows) < WHOLE
    assert all(selection.is_chosen(row) for row in rows)


def test_one_more_contact_joins_tens_of_thousands(model: ContactTableModel, view: QTableView) -> None:
    model.set_rows(make_rows(20))
    selection = ContactSelectionModel(model, view)
    everything = QItemSelection(model.index(0, 0), model.index(19, 0))
    selection.select(everything, Flag.ClearAndSelect | ROWS)
    selection.select(model.index(4, 0), Flag.Toggle | ROWS)
    assert selection.count == 19
    assert 5 not in selection.selected_ids()
