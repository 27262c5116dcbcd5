"""The rep's own work in the inspector, against real services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from app.composition import Services
from app.domain.changes import Change
from app.domain.contact import ContactDetails
from app.domain.errors import LibraryError
from app.domain.marks import ContactStatus, Marks
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.edit_value_dialog import EditValueDialog
from app.ui.dialogs.split_dialog import SplitDialog
from app.ui.panes.inspector_own_work import OwnWorkBox
from app.ui.panes.inspector_pane import InspectorPane
from app.ui.panes.inspector_values import FieldRow
from tests.support.demo_services import demo_services
from tests.support.kept_people import keep, record, two_entries_of_ada
from tests.support.widgets import child, press, press_text
from tests.support.windows import dialog

pytestmark = pytest.mark.gui


@asynccontextmanager
async def shown(services: Services, contact_id: int) -> AsyncIterator[InspectorPane]:
    pane = InspectorPane(services)
    pane.resize(320, 900)
    pane.show()
    pane.activateWindow()
    pane.show_contact(contact_id)
    try:
        await wait_until(lambda: "Source records" in words(pane))  # the last of it
        yield pane
    finally:
        await pane.shut_down()
        pane.close()
        pane.deleteLater()


async def details(services: Services, contact_id: int) -> ContactDetails:
    return await services.library.details(contact_id)


def row(pane: InspectorPane, field: str) -> FieldRow:
    return child(pane, FieldRow, f"field_{field}")


def words(pane: InspectorPane) -> list[str]:
    return [label.text() for label in pane.findChildren(QLabel) if label.isVisible()]


async def test_status_and_stars_are_given_by_menu_and_by_key(tmp_path: Path) -> None:
    (ada, *_) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        box = pane.own_work
        menu = box.status_menu()
        assert [action.text() for action in menu.actions() if action.isChecked()] == ["No status"]
        next(action for action in menu.actions() if action.text() == "To call").trigger()
        await wait_until(lambda: box.status_button.text() == "To call")
        QTest.keyClick(box.rating, Qt.Key.Key_4)
        await wait_until(lambda: box.rating.rating == 4)
        assert box.rating.accessibleName() == "Rating: 4 of 5 stars"
        QTest.keyClick(box.rating, Qt.Key.Key_Left)
        await wait_until(lambda: box.rating.rating == 3)
        marks = (await details(services, ada)).marks
        assert (marks.status, marks.rating) == (ContactStatus.TO_CALL, 3)


async def test_tags_and_lists_are_chips(tmp_path: Path) -> None:
    (ada, berit) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        await services.own_work.add_tags([berit], ["Nordics"])
        tags, lists = pane.own_work.tags, pane.own_work.lists
        QTest.mouseClick(tags.add_button, Qt.MouseButton.LeftButton)
        QTest.keyClicks(tags.box, "nordics")
        QTest.keyClick(tags.box, Qt.Key.Key_Return)
        await wait_until(lambda: tags.values() == ("Nordics",))
        QTest.keyClicks(tags.box, "R&D")
        QTest.keyClick(tags.box, Qt.Key.Key_Return)
        await wait_until(lambda: tags.values() == ("Nordics", "R&D"))
        QTest.keyClick(tags.box, Qt.Key.Key_Escape)
        assert tags.add_button.isVisible()
        chips = [each for each in tags.findChildren(QPushButton) if each.accessibleName() == "Remove tag “R&D”"]
        QTest.mouseClick(chips[0], Qt.MouseButton.LeftButton)
        await wait_until(lambda: tags.values() == ("Nordics",))
        QTest.mouseClick(lists.add_button, Qt.MouseButton.LeftButton)
        QTest.keyClicks(lists.box, "Autumn outreach")
        QTest.keyClick(lists.box, Qt.Key.Key_Return)
        await wait_until(lambda: lists.values() == ("Autumn outreach",))
        (made,) = await services.own_work.lists()
        assert (made.name, made.contacts) == ("Autumn outreach", 1)
        steps = [step.name for step in await services.own_work.steps()]
        assert steps[0] == "Make the list “Autumn outreach” of 1 contact"


async def test_notes_are_saved_on_leaving_and_are_one_step(tmp_path: Path) -> None:
    (ada, berit) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        notes = pane.own_work.notes
        QTest.keyClicks(notes, "Call in May")
        notes.commit()  # as after a pause
        await wait_until(lambda: pane.details is not None and pane.details.marks.notes == "Call in May")
        heard: list[Change] = []
        services.changes.subscribe(heard.append)
        QTest.keyClicks(notes, ", not before. ")
        pane.show_contact(berit)  # what is typed last goes with the contact it was typed for
        await wait_until(lambda: notes.toPlainText() == "" and bool(heard))
        saved = (await details(services, ada)).marks.notes
        assert saved == "Call in May, not before."
        assert [step.name for step in await services.own_work.steps()] == ["Edit the notes of 1 contact"]
        await services.own_work.undo()
        assert (await details(services, ada)).marks.notes == ""


async def test_what_is_typed_is_not_lost_on_closing(tmp_path: Path) -> None:
    (ada, _) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services:
        async with shown(services, ada) as pane:
            QTest.keyClicks(pane.own_work.notes, "Half a sen")
        assert (await details(services, ada)).marks.notes == "Half a sen"


async def test_typing_is_not_disturbed_by_changes_from_elsewhere(tmp_path: Path) -> None:
    (ada, _) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        notes = pane.own_work.notes
        QTest.keyClicks(notes, "First line")
        QTest.keyClick(notes, Qt.Key.Key_Return)
        notes.commit()
        await services.own_work.add_tags([ada], ["hot"])
        await wait_until(lambda: pane.own_work.tags.values() == ("hot",))
        assert notes.toPlainText() == "First line\n", "the line just begun stays"


async def test_a_read_older_than_the_notes_saved_puts_nothing_back_and_undoing_them_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada, *_) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        pane._changes.close()  # as if the news came late
        notes, read, answer = pane.own_work.notes, services.library.details, asyncio.Event()
        seen: list[str] = []

        async def read_late(contact_id: int) -> ContactDetails:
            found = await read(contact_id)
            seen.append(found.marks.notes)
            await answer.wait()
            return found

        monkeypatch.setattr(services.library, "details", read_late)
        pane.show_contact(ada)
        await wait_until(lambda: seen == [""])
        QTest.keyClicks(notes, "Called.")
        notes.commit()
        await wait_until(lambda: not pane._deeds.unsaved)
        texts: list[str] = []
        notes.textChanged.connect(lambda: texts.append(notes.toPlainText()))
        answer.set()
        await wait_until(lambda: seen == ["", "Called."])
        await wait_until(lambda: pane.details is not None and pane.details.marks.notes == "Called.")
        assert (notes.toPlainText(), texts) == ("Called.", [])
        await services.own_work.undo()
        pane.show_contact(ada)
        await wait_until(lambda: notes.toPlainText() == "")


async def test_notes_that_cannot_be_saved_stay_and_are_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada, berit) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:

        async def full(*_: object, **__: object) -> None:
            raise LibraryError("The disk is full.")

        with monkeypatch.context() as patch:
            patch.setattr(type(services.own_work), "set_notes", full)
            QTest.keyClicks(pane.own_work.notes, "Precious")
            pane.own_work.notes.commit()
            await wait_until(lambda: "The disk is full." in pane.banner.text)
            pane.show_contact(berit)
            await wait_until(lambda: pane.own_work.notes.toPlainText() == "")
            pane.show_contact(ada)
            await wait_until(lambda: pane.own_work.notes.toPlainText() == "Precious")
        await pane.shut_down()
        assert (await details(services, ada)).marks.notes == "Precious"


async def test_another_value_is_used_and_given_back(tmp_path: Path) -> None:
    people = two_entries_of_ada()
    low, high = await keep(tmp_path, people)
    async with demo_services(tmp_path) as services:
        await services.own_work.merge([low, high], low)
        async with shown(services, low) as pane:
            title = row(pane, "job_title")
            assert "Purchasing Director" in (await details(services, low)).row.job_title
            title.open()
            press_text(title, "Use this one")
            await wait_until(
                lambda: pane.details is not None and pane.details.choices == {"job_title": "Head of Purchasing"}
            )
            await wait_until(lambda: "Leadfeeder · 1 month ago · 1 credit · your choice" in words(pane))
            menu = title.menu()
            next(action for action in menu.actions() if action.text() == "Back to automatic").trigger()
            await wait_until(lambda: pane.details is not None and not pane.details.choices)


async def test_an_own_value_is_typed_and_checked(tmp_path: Path) -> None:
    (ada, _) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        pane.edit_field("email")
        asked = await dialog(EditValueDialog)
        box, confirm = child(asked, QLineEdit, "edit_value"), child(asked, QPushButton, "edit_confirm")
        assert box.text() == "ada@fjordwerk.example"
        box.setText("not an address")
        assert not confirm.isEnabled()
        assert "This does not look like an email address." in [label.text() for label in asked.findChildren(QLabel)]
        box.setText("ada.n@fjordwerk.example")
        press(asked, "edit_confirm")
        await wait_until(lambda: pane.details is not None and pane.details.row.email == "ada.n@fjordwerk.example")
        await wait_until(lambda: "Entered by you · just now" in words(pane))
        pane.edit_field()
        asked = await dialog(EditValueDialog)
        field = child(asked, QComboBox, "edit_field")
        field.setCurrentIndex(field.findData("email"))
        press(asked, "edit_back")
        await wait_until(lambda: pane.details is not None and pane.details.row.email == "ada@fjordwerk.example")


async def test_merged_entries_are_told_and_taken_apart(tmp_path: Path) -> None:
    low, high = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services:
        await services.own_work.merge([low, high], low)
        async with shown(services, low) as pane:
            await wait_until(lambda: "Merged from 2 entries" in words(pane))
            press_text(pane, "Take apart")
            await wait_until(lambda: "Merged from 2 entries" not in words(pane))
            assert (await details(services, high)).row.contact_id == high


async def test_a_contact_is_split_by_its_records(tmp_path: Path) -> None:
    both = [
        record(Provider.LEADFEEDER, "l-1", first_name="Ada", last_name="Norling", emails=("ada@fjordwerk.example",)),
        record(Provider.BUILDWORKPRO, "7", first_name="Adam", last_name="Norling", emails=("ada@fjordwerk.example",)),
    ]
    ada, same = await keep(tmp_path, both)
    assert ada == same
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        pane.split()
        asked = await dialog(SplitDialog)
        view, confirm = child(asked, QListWidget, "split_records"), child(asked, QPushButton, "split_confirm")
        for number in range(2):
            view.item(number).setCheckState(Qt.CheckState.Checked)
        assert not confirm.isEnabled(), "something must stay"
        view.item(1).setCheckState(Qt.CheckState.Unchecked)
        assert confirm.text() == "Split off 1 record"
        press(asked, "split_confirm")
        await wait_until(lambda: pane.details is not None and len(pane.details.records) == 1)
        assert (await services.library.stats())["contacts"] == 2


async def test_two_hundred_values_are_told_ten_at_a_time(tmp_path: Path) -> None:
    emails = tuple(f"ada{number}@fjordwerk.example" for number in range(200))
    (ada,) = await keep(tmp_path, [record(Provider.LEADFEEDER, "l-1", full_name="أحمد " * 40, emails=emails)])
    async with demo_services(tmp_path) as services, shown(services, ada) as pane:
        email = row(pane, "email")
        press_text(email, "199 more")
        uses = [each for each in email.findChildren(QPushButton) if each.text() == "Use this one" and each.isVisible()]
        assert len(uses) == 10
        press_text(email, "Show 10 of 189 more")
        uses = [each for each in email.findChildren(QPushButton) if each.text() == "Use this one"]
        assert len(uses) == 20
        assert pane.width() == 320, "a long name does not push the pane wide"


async def test_no_dialog_is_left_behind(tmp_path: Path) -> None:
    (ada, _) = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services:
        async with shown(services, ada) as pane:
            pane.edit_field()
            await dialog(EditValueDialog)
        assert not [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]
        assert not [each for each in pane.findChildren(QAbstractButton) if each.isVisible()]


def test_in_a_narrow_panel_no_star_is_out_of_sight(qtbot: QtBot) -> None:
    box = OwnWorkBox()
    qtbot.addWidget(box)
    box.show_marks(1, Marks(status=ContactStatus.NOT_INTERESTED))
    layout = box.layout()
    assert layout is not None
    for width in (400, 180):
        box.resize(width, 400)
        box.show()
        layout.activate()
        assert box.rating.geometry().right() <= width
    assert box.rating.y() >= box.status_button.geometry().bottom()
