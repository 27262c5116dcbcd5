"""The rep's own work on selected contacts, and the way back, in the real window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView, QListWidget, QMenu, QPushButton

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.marks import ContactStatus
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.edit_value_dialog import EditValueDialog
from app.ui.dialogs.merge_dialog import MergeDialog
from app.ui.dialogs.name_dialog import NameDialog
from app.ui.dialogs.own_list_dialog import OwnListDialog
from app.ui.dialogs.own_lists_dialog import OwnListsDialog
from app.ui.dialogs.own_tag_dialog import OwnTagDialog
from app.ui.main_window import MainWindow
from app.ui.panes.history_pane import HistoryPane
from app.ui.panes.results_pane import ResultsPane
from tests.support.demo_services import demo_services
from tests.support.kept_people import keep, two_entries_of_ada
from tests.support.widgets import child, press, press_text, question
from tests.support.windows import dialog, open_window, search

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def selected(window: MainWindow, number: int) -> tuple[ResultsPane, list[int]]:
    """A search with its first rows selected."""
    pane = await search(window, Provider.TALKTOHUMANS, relationship_status="any")
    ids = pane.table.all_ids()[:number]
    pane.table.select_ids(ids)
    return pane, ids


def do(window: MainWindow, key: str) -> None:
    action = window.actions_by_key[key]
    assert action.isEnabled(), action.toolTip()
    action.trigger()


async def steps(services: Services) -> list[str]:
    return [step.name for step in await services.own_work.steps() if not step.undone]


async def told(window: MainWindow, words: str) -> None:
    await wait_until(lambda: words in window.status.message)


async def test_actions_say_why_they_cannot_be_chosen(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        actions = window.actions_by_key
        assert actions["own.add_tag"].toolTip().startswith("Select contacts first.")
        assert actions["edit.undo"].toolTip().startswith("There is nothing to undo.")
        await selected(window, 3)
        assert actions["own.add_tag"].isEnabled()
        assert actions["own.edit"].toolTip().startswith("Select one contact.")
        assert actions["own.merge"].isEnabled()
        assert actions["own.remove"].text() == "Remove 3 contacts from library"


async def test_they_are_in_the_menus_the_palette_and_the_rows(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane, _ = await selected(window, 1)
        titles = {entry.title for entry in window.actions_by_key}
        for title in ("Contacts: Status: To call", "Contacts: Rating: 5 stars", "Contacts: Tags: Add tag…"):
            assert title in titles
        in_rows = [action.text() for action in pane.table.menu.actions()]
        for words in ("Status", "Rating", "Tags", "Lists", "Edit a field…", "Merge contacts…", "Remove from library"):
            assert words in in_rows
        tags = window.actions_by_key.menu("&Contacts/Tags")
        texts = [action.text() for action in tags.actions() if action.text()]
        assert texts == ["Add tag…", "Remove tag…", "Add TalkToHumans tag…", "Remove TalkToHumans tag…"]
        assert isinstance(tags, QMenu)


async def test_status_and_rating_of_many_at_once(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        _, ids = await selected(window, 5)
        do(window, "own.status.to_call")
        await told(window, "Done: Mark 5 contacts as “To call”. Ctrl+Z undoes it.")
        do(window, "own.rating.4")
        await told(window, "Rate 5 contacts with 4 stars")
        rows = await services.library.rows(ids)
        assert {(row.status, row.rating) for row in rows} == {(ContactStatus.TO_CALL, 4)}
        do(window, "own.rating.4")
        await told(window, "Nothing to change")


async def test_tags_are_added_and_removed(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        _, ids = await selected(window, 3)
        do(window, "own.add_tag")
        asked = await dialog(OwnTagDialog)
        box = child(asked.edit, QLineEdit, "")
        QTest.keyClicks(box, "R&D")
        QTest.keyClick(box, Qt.Key.Key_Return)
        confirm = child(asked, QPushButton, "own_tag_confirm")
        assert confirm.accessibleName() == "Add “R&D” to 3 contacts"
        QTest.keyClick(box, Qt.Key.Key_Return)  # Enter in the empty box: that was all
        await told(window, "Tag 3 contacts “R&D”")
        do(window, "own.remove_tag")
        asked = await dialog(OwnTagDialog)
        await wait_until(lambda: any(chip.isVisible() for chip in asked.known.findChildren(QPushButton)))
        press_text(asked, "R&&D · 3")
        press(asked, "own_tag_confirm")
        await told(window, "Take “R&D” from 3 contacts")
        assert {row.tags for row in await services.library.rows(ids)} == {()}


async def test_lists_are_made_filled_and_emptied(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        _, ids = await selected(window, 3)
        do(window, "own.add_to_list")
        chooser = await dialog(OwnListDialog)
        await wait_until(lambda: child(chooser, QListWidget, "own_list_lists").count() > 0)
        QTest.keyClicks(chooser.name_box, "Autumn")
        confirm = child(chooser, QPushButton, "own_list_confirm")
        assert confirm.text() == "Put 3 contacts on “Autumn”"
        press(chooser, "own_list_confirm")
        await told(window, "Make the list “Autumn” of 3 contacts")
        do(window, "own.new_list")
        named = await dialog(NameDialog)
        named.box.setText("autumn")
        assert not named.confirm.isEnabled(), "there is one of that name"
        named.box.setText("Spring")
        press(named, "name_confirm")
        await told(window, "Make the list “Spring” of 3 contacts")
        do(window, "own.remove_from_list")
        chooser = await dialog(OwnListDialog)
        view = child(chooser, QListWidget, "own_list_lists")
        await wait_until(lambda: view.count() == 2)
        assert view.item(0).text() == "Autumn  ·  3 of the selected contacts"
        press(chooser, "own_list_confirm")
        await told(window, "Take 3 contacts off the list “Autumn”")
        assert [(each.name, each.contacts) for each in await services.own_work.lists()] == [
            ("Autumn", 0),
            ("Spring", 3),
        ]
        assert {mark.list_id for mark in (await services.library.details(ids[0])).marks.lists} == {2}


async def test_lists_are_renamed_and_deleted_and_come_back(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await services.own_work.create_list("Autumn")
        do(window, "own.lists")
        asked = await dialog(OwnListsDialog)
        await wait_until(lambda: asked.view.count() == 1)
        press(asked, "own_lists_rename")
        named = await dialog(NameDialog)
        named.box.setText("Winter")
        press(named, "name_confirm")
        await wait_until(lambda: asked.view.item(0).text().startswith("Winter"))
        press(asked, "own_lists_delete")
        await wait_until(lambda: asked.view.count() == 0)
        assert "“Winter” is deleted." in asked.banner.text
        press_text(asked.banner, "Undo")
        await wait_until(lambda: asked.view.count() == 1)
        press(asked, "own_lists_close")


async def test_a_field_is_edited_by_f2(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        _, ids = await selected(window, 1)
        do(window, "own.edit")
        asked = await dialog(EditValueDialog)
        asked.value.setText("someone@fjordwerk.example")
        press(asked, "edit_confirm")
        await told(window, "Pick the e-mail address")
        assert (await services.library.rows(ids))[0].email == "someone@fjordwerk.example"


async def test_contacts_are_merged_and_a_contradiction_is_told(tmp_path: Path, data: DemoData) -> None:
    low, high = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await selected(window, 2)
        do(window, "own.merge")
        asked = await dialog(MergeDialog)
        press(asked, "merge_confirm")
        await wait_until(lambda: "These contacts cannot be merged" in asked.banner.text)
        asked.reject()
        table = window.library.table
        window.show_tab(window.library)
        await wait_until(lambda: {low, high} <= set(table.all_ids()))
        table.select_ids([low, high])
        await wait_until(window.actions_by_key["own.merge"].isEnabled)
        do(window, "own.merge")
        asked = await dialog(MergeDialog)
        assert asked.choices.checkedId() == low
        asked.choices.button(high).click()
        press(asked, "merge_confirm")
        await told(window, "Merge 2 contacts")
        assert {row.contact_id for row in await services.library.rows([low, high])} == {high}


async def test_removed_contacts_come_back_by_the_banner(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane, ids = await selected(window, 3)
        before = (await services.library.stats())["contacts"]
        window.activateWindow()
        QTest.keyClick(window.find_pane, Qt.Key.Key_Delete)
        assert window.own_work.banner.text == "", "elsewhere the key means something else"
        pane.table.view.setFocus()
        await wait_until(pane.table.view.hasFocus)
        QTest.keyClick(pane.table.view, Qt.Key.Key_Delete)
        await wait_until(lambda: "Removed 3 contacts from the library." in window.own_work.banner.text)
        assert (await services.library.details(ids[0])).removed
        await wait_until(lambda: window.history.to_undo is not None)
        press_text(window.own_work.banner, "Undo")
        await told(window, "Undone: Remove 3 contacts")
        assert (await services.library.stats())["contacts"] == before
        assert not (await services.library.details(ids[0])).removed


async def test_the_banner_of_a_removal_goes_with_the_next_step(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        _, ids = await selected(window, 2)
        do(window, "own.remove")
        await wait_until(lambda: "Removed 2 contacts" in window.own_work.banner.text)
        await services.own_work.add_tags(ids, ["hot"])
        await wait_until(lambda: window.own_work.banner.text == "")


async def test_removing_many_asks_first(tmp_path: Path, data: DemoData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ui.own_work_actions.MANY", 2)
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await selected(window, 3)
        do(window, "own.remove")
        asked = await question(window)
        assert asked.text() == "Remove 3 contacts from the library?"
        asked.reject()
        await wait_until(lambda: not asked.isVisible())
        assert await steps(services) == []


async def test_undo_and_redo_name_their_step_and_survive_in_the_menu(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        undo, redo = window.actions_by_key["edit.undo"], window.actions_by_key["edit.redo"]
        _, ids = await selected(window, 2)
        await services.own_work.add_tags(ids, ["R&D"])
        await wait_until(lambda: undo.text() == "Undo: Tag 2 contacts “R&&D”")
        assert not redo.isEnabled()
        QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        await wait_until(lambda: redo.text() == "Redo: Tag 2 contacts “R&&D”")
        assert not undo.isEnabled()
        QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        await wait_until(undo.isEnabled)
        assert await steps(services) == ["Tag 2 contacts “R&D”"]


async def test_text_that_is_edited_keeps_its_own_undo(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane, ids = await selected(window, 2)
        await services.own_work.add_tags(ids, ["hot"])
        await wait_until(window.actions_by_key["edit.undo"].isEnabled)
        box = pane.table.filter_box
        window.activateWindow()
        box.setFocus()
        await wait_until(box.hasFocus)
        QTest.keyClicks(box, "ada")
        QTest.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert box.text() == ""
        QTest.keyClick(box, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert box.text() == "ada"
        assert await steps(services) == ["Tag 2 contacts “hot”"], "the tag is still there"


async def test_the_history_leads_to_any_step(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        _, ids = await selected(window, 2)
        pane = window.findChild(HistoryPane)
        assert isinstance(pane, HistoryPane)
        window.docks.bring_forward("History")
        for tag in ("one", "two", "three"):
            await services.own_work.add_tags(ids, [tag])
        view = child(pane, QListView, "history_steps")
        await wait_until(lambda: view.model().rowCount() == 4)
        names = [pane.model.data(pane.model.index(row, 0)) for row in range(4)]
        assert names[-1] == "Before these steps"
        assert pane.sentence == ""
        view.setCurrentIndex(pane.model.index(2, 0))
        assert pane.sentence == "Undoes 2 steps: Tag 2 contacts “three”; Tag 2 contacts “two”."
        QTest.keyClick(view, Qt.Key.Key_Return)
        await told(window, "Undone: 2 steps")
        await wait_until(lambda: pane.model.present_row() == 2)
        assert (await services.library.rows(ids))[0].tags == ("one",)
        spoken = pane.model.data(pane.model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
        assert str(spoken).endswith("Undone")
        view.setCurrentIndex(pane.model.index(0, 0))
        assert pane.sentence.startswith("Does again 2 steps: Tag 2 contacts “two”")
        press(pane, "history_go")
        await told(window, "Done again: 2 steps")
        await wait_until(lambda: pane.model.present_row() == 0)
        view.setCurrentIndex(pane.model.index(3, 0))
        press(pane, "history_go")
        await wait_until(lambda: pane.model.present_row() == 3)
        press(pane, "history_redo")
        await told(window, "Done again: Tag 2 contacts “one”")


async def test_an_empty_history_says_what_it_is_for(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane = window.findChild(HistoryPane)
        assert isinstance(pane, HistoryPane)
        assert not window.docks["History"].isVisible()
        window.actions_by_key["view.history"].trigger()
        assert window.docks["History"].isVisible()
        assert not child(pane, QPushButton, "history_undo").isEnabled()


async def test_the_history_comes_to_the_front_and_goes_from_there(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        history, contact = window.docks["History"], window.docks["Contact"]
        action = window.actions_by_key["view.history"]
        action.trigger()
        await wait_until(lambda: not history.widget().visibleRegion().isEmpty())
        window.docks.bring_forward("Contact")
        await wait_until(lambda: not contact.widget().visibleRegion().isEmpty())
        action.trigger()
        await wait_until(lambda: not history.widget().visibleRegion().isEmpty())
        assert action.isChecked()
        action.trigger()
        assert history.isHidden()
        assert not action.isChecked()
        window.docks.bring_forward("History")
        assert action.isChecked()


async def test_the_history_is_there_after_a_restart(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await selected(window, 2)
        do(window, "own.status.called")
        await told(window, "Mark 2 contacts as “Called”")
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await wait_until(lambda: window.actions_by_key["edit.undo"].text() == "Undo: Mark 2 contacts as “Called”")
        do(window, "edit.undo")
        await told(window, "Undone: Mark 2 contacts as “Called”")
