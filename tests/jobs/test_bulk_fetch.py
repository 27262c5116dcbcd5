"""The bulk fetch engine over a real library file: every ID ends in exactly one outcome, whatever happens."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from app.domain.errors import BadKeyError, CapError, NetworkError, RateLimitedError, TryLaterError
from app.domain.fetching import FetchRun, FetchRunState
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined
from app.jobs.bulk_fetch import BulkFetchEngine
from app.providers.clock import Clock
from app.storage.database import Database
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository
from tests.support.fake_fetch import FakeFetch


class QuickClock:
    """Sleeps at once; `while_asleep` looks around meanwhile."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.while_asleep: Callable[[float], Awaitable[None]] | None = None

    async def sleep(self, seconds: float) -> None:
        if self.while_asleep is not None:
            await self.while_asleep(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


class Desk:
    def __init__(self, database: Database) -> None:
        self.library = LibraryRepository(database)
        self.runs = FetchRunRepository(database, self.library)
        self.clock = QuickClock()
        clock = Clock(now=lambda: self.clock.seconds, sleep=self.clock.sleep)
        self.engine = BulkFetchEngine(self.runs, self.library, clock=clock)

    async def outcomes(self, run_id: int) -> dict[str, Outcome]:
        return {item.provider_id: item.outcome for item in await self.runs.items(run_id)}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = await Database.open(tmp_path / "library.db", changes=None)
    yield Desk(database)
    await database.close()


def numbers(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last + 1)]


async def test_a_thousand_ids_take_twenty_requests_and_each_has_its_outcome(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 960)))
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 1000))
    run = await desk.engine.execute(run_id, service)
    assert len(service.requests) == 20
    assert run.state is FetchRunState.FINISHED
    assert run.counts == {Outcome.FOUND: 960, Outcome.NOT_FOUND: 40}
    items = await desk.runs.items(run_id)
    assert [item.provider_id for item in items] == numbers(1, 1000)
    assert "looks the same" in items[-1].reason
    rows = await desk.library.rows(await desk.runs.contact_ids(run_id))
    assert [row.last_name for row in rows] == [f"Number{n}" for n in range(1, 961)]


async def test_trouble_pauses_the_run_and_resuming_asks_only_for_the_rest(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 500)))
    service.troubles = [None, None, NetworkError("BuildWorkPro cannot be reached.", provider=Provider.BUILDWORKPRO)]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 500))
    with pytest.raises(NetworkError):
        await desk.engine.execute(run_id, service)
    paused = await desk.runs.run(run_id)
    assert paused.state is FetchRunState.PAUSED
    assert paused.note == "BuildWorkPro cannot be reached."
    assert set(paused.counts) == {Outcome.FOUND, Outcome.QUEUED}
    stored = {key for key, outcome in (await desk.outcomes(run_id)).items() if outcome is Outcome.FOUND}

    again = FakeFetch(set(numbers(1, 500)))
    finished = await desk.engine.execute(run_id, again)
    assert finished.counts == {Outcome.FOUND: 500}
    assert stored.isdisjoint(again.asked)


async def test_cancelling_pauses_with_nothing_left_in_flight(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 100)))
    service.hang = asyncio.Event()
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 100))
    task = asyncio.create_task(desk.engine.execute(run_id, service))
    await service.hang.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    run = await desk.runs.run(run_id)
    assert run.state is FetchRunState.PAUSED
    assert run.counts == {Outcome.QUEUED: 100}


async def test_a_malformed_id_is_split_off_and_the_good_ones_of_its_chunk_succeed(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 100)))
    service.malformed = {"7", "8", "93"}
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 100))
    run = await desk.engine.execute(run_id, service)
    assert run.counts == {Outcome.FAILED: 3, Outcome.FOUND: 97}
    failed = [item for item in await desk.runs.items(run_id) if item.outcome is Outcome.FAILED]
    assert {item.provider_id for item in failed} == service.malformed
    assert {item.reason for item in failed} == {"It says an ID is malformed."}
    # Three bad IDs among a hundred: no ID is asked for more often than halving 50 needs.
    assert max(service.asked.values()) <= 7

    service.malformed = set()
    await desk.runs.reopen(run_id, [Outcome.FAILED])
    assert (await desk.engine.execute(run_id, service)).counts == {Outcome.FOUND: 100}


