"""Bulk fetch over the demo services: plans, caps, runs that pause and resume, every ID with its outcome."""

import asyncio
from pathlib import Path

import pytest

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.errors import BadKeyError, CapError, InputError
from app.domain.fetching import FetchRunState
from app.domain.identifiers import IdKind
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage.database import Database
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository
from tests.support.demo_services import demo_services

UNKNOWN = {
    Provider.TAMTAM: ["00000000-0000-4000-8000-000000000000"],
    Provider.BUILDWORKPRO: ["999999999999"],
    Provider.LEADFEEDER: ["999999999999"],
}


async def account_for(services: Services, provider: Provider) -> str:
    if not services.fetching.needs_account(provider):
        return ""
    return (await services.providers.accounts(provider))[0].account_id


@pytest.mark.parametrize("provider", list(UNKNOWN))
async def test_found_and_not_returned_are_told_apart(services: Services, data: DemoData, provider: Provider) -> None:
    ids = sample_ids(data, provider, 120) + UNKNOWN[provider]
    plan = await services.fetching.plan(provider, ids, await account_for(services, provider))
    run = await services.fetching.execute(await services.fetching.create(plan))
    assert run.state is FetchRunState.FINISHED
    assert run.counts == {Outcome.FOUND: 120, Outcome.NOT_FOUND: 1}
    items = await services.fetching.items(run.run_id)
    assert [item.provider_id for item in items] == ids
    rows = await services.library.rows(await services.fetching.contact_ids(run.run_id))
    assert len(rows) == 120
    assert all(row.display_name for row in rows)


async def test_leadfeeder_costs_are_planned_booked_and_free_the_second_time(services: Services, data: DemoData) -> None:
    provider = Provider.LEADFEEDER
    account = await account_for(services, provider)
    ids = sample_ids(data, provider, 30)
    before = (await services.providers.balance(provider, account))[0].remaining
    plan = await services.fetching.plan(provider, ids, account)
    assert plan.estimate.maximum == 30
    run = await services.fetching.execute(await services.fetching.create(plan, max_credits=30))
    after = (await services.providers.balance(provider, account))[0].remaining
    assert run.charged == before - after
    again = await services.fetching.plan(provider, ids, account)
    assert (again.owned, again.estimate.maximum) == (30, 0)
    assert again.asked == 0
    skipped = await services.fetching.execute(await services.fetching.create(again, max_credits=0))
    assert (skipped.counts, skipped.charged) == ({Outcome.SKIPPED: 30}, 0)
    assert await services.fetching.contact_ids(skipped.run_id) == await services.fetching.contact_ids(run.run_id)
    anew = await services.fetching.plan(provider, ids, account, skip_owned=False)
    assert (anew.free, anew.asked, anew.estimate.maximum) == (30, 30, 0)
    repeated = await services.fetching.execute(await services.fetching.create(anew, max_credits=0))
    assert (repeated.counts, repeated.charged) == ({Outcome.FOUND: 30}, 0)
    assert (await services.providers.balance(provider, account))[0].remaining == after


async def test_a_plan_above_the_cap_is_refused_before_anything_is_asked(services: Services, data: DemoData) -> None:
    account = await account_for(services, Provider.LEADFEEDER)
    plan = await services.fetching.plan(Provider.LEADFEEDER, sample_ids(data, Provider.LEADFEEDER, 10), account)
    with pytest.raises(CapError):
        await services.fetching.create(plan, max_credits=9)
    assert await services.fetching.runs() == []


async def test_no_ids_and_no_account_are_said(services: Services) -> None:
    with pytest.raises(InputError, match="no readable IDs"):
        await services.fetching.create(await services.fetching.plan(Provider.BUILDWORKPRO, []))
    with pytest.raises(InputError, match="account"):
        await services.fetching.create(await services.fetching.plan(Provider.LEADFEEDER, ["1"]))


