"""Steps of a batch of the enrichment queue, as the engine takes them."""

from app.domain.enrichment import BatchState, EnrichField, LedgerKind, Submission
from app.domain.outcomes import Outcome
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from tests.storage.builders import BOTH, EMAILS, LATER, make_person, make_result


async def make_batch(queue: EnrichmentRepository, *, people: int = 2, cap: int = 100, first: int = 1) -> int:
    """A run of one draft batch; returns the batch's id."""
    persons = [make_person(first + number) for number in range(people)]
    run_id = await queue.create_run(persons, BOTH, cap=cap, origin="test")
    return (await queue.run(run_id)).batches[0].batch_id


async def submit(queue: EnrichmentRepository, batch_id: int, request_id: str = "req-1", amount: int = 22) -> None:
    assert await queue.reserve(batch_id, amount, "key-1")
    await queue.begin_submit(batch_id, "hash")
    await queue.submitted(batch_id, Submission(request_id, "PENDING", 2), LATER)


async def submit_for(queue: EnrichmentRepository, contact_id: int) -> int:
    """The e-mail of one contact is bought: a batch of its own, which is in flight; returns its id."""
    await queue.create_run([make_person(1, contact_id=contact_id)], EMAILS, cap=5, origin="")
    (batch,) = await queue.batches([BatchState.DRAFT])
    await submit(queue, batch.batch_id, amount=1)
    return batch.batch_id


async def complete(queue: EnrichmentRepository, batch_id: int, charged: int = 2) -> None:
    results = [
        make_result(item, email=f"{item.person.first_name}@acme.example")
        for item in await queue.items(batch_id=batch_id)
    ]
    await queue.complete(batch_id, results, charged=charged, unmatched=[], raw=b"{}", fetched_at=LATER)


async def outcomes(queue: EnrichmentRepository, batch_id: int) -> set[tuple[Outcome, str]]:
    items = await queue.items(batch_id=batch_id)
    return {(result.outcome, result.reason) for item in items for result in item.outcomes.values()}


async def booked(books: LedgerRepository) -> list[tuple[LedgerKind, int]]:
    return [(line.kind, line.credits) for line in reversed(await books.lines())]


async def waiting(queue: EnrichmentRepository) -> set[tuple[str, EnrichField]]:
    """Who of the people of this test must not be queued again."""
    keys = {make_person(number).person_key for number in range(10)}
    return {(key, known.field) for known in await queue.known(keys) if known.waits for key in known.keys & keys}