async def test_when_every_request_is_refused_not_every_id_is_asked_for_alone(desk: Desk) -> None:
    service = FakeFetch(set())
    service.malformed = set(numbers(1, 2000))
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 2000))
    run = await desk.engine.execute(run_id, service)
    assert run.counts == {Outcome.FAILED: 2000}
    assert len(service.requests) < 150


async def test_chunks_too_large_for_the_gateway_are_halved_down_to_what_it_bears(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 400)), provider=Provider.LEADFEEDER, chunk_size=100)
    service.bearable = 1
    run_id = await desk.runs.create(Provider.LEADFEEDER, "7", numbers(1, 40))
    assert (await desk.engine.execute(run_id, service)).counts == {Outcome.FOUND: 40}

    service.bearable = 30
    service.requests.clear()
    run_id = await desk.runs.create(Provider.LEADFEEDER, "7", numbers(1, 400))
    assert (await desk.engine.execute(run_id, service)).counts == {Outcome.FOUND: 400}
    # What was learnt from the first chunks holds for the later ones.
    assert len([ids for ids in service.requests if len(ids) > 30]) < 15


async def test_a_service_that_is_down_even_for_one_id_pauses_the_run(desk: Desk) -> None:
    service = FakeFetch({"1", "2"})
    service.bearable = 0
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", ["1", "2"])
    with pytest.raises(TryLaterError):
        await desk.engine.execute(run_id, service)
    assert (await desk.runs.run(run_id)).counts == {Outcome.QUEUED: 2}


def slow_down(seconds: float | None) -> RateLimitedError:
    return RateLimitedError("Too fast.", provider=Provider.BUILDWORKPRO, status=429, retry_after=seconds)


async def test_a_pause_the_provider_asks_for_is_sat_out_with_a_note_and_the_run_goes_on(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 500)))
    service.troubles = [None, slow_down(720), slow_down(720)]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 500))
    seen: list[FetchRun] = []

    async def look(_seconds: float) -> None:
        seen.append(await desk.runs.run(run_id))

    desk.clock.while_asleep = look
    run = await desk.engine.execute(run_id, service)
    assert run.counts == {Outcome.FOUND: 500}
    assert run.note == ""
    assert desk.clock.seconds >= 720
    assert {one.state for one in seen} == {FetchRunState.RUNNING}
    assert all("asked to wait 12 min" in one.note and "goes on by itself at" in one.note for one in seen)
    assert len(service.requests) == 12


@pytest.mark.parametrize("seconds", [None, 3 * 24 * 3600.0])
async def test_a_pause_of_days_or_of_unknown_length_is_the_reps_to_sit_out(desk: Desk, seconds: float | None) -> None:
    service = FakeFetch(set(numbers(1, 10)))
    service.troubles = [slow_down(seconds)]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 10))
    with pytest.raises(RateLimitedError):
        await desk.engine.execute(run_id, service)
    assert (await desk.runs.run(run_id)).state is FetchRunState.PAUSED


async def test_waiting_over_and_over_without_an_answer_ends_too(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 10)))
    service.troubles = [slow_down(1)] * 500
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 10))
    with pytest.raises(RateLimitedError):
        await desk.engine.execute(run_id, service)


async def test_an_id_that_came_back_as_another_leads_to_its_contact_and_is_noted(desk: Desk) -> None:
    service = FakeFetch({"1", "2"}, provider=Provider.LEADFEEDER)
    service.renamed = {"2": "9002"}
    run_id = await desk.runs.create(Provider.LEADFEEDER, "7", ["1", "2"])
    run = await desk.engine.execute(run_id, service)
    assert run.counts == {Outcome.FOUND: 2}
    renamed = (await desk.runs.items(run_id))[1]
    assert renamed.contact_id is not None
    assert renamed.reason == "Returned under the ID 9002."
    assert "The ID 2 came back as 9002" in run.note


