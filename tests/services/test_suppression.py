"""The do-not-contact list in the main job: plans, submits and exports hold themselves to it."""

import csv
import logging
from pathlib import Path

import pytest

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import EnrichField, PersonInput
from app.domain.errors import InputError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.services.enrichment_plan import SUPPRESSED, Exclusion
from app.services.export import ExportReport

EMAILS = frozenset({EnrichField.EMAILS})


async def some_contacts(services: Services) -> list[int]:
    query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
    page = await services.search.start(query).next_page()
    return list(dict.fromkeys(row.contact_id for row in page.rows))


async def test_suppressed_people_have_their_own_count_in_the_estimate(services: Services, data: DemoData) -> None:
    people = [
        PersonInput(row["first_name"], row["last_name"], row["domain"], linkedin_url=row["linkedin_url"])
        for row in people_rows(data, 3)
    ]
    await services.suppression.add_text(f"{people[0].linkedin_url}\n{people[1].domain}")
    plan = await services.enrichment.plan_people(people, EMAILS)
    named = [person for person in people if person.linkedin_url == people[0].linkedin_url]
    named += [person for person in people if person.domain == people[1].domain and person not in named]
    assert plan.excluded_by_kind == {Exclusion.SUPPRESSED: len(named)}
    assert plan.estimate.excluded == {SUPPRESSED: len(named)}
    assert plan.estimate.maximum == len(people) - len(named)
    assert plan.ineligible[0].reason.startswith("Do not contact: LinkedIn ")


async def test_a_run_that_was_queued_before_sends_them_no_more(services: Services, data: DemoData) -> None:
    rows = people_rows(data, 4)
    people = [PersonInput(row["first_name"], row["last_name"], row["domain"]) for row in rows]
    plan = await services.enrichment.plan_people(people, EMAILS)
    run_id = await services.enrichment.enqueue(plan, cap=10, origin="test")
    await services.suppression.add_text(rows[0]["domain"])
    await services.enrichment.drain()
    run = await services.enrichment.run(run_id)
    left = sum(row["domain"] == rows[0]["domain"] for row in rows)
    assert run.counts[Outcome.SUPPRESSED] == left
    assert sum(run.counts.values()) == 4
    assert run.spending.reserved == 0


async def test_contacts_are_put_on_the_list_by_what_is_known_of_them(services: Services) -> None:
    contacts = await some_contacts(services)
    report = await services.suppression.add_contacts(contacts[:2], note="asked")
    assert report.added >= 2
    assert report.unnamed == ()
    assert set(await services.suppression.contacts(contacts)) == set(contacts[:2])
    history = (await services.library.details(contacts[0])).history
    assert "Put on the do-not-contact list." in {event.text for event in history}
    plan = await services.enrichment.plan_contacts(contacts[:2], EMAILS)
    assert plan.people == ()
    steps = await services.own_work.steps()
    assert "do-not-contact" in steps[0].name
    await services.own_work.undo()
    assert await services.suppression.contacts(contacts) == {}


async def test_an_export_leaves_them_out_says_so_and_notes_who_went(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    contacts = await some_contacts(services)
    await services.suppression.add_contacts(contacts[:1])
    path = tmp_path / "out.csv"
    assert await services.export.suppressed(contacts) == 1
    report = await services.export.export_csv(contacts, path)
    assert report == ExportReport(path, len(contacts) - 1, left_out=1)
    with caplog.at_level(logging.INFO):
        report = await services.export.export_csv(contacts, path, include_suppressed=True)
    assert report == ExportReport(path, len(contacts), overridden=1)
    assert "1 contacts on the do-not-contact list were exported by explicit choice" in caplog.text
    with path.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(contacts)
    first, second = [
        [event.text for event in (await services.library.details(each)).history if "Exported" in event.text]
        for each in contacts[:2]
    ]
    assert first == ["Exported to “out.csv”, though on the do-not-contact list."]
    assert second == ["Exported to “out.csv”."] * 2
    with pytest.raises(InputError, match="Everybody"):
        await services.export.export_csv(contacts[:1], path)


async def test_a_list_without_a_name_on_it_changes_nothing(services: Services, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names anybody"):
        await services.suppression.add_text("hello\nthere")
    source = tmp_path / "list.csv"
    source.write_text("email,reason\nada@acme.example,asked\nnot one,\n", encoding="utf-8")
    report = await services.suppression.import_file(source)
    assert (report.added, report.known, len(report.problems)) == (1, 0, 1)
    assert (await services.suppression.import_file(source)).known == 1
    assert await services.suppression.people([PersonInput("Ada", "Hart", "other.example")]) == {}
