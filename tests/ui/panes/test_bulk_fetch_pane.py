import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import openpyxl
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTableView,
    QTabWidget,
    QWidget,
)

from app.composition import Services, open_services
from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.fetching import FetchRunState, IdOutcome
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.qtbridge.waiting import wait_signal, wait_until
from app.storage.profile import Profile
from app.ui.models.id_outcome_model import Column
from app.ui.panes.bulk_fetch_pane import BulkFetchPane
from tests.storage.builders import make_record
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.memory_key_store import MemoryKeyStore
from tests.support.widgets import child, choose_file, press, press_text, question
from tests.support.windows import standing_alone

pytestmark = pytest.mark.gui

UNKNOWN_NUMBERS = ["999999001", "999999002", "999999003"]


def shown_pane(services: Services) -> AbstractAsyncContextManager[BulkFetchPane]:
    return standing_alone(BulkFetchPane(services), 1000, 800)


def choose(pane: QWidget, provider: Provider) -> None:
    press(pane, f"fetch_from_{provider.value}")


def chosen(pane: QWidget) -> list[str]:
    return [radio.text() for radio in pane.findChildren(QRadioButton) if radio.isChecked()]


def paste(pane: QWidget, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    box = child(pane, QPlainTextEdit, "fetch_ids")
    box.selectAll()
    box.paste()


def drop(pane: QWidget, path: Path) -> None:
    source = QMimeData()
    source.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    center = pane.rect().center()
    entering = QDragEnterEvent(center, copy, source, left, none)
    QApplication.sendEvent(pane, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(pane, QDropEvent(center.toPointF(), copy, source, left, none))


def said(pane: QWidget, name: str) -> str:
    return child(pane, QLabel, name).text()


def account_of(pane: QWidget) -> str:
    return said(pane, "fetch_sum")


def title(pane: QWidget) -> str:
    return said(pane, "fetch_title")


def texts(pane: QWidget, table: str) -> list[list[str]]:
    model = child(pane, QTableView, table).model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def cells(pane: QWidget, column: Column) -> list[str]:
    return [row[column] for row in texts(pane, "fetch_outcomes")]


async def ready(pane: QWidget, text: str) -> None:
    button = child(pane, QPushButton, "fetch_start")
    await wait_until(lambda: button.isEnabled() and button.text() == text)


async def fetch(pane: QWidget, provider: Provider, ids: list[str]) -> None:
    paste(pane, "\n".join(ids))
    radio = child(pane, QRadioButton, f"fetch_from_{provider.value}")
    await wait_until(lambda: radio.text() == f"{provider.label} ({len(ids):,})")
    choose(pane, provider)
    await ready(pane, f"Fetch {len(ids)} contacts")
    press(pane, "fetch_start")


async def test_every_piece_of_a_paste_is_accounted_for(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        assert said(pane, "fetch_preview") == "Nothing pasted yet"
        uuid = sample_ids(data, Provider.TAMTAM, 1)[0]
        paste(pane, f"{uuid}, 4102; “4103”\n4102 hello\n007\nada@quillmark.example https://linkedin.com/in/ada-n")
        await wait_until(
            lambda: (
                account_of(pane)
                == "1 UUID + 2 whole numbers + 1 LinkedIn page + 1 e-mail + 1 question + 1 duplicate + 1 unreadable"
                " = 8 pieces in all"
            )
        )
        assert said(pane, "fetch_preview") == "3 IDs, 1 question"
        assert texts(pane, "fetch_unreadable") == [["2", "hello", "no ID, LinkedIn page or e-mail address"]]
        assert texts(pane, "fetch_questions") == [["3", "007", "7", "starts with a zero, which no ID does"]]
        assert chosen(pane) == ["Tamtam (1)"]
        assert said(pane, "fetch_hint").startswith("2 whole numbers are not Tamtam’s: choose BuildWorkPro or")


async def test_questions_are_answered_left_out_and_asked_again(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        paste(pane, "4101\n007\n1,234\n5.00\n1.23E+15\n007")
        await wait_until(lambda: said(pane, "fetch_preview") == "1 ID, 5 questions")
        use_all = child(pane, QPushButton, "fetch_use_all")
        assert use_all.text() == "Use all 4 as suggested", "shortened numbers are not taken unseen"
        press_text(pane, "Use as 7")
        await wait_until(lambda: said(pane, "fetch_preview") == "2 IDs, 3 questions")
        press_text(pane, "Use as 1 and 234")
        await wait_until(lambda: said(pane, "fetch_preview") == "4 IDs, 2 questions")
        child(pane, QTableView, "fetch_questions").selectAll()
        press_text(pane, "Leave 2 out")
        await wait_until(lambda: said(pane, "fetch_preview") == "4 IDs")
        assert account_of(pane) == "1 whole number + 5 answered questions = 6 pieces in all"
        press_text(pane, "Ask again about 5")
        await wait_until(lambda: said(pane, "fetch_preview") == "1 ID, 5 questions")


async def test_whose_whole_numbers_are_is_asked_once(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        async with shown_pane(services) as pane:
            paste(pane, "4101 4102")
            await wait_until(lambda: "Whose are these 2 whole numbers" in said(pane, "fetch_hint"))
            assert chosen(pane) == []
            assert not child(pane, QPushButton, "fetch_start").isEnabled()
            choose(pane, Provider.BUILDWORKPRO)
            await ready(pane, "Fetch 2 contacts")
        async with shown_pane(services) as pane:
            paste(pane, "4103")
            await ready(pane, "Fetch 1 contact")
            assert chosen(pane) == ["BuildWorkPro (1)"]


async def test_a_page_of_a_service_says_whose_its_id_is(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        paste(pane, "https://app.buildworkpro.com/contacts/4101")
        await wait_until(lambda: chosen(pane) == ["BuildWorkPro (1)"])


async def test_pages_and_addresses_are_searches_of_one_click(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        paste(pane, "https://www.linkedin.com/in/Ada-Norling ada@quillmark.example berit@quillmark.example")
        await wait_until(lambda: said(pane, "fetch_preview") == "No IDs")
        asked = wait_signal(pane.search_requested)
        press_text(pane, "Search TalkToHumans for this page")
        page = "https://www.linkedin.com/in/ada-norling"
        assert await asked == (SearchQuery(Provider.TALKTOHUMANS, {"query": (page,)}),)
        account = child(pane, QComboBox, "fetch_account")
        await wait_until(lambda: account.count() > 0)
        asked = wait_signal(pane.search_requested)
        press_text(pane, "Search Leadfeeder for 2 e-mails")
        ((query,),) = (await asked,)
        assert query.values["emails"] == ("ada@quillmark.example", "berit@quillmark.example")
        assert query.values["account_id"] == (account.currentData(),)


async def test_every_id_gets_one_outcome_and_found_ones_become_contacts(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 120)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await fetch(pane, Provider.BUILDWORKPRO, [*known, *UNKNOWN_NUMBERS])
        await wait_until(lambda: title(pane) == "BuildWorkPro: 123 of 123 IDs done · Finished")
        await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found"] * 120 + ["Not found"] * 3)
        assert cells(pane, Column.ID) == [*known, *UNKNOWN_NUMBERS]
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
        await wait_until(lambda: sorted(pane.run_view.contacts.all_ids()) == sorted(found))


async def test_ids_that_were_not_returned_can_be_saved(tmp_path: Path, data: DemoData) -> None:
    target = tmp_path / "missing.csv"
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        await fetch(pane, Provider.BUILDWORKPRO, UNKNOWN_NUMBERS)
        await wait_until(lambda: title(pane).endswith("Finished"))
        await wait_until(child(pane, QPushButton, "fetch_save").isEnabled)
        press(pane, "fetch_save")
        await choose_file(pane, str(target))
        await wait_until(lambda: "3 IDs saved" in pane.banner.text)
        assert target.read_text(encoding="utf-8").split() == ["id", *UNKNOWN_NUMBERS]


async def test_a_header_orders_the_outcomes(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 3)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await fetch(pane, Provider.BUILDWORKPRO, [UNKNOWN_NUMBERS[0], *known])
        await wait_until(lambda: title(pane).endswith("Finished"))
        child(pane, QTableView, "fetch_outcomes").sortByColumn(Column.OUTCOME, Qt.SortOrder.AscendingOrder)
        await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found"] * 3 + ["Not found"])


async def test_leadfeeder_names_account_cost_and_cap_before_anything_is_spent(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.LEADFEEDER, 4)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        paste(pane, " ".join(known))
        await wait_until(lambda: "Whose are" in said(pane, "fetch_hint"))
        choose(pane, Provider.LEADFEEDER)
        await ready(pane, "Fetch 4 contacts · up to 4 credits")
        account = child(pane, QComboBox, "fetch_account")
        assert "9,800 credits left · resets " in account.currentText()
        assert said(pane, "fetch_cost") == "Costs at most 4 credits."
        cap = child(pane, QSpinBox, "fetch_cap")
        cap.setValue(3)
        await wait_until(lambda: "more than the cap of 3" in said(pane, "fetch_cost"))
        assert not child(pane, QPushButton, "fetch_start").isEnabled()
        cap.setValue(20)
        company = child(pane, QCheckBox, "fetch_company")
        assert company.text() == "&Include company (up to 1 more credit each)"
        company.click()
        await ready(pane, "Fetch 4 contacts · up to 8 credits")
        company.click()
        await ready(pane, "Fetch 4 contacts · up to 4 credits")
        press(pane, "fetch_start")
        await wait_until(lambda: title(pane).endswith("4 of 4 IDs done · Finished"))
        await wait_until(lambda: "4 credits charged of at most 20" in said(pane, "fetch_counts"))
        assert (await services.fetching.run(1)).max_credits == 20
        notes = child(pane, QPlainTextEdit, "fetch_notes")
        await wait_until(lambda: "it was 9,796. This agrees with the 4 credits booked (request" in notes.toPlainText())

        press(pane, "fetch_new")
        await ready(pane, "List 4 owned contacts")
        assert said(pane, "fetch_cost") == "Costs no credits. 4 in the library already, not asked for again."
        assert [row[:2] for row in texts(pane, "fetch_owned")] == [[one, "just now"] for one in known]
        await wait_until(lambda: "9,796 credits left" in account.currentText())
        child(pane, QCheckBox, "fetch_skip_owned").click()
        await ready(pane, "Fetch 4 contacts")
        assert said(pane, "fetch_cost") == "Costs no credits. 4 charged less than 12 months ago, free again."


async def test_what_is_owned_is_listed_without_asking(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 2)
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        await fetch(pane, Provider.BUILDWORKPRO, known)
        await wait_until(lambda: title(pane).endswith("Finished"))
        press(pane, "fetch_new")
        await ready(pane, "Fetch 2 contacts")
        child(pane, QCheckBox, "fetch_skip_owned").click()
        await ready(pane, "List 2 owned contacts")
        press(pane, "fetch_start")
        await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Already owned"] * 2)
        await wait_until(lambda: all(cells(pane, Column.NAME)))


async def test_ids_of_one_service_are_never_sent_to_another(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        paste(pane, " ".join(sample_ids(data, Provider.TAMTAM, 4)))
        await ready(pane, "Fetch 4 contacts")
        choose(pane, Provider.LEADFEEDER)
        start = child(pane, QPushButton, "fetch_start")
        assert not start.isEnabled()
        account = child(pane, QComboBox, "fetch_account")
        await wait_until(lambda: account.count() > 0)
        assert not start.isEnabled()
        assert said(pane, "fetch_hint") == "4 UUIDs are not Leadfeeder’s: choose Tamtam to fetch them as well."


async def test_pause_stops_and_resume_fetches_the_rest(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 150)
    with DemoServer(data, latency_ms=2_000) as server:
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            await fetch(pane, Provider.BUILDWORKPRO, known)
            await wait_until(lambda: title(pane) == "BuildWorkPro: 0 of 150 IDs done · Running")
            press(pane, "fetch_pause")
            await wait_until(lambda: title(pane) == "BuildWorkPro: 0 of 150 IDs done · Paused")
            await wait_until(lambda: set(cells(pane, Column.OUTCOME)) == {"Queued"})
            server.options(latency_ms=0)
            press(pane, "fetch_resume")
            await wait_until(lambda: title(pane).endswith("150 of 150 IDs done · Finished"))
            await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found"] * 150)


async def test_stop_asks_and_leaves_the_rest_to_be_fetched_later(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 60)
    with DemoServer(data, latency_ms=2_000) as server:
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            await fetch(pane, Provider.BUILDWORKPRO, known)
            await wait_until(lambda: title(pane) == "BuildWorkPro: 0 of 60 IDs done · Running")
            press(pane, "fetch_stop")
            box = await question(pane)
            assert box.text() == "Stop this bulk fetch? 60 IDs would not be asked for."
            press_text(box, "Stop")
            await wait_until(lambda: title(pane) == "BuildWorkPro: 60 of 60 IDs done · Stopped")
            await wait_until(lambda: set(cells(pane, Column.OUTCOME)) == {"Cancelled"})
            server.options(latency_ms=0)
            press_text(pane, "&Fetch the 60 left")
            await wait_until(lambda: title(pane) == "BuildWorkPro: 60 of 60 IDs done · Finished")
            await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found"] * 60)


async def test_a_wait_that_the_service_asks_for_is_visible(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        server.fault("status", Provider.BUILDWORKPRO, status=429, retry_after=30)
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            await fetch(pane, Provider.BUILDWORKPRO, sample_ids(data, Provider.BUILDWORKPRO, 3))
            waiting = re.compile("BuildWorkPro asks to wait [0-9]+ s.")
            await wait_until(lambda: bool(waiting.fullmatch(said(pane, "fetch_wait"))))
            assert child(pane, QLabel, "fetch_wait").isVisible()
            press(pane, "fetch_pause")
            await wait_until(lambda: title(pane).endswith("Paused"))
            assert not child(pane, QLabel, "fetch_wait").isVisible()


async def test_what_was_odd_about_an_answer_is_noted(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        plan = await services.fetching.plan(Provider.BUILDWORKPRO, ["1", "2"])
        run_id = await services.fetching.create(plan)
        await services.fetching._runs.store_chunk(
            run_id,
            [
                IdOutcome("1", Outcome.FOUND, "Returned under the ID 9.", returned_id="9"),
                IdOutcome("2", Outcome.UNKNOWN),
            ],
            [make_record("9", provider=Provider.BUILDWORKPRO)],
            0,
            "req-1",
            remarks=["BuildWorkPro counted 1 IDs where 2 were sent (request req-1)."],
        )
        async with shown_pane(services) as pane:
            await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found", "Unknown"])
            assert cells(pane, Column.REASON)[0] == "Returned under the ID 9."
            tabs = child(pane, QTabWidget, "fetch_tabs")
            await wait_until(lambda: tabs.isTabVisible(2) and tabs.tabText(2) == "Notes (1)")
            assert "counted 1 IDs where 2 were sent" in child(pane, QPlainTextEdit, "fetch_notes").toPlainText()


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
        press(pane, "fetch_new")
        await fetch(pane, Provider.BUILDWORKPRO, known[:2])
        await wait_until(lambda: title(pane).endswith("2 of 2 IDs done · Finished"))
        history = child(pane, QComboBox, "fetch_history")
        await wait_until(lambda: history.count() == 2)
        history.setCurrentIndex(1)
        history.activated.emit(1)
        await wait_until(lambda: title(pane).endswith("6 of 6 IDs done · Finished"))
        await wait_until(lambda: cells(pane, Column.ID) == known)


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
        await wait_until(lambda: child(pane, QPushButton, "fetch_retry").text() == "Retry 1 &failed")
        press(pane, "fetch_retry")
        await wait_until(lambda: cells(pane, Column.OUTCOME) == ["Found"] * 3)


async def test_without_a_key_the_pane_says_so_and_leads_to_the_settings(tmp_path: Path) -> None:
    async with (
        open_services(Profile(tmp_path), environ={}, key_store=MemoryKeyStore()) as services,
        shown_pane(services) as pane,
    ):
        assert not pane.banner.text
        paste(pane, "00000000-0000-4000-8000-000000000000")
        await wait_until(lambda: "There is no key for Tamtam yet." in pane.banner.text)
        asked = wait_signal(pane.settings_requested)
        press_text(pane.banner, "Add key…")
        await asked


async def test_a_file_dropped_anywhere_is_read_by_its_likeliest_column(tmp_path: Path, data: DemoData) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes("id;note\r\n4101;première\r\n4102;\r\n4102;\r\n".encode("utf-16"))
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        drop(pane, path)
        await wait_until(lambda: account_of(pane) == "2 whole numbers + 1 duplicate = 3 pieces in all")
        assert said(pane, "fetch_source") == "ids.csv"
        column = child(pane, QComboBox, "fetch_column")
        assert column.currentText() == "id: 4101, 4102, 4102"
        column.setCurrentIndex(column.findText("All columns"))
        column.activated.emit(column.currentIndex())
        await wait_until(lambda: account_of(pane).endswith("+ 3 unreadable = 6 pieces in all"))
        press(pane, "fetch_clear")
        await wait_until(lambda: said(pane, "fetch_preview") == "Nothing pasted yet")
        assert child(pane, QPlainTextEdit, "fetch_ids").isVisible()


async def test_a_column_that_is_not_sure_is_asked_for(tmp_path: Path, data: DemoData) -> None:
    path = tmp_path / "two.csv"
    path.write_text("first,second,name\n4101,5101,Ada\n4102,5102,Berit\n")
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        drop(pane, path)
        await wait_until(lambda: said(pane, "fetch_preview") == "Choose the column with the IDs")
        column = child(pane, QComboBox, "fetch_column")
        column.setCurrentIndex(1)
        column.activated.emit(1)
        await wait_until(lambda: account_of(pane) == "2 whole numbers = 2 pieces in all")


async def test_a_spreadsheet_can_be_chosen(tmp_path: Path, data: DemoData) -> None:
    path = tmp_path / "ids.xlsx"
    book = openpyxl.Workbook()
    for row in (["Contact ID", "Name"], [4101, "Ada"], [4102, "Berit"]):
        book.worksheets[0].append(row)
    book.save(path)
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        press(pane, "fetch_open_file")
        await choose_file(pane, str(path))
        await wait_until(lambda: account_of(pane) == "2 whole numbers = 2 pieces in all")
        assert said(pane, "fetch_source") == "ids.xlsx"


async def test_a_short_text_file_can_be_edited(tmp_path: Path, data: DemoData) -> None:
    path = tmp_path / "ids.txt"
    path.write_text("4101\n4102\n")
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        drop(pane, path)
        await wait_until(lambda: account_of(pane) == "2 whole numbers = 2 pieces in all")
        assert child(pane, QPlainTextEdit, "fetch_ids").toPlainText() == "4101\n4102\n"


async def test_a_long_paste_is_added_to_what_was_typed_and_kept_out_of_the_box(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        box = child(pane, QPlainTextEdit, "fetch_ids")
        box.setPlainText("4101")
        QGuiApplication.clipboard().setText("\n".join(str(number) for number in range(4101, 8101)))
        box.paste()
        await wait_until(lambda: account_of(pane) == "4,000 whole numbers + 1 duplicate = 4,001 pieces in all")
        assert said(pane, "fetch_source") == "Pasted text"


async def test_accounts_that_cannot_be_read_are_a_banner_with_a_way_to_try_again(
    tmp_path: Path, data: DemoData
) -> None:
    with DemoServer(data) as server:
        server.fault("status", Provider.LEADFEEDER, path="/v1/accounts", status=403)
        async with served(tmp_path, server) as services, shown_pane(services) as pane:
            paste(pane, "3219700001")
            await wait_until(lambda: "Whose is" in said(pane, "fetch_hint"))
            choose(pane, Provider.LEADFEEDER)
            account = child(pane, QComboBox, "fetch_account")
            await wait_until(lambda: "Leadfeeder" in pane.banner.text)
            assert account.count() == 0
            assert said(pane, "fetch_cost") == "Choose an account to fetch through."
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


async def test_a_file_that_is_gone_is_a_banner_and_what_was_there_stays(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services, shown_pane(services) as pane:
        paste(pane, "4101")
        await wait_until(lambda: account_of(pane) == "1 whole number = 1 piece in all")
        drop(pane, tmp_path / "gone.txt")
        await wait_until(lambda: "gone.txt" in pane.banner.text)
        await wait_until(lambda: said(pane, "fetch_preview") == "1 ID")


async def test_every_control_can_be_named_aloud(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown_pane(services) as pane:
        for kind in (QComboBox, QAbstractButton, QTableView, QPlainTextEdit, QSpinBox, QTabWidget):
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
