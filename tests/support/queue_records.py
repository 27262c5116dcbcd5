"""Enrichment runs, batches and people who do not exist, for tests of the queue."""

from datetime import UTC, datetime

from app.domain.credits import Spending
from app.domain.enrichment import (
    BatchState,
    EnrichField,
    EnrichmentBatch,
    EnrichmentItem,
    EnrichmentRun,
    FieldResult,
    PersonInput,
)
from app.domain.outcomes import Outcome

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
BOTH = frozenset(EnrichField)


def make_batch(
    batch_id: int, run_id: int = 1, *, state: BatchState = BatchState.DRAFT, people: int = 2
) -> EnrichmentBatch:
    """A batch of `people`; its credits are those of its state."""
    reserved = 11 * people if state.is_pollable or state is BatchState.UNKNOWN_OUTCOME else 0
    return EnrichmentBatch(
        batch_id=batch_id,
        run_id=run_id,
        state=state,
        item_count=people,
        created_at=START,
        updated_at=START,
        request_id=f"req-{batch_id}" if state.is_pollable else "",
        reserved=reserved,
        charged=people if state is BatchState.COMPLETE else 0,
    )


def make_run(run_id: int, *batches: EnrichmentBatch, cap: int = 500, stopped: bool = False) -> EnrichmentRun:
    """A run of these batches, asking for both fields."""
    return EnrichmentRun(
        run_id=run_id,
        created_at=START,
        fields=BOTH,
        people=sum(batch.item_count for batch in batches),
        spending=Spending(cap, sum(batch.reserved for batch in batches), sum(batch.charged for batch in batches)),
        batches=batches,
        counts={Outcome.QUEUED: 2 * sum(batch.item_count for batch in batches)},
        stopped=stopped,
        origin="people.csv",
    )


def make_items(
    batch: EnrichmentBatch, outcome: Outcome = Outcome.QUEUED, *, first: int = 1, reason: str = ""
) -> list[EnrichmentItem]:
    """The people of a batch, all with the same outcome for both fields."""
    return [
        EnrichmentItem(
            item_id=batch.batch_id * 1000 + number,
            run_id=batch.run_id,
            batch_id=batch.batch_id,
            row=first + number,
            client_key=f"key-{batch.batch_id}-{number}",
            person=PersonInput("Ada", f"Norling {number}", "fjordwerk.example", contact_id=100 + number),
            fields=BOTH,
            outcomes={name: FieldResult(name, outcome, reason) for name in EnrichField},
        )
        for number in range(batch.item_count)
    ]
