from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.panes.find_pane import FindPane, SearchPane
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.widgets import press_text

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=300)


@asynccontextmanager
async def shown(services: Services) -> AsyncIterator[FindPane]:
    pane = FindPane(services)
    pane.resize(320, 800)
    pane.show()
    try:
        yield pane
    finally:
        await pane.shut_down()
        pane.deleteLater()


def account(pane: SearchPane) -> QComboBox:
    control = pane.form.control("account_id")
    assert isinstance(control, QComboBox)
    return control


def notes(pane: SearchPane) -> list[str]:
    return [label.text() for label in pane.findChildren(QLabel) if label.text() and not label.isHidden()]


async def test_accounts_are_asked_for_and_personas_follow_the_account(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as find:
        find.show_provider(Provider.LEADFEEDER)
        pane = find.pane(Provider.LEADFEEDER)
        await wait_until(lambda: account(pane).count() > 1)
        assert account(pane).currentText() == "Choose…"
        account(pane).setCurrentIndex(1)
        await wait_until(lambda: "Loading…" not in notes(pane))
        assert not pane.banner.text


async def test_a_search_without_what_is_required_says_so_and_starts_nothing(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as find:
        find.show_provider(Provider.LEADFEEDER)
        pane = find.pane(Provider.LEADFEEDER)
        queries: list[object] = []
        find.search_requested.connect(queries.append)
        await wait_until(lambda: account(pane).count() > 1)
        press_text(pane, "Search")
        assert "Leadfeeder needs: Account" in pane.banner.text
        account(pane).setCurrentIndex(1)
        press_text(pane, "Search")
        assert "at least one filter" in pane.banner.text
        assert queries == []
        pane.form.set_values({**pane.form.values(), "positions": ("Owner",)})
        asked = wait_signal(find.search_requested)
        press_text(pane, "Search")
        (query,) = await asked
        assert query.provider is Provider.LEADFEEDER
        assert query.many("positions") == ("Owner",)
        assert pane.banner.text == ""


async def test_without_a_key_a_card_adds_one(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server, keys={}) as services, shown(services) as find:
            pane = find.pane(Provider.TALKTOHUMANS)
            await wait_until(lambda: not pane.search_button.isVisible())
            assert "No key for TalkToHumans yet" in notes(pane)
            wanted = wait_signal(find.key_wanted)
            press_text(pane, "Add a key…")
            assert await wanted == (Provider.TALKTOHUMANS,)
            await services.credentials.save(Provider.TALKTOHUMANS, server.key)
            await services.providers.key_changed(Provider.TALKTOHUMANS)
            await wait_until(lambda: pane.search_button.isVisible())


async def test_a_service_that_cannot_name_its_accounts_says_why_and_can_be_asked_again(
    tmp_path: Path, data: DemoData
) -> None:
    with DemoServer(data) as server:
        server.fault("status", Provider.LEADFEEDER, path="/v1/accounts", status=403)
        async with live_services(tmp_path, server) as services, shown(services) as find:
            find.show_provider(Provider.LEADFEEDER)
            pane = find.pane(Provider.LEADFEEDER)
            await wait_until(lambda: any("Leadfeeder" in note and "does not" in note for note in notes(pane)))
            server.clear_faults()
            find.reload()
            await wait_until(lambda: account(pane).count() > 1)


async def test_filters_come_back_and_damage_is_ignored(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as find:
        filled = {"company_name": ["Quillmark"], "relationship_status": ["connected"]}
        find.restore_state({"talktohumans": filled})
        assert find.save_state()["talktohumans"] == filled
        wrong: list[object] = [None, [], {"talktohumans": 7}, {"talktohumans": {"company_name": 7, "gone": ["x"]}}]
        for damaged in wrong:
            find.restore_state(damaged)
        assert find.save_state()["talktohumans"] == {}
