"""What is known is not bought again, however it is spelt; samples, retries, domains and the ledger."""

import csv
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import BatchState, EnrichField, LedgerFilter, LedgerKind, PersonInput, Submission
from app.domain.errors import InputError, LibraryError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.suppression import SuppressionEntry, SuppressionKind
from app.services.enrichment_plan import REMOVED, Exclusion
from app.storage.database import Database
from app.storage.library import LibraryRepository
from tests.storage.builders import make_record
from tests.support.demo_services import demo_services

EMAILS = frozenset({EnrichField.EMAILS})
PHONES = frozenset({EnrichField.PHONES})
BOTH = frozenset(EnrichField)
PROFILE = "https://www.linkedin.com/in/ada-moreau"


def people(data: DemoData, count: int) -> list[PersonInput]:
    return [
        PersonInput(row["first_name"], row["last_name"], row["domain"], row["company_name"], row["linkedin_url"])
        for row in people_rows(data, count)
    ]


async def test_one_person_with_and_without_a_profile_is_sent_once(services: Services) -> None:
    ada = PersonInput("Ada", "Moreau", "acme.example", linkedin_url="https://www.linkedin.com/in/ada-moreau")
    other = replace(ada, linkedin_url="https://www.linkedin.com/in/another-ada")
    plan = await services.enrichment.plan_people([ada, replace(ada, linkedin_url=""), other], EMAILS)
    assert plan.rows == (1, 3)  # two profiles are two people, whatever they are called
    assert plan.excluded_by_kind == {Exclusion.DUPLICATE: 1}
    run_id = await services.enrichment.enqueue(plan, cap=10, origin="")
    again = await services.enrichment.plan_people([replace(ada, linkedin_url="")], EMAILS)
    assert again.excluded_by_kind == {Exclusion.IN_QUEUE: 1}
    await services.enrichment.drain([run_id])


