"""Enrichment over the demo services: who goes, who cannot and why, what it costs, and that it lands in the contacts."""

from pathlib import Path

import pytest

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import BatchState, EnrichField, PersonInput
from app.domain.errors import CapError, InputError
from app.domain.outcomes import Outcome
from app.services.enrichment_plan import DUPLICATE, IN_QUEUE, OWNED
from tests.support.demo_services import demo_services

EMAILS = frozenset({EnrichField.EMAILS})
BOTH = frozenset(EnrichField)


def people(data: DemoData, count: int) -> list[PersonInput]:
    return [
        PersonInput(row["first_name"], row["last_name"], row["domain"], row["company_name"], row["linkedin_url"])
        for row in people_rows(data, count)
    ]


async def test_a_plan_says_who_cannot_go_and_why_and_the_maximum(services: Services) -> None:
    given = [
        PersonInput("Ada", "Moreau", "acme.example"),
        PersonInput("Ada", "", "acme.example"),
        PersonInput("Bo", "Lind", ""),
        PersonInput("ADA", "moreau", "www.ACME.example"),
    ]
    plan = await services.enrichment.plan_people(given, BOTH)
    assert [person.last_name for person in plan.people] == ["Moreau"]
    assert plan.rows == (1,)
    assert [(row.row, row.reason) for row in plan.ineligible] == [
        (2, "Missing last name."),
        (3, "Missing company domain."),
        (4, DUPLICATE),
    ]
    assert plan.estimate.maximum == 11
    assert sum(plan.estimate.excluded.values()) == 3
    assert plan.balance_left is not None
    assert plan.balance_left > 0


async def test_nothing_is_queued_above_the_cap_or_for_nobody(services: Services) -> None:
    plan = await services.enrichment.plan_people([PersonInput("Ada", "Moreau", "acme.example")], BOTH)
    with pytest.raises(CapError):
        await services.enrichment.enqueue(plan, cap=10, origin="test")
    nobody = await services.enrichment.plan_people([PersonInput("Ada", "", "")], EMAILS)
    with pytest.raises(InputError):
        await services.enrichment.enqueue(nobody, cap=10, origin="test")
    with pytest.raises(InputError, match="Choose"):
        await services.enrichment.plan_people([], frozenset())
    assert await services.enrichment.runs() == []


async def test_results_land_in_the_library_and_the_books_equal_the_balance(services: Services, data: DemoData) -> None:
    before = await services.enrichment.accounts.refresh_balance()
    plan = await services.enrichment.plan_people(people(data, 120), BOTH)
    run_id = await services.enrichment.enqueue(plan, cap=plan.estimate.maximum, origin="people.csv")
    await services.enrichment.drain([run_id])
    run = await services.enrichment.run(run_id)
    assert [batch.state for batch in run.batches] == [BatchState.COMPLETE, BatchState.COMPLETE]
    assert set(run.counts) == {Outcome.FOUND, Outcome.NOT_FOUND, Outcome.FAILED}
    assert sum(run.counts.values()) == 240
    after = await services.enrichment.accounts.refresh_balance()
    assert before is not None
    assert after is not None
    assert run.spending.charged == before - after
    items = await services.enrichment.items(run_id)
    found = [item for item in items if item.emails]
    for item in found[:25]:  # a person sent under two spellings is one contact, with both addresses
        details = await services.library.details(item.person.contact_id or 0)
        assert details.row.email
        assert item.emails[0].address in [value.value for value in details.values]


async def test_who_is_in_the_queue_or_has_the_value_is_not_bought_again(services: Services, data: DemoData) -> None:
    given = people(data, 10)
    plan = await services.enrichment.plan_people(given, EMAILS)
    run_id = await services.enrichment.enqueue(plan, cap=100, origin="test")
    meanwhile = await services.enrichment.plan_people(given, EMAILS)
    assert {row.reason for row in meanwhile.ineligible} == {IN_QUEUE}
    await services.enrichment.drain([run_id])
    owned = [item.person.contact_id for item in await services.enrichment.items(run_id) if item.emails]
    again = await services.enrichment.plan_contacts([contact_id for contact_id in owned if contact_id], EMAILS)
    assert again.people == ()
    assert {row.reason for row in again.ineligible} == {OWNED}


async def test_the_worker_runs_by_itself_and_resumes_after_a_restart(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services:
        plan = await services.enrichment.plan_people(people(data, 5), EMAILS)
        run_id = await services.enrichment.enqueue(plan, cap=100, origin="test")
    async with demo_services(tmp_path / "profile", data=data) as services:
        services.enrichment.start()
        await services.enrichment.drain([run_id])
        assert not (await services.enrichment.run(run_id)).is_open


async def test_a_wrong_key_blocks_the_queue_and_a_right_one_frees_it(services: Services, data: DemoData) -> None:
    provider = services.enrichment.provider
    await services.credentials.save(provider, "wrong")
    plan = await services.enrichment.plan_people(people(data, 3), EMAILS)
    assert plan.balance_left is None
    run_id = await services.enrichment.enqueue(plan, cap=100, origin="test")
    with pytest.raises(Exception, match="key"):
        await services.enrichment.drain([run_id])
    assert services.enrichment.lane_note
    await services.credentials.delete(provider)
    await services.providers.key_changed(provider)
    await services.enrichment.drain([run_id])
    assert not (await services.enrichment.run(run_id)).is_open
    assert services.enrichment.lane_note == ""


async def test_the_same_file_twice_buys_only_what_was_not_found_before(services: Services, data: DemoData) -> None:
    given = people(data, 40)
    first = await services.enrichment.plan_people(given, BOTH)
    run_id = await services.enrichment.enqueue(first, cap=1000, origin="people.csv")
    await services.enrichment.drain([run_id])
    found = {
        (item.person.person_key, field)
        for item in await services.enrichment.items(run_id)
        for field, result in item.outcomes.items()
        if result.outcome is Outcome.FOUND
    }
    again = await services.enrichment.plan_people(given, BOTH)
    asked = {(person.person_key, field) for person, wanted in again.sent for field in wanted}
    assert asked.isdisjoint(found)
    assert asked | found == {(person.person_key, field) for person in first.people for field in BOTH}
    assert again.estimate.maximum < first.estimate.maximum
    assert "E-mails already in the library." in again.estimate.excluded


async def test_a_contact_with_an_address_is_asked_for_its_phone_only(services: Services, data: DemoData) -> None:
    run_id = await services.enrichment.enqueue(
        await services.enrichment.plan_people(people(data, 30), EMAILS), cap=100, origin="test"
    )
    await services.enrichment.drain([run_id])
    owners = [item.person.contact_id or 0 for item in await services.enrichment.items(run_id) if item.emails]
    without_phone = [row.contact_id for row in await services.library.rows(owners) if not row.phone]
    plan = await services.enrichment.plan_contacts(without_phone, BOTH)
    assert set(plan.wanted) == {frozenset({EnrichField.PHONES})}
    assert plan.estimate.maximum == 10 * len(plan.people)
