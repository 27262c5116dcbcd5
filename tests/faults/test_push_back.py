"""Answers that turn a call away, send it elsewhere, or are very long: what the rep sees, and how long we wait."""

import asyncio
from pathlib import Path

import pytest

from app.domain.enrichment import BatchState
from app.domain.errors import BadKeyError, NetworkError, NoCreditsError, OutcomeUnknownError, RateLimitedError
from app.domain.fetching import FetchRunState
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from tests.faults.lanes import (
    ACCEPTED,
    ACCOUNT,
    BALANCE,
    CREDITS,
    FETCHES,
    HARD_LIMIT,
    LANES,
    POLL,
    READS,
    SEARCHES,
    SUBMIT,
    Lane,
    at_fault,
    drained,
    enqueue,
    entry,
    results,
    services_at,
)
from tests.providers.support import FakeClock
from tests.support.fault_server import answer, nobody_there, rude_server

KEY_REFUSED = answer(b"{}", status=401)
#: `Retry-After` as each service may write it, and the seconds it asks for; None where it says nothing.
HINTS = [
    pytest.param("Retry-After: 7\r\n", 7, id="seconds"),
    pytest.param("Date: Sun, 01 Nov 2026 12:00:00 GMT\r\nRetry-After: Sun, 01 Nov 2026 12:00:09 GMT\r\n", 9, id="date"),
    pytest.param("", None, id="no header"),
    pytest.param("Retry-After: soon\r\n", None, id="nonsense"),
]


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_nobody_listens(tmp_path: Path, lane: Lane) -> None:
    async with asyncio.timeout(HARD_LIMIT), services_at(nobody_there(), tmp_path) as services:
        seen = await lane.run(services)
    assert isinstance(seen.error, NetworkError)
    assert not isinstance(seen.error, OutcomeUnknownError), "what never left was not bought"
    assert "could not be reached" in seen.sentence


async def test_nobody_listens_to_a_submit(tmp_path: Path) -> None:
    async with asyncio.timeout(HARD_LIMIT), services_at(nobody_there(), tmp_path) as services:
        run_id, _ = await enqueue(services)
        seen = await drained(services, run_id)
        (batch,) = (await services.enrichment.run(run_id)).batches
    assert "could not be reached" in seen.note
    assert seen.outcomes == {Outcome.QUEUED: 1}
    assert (batch.state, batch.reserved) == (BatchState.DRAFT, 0), "nothing was bought, nothing stays set aside"


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_a_redirect_is_not_followed(tmp_path: Path, lane: Lane) -> None:
    async with rude_server(answer()) as elsewhere:
        away = answer(status=307, headers=f"Location: {elsewhere.url}/login\r\n")
        async with at_fault(tmp_path, {lane.call: [away]}) as (services, server):
            seen = await lane.run(services)
            assert "never followed" in seen.sentence
            assert isinstance(seen.error, OutcomeUnknownError if lane.spends else NetworkError)
            assert server.count(lane.call) == 1
        assert elsewhere.requests == [], "the key was shown to another host"


@pytest.mark.parametrize("lane", READS, ids=str)
@pytest.mark.parametrize(("headers", "asked"), HINTS)
async def test_told_to_slow_down_a_read_waits_and_arrives(
    tmp_path: Path, lane: Lane, headers: str, asked: float | None
) -> None:
    clock = FakeClock()
    good = answer(lane.page([lane.row(1), lane.row(2)]))
    script = {lane.call: [answer(status=429, headers=headers), good]}
    async with at_fault(tmp_path, script, clock=clock) as (services, server):
        seen = await lane.run(services)
        assert (seen.error, seen.contacts) == (None, 2)
        assert server.count(lane.call) == 2
    waited = sum(clock.slept)
    assert waited >= asked if asked is not None else waited <= 60


@pytest.mark.parametrize("lane", FETCHES, ids=str)
async def test_told_to_wait_for_an_hour_a_fetch_does_and_goes_on_by_itself(tmp_path: Path, lane: Lane) -> None:
    clock = FakeClock()
    good = answer(lane.page([lane.row(1), lane.row(2)]))
    script = {lane.call: [answer(status=429, headers="Retry-After: 3600\r\n"), good]}
    async with at_fault(tmp_path, script, clock=clock) as (services, server):
        seen = await lane.run(services)
        assert (seen.error, seen.outcomes) == (None, {Outcome.FOUND: 2})
        assert server.count(lane.call) == 2
    assert sum(clock.slept) >= 3600


@pytest.mark.parametrize("lane", [lane for lane in SEARCHES if not lane.spends], ids=str)
async def test_told_to_wait_for_an_hour_the_rep_hears_it_at_once(tmp_path: Path, lane: Lane) -> None:
    clock = FakeClock()
    script = {lane.call: [answer(status=429, headers="Retry-After: 3600\r\n")]}
    async with at_fault(tmp_path, script, clock=clock) as (services, server):
        seen = await lane.run(services)
        assert isinstance(seen.error, RateLimitedError)
        assert seen.error.next_step == "Try again in 60 min."
        assert server.count(lane.call) == 1
    assert sum(clock.slept) < 60