async def test_a_mismatch_with_the_providers_own_count_is_told(desk: Desk) -> None:
    service = FakeFetch({"1"})
    original = service.fetch_by_ids

    async def miscounting(ids: list[str], *, account_id: str = ""):  # type: ignore[no-untyped-def]  # as the original
        return dataclasses.replace(await original(ids, account_id=account_id), requested=99)

    service.fetch_by_ids = miscounting  # type: ignore[method-assign, assignment]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", ["1"])
    run = await desk.engine.execute(run_id, service)
    assert run.remarks == ("BuildWorkPro counted 99 IDs where 1 were sent (request r).",)
    assert run.remarks[0] in run.note


async def test_a_row_that_cannot_be_read_is_failed_not_absent(desk: Desk) -> None:
    service = FakeFetch({"1", "2", "3"})
    service.quarantine = (Quarantined("firstName is a list", b"{}", "2"),)
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", ["1", "2", "3", "4"])
    await desk.engine.execute(run_id, service)
    assert await desk.outcomes(run_id) == {
        "1": Outcome.FOUND,
        "2": Outcome.FAILED,
        "3": Outcome.FOUND,
        "4": Outcome.NOT_FOUND,
    }


async def test_beside_an_unreadable_row_without_an_id_nothing_is_called_absent(desk: Desk) -> None:
    service = FakeFetch({"1"})
    service.quarantine = (Quarantined("no id", b"{}"),)
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", ["1", "2"])
    await desk.engine.execute(run_id, service)
    assert await desk.outcomes(run_id) == {"1": Outcome.FOUND, "2": Outcome.UNKNOWN}


async def test_the_cap_stops_before_the_chunk_that_could_exceed_it(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 30)), provider=Provider.LEADFEEDER, chunk_size=10, credits_per_id=1)
    run_id = await desk.runs.create(Provider.LEADFEEDER, "7", numbers(1, 30), max_credits=25)
    with pytest.raises(CapError):
        await desk.engine.execute(run_id, service)
    run = await desk.runs.run(run_id)
    assert run.charged == 20
    assert len(service.requests) == 2


async def test_ids_owned_for_less_than_a_year_do_not_count_against_the_cap(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 10)), provider=Provider.LEADFEEDER, chunk_size=10, credits_per_id=1)
    first = await desk.runs.create(Provider.LEADFEEDER, "7", numbers(1, 10), max_credits=10)
    await desk.engine.execute(first, service)
    free = FakeFetch(set(numbers(1, 10)), provider=Provider.LEADFEEDER, chunk_size=10)
    free.credits_per_id = 1
    again = await desk.runs.create(Provider.LEADFEEDER, "7", numbers(1, 10), max_credits=0)
    assert (await desk.engine.execute(again, free)).counts == {Outcome.FOUND: 10}


async def test_a_refused_key_is_raised_and_nothing_is_lost(desk: Desk) -> None:
    service = FakeFetch({"1"})
    service.troubles = [BadKeyError("BuildWorkPro refused the key.", provider=Provider.BUILDWORKPRO, status=401)]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", ["1"])
    with pytest.raises(BadKeyError):
        await desk.engine.execute(run_id, service)
    assert await desk.outcomes(run_id) == {"1": Outcome.QUEUED}


async def test_a_fault_of_ours_pauses_the_run_too(desk: Desk) -> None:
    service = FakeFetch({"1"})

    async def broken(ids: object, *, account_id: str = "") -> None:
        raise ZeroDivisionError

    service.fetch_by_ids = broken  # type: ignore[method-assign, assignment]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", ["1"])
    with pytest.raises(ExceptionGroup):
        await desk.engine.execute(run_id, service)
    assert (await desk.runs.run(run_id)).state is FetchRunState.PAUSED
