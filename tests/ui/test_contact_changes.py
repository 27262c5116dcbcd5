import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QMenu, QPushButton

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.contact import ContactRow
from app.domain.errors import InputError
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.contact_changes import failure_lines
from app.ui.dialogs.list_dialog import ListDialog
from app.ui.dialogs.tag_dialog import TagDialog
from app.ui.main_window import MainWindow
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.rows import make_row
from tests.support.widgets import child, press, press_text
from tests.support.windows import dialog, open_window, search

pytestmark = pytest.mark.gui

HERE = "/v1/contacts"


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def tags_of(services: Services, contact_ids: Sequence[int]) -> list[tuple[str, ...]]:
    return [(await services.library.details(contact_id)).fields.tags for contact_id in contact_ids]


async def add_tag(window: MainWindow, tag: str) -> None:
    window.actions_by_key["contacts.add_tag"].trigger()
    opened = await dialog(TagDialog)
    opened.edit.set_values([tag])
    ended = wait_signal(window.changes.running_changed)
    press(opened, "tag_confirm")
    await ended


def offered(opened: TagDialog) -> list[str]:
    return [chip.text() for chip in opened.known.findChildren(QAbstractButton) if chip.isVisible()]


async def finished(window: MainWindow) -> str:
    await wait_until(lambda: not window.changes.running and bool(window.changes.banner.text))
    return window.changes.banner.text


async def test_a_tag_is_put_on_the_selection_and_taken_off_again(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane = await search(window, relationship_status="connected")
        chosen = pane.table.all_ids()[:3]
        pane.table.select_ids(chosen)
        await add_tag(window, "Rooftop party")
        assert await finished(window) == "Done: “Rooftop party” added to 3 contacts."
        assert all("Rooftop party" in tags for tags in await tags_of(services, chosen))

        window.actions_by_key["contacts.remove_tag"].trigger()
        opened = await dialog(TagDialog)
        await wait_until(lambda: "Rooftop party · 3" in offered(opened))
        press_text(opened, "Rooftop party · 3")
        press(opened, "tag_confirm")
        await wait_until(lambda: "removed" in window.changes.banner.text)
        assert not any("Rooftop party" in tags for tags in await tags_of(services, chosen))


async def test_why_a_selection_cannot_be_tagged_or_listed_stands_in_the_tooltip(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        actions = window.actions_by_key
        assert actions["contacts.add_tag"].toolTip().startswith("Select contacts first.")
        pane = await search(window, relationship_status="connected")
        pane.table.select_ids(pane.table.all_ids()[:2])
        assert actions["contacts.add_tag"].isEnabled()
        assert not actions["contacts.add_to_list"].isEnabled()
        assert (
            actions["contacts.add_to_list"]
            .toolTip()
            .startswith("Only contacts from Leadfeeder have lists; none is selected.")
        )
        in_menu = [action for menu in pane.table.findChildren(QMenu) for action in menu.actions()]
        below = [action for each in in_menu if isinstance(menu := each.menu(), QMenu) for action in menu.actions()]
        assert {actions["contacts.add_tag"], actions["contacts.remove_from_list"]} <= set[QAction](below)


async def test_contacts_that_could_not_be_changed_are_named_with_the_reason_and_can_be_selected(
    tmp_path: Path, data: DemoData
) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, open_window(services) as window:
            pane = await search(window, relationship_status="connected")
            chosen = pane.table.all_ids()[:4]
            pane.table.select_ids(chosen)
            server.fault("status", Provider.TALKTOHUMANS, method="PATCH", status=404, after=1, times=1)
            await add_tag(window, "Rooftop party")
            told = await finished(window)
            assert "“Rooftop party” added to 3 of 4 contacts. Not changed:" in told
            press_text(window.changes.banner, "Select it")
            (lost,) = pane.table.selected_rows()
            assert lost.contact_id in chosen
            assert f"• {lost.display_name}: TalkToHumans does not know" in told


async def test_stopping_says_how_far_it_came_and_another_change_waits_its_turn(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, open_window(services) as window:
            pane = await search(window, relationship_status="connected")
            pane.table.select_ids(pane.table.all_ids()[:20])
            server.fault("delay", Provider.TALKTOHUMANS, method="PATCH", seconds=30, after=1, times=None)
            await add_tag(window, "Rooftop party")
            await wait_until(lambda: bool(window.changes.strip.text))
            assert not window.actions_by_key["contacts.add_tag"].isEnabled()
            assert "is not finished yet" in window.actions_by_key["contacts.add_tag"].toolTip()
            press_text(window.changes.strip, "Stop")
            assert re.search(r"stopped after [01] of 20 contacts", await finished(window))
            assert window.changes.strip.text == ""
            assert window.actions_by_key["contacts.add_tag"].isEnabled()


async def test_contacts_go_on_a_list_that_is_made_for_them_and_come_off_again(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        leadfeeder = window.find_pane.pane(Provider.LEADFEEDER)
        await wait_until(lambda: bool(leadfeeder.form.values() or leadfeeder.form.control("account_id").isEnabled()))
        (account, *_) = await services.providers.accounts(Provider.LEADFEEDER)
        pane = await search(window, Provider.LEADFEEDER, account_id=account.account_id, positions="Manager")
        pane.table.select_ids(pane.table.all_ids()[:2])
        window.actions_by_key["contacts.add_to_list"].trigger()
        opened = await dialog(ListDialog)
        new = child(opened, QPushButton, "list_new")
        await wait_until(new.isEnabled)
        assert opened.account.currentData() == account.account_id
        press(opened, "list_new")
        opened.name_box.setText("Harbour tour")
        press(opened, "list_create")
        confirm = child(opened, QPushButton, "list_confirm")
        await wait_until(lambda: confirm.text() == "Add 2 contacts to “Harbour tour”")
        press(opened, "list_confirm")
        assert await finished(window) == "Done: “Harbour tour”: added 2 contacts."

        window.actions_by_key["contacts.remove_from_list"].trigger()
        opened = await dialog(ListDialog)
        await wait_until(lambda: opened.view.count() > 0)
        (made,) = opened.view.findItems("Harbour tour", Qt.MatchFlag.MatchExactly)
        opened.view.setCurrentItem(made)
        press(opened, "list_confirm")
        await wait_until(lambda: "removed 2 contacts" in window.changes.banner.text)


def test_failures_are_grouped_by_reason_and_long_lists_of_names_are_cut() -> None:
    rows: list[ContactRow] = [make_row(number, display_name=f"Person {number}") for number in range(1, 7)]
    errors = [*[InputError("Not known.")] * 5, InputError("Gone.", next_step="Look again.")]
    assert failure_lines(rows, errors) == [
        "• Person 1, Person 2, Person 3 and 2 more: Not known.",
        "• Person 6: Gone. Look again.",
    ]
    many = [InputError(f"Reason {number}.") for number in range(6)]
    assert failure_lines(rows, many)[-1] == "• 2 more contacts for other reasons"
