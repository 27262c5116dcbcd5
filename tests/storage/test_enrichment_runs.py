"""The way of a batch through its submit, and what it may cost."""

from datetime import timedelta

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.contact import EmailValue, PhoneValue
from app.domain.credits import Spending
from app.domain.enrichment import (
    BatchState,
    EnrichField,
    FieldResult,
    LedgerKind,
    Submission,
)
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.storage.database import Database, rows
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError
from tests.storage.builders import BOTH, LATER, NOON, Clock, make_person, make_result
from tests.support.queue_steps import booked, complete, make_batch, outcomes, submit, waiting


async def test_the_whole_way_of_a_batch(
    queue: EnrichmentRepository, library: LibraryRepository, books: LedgerRepository, clock: Clock, told: list[Change]
) -> None:
    batch_id = await make_batch(queue)
    assert await queue.reserve(batch_id, 22, "key-1")
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.key_fingerprint) == (BatchState.RESERVED, 22, "key-1")

    await queue.begin_submit(batch_id, "hash")
    assert (await queue.batch(batch_id)).state is BatchState.SUBMITTING
    assert await outcomes(queue, batch_id) == {(Outcome.IN_FLIGHT, "")}

    clock.move(seconds=2)
    await queue.submitted(batch_id, Submission("req-1", "PENDING", 2), LATER)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.request_id, batch.next_poll_at) == (BatchState.SUBMITTED, "req-1", LATER)
    assert batch.submitted_at == batch.updated_at == NOON + timedelta(seconds=2)

    first, second = await queue.items(batch_id=batch_id)
    for polls in (1, 2):
        await queue.polled(batch_id, LATER, provisional=[make_result(first, email="x@acme.example")], note="Working")
        batch = await queue.batch(batch_id)
        assert (batch.state, batch.polls, batch.note) == (BatchState.COLLECTING, polls, "Working")
    assert await outcomes(queue, batch_id) == {(Outcome.IN_FLIGHT, "")}
    assert (await queue.items(batch_id=batch_id))[0].emails[0].address == "x@acme.example"
    assert (await library.stats())["contacts"] == 0

    told.clear()
    results = [
        make_result(first, email="one@acme.example", phone="+49 30 1"),
        make_result(second, Outcome.NOT_FOUND, reason="No hit."),
    ]
    await queue.complete(batch_id, results, charged=11, unmatched=[b"{}"], raw=b'{"all":1}', fetched_at=LATER)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.charged, batch.unmatched) == (BatchState.COMPLETE, 0, 11, 1)
    assert batch.next_poll_at is None
    assert await booked(books) == [(LedgerKind.RESERVED, 22), (LedgerKind.CHARGED, 11), (LedgerKind.RELEASED, 11)]
    run = await queue.run(batch.run_id)
    assert (run.spending, run.is_open) == (Spending(100, 0, 11), False)
    assert run.counts == {Outcome.FOUND: 2, Outcome.NOT_FOUND: 2}

    first, second = await queue.items(batch_id=batch_id)
    assert first.emails == (EmailValue("one@acme.example", "DELIVERABLE"),)
    assert first.phones == (PhoneValue("+49 30 1"),)
    assert second.outcomes[EnrichField.EMAILS] == FieldResult(EnrichField.EMAILS, Outcome.NOT_FOUND, "No hit.")
    assert [change.kind for change in told] == [ChangeKind.CONTACTS, ChangeKind.ENRICHMENT, ChangeKind.LEDGER]
    row = (await library.rows([first.person.contact_id or 0]))[0]
    assert (row.email, row.phone, row.email_outcome) == ("one@acme.example", "+49 30 1", Outcome.FOUND)
    lines = await books.lines(run_id=batch.run_id)
    assert {(line.batch_id, line.provider) for line in lines} == {(batch_id, "tamtam")}
    assert lines[0].request_id == "req-1"


async def test_every_transition_leaves_an_event(queue: EnrichmentRepository, database: Database) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    await complete(queue, batch_id)
    events = await database.read(
        lambda conn: rows(conn, "SELECT from_state, to_state, request_id FROM enrichment_event ORDER BY event_id")
    )
    assert events == [
        (None, "draft", ""),
        ("draft", "reserved", ""),
        ("reserved", "submitting", ""),
        ("submitting", "submitted", "req-1"),
        ("submitted", "complete", "req-1"),
    ]


async def test_the_raw_answer_is_kept(queue: EnrichmentRepository, database: Database) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    await queue.complete(batch_id, [], charged=0, unmatched=[b"a", b"b"], raw=b"\x00raw", fetched_at=LATER)
    kept = await database.read(
        lambda conn: rows(conn, "SELECT raw FROM enrichment_answer UNION ALL SELECT raw FROM enrichment_unmatched")
    )
    assert kept == [(b"\x00raw",), (b"a",), (b"b",)]


