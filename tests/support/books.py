"""Compares what the queue has written down with the demo server's own books."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.domain.enrichment import PRICES, BatchState, EnrichField, LedgerKind
from app.domain.outcomes import Outcome
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository


async def compare(library_path: Path, books: Mapping[str, Any], *, people: int) -> Counter[str]:
    """Assert that nobody was paid for twice, nothing paid for is lost, and both say the same to the credit.

    Args:
        library_path: The library's file, closed, with one run that is at its end.
        books: What the server has (`ControlledServer.ledger`).
        people: How many were queued.

    Returns:
        How the batches ended.
    """
    database = await Database.open(library_path)
    queue = EnrichmentRepository(database, LibraryRepository(database))
    (run,) = await queue.runs()
    items = {item.client_key: item for item in await queue.items(run_id=run.run_id)}
    ledger = {line.line_id: line for line in await LedgerRepository(database).lines()}
    await database.close()
    batches = {batch.batch_id: batch for batch in run.batches}

    assert books["totals"]["paid_twice"] == []
    assert len(items) == people
    for item in items.values():
        assert not any(result.outcome.is_open for result in item.outcomes.values())
    known = {batch.request_id for batch in batches.values() if batch.request_id}
    for submit in books["submits"]:
        (batch_id,) = {items[key].batch_id for key in submit["client_keys"]}
        # What was accepted is either collected, or the rep is asked about it.
        assert submit["request_id"] in known or batches[batch_id or 0].state is BatchState.UNKNOWN_OUTCOME
    charged: Counter[str] = Counter()
    for charge in books["charges"]:
        charged[charge["request_id"]] += charge["credits"]
        outcome = items[charge["ids"][0]].outcomes[EnrichField(charge["field"])].outcome
        assert outcome in (Outcome.FOUND, Outcome.UNKNOWN)
    rowless: Counter[int | None] = Counter()
    for item in items.values():
        for field, result in item.outcomes.items():
            rowless[item.batch_id] += PRICES[field] if result.outcome is Outcome.UNKNOWN else 0
    for batch in batches.values():
        lines = [line for line in ledger.values() if line.batch_id == batch.batch_id]
        assert sum(line.credits for line in lines if line.kind is LedgerKind.CHARGED) == batch.charged
        if batch.state is BatchState.UNKNOWN_OUTCOME:
            assert (batch.charged, batch.reserved > 0) == (0, True)
            continue
        assert batch.state is BatchState.COMPLETE
        # To the credit; what came back without a row is booked as if it was charged.
        assert batch.charged - rowless[batch.batch_id] <= charged[batch.request_id] <= batch.charged
        if not rowless[batch.batch_id]:
            assert charged[batch.request_id] == batch.charged
        assert batch.reserved == 0
    assert sum(charged.values()) <= run.spending.charged + run.spending.reserved <= run.spending.cap
    return Counter(batch.state.value for batch in batches.values())
