import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QStackedWidget, QToolButton, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.demo.dataset import DemoData
from app.domain.library_view import Facet, FacetCounts, ViewQuery
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.dialogs.name_dialog import NameDialog
from app.ui.models.contact_columns import Column
from app.ui.models.contact_model import ContactModel
from app.ui.models.contact_text import TextForm
from app.ui.models.library_model import LibraryModel
from app.ui.panes.library_pane import LibraryPane
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.result_table import ResultTable
from tests.support.demo_services import demo_services
from tests.support.library_desk import LibraryDesk, open_library, record
from tests.support.widgets import press_text
from tests.support.windows import dialog, standing_alone

pytestmark = pytest.mark.gui

PEOPLE = 320
PATIENCE = 30.0
"""Seconds; generous, since a busy machine may take long."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[LibraryDesk]:
    async with open_library(tmp_path, PEOPLE) as desk:
        yield desk


@asynccontextmanager
async def open_pane(desk: LibraryDesk, state: object = None) -> AsyncIterator[LibraryPane]:
    """The tab as a session finds it. (Widgets that pytest-qt owns are gone before their tasks have ended.)"""
    pane = LibraryPane(desk.services)
    pane.resize(1100, 600)
    pane.show()
    pane.restore_state(state)
    try:
        yield pane
    finally:
        await pane.shut_down()
        pane.close()
        pane.deleteLater()


@pytest.fixture
async def pane(qtbot: QtBot, desk: LibraryDesk) -> AsyncIterator[LibraryPane]:
    async with open_pane(desk) as pane:
        await settled(pane)
        yield pane


async def settled(pane: LibraryPane) -> None:
    await wait_signal(pane.model.settled, PATIENCE)


def lines(pane: LibraryPane, facet: Facet) -> list[QTreeWidgetItem]:
    """What stands below a facet in the panel."""
    item = pane.panel._items[facet]
    children = (item.child(number) for number in range(item.childCount()))
    return [child for child in children if child is not None]


async def facets(pane: LibraryPane, facet: Facet) -> dict[str, int]:
    """The counts that the panel shows."""
    item = pane.panel._items[facet]
    await wait_until(lambda: item.childCount() > 0 and not item.isHidden(), PATIENCE)
    return {line.text(0): int(line.text(1).replace(",", "") or 0) for line in lines(pane, facet)}


def tick(pane: LibraryPane, facet: Facet, label: str) -> None:
    """Click a value of the panel."""
    item = pane.panel._items[facet]
    item.setExpanded(True)
    child = next(line for line in lines(pane, facet) if line.text(0) == label)
    pane.panel.tree.scrollToItem(child)
    at = pane.panel.tree.visualItemRect(child).center()
    QTest.mouseClick(pane.panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)


async def test_words_and_ticks_narrow_the_library_down_and_can_be_cleared(pane: LibraryPane) -> None:
    assert pane.table.count_label.text() == f"{PEOPLE} shown, 0 selected"
    counts = await facets(pane, Facet.HAS_EMAIL)
    assert counts == {"With email": PEOPLE // 2, "Without email": PEOPLE // 2}
    tick(pane, Facet.HAS_EMAIL, "With email")
    await settled(pane)
    assert pane.table.count_label.text() == f"{PEOPLE // 2} of {PEOPLE} shown, 0 selected"
    pane.table.focus_filter()
    QTest.keyClicks(pane.table.filter_box, "lumen")
    await settled(pane)
    shown = pane.model.rowCount()
    assert 0 < shown < PEOPLE // 2
    pane.panel.clear_button.click()
    await settled(pane)
    assert pane.model.rowCount() >= shown
    assert pane.model.query.text == "lumen"
    pane.clear_filters()
    await settled(pane)
    assert pane.model.rowCount() == PEOPLE


async def test_who_opens_the_tab_is_not_kept_waiting_for_the_counts_of_what_came_meanwhile(
    pane: LibraryPane, desk: LibraryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wait_until(lambda: pane.is_counted, PATIENCE)
    monkeypatch.setattr("app.ui.panes.library_pane.COUNT_PAUSE_MS", 3_600_000)
    pane.hide()
    await desk.add(range(1000, 1010))
    await wait_until(lambda: not pane.is_counted, PATIENCE)
    pane.show()
    await wait_until(lambda: pane.is_counted, PATIENCE)
    half = PEOPLE // 2 + 5
    assert await facets(pane, Facet.HAS_EMAIL) == {"With email": half, "Without email": half}


def marked(model: ContactModel) -> list[int]:
    """The contacts with a mark beside their name."""
    rows = range(model.rowCount())
    icons = [model.index(row, Column.NAME).data(Qt.ItemDataRole.DecorationRole) for row in rows]
    return [model.contact_id(row) for row, drawing in zip(rows, icons, strict=True) if drawing is not None]


async def test_every_table_marks_who_is_on_the_do_not_contact_list_and_follows_it(
    qtbot: QtBot, tmp_path: Path, data: DemoData
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        session = services.search.start(query)
        await session.next_page()
        first, *_ = ids = list(dict.fromkeys(session.contact_ids))
        library, results = LibraryPane(services), ResultTable(services)
        async with standing_alone(library, 1100, 600), standing_alone(results, 900, 400):
            library.restore_state(None)
            results.set_contact_ids(ids)
            await wait_until(lambda: library.model.rowCount() == results.model.rowCount() == len(ids), PATIENCE)
            await services.suppression.add_contacts([first])
            await wait_until(lambda: first in marked(library.model) and first in marked(results.model), PATIENCE)
            await services.own_work.undo()
            await wait_until(lambda: not marked(library.model) and not marked(results.model), PATIENCE)


async def test_the_panel_is_worked_by_keyboard(pane: LibraryPane) -> None:
    await facets(pane, Facet.PROVIDER)
    item = pane.panel._items[Facet.PROVIDER]
    pane.panel.tree.setCurrentItem(lines(pane, Facet.PROVIDER)[0])
    QTest.keyClick(pane.panel.tree, Qt.Key.Key_Return)
    await settled(pane)
    assert len(pane.panel.choice[Facet.PROVIDER]) == 1
    QTest.keyClick(pane.panel.tree, Qt.Key.Key_Space)
    await settled(pane)
    assert pane.panel.choice == {}
    pane.panel.tree.setCurrentItem(item)
    QTest.keyClick(pane.panel.tree, Qt.Key.Key_Return)
    assert not item.isExpanded()


async def test_many_values_are_folded_and_shown_when_wanted(pane: LibraryPane, desk: LibraryDesk) -> None:
    await desk.contacts.save([record(1000 + n, company_name=f"Branch {n:03}") for n in range(30)])
    item = pane.panel._items[Facet.COMPANY]
    await wait_until(lambda: any("more…" in line.text(0) for line in lines(pane, Facet.COMPANY)), PATIENCE)
    item.setExpanded(True)
    pane.panel.tree.setCurrentItem(lines(pane, Facet.COMPANY)[-1])
    QTest.keyClick(pane.panel.tree, Qt.Key.Key_Return)
    assert item.childCount() > 30
    assert lines(pane, Facet.COMPANY)[-1].text(0) == "Show fewer"


async def test_what_matches_nothing_says_so_and_leads_back(pane: LibraryPane) -> None:
    pane.table.set_filter_text("nobody has such a name")
    await settled(pane)
    button = next(b for b in pane.findChildren(QPushButton) if b.text() == "Clear filters" and b.isVisible())
    assert pane.table.filter_box.isVisible()
    button.click()
    await settled(pane)
    assert pane.model.rowCount() == PEOPLE
    assert pane.table.filter_box.text() == ""
    assert pane.table.view.isVisible()


async def test_an_empty_library_says_what_to_do_and_fills_by_itself(qtbot: QtBot, tmp_path: Path) -> None:
    async with open_library(tmp_path, 0) as desk, open_pane(desk) as pane:
        await settled(pane)
        wanted: list[bool] = []
        pane.search_requested.connect(lambda: wanted.append(True))
        press_text(pane, "New search")
        assert wanted
        await desk.add(range(1, 4))
        await settled(pane)
        assert pane.table.isVisible()
        assert pane.model.rowCount() == 3


async def test_selection_current_row_and_place_survive_filter_sort_and_arrivals(
    pane: LibraryPane, desk: LibraryDesk
) -> None:
    table, model = pane.table, pane.model
    chosen = list(model.order())[100:300:2]
    table.select_ids(chosen)
    row = 120
    table.view.show_row_on_top(row - 3)
    table.view.contacts.setCurrentIndex(model.index(row, 0), table.view.contacts.SelectionFlag.NoUpdate)
    current = model.contact_id(row)
    top = table.view.visualRect(table.view.currentIndex()).top()
    await desk.add(range(2000, 2040))
    await settled(pane)
    assert model.contact_id(table.view.currentIndex().row()) == current
    assert table.view.visualRect(table.view.currentIndex()).top() == top, "the row under the cursor has not moved"
    assert set(table.selected_ids()) == set(chosen)
    table.set_filter_text("lumen")
    await settled(pane)
    assert set(table.selected_ids()) == set(chosen)
    hidden = len(set(chosen) - set(model.order()))
    assert f"({hidden} hidden by the filter)" in table.count_label.text()
    table.columns.sort_by(Column.NAME, descending=True)
    await settled(pane)
    table.set_filter_text("")
    await settled(pane)
    assert set(table.selected_ids()) == set(chosen)
    assert model.contact_id(table.view.currentIndex().row()) == current


async def test_after_a_removal_the_keys_go_on_with_the_next_contact(pane: LibraryPane, desk: LibraryDesk) -> None:
    table, model = pane.table, pane.model
    table.set_filter_text("lumen")
    await settled(pane)
    gone, following = list(model.order())[40:42]
    table.select_ids([gone])
    table.view.show_row_on_top(35)
    table.view.contacts.setCurrentIndex(model.index(40, 0), table.view.contacts.SelectionFlag.NoUpdate)
    await desk.own_work.remove([gone])
    await settled(pane)
    assert table.selected_ids() == [following]
    assert table.view.currentIndex().row() == 40
    assert table.view.first_row == 35
    last = list(model.order())[-2:]
    table.select_ids(last)
    table.view.contacts.setCurrentIndex(
        model.index(model.rowCount() - 1, 0), table.view.contacts.SelectionFlag.NoUpdate
    )
    await desk.own_work.remove(last)
    await settled(pane)
    assert table.selected_ids() == [model.contact_id(model.rowCount() - 1)]
    table.set_filter_text("nobody at all")
    await settled(pane)
    assert len(table.selected_ids()) == 1, "what the filter hides is still selected"


async def test_a_view_is_saved_chosen_renamed_and_deleted(pane: LibraryPane, desk: LibraryDesk) -> None:
    pane.table.set_filter_text("lumen")
    pane.table.columns.sort_by(Column.NAME)
    pane.table.columns.show_column(Column.COUNTRY, shown=True)
    await settled(pane)
    shown = list(pane.model.order())
    pane.views.save_as()
    asked = await dialog(NameDialog)
    box = asked.findChild(QLineEdit, "name_box")
    assert isinstance(box, QLineEdit)
    box.setText("  Freight  people ")
    asked.confirm.click()
    await wait_until(lambda: any(a.text() == "Freight people" for a in _entries(pane)), PATIENCE)
    pane.clear_filters()
    pane.table.reset_columns()
    await settled(pane)
    next(a for a in _entries(pane) if a.text() == "Freight people").trigger()
    await settled(pane)
    assert list(pane.model.order()) == shown
    assert pane.table.filter_box.text() == "lumen"
    assert Column.COUNTRY in pane.table.shown_columns()
    assert pane.table.columns.sort == (Column.NAME, False)
    (saved,) = await desk.views.saved_views()
    assert (saved.name, saved.query.text) == ("Freight people", "lumen")


def _entries(pane: LibraryPane) -> list:  # type: ignore[type-arg]
    pane.views._fill()
    return pane.views.menu().actions()


async def test_everything_comes_back_in_the_next_session(pane: LibraryPane, qtbot: QtBot, desk: LibraryDesk) -> None:
    pane.table.set_filter_text("e")
    tick_before = {Facet.COUNTRY: frozenset({"NO"})}
    pane.panel.set_choice(tick_before)
    pane._on_ticked()
    pane.table.columns.sort_by(Column.COMPANY, descending=True)
    pane.table.columns.freeze(on=True)
    await settled(pane)
    order = list(pane.model.order())
    pane.table.select_ids(order[10:200])
    pane.table.view.show_row_on_top(40)
    pane.table.view.contacts.setCurrentIndex(pane.model.index(42, 0), pane.table.view.contacts.SelectionFlag.NoUpdate)
    saved = pane.save_state()()
    async with open_pane(desk, saved) as again:
        assert again.save_state()()["selected"] == saved["selected"], (
            "killed before the library is read nothing is lost"
        )
        await settled(again)
        assert list(again.model.order()) == order
        assert set(again.table.selected_ids()) == set(order[10:200])
        assert again.table.view.currentIndex().row() == 42
        assert again.table.view.first_row == 40
        assert again.panel.choice == tick_before
        assert again.table.view.frozen.is_on
        assert again.save_state()() == saved


async def test_a_tab_behind_comes_back_without_a_word(pane: LibraryPane, qtbot: QtBot, desk: LibraryDesk) -> None:
    ids = list(pane.model.order())
    pane.table.select_ids(ids[3:5])
    pane.table.view.contacts.setCurrentIndex(pane.model.index(3, 0), pane.table.view.contacts.SelectionFlag.NoUpdate)
    saved = pane.save_state()()
    for other_in_front in (True, False):
        told: list[int] = []
        tabs = QStackedWidget()
        tabs.addWidget(ContactTable(desk.services, LibraryModel(desk.library, desk.views, pane._scope)))
        tabs.addWidget(QLabel("Another tab"))
        behind = LibraryPane(desk.services)
        behind.table.contact_current.connect(told.append)
        tabs.addWidget(behind)
        tabs.setCurrentIndex(0 if other_in_front else 1)
        tabs.show()
        behind.restore_state(saved)
        await settled(behind)
        assert behind.table.selected_ids() == ids[3:5]
        assert behind.table.view.currentIndex().row() == 3
        assert told == ([] if other_in_front else [ids[3]])
        await behind.shut_down()
        tabs.close()
        tabs.deleteLater()


@pytest.mark.parametrize("damage", [[], {"selected": "%%", "current": "x", "facets": [1], "columns": 3, "filter": 7}])
async def test_damage_in_the_session_is_ignored(qtbot: QtBot, desk: LibraryDesk, damage: object) -> None:
    async with open_pane(desk, damage) as pane:
        await settled(pane)
        assert pane.model.rowCount() == PEOPLE


async def test_large_selections_are_copied_from_the_library(pane: LibraryPane) -> None:
    pane.table.view.selectAll()
    said: list[str] = []
    pane.said.connect(said.append)
    pane.table.clipboard.copy_rows(TextForm.TSV)
    await wait_until(lambda: any("Copied" in text for text in said), PATIENCE)
    copied = QApplication.clipboard().text().split("\n")
    assert len(copied) == PEOPLE + 1
    assert all("Person" in line for line in copied[1:])
    assert said[-1] == f"Copied {PEOPLE} contacts."


async def test_contacts_that_stream_in_let_a_count_of_the_facets_end(
    pane: LibraryPane, desk: LibraryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wait_until(lambda: pane.is_counted)
    facets, begun, go_on, ended = desk.services.views.facets, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(query: ViewQuery) -> tuple[FacetCounts, ...]:
        begun.set()
        await go_on.wait()
        counts = await facets(query)
        ended.set()
        return counts

    monkeypatch.setattr(desk.services.views, "facets", slow)
    monkeypatch.setattr("app.ui.panes.library_pane.COUNT_PAUSE_MS", 600_000)
    pane._count_facets()
    await begun.wait()
    await desk.add(range(4000, 4010))
    await settled(pane)
    assert pane._count_pause.remainingTime() > 300_000, "the next count waits for its turn"
    go_on.set()
    await ended.wait()


async def test_a_hidden_tab_catches_up_when_it_is_shown(pane: LibraryPane, desk: LibraryDesk) -> None:
    pane.hide()
    await desk.add(range(3000, 3010))
    assert pane.model.rowCount() == PEOPLE
    pane.show()
    await settled(pane)
    assert pane.model.rowCount() == PEOPLE + 10


async def test_the_panel_gets_back_what_a_smaller_window_took_from_it(pane: LibraryPane) -> None:
    pane.resize(1100, 500)
    before = pane.panel.width()
    for width in (640, 480, 640):  # squeezed, then folded, then squeezed again
        pane.resize(width, 500)
    pane.resize(1100, 500)
    await wait_until(lambda: pane.panel.width() == before)


async def test_a_narrow_pane_gives_the_room_to_the_table(pane: LibraryPane) -> None:
    toggle = pane.findChild(QToolButton, "library_facets")
    assert isinstance(toggle, QToolButton)
    assert pane.panel.isVisible()
    pane.resize(480, 500)
    assert not pane.panel.isVisible()
    assert pane.save_state()()["panel"] is True
    toggle.click()
    assert pane.panel.isVisible(), "the rep may open it all the same"
    toggle.click()
    pane.resize(1100, 500)
    assert not pane.panel.isVisible(), "what the rep closed stays closed"
