"""How runs, batches and people of the enrichment queue read, one text per column of the queue."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from app.domain.enrichment import BatchState, EnrichField, EnrichmentBatch, EnrichmentItem, EnrichmentRun, price
from app.domain.outcomes import Outcome, combine
from app.ui.wording import clock, count, short_moment

BATCH_LABEL = {
    BatchState.DRAFT: "Waiting",
    BatchState.RESERVED: "Credits reserved",
    BatchState.SUBMITTING: "Submitting",
    BatchState.SUBMITTED: "Submitted",
    BatchState.COLLECTING: "Collecting results",
    BatchState.COMPLETE: "Complete",
    BatchState.REJECTED: "Refused",
    BatchState.UNKNOWN_OUTCOME: "Outcome unknown",
    BatchState.EXPIRED: "Expired",
    BatchState.ABANDONED: "Given up",
}

BATCH_OUTCOME = {
    BatchState.DRAFT: Outcome.QUEUED,
    BatchState.RESERVED: Outcome.QUEUED,
    BatchState.SUBMITTING: Outcome.IN_FLIGHT,
    BatchState.SUBMITTED: Outcome.IN_FLIGHT,
    BatchState.COLLECTING: Outcome.IN_FLIGHT,
    BatchState.COMPLETE: Outcome.FOUND,
    BatchState.REJECTED: Outcome.FAILED,
    BatchState.UNKNOWN_OUTCOME: Outcome.UNKNOWN,
    BatchState.EXPIRED: Outcome.EXPIRED,
    BatchState.ABANDONED: Outcome.CANCELLED,
}

_WAITING_FOR_SPEND = (BatchState.DRAFT, BatchState.RESERVED)

_FOR_CREDITS = "Waits for credits"

Texts = tuple[str, str, str, str, str]


def fields_text(fields: frozenset[EnrichField]) -> str:
    """The fields asked for, in the order of their price."""
    return " and ".join(name.value for name in EnrichField if name in fields)


def run_title(run: EnrichmentRun) -> str:
    """What a run is called: when it was started, and where its people came from."""
    title = f"Enrichment of {short_moment(run.created_at)}"
    return f"{title} · {run.origin}" if run.origin else title


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a batch takes from submit to results, by the batches that have finished."""

    seconds: float
    batches: int


def pace_of(runs: Iterable[EnrichmentRun]) -> Pace | None:
    """The median of finished batches, None while there are none."""
    times = [
        (batch.updated_at - batch.submitted_at).total_seconds()
        for run in runs
        for batch in run.batches
        if batch.state is BatchState.COMPLETE and batch.submitted_at is not None
    ]
    return Pace(max(0.0, median(times)), len(times)) if times else None


def eta_text(run: EnrichmentRun, pace: Pace | None, now: datetime, not_asked: Collection[int] = ()) -> str:
    """When a run will be done and what that is judged by; "" where nothing can be said."""
    if pace is None or not run.is_open:
        return ""
    if any(batch.batch_id in not_asked or _lacks_credits(batch) for batch in run.batches):
        return ""
    left = 0.0
    for batch in run.batches:
        if batch.state.is_pollable and batch.submitted_at is not None:
            left = max(left, pace.seconds - (now - batch.submitted_at).total_seconds())
        elif not batch.state.is_final and not (run.stopped or batch.held):
            left = max(left, pace.seconds)  # batches are submitted while others are still being collected
    basis = f"by {count(pace.batches, 'finished batch')}"
    if left <= 0:
        return f"Any moment now, {basis}."
    return f"About {duration(left)} left, {basis}."


def duration(seconds: float) -> str:
    """A rough time span in words."""
    span = timedelta(seconds=round(seconds))
    if span < timedelta(minutes=2):
        return f"{max(1, int(span.total_seconds()))} s"
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def run_texts(run: EnrichmentRun, pace: Pace | None, now: datetime, not_asked: Collection[int] = ()) -> Texts:
    """A run's text per column; `not_asked` are batches (ids) about which nothing asks by itself."""
    spent = f"{run.spending.charged:,} of {run.spending.cap:,}"
    if run.spending.reserved:
        spent += f" ({run.spending.reserved:,} reserved)"
    polls = [
        batch.next_poll_at
        for batch in run.batches
        if batch.state.is_pollable and batch.next_poll_at is not None and batch.batch_id not in not_asked
    ]
    notes = [
        f"{fields_text(run.fields).capitalize()} for {count(run.people, 'person')}.",
        eta_text(run, pace, now, not_asked),
        f"Next look at {clock(min(polls))}." if polls else "",
    ]
    if run.held_people:
        notes.append(f"{count(run.held_people, 'person')} wait until you have seen how the sample went.")
    if any(batch.is_expiring(now) for batch in run.batches):
        notes.append("Some results may soon be dropped by the service: ask again for them.")
    note = " ".join(part for part in notes if part)
    return run_title(run), run_label(run), f"{people_done(run):,} of {run.people:,}", spent, note


