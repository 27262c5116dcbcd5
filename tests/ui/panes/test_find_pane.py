from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.dialogs.company_dialog import CompanyDialog
from app.ui.panes.find_pane import FindPane, SearchPane
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.widgets import child, press, press_text
from tests.support.windows import dialog, standing_alone

pytestmark = pytest.mark.gui


def shown(services: Services) -> AbstractAsyncContextManager[FindPane]:
    return standing_alone(FindPane(services), 320, 800)


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


async def test_conversations_are_offered_and_an_id_can_be_typed(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as find:
        pane = find.pane(Provider.TALKTOHUMANS)
        conversations = pane.form.control("conversation_id")
        assert isinstance(conversations, QComboBox)
        await wait_until(lambda: conversations.count() > 1)
        conversations.setCurrentIndex(1)
        (chosen,) = pane.form.values()["conversation_id"]
        assert chosen == conversations.itemData(1)
        conversations.setEditText("12345")
        assert pane.form.values()["conversation_id"] == ("12345",)


async def test_a_company_is_found_in_the_chosen_account_and_shown_by_name(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as find:
        find.show_provider(Provider.LEADFEEDER)
        pane = find.pane(Provider.LEADFEEDER)
        press_text(pane, "Find company…")
        await wait_until(lambda: "Choose the Leadfeeder account" in pane.banner.text)
        await wait_until(lambda: account(pane).count() > 1)
        account(pane).setCurrentIndex(1)
        press_text(pane, "Find company…")
        company = await dialog(CompanyDialog)
        company.box.setText("Quillmark Lanterns")
        press(company, "company_find")
        await wait_until(child(company, QPushButton, "company_confirm").isEnabled)
        press(company, "company_confirm")
        await wait_until(lambda: "company_ids" in pane.form.values())
        assert pane.form.values()["company_ids"][0].isdigit()
        chips = [chip.text().strip() for chip in pane.form.control("company_ids").findChildren(QPushButton)]
        assert chips == ["Quillmark Lanterns"]


async def test_a_search_whose_rows_cost_credits_says_so_on_its_button(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as find:
        assert find.pane(Provider.TAMTAM).search_button.text() == "Search · up to 25 credits"
        find.show_provider(Provider.TAMTAM)
        assert "Each page of up to 25 people costs up to 25 credits." in notes(find.pane(Provider.TAMTAM))
        assert find.pane(Provider.BUILDWORKPRO).search_button.text() == "Search"


async def test_what_is_filled_in_is_remembered_of_searches_that_nobody_looked_at(
    tmp_path: Path, data: DemoData
) -> None:
    saved = {"tamtam": {"job_titles_includes": ["Baker", "Chef"]}}
    async with demo_services(tmp_path, data=data) as services, shown(services) as find:
        find.restore_state(saved)
        assert {name: find.save_state()[name] for name in saved} == saved
        assert find.pane(Provider.TAMTAM).form.values()["job_titles_includes"] == ("Baker", "Chef")
        assert {name: find.save_state()[name] for name in saved} == saved