async def test_a_wrong_key_pauses_and_the_right_one_resumes(services: Services, data: DemoData) -> None:
    provider = Provider.BUILDWORKPRO
    await services.credentials.save(provider, "wrong")
    run_id = await services.fetching.create(await services.fetching.plan(provider, sample_ids(data, provider, 5)))
    with pytest.raises(BadKeyError):
        await services.fetching.execute(run_id)
    assert (await services.fetching.run(run_id)).state is FetchRunState.PAUSED
    await services.credentials.delete(provider)
    await services.providers.key_changed(provider)
    assert (await services.fetching.execute(run_id)).counts == {Outcome.FOUND: 5}


async def test_a_run_is_executed_once_at_a_time(services: Services, data: DemoData) -> None:
    provider = Provider.BUILDWORKPRO
    run_id = await services.fetching.create(await services.fetching.plan(provider, sample_ids(data, provider, 5)))
    first = asyncio.create_task(services.fetching.execute(run_id))
    await asyncio.sleep(0)
    with pytest.raises(InputError, match="running already"):
        await services.fetching.execute(run_id)
    assert (await first).counts == {Outcome.FOUND: 5}


async def test_after_a_kill_the_run_is_paused_and_resumable(tmp_path: Path, data: DemoData) -> None:
    provider = Provider.BUILDWORKPRO
    ids = sample_ids(data, provider, 60)
    async with demo_services(tmp_path / "profile", data=data) as services:
        run_id = await services.fetching.create(await services.fetching.plan(provider, ids))
        path = services.profile.library_path
    database = await Database.open(path, changes=None)  # what a killed process leaves behind
    await FetchRunRepository(database, LibraryRepository(database)).set_state(run_id, FetchRunState.RUNNING)
    await database.close()
    async with demo_services(tmp_path / "profile", data=data) as services:
        (run,) = await services.fetching.runs()
        assert run.state is FetchRunState.PAUSED
        assert "Interrupted" in run.note
        assert (await services.fetching.execute(run_id)).counts == {Outcome.FOUND: 60}


async def test_failed_ids_can_be_asked_for_again(services: Services, data: DemoData) -> None:
    provider = Provider.BUILDWORKPRO
    run = await services.fetching.execute(
        await services.fetching.create(await services.fetching.plan(provider, sample_ids(data, provider, 3)))
    )
    assert await services.fetching.retry_failed(run.run_id) == 0
    assert (await services.fetching.run(run.run_id)).counts == {Outcome.FOUND: 3}


async def test_a_stopped_run_asks_for_nothing_more_until_it_is_retried(services: Services, data: DemoData) -> None:
    ids = sample_ids(data, Provider.BUILDWORKPRO, 3)
    run_id = await services.fetching.create(await services.fetching.plan(Provider.BUILDWORKPRO, ids))
    await services.fetching.stop(run_id)
    run = await services.fetching.run(run_id)
    assert (run.state, run.counts) == (FetchRunState.FINISHED, {Outcome.CANCELLED: 3})
    assert await services.fetching.retry_failed(run_id) == 3
    assert (await services.fetching.execute(run_id)).counts == {Outcome.FOUND: 3}


async def test_a_running_run_is_not_stopped_behind_its_back(services: Services, data: DemoData) -> None:
    ids = sample_ids(data, Provider.BUILDWORKPRO, 3)
    run_id = await services.fetching.create(await services.fetching.plan(Provider.BUILDWORKPRO, ids))
    executing = asyncio.create_task(services.fetching.execute(run_id))
    await asyncio.sleep(0)
    with pytest.raises(InputError, match="still running"):
        await services.fetching.stop(run_id)
    await executing