async def test_no_more_than_the_cap_is_ever_reserved(queue: EnrichmentRepository, books: LedgerRepository) -> None:
    people = [make_person(number) for number in range(3)]
    run_id = await queue.create_run(people, BOTH, cap=22, origin="", batch_size=1)
    first, second, third = [batch.batch_id for batch in (await queue.run(run_id)).batches]
    assert await queue.reserve(first, 11, "key")
    assert await queue.reserve(second, 11, "key")
    assert not await queue.reserve(third, 1, "key")
    assert (await queue.batch(third)).state is BatchState.DRAFT
    assert (await queue.run(run_id)).spending == Spending(22, 22, 0)
    await queue.begin_submit(first, "hash")
    await queue.submitted(first, Submission("req", "PENDING", 1), LATER)
    await queue.complete(first, [], charged=4, unmatched=[], raw=b"", fetched_at=LATER)
    assert not await queue.reserve(third, 8, "key")
    assert await queue.reserve(third, 7, "key")
    assert (await books.totals())[LedgerKind.RESERVED] == 29


async def test_a_stopped_run_reserves_nothing(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    run_id = (await queue.batch(batch_id)).run_id
    await queue.set_stopped(run_id, stopped=True)
    assert not (await queue.run(run_id)).is_open
    assert not await queue.reserve(batch_id, 1, "key")
    await queue.set_stopped(run_id, stopped=False)
    assert await queue.reserve(batch_id, 1, "key")


async def test_stopping_everything_touches_what_has_yet_to_be_sent(
    queue: EnrichmentRepository, told: list[Change]
) -> None:
    sent = await make_batch(queue)
    await submit(queue, sent)
    waiting = await make_batch(queue, first=10)
    told.clear()
    await queue.set_stopped(None, stopped=True)
    stopped = {run.run_id: run.stopped for run in await queue.runs()}
    waiting_run = (await queue.batch(waiting)).run_id
    assert stopped == {(await queue.batch(sent)).run_id: False, waiting_run: True}
    assert told == [Change(ChangeKind.ENRICHMENT, (waiting_run,))]


@pytest.mark.parametrize(
    ("final", "state", "outcome"),
    [
        (True, BatchState.REJECTED, (Outcome.FAILED, "Bad domain.")),
        (False, BatchState.DRAFT, (Outcome.QUEUED, "")),
    ],
)
async def test_a_refused_submit_costs_nothing(
    queue: EnrichmentRepository,
    books: LedgerRepository,
    final: bool,
    state: BatchState,
    outcome: tuple[Outcome, str],
) -> None:
    batch_id = await make_batch(queue)
    await queue.reserve(batch_id, 22, "key")
    await queue.begin_submit(batch_id, "hash")
    await queue.refused(batch_id, "Bad domain.", final=final)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.note) == (state, 0, "Bad domain.")
    assert await outcomes(queue, batch_id) == {outcome}
    assert await booked(books) == [(LedgerKind.RESERVED, 22), (LedgerKind.RELEASED, 22)]


async def test_an_unseen_answer_keeps_its_credits_and_waits_for_consent(
    queue: EnrichmentRepository, books: LedgerRepository
) -> None:
    batch_id = await make_batch(queue)
    await queue.reserve(batch_id, 22, "key")
    await queue.begin_submit(batch_id, "hash")
    await queue.unknown(batch_id, "The connection broke.")
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved) == (BatchState.UNKNOWN_OUTCOME, 22)
    assert await outcomes(queue, batch_id) == {(Outcome.UNKNOWN, "The connection broke.")}
    assert (make_person(1).person_key, EnrichField.PHONES) in await waiting(queue)

    await queue.resubmit_unknown(batch_id)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.request_id) == (BatchState.DRAFT, 0, "")
    assert await outcomes(queue, batch_id) == {(Outcome.QUEUED, "")}
    assert await booked(books) == [(LedgerKind.RESERVED, 22), (LedgerKind.RELEASED, 22)]


async def test_people_queued_elsewhere_meanwhile_are_not_sent_twice(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    await queue.give_up(batch_id, expired=True)
    await make_batch(queue)
    with pytest.raises(LibraryError, match="already in the enrichment queue"):
        await queue.resubmit_unknown(batch_id)
    assert (await queue.batch(batch_id)).state is BatchState.EXPIRED


async def test_what_still_runs_cannot_be_queued_again(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await queue.reserve(batch_id, 22, "key")
    with pytest.raises(IllegalTransitionError, match="nothing to queue again"):
        await queue.resubmit_unknown(batch_id)


# Collecting