@pytest.mark.parametrize(("headers", "asked"), HINTS)
async def test_a_submit_told_to_slow_down_was_not_accepted_and_goes_out_later(
    tmp_path: Path, headers: str, asked: float | None
) -> None:
    clock = FakeClock()
    scripts = {CREDITS: [BALANCE], SUBMIT: [answer(status=429, headers=headers), ACCEPTED]}
    async with at_fault(tmp_path, scripts, clock=clock) as (services, server):
        run_id, (key,) = await enqueue(services)
        server.script(POLL, answer(results([entry(key)])))
        async with asyncio.timeout(HARD_LIMIT):
            seen = await drained(services, run_id)
        assert (seen.error, seen.outcomes) == (None, {Outcome.FOUND: 1})
        assert server.count(SUBMIT) == 2
        assert (await services.enrichment.run(run_id)).spending.charged == 1
    if asked is not None:
        assert sum(clock.slept) >= asked


@pytest.mark.parametrize("lane", SEARCHES, ids=str)
async def test_a_key_refused_half_way_keeps_the_pages_before(tmp_path: Path, lane: Lane) -> None:
    first = answer(lane.page([lane.row(1)], "next"))
    async with at_fault(tmp_path, {lane.call: [first, KEY_REFUSED, first]}) as (services, server):
        session = services.search.start(services.search.build_query(lane.provider, lane.values or {}))
        await session.next_page()
        with pytest.raises(BadKeyError, match="refused the key") as caught:
            await session.next_page()
        assert "Settings" in caught.value.next_step
        assert (len(session.contact_ids), session.has_more) == (1, True)
        server.script(lane.call, answer(lane.page([lane.row(2)])))
        assert len((await session.next_page()).rows) == 1, "the page that failed can be asked for again"
        assert len(session.contact_ids) == 2


@pytest.mark.parametrize("lane", FETCHES, ids=str)
async def test_a_key_refused_half_way_pauses_the_fetch_with_what_it_has(tmp_path: Path, lane: Lane) -> None:
    account = ACCOUNT if lane.provider is Provider.LEADFEEDER else ""
    async with at_fault(tmp_path, {lane.call: [KEY_REFUSED]}) as (services, server):
        chunk = 50 if lane.provider is Provider.BUILDWORKPRO else 100
        ids = [lane.id_of(n) for n in range(chunk + 1)]
        server.script(lane.call, answer(lane.page([lane.row(n) for n in range(chunk)])), KEY_REFUSED)
        plan = await services.fetching.plan(lane.provider, ids, account)
        run_id = await services.fetching.create(plan)
        with pytest.raises(BadKeyError):
            await services.fetching.execute(run_id)
        run = await services.fetching.run(run_id)
        assert run.state is FetchRunState.PAUSED
        assert "refused the key" in run.note
        assert run.counts[Outcome.QUEUED] in (1, chunk)
        server.script(lane.call, answer(lane.page([lane.row(n) for n in range(chunk + 1)])))
        finished = await services.fetching.execute(run_id)
        assert finished.counts.get(Outcome.FOUND, 0) + finished.counts.get(Outcome.UNKNOWN, 0) == chunk + 1


async def test_a_key_refused_between_polls_stops_the_queue_and_loses_nothing(tmp_path: Path) -> None:
    running = answer(results([], "PROCESSING"))
    scripts = {CREDITS: [BALANCE], SUBMIT: [ACCEPTED], POLL: [running, KEY_REFUSED]}
    async with at_fault(tmp_path, scripts) as (services, server):
        run_id, (key,) = await enqueue(services)
        seen = await drained(services, run_id)
        assert isinstance(seen.error, BadKeyError)
        assert "refused the key" in seen.note
        assert seen.outcomes == {Outcome.IN_FLIGHT: 1}
        server.script(POLL, answer(results([entry(key)])))
        await services.enrichment.resume_spending()
        assert (await drained(services, run_id)).outcomes == {Outcome.FOUND: 1}
        assert server.count(SUBMIT) == 1


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_a_submit_that_is_refused_gives_its_credits_back(tmp_path: Path, status: int) -> None:
    scripts = {CREDITS: [BALANCE], SUBMIT: [answer(b"{}", status=status)]}
    async with at_fault(tmp_path, scripts) as (services, server):
        run_id, _ = await enqueue(services)
        seen = await drained(services, run_id)
        assert seen.error is not None
        assert isinstance(seen.error, NoCreditsError) == (status == 402)
        assert seen.outcomes == {Outcome.QUEUED: 1}
        assert server.count(SUBMIT) == 1
        assert (await services.enrichment.run(run_id)).spending.reserved == 0


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_an_answer_of_fifty_megabytes_is_read(tmp_path: Path, lane: Lane) -> None:
    body = lane.page([lane.row(1), lane.row(2)]) + b" " * (50 << 20)
    async with at_fault(tmp_path, {lane.call: [answer(body)]}) as (services, _):
        seen = await lane.run(services)
        assert (seen.error, seen.contacts) == (None, 2)


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_an_answer_of_more_than_64_megabytes_is_not(tmp_path: Path, lane: Lane) -> None:
    body = lane.page([lane.row(1), lane.row(2)]) + b" " * (65 << 20)
    async with at_fault(tmp_path, {lane.call: [answer(body)]}) as (services, _):
        seen = await lane.run(services)
        assert "far too large" in seen.sentence
        assert isinstance(seen.error, OutcomeUnknownError) == lane.spends
