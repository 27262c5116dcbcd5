"""The enrichment engine: moves stored batches through submit and poll, so that nothing is bought twice or lost.

What a submit writes down, and when, is in `submitting`; how answers are stored in `collecting`. An answer to a submit
that was not seen leaves the batch `unknown_outcome`, which only the rep can send again. Polls are free and repeat.

The lane stops as a whole when the provider refuses the key or cannot be reached; where it refuses the credits, or the
right to buy, what was bought before is still collected. Each reason is kept in `lane_note` for the window, and raised
to a caller of `drain` that is not patient. What an earlier key bought is collected with that key where it is kept, and
else waits for it. Whatever the rep gives up while a request about it is under way is left as it is.
"""

import asyncio
import logging
import math
import random
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.enrichment import BatchState, EnrichmentBatch
from app.domain.errors import (
    BadKeyError,
    ContactScoutError,
    KeyringError,
    LibraryError,
    MissingKeyError,
    NoCreditsError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceError,
)
from app.domain.provider import Provider
from app.jobs.balances import BalanceWatch
from app.jobs.collecting import Collector
from app.jobs.grace import STOP_GRACE, end_within
from app.jobs.lane import Lane, Limits
from app.jobs.polling import PollBook, deadline
from app.jobs.schedule import Backoff, PollSchedule
from app.jobs.submitting import Submitter
from app.jobs.waiting import wait_for_event
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import RequestJournal
from app.storage.states import GivenUpError

log = logging.getLogger(__name__)

#: Troubles that need the rep: the lane waits for `wake`. Every other trouble passes, and is waited out.
NEEDS_REP = (BadKeyError, PermissionDeniedError, NoCreditsError, MissingKeyError, KeyringError)
#: Troubles of a submit that say nothing against collecting what was bought before.
HOLDS_SUBMITS = (NoCreditsError, PermissionDeniedError)
IMPATIENT_FAILURES = 3
#: For so many seconds after a submit was one request too many, polls give way to submits.
QUOTA_SHORT = 600.0


