from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.contact import ContactRow
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.models.contact_columns import Column
from app.ui.widgets.contact_links import linkedin_of, website_of
from app.ui.widgets.result_table import ResultTable
from tests.support.rows import make_row, make_rows

if TYPE_CHECKING:
    from app.composition import Services

pytestmark = pytest.mark.gui


class ShelfLibrary:
    """A library in memory: contact id → row."""

    def __init__(self) -> None:
        self.shelf = {row.contact_id: row for row in make_rows(1200)}
        self.gone: set[int] = set()

    async def rows(self, contact_ids: Sequence[int]) -> list[ContactRow]:
        return [self.shelf[contact_id] for contact_id in contact_ids]

    async def removed(self, contact_ids: Sequence[int]) -> set[int]:
        return self.gone.intersection(contact_ids)


@pytest.fixture
def library() -> ShelfLibrary:
    return ShelfLibrary()


@pytest.fixture
def feed() -> ChangeFeed:
    return ChangeFeed()


@pytest.fixture
async def table(qtbot: QtBot, library: ShelfLibrary, feed: ChangeFeed) -> AsyncIterator[ResultTable]:
    services = cast("Services", SimpleNamespace(library=library, changes=feed))
    widget = ResultTable(services)
    qtbot.addWidget(widget)
    widget.resize(900, 400)
    yield widget
    await widget.shut_down()


def select(table: ResultTable, *rows: int) -> None:
    table.select_ids([table.model.contact_id(row) for row in rows])


async def test_selection_survives_sorting_filtering_and_new_rows(table: ResultTable) -> None:
    table.append_rows(make_rows(12))
    select(table, 1, 4, 5)
    chosen = sorted(table.selected_ids())
    table.view.sortByColumn(Column.COMPANY, Qt.SortOrder.DescendingOrder)
    assert sorted(table.selected_ids()) == chosen
    table.model.set_filter("lumen")
    assert sorted(table.selected_ids()) == chosen
    table.append_rows(make_rows(12, first=13))
    table.model.flush()
    table.model.set_filter("")
    assert sorted(table.selected_ids()) == chosen


async def test_count_line_says_what_the_filter_hides(table: ResultTable) -> None:
    table.append_rows(make_rows(1240))
    assert table.count_label.text() == "1,240 shown, 0 selected"
    select(table, *range(37))
    assert table.count_label.text() == "1,240 shown, 37 selected"
    table.model.set_filter("lumen")
    assert table.count_label.text() == "310 of 1,240 shown, 37 selected (27 hidden by the filter)"


async def test_choosing_another_row_lets_go_of_hidden_ones(table: ResultTable) -> None:
    table.append_rows(make_rows(8))
    select(table, 0, 1, 2, 3)
    table.model.set_filter("fjordwerk")
    # Not selectRow: with a Shift that an earlier test left pressed it would extend the selection.
    only = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    table.view.selectionModel().setCurrentIndex(table.model.index(0, 0), only)
    assert len(table.selected_ids()) == 1


async def test_select_all_takes_what_the_filter_shows(table: ResultTable) -> None:
    table.append_rows(make_rows(8))
    table.model.set_filter("fjordwerk")
    table.view.selectAll()
    assert sorted(table.selected_ids()) == [4, 8]


async def test_typing_filters_after_a_short_pause(table: ResultTable) -> None:
    table.append_rows(make_rows(8))
    table.focus_filter()
    QTest.keyClicks(table.filter_box, "atlas")
    assert table.model.rowCount() == 8
    await wait_signal(table.counts_changed)
    assert table.model.rowCount() == 2


async def test_enter_opens_the_current_contact(table: ResultTable) -> None:
    table.append_rows(make_rows(3))
    opened: list[int] = []
    table.contact_activated.connect(opened.append)
    table.view.setCurrentIndex(table.model.index(1, 0))
    QTest.keyClick(table.view, Qt.Key.Key_Return)
    assert opened == [2]


async def test_copy_takes_the_shown_columns_in_the_order_shown(table: ResultTable) -> None:
    table.append_rows(make_rows(2))
    header = table.view.horizontalHeader()
    for column in Column:
        header.setSectionHidden(column, column not in (Column.NAME, Column.COMPANY))
    header.moveSection(header.visualIndex(Column.COMPANY), 0)
    select(table, 0, 1)
    table.clipboard.copy_rows()
    assert (
        QGuiApplication.clipboard().text()
        == "Company\tName\nLumen Freight\tBerit Norling\nAtlas Bakeries\tÇelik Norling"
    )


