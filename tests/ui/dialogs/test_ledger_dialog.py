import asyncio
import csv
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox, QDateEdit, QLabel, QPushButton, QTableView, QWidget

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import EnrichField, LedgerKind, PersonInput
from app.domain.fetching import Reconciliation
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.storage.database import Database
from app.storage.ledger import LedgerRepository
from app.ui.dialogs.item_log import ItemLog
from app.ui.dialogs.ledger_dialog import LedgerDialog, reconciliation_text, run_ledger_dialog
from tests.support.demo_services import demo_services
from tests.support.widgets import child, choose_file, press

pytestmark = pytest.mark.gui

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def enriched(services: Services, data: DemoData, people: int) -> int:
    chosen = [
        PersonInput(row["first_name"], row["last_name"], row["domain"], linkedin_url=row["linkedin_url"])
        for row in people_rows(data, people)
    ]
    plan = await services.enrichment.plan_people(chosen, [EnrichField.EMAILS])
    run_id = await services.enrichment.enqueue(plan, cap=500, origin="people.csv")
    await services.enrichment.drain([run_id])
    return run_id


def kinds(dialog: LedgerDialog) -> list[str]:
    model = child(dialog, QTableView, "ledger_lines").model()
    return [str(model.index(row, 2).data()) for row in range(model.rowCount())]


async def test_entries_are_filtered_totalled_and_saved(tmp_path: Path, data: DemoData, qapp: object) -> None:
    async with demo_services(tmp_path, data=data) as services:
        run_id = await enriched(services, data, 6)
        charged = (await services.enrichment.run(run_id)).spending.charged
        window = QWidget()
        window.show()
        task = asyncio.create_task(run_ledger_dialog(window, services))
        await wait_until(lambda: any(each.isVisible() for each in window.findChildren(LedgerDialog)))
        dialog = window.findChildren(LedgerDialog)[-1]
        await wait_until(lambda: bool(kinds(dialog)))
        assert "Reserved" in kinds(dialog)
        totals = child(dialog, QLabel, "ledger_totals")
        assert totals.text().startswith(f"{charged} credits charged · 6 reserved · {6 - charged} released")
        kind = child(dialog, QComboBox, "ledger_kind")
        kind.setCurrentIndex(kind.findData(LedgerKind.CHARGED))
        await wait_until(lambda: kinds(dialog) == ["Charged"])
        provider = child(dialog, QComboBox, "ledger_provider")
        provider.setCurrentIndex(provider.findData(Provider.LEADFEEDER.value))
        await wait_until(lambda: kinds(dialog) == [])
        provider.setCurrentIndex(0)
        run = child(dialog, QComboBox, "ledger_run")
        run.setCurrentIndex(run.findData(run_id))
        assert run.currentText().endswith("people.csv")
        await wait_until(lambda: kinds(dialog) == ["Charged"])
        press(dialog, "ledger_save")
        await choose_file(dialog, str(tmp_path / "ledger.csv"))
        await wait_until(lambda: "saved to" in dialog.banner.text)
        with (tmp_path / "ledger.csv").open(encoding="utf-8", newline="") as file:
            (row,) = csv.DictReader(file)
        assert (row["kind"], row["credits"]) == ("charged", str(charged))
        press(dialog, "ledger_close")
        await task


async def test_an_empty_ledger_says_so(tmp_path: Path, data: DemoData, qapp: object) -> None:
    async with demo_services(tmp_path, data=data) as services:
        dialog = LedgerDialog(services)
        dialog.show()
        await wait_until(
            lambda: any(label.isVisible() and label.text() == "No entries" for label in dialog.findChildren(QLabel))
        )
        await dialog.shut_down()
        dialog.deleteLater()


def test_a_difference_from_the_balance_is_told_with_its_requests() -> None:
    even = Reconciliation(START, 100, 10, ("req-1",), START, 90)
    assert "not been compared" in reconciliation_text([])
    assert "agrees with the ledger, compared 1 time" in reconciliation_text([even])
    told = reconciliation_text([even, replace(even, after=85)])
    assert "fell by 15 credits, 10 were booked (requests req-1)" in told


