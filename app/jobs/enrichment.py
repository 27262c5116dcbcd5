"""The enrichment engine: moves stored batches through submit and poll, so that nothing is bought twice or lost.

Order of every submit, each step committed before the next: credits reserved, intent written, request sent, request
id written to the journal and the table. An answer that was not seen leaves the batch `unknown_outcome`, which only
the rep can send again. Polls are free and repeat. Results and outcomes are stored in one transaction.

The lane stops as a whole when the provider refuses the key or the credits, or cannot be reached; each reason is
kept in `lane_note` for the window, and raised to a caller of `drain` that is not patient.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.enrichment import (
    PRICES,
    AnswerStatus,
    BatchState,
    EnrichmentAnswer,
    EnrichmentBatch,
    EnrichmentItem,
    ItemResult,
    Submission,
    SubmitItem,
    price,
)
from app.domain.errors import (
    BadKeyError,
    CapError,
    ContactScoutError,
    InvalidRequestError,
    KeyringError,
    LibraryError,
    MissingKeyError,
    NoCreditsError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ServiceError,
)
from app.domain.outcomes import Outcome
from app.jobs.grace import STOP_GRACE, end_within
from app.jobs.results import NO_ROW, read_answer
from app.jobs.schedule import Backoff, PollSchedule
from app.providers.capabilities import SupportsEnrichment
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import RequestJournal

log = logging.getLogger(__name__)

#: Troubles that need the rep: the lane waits for `wake`. Every other trouble passes, and is waited out.
NEEDS_REP = (BadKeyError, PermissionDeniedError, NoCreditsError, MissingKeyError, KeyringError)
NOT_FOUND_TRIES = 3
IMPATIENT_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Lane:
    """The provider account to buy from: its service, and a fingerprint of its key (never the key)."""

    service: SupportsEnrichment
    key_fingerprint: str


def fingerprint(key: str) -> str:
    """A short digest that tells keys apart without giving anything of them away."""
    return hashlib.blake2b(key.encode(), digest_size=6, person=b"contactscout").hexdigest()


def body_hash(items: Sequence[SubmitItem]) -> str:
    """A digest of what a submit asks for, to tell later whether two submits were the same."""
    digest = hashlib.blake2b(digest_size=16)
    for item in items:
        digest.update(f"{item.client_key}\0{item.person.person_key}\0{','.join(sorted(item.fields))}\n".encode())
    return digest.hexdigest()


def booked_credits(items: Sequence[EnrichmentItem], results: Sequence[ItemResult]) -> int:
    """Credits to book for a finished batch: fields found, and those whose answer is missing; the rest is released.

    Credits are reserved on submission, confirmed on completion, and released where the enrichment fails (Tamtam
    contract sheet, section 3). Whether "nothing found" is such a failure is not said; it is read as one, as with the
    other services that charge by success. What nobody answered for may have been charged, so it is booked.
    """
    asked = {item.client_key for item in items}
    return sum(
        PRICES[result.field]
        for person in results
        if person.client_key in asked
        for result in person.results
        if result.outcome in (Outcome.FOUND, Outcome.UNKNOWN)
    )


async def wait_for_event(
    event: asyncio.Event, seconds: float | None, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Wait until something happens, at most so many seconds (for ever if None)."""
    if seconds is None:
        await event.wait()
        return
    async with asyncio.TaskGroup() as group:
        # Whichever ends first ends the other.
        happening = group.create_task(event.wait())
        sleeping = group.create_task(_sleep(sleep, seconds))
        happening.add_done_callback(lambda _: sleeping.cancel())
        sleeping.add_done_callback(lambda _: happening.cancel())


async def _sleep(sleep: Callable[[float], Awaitable[None]], seconds: float) -> None:
    await sleep(seconds)


