"""The enrichment engine: moves stored batches through submit and poll, so that nothing is bought twice or lost.

Order of every submit, each step committed before the next: disk tried, credits reserved, intent written, request
sent, request id written to the journal and the table. An answer that was not seen leaves the batch `unknown_outcome`,
which only the rep can send again. Polls are free and repeat. Results and outcomes are stored in one transaction.

The lane stops as a whole when the provider refuses the key or the credits, or cannot be reached; each reason is
kept in `lane_note` for the window, and raised to a caller of `drain` that is not patient.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.enrichment import (
    RETENTION,
    AnswerStatus,
    BatchState,
    EnrichmentAnswer,
    EnrichmentBatch,
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
from app.domain.provider import Provider
from app.jobs.grace import STOP_GRACE, end_within
from app.jobs.lane import Lane, body_hash
from app.jobs.polling import PollBook, deadline
from app.jobs.results import NO_ROW, blamed_people, booked_credits, found_fields, read_answer
from app.jobs.schedule import Backoff, PollSchedule
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import JournalEntry, RequestJournal

log = logging.getLogger(__name__)

#: Troubles that need the rep: the lane waits for `wake`. Every other trouble passes, and is waited out.
NEEDS_REP = (BadKeyError, PermissionDeniedError, NoCreditsError, MissingKeyError, KeyringError)
IMPATIENT_FAILURES = 3
_VALIDATION_FAILED = 422


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rep has set: credits per UTC day (None for no cap), and how long results are taken to be kept."""

    day_cap: int | None = None
    retention: timedelta = RETENTION


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
        limits: Callable[[], Limits] = Limits,
        check_disk: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[asyncio.Event, float | None], Awaitable[None]] = wait_for_event,
        rng: random.Random | None = None,
    ) -> None:
        self._repository = repository
        self._journal = journal
        self._open_lane = open_lane
        self._changes = changes
        self._schedule = schedule or PollSchedule()
        self._backoff = backoff or self._schedule.backoff
        self._limits = limits
        self._check_disk = check_disk
        self._now = now
        self._monotonic = monotonic
        self._pause = pause
        self._rng = rng or random.Random()  # noqa: S311 - spreads waits, guards nothing
        self._book = PollBook(self._schedule, now, monotonic, self._rng)
        self._wake = asyncio.Event()
        self._one_step = asyncio.Lock()
        self._stopping = False
        self._failures = 0
        self._resume_at: float | None = None
        self._blocked = False
        self._capped: dict[int, CapError] = {}
        self._day_full: tuple[datetime, CapError] | None = None
        self._rows_missed: set[int] = set()
        self._unstored: dict[int, Submission] = {}
        self._unsettled: str | None = None
        self._trouble = ""

    @property
    def lane_note(self) -> str:
        """Why the lane waits, "" while nothing holds it up."""
        if self._trouble or not self._book.foreign:
            return self._trouble
        return _foreign(len(self._book.foreign)).text

    def wake(self) -> None:
        """Something changed (new work, a new key, the rep's word): try again now."""
        self._blocked = False
        self._resume_at = None
        self._failures = 0
        self._day_full = None
        self._capped.clear()
        self._book.forget_foreign()
        self._wake.set()

    def provider_changed(self) -> None:
        """There is news about the provider, such as another key: worth a try if only that can help."""
        if self._blocked or self._book.foreign:
            self.wake()

    def ask_again(self, batch_id: int) -> None:
        """The rep wants a batch asked about that has grown too old to be polled by itself."""
        self._book.grant(batch_id)
        self.wake()

    def is_stuck(self, batch: EnrichmentBatch) -> bool:
        """Whether a batch has run for so long that only the rep has it asked about again."""
        return batch.state.is_pollable and self._book.is_stuck(batch)

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
            CapError: What is left could cost more than the run's cap, or the day's.
            LibraryError: The library cannot be written.
        """
        while not self._stopping:
            runs = await self._repository.runs(only_open=True)
            if not any(run.is_open and (run_ids is None or run.run_id in run_ids) for run in runs):
                await self._settle_balance()
                capped = [self._capped[run_id] for run_id in (run_ids or self._capped) if run_id in self._capped]
                if capped:
                    raise capped[0]
                return
            self._wake.clear()
            try:
                wait = await self._step_to_its_end(run_ids)
            except ContactScoutError as error:
                wait = self._note_trouble(error)
                if self._blocked or self._failures >= IMPATIENT_FAILURES or isinstance(error, LibraryError):
                    raise
            if self._day_full is not None and wait != 0:
                raise self._day_full[1]
            if wait is None:
                if self._book.foreign:
                    raise _foreign(len(self._book.foreign))
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
        self._book.look()
        if self._blocked:
            return None
        if self._resume_at is not None and self._monotonic() < self._resume_at:
            return max(0.01, self._resume_at - self._monotonic())
        batches = await self._repository.batches(
            [BatchState.DRAFT, BatchState.RESERVED, BatchState.SUBMITTED, BatchState.COLLECTING]
        )
        if run_ids is not None:
            batches = [batch for batch in batches if batch.run_id in run_ids]
        pollable = [batch for batch in batches if batch.state.is_pollable and self._book.is_polled(batch)]
        due = [batch for batch in pollable if self._book.seconds_until(batch) <= 0]
        if due:
            await self._poll(min(due, key=deadline))
            return 0
        draft = await self._next_draft(batches)
        if draft is not None:
            await self._submit(draft)
            return 0
        await self._settle_balance()
        waits = [max(0.01, self._book.seconds_until(batch)) for batch in pollable]
        if self._day_full is not None:
            waits.append(max(0.01, (self._day_full[0] - self._now()).total_seconds()))
        return min(waits, default=None)

    async def _next_draft(self, batches: Sequence[EnrichmentBatch]) -> EnrichmentBatch | None:
        if self._day_full is not None:
            if self._now() < self._day_full[0]:
                return None
            self._day_full = None
        waiting = [batch for batch in batches if batch.state in (BatchState.DRAFT, BatchState.RESERVED)]
        stopped: dict[int, bool] = {}
        for batch in waiting:
            if batch.run_id not in stopped:
                stopped[batch.run_id] = (await self._repository.run(batch.run_id)).stopped
            if not stopped[batch.run_id] and not batch.held:
                return batch
        return None

    async def _submit(self, batch: EnrichmentBatch) -> None:
        lane = await self._open_lane()
        await asyncio.to_thread(self._check_disk)
        await self._open_stretch(lane)
        if batch.state is BatchState.DRAFT and not await self._repository.leave_out_suppressed(batch.batch_id):
            return
        stored = await self._repository.items(batch_id=batch.batch_id)
        items = [SubmitItem(item.client_key, item.person, item.fields) for item in stored]
        most = sum(price(item.fields) for item in items)
        limits = self._limits()
        if batch.state is BatchState.DRAFT and not await self._repository.reserve(
            batch.batch_id, most, lane.key_fingerprint, day_cap=limits.day_cap
        ):
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
            await self._leave_out_blamed(batch, items, error)
            return
        except (NoCreditsError, PermissionDeniedError) as error:
            raise await self._park(batch, lane, most, error) from error
        except ContactScoutError as error:
            await self._repository.refused(batch.batch_id, error.text, final=False)
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(batch.batch_id, sent=sent))
            raise
        entry = JournalEntry(
            submission.request_id,
            batch.batch_id,
            self._now(),
            lane.key_fingerprint,
            tuple(item.client_key for item in items),
            most,
        )
        await asyncio.shield(self._keep_request_id(entry, submission, limits.retention))
        self._all_well()

    async def _leave_out_blamed(
        self, batch: EnrichmentBatch, items: Sequence[SubmitItem], error: InvalidRequestError
    ) -> None:
        """Nothing was accepted: rows that were found wrong fail, the others go on. Unnamed rows are narrowed down."""
        blamed = blamed_people(items, error.findings)
        others = [item.client_key for item in items if item.client_key not in blamed]
        narrows = error.status == _VALIDATION_FAILED and len(items) > 1
        if not blamed and not narrows:
            await self._repository.refused(batch.batch_id, _with_findings(error), final=True)
            return
        half = len(others) // 2
        groups = [others] if blamed else [others[:half], others[half:]]
        await self._repository.refused_people(
            batch.batch_id, blamed, [group for group in groups if group], note=error.text
        )

    async def _park(
        self, batch: EnrichmentBatch, lane: Lane, most: int, error: NoCreditsError | PermissionDeniedError
    ) -> ServiceError:
        """The batch waits for credits. Returns the error to stop the lane with, which says how many are short."""
        left = await self._balance(lane)
        told: ServiceError = error
        if left is not None and left < most:
            told = NoCreditsError(
                f"The next {batch.item_count} people could cost {most} credits, {left} are left:"
                f" {most - left} are short. ({error.text})",
                provider=error.provider,
                status=error.status,
                request_id=error.request_id,
                next_step="Add credits at Tamtam, then resume; or give the batch up.",
            )
        short = max(0, most - left) if left is not None else 0
        await self._repository.refused(batch.batch_id, told.text, final=False, short=short)
        return told

    async def _give_back(self, batch_id: int, *, sent: bool) -> None:
        """Closing down in the middle of a submit: once the request was under way it may have been accepted."""
        if sent:
            await self._repository.unknown(batch_id, "Contact Scout was closed before Tamtam answered.")
        else:
            await self._repository.refused(batch_id, "Contact Scout was closed before it was sent.", final=False)

    async def _keep_request_id(self, entry: JournalEntry, submission: Submission, retention: timedelta) -> None:
        """The one handle on paid work: in the journal first, then in the table. Either alone is enough to collect."""
        try:
            await asyncio.to_thread(self._journal.append, entry)
        except LibraryError as error:
            log.warning("The journal could not be written: %s", error.text)
        first_poll = self._now() + timedelta(seconds=self._schedule.wait(0, self._rng))
        try:
            await self._repository.submitted(entry.batch_id, submission, first_poll, retention=retention)
        except LibraryError:
            self._unstored[entry.batch_id] = submission
            raise

    async def _store_leftovers(self) -> None:
        """Request ids that a full or locked disk refused to take are tried again before anything else is done."""
        for batch_id, submission in tuple(self._unstored.items()):
            await self._repository.submitted(batch_id, submission, self._now(), retention=self._limits().retention)
            del self._unstored[batch_id]

    async def _stop_at_cap(self, batch: EnrichmentBatch, people: int, most: int) -> None:
        """The run spends no more, or nothing does until tomorrow."""
        run = await self._repository.run(batch.run_id)
        if run.stopped or (await self._repository.batch(batch.batch_id)).held:
            return  # the rep was quicker
        if most > run.spending.free:
            self._capped[batch.run_id] = CapError(
                f"The next {people} people could cost {most} credits, more than the run's cap leaves.",
                next_step="Raise the cap to go on; nothing was bought beyond it.",
            )
            await self._repository.set_stopped(batch.run_id, stopped=True)
            await self._repository.set_note(batch.batch_id, self._capped[batch.run_id].text)
            return
        now = self._now()
        tomorrow = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
        error = CapError(
            f"The next {people} people could cost {most} credits, more than the day's cap leaves.",
            next_step=f"It goes on at {tomorrow:%Y-%m-%d %H:%M} UTC, or when you raise the cap in Settings.",
        )
        self._day_full = tomorrow, error
        await self._repository.set_note(batch.batch_id, error.text)

    async def _poll(self, batch: EnrichmentBatch) -> None:
        lane = await self._open_lane()
        if batch.key_fingerprint and batch.key_fingerprint != lane.key_fingerprint:
            self._book.set_foreign(batch.batch_id)
            await self._repository.set_note(
                batch.batch_id,
                f"Bought with another key ({batch.key_fingerprint[:4]}…, now {lane.key_fingerprint[:4]}…)."
                " Enter that key again to collect the results.",
            )
            return
        try:
            answer = await lane.service.poll_enrichment(batch.request_id)
        except NotFoundError as error:
            await self._poll_not_found(batch, error)
            return
        self._book.answered(batch.batch_id)
        self._unsettled = lane.key_fingerprint
        self._all_well()
        await self._store_answer(batch, answer)

    async def _poll_not_found(self, batch: EnrichmentBatch, error: NotFoundError) -> None:
        if self._book.is_gone(batch):
            await self._repository.give_up(batch.batch_id, error.text, expired=True)
            log.warning("Enrichment batch %d is no longer known to the provider", batch.batch_id)
            return
        await self._repository.polled(batch.batch_id, self._next_poll(batch), note=error.text)

    async def _store_answer(self, batch: EnrichmentBatch, answer: EnrichmentAnswer) -> None:
        items = await self._repository.items(batch_id=batch.batch_id)
        results, unmatched = read_answer(items, answer)
        if answer.status is AnswerStatus.PROCESSING:
            note = "" if answer.raw_status.upper() == "PROCESSING" else f"Tamtam says “{answer.raw_status}”."
            await self._repository.polled(
                batch.batch_id, self._next_poll(batch), provisional=results, note=note or self._warning(batch)
            )
            return
        missed = any(field.reason == NO_ROW for person in results for field in person.results)
        if missed and batch.batch_id not in self._rows_missed:
            # A final answer that lacks rows is asked for once more before their outcome becomes unknown.
            self._rows_missed.add(batch.batch_id)
            self._book.grant(batch.batch_id)
            await self._repository.polled(
                batch.batch_id, self._next_poll(batch), note="Some rows are missing: asking once more."
            )
            return
        charged = booked_credits(items, results)
        if not items:  # taken up from the journal: nobody is known, and all of it was bought
            charged = sum(price(found_fields(entry)) for entry in unmatched)
        await asyncio.shield(
            self._repository.complete(
                batch.batch_id,
                results,
                charged=min(charged, batch.reserved),
                unmatched=[entry.raw for entry in unmatched],
                raw=b"[" + b",".join(entry.raw for entry in answer.entries) + b"]",
                fetched_at=self._now(),
            )
        )

    def _warning(self, batch: EnrichmentBatch) -> str:
        if not batch.is_expiring(self._now()) or batch.expires_at is None:
            return ""
        return f"Tamtam may drop these results on {batch.expires_at:%Y-%m-%d}."

    def _next_poll(self, batch: EnrichmentBatch) -> datetime:
        return self._now() + timedelta(seconds=self._schedule.wait(batch.polls + 1, self._rng))

    async def _balance(self, lane: Lane) -> int | None:
        """What is left, None where it cannot be told now: the queue does not stop for that."""
        try:
            return await lane.balance()
        except BadKeyError:
            raise
        except ContactScoutError:
            return None

    async def _open_stretch(self, lane: Lane) -> None:
        """Before the first submit of an idle account: keep its balance, to compare with later."""
        is_open, is_idle = await self._repository.stretch(lane.key_fingerprint)
        if not is_open and is_idle and (left := await self._balance(lane)) is not None:
            await self._repository.begin_stretch(lane.key_fingerprint, left)

    async def _settle_balance(self) -> None:
        """After the last completion: compare the balance with the books."""
        if self._unsettled is None:
            return
        key_fingerprint = self._unsettled
        is_open, is_idle = await self._repository.stretch(key_fingerprint)
        if is_open and not is_idle:
            return
        self._unsettled = None
        if not is_open:
            return
        with suppress(ContactScoutError):
            lane = await self._open_lane()
            if lane.key_fingerprint == key_fingerprint and (left := await self._balance(lane)) is not None:
                await self._repository.end_stretch(key_fingerprint, left)

    def _all_well(self) -> None:
        self._failures = 0
        self._resume_at = None
        self._set_trouble("")

    def _note_trouble(self, error: ContactScoutError) -> float | None:
        """Remember why the lane waits. Returns the seconds to wait, None when only the rep can help."""
        self._set_trouble(error.text)
        if isinstance(error, NEEDS_REP) or not isinstance(error, ServiceError | LibraryError):
            self._blocked = True
            return None
        self._failures += 1
        asked = getattr(error, "retry_after", None) or 0.0
        wait = max(asked, self._backoff.wait(self._failures, self._rng))
        self._resume_at = self._monotonic() + wait
        return wait

    def _set_trouble(self, text: str) -> None:
        if text != self._trouble:
            self._trouble = text
            self._changes.publish(Change(ChangeKind.ENRICHMENT))


def _foreign(batches: int) -> BadKeyError:
    what = "A batch was" if batches == 1 else f"{batches} batches were"
    return BadKeyError(
        f"{what} bought with another Tamtam key.",
        provider=Provider.TAMTAM,
        next_step="Enter that key again to collect the results; they belong to its account.",
    )


def _with_findings(error: InvalidRequestError) -> str:
    if not error.findings:
        return error.text
    found = "; ".join(f"{finding.location}: {finding.message}" for finding in error.findings[:5])
    return f"{error.text} ({found})"
