import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.domain.contact import ContactRow
from app.domain.library_view import Facet
from app.qtbridge.tasks import TaskScope
from app.qtbridge.waiting import wait_signal, wait_until
from app.services.library import LibraryService
from app.storage.library import LibraryRepository
from app.ui.models.contact_columns import Column
from app.ui.models.contact_model import NOT_LOADED, ContactRole
from app.ui.models.library_model import LibraryModel
from tests.support.library_desk import LibraryDesk, open_library, record

pytestmark = pytest.mark.gui

PEOPLE = 450
PATIENCE = 30.0
"""Seconds; generous, since a busy machine may take long."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[LibraryDesk]:
    async with open_library(tmp_path, PEOPLE) as desk:
        yield desk


@pytest.fixture
async def model(qtbot: QtBot, desk: LibraryDesk) -> AsyncIterator[LibraryModel]:
    errors: list[BaseException] = []
    scope = TaskScope("test", errors.append)
    model = LibraryModel(desk.library, desk.views, scope)
    yield model
    model.stop()
    await scope.aclose()
    assert errors == []


async def settle(model: LibraryModel) -> None:
    await wait_signal(model.settled, PATIENCE)


async def text(model: LibraryModel, row: int, column: Column = Column.NAME) -> str:
    """What a cell says once its page is there."""
    await wait_until(lambda: model.index(row, Column.NAME).data() != NOT_LOADED, PATIENCE)
    return str(model.index(row, column).data())


async def test_model_holds_qts_rules_through_every_kind_of_change(
    model: LibraryModel, desk: LibraryDesk, qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(model)
    model.start()
    await settle(model)
    qtmodeltester.check(model)
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    await settle(model)
    qtmodeltester.check(model)
    model.set_filter("lumen")
    await settle(model)
    model.look_at(await desk.add(range(900, 930)))
    await settle(model)
    qtmodeltester.check(model)
    model.set_facets({Facet.HAS_EMAIL: frozenset({"yes"})})
    await settle(model)
    model.set_filter("nobody at all")
    await settle(model)
    assert model.rowCount() == 0
    qtmodeltester.check(model)


async def test_the_newest_contact_comes_first_and_sorting_can_be_undone(model: LibraryModel) -> None:
    model.start()
    await settle(model)
    newest = model.contact_id(0)
    model.sort(Column.NAME)
    await settle(model)
    assert (await text(model, 0)).startswith("Ada ")
    model.sort(-1)
    await settle(model)
    assert model.contact_id(0) == newest == max(model.order())


async def test_rows_fill_in_by_themselves_and_say_so(model: LibraryModel) -> None:
    model.start()
    await settle(model)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), last.row())))
    row = 250
    assert model.index(row, Column.NAME).data() == NOT_LOADED
    assert model.index(row, Column.COMPANY).data() is None
    assert model.index(row, Column.NAME).data(Qt.ItemDataRole.AccessibleTextRole) == "not loaded yet"
    assert model.index(row, Column.NAME).data(ContactRole.CONTACT_ID) == model.contact_id(row)
    await wait_until(lambda: bool(told), PATIENCE)
    assert "Person" in await text(model, row)
    assert told[0] == (200, 299)


async def test_the_first_rows_are_there_before_all_are_counted(model: LibraryModel) -> None:
    steps: list[tuple[int, bool]] = []
    model.counts_changed.connect(lambda: steps.append((model.rowCount(), model.is_complete)))
    model.start()
    await settle(model)
    assert steps == [(200, False), (PEOPLE, True)]
    assert model.total == PEOPLE


async def test_only_the_newest_query_is_answered(model: LibraryModel) -> None:
    model.start()
    await settle(model)
    answered: list[str] = []
    model.settled.connect(lambda: answered.append(model.query.text))
    for words in ("f", "fj", "fjord", "lumen freight"):
        model.set_filter(words)
    await settle(model)
    assert answered == ["lumen freight"]
    assert {await text(model, row, Column.COMPANY) for row in range(20)} == {"Lumen Freight"}


async def test_nothing_is_asked_before_the_start_or_after_the_end(model: LibraryModel) -> None:
    model.set_filter("lumen")
    model.sort(Column.COMPANY)
    assert not model.is_answered
    model.start()
    await settle(model)
    assert model.is_filtered
    assert model.rowCount() < PEOPLE == model.total
    model.stop()
    model.set_filter("")
    model.look_at(())
    assert model.rowCount() < PEOPLE


async def test_a_changed_row_in_sight_follows_at_once_and_the_order_soon(
    model: LibraryModel, desk: LibraryDesk
) -> None:
    model.start()
    await settle(model)
    model.set_sight(0, 20)
    await text(model, 0)
    number = int((await text(model, 3)).removesuffix(" ")[-4:])
    changed = await desk.contacts.save([record(number, job_title="Founder of it all")])
    model.look_at(changed)
    await wait_until(lambda: model.index(3, Column.JOB_TITLE).data() == "Founder of it all", PATIENCE)
    added = await desk.add([901])
    model.look_at(added)
    await settle(model)
    assert model.contact_id(0) == added[0]
    assert model.total == PEOPLE + 1


async def test_of_contacts_that_are_gone_none_is_held(model: LibraryModel) -> None:
    model.start()
    await settle(model)
    some = list(model.order())[:3]
    assert model.holds([*some, 999_999]) == set(some)
    assert model.position(999_999) is None
    assert model.position(some[2]) == 2


class SlowLibrary(LibraryService):
    """Gives rows only when it may."""

    def __init__(self, library: LibraryRepository) -> None:
        super().__init__(library)
        self.may = asyncio.Event()
        self.asked = 0

    async def rows(self, contact_ids: Sequence[int]) -> list[ContactRow]:
        self.asked += 1
        await self.may.wait()
        return await super().rows(contact_ids)


@pytest.fixture
async def slow(desk: LibraryDesk) -> AsyncIterator[tuple[LibraryModel, SlowLibrary]]:
    errors: list[BaseException] = []
    scope = TaskScope("test", errors.append)
    library = SlowLibrary(desk.contacts)
    model = LibraryModel(library, desk.views, scope)
    yield model, library
    model.stop()
    await scope.aclose()
    assert errors == []


async def test_rows_painted_before_all_are_counted_fill_in_when_they_come_later(
    slow: tuple[LibraryModel, SlowLibrary],
) -> None:
    model, library = slow
    told: list[int] = []
    model.dataChanged.connect(lambda first, _last, _roles: told.append(first.row()))
    model.counts_changed.connect(lambda: model.index(0, Column.NAME).data())
    model.start()
    await settle(model)
    library.may.set()
    await wait_until(lambda: 0 in told, PATIENCE)
    assert "Person" in await text(model, 0)


async def test_rows_painted_while_their_page_is_read_ahead_fill_in_too(
    slow: tuple[LibraryModel, SlowLibrary],
) -> None:
    model, library = slow
    model.start()
    await settle(model)
    told: list[int] = []
    model.dataChanged.connect(lambda first, _last, _roles: told.append(first.row()))
    library.may.set()
    model.dataChanged.connect(library.may.clear)
    assert model.index(0, Column.NAME).data() == NOT_LOADED
    await wait_until(lambda: library.asked == 2, PATIENCE)
    assert model.index(150, Column.NAME).data() == NOT_LOADED
    library.may.set()
    await wait_until(lambda: 100 in told, PATIENCE)
    assert "Person" in await text(model, 150)
