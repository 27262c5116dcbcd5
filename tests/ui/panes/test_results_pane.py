from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QMessageBox

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.panes.results_pane import ResultsPane
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.widgets import press_text
from tests.support.windows import standing_alone

pytestmark = pytest.mark.gui

EVERYONE: Mapping[str, tuple[str, ...]] = {"relationship_status": ("any",)}


def shown(
    services: Services, values: Mapping[str, tuple[str, ...]] = EVERYONE
) -> AbstractAsyncContextManager[ResultsPane]:
    query = SearchQuery(Provider.TALKTOHUMANS, dict(values))
    return standing_alone(ResultsPane(services, query), 900, 600)


def says(pane: ResultsPane, text: str) -> bool:
    return any(label.text() == text and label.isVisible() for label in pane.findChildren(QLabel))


async def test_rows_stream_in_page_by_page_until_the_limit(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        ended = wait_signal(pane.said)
        pane.load_more()
        await ended
        first = pane.table.all_ids()
        assert 0 < len(first) <= 50
        assert "more available" in pane.state_text
        ended = wait_signal(pane.said)
        pane.load_up_to(120)
        await ended
        everything = pane.table.all_ids()
        assert everything[: len(first)] == first, "later pages are added at the end"
        assert len(set(everything)) == len(everything)
        assert "from 120 rows" in pane.state_text or len(everything) == 120


async def test_stop_keeps_what_has_arrived_and_loading_can_go_on(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as pane:
        pane.load_up_to(400)
        await wait_until(lambda: bool(pane.table.all_ids()))
        ended = wait_signal(pane.said)
        press_text(pane, "Stop")
        (said,) = await ended
        assert said.startswith("Stopped.")
        assert not pane.is_running
        kept = pane.table.all_ids()
        assert kept
        ended = wait_signal(pane.said)
        press_text(pane, "Load more")
        await ended
        assert pane.table.all_ids()[: len(kept)] == kept
        assert len(pane.table.all_ids()) > len(kept)


async def test_nothing_found_says_what_to_do(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services, {"query": ("zzzz",)}) as pane:
        ended = wait_signal(pane.said)
        pane.load_more()
        assert await ended == ("Nothing found",)
        assert says(pane, "Nothing found")
        assert not pane.has_more


async def test_trouble_is_told_in_the_pane_and_retry_goes_on_where_it_stopped(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, shown(services) as pane:
            ended = wait_signal(pane.said)
            pane.load_more()
            await ended
            before = len(pane.table.all_ids())
            server.fault("status", Provider.TALKTOHUMANS, path="/v1/contacts", status=403, times=1)
            ended = wait_signal(pane.said)
            press_text(pane, "Load more")
            await ended
            assert "TalkToHumans" in pane.banner.text
            assert len(pane.table.all_ids()) == before
            ended = wait_signal(pane.said)
            press_text(pane, "Retry")
            await ended
            assert pane.banner.text == ""
            assert len(pane.table.all_ids()) > before


async def test_a_refused_key_leads_to_settings(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        keys = {Provider.TALKTOHUMANS: "wrong"}
        async with live_services(tmp_path, server, keys=keys) as services, shown(services) as pane:
            ended = wait_signal(pane.said)
            pane.load_more()
            await ended
            assert "refused the key" in pane.banner.text
            wanted = wait_signal(pane.key_wanted)
            press_text(pane, "Settings…")
            assert await wanted == (Provider.TALKTOHUMANS,)


async def test_a_missing_key_leads_to_the_card_that_adds_one(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server, keys={}) as services, shown(services) as pane:
            ended = wait_signal(pane.said)
            pane.load_more()
            await ended
            wanted = wait_signal(pane.key_wanted)
            press_text(pane, "Add a key…")
            assert await wanted == (Provider.TALKTOHUMANS,)


async def test_rows_that_cannot_be_read_are_counted_and_the_others_shown(tmp_path: Path, data: DemoData) -> None:
    body = {"data": {"contacts": [{"contact_id": "7", "name": "Ada Norling"}, 17, "x"], "pagination": {}}}
    with DemoServer(data) as server:
        server.fault("body", Provider.TALKTOHUMANS, path="/v1/contacts", body=body, status=200)
        async with live_services(tmp_path, server) as services, shown(services) as pane:
            ended = wait_signal(pane.said)
            pane.load_more()
            await ended
            assert len(pane.table.all_ids()) == 1
            assert "2 rows of the answer could not be read" in pane.notice.text


async def test_a_restored_tab_shows_the_library_and_asks_only_when_told(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        async with shown(services) as pane:
            ended = wait_signal(pane.said)
            pane.load_more()
            await ended
            found = pane.table.all_ids()
        async with shown(services) as pane:
            pane.restore(found)
            await wait_until(lambda: pane.table.model.rowCount() == len(found))
            assert "of your last session" in pane.state_text
            assert not pane.has_more
            ended = wait_signal(pane.said)
            press_text(pane, "Search again")
            await ended
            assert pane.table.all_ids() == found
            assert pane.has_more


async def test_the_title_tells_the_filters_in_words_without_the_account(tmp_path: Path, data: DemoData) -> None:
    values = {"account_id": ("1",), "relationship_status": ("not_connected",), "company_name": ("Quillmark",)}
    async with demo_services(tmp_path, data=data) as services, shown(services, values) as pane:
        assert pane.title == "Quillmark, Not connected"


async def question(pane: ResultsPane) -> QMessageBox:
    await wait_until(lambda: any(box.isVisible() for box in pane.findChildren(QMessageBox)))
    return next(box for box in pane.findChildren(QMessageBox) if box.isVisible())


def paid_page(first: int, people: int, cursor: str | None) -> dict[str, object]:
    """A page as Tamtam's contract sheet shows it, section 5."""
    rows = [
        {"contact_id": f"00000000-0000-4000-8000-{number:012}", "first_name": f"Ada {number}", "last_name": "Norling"}
        for number in range(first, first + people)
    ]
    return {"results": rows, "has_more": cursor is not None, "next_cursor": cursor, "total_count": 90}


async def test_a_button_for_one_paid_page_names_its_cost_and_all_pages_are_agreed_to_once(
    tmp_path: Path, data: DemoData
) -> None:
    query = SearchQuery(Provider.TAMTAM, {"job_titles_includes": ("Manager",)})
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services:
            pane = ResultsPane(services, query)
            pane.show()
            pane.load_up_to(90)
            box = await question(pane)
            assert box.text() == "Load up to 90 rows from Tamtam for at most 100 credits?"
            said = wait_signal(pane.said)
            press_text(box, "Cancel")
            assert await said == ("Not loaded; nothing was spent.",)
            assert server.requests(Provider.TAMTAM) == []

            pages = (paid_page(1, 25, "a"), paid_page(26, 25, "b"), paid_page(51, 25, "c"), paid_page(76, 15, None))
            for page in pages:
                server.fault("body", Provider.TAMTAM, path="/v2/people/search", body=page, status=200)
            said = wait_signal(pane.said)
            press_text(pane, "Load more · up to 25 credits")
            await said
            assert "25 credits charged" in pane.state_text
            pane.load_up_to(20)
            assert not pane.is_running, "so many are there already"
            pane.load_up_to(90)
            box = await question(pane)
            assert box.text() == "Load up to 90 rows from Tamtam for at most 75 credits?"
            assert "has cost 25 credits so far" in box.informativeText()
            said = wait_signal(pane.said)
            press_text(box, "Load for at most 75 credits")
            await said
            assert pane.banner.text == ""
            assert len(pane.table.all_ids()) == 90
            assert pane.state_text == "90 contacts of 90, that is all, 90 credits charged"
            await pane.shut_down()
            pane.deleteLater()


async def test_a_page_that_may_have_been_charged_is_bought_again_only_when_asked_for(
    tmp_path: Path, data: DemoData
) -> None:
    query = SearchQuery(Provider.TAMTAM, {"job_titles_includes": ("Manager",)})
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services:
            pane = ResultsPane(services, query)
            pane.show()
            server.fault("html", Provider.TAMTAM, path="/v2/people/search", status=200)
            pane.load_more()
            await wait_until(lambda: bool(pane.banner.text))
            assert "25 credits perhaps charged" in pane.state_text
            assert len(server.requests(Provider.TAMTAM, "/v2/people/search")) == 1
            server.fault("body", Provider.TAMTAM, path="/v2/people/search", body=paid_page(1, 9, None), status=200)
            said = wait_signal(pane.said)
            press_text(pane.banner, "Ask again (may cost up to 25 credits more)")
            await said
            assert pane.banner.text == ""
            assert pane.state_text == "9 contacts of 90, that is all, 9 credits charged, 25 credits perhaps charged"
            await pane.shut_down()
            pane.deleteLater()
