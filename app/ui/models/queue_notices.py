"""What of the enrichment queue is worth a notice of the desktop: that a run ended, stopped, or needs a decision.

A notice may show on a locked screen, so it names numbers only: no person, no company, no file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.enrichment import BatchState, EnrichmentRun
from app.domain.outcomes import Outcome
from app.ui.models.queue_text import resubmit_cost
from app.ui.wording import count


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: a title and a sentence."""

    title: str
    text: str


def notices(before: Sequence[EnrichmentRun], after: Sequence[EnrichmentRun]) -> list[Notice]:
    """What to tell after the queue has changed; runs that were not known before tell nothing of their past."""
    known = {run.run_id: run for run in before}
    return [told for run in after if run.run_id in known for told in _of_run(known[run.run_id], run)]


def stopped_notice(reason: str) -> Notice:
    """The whole queue waits for this reason. What it quotes of the service, which may name anybody, is left out."""
    own_words = re.split(r"[:(“\"]", reason, maxsplit=1)[0].strip().rstrip(".")
    return Notice("Enrichment is waiting", f"{own_words}." if own_words else "The queue says why.")


def _of_run(old: EnrichmentRun, new: EnrichmentRun) -> list[Notice]:
    seen = {batch.batch_id for batch in old.batches if batch.state is BatchState.UNKNOWN_OUTCOME}
    unknown = [batch for batch in new.batches if batch.state is BatchState.UNKNOWN_OUTCOME]
    if any(batch.batch_id not in seen for batch in unknown):
        people = count(sum(batch.item_count for batch in unknown), "person")
        cost = count(sum(resubmit_cost(new, batch) for batch in unknown), "credit")
        text = f"The answer about {people} was not seen. Submitting again may cost up to {cost} more."
        return [Notice("Enrichment needs your decision", text)]
    if not old.is_open or new.is_open:
        return []
    found = sum(new.counts.get(outcome, 0) for outcome in (Outcome.FOUND, Outcome.PARTIAL))
    figures = f"{count(found, 'value')} found, {count(new.spending.charged, 'credit')} charged."
    if new.held_people:
        return [
            Notice("The sample is finished", f"{figures} {count(new.held_people, 'person')} wait for you to go on.")
        ]
    if new.stopped and any(batch.state is BatchState.DRAFT for batch in new.batches):
        return [Notice("Enrichment is paused", figures)]
    if unknown:
        return []
    return [Notice("Enrichment finished", f"{count(new.people, 'person')}: {figures}")]
