"""Failure points of the queue that are about money, clocks, disks and lost libraries."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.enrichment import AnswerEntry, BatchState, EnrichField, Submission, SubmitItem
from app.domain.errors import (
    CapError,
    Finding,
    InputError,
    InvalidRequestError,
    LibraryError,
    NoCreditsError,
    NotFoundError,
    PermissionDeniedError,
)
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.jobs.lane import Limits, fingerprint
from app.jobs.schedule import PollSchedule
from app.storage.database import Database
from app.storage.enrichment_log import EnrichmentLog
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import JournalEntry, RequestJournal
from app.storage.library import LibraryRepository
from tests.support.enrichment_desk import BOTH, Desk, bad_key, desk, people, person

__all__ = ["desk"]


def refused(*findings: Finding) -> InvalidRequestError:
    return InvalidRequestError("validation failed", provider=Provider.TAMTAM, status=422, findings=findings)


async def test_rows_that_the_service_blames_fail_alone_and_the_others_go_on(desk: Desk) -> None:
    desk.provider.submit_troubles = [refused(Finding("body.requests[1].domain", "expected length >= 1"))]
    run_id = await desk.queue(person("Hit"), person("Bad"), person("Also"))
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND], "Bad": [Outcome.FAILED], "Also": [Outcome.FOUND]}
    assert [len(batch) for batch in desk.provider.submits] == [2]
    run = await desk.runs.run(run_id)
    assert (run.people, run.spending.charged, run.spending.reserved) == (3, 2, 0)
    bad = next(item for item in await desk.runs.items(run_id=run_id) if item.person.last_name == "Bad")
    assert "expected length" in bad.outcomes[EnrichField.EMAILS].reason


async def test_a_bad_row_that_nobody_names_is_narrowed_down(desk: Desk) -> None:
    submit = desk.provider.submit_enrichment

    async def no_poison(items: list[SubmitItem]) -> Submission:
        if any(item.person.last_name == "Number5" for item in items):
            raise refused()
        return await submit(items)

    desk.provider.submit_enrichment = no_poison  # type: ignore[method-assign,assignment]  # stands in for the service
    run_id = await desk.queue(*people(8))
    await desk.engine.drain()
    assert (await desk.runs.run(run_id)).counts == {Outcome.FOUND: 7, Outcome.FAILED: 1}
    assert set(desk.provider.bought.values()) == {1}


@pytest.mark.parametrize("kind", [NoCreditsError, PermissionDeniedError])
async def test_a_batch_refused_for_want_of_credits_is_parked_and_says_how_many_are_short(
    desk: Desk, kind: type[NoCreditsError]
) -> None:
    desk.balance = 7
    desk.provider.submit_troubles = [kind("Refused.", provider=Provider.TAMTAM)]
    run_id = await desk.queue(*people(10))
    with pytest.raises(NoCreditsError, match="3 are short"):
        await desk.engine.drain()
    (batch,) = (await desk.runs.run(run_id)).batches
    assert (batch.state, batch.short, batch.reserved) == (BatchState.DRAFT, 3, 0)
    assert "3 are short" in desk.engine.lane_note

    desk.balance = 10
    desk.engine.wake()
    await desk.engine.drain()
    (batch,) = (await desk.runs.run(run_id)).batches
    assert (batch.state, batch.short) == (BatchState.COMPLETE, 0)


async def test_a_right_that_is_missing_while_credits_suffice_stays_what_it_is(desk: Desk) -> None:
    desk.balance = 100
    desk.provider.submit_troubles = [PermissionDeniedError("Your plan lacks this.", provider=Provider.TAMTAM)]
    await desk.queue(person("Hit"))
    with pytest.raises(PermissionDeniedError, match="plan"):
        await desk.engine.drain()


async def test_a_batch_that_was_cut_says_so_and_who_was_not_taken_costs_nothing(desk: Desk) -> None:
    submit, entries = desk.provider.submit_enrichment, desk.provider.make_entries

    async def cut(items: list[SubmitItem]) -> Submission:
        accepted = await submit(items)
        desk.provider.make_entries = lambda all_items: entries(all_items[:2])
        return Submission(accepted.request_id, accepted.status, 2)

    desk.provider.submit_enrichment = cut  # type: ignore[method-assign,assignment]  # stands in for the service
    run_id = await desk.queue(person("One"), person("Two"), person("Three"))
    desk.provider.poll_troubles = [bad_key()]
    with pytest.raises(Exception, match="key"):
        await desk.engine.drain()
    (batch,) = (await desk.runs.run(run_id)).batches
    assert (batch.taken, batch.note) == (2, "Tamtam took 2 of 3 people.")
    desk.engine.wake()
    await desk.engine.drain()
    three = next(item for item in await desk.runs.items(run_id=run_id) if item.person.last_name == "Three")
    assert three.outcomes[EnrichField.EMAILS].outcome is Outcome.FAILED
    assert three.outcomes[EnrichField.EMAILS].reason == "Tamtam took only 2 of 3 people, and not this one."
    assert (await desk.runs.run(run_id)).spending.charged == 2


async def test_nothing_is_submitted_when_the_disk_could_not_keep_it(desk: Desk) -> None:
    desk.disk_trouble = LibraryError("Nothing is bought: only 3 MB are free.")
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(LibraryError, match="3 MB"):
        await desk.engine.drain()
    assert desk.provider.submits == []
    assert (await desk.runs.run(run_id)).spending.reserved == 0
    desk.stop_after_waits = 1
    await desk.engine.work()  # waits by itself, not for ever
    assert desk.waits


async def test_the_day_has_a_cap_that_a_clock_set_back_does_not_lift(desk: Desk) -> None:
    desk.limits = Limits(day_cap=10)
    first = await desk.queue(*people(8))
    await desk.engine.drain()
    second = await desk.queue(*(person(f"Later{number}") for number in range(5)))
    with pytest.raises(CapError, match="day"):
        await desk.engine.drain([second])
    assert (await desk.runs.run(first)).spending.charged == 8
    assert not (await desk.runs.run(second)).stopped
    desk.clock.now -= timedelta(days=2)
    desk.engine.wake()
    with pytest.raises(CapError):
        await desk.engine.drain([second])
    desk.clock.now += timedelta(days=3)
    desk.engine.wake()
    await desk.engine.drain([second])
    assert (await desk.runs.run(second)).spending.charged == 5


async def test_a_day_cap_of_nothing_buys_nothing(desk: Desk) -> None:
    desk.limits = Limits(day_cap=0)
    await desk.queue(person("Hit"))
    with pytest.raises(CapError, match="day"):
        await desk.engine.drain()
    assert desk.provider.submits == []


async def test_midnight_in_utc_opens_the_next_days_budget_by_itself(desk: Desk) -> None:
    desk.limits = Limits(day_cap=5)
    desk.clock.now = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    await desk.queue(*people(5))
    second = await desk.queue(*(person(f"Later{number}") for number in range(5)))
    working = asyncio.create_task(desk.engine.work())
    await desk.idle.wait()
    desk.engine.stop()
    await working
    assert desk.clock.now >= datetime(2026, 3, 2, tzinfo=UTC)
    assert (await desk.runs.run(second)).spending.charged == 5


async def test_a_cap_can_be_raised_but_not_below_what_is_spent(desk: Desk) -> None:
    run_id = await desk.queue(*people(150), cap=100)
    with pytest.raises(CapError):
        await desk.engine.drain()
    with pytest.raises(InputError, match="100"):
        await desk.runs.raise_cap(run_id, 99)
    await desk.runs.raise_cap(run_id, 150)
    desk.engine.wake()
    await desk.engine.drain()
    assert (await desk.runs.run(run_id)).spending.charged == 150


async def test_only_the_sample_is_bought_until_the_rep_agrees_to_the_rest(desk: Desk) -> None:
    run_id = await desk.runs.create_run(people(30), {EnrichField.EMAILS}, cap=100, origin="", sample=5)
    await desk.engine.drain()
    run = await desk.runs.run(run_id)
    assert (run.spending.charged, run.held_people, run.is_open) == (5, 25, False)
    await desk.runs.release_rest(run_id)
    await desk.engine.drain()
    run = await desk.runs.run(run_id)
    assert (run.spending.charged, run.held_people) == (30, 0)


async def test_after_eight_hours_asleep_every_batch_is_asked_about_once_the_oldest_deadline_first(desk: Desk) -> None:
    engine = desk.restart(PollSchedule(first=3.0, second=5.0, longest=30.0))
    desk.provider.polls_needed = 100
    run_id = await desk.runs.create_run(people(6), {EnrichField.EMAILS}, cap=100, origin="", batch_size=2)
    desk.stop_after_waits = 2
    await engine.work()
    before = desk.provider.polls.copy()
    desk.clock.now += timedelta(hours=8)  # the monotonic clock stood still
    engine._stopping = False
    asked: list[tuple[str, float]] = []
    poll = desk.provider.poll_enrichment

    async def watch(request_id: str):  # type: ignore[no-untyped-def]  # stands in for the bound method
        asked.append((request_id, desk.elapsed))
        return await poll(request_id)

    desk.provider.poll_enrichment = watch  # type: ignore[method-assign]
    woke = desk.elapsed
    desk.stop_after_waits = len(desk.waits) + 5
    await engine.work()
    within = [request_id for request_id, at in asked if at - woke <= 3.0]
    assert sorted(within) == sorted(set(within))
    assert set(within) == {"request-1", "request-2", "request-3"}
    assert (await desk.runs.run(run_id)).counts == {Outcome.IN_FLIGHT: 6}
    assert before


@pytest.mark.parametrize("days", [-2, 2])
async def test_a_clock_that_is_set_expires_nothing_and_stops_no_poll(desk: Desk, days: int) -> None:
    engine = desk.restart(PollSchedule(first=1.0, second=1.0, longest=2.0))
    desk.provider.polls_needed = 6
    run_id = await desk.queue(person("Hit"))
    desk.stop_after_waits = 2
    await engine.work()
    desk.clock.now += timedelta(days=days)
    engine._stopping = False
    desk.stop_after_waits = 1000
    start = desk.elapsed
    await engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
    assert desk.elapsed - start < 30


async def test_an_unknown_request_expires_only_after_a_while_and_results_warn_before(
    desk: Desk, expected_log: Callable[[str], None]
) -> None:
    expected_log("no longer known")
    engine = desk.restart(PollSchedule(first=1.0, second=5.0, factor=1.0, longest=5.0, jitter=0.0))
    run_id = await desk.queue(person("Hit"))
    desk.provider.poll_troubles = [NotFoundError("Unknown.", provider=Provider.TAMTAM, status=404)] * 20
    start = desk.elapsed
    await engine.drain()
    assert desk.elapsed - start >= 60
    assert await desk.states(run_id) == [BatchState.EXPIRED]


async def test_results_that_may_soon_be_dropped_are_warned_of(desk: Desk) -> None:
    desk.provider.polls_needed = 9
    desk.provider.poll_troubles = [bad_key()]
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(Exception, match="key"):
        await desk.engine.drain()
    (batch,) = (await desk.runs.run(run_id)).batches
    assert not batch.is_expiring(desk.clock.now + timedelta(days=23))
    desk.clock.now += timedelta(days=25)
    await desk.restart().drain()
    (batch,) = (await desk.runs.run(run_id)).batches
    assert batch.is_expiring(desk.clock.now)
    assert "may drop these results" in batch.note


async def test_the_balance_is_compared_with_the_books_and_never_corrected(desk: Desk) -> None:
    desk.balance = 100
    run_id = await desk.queue(*people(10), person("Miss"))

    def spend() -> None:
        desk.balance = 100 - 10 - 4  # four more than what was found

    desk.provider.on_submit = spend
    await desk.engine.drain()
    (stretch,) = await desk.runs.reconciliations()
    assert (stretch.before, stretch.after, stretch.booked, stretch.difference) == (100, 86, 10, 4)
    assert stretch.request_ids == ("request-1",)
    assert "request-1" in stretch.text
    assert (await desk.runs.run(run_id)).spending.charged == 10


async def test_the_same_person_under_two_spellings_is_not_queued_twice(desk: Desk) -> None:
    await desk.queue(person("Hit"))
    twin = type(person("Hit"))("ADA", " hit", "www.acme.example", linkedin_url="https://linkedin.com/in/ada-hit")
    with pytest.raises(LibraryError, match="already"):
        await desk.queue(twin)


async def test_collection_restarts_from_the_journal_alone(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    desk.provider.poll_troubles = [bad_key()]
    await desk.queue(person("Hit"), person("Miss"), fields=BOTH)
    with pytest.raises(Exception, match="key"):
        await desk.engine.drain()
    journal = desk.journal_path.read_text()
    assert "acme" not in journal
    assert "Hit" not in journal

    database = await Database.open(tmp_path_factory.mktemp("new") / "library.db", changes=desk.changes)
    desk.library = LibraryRepository(database)
    desk.runs = EnrichmentRepository(database, desk.library, now=desk.clock)
    taken = await desk.runs.take_up(RequestJournal(desk.journal_path).entries())
    assert len(taken) == 1
    assert await desk.runs.take_up(RequestJournal(desk.journal_path).entries()) == []
    await desk.restart().drain()
    assert len(desk.provider.submits) == 1
    (run,) = await desk.runs.runs()
    assert (run.batches[0].state, run.spending.charged, run.spending.reserved) == (BatchState.COMPLETE, 11, 0)
    assert len(await EnrichmentLog(database).unmatched(run.run_id)) == run.batches[0].unmatched == 4
    await database.close()


async def test_a_library_set_back_finds_its_people_again_by_the_journal(desk: Desk) -> None:
    desk.provider.poll_troubles = [bad_key()]
    run_id = await desk.queue(person("Hit"))
    batch_id = (await desk.runs.run(run_id)).batches[0].batch_id
    await desk.runs.reserve(batch_id, 1, "key")
    await desk.runs.begin_submit(batch_id, "hash")
    await desk.runs.unknown(batch_id, "Lost.")
    (item,) = await desk.runs.items(run_id=run_id)
    accepted = await desk.provider.submit_enrichment([SubmitItem(item.client_key, item.person, item.fields)])
    desk.provider.poll_troubles = []
    entry = JournalEntry(accepted.request_id, 99, desk.clock.now, fingerprint(desk.key), (item.client_key,), 1)
    # The key of the batch as reserved above is another one; the journal knows better.
    assert await desk.runs.take_up([entry]) == [batch_id]
    await desk.engine.drain()
    (batch,) = (await desk.runs.run(run_id)).batches
    assert batch.request_id == accepted.request_id


async def test_a_status_of_its_own_for_an_end_without_a_value_is_a_failure(desk: Desk) -> None:
    desk.provider.make_entries = lambda items: [
        AnswerEntry(item.client_key, "email", "TIMED_OUT", raw=b"{}") for item in items
    ]
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    (item,) = await desk.runs.items(run_id=run_id)
    assert item.outcomes[EnrichField.EMAILS].outcome is Outcome.FAILED
    assert "TIMED_OUT" in item.outcomes[EnrichField.EMAILS].reason
