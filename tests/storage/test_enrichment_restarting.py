"""Every state a batch can be in, where it may go from there, and what a kill leaves."""

from collections.abc import Awaitable, Callable

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import (
    TRANSITIONS,
    BatchState,
    LedgerKind,
    Submission,
)
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.storage.enrichment_collecting import GIVEN_UP, NOT_SENT
from app.storage.enrichment_recovery import ANSWER_NOT_SEEN
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import JournalEntry
from app.storage.ledger import LedgerRepository
from app.storage.states import IllegalTransitionError
from tests.storage.builders import LATER, NOON
from tests.support.queue_steps import booked, complete, make_batch, outcomes, submit, waiting

Prepare = Callable[[EnrichmentRepository, int], Awaitable[object]]


async def _draft(queue: EnrichmentRepository, batch_id: int) -> None:
    pass


async def _reserved(queue: EnrichmentRepository, batch_id: int) -> None:
    await queue.reserve(batch_id, 22, "key")


async def _submitting(queue: EnrichmentRepository, batch_id: int) -> None:
    await _reserved(queue, batch_id)
    await queue.begin_submit(batch_id, "hash")


async def _submitted(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)


async def _collecting(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)
    await queue.polled(batch_id, LATER)


async def _complete(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)
    await complete(queue, batch_id)


async def _rejected(queue: EnrichmentRepository, batch_id: int) -> None:
    await _submitting(queue, batch_id)
    await queue.refused(batch_id, "No.", final=True)


async def _unknown(queue: EnrichmentRepository, batch_id: int) -> None:
    await _submitting(queue, batch_id)
    await queue.unknown(batch_id, "Lost.")


async def _expired(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)
    await queue.give_up(batch_id, "Gone.", expired=True)


async def _abandoned(queue: EnrichmentRepository, batch_id: int) -> None:
    await queue.give_up(batch_id)


INTO: dict[BatchState, Prepare] = {
    BatchState.DRAFT: _draft,
    BatchState.RESERVED: _reserved,
    BatchState.SUBMITTING: _submitting,
    BatchState.SUBMITTED: _submitted,
    BatchState.COLLECTING: _collecting,
    BatchState.COMPLETE: _complete,
    BatchState.REJECTED: _rejected,
    BatchState.UNKNOWN_OUTCOME: _unknown,
    BatchState.EXPIRED: _expired,
    BatchState.ABANDONED: _abandoned,
}

STEPS: dict[str, tuple[BatchState, Prepare]] = {
    "reserve": (BatchState.RESERVED, lambda queue, batch: queue.reserve(batch, 22, "key")),
    "begin_submit": (BatchState.SUBMITTING, lambda queue, batch: queue.begin_submit(batch, "hash")),
    "submitted": (
        BatchState.SUBMITTED,
        lambda queue, batch: queue.submitted(batch, Submission("req-2", "PENDING", 2), LATER),
    ),
    "refused": (BatchState.REJECTED, lambda queue, batch: queue.refused(batch, "No.", final=True)),
    "unknown": (BatchState.UNKNOWN_OUTCOME, lambda queue, batch: queue.unknown(batch, "Lost.")),
    "polled": (BatchState.COLLECTING, lambda queue, batch: queue.polled(batch, LATER)),
    "complete": (BatchState.COMPLETE, complete),
    "expire": (BatchState.EXPIRED, lambda queue, batch: queue.give_up(batch, expired=True)),
    "give_up": (BatchState.ABANDONED, lambda queue, batch: queue.give_up(batch)),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", BatchState)
async def test_a_batch_goes_only_where_the_table_of_transitions_lets_it(
    queue: EnrichmentRepository, books: LedgerRepository, state: BatchState, step: str
) -> None:
    batch_id = await make_batch(queue)
    await INTO[state](queue, batch_id)
    before = await queue.batch(batch_id), await booked(books), await queue.items(batch_id=batch_id)
    assert before[0].state is state
    to, take = STEPS[step]
    again = state is to is BatchState.COLLECTING
    if to in TRANSITIONS[state] or again:
        await take(queue, batch_id)
        assert (await queue.batch(batch_id)).state is to
    else:
        with pytest.raises(IllegalTransitionError, match=f"from {state}"):
            await take(queue, batch_id)
        assert (await queue.batch(batch_id), await booked(books), await queue.items(batch_id=batch_id)) == before


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (BatchState.DRAFT, (Outcome.CANCELLED, NOT_SENT)),
        (BatchState.RESERVED, (Outcome.CANCELLED, NOT_SENT)),
        (BatchState.SUBMITTED, (Outcome.EXPIRED, GIVEN_UP)),
        (BatchState.COLLECTING, (Outcome.EXPIRED, GIVEN_UP)),
        (BatchState.UNKNOWN_OUTCOME, (Outcome.UNKNOWN, "Lost.")),
        (BatchState.REJECTED, (Outcome.FAILED, "No.")),
    ],
)
async def test_giving_up_releases_the_credits_and_hides_no_outcome(
    queue: EnrichmentRepository, books: LedgerRepository, state: BatchState, outcome: tuple[Outcome, str]
) -> None:
    batch_id = await make_batch(queue)
    await INTO[state](queue, batch_id)
    await queue.give_up(batch_id)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.next_poll_at) == (BatchState.ABANDONED, 0, None)
    assert await outcomes(queue, batch_id) == {outcome}
    totals = await books.totals()
    assert totals[LedgerKind.RESERVED] == totals[LedgerKind.RELEASED]
    assert await waiting(queue) == set()


