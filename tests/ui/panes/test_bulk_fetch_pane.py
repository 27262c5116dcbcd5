import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from app.composition import Services, open_services
from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.fetching import FetchRunState, IdOutcome
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.storage.profile import Profile
from app.ui.models.id_outcome_model import Column
from app.ui.panes.bulk_fetch_pane import BulkFetchPane
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.memory_key_store import MemoryKeyStore
from tests.support.widgets import child, choose_file, press, press_text, question

pytestmark = pytest.mark.gui

UNKNOWN_NUMBERS = ["999999001", "999999002", "999999003"]


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


@asynccontextmanager
async def shown_pane(services: Services) -> AsyncIterator[BulkFetchPane]:
    pane = BulkFetchPane(services)
    pane.resize(1000, 800)
    pane.show()
    try:
        yield pane
    finally:
        await pane.shut_down()
        pane.deleteLater()


def choose(pane: QWidget, provider: Provider) -> None:
    combo = child(pane, QComboBox, "fetch_provider")
    combo.setCurrentIndex(combo.findData(provider.value))


def paste(pane: QWidget, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    box = child(pane, QPlainTextEdit, "fetch_ids")
    box.selectAll()
    box.paste()


def preview(pane: QWidget) -> str:
    return child(pane, QLabel, "fetch_preview").text()


def title(pane: QWidget) -> str:
    return child(pane, QLabel, "fetch_title").text()


def cells(pane: QWidget, column: Column) -> list[str]:
    model = child(pane, QTableView, "fetch_outcomes").model()
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


async def fetch(pane: QWidget, provider: Provider, ids: list[str]) -> None:
    choose(pane, provider)
    paste(pane, "\n".join(ids))
    button = child(pane, QPushButton, "fetch_start")
    await wait_until(lambda: button.isEnabled() and button.text() == f"Fetch {len(ids)} contacts")
    press(pane, "fetch_start")


async def test_what_is_pasted_is_read_at_once_and_its_counts_add_up(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        choose(pane, Provider.BUILDWORKPRO)
        assert preview(pane) == "Nothing pasted yet"
        paste(pane, "4101, 4102; “4103”\n4101 hello\n007")
        await wait_until(lambda: preview(pane) == "3 valid · 1 duplicate · 2 unreadable")
        model = child(pane, QTableView, "fetch_unreadable").model()
        rows = [[model.index(row, column).data() for column in range(3)] for row in range(model.rowCount())]
        assert rows == [["2", "hello", "not a whole number"], ["3", "007", "starts with a zero"]]
        choose(pane, Provider.TAMTAM)
        await wait_until(lambda: preview(pane) == "0 valid · 0 duplicates · 6 unreadable")
        assert not child(pane, QPushButton, "fetch_start").isEnabled()
        assert child(pane, QLabel, "fetch_cost").text() == "None of what was pasted can be read as an ID."


async def test_every_id_gets_one_outcome_and_found_ones_become_contacts(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 120)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await fetch(pane, Provider.BUILDWORKPRO, [*known, *UNKNOWN_NUMBERS])
        await wait_until(lambda: title(pane) == "BuildWorkPro: 123 of 123 IDs done · Finished")
        assert cells(pane, Column.ID) == [*known, *UNKNOWN_NUMBERS]
        assert cells(pane, Column.OUTCOME) == ["Found"] * 120 + ["Not found"] * 3
        await wait_until(lambda: all(cells(pane, Column.NAME)[:120]))
        assert "knows no such ID" in cells(pane, Column.REASON)[-1]
        press(pane, "fetch_copy")
        assert QGuiApplication.clipboard().text().split("\n") == UNKNOWN_NUMBERS
        assert "Copied 3 IDs." in pane.banner.text

        only = child(pane, QComboBox, "fetch_filter")
        assert [only.itemText(i) for i in range(only.count())] == ["All outcomes (123)", "Found (120)", "Not found (3)"]
        only.setCurrentIndex(only.findData(Outcome.NOT_FOUND.value))
        assert cells(pane, Column.ID) == UNKNOWN_NUMBERS

        found = await services.fetching.contact_ids(1)
        wanted = wait_signal(pane.enrich_requested)
        press(pane, "fetch_enrich")
        assert await wanted == (found,)
        wanted = wait_signal(pane.export_requested)
        press(pane, "fetch_export")
        assert await wanted == (found,)
        await wait_until(lambda: pane.run_view.contacts.all_ids() == found)


async def test_leadfeeder_needs_an_account_and_a_yes_to_the_most_it_may_cost(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.LEADFEEDER, 4)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        choose(pane, Provider.LEADFEEDER)
        account = child(pane, QComboBox, "fetch_account")
        await wait_until(lambda: account.isEnabled() and account.count() > 0)
        await fetch(pane, Provider.LEADFEEDER, known)
        box = await question(pane)
        assert box.text() == "Fetch 4 contacts from Leadfeeder for at most 4 credits?"
        press_text(box, "Cancel")
        await wait_until(lambda: child(pane, QPushButton, "fetch_start").isEnabled())
        assert await services.fetching.runs() == []

        press(pane, "fetch_start")
        press_text(await question(pane), "Fetch for at most 4 credits")
        await wait_until(lambda: title(pane).endswith("4 of 4 IDs done · Finished"))
        await wait_until(lambda: "4 credits charged" in child(pane, QLabel, "fetch_counts").text())
        await wait_until(
            lambda: child(pane, QLabel, "fetch_cost").text() == "Costs no credits. 4 are in the library already."
        )


async def test_ids_of_one_service_are_never_sent_to_another(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.LEADFEEDER, 4)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        choose(pane, Provider.LEADFEEDER)
        account = child(pane, QComboBox, "fetch_account")
        await wait_until(lambda: account.isEnabled() and account.count() > 0)
        paste(pane, " ".join(known))
        start = child(pane, QPushButton, "fetch_start")
        await wait_until(start.isEnabled)
        choose(pane, Provider.TAMTAM)
        assert not start.isEnabled()
        enabled = []
        while preview(pane) != "0 valid · 0 duplicates · 4 unreadable":
            await asyncio.sleep(0)
            enabled.append(start.isEnabled())
        assert not any(enabled)


async def test_pause_stops_and_resume_fetches_the_rest(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 150)
    with DemoServer(data, latency_ms=2_000) as server:
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            await fetch(pane, Provider.BUILDWORKPRO, known)
            await wait_until(lambda: title(pane) == "BuildWorkPro: 0 of 150 IDs done · Running")
            press(pane, "fetch_pause")
            await wait_until(lambda: title(pane) == "BuildWorkPro: 0 of 150 IDs done · Paused")
            assert set(cells(pane, Column.OUTCOME)) == {"Queued"}
            server.options(latency_ms=0)
            press(pane, "fetch_resume")
            await wait_until(lambda: title(pane).endswith("150 of 150 IDs done · Finished"))
            assert cells(pane, Column.OUTCOME) == ["Found"] * 150


async def test_a_run_cut_off_earlier_is_offered_and_can_be_reopened(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 6)
    async with demo_services(tmp_path, data=data) as services:
        plan = await services.fetching.plan(Provider.BUILDWORKPRO, known)
        unfinished = await services.fetching.create(plan)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await wait_until(lambda: "is not finished: 0 of 6 IDs done" in pane.banner.text)
        await wait_until(lambda: title(pane).startswith("BuildWorkPro: 0 of 6 IDs done"))
        press_text(pane.banner, "Resume")
        await wait_until(lambda: title(pane).endswith("6 of 6 IDs done · Finished"))
        assert (await services.fetching.run(unfinished)).state is FetchRunState.FINISHED
        await fetch(pane, Provider.BUILDWORKPRO, known[:2])
        await wait_until(lambda: title(pane).endswith("2 of 2 IDs done · Finished"))
        history = child(pane, QComboBox, "fetch_history")
        await wait_until(lambda: history.count() == 2)
        history.setCurrentIndex(1)
        history.activated.emit(1)
        await wait_until(lambda: title(pane).endswith("6 of 6 IDs done · Finished"))
        assert cells(pane, Column.ID) == known


async def test_a_refused_key_is_one_sentence_in_the_pane_and_the_run_waits(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.TAMTAM, 3)
    with DemoServer(data) as server:
        async with served(tmp_path, server, key="wrong") as services, shown_pane(services) as pane:
            await fetch(pane, Provider.TAMTAM, known)
            await wait_until(lambda: "Tamtam" in pane.banner.text and "key" in pane.banner.text)
            await wait_until(lambda: title(pane).endswith("0 of 3 IDs done · Paused"))
            assert child(pane, QPushButton, "fetch_resume").isVisible()


async def test_failed_ids_are_told_apart_and_can_be_retried(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 3)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await fetch(pane, Provider.BUILDWORKPRO, known)
        await wait_until(lambda: title(pane).endswith("Finished"))
        await services.fetching._runs.mark(1, [IdOutcome(known[1], Outcome.FAILED, "The row could not be read.")])
        await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found", "Failed", "Found"])
        assert child(pane, QPushButton, "fetch_retry").text() == "Re&try 1 failed"
        press(pane, "fetch_retry")
        await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found"] * 3)


async def test_without_a_key_the_pane_says_so_and_leads_to_the_settings(tmp_path: Path) -> None:
    async with (
        open_services(Profile(tmp_path), environ={}, key_store=MemoryKeyStore()) as services,
        shown_pane(services) as pane,
    ):
        await wait_until(lambda: "There is no key for Tamtam yet." in pane.banner.text)
        asked = wait_signal(pane.settings_requested)
        press_text(pane.banner, "Add key…")
        await asked


async def test_a_dropped_file_is_read_in_whatever_encoding(tmp_path: Path, data: DemoData) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes("id;note\r\n4101;première\r\n4102;\r\n".encode("utf-16"))
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        choose(pane, Provider.BUILDWORKPRO)
        drop = QMimeData()
        drop.setUrls([QUrl.fromLocalFile(str(path))])
        box = child(pane, QPlainTextEdit, "fetch_ids")
        assert box.canInsertFromMimeData(drop)
        box.insertFromMimeData(drop)
        await wait_until(lambda: preview(pane) == "2 valid · 0 duplicates · 3 unreadable")


async def test_a_file_can_be_chosen(tmp_path: Path, data: DemoData) -> None:
    path = tmp_path / "ids.txt"
    path.write_text("4101\n4102\n")
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        choose(pane, Provider.BUILDWORKPRO)
        press(pane, "fetch_open_file")
        await choose_file(pane, str(path))
        await wait_until(lambda: preview(pane) == "2 valid · 0 duplicates · 0 unreadable")
        press(pane, "fetch_clear")
        await wait_until(lambda: preview(pane) == "Nothing pasted yet")


async def test_accounts_that_cannot_be_read_are_a_banner_with_a_way_to_try_again(
    tmp_path: Path, data: DemoData
) -> None:
    with DemoServer(data) as server:
        server.fault("status", Provider.LEADFEEDER, path="/v1/accounts", status=403)
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            choose(pane, Provider.LEADFEEDER)
            account = child(pane, QComboBox, "fetch_account")
            await wait_until(lambda: "Leadfeeder" in pane.banner.text)
            assert account.count() == 0
            paste(pane, "3219700001")
            cost = child(pane, QLabel, "fetch_cost")
            await wait_until(lambda: cost.text() == "Choose an account to fetch through.")
            press_text(pane.banner, "Try again")
            await wait_until(lambda: account.count() > 0)
            await wait_until(child(pane, QPushButton, "fetch_start").isEnabled)


async def test_opening_an_outcome_shows_its_contact(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 2)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await fetch(pane, Provider.BUILDWORKPRO, known)
        await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found"] * 2)
        table = child(pane, QTableView, "fetch_outcomes")
        table.setCurrentIndex(table.model().index(1, Column.NAME))
        heard = wait_signal(pane.contact_activated)
        QTest.keyClick(table, Qt.Key.Key_Return)
        assert await heard == ((await services.fetching.contact_ids(1))[1],)


async def test_a_file_that_is_gone_is_a_banner(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        drop = QMimeData()
        drop.setUrls([QUrl.fromLocalFile(str(tmp_path / "gone.txt"))])
        child(pane, QPlainTextEdit, "fetch_ids").insertFromMimeData(drop)
        await wait_until(lambda: "gone.txt" in pane.banner.text)


async def test_every_control_can_be_named_aloud(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        for kind in (QComboBox, QPushButton, QTableView, QPlainTextEdit):
            for widget in pane.findChildren(kind):
                if widget.objectName().startswith("fetch_"):
                    assert widget.accessibleName(), widget.objectName()


@asynccontextmanager
async def served(folder: Path, server: DemoServer, *, key: str = "") -> AsyncIterator[Services]:
    environ = server.environ()
    if key:
        environ = {name: key if name.endswith("_KEY") else value for name, value in environ.items()}
    async with open_services(Profile(folder), environ=environ, key_store=MemoryKeyStore()) as services:
        yield services