async def test_columns_and_order_come_back_and_damage_is_ignored(table: ResultTable) -> None:
    header = table.view.horizontalHeader()
    header.moveSection(header.visualIndex(Column.PHONE), 1)
    header.hideSection(Column.LOCATION)
    header.showSection(Column.DOMAIN)
    header.resizeSection(Column.NAME, 333)
    table.view.sortByColumn(Column.COMPANY, Qt.SortOrder.DescendingOrder)
    state = table.save_state()
    table.reset_columns()
    assert Column.LOCATION in table.shown_columns()
    table.restore_state(state)
    assert table.save_state() == state
    assert table.shown_columns()[:2] == [Column.NAME, Column.PHONE]
    damaged: list[Any] = [None, [], {"columns": 7}, {"columns": [7, {"key": "gone"}, {"key": "name", "shown": False}]}]
    for state in damaged:
        table.restore_state(state)
    assert Column.NAME in table.shown_columns()


async def test_a_long_list_of_ids_is_read_in_parts_and_shown_in_order(table: ResultTable) -> None:
    wanted = list(range(1200, 0, -1))
    table.set_contact_ids(wanted)
    while len(table.all_ids()) < 1200:
        await wait_signal(table.counts_changed)
    assert table.all_ids() == wanted


async def test_rows_follow_changes_of_their_contacts(
    table: ResultTable, library: ShelfLibrary, feed: ChangeFeed
) -> None:
    table.append_rows(make_rows(5))
    library.shelf[3] = make_row(3, email="new@fjordwerk.example")
    library.shelf[4] = make_row(5, display_name="Merged")
    feed.publish(Change(ChangeKind.CONTACTS, (3, 4, 1100)))
    await wait_signal(table.model.counts_changed)
    assert table.all_ids() == [1, 2, 3, 5]
    assert table.model.index(2, Column.EMAIL).data() == "new@fjordwerk.example"
    assert table.model.index(3, Column.NAME).data() == "Merged"


async def test_what_is_removed_leaves_and_comes_back_in_its_place(
    table: ResultTable, library: ShelfLibrary, feed: ChangeFeed
) -> None:
    table.append_rows(make_rows(5))
    table.model.set_filter("person")
    select(table, 1)
    table.view.setCurrentIndex(table.model.index(1, 0))
    library.gone = {2, 5}
    feed.publish(Change(ChangeKind.CONTACTS, (2, 5)))
    await wait_signal(table.model.counts_changed)
    assert table.all_ids() == [1, 3, 4]
    assert table.count_label.text() == "3 of 3 shown, 1 selected"
    assert table.selected_ids() == [3], "the keys go on where the rep is"
    table.model.sort(Column.NAME)
    table.model.sort(-1)
    assert list(table.model.order()) == [1, 3, 4]
    library.gone = {5}
    feed.publish(Change(ChangeKind.CONTACTS, (2,)))
    await wait_signal(table.model.counts_changed)
    assert table.all_ids() == [1, 2, 3, 4]
    table.set_contact_ids([5, 4, 3])
    await wait_signal(table.model.counts_changed)
    await wait_until(lambda: table.all_ids() == [4, 3])


async def test_an_empty_table_says_why(table: ResultTable) -> None:
    table.set_hint("Nothing found.")
    table.append_rows(make_rows(1))
    table.model.set_filter("zebra")
    picture = table.view.viewport().grab().toImage()
    assert len({picture.pixel(x, picture.height() // 2) for x in range(picture.width())}) > 1


async def test_letters_typed_into_the_rows_go_to_the_filter(table: ResultTable) -> None:
    table.append_rows(make_rows(8))
    table.view.setCurrentIndex(table.model.index(1, 0))
    QTest.keyClicks(table.view, "l")
    assert table.filter_box.text() == "l"


async def test_the_current_cell_is_copied_as_it_is_shown(table: ResultTable) -> None:
    table.append_rows([make_row(1, rating=2)])
    table.view.setCurrentIndex(table.model.index(0, Column.RATING))
    table.clipboard.copy_cell()
    assert QGuiApplication.clipboard().text() == "★★☆☆☆"
    spoken = table.model.index(0, Column.RATING).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "2 of 5 stars"


async def test_sorting_by_keyboard_goes_up_down_and_back(table: ResultTable) -> None:
    table.append_rows(make_rows(8))
    table.view.setCurrentIndex(table.model.index(0, Column.COMPANY))
    seen = []
    for _ in range(3):
        table.sort_by_current()
        seen.append(table.columns.sort)
    assert seen[:2] == [(Column.COMPANY, False), (Column.COMPANY, True)]
    assert seen[2][0] is None
    assert list(table.model.order()) == list(range(1, 9))


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("fjordwerk.example", "https://fjordwerk.example"),
        ("", ""),
        ("evil.example/path", ""),
        ("user@evil.example", ""),
        ("javascript:alert(1)", ""),
        ("bücher.example", "https://bücher.example"),
    ],
)
def test_only_a_bare_domain_is_a_website(domain: str, address: str) -> None:
    assert website_of(make_row(1, company_domain=domain)) == address
    assert linkedin_of(make_row(1, linkedin_url="javascript:alert(1)")) == ""
    assert website_of(None) == linkedin_of(None) == ""
