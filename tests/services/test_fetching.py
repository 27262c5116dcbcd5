"""Bulk fetch over the demo services: plans, caps, runs that pause and resume, every ID with its outcome."""

import asyncio
from pathlib import Path

import pytest

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.errors import BadKeyError, CapError, InputError
from app.domain.fetching import FetchRunState
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
    repeated = await services.fetching.execute(await services.fetching.create(again, max_credits=0))
    assert repeated.charged == 0
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
    await services.fetching.retry_failed(run.run_id)
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