async def test_what_the_library_knows_of_a_typed_person_is_served_with_its_age(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    folder.mkdir()
    database = await Database.open(folder / "library.sqlite3")
    fetched = datetime(2026, 1, 5, tzinfo=UTC)
    await LibraryRepository(database).save(
        [
            make_record(
                "7",
                first_name="Ada",
                last_name="Moreau",
                company_domain="acme.example",
                email="ada@acme.example",
                at=fetched,
            )
        ]
    )
    await database.close()
    async with demo_services(folder) as services:
        ada = PersonInput("ada", "MOREAU", "www.acme.example")
        plan = await services.enrichment.plan_people([ada], BOTH)
        assert plan.wanted == (frozenset({EnrichField.PHONES}),)
        assert [(value.value, value.at) for value in plan.owned] == [("ada@acme.example", fetched)]
        assert plan.people[0].contact_id is not None
        refresh = await services.enrichment.plan_people([ada], BOTH, refresh=True)
        assert (refresh.wanted, refresh.estimate.maximum) == ((BOTH,), 11)


async def test_a_contact_that_waits_is_not_sent_again_whatever_is_shown_of_it_by_then(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    folder.mkdir()
    database = await Database.open(folder / "library.sqlite3")
    ids = await LibraryRepository(database).save(
        [
            make_record("7", provider=provider, first_name="Ada", last_name=last_name, company_name="Acme")
            for provider, last_name in ((Provider.LEADFEEDER, "Moreau"), (Provider.TALKTOHUMANS, "Moreau-Petit"))
        ]
    )
    await database.close()
    async with demo_services(folder) as services:
        first, other = ids
        (company,) = await services.domains.missing_domains(ids)
        await services.domains.set_domains({company.key: "acme.example"})
        plan = await services.enrichment.plan_contacts([first], EMAILS)
        run_id = await services.enrichment.enqueue(plan, cap=1, origin="")

        await services.domains.set_domains({company.key: "acme-group.example"})
        again = await services.enrichment.plan_contacts([first], EMAILS)
        assert again.excluded_by_kind == {Exclusion.IN_QUEUE: 1}
        stale = await services.enrichment.plan_contacts([other], EMAILS)
        assert len(stale.people) == 1

        await services.own_work.merge([first, other], survivor_id=other)
        merged = await services.enrichment.plan_contacts([other], EMAILS)
        assert merged.excluded_by_kind == {Exclusion.IN_QUEUE: 1}
        with pytest.raises(LibraryError, match="already in the enrichment queue"):
            await services.enrichment.enqueue(stale, cap=1, origin="")
        await services.enrichment.drain([run_id])


async def test_who_was_removed_is_bought_only_when_named_anew(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    folder.mkdir()
    database = await Database.open(folder / "library.sqlite3")
    ids = await LibraryRepository(database).save(
        [
            make_record(
                "1", first_name="Ada", last_name="Moreau", company_domain="acme.example", email="ada@acme.example"
            ),
            make_record("2", first_name="Bo", last_name="Stays", company_domain="acme.example"),
        ]
    )
    await database.close()
    async with demo_services(folder) as services:
        enrichment = services.enrichment
        stale = await enrichment.plan_contacts(ids, PHONES)
        await services.own_work.remove(ids[:1])
        plan = await enrichment.plan_contacts(ids, PHONES)
        assert [person.contact_id for person in plan.people] == ids[1:]
        assert plan.excluded_by_kind == {Exclusion.REMOVED: 1}
        assert plan.estimate.excluded == {REMOVED: 1}
        assert plan.estimate.maximum == 10
        # The selection was planned before, and the rep agrees to it afterwards.
        run_id = await enrichment.enqueue(stale, cap=20, origin="")
        await enrichment.drain([run_id])
        first, second = await enrichment.items(run_id)
        assert first.outcomes[EnrichField.PHONES].outcome is Outcome.CANCELLED
        assert "Removed from the library" in first.outcomes[EnrichField.PHONES].reason
        assert second.outcomes[EnrichField.PHONES].outcome is not Outcome.CANCELLED
        report = await enrichment.sample_report(run_id)
        assert (report.people, report.answered) == (2, {EnrichField.PHONES: 1})
        # A file that names them asks for them, and what is owned is still not bought again.
        named = await enrichment.plan_people([PersonInput("ada", "MOREAU", "acme.example")], BOTH)
        assert named.wanted == (PHONES,)
        assert [value.value for value in named.owned] == ["ada@acme.example"]
        assert await services.library.removed(ids) == {ids[0]}, "nothing happens before the rep agrees"
        run_id = await enrichment.enqueue(named, cap=10, origin="")
        assert await services.library.removed(ids) == set()
        details = await services.library.details(ids[0])
        assert "Back in the library: named again, to be enriched." in [event.text for event in details.history]
        await enrichment.drain([run_id])
        (item,) = await enrichment.items(run_id)
        assert item.person.contact_id == ids[0]
        assert item.outcomes[EnrichField.PHONES].outcome not in (Outcome.CANCELLED, Outcome.QUEUED)


@pytest.fixture
async def removed_ada(tmp_path: Path) -> AsyncIterator[Services]:
    """Services whose library has Ada, known by more than a file says of her, and removed by the rep."""
    folder = tmp_path / "profile"
    folder.mkdir()
    database = await Database.open(folder / "library.sqlite3")
    ids = await LibraryRepository(database).save(
        [make_record("1", first_name="Ada", last_name="Moreau", company_domain="acme.example", linkedin_url=PROFILE)]
    )
    await database.close()
    async with demo_services(folder) as services:
        await services.own_work.remove(ids)
        yield services


async def test_who_was_removed_and_is_named_in_two_ways_is_bought_once(removed_ada: Services) -> None:
    enrichment = removed_ada.enrichment
    first = await enrichment.plan_people([PersonInput("Ada", "Moreau", "acme.example")], PHONES)
    run_id = await enrichment.enqueue(first, cap=10, origin="")
    named = [PersonInput("Ada", "Moreau", "acme-group.example", linkedin_url=PROFILE)]
    again = await enrichment.plan_people(named, PHONES)
    assert again.excluded_by_kind == {Exclusion.IN_QUEUE: 1}
    await enrichment.drain([run_id])


async def test_who_was_named_anew_and_put_on_the_list_then_is_not_bought(removed_ada: Services) -> None:
    enrichment = removed_ada.enrichment
    plan = await enrichment.plan_people([PersonInput("Ada", "Moreau", "acme.example")], PHONES)
    run_id = await enrichment.enqueue(plan, cap=10, origin="")
    await removed_ada.suppression.add([SuppressionEntry(SuppressionKind.LINKEDIN, "ada-moreau")])
    await enrichment.drain([run_id])
    (item,) = await enrichment.items(run_id)
    assert item.outcomes[EnrichField.PHONES].outcome is Outcome.SUPPRESSED
    assert (await enrichment.run(run_id)).spending.charged == 0


async def test_a_retry_leaves_out_who_was_removed_until_that_is_undone(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    folder.mkdir()
    database = await Database.open(folder / "library.sqlite3")
    ids = await LibraryRepository(database).save(
        [make_record("1", first_name="Ada", last_name="Moreau", company_domain="acme.example")]
    )
    await database.close()
    async with demo_services(folder) as services:
        run_id = await services.enrichment.enqueue(
            await services.enrichment.plan_contacts(ids, EMAILS), cap=1, origin=""
        )
        repository = services.enrichment._repository
        (batch,) = (await services.enrichment.run(run_id)).batches
        await repository.reserve(batch.batch_id, 1, "key")
        await repository.begin_submit(batch.batch_id, "hash")
        await repository.refused(batch.batch_id, "No.", final=True)
        await services.own_work.remove(ids)
        assert (await services.enrichment.plan_retry(run_id)).excluded_by_kind == {Exclusion.REMOVED: 1}
        await services.own_work.undo()
        assert len((await services.enrichment.plan_retry(run_id)).people) == 1


async def test_a_sample_shows_its_figures_before_the_rest_is_bought(services: Services, data: DemoData) -> None:
    plan = await services.enrichment.plan_people(people(data, 40), EMAILS)
    run_id = await services.enrichment.enqueue(plan, cap=100, origin="", sample=25)
    await services.enrichment.drain([run_id])
    report = await services.enrichment.sample_report(run_id)
    assert (report.people, report.rest_people, report.rest_maximum, report.done) == (25, 15, 15, True)
    assert report.charged == report.found[EnrichField.EMAILS]
    assert report.rest_likely == round(15 * report.charged / 25)
    await services.enrichment.release_rest(run_id)
    await services.enrichment.drain([run_id])
    assert (await services.enrichment.run(run_id)).held_people == 0
    assert sum((await services.enrichment.run(run_id)).counts.values()) == 40


async def test_who_was_given_up_may_have_been_charged_and_that_is_said_before_they_are_bought_again(
    services: Services, data: DemoData
) -> None:
    chosen = people(data, 4)
    run_id = await services.enrichment.enqueue(
        await services.enrichment.plan_people(chosen[:3], EMAILS), cap=3, origin=""
    )
    (batch,) = (await services.enrichment.run(run_id)).batches
    repository = services.enrichment._repository
    await repository.reserve(batch.batch_id, 3, "key")
    await repository.begin_submit(batch.batch_id, "hash")
    await repository.submitted(batch.batch_id, Submission("req", "PROCESSING", 3), datetime.now(UTC))
    assert await services.enrichment.give_up(batch.batch_id)
    plan = await services.enrichment.plan_people(chosen, EMAILS)
    assert (len(plan.people), plan.maybe_charged) == (4, 3)
    assert plan.maybe_charged_text.startswith("3 of them were sent before")
    assert (await services.enrichment.plan_people(chosen[3:], EMAILS)).maybe_charged_text == ""
    assert (await services.enrichment.plan_retry(run_id)).maybe_charged == 3


async def test_what_failed_can_be_bought_again_and_each_item_tells_its_story(
    services: Services, data: DemoData
) -> None:
    plan = await services.enrichment.plan_people(people(data, 60), EMAILS)
    run_id = await services.enrichment.enqueue(plan, cap=100, origin="")
    await services.enrichment.drain([run_id])
    failed = (await services.enrichment.run(run_id)).counts[Outcome.FAILED]
    assert failed
    retry = await services.enrichment.plan_retry(run_id)
    assert (len(retry.people), retry.estimate.maximum) == (failed, failed)
    item = (await services.enrichment.items(run_id))[0]
    told = [event.text for event in await services.enrichment.events(item.item_id)]
    assert told[0] == "Queued."
    assert any(text.startswith("Accepted.") for text in told)
    assert told[-1].startswith("Emails: ")


async def test_the_ledger_by_filter_in_sum_and_as_a_file(services: Services, data: DemoData, tmp_path: Path) -> None:
    plan = await services.enrichment.plan_people(people(data, 10), EMAILS)
    run_id = await services.enrichment.enqueue(plan, cap=100, origin="")
    await services.enrichment.drain([run_id])
    charged = (await services.enrichment.run(run_id)).spending.charged
    assert await services.ledger.spent_today() == charged
    lines = await services.ledger.lines(LedgerFilter(provider="tamtam", kind=LedgerKind.CHARGED, run_id=run_id))
    assert [line.credits for line in lines] == [charged]
    today = lines[0].at.date()
    assert (await services.ledger.totals(LedgerFilter(since=today, until=today)))[LedgerKind.CHARGED] == charged
    assert await services.ledger.lines(LedgerFilter(until=today - timedelta(days=1))) == []
    count = await services.ledger.export_csv(LedgerFilter(), tmp_path / "ledger.csv")
    with (tmp_path / "ledger.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert len(written) == count
    assert sum(int(line["credits"]) for line in written if line["kind"] == "charged") == charged
    (stretch,) = await services.ledger.reconciliations()
    assert (stretch.difference, stretch.booked) == (0, charged)


async def test_a_domain_is_asked_for_once_per_company_and_remembered(tmp_path: Path, data: DemoData) -> None:
    folder = tmp_path / "profile"
    folder.mkdir()
    company = next(person.company for person in data.people if person.company and person.company.domain)
    database = await Database.open(folder / "library.sqlite3")
    ids = await LibraryRepository(database).save(
        [
            make_record("1", first_name="Ada", last_name="One", company_name=company.name),
            make_record("2", first_name="Bo", last_name="Two", company_name=f" {company.name.upper()} "),
            make_record("3", first_name="Cy", last_name="Three", company_website="https://www.cy.example/about"),
        ]
    )
    await database.close()
    async with demo_services(folder, data=data) as services:
        (missing,) = await services.domains.missing_domains(ids)
        assert missing.contact_ids == tuple(ids[:2])
        before = await services.enrichment.plan_contacts(ids, EMAILS)
        assert before.excluded_by_kind == {Exclusion.NOT_ELIGIBLE: 2}
        assert before.people[0].domain == "cy.example"
        suggested = await services.domains.suggest(missing)
        assert suggested[0].domain == company.domain
        assert await services.domains.suggest(missing) == suggested
        with pytest.raises(InputError, match="gmail"):
            await services.domains.set_domains({missing.key: "someone@gmail.com"})
        await services.domains.set_domains({missing.key: f"https://{company.domain}/about"})
        assert await services.domains.missing_domains(ids) == []
        plan = await services.enrichment.plan_contacts(ids, EMAILS)
        assert [person.domain for person in plan.people] == [company.domain, company.domain, "cy.example"]


async def test_an_unknown_outcome_is_a_question_with_its_highest_cost(services: Services, data: DemoData) -> None:
    plan = await services.enrichment.plan_people(people(data, 3), BOTH)
    run_id = await services.enrichment.enqueue(plan, cap=100, origin="")
    (batch,) = (await services.enrichment.run(run_id)).batches
    question = await services.enrichment.unknown_question(batch.batch_id)
    assert (question.people, question.most_extra) == (3, 33)
    assert "33 credits" in question.text
    assert await services.enrichment.stuck() == []
    assert await services.enrichment.accounts.key_in_use()
    await services.enrichment.give_up(batch.batch_id)
    assert (await services.enrichment.run(run_id)).batches[0].state is BatchState.ABANDONED
