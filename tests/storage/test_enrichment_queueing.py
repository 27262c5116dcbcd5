"""Putting people into the queue: their order, their numbers, and nobody twice."""

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.credits import Spending
from app.domain.enrichment import (
    BatchState,
    EnrichField,
)
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.storage.database import Database, rows
from app.storage.enrichment_runs import EnrichmentRepository
from tests.storage.builders import BOTH, EMAILS, NOON, make_person
from tests.support.queue_steps import make_batch, submit, waiting


async def test_people_are_cut_into_drafts_in_their_order(queue: EnrichmentRepository, told: list[Change]) -> None:
    people = [make_person(number) for number in range(5)]
    run_id = await queue.create_run(people, BOTH, cap=55, origin="people.csv", batch_size=2)
    run = await queue.run(run_id)
    assert (run.people, run.fields, run.origin, run.stopped, run.created_at) == (5, BOTH, "people.csv", False, NOON)
    assert [(batch.state, batch.item_count) for batch in run.batches] == [(BatchState.DRAFT, n) for n in (2, 2, 1)]
    assert (run.spending, run.counts, run.is_open) == (Spending(55), {Outcome.QUEUED: 10}, True)
    items = await queue.items(run_id=run_id)
    assert [(item.row, item.person, item.fields) for item in items] == [
        (number + 1, person, BOTH) for number, person in enumerate(people)
    ]
    assert len({item.client_key for item in items}) == 5
    assert told == [Change(ChangeKind.ENRICHMENT, (run_id,))]


async def test_rows_of_a_file_keep_their_numbers(queue: EnrichmentRepository) -> None:
    run_id = await queue.create_run(
        [make_person(1), make_person(2)], EMAILS, cap=5, origin="people.csv", row_numbers=[3, 9]
    )
    assert [item.row for item in await queue.items(run_id=run_id)] == [3, 9]


async def test_each_person_is_asked_only_for_what_is_wanted_of_them(queue: EnrichmentRepository) -> None:
    run_id = await queue.create_run(
        [make_person(1), make_person(2)], BOTH, cap=12, origin="", wanted=[EMAILS, BOTH - EMAILS]
    )
    assert [item.fields for item in await queue.items(run_id=run_id)] == [EMAILS, BOTH - EMAILS]
    assert (await queue.run(run_id)).counts == {Outcome.QUEUED: 2}
    assert (make_person(1).person_key, EnrichField.PHONES) not in await waiting(queue)


async def test_runs_come_newest_first_and_open_ones_alone(queue: EnrichmentRepository) -> None:
    first = await make_batch(queue)
    second = await make_batch(queue, first=10)
    await queue.give_up(first)
    assert [run.batches[0].batch_id for run in await queue.runs()] == [second, first]
    assert [run.batches[0].batch_id for run in await queue.runs(only_open=True)] == [second]
    assert len(await queue.items()) == 4


async def test_batches_come_by_state_oldest_first(queue: EnrichmentRepository) -> None:
    ids = [await make_batch(queue, first=10 * number) for number in range(3)]
    await submit(queue, ids[1])
    assert [batch.batch_id for batch in await queue.batches([BatchState.DRAFT])] == [ids[0], ids[2]]
    assert [b.batch_id for b in await queue.batches([BatchState.SUBMITTED, BatchState.DRAFT])] == ids


async def test_nobody_is_queued_twice_at_the_same_time(queue: EnrichmentRepository) -> None:
    await make_batch(queue, people=1)
    assert await waiting(queue) == {(make_person(1).person_key, field) for field in BOTH}
    with pytest.raises(LibraryError, match="already in the enrichment queue") as raised:
        await queue.create_run([make_person(2), make_person(1)], EMAILS, cap=5, origin="")
    assert raised.value.next_step
    with pytest.raises(LibraryError, match="already in the enrichment queue"):
        await queue.create_run([make_person(3), make_person(3)], EMAILS, cap=5, origin="")
    assert len(await queue.runs()) == 1


async def test_the_file_itself_refuses_a_second_open_purchase(queue: EnrichmentRepository, database: Database) -> None:
    batch_id = await make_batch(queue, people=2)
    (first, second) = await queue.items(batch_id=batch_id)
    with pytest.raises(Exception, match="UNIQUE"):
        await database.write(
            lambda conn: rows(
                conn,
                "UPDATE enrichment_field SET person_key = ? WHERE item_id = ?",
                (first.person.person_key, second.item_id),
            )
        )


# Spending