async def test_the_log_of_one_person_names_every_step_and_the_request(
    tmp_path: Path, data: DemoData, qapp: object
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        run_id = await enriched(services, data, 2)
        item = (await services.enrichment.items(run_id))[0]
        log = ItemLog(item, await services.enrichment.events(item.item_id))
        log.show()
        model = child(log, QTableView, "item_log_events").model()
        said = [str(model.index(row, 1).data()) for row in range(model.rowCount())]
        assert said[0].startswith("Queued.")
        assert any(text.startswith(("E-mails", "Emails")) for text in said)
        request = (await services.enrichment.run(run_id)).batches[0].request_id
        assert request in [str(model.index(row, 2).data()) for row in range(model.rowCount())]
        log.deleteLater()


async def test_any_days_can_be_chosen_and_older_entries_follow_page_by_page(
    tmp_path: Path, data: DemoData, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.dialogs.ledger_dialog.SHOWN", 4)
    async with demo_services(tmp_path, data=data) as services:
        books = LedgerRepository(await library_of(services), now=lambda: START)
        for number in range(1, 11):
            await books.charge(Provider.TAMTAM, number)
        later = LedgerRepository(await library_of(services), now=lambda: START + timedelta(days=3))
        await later.charge(Provider.LEADFEEDER, 100)
        dialog = LedgerDialog(services)
        dialog.show()
        totals, shown = child(dialog, QLabel, "ledger_totals"), child(dialog, QLabel, "ledger_count")
        await wait_until(lambda: len(kinds(dialog)) == 4)
        assert shown.text() == "The newest 4 of 11 entries"
        assert totals.text().startswith("155 credits charged")
        press(dialog, "ledger_older")
        await wait_until(lambda: len(kinds(dialog)) == 8)
        assert child(dialog, QPushButton, "ledger_older").text() == "Show 3 older"
        press(dialog, "ledger_older")
        await wait_until(lambda: len(kinds(dialog)) == 11)
        assert shown.text() == "11 entries"
        assert child(dialog, QPushButton, "ledger_older").isHidden()
        assert child(dialog, QDateEdit, "ledger_since").isHidden()
        days = child(dialog, QComboBox, "ledger_days")
        days.setCurrentIndex(days.findText("From … to …"))
        child(dialog, QDateEdit, "ledger_until").setDate(QDate(2025, 3, 2))
        child(dialog, QDateEdit, "ledger_since").setDate(QDate(2025, 2, 27))
        await wait_until(lambda: totals.text().startswith("55 credits charged"))
        assert shown.text() == "The newest 4 of 10 entries"
        await dialog.shut_down()
        dialog.deleteLater()


async def library_of(services: Services) -> Database:
    database = await Database.open(services.profile.library_path)
    opened.append(database)
    return database


opened: list[Database] = []


@pytest.fixture(autouse=True)
async def closed() -> AsyncIterator[None]:
    yield
    while opened:
        await opened.pop().close()


async def test_one_run_is_compared_with_the_balance_over_the_stretch_it_was_bought_in(
    tmp_path: Path, data: DemoData, qapp: object
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        run_id = await enriched(services, data, 6)
        charged = (await services.enrichment.run(run_id)).spending.charged
        found = await services.ledger.reconciliations(run_id)
        assert [dict(each.runs) for each in found] == [{run_id: charged}]
        text = reconciliation_text(found, run_id)
        assert text == f"{charged} credits booked for this run. The balance that Tamtam reports agrees with that."
        assert await services.ledger.reconciliations(run_id + 1) == []


def test_a_stretch_that_runs_share_says_so() -> None:
    shared = Reconciliation(START, 100, 7, ("r1", "r2"), START, 93, {1: 3, 2: 4})
    assert "with 1 other run" in reconciliation_text([shared], 1)
    odd = replace(shared, after=90)
    assert "The balance fell by 10 credits, 7 were booked (requests r1, r2)" in reconciliation_text([odd], 2)
    assert "once nothing is in flight" in reconciliation_text([replace(shared, after=None, ended_at=None)], 2)