async def test_after_a_kill_a_submit_under_way_is_unknown_and_a_reservation_is_released(
    queue: EnrichmentRepository, books: LedgerRepository, told: list[Change]
) -> None:
    submitting, reserved, sent = [await make_batch(queue, first=10 * number) for number in range(3)]
    await _submitting(queue, submitting)
    await _reserved(queue, reserved)
    await submit(queue, sent)
    told.clear()
    assert await queue.recover() == [submitting]
    assert [change.kind for change in told] == [ChangeKind.ENRICHMENT, ChangeKind.LEDGER]
    assert await outcomes(queue, submitting) == {(Outcome.UNKNOWN, ANSWER_NOT_SEEN)}
    states = [(await queue.batch(batch)).state for batch in (submitting, reserved, sent)]
    assert states == [BatchState.UNKNOWN_OUTCOME, BatchState.DRAFT, BatchState.SUBMITTED]
    assert (await booked(books))[-1] == (LedgerKind.RELEASED, 22)
    told.clear()
    assert await queue.recover() == []
    assert told == []


async def test_after_a_kill_the_journal_knows_the_request_the_library_does_not(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await _submitting(queue, batch_id)
    assert await queue.recover([JournalEntry("req-7", batch_id, NOON)]) == []
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.request_id, batch.next_poll_at) == (BatchState.SUBMITTED, "req-7", NOON)
    assert await outcomes(queue, batch_id) == {(Outcome.IN_FLIGHT, "")}


async def test_a_journal_line_of_an_earlier_submit_of_the_batch_is_not_taken_for_this_one(
    queue: EnrichmentRepository,
) -> None:
    batch_id = await make_batch(queue)
    await _expired(queue, batch_id)
    await queue.resubmit_unknown(batch_id)
    await _submitting(queue, batch_id)
    assert await queue.recover([JournalEntry("req-1", batch_id, NOON)]) == [batch_id]


async def test_a_journal_line_of_a_library_that_is_gone_is_not_taken_for_a_batch_of_this_one(
    queue: EnrichmentRepository,
) -> None:
    batch_id = await make_batch(queue)
    await _submitting(queue, batch_id)
    older = JournalEntry("req-7", batch_id, NOON, "key", ("a person of the other library",), 22)
    assert await queue.recover([older]) == [batch_id]
    assert (await queue.batch(batch_id)).request_id == ""


async def test_what_does_not_exist(queue: EnrichmentRepository) -> None:
    with pytest.raises(LibraryError, match="no enrichment run number 5"):
        await queue.run(5)
    with pytest.raises(LibraryError, match="no enrichment batch number 5"):
        await queue.batch(5)