async def test_what_one_account_paid_for_is_not_free_for_another(services: Services, data: DemoData) -> None:
    provider = Provider.LEADFEEDER
    first, second = (account.account_id for account in await services.fetching.accounts(provider))
    ids = sample_ids(data, provider, 5)
    await services.fetching.execute(await services.fetching.create(await services.fetching.plan(provider, ids, first)))
    assert (await services.fetching.plan(provider, ids, first, skip_owned=False)).estimate.maximum == 0
    assert (await services.fetching.plan(provider, ids, second, skip_owned=False)).estimate.maximum == 5
    assert (await services.fetching.plan(provider, ids, second)).estimate.maximum == 0  # owned, so not asked for
    assert set(await services.fetching.owned(provider, ids)) == set(ids)


async def test_companies_are_a_priced_choice(services: Services, data: DemoData) -> None:
    provider = Provider.LEADFEEDER
    account = await account_for(services, provider)
    ids = sample_ids(data, provider, 10)
    assert (services.fetching.prices(provider).per_id, services.fetching.prices(provider).per_company) == (1, 1)
    await services.fetching.execute(
        await services.fetching.create(await services.fetching.plan(provider, ids, account))
    )
    plan = await services.fetching.plan(provider, ids, account, include_company=True)
    # The records are free again, their companies were never sent.
    assert (plan.owned, plan.skipped, plan.estimate.maximum) == (10, {}, 10)
    run = await services.fetching.execute(await services.fetching.create(plan, max_credits=10))
    assert 0 < run.charged <= 10
    again = await services.fetching.plan(provider, ids, account, include_company=True)
    assert len(again.skipped) > 5
    with pytest.raises(InputError, match="cannot send companies"):
        await services.fetching.plan(Provider.TAMTAM, ["x"], include_company=True)


async def test_accounts_come_with_what_is_left_and_when_it_resets(services: Services) -> None:
    first, second = await services.fetching.accounts(Provider.LEADFEEDER)
    assert (first.name, first.remaining) == ("Lanternfold Outbound", 9_800)
    assert (second.name, second.remaining) == ("Brackenby DACH", 20)
    assert first.resets_on > "2026"
    assert await services.fetching.accounts(Provider.BUILDWORKPRO) == ()


async def test_integers_are_two_services_ids_and_uuids_one(services: Services) -> None:
    assert set(services.fetching.providers_for(IdKind.INTEGER)) == {Provider.LEADFEEDER, Provider.BUILDWORKPRO}
    assert services.fetching.providers_for(IdKind.UUID) == (Provider.TAMTAM,)


async def test_the_not_returned_are_listed_and_saved(services: Services, data: DemoData, tmp_path: Path) -> None:
    provider = Provider.BUILDWORKPRO
    ids = ["900000001", *sample_ids(data, provider, 3), "900000002"]
    run = await services.fetching.execute(await services.fetching.create(await services.fetching.plan(provider, ids)))
    assert await services.fetching.not_returned(run.run_id) == ["900000001", "900000002"]
    assert await services.fetching.save_not_returned(run.run_id, tmp_path / "ids.csv") == 2
    assert (tmp_path / "ids.csv").read_text("utf-8").split() == ["id", "900000001", "900000002"]


async def test_a_cap_that_stopped_a_run_can_be_raised(services: Services, data: DemoData) -> None:
    provider = Provider.LEADFEEDER
    account = await account_for(services, provider)
    plan = await services.fetching.plan(provider, sample_ids(data, provider, 150), account)
    run_id = await services.fetching.create(plan)
    await services.fetching.set_cap(run_id, 120)
    with pytest.raises(CapError):
        await services.fetching.execute(run_id)
    paused = await services.fetching.run(run_id)
    assert (paused.state, paused.charged) == (FetchRunState.PAUSED, 100)
    await services.fetching.set_cap(run_id, 150)
    assert (await services.fetching.execute(run_id)).charged == 150
    books = await services.fetching.reconciliations(run_id)
    assert [(one.booked, one.difference) for one in books] == [(100, 0), (50, 0)]
    assert all(len(one.request_ids) == 1 for one in books)