class EnrichmentEngine:
    """A small state machine over the stored batches; at most one submit is on its way at any time.

    Args:
        repository: The queue.
        journal: Where request ids go first.
        open_lane: Gives the account of a key's fingerprint where it is known, else the present one, as with "".
        changes: Hears when the lane's trouble changes.
        schedule, backoff, limits: When to ask again, and what may be spent.
        check_disk: Raises LibraryError while the disk could not keep what is bought.
        tidy: Called whenever there is nothing to do.
        now, monotonic, pause, rng: Time and chance.
    """

    def __init__(
        self,
        repository: EnrichmentRepository,
        journal: RequestJournal,
        open_lane: Callable[[str], Awaitable[Lane]],
        changes: ChangeFeed,
        *,
        schedule: PollSchedule | None = None,
        backoff: Backoff | None = None,
        limits: Callable[[], Limits] = Limits,
        check_disk: Callable[[], None] = lambda: None,
        tidy: Callable[[], Awaitable[None]] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[asyncio.Event, float | None], Awaitable[None]] = wait_for_event,
        rng: random.Random | None = None,
    ) -> None:
        self._repository = repository
        self._open_lane = open_lane
        self._changes = changes
        self._schedule = schedule or PollSchedule()
        self._backoff = backoff or self._schedule.backoff
        self._tidy = tidy
        self._now = now
        self._monotonic = monotonic
        self._pause = pause
        self._rng = rng or random.Random()  # noqa: S311 - spreads waits, guards nothing
        self._book = PollBook(self._schedule, now, monotonic, self._rng)
        self._balances = BalanceWatch(repository, open_lane)
        self._submitter = Submitter(
            repository,
            journal,
            self._balances,
            schedule=self._schedule,
            limits=limits,
            check_disk=check_disk,
            now=now,
            rng=self._rng,
        )
        self._collector = Collector(
            repository, self._book, self._balances, schedule=self._schedule, now=now, rng=self._rng
        )
        self._wake = asyncio.Event()
        self._one_step = asyncio.Lock()
        self._stopping = False
        self._failures = 0
        self._resume_at: float | None = None
        self._blocked = False
        self._submits_held: ContactScoutError | None = None
        self._quota_short_until = -math.inf
        self._collects = False
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
        self._submits_held = None
        self._resume_at = None
        self._failures = 0
        self._submitter.try_again()
        self._book.forget_foreign()
        self._wake.set()

    def provider_changed(self) -> None:
        """There is news about the provider, such as another key: worth a try if only that can help."""
        waits = self._blocked or self._submits_held is not None
        if waits:
            self._set_trouble("")  # that of a key, or of credits, as they were
        if waits or self._book.foreign:
            self.wake()

    def ask_again(self, batch_id: int) -> None:
        """The rep wants a batch asked about that has grown too old to be polled by itself."""
        self._book.grant(batch_id)
        self.wake()

    def is_stuck(self, batch: EnrichmentBatch) -> bool:
        """Whether a batch has run for so long that only the rep has it asked about again."""
        return batch.state.is_pollable and self._book.is_stuck(batch)

    def waits_for_rep(self, batch: EnrichmentBatch) -> bool:
        """Whether nothing asks about a batch by itself: it is stuck, or was bought with a key that is not here."""
        return self.is_stuck(batch) or (batch.state.is_pollable and batch.batch_id in self._book.foreign)

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
            if not await self._repository.is_open(run_ids):
                await self._end_stretches()
                found = self._submitter.capped
                capped = [found[run_id] for run_id in (run_ids or found) if run_id in found]
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
            if self._submitter.day_full is not None and wait != 0 and not self._collects:
                raise self._submitter.day_full[1]
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
            await self._submitter.store_leftovers()
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
        sent = await self._repository.batches([BatchState.SUBMITTED, BatchState.COLLECTING])
        if run_ids is not None:
            sent = [batch for batch in sent if batch.run_id in run_ids]
        pollable = [batch for batch in sent if self._book.is_polled(batch)]
        self._collects = bool(pollable)
        due = [batch for batch in pollable if self._book.seconds_until(batch) <= 0]
        draft = await self._next_draft(run_ids, due)
        if due and draft is None:
            await self._poll(min(due, key=deadline))
            return 0
        if draft is not None:
            await self._submit(draft)
            return 0
        await self._end_stretches()
        if self._submits_held is not None and not pollable:
            raise self._submits_held
        waits = [max(0.01, self._book.seconds_until(batch)) for batch in pollable]
        if self._submitter.day_full is not None:
            waits.append(max(0.01, (self._submitter.day_full[0] - self._now()).total_seconds()))
        if not waits:
            self._set_trouble("")  # it holds nothing up
        return min(waits, default=None)

    async def _next_draft(
        self, run_ids: Collection[int] | None, due: Sequence[EnrichmentBatch]
    ) -> EnrichmentBatch | None:
        """The draft to send now. What is due is asked about first, unless the quota is short: then it can wait."""
        waits = self._monotonic() < self._quota_short_until and not any(map(self._book.is_late, due))
        if self._submits_held is not None or (due and not waits):
            return None
        return await self._submitter.next_draft(run_ids)

    async def _end_stretches(self) -> None:
        await self._balances.settle()
        if self._tidy is not None:
            with suppress(ContactScoutError):  # it is tried again the next time
                await self._tidy()

    async def _submit(self, batch: EnrichmentBatch) -> None:
        try:
            accepted = await self._submitter.submit(batch, await self._open_lane(""))
        except HOLDS_SUBMITS as error:
            self._submits_held = error
            self._set_trouble(error.text)
        except RateLimitedError:
            self._quota_short_until = self._monotonic() + QUOTA_SHORT
            raise
        except GivenUpError:
            log.info("Enrichment batch %d was given up before it was sent", batch.batch_id)
        else:
            if accepted:
                self._book.submitted(batch.batch_id)
                self._all_well()

    async def _poll(self, batch: EnrichmentBatch) -> None:
        """Ask with the key that bought it, or not at all: results belong to its account."""
        try:
            await self._collect(batch)
        except GivenUpError:
            log.info("Enrichment batch %d was given up while it was asked about", batch.batch_id)

    async def _collect(self, batch: EnrichmentBatch) -> None:
        lane = await self._open_lane(batch.key_fingerprint)
        if batch.key_fingerprint and batch.key_fingerprint != lane.key_fingerprint:
            await self._leave_foreign(
                batch,
                f"Bought with another key ({batch.key_fingerprint[:4]}…, now {lane.key_fingerprint[:4]}…)."
                " Enter that key again to collect the results.",
            )
            return
        try:
            answer = await self._collector.poll(batch, lane)
        except NEEDS_REP as error:
            if not lane.is_kept:
                raise
            # The present account goes on: only what the earlier one bought has to wait.
            await self._leave_foreign(batch, f"The earlier key, kept to collect this, was refused. {error.text}")
            return
        if answer is not None:
            self._all_well()
            await self._collector.store(batch, answer)

    async def _leave_foreign(self, batch: EnrichmentBatch, note: str) -> None:
        self._book.set_foreign(batch.batch_id)
        await self._repository.set_note(batch.batch_id, note)

    def _all_well(self) -> None:
        self._failures = 0
        self._resume_at = None
        self._set_trouble("" if self._submits_held is None else self._submits_held.text)

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
