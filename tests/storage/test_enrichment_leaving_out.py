"""Whom the rep removes from the library while they wait in the queue: nobody buys them, and the queue says so."""

import pytest

from app.domain.enrichment import BatchState, EnrichField, LedgerKind
from app.domain.outcomes import Outcome
from app.domain.suppression import SuppressionEntry, SuppressionKind
from app.services.own_work import OwnWorkService
from app.storage.database import Database
from app.storage.enrichment_collecting import NOT_SENT_AGAIN
from app.storage.enrichment_leaving_out import REMOVED, SENT_BEFORE
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.suppression import SuppressionRepository
from tests.storage.builders import BOTH, EMAILS, make_person, make_record


@pytest.fixture
async def contacts(library: LibraryRepository) -> list[int]:
    return await library.save([make_record(slug, slug=slug, first_name="Ada") for slug in ("one", "two", "three")])


async def queued(
    queue: EnrichmentRepository, contacts: list[int], fields: frozenset[EnrichField] = EMAILS, *, typed: int = 0
) -> tuple[int, int]:
    """The run and the batch of these contacts and so many people who are none."""
    people = [make_person(number, contact_id=contact_id) for number, contact_id in enumerate(contacts)]
    people += [make_person(10 + number) for number in range(typed)]
    run_id = await queue.create_run(people, fields, cap=100, origin="")
    return run_id, (await queue.run(run_id)).batches[0].batch_id


async def ends(queue: EnrichmentRepository, run_id: int) -> list[tuple[Outcome, str]]:
    """How each person's e-mails stand, by row."""
    return [
        (item.outcomes[EnrichField.EMAILS].outcome, item.outcomes[EnrichField.EMAILS].reason)
        for item in await queue.items(run_id=run_id)
    ]


async def test_who_was_removed_after_queueing_ends_cancelled_and_everybody_else_is_sent(
    queue: EnrichmentRepository, own: OwnWorkService, contacts: list[int], books: LedgerRepository
) -> None:
    run_id, batch_id = await queued(queue, contacts, BOTH, typed=1)
    await own.remove([contacts[1]])
    assert await queue.leave_out_unwanted(batch_id)
    waits = (Outcome.QUEUED, "")
    assert await ends(queue, run_id) == [waits, (Outcome.CANCELLED, REMOVED), waits, waits]
    run = await queue.run(run_id)
    assert [(each.state, each.item_count) for each in run.batches] == [(BatchState.DRAFT, 3), (BatchState.ABANDONED, 1)]
    assert run.batches[1].note == REMOVED
    assert run.counts == {Outcome.QUEUED: 6, Outcome.CANCELLED: 2}
    assert await books.lines() == []
    assert await queue.leave_out_unwanted(batch_id)  # once more finds nobody
    assert len((await queue.run(run_id)).batches) == 2


async def test_a_batch_of_removed_people_comes_to_its_end_unsent(
    queue: EnrichmentRepository, own: OwnWorkService, contacts: list[int], books: LedgerRepository
) -> None:
    run_id, batch_id = await queued(queue, contacts)
    await own.remove(contacts)
    assert not await queue.leave_out_unwanted(batch_id)
    run = await queue.run(run_id)
    (batch,) = run.batches
    assert (batch.state, run.is_open) == (BatchState.ABANDONED, False)
    assert "removed from the library" in batch.note
    assert await ends(queue, run_id) == [(Outcome.CANCELLED, REMOVED)] * 3
    assert await books.lines() == []


async def test_removed_and_suppressed_people_are_told_apart(
    queue: EnrichmentRepository, own: OwnWorkService, contacts: list[int], database: Database
) -> None:
    run_id, batch_id = await queued(queue, contacts)
    await own.remove(contacts[:2])
    await SuppressionRepository(database).add([SuppressionEntry(SuppressionKind.LINKEDIN, "two")])
    assert await queue.leave_out_unwanted(batch_id)
    assert [outcome for outcome, _ in await ends(queue, run_id)] == [
        Outcome.CANCELLED,
        Outcome.SUPPRESSED,
        Outcome.QUEUED,
    ]
    await own.remove(contacts[2:])
    assert not await queue.leave_out_unwanted(batch_id)
    assert all(batch.state is BatchState.ABANDONED for batch in (await queue.run(run_id)).batches)