class EnrichmentEngine:
    """A small state machine over the stored batches; at most one submit is on its way at any time."""

    def __init__(
        self,
        repository: EnrichmentRepository,
        journal: RequestJournal,
        open_lane: Callable[[], Awaitable[Lane]],
        changes: ChangeFeed,
        *,
        schedule: PollSchedule | None = None,
        backoff: Backoff | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[asyncio.Event, float | None], Awaitable[None]] = wait_for_event,
        rng: random.Random | None = None,
    ) -> None:
        self._repository = repository
        self._journal = journal
        self._open_lane = open_lane
        self._changes = changes
        self._schedule = schedule or PollSchedule()
        self._backoff = backoff or self._schedule.backoff
        self._now = now
        self._pause = pause
        self._rng = rng or random.Random()  # noqa: S311 - spreads waits, guards nothing
        self._wake = asyncio.Event()
        self._one_step = asyncio.Lock()
        self._stopping = False
        self._failures = 0
        self._resume_at: datetime | None = None
        self._blocked = False
        self._not_found: dict[int, int] = {}
        self._capped: dict[int, CapError] = {}
        self._rows_missed: set[int] = set()
        self._unstored: dict[int, Submission] = {}
        self._asked_again: set[int] = set()
        self.lane_note = ""

    def wake(self) -> None:
        """Something changed (new work, a new key, the rep's word): try again now."""
        self._blocked = False
        self._resume_at = None
        self._failures = 0
        self._wake.set()

    def ask_again(self, batch_id: int) -> None:
        """The rep wants a batch asked about that has grown too old to be polled by itself."""
        self._asked_again.add(batch_id)
        self.wake()

    def stop(self) -> None:
        """Finish the step in hand and start no other."""
        self._stopping = True
        self._wake.set()

    async def work(self) -> None:
        """Work for as long as the program runs; troubles are noted and waited out. Ends after `stop`."""
        while not self._stopping:
            self._wake.clear()
            try:
                wait = await self._step(None)
            except ContactScoutError as error:
                wait = self._note_trouble(error)
            else:
                if wait == 0:
                    continue
            await self._pause(self._wake, wait)

    async def drain(self, run_ids: Collection[int] | None = None) -> None:
        """Work until nothing of the runs (all if None) is open.

        Raises:
            ServiceError, MissingKeyError, KeyringError: The lane is blocked, or was not reached several times in a row.
            CapError: What is left could cost more than the run's cap.
        """
        while not self._stopping:
            runs = await self._repository.runs(only_open=True)
            if not any(run.is_open and (run_ids is None or run.run_id in run_ids) for run in runs):
                capped = [self._capped[run_id] for run_id in (run_ids or self._capped) if run_id in self._capped]
                if capped:
                    raise capped[0]
                return
            self._wake.clear()
            try:
                wait = await self._step_to_its_end(run_ids)
            except ContactScoutError as error:
                wait = self._note_trouble(error)
                if self._blocked or self._failures >= IMPATIENT_FAILURES:
                    raise
            if wait is None:
                return
            if wait:
                await self._pause(self._wake, wait)

    async def _step(self, run_ids: Collection[int] | None) -> float | None:
        """Do one thing, alone: whoever works or drains takes turns.

        Returns 0 when there may be more to do at once, else seconds until the next, None for never.
        """
        async with self._one_step:
            await self._store_leftovers()
            return await self._step_alone(run_ids)

    async def _step_to_its_end(self, run_ids: Collection[int] | None) -> float | None:
        """A step that is cancelled has a moment left to finish, so that a submit's answer is seen where it can be."""
        step = asyncio.get_running_loop().create_task(self._step(run_ids))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            await end_within(step, STOP_GRACE)
            raise

    async def _step_alone(self, run_ids: Collection[int] | None) -> float | None:
        if self._blocked:
            return None
        now = self._now()
        if self._resume_at is not None and now < self._resume_at:
            return self._seconds_until(self._resume_at)
        batches = await self._repository.batches(
            [BatchState.DRAFT, BatchState.RESERVED, BatchState.SUBMITTED, BatchState.COLLECTING]
        )
        if run_ids is not None:
            batches = [batch for batch in batches if batch.run_id in run_ids]
        pollable = [batch for batch in batches if batch.state.is_pollable and self._is_polled(batch)]
        due = [batch for batch in pollable if self._poll_at(batch) <= now]
        if due:
            await self._poll(min(due, key=self._poll_at))
            return 0
        draft = await self._next_draft(batches)
        if draft is not None:
            await self._submit(draft)
            return 0
        return min((self._seconds_until(self._poll_at(batch)) for batch in pollable), default=None)

    async def _next_draft(self, batches: Sequence[EnrichmentBatch]) -> EnrichmentBatch | None:
        waiting = [batch for batch in batches if batch.state in (BatchState.DRAFT, BatchState.RESERVED)]
        stopped: dict[int, bool] = {}
        for batch in waiting:
            if batch.run_id not in stopped:
                stopped[batch.run_id] = (await self._repository.run(batch.run_id)).stopped
            if not stopped[batch.run_id]:
                return batch
        return None

    async def _submit(self, batch: EnrichmentBatch) -> None:
        lane = await self._open_lane()
        stored = await self._repository.items(batch_id=batch.batch_id)
        items = [SubmitItem(item.client_key, item.person, item.fields) for item in stored]
        if batch.state is BatchState.DRAFT:
            most = sum(price(item.fields) for item in items)
            if not await self._repository.reserve(batch.batch_id, most, lane.key_fingerprint):
                await self._stop_at_cap(batch, len(items), most)
                return
        sent = False
        try:
            await self._repository.begin_submit(batch.batch_id, body_hash(items))
            sent = True
            submission = await lane.service.submit_enrichment(items)
        except OutcomeUnknownError as error:
            await self._repository.unknown(batch.batch_id, error.text)
            log.warning("Outcome of enrichment batch %d is unknown (status %s)", batch.batch_id, error.status)
            return
        except InvalidRequestError as error:
            await self._repository.refused(batch.batch_id, _with_findings(error), final=True)
            return
        except ContactScoutError as error:
            await self._repository.refused(batch.batch_id, error.text, final=False)
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(batch.batch_id, sent=sent))
            raise
        await asyncio.shield(self._keep_request_id(batch.batch_id, submission))
        self._all_well()

    async def _give_back(self, batch_id: int, *, sent: bool) -> None:
        """Closing down in the middle of a submit: once the request was under way it may have been accepted."""
        if sent:
            await self._repository.unknown(batch_id, "Contact Scout was closed before Tamtam answered.")
        else:
            await self._repository.refused(batch_id, "Contact Scout was closed before it was sent.", final=False)

    async def _keep_request_id(self, batch_id: int, submission: Submission) -> None:
        """The one handle on paid work: in the journal first, then in the table. Either alone is enough to collect."""
        try:
            await asyncio.to_thread(self._journal.append, submission.request_id, batch_id, self._now())
        except LibraryError as error:
            log.warning("The journal could not be written: %s", error.text)
        first_poll = self._now() + timedelta(seconds=self._schedule.wait(0, self._rng))
        try:
            await self._repository.submitted(batch_id, submission, first_poll)
        except LibraryError:
            self._unstored[batch_id] = submission
            raise

    async def _store_leftovers(self) -> None:
        """Request ids that a full or locked disk refused to take are tried again before anything else is done."""
        for batch_id, submission in tuple(self._unstored.items()):
            await self._repository.submitted(batch_id, submission, self._now())
            del self._unstored[batch_id]

    async def _stop_at_cap(self, batch: EnrichmentBatch, people: int, most: int) -> None:
        """The run spends no more; other runs go on."""
        self._capped[batch.run_id] = CapError(
            f"The next {people} people could cost {most} credits, more than the run's cap leaves.",
            next_step="Raise the cap to go on; nothing was bought beyond it.",
        )
        await self._repository.set_stopped(batch.run_id, stopped=True)
        await self._repository.set_note(batch.batch_id, self._capped[batch.run_id].text)

    async def _poll(self, batch: EnrichmentBatch) -> None:
        lane = await self._open_lane()
        if batch.key_fingerprint and batch.key_fingerprint != lane.key_fingerprint:
            await self._repository.set_note(
                batch.batch_id,
                "Bought with another key. Enter that key again to collect the results.",
                next_poll_at=self._now() + timedelta(seconds=self._schedule.longest),
            )
            return
        try:
            answer = await lane.service.poll_enrichment(batch.request_id)
        except NotFoundError as error:
            await self._poll_not_found(batch, error)
            return
        self._not_found.pop(batch.batch_id, None)
        self._asked_again.discard(batch.batch_id)
        self._all_well()
        await self._store_answer(batch, answer)

    async def _poll_not_found(self, batch: EnrichmentBatch, error: NotFoundError) -> None:
        tries = self._not_found[batch.batch_id] = self._not_found.get(batch.batch_id, 0) + 1
        if tries >= NOT_FOUND_TRIES:
            await self._repository.give_up(batch.batch_id, error.text, expired=True)
            log.warning("Enrichment batch %d is no longer known to the provider", batch.batch_id)
            return
        await self._repository.polled(batch.batch_id, self._next_poll(batch), note=error.text)

    async def _store_answer(self, batch: EnrichmentBatch, answer: EnrichmentAnswer) -> None:
        items = await self._repository.items(batch_id=batch.batch_id)
        results, unmatched = read_answer(items, answer)
        if answer.status is AnswerStatus.PROCESSING:
            note = "" if answer.raw_status.upper() == "PROCESSING" else f"Tamtam says “{answer.raw_status}”."
            await self._repository.polled(batch.batch_id, self._next_poll(batch), provisional=results, note=note)
            return
        missed = any(field.reason == NO_ROW for person in results for field in person.results)
        if missed and batch.batch_id not in self._rows_missed:
            # A final answer that lacks rows is asked for once more before their outcome becomes unknown.
            self._rows_missed.add(batch.batch_id)
            await self._repository.polled(
                batch.batch_id, self._next_poll(batch), note="Some rows are missing: asking once more."
            )
            return
        await asyncio.shield(
            self._repository.complete(
                batch.batch_id,
                results,
                charged=min(booked_credits(items, results), batch.reserved),
                unmatched=[entry.raw for entry in unmatched],
                raw=b"[" + b",".join(entry.raw for entry in answer.entries) + b"]",
                fetched_at=self._now(),
            )
        )

    def _next_poll(self, batch: EnrichmentBatch) -> datetime:
        return self._now() + timedelta(seconds=self._schedule.wait(batch.polls + 1, self._rng))

    def _is_polled(self, batch: EnrichmentBatch) -> bool:
        age = self._now() - (batch.submitted_at or batch.updated_at)
        return age < timedelta(seconds=self._schedule.give_up_after) or batch.batch_id in self._asked_again

    def _poll_at(self, batch: EnrichmentBatch) -> datetime:
        """When to poll. A time further ahead than any planned wait means the clock was set back: poll now."""
        now = self._now()
        planned = batch.next_poll_at or now
        longest = max(self._schedule.first, self._schedule.longest) * (1 + self._schedule.jitter)
        return planned if planned - now <= timedelta(seconds=longest) else now

    def _seconds_until(self, moment: datetime) -> float:
        return max(0.01, (moment - self._now()).total_seconds())

    def _all_well(self) -> None:
        self._failures = 0
        self._resume_at = None
        self._set_note("")

    def _note_trouble(self, error: ContactScoutError) -> float | None:
        """Remember why the lane waits. Returns the seconds to wait, None when only the rep can help."""
        self._set_note(error.text)
        if isinstance(error, NEEDS_REP) or not isinstance(error, ServiceError):
            self._blocked = True
            return None
        self._failures += 1
        asked = getattr(error, "retry_after", None) or 0.0
        wait = max(asked, self._backoff.wait(self._failures, self._rng))
        self._resume_at = self._now() + timedelta(seconds=wait)
        return wait

    def _set_note(self, note: str) -> None:
        if note != self.lane_note:
            self.lane_note = note
            self._changes.publish(Change(ChangeKind.ENRICHMENT))


def _with_findings(error: InvalidRequestError) -> str:
    if not error.findings:
        return error.text
    found = "; ".join(f"{finding.location}: {finding.message}" for finding in error.findings[:5])
    return f"{error.text} ({found})"
