"""The bulk fetch engine over a real library file: every ID ends in exactly one outcome, whatever happens."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.domain.errors import BadKeyError, CapError, InvalidRequestError, NetworkError
from app.domain.fetching import FetchAnswer, FetchRunState
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined
from app.jobs.bulk_fetch import BulkFetchEngine, read_outcomes
from app.storage.database import Database
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository
from tests.storage.builders import make_record
from tests.support.fake_fetch import FakeFetch


class Desk:
    def __init__(self, database: Database) -> None:
        self.library = LibraryRepository(database)
        self.runs = FetchRunRepository(database, self.library)
        self.engine = BulkFetchEngine(self.runs, self.library)

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
    assert "another tenant" in items[-1].reason
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


async def test_a_refused_chunk_fails_with_the_reason_and_the_others_go_on(desk: Desk) -> None:
    service = FakeFetch(set(numbers(1, 100)))
    service.troubles = [InvalidRequestError("Refused.", provider=Provider.BUILDWORKPRO, status=422)]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", numbers(1, 100))
    run = await desk.engine.execute(run_id, service)
    assert run.counts == {Outcome.FAILED: 50, Outcome.FOUND: 50}
    assert (await desk.runs.items(run_id))[0].reason == "Refused."

    await desk.runs.reopen(run_id, [Outcome.FAILED])
    assert (await desk.engine.execute(run_id, service)).counts == {Outcome.FOUND: 100}


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


async def test_a_mismatch_with_the_providers_own_count_is_logged(
    desk: Desk, expected_log: Callable[[str], None]
) -> None:
    service = FakeFetch({"1"})
    original = service.fetch_by_ids

    async def miscounting(ids: list[str], *, account_id: str = ""):  # type: ignore[no-untyped-def]  # as the original
        return dataclasses.replace(await original(ids, account_id=account_id), requested=99)

    service.fetch_by_ids = miscounting  # type: ignore[method-assign, assignment]
    run_id = await desk.runs.create(Provider.BUILDWORKPRO, "", ["1"])
    expected_log("counted 99 of 1")
    await desk.engine.execute(run_id, service)


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (FetchAnswer((make_record("1"),), requested=2, returned=1), Outcome.NOT_FOUND, "knows no such ID"),
        (FetchAnswer((make_record("1"), make_record("77"))), Outcome.UNKNOWN, "an ID that was not asked for"),
        (FetchAnswer((make_record("1"),), (Quarantined("no id", b"{}"),)), Outcome.UNKNOWN, "could not be read"),
        (FetchAnswer((make_record("1"),), requested=1), Outcome.UNKNOWN, "counted 1 of the 2 IDs"),
        (FetchAnswer((make_record("1"),), returned=2), Outcome.UNKNOWN, "counted 2 rows but sent 1"),
        (FetchAnswer((make_record("1"), make_record("1"))), Outcome.NOT_FOUND, "knows no such ID"),
    ],
)
def test_an_id_is_not_found_only_when_no_row_can_be_its(answer: FetchAnswer, outcome: Outcome, reason: str) -> None:
    found, missing = read_outcomes(["1", "2"], answer)
    assert (found.outcome, missing.outcome) == (Outcome.FOUND, outcome)
    assert reason in missing.reason