async def test_who_is_removed_once_the_credits_are_set_aside_does_not_leave(
    queue: EnrichmentRepository, own: OwnWorkService, contacts: list[int], books: LedgerRepository
) -> None:
    run_id, batch_id = await queued(queue, contacts)
    assert await queue.reserve(batch_id, 3, "key")
    await own.remove(contacts[:1])
    assert not await queue.begin_submit(batch_id, "hash")
    run = await queue.run(run_id)
    assert (run.batches[0].state, run.spending.reserved) == (BatchState.DRAFT, 0)
    assert [(line.kind, line.credits) for line in reversed(await books.lines())] == [
        (LedgerKind.RESERVED, 3),
        (LedgerKind.RELEASED, 3),
    ]
    assert await queue.leave_out_unwanted(batch_id)
    assert await queue.reserve(batch_id, 2, "key")
    assert await queue.begin_submit(batch_id, "hash")
    assert [outcome for outcome, _ in await ends(queue, run_id)] == [
        Outcome.CANCELLED,
        Outcome.IN_FLIGHT,
        Outcome.IN_FLIGHT,
    ]


async def test_a_removal_undone_in_time_changes_nothing(
    queue: EnrichmentRepository, own: OwnWorkService, contacts: list[int]
) -> None:
    run_id, batch_id = await queued(queue, contacts)
    await own.remove(contacts)
    await own.undo()
    assert await queue.leave_out_unwanted(batch_id)
    assert await ends(queue, run_id) == [(Outcome.QUEUED, "")] * 3


async def test_a_removal_undone_too_late_lets_them_be_queued_again(
    queue: EnrichmentRepository, own: OwnWorkService, contacts: list[int], library: LibraryRepository
) -> None:
    run_id, batch_id = await queued(queue, contacts)
    await own.remove(contacts)
    await queue.leave_out_unwanted(batch_id)
    await own.undo()
    assert await library.removed(contacts) == set()
    assert await ends(queue, run_id) == [(Outcome.CANCELLED, REMOVED)] * 3  # what ended stays at its end
    again, batch_id = await queued(queue, contacts)
    assert await queue.leave_out_unwanted(batch_id)
    assert await ends(queue, again) == [(Outcome.QUEUED, "")] * 3


async def test_a_merged_contact_goes_with_the_one_it_stands_for_now(
    queue: EnrichmentRepository, own: OwnWorkService, library: LibraryRepository
) -> None:
    ids = await library.save([make_record("1", first_name="Ada"), make_record("2", account="other", first_name="Ada")])
    run_id, batch_id = await queued(queue, ids[1:])
    await own.merge(ids, ids[0])
    assert await queue.leave_out_unwanted(batch_id)
    await own.remove(ids[:1])
    assert not await queue.leave_out_unwanted(batch_id)
    assert await ends(queue, run_id) == [(Outcome.CANCELLED, REMOVED)]


async def test_who_may_have_been_charged_before_does_not_end_as_never_sent(
    queue: EnrichmentRepository, own: OwnWorkService, contacts: list[int]
) -> None:
    run_id, batch_id = await queued(queue, contacts)
    assert await queue.reserve(batch_id, 3, "key")
    assert await queue.begin_submit(batch_id, "hash")
    await queue.unknown(batch_id, "Lost.")
    await queue.resubmit_unknown(batch_id)
    await own.remove(contacts[:1])
    assert await queue.leave_out_unwanted(batch_id)
    waits = (Outcome.QUEUED, "")
    assert await ends(queue, run_id) == [(Outcome.UNKNOWN, SENT_BEFORE), waits, waits]
    await queue.give_up(batch_id)
    assert [outcome for outcome, _ in await ends(queue, run_id)] == [Outcome.UNKNOWN] * 3
    assert (await ends(queue, run_id))[1][1] == NOT_SENT_AGAIN