def batch_texts(batch: EnrichmentBatch, number: int, *, stopped: bool, asked: bool = True) -> Texts:
    """A batch's text per column; `number` counts from 1 within its run, `asked` if it is asked about by itself."""
    label = BATCH_LABEL[batch.state]
    if stopped and batch.state in _WAITING_FOR_SPEND:
        label = "Paused"
    elif _lacks_credits(batch):
        label = _FOR_CREDITS
    elif batch.held and batch.state is BatchState.DRAFT:
        label = "Waits for the sample"
    money = []
    if batch.charged or batch.state is BatchState.COMPLETE:
        money.append(f"{batch.charged:,} charged")
    if batch.reserved:
        money.append(f"{batch.reserved:,} reserved")
    notes = [batch.note] if batch.note else []
    if batch.state.is_pollable and not asked:
        notes.append("No longer asked about automatically.")
    elif batch.state.is_pollable and batch.next_poll_at is not None:
        notes.append(f"Next look at {clock(batch.next_poll_at)}.")
    if batch.unmatched:
        notes.append(f"{count(batch.unmatched, 'row')} of the answer matched nobody and were kept aside.")
    if batch.unreadable:
        notes.append(f"{count(batch.unreadable, 'entry')} of the answer could not be read and were kept aside.")
    if batch.short:
        notes.append(f"{count(batch.short, 'credit')} short.")
    if batch.request_id:
        notes.append(f"Request {batch.request_id}")
    return f"Batch {number}: {count(batch.item_count, 'person')}", label, "", ", ".join(money), " ".join(notes)


def item_texts(item: EnrichmentItem) -> Texts:
    """A person's text per column: an outcome per field, then the values found or the reasons."""
    person = item.person
    name = " ".join(part for part in (person.first_name, person.last_name) if part) or person.domain
    asked = [item.outcomes[name] for name in EnrichField if name in item.outcomes]
    per_field = ", ".join(f"{result.field.value}: {result.outcome.label.lower()}" for result in asked)
    values = [email.address for email in item.emails] + [phone.number for phone in item.phones]
    reasons = list(dict.fromkeys(result.reason for result in asked if result.reason))
    return name, combine([result.outcome for result in asked]).label, per_field, "", " · ".join(values + reasons)


def _lacks_credits(batch: EnrichmentBatch) -> bool:
    """Whether it was refused because credits were missing, and waits for more."""
    return batch.state is BatchState.DRAFT and batch.short > 0


def run_label(run: EnrichmentRun) -> str:
    """Where a run stands, in words."""
    states = {batch.state for batch in run.batches}
    if BatchState.UNKNOWN_OUTCOME in states:
        return "Needs your decision"
    waiting = not states.isdisjoint(_WAITING_FOR_SPEND)
    if run.stopped and waiting:
        return "Paused, collecting" if run.is_open else "Paused"
    if run.is_open and any(map(_lacks_credits, run.batches)):
        return _FOR_CREDITS
    if run.is_open:
        return "Running"
    if run.held_people:
        return "Sample finished"
    if states & {BatchState.REJECTED, BatchState.EXPIRED} or any(outcome.needs_attention for outcome in run.counts):
        return "Finished, some failed"
    return "Finished"


def run_outcome(run: EnrichmentRun) -> Outcome:
    """The outcome whose icon stands for a run's state."""
    states = {batch.state for batch in run.batches}
    if BatchState.UNKNOWN_OUTCOME in states:
        return Outcome.UNKNOWN
    if run.stopped and not states.isdisjoint(_WAITING_FOR_SPEND):
        return Outcome.CANCELLED
    if run.is_open:
        return Outcome.IN_FLIGHT
    if run.held_people:
        return Outcome.QUEUED
    return combine([outcome for outcome, number in run.counts.items() if number])


def people_done(run: EnrichmentRun) -> int:
    """People whose batch has ended, in whatever way; one that waits for the rep's decision has not."""
    return sum(
        batch.item_count
        for batch in run.batches
        if batch.state.is_final and batch.state is not BatchState.UNKNOWN_OUTCOME
    )


def run_percent(run: EnrichmentRun) -> int:
    """Progress of a run in percent of its people."""
    return 100 * people_done(run) // run.people if run.people else 100


def resubmit_cost(run: EnrichmentRun, batch: EnrichmentBatch) -> int:
    """The most that submitting a batch again may cost, in credits."""
    return batch.reserved or batch.item_count * price(run.fields)
