"""The enrichment engine over a real library file: nothing bought twice, nothing lost, every trouble named."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from app.domain.contact import EmailValue
from app.domain.enrichment import (
    AnswerEntry,
    AnswerStatus,
    BatchState,
    EnrichField,
    SubmitItem,
)
from app.domain.errors import (
    BadKeyError,
    CapError,
    Finding,
    InvalidRequestError,
    LibraryError,
    MissingKeyError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
)
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.jobs.lane import body_hash, fingerprint
from app.jobs.schedule import PollSchedule
from app.storage.journal import JournalEntry, RequestJournal
from tests.support.enrichment_desk import BOTH, EMAILS, Desk, bad_key, desk, people, person, unreachable
from tests.support.fake_enrichment import FakeEnrichment, entries_per_field

__all__ = ["desk"]


async def test_250_people_take_three_submits_and_every_one_is_found(desk: Desk) -> None:
    run_id = await desk.queue(*people(250))
    await desk.engine.drain([run_id])
    assert [len(batch) for batch in desk.provider.submits] == [100, 100, 50]
    assert set(desk.provider.bought.values()) == {1}
    run = await desk.runs.run(run_id)
    assert run.counts == {Outcome.FOUND: 250}
    assert (run.spending.charged, run.spending.reserved) == (250, 0)
    assert not run.is_open


async def test_found_not_found_and_failed_are_told_apart_and_only_found_fields_are_booked(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"), person("Miss"), person("Fail"), fields=BOTH)
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {
        "Hit": [Outcome.FOUND, Outcome.FOUND],
        "Miss": [Outcome.NOT_FOUND, Outcome.NOT_FOUND],
        "Fail": [Outcome.FAILED, Outcome.FAILED],
    }
    run = await desk.runs.run(run_id)
    assert (run.spending.charged, run.spending.reserved) == (11, 0)
    (row,) = await desk.library.rows(
        [item.person.contact_id or 0 for item in (await desk.runs.items(run_id=run_id))[:1]]
    )
    assert row.email == "ada.hit@acme.example"
    assert row.phone.startswith("+1555010")


async def test_results_while_running_are_provisional(desk: Desk) -> None:
    desk.provider.polls_needed = 3
    run_id = await desk.queue(*people(4))
    seen: list[dict[Outcome, int]] = []
    original = desk.provider.poll_enrichment

    async def watch(request_id: str):  # type: ignore[no-untyped-def]  # stands in for the bound method
        seen.append((await desk.runs.run(run_id)).counts)
        return await original(request_id)

    desk.provider.poll_enrichment = watch  # type: ignore[method-assign]
    await desk.engine.drain()
    assert seen == [{Outcome.IN_FLIGHT: 4}, {Outcome.IN_FLIGHT: 4}, {Outcome.IN_FLIGHT: 4}]
    assert (await desk.runs.run(run_id)).counts == {Outcome.FOUND: 4}


async def test_the_request_id_is_in_the_journal_when_the_process_dies_right_after(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    batch = (await desk.runs.run(run_id)).batches[0]
    assert batch.request_id == "request-1"
    assert "request-1" in desk.journal_path.read_text()
    assert "Hit" not in desk.journal_path.read_text()


async def test_a_lost_reply_is_unknown_and_never_sent_again_unasked(
    desk: Desk, expected_log: Callable[[str], None]
) -> None:
    expected_log("is unknown")
    desk.provider.submit_troubles = [OutcomeUnknownError("The answer did not arrive.", provider=Provider.TAMTAM)]
    desk.provider.accept_then_raise = True
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    await desk.restart().drain()
    assert len(desk.provider.submits) == 1
    assert await desk.states(run_id) == [BatchState.UNKNOWN_OUTCOME]
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.UNKNOWN]}
    assert (await desk.runs.run(run_id)).spending.reserved == 1

    await desk.runs.resubmit_unknown((await desk.runs.run(run_id)).batches[0].batch_id)
    desk.engine.wake()
    await desk.engine.drain()
    assert len(desk.provider.submits) == 2
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_killed_between_submit_and_answer_the_next_start_says_unknown(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"))
    batch_id = (await desk.runs.run(run_id)).batches[0].batch_id
    assert await desk.runs.reserve(batch_id, 1, fingerprint(desk.key))
    await desk.runs.begin_submit(batch_id, "hash")
    await desk.runs.recover()  # what a start does
    await desk.restart().drain()
    assert desk.provider.submits == []
    assert await desk.states(run_id) == [BatchState.UNKNOWN_OUTCOME]


async def test_killed_after_the_reservation_nothing_was_sent_and_it_is_sent_once(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"))
    await desk.runs.reserve((await desk.runs.run(run_id)).batches[0].batch_id, 1, fingerprint(desk.key))
    await desk.runs.recover()
    await desk.restart().drain()
    assert len(desk.provider.submits) == 1
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_killed_while_polling_the_next_start_goes_on_polling(desk: Desk) -> None:
    desk.provider.polls_needed = 5
    desk.provider.poll_troubles = [
        None,
        None,
        bad_key(),
    ]
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(BadKeyError):
        await desk.engine.drain()
    await desk.runs.recover()
    await desk.restart().drain()
    assert len(desk.provider.submits) == 1
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_closing_in_the_middle_of_a_submit_leaves_it_unknown(desk: Desk) -> None:
    reached = asyncio.Event()

    async def hang(items: Sequence[SubmitItem]):  # type: ignore[no-untyped-def]  # never returns
        reached.set()
        await asyncio.Event().wait()

    desk.provider.submit_enrichment = hang  # type: ignore[method-assign]
    run_id = await desk.queue(person("Hit"))
    task = asyncio.create_task(desk.engine.work())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await desk.states(run_id) == [BatchState.UNKNOWN_OUTCOME]


async def test_closing_just_before_a_submit_leaves_the_batch_for_the_next_start(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_submit = desk.runs.begin_submit

    async def close_now(batch_id: int, digest: str, *, adapter: str) -> None:
        await begin_submit(batch_id, digest, adapter=adapter)
        raise asyncio.CancelledError

    monkeypatch.setattr(desk.runs, "begin_submit", close_now)
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(asyncio.CancelledError):
        await desk.engine.drain()
    assert desk.provider.submits == []
    assert await desk.states(run_id) == [BatchState.DRAFT]
    assert (await desk.runs.run(run_id)).spending.reserved == 0


@pytest.mark.parametrize(
    "trouble",
    [
        bad_key(),
        NoCreditsError("Tamtam says the credits do not suffice.", provider=Provider.TAMTAM, status=402),
    ],
)
async def test_a_refusal_stops_the_lane_keeps_the_batch_and_frees_its_credits(
    desk: Desk, trouble: ServiceError
) -> None:
    desk.provider.submit_troubles = [trouble]
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(type(trouble)):
        await desk.engine.drain()
    assert desk.engine.lane_note == trouble.text
    assert await desk.states(run_id) == [BatchState.DRAFT]
    assert (await desk.runs.run(run_id)).spending.reserved == 0
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.QUEUED]}

    desk.engine.wake()  # the rep has put it right
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
    assert desk.engine.lane_note == ""


async def test_no_key_is_said_and_nothing_is_reserved(desk: Desk) -> None:
    desk.key = ""
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(MissingKeyError):
        await desk.engine.drain()
    assert (await desk.runs.run(run_id)).spending.reserved == 0


async def test_a_refused_request_names_its_rows_and_costs_nothing(desk: Desk) -> None:
    finding = Finding("body.requests[0].domain", "expected length >= 1")
    desk.provider.submit_troubles = [InvalidRequestError("Refused.", provider=Provider.TAMTAM, findings=(finding,))]
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    (stored,) = await desk.runs.items(run_id=run_id)
    assert stored.outcomes[EnrichField.EMAILS].outcome is Outcome.FAILED
    assert "domain: expected length" in stored.outcomes[EnrichField.EMAILS].reason
    assert (await desk.runs.run(run_id)).spending.reserved == 0


async def test_offline_before_a_submit_waits_and_goes_on_by_itself(desk: Desk) -> None:
    desk.provider.submit_troubles = [
        unreachable(),
        None,
    ]
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
    assert "Tamtam cannot be reached." in desk.notes
    assert desk.engine.lane_note == ""
    assert set(desk.provider.bought.values()) == {1}


async def test_a_server_that_stays_down_is_said_after_a_few_tries(desk: Desk) -> None:
    desk.provider.submit_troubles = [unreachable() for _ in range(9)]
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(NetworkError):
        await desk.engine.drain()
    assert await desk.states(run_id) == [BatchState.DRAFT]
    assert desk.provider.submits == []


async def test_told_to_slow_down_the_lane_waits_as_long_as_asked(desk: Desk) -> None:
    desk.provider.submit_troubles = [
        RateLimitedError("Tamtam asks to slow down.", provider=Provider.TAMTAM, status=429, retry_after=30)
    ]
    run_id = await desk.queue(person("Hit"))
    start = desk.clock.now
    asked: list[float] = []
    desk.provider.on_submit = lambda: asked.append((desk.clock.now - start).total_seconds())
    await desk.engine.drain()
    first, second = asked
    assert first == 0
    assert second >= 30
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_trouble_while_polling_loses_nothing(desk: Desk) -> None:
    desk.provider.poll_troubles = [TryLaterError("Tamtam is in trouble.", provider=Provider.TAMTAM, status=503), None]
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
    assert len(desk.provider.submits) == 1


async def test_a_request_the_provider_forgot_expires_after_a_few_tries(
    desk: Desk, expected_log: Callable[[str], None]
) -> None:
    expected_log("no longer known")
    desk.provider.poll_troubles = [NotFoundError("Unknown.", provider=Provider.TAMTAM, status=404)] * 3
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.EXPIRED]}


async def test_rows_missing_from_the_final_answer_are_asked_for_once_more_then_unknown(desk: Desk) -> None:
    def all_but_last(items: Sequence[SubmitItem]) -> list[AnswerEntry]:
        return entries_per_field(items[:-1])

    desk.provider.make_entries = all_but_last
    run_id = await desk.queue(person("Hit"), person("Gone"))
    await desk.engine.drain()
    assert desk.provider.polls["request-1"] == 2
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND], "Gone": [Outcome.UNKNOWN]}


async def test_entries_of_nobody_are_kept_as_unmatched(desk: Desk) -> None:
    def with_stranger(items: Sequence[SubmitItem]) -> list[AnswerEntry]:
        stranger = AnswerEntry("not-ours", "email", "COMPLETED", (EmailValue("x@acme.example"),), raw=b'{"x":1}')
        return [*entries_per_field(items), stranger]

    desk.provider.make_entries = with_stranger
    run_id = await desk.queue(person("Hit"), person("Other"))
    await desk.engine.drain()
    assert (await desk.runs.run(run_id)).batches[0].unmatched == 1


async def test_a_failed_batch_keeps_what_it_holds(desk: Desk) -> None:
    desk.provider.final_status = AnswerStatus.FAILED
    run_id = await desk.queue(person("Hit"), person("Miss"))
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND], "Miss": [Outcome.FAILED]}


async def test_the_cap_is_never_exceeded(desk: Desk) -> None:
    run_id = await desk.queue(*people(250), cap=220)
    with pytest.raises(CapError):
        await desk.engine.drain([run_id])
    run = await desk.runs.run(run_id)
    assert [len(batch) for batch in desk.provider.submits] == [100, 100]
    assert run.spending.charged == 200
    assert run.stopped


async def test_stopped_spending_submits_nothing_new_and_collects_what_is_in_flight(desk: Desk) -> None:
    desk.provider.polls_needed = 2
    run_id = await desk.queue(*people(150))

    def stop_now() -> None:
        desk.provider.on_submit = lambda: None
        stopping.append(asyncio.create_task(desk.runs.set_stopped(run_id, stopped=True)))

    stopping: list[asyncio.Task[None]] = []
    desk.provider.on_submit = stop_now
    await desk.engine.drain()
    assert len(desk.provider.submits) == 1
    assert (await desk.runs.run(run_id)).counts == {Outcome.FOUND: 100, Outcome.QUEUED: 50}
    await desk.runs.set_stopped(run_id, stopped=False)
    desk.engine.wake()
    await desk.engine.drain()
    assert (await desk.runs.run(run_id)).counts == {Outcome.FOUND: 150}


async def test_another_accounts_key_never_polls_what_the_first_one_bought(desk: Desk) -> None:
    desk.provider.polls_needed = 2
    run_id = await desk.queue(person("Hit"))
    desk.provider.poll_troubles = [bad_key()]
    with pytest.raises(BadKeyError):
        await desk.engine.drain()
    desk.key = "another-account"
    engine = desk.restart()
    with pytest.raises(BadKeyError, match="another"):
        await engine.drain()
    assert desk.provider.polls["request-1"] == 0
    (batch,) = (await desk.runs.run(run_id)).batches
    assert "another key" in batch.note
    assert fingerprint(desk.key)[:4] in batch.note
    assert batch.request_id == "request-1"
    assert "another" in engine.lane_note

    desk.key = "secret-key"
    engine.wake()
    await engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
    assert engine.lane_note == ""


async def buy_with_another_key(desk: Desk) -> int:
    """The present key is kept for what it bought, another one takes its place and buys; returns that run."""
    desk.kept[fingerprint(desk.key)], desk.key = desk.provider, "another-key"
    desk.provider = FakeEnrichment()
    run_id = await desk.queue(person("New"))
    desk.engine.wake()
    return run_id


async def test_a_kept_key_collects_what_it_bought_while_the_present_one_buys(desk: Desk) -> None:
    old, desk.balance = desk.provider, 100
    desk.provider.polls_needed = 2
    desk.provider.poll_troubles = [bad_key()]
    first = await desk.queue(person("Old"))
    with pytest.raises(BadKeyError):
        await desk.engine.drain()
    second = await buy_with_another_key(desk)
    await desk.engine.drain()
    assert (await desk.outcomes(first), await desk.outcomes(second)) == (
        {"Old": [Outcome.FOUND]},
        {"New": [Outcome.FOUND]},
    )
    assert (len(old.submits), len(desk.provider.submits)) == (1, 1)
    assert (set(old.polls), set(desk.provider.polls)) == ({"request-1"}, {"request-1"})
    assert [(stretch.before, stretch.after) for stretch in await desk.runs.reconciliations()] == [(100, 100)] * 2


async def test_a_kept_key_that_is_refused_holds_up_only_its_own_batches(desk: Desk) -> None:
    desk.provider.poll_troubles = [bad_key(), bad_key()]
    first = await desk.queue(person("Old"))
    with pytest.raises(BadKeyError):
        await desk.engine.drain()
    second = await buy_with_another_key(desk)
    with pytest.raises(BadKeyError, match="another Tamtam key"):
        await desk.engine.drain()
    assert await desk.outcomes(second) == {"New": [Outcome.FOUND]}
    (batch,) = (await desk.runs.run(first)).batches
    assert batch.state is BatchState.SUBMITTED
    assert "was refused" in batch.note


async def test_a_batch_too_old_is_asked_about_once_at_a_start_and_then_when_the_rep_asks(desk: Desk) -> None:
    desk.provider.polls_needed = 3
    desk.provider.poll_troubles = [bad_key()]
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(BadKeyError):
        await desk.engine.drain()
    desk.clock.now += timedelta(hours=8)
    engine = desk.restart()
    await engine.drain()  # ends: nothing is polled by itself any more
    assert desk.provider.polls["request-1"] == 1
    (batch,) = (await desk.runs.run(run_id)).batches
    assert engine.is_stuck(batch)
    for _ in range(2):
        engine.ask_again(batch.batch_id)
        await engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_a_clock_set_back_does_not_stop_the_polling(desk: Desk) -> None:
    desk.provider.polls_needed = 2
    desk.engine = desk.restart(PollSchedule(first=0, second=0.01, longest=0.01, jitter=0))
    run_id = await desk.queue(person("Hit"))
    desk.provider.poll_troubles = [bad_key()]
    with pytest.raises(BadKeyError):
        await desk.engine.drain()
    desk.clock.now -= timedelta(days=2)
    engine = desk.restart(PollSchedule(first=0, second=0.01, longest=0.01, jitter=0))
    await asyncio.wait_for(engine.drain(), 10)
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_the_ledger_sums_to_what_was_charged(desk: Desk) -> None:
    await desk.queue(*people(30), person("Fail"), fields=BOTH)
    await desk.engine.drain()
    totals = await desk.ledger.totals()
    assert {kind.value: total for kind, total in totals.items()} == {
        "reserved": 341,
        "charged": 330,
        "released": 11,
    }


def test_fingerprints_tell_keys_apart_and_give_nothing_away() -> None:
    assert fingerprint("one") != fingerprint("two")
    assert "one" not in fingerprint("one")


def test_the_body_hash_knows_what_is_asked_for() -> None:
    first = SubmitItem("k", person("Hit"), EMAILS)
    assert body_hash([first]) == body_hash([SubmitItem("k", person("Hit"), EMAILS)])
    assert body_hash([first]) != body_hash([SubmitItem("k", person("Hit"), BOTH)])


class StubbornJournal(RequestJournal):
    """A journal on a full disk."""

    def append(self, entry: JournalEntry) -> None:
        raise LibraryError("The journal of paid requests cannot be written.")


async def test_a_journal_that_cannot_be_written_does_not_cost_the_request_id(
    desk: Desk, expected_log: Callable[[str], None]
) -> None:
    expected_log("journal could not be written")
    desk.journal = StubbornJournal(desk.journal_path)
    desk.restart()
    run_id = await desk.queue(person("Hit"))
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_a_request_id_the_disk_refused_is_stored_as_soon_as_it_takes_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = desk.runs.submitted

    async def full_disk(*_: object, **__: object) -> None:
        monkeypatch.setattr(desk.runs, "submitted", submitted)
        raise LibraryError("The disk is full; nothing was changed.")

    monkeypatch.setattr(desk.runs, "submitted", full_disk)
    run_id = await desk.queue(person("Hit"))
    with pytest.raises(LibraryError):
        await desk.engine.drain()
    assert await desk.states(run_id) == [BatchState.SUBMITTING]
    assert "request-1" in desk.journal_path.read_text()
    desk.engine.wake()
    await desk.engine.drain()
    assert len(desk.provider.submits) == 1
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_killed_after_the_journal_line_the_next_start_collects(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"))
    batch_id = (await desk.runs.run(run_id)).batches[0].batch_id
    await desk.runs.reserve(batch_id, 1, fingerprint(desk.key))
    await desk.runs.begin_submit(batch_id, "hash")
    items = await desk.runs.items(batch_id=batch_id)
    accepted = await desk.provider.submit_enrichment(
        [SubmitItem(item.client_key, item.person, item.fields) for item in items]
    )
    journal = RequestJournal(desk.journal_path)
    journal.append(JournalEntry(accepted.request_id, batch_id, desk.clock()))
    assert await desk.runs.recover(journal.entries()) == []
    await desk.restart().drain()
    assert len(desk.provider.submits) == 1
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
