import asyncio
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QTableView, QWidget

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import EnrichField, PersonInput
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.domain_editor import DomainEditor
from app.ui.dialogs.enrich_dialog import EnrichDialog, run_enrich_dialog
from app.ui.dialogs.enrich_source import ContactSource, PeopleSource
from tests.support.demo_services import demo_services
from tests.support.widgets import child, press

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


@pytest.fixture
def window(qapp: object) -> QWidget:
    window = QWidget()
    window.show()
    return window


async def some_contacts(services: Services) -> list[int]:
    query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
    page = await services.search.start(query).next_page()
    return list(dict.fromkeys(row.contact_id for row in page.rows))


async def opened(window: QWidget) -> EnrichDialog:
    await wait_until(lambda: any(dialog.isVisible() for dialog in window.findChildren(EnrichDialog)))
    dialog = window.findChildren(EnrichDialog)[-1]
    await wait_until(lambda: "at most" in child(dialog, QPushButton, "enrich_confirm").text())
    return dialog


async def test_one_confirmation_names_the_most_it_may_cost_and_queues(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        contacts = await some_contacts(services)
        plan = await services.enrichment.plan_contacts(contacts, [EnrichField.EMAILS])
        assert plan.ineligible, "the sample needs somebody who cannot go"
        task = asyncio.create_task(run_enrich_dialog(window, services, ContactSource(services, contacts, "Quillmark")))
        dialog = await opened(window)
        assert dialog.isModal()
        assert child(dialog, QCheckBox, "enrich_emails").isChecked()
        assert not child(dialog, QCheckBox, "enrich_phones").isChecked()
        confirm = child(dialog, QPushButton, "enrich_confirm")
        people = len(plan.people)
        assert confirm.text() == f"Enrich {people} people for at most {people} credits"
        model = child(dialog, QTableView, "enrich_ineligible").model()
        reasons = [model.index(row, 2).data() for row in range(model.rowCount())]
        assert reasons == [row.reason for row in plan.ineligible]
        press(dialog, "enrich_confirm")
        run_id = await task
        assert run_id is not None
        run = await services.enrichment.run(run_id)
        assert (run.people, run.fields, run.spending.cap) == (people, frozenset({EnrichField.EMAILS}), 500)


async def test_above_the_cap_it_cannot_be_confirmed_and_says_why(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        contacts = await some_contacts(services)
        task = asyncio.create_task(run_enrich_dialog(window, services, ContactSource(services, contacts, "Quillmark")))
        dialog = await opened(window)
        confirm = child(dialog, QPushButton, "enrich_confirm")
        people = int(confirm.text().split()[1])
        child(dialog, QCheckBox, "enrich_phones").click()
        await wait_until(lambda: confirm.text() == f"Enrich {people} people for at most {11 * people} credits")
        dialog.cap.setValue(11 * people - 1)
        assert not confirm.isEnabled()
        assert any(
            label.isVisible() and f"more than the cap of {11 * people - 1}" in label.text()
            for label in dialog.findChildren(QLabel)
        )
        dialog.cap.setValue(11 * people)
        assert confirm.isEnabled()
        press(dialog, "enrich_cancel")
        assert await task is None
        assert await services.enrichment.runs() == []


async def test_without_a_field_there_is_nothing_to_confirm(tmp_path: Path, data: DemoData, window: QWidget) -> None:
    async with demo_services(tmp_path, data=data) as services:
        contacts = await some_contacts(services)
        task = asyncio.create_task(run_enrich_dialog(window, services, ContactSource(services, contacts, "Quillmark")))
        dialog = await opened(window)
        child(dialog, QCheckBox, "enrich_emails").click()
        assert not child(dialog, QPushButton, "enrich_confirm").isEnabled()
        assert any("Choose e-mails, phones, or both." in label.text() for label in dialog.findChildren(QLabel))
        dialog.reject()
        assert await task is None


async def test_contacts_that_are_queued_already_cannot_go_twice(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        contacts = await some_contacts(services)
        plan = await services.enrichment.plan_contacts(contacts, [EnrichField.EMAILS])
        await services.enrichment.enqueue(plan, cap=500, origin="")
        task = asyncio.create_task(run_enrich_dialog(window, services, ContactSource(services, contacts, "Quillmark")))
        await wait_until(lambda: bool(window.findChildren(EnrichDialog)))
        dialog = window.findChildren(EnrichDialog)[-1]
        await wait_until(
            lambda: any(
                "None of these contacts can be enriched" in label.text() for label in dialog.findChildren(QLabel)
            )
        )
        assert not child(dialog, QPushButton, "enrich_confirm").isEnabled()
        dialog.reject()
        assert await task is None


async def test_missing_domains_are_filled_in_from_the_dialog_and_the_plan_follows(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    people = [
        PersonInput("Ada", "Lark", "", "Lark Tools"),
        PersonInput("Bo", "Finch", "", "Lark  tools"),
        PersonInput("Cy", "Wren", "wren.example"),
    ]
    async with demo_services(tmp_path, data=data) as services:
        task = asyncio.create_task(run_enrich_dialog(window, services, PeopleSource(services, people, "people.csv")))
        dialog = await opened(window)
        confirm = child(dialog, QPushButton, "enrich_confirm")
        assert confirm.text() == "Enrich 1 person for at most 1 credit"
        assert child(dialog, QPushButton, "enrich_fill_in").text() == "2 have no company domain: fill in…"
        press(dialog, "enrich_fill_in")
        await wait_until(lambda: any(each.isVisible() for each in dialog.findChildren(DomainEditor)))
        editor = dialog.findChildren(DomainEditor)[-1]
        editor.model.paste("lark.example", 0)
        press(editor, "domain_confirm")
        await wait_until(lambda: confirm.text() == "Enrich 3 people for at most 3 credits")
        press(dialog, "enrich_confirm")
        run_id = await task
        assert run_id is not None
        assert (await services.enrichment.run(run_id)).origin == "people.csv"
        domains = [item.person.domain for item in await services.enrichment.items(run_id)]
        assert domains == ["lark.example", "lark.example", "wren.example"]


async def test_what_is_owned_is_shown_with_its_age_and_bought_again_only_on_request(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        source = PeopleSource(services, people_of(data, 6), "people.csv")
        run_id = await services.enrichment.enqueue(
            await source.plan([EnrichField.EMAILS], refresh=False), cap=500, origin=""
        )
        await services.enrichment.drain([run_id])
        found = sum(bool(item.emails) for item in await services.enrichment.items(run_id))
        task = asyncio.create_task(run_enrich_dialog(window, services, source))
        await wait_until(lambda: any(each.isVisible() for each in window.findChildren(EnrichDialog)))
        dialog = window.findChildren(EnrichDialog)[-1]
        refresh = child(dialog, QCheckBox, "enrich_refresh")
        await wait_until(refresh.isVisible)
        assert not refresh.isChecked()
        assert f"{found} value" in refresh.text()
        owned = child(dialog, QTableView, "enrich_owned").model()
        assert [owned.index(row, 3).data() for row in range(owned.rowCount())] == ["today"] * found
        refresh.click()
        confirm = child(dialog, QPushButton, "enrich_confirm")
        await wait_until(lambda: confirm.text() == "Enrich 6 people for at most 6 credits")
        press(dialog, "enrich_cancel")
        assert await task is None


async def test_a_sample_is_tried_first_and_the_days_cap_is_kept(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    async with demo_services(tmp_path, data=data) as services:
        source = PeopleSource(services, people_of(data, 40), "people.csv")
        task = asyncio.create_task(run_enrich_dialog(window, services, source))
        dialog = await opened(window)
        child(dialog, QCheckBox, "enrich_sample").click()
        assert dialog.day_cap.text() == "No cap"
        dialog.day_cap.setValue(0)
        assert any("0 of 0 credits left today" in label.text() for label in dialog.findChildren(QLabel))
        dialog.day_cap.setValue(30)
        confirm = child(dialog, QPushButton, "enrich_confirm")
        assert confirm.text() == "Try 25 people for at most 25 credits"
        assert any(
            "30 of 30 credits left today" in label.text() and "waits until tomorrow" in label.text()
            for label in dialog.findChildren(QLabel)
        )
        press(dialog, "enrich_confirm")
        run_id = await task
        assert run_id is not None
        assert (await services.enrichment.run(run_id)).held_people == 15
        assert services.settings.load().day_cap == 30


def people_of(data: DemoData, number: int) -> list[PersonInput]:
    return [
        PersonInput(row["first_name"], row["last_name"], row["domain"], linkedin_url=row["linkedin_url"])
        for row in people_rows(data, number)
    ]


async def test_domains_that_were_filled_in_once_are_known_to_the_next_file(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        await services.domains.set_domains({"name:lark tools": "lark.example"})
        people = [PersonInput("Ada", "Lark", "", "Lark Tools"), PersonInput("Bo", "Finch", "", "")]
        source = PeopleSource(services, people, "people.csv")
        plan = await source.plan([EnrichField.EMAILS], refresh=False)
        assert [person.domain for person in plan.people] == ["lark.example"]
        assert await source.missing_domains() == []
