"""The paid half of the enrichment engine: one batch is sent, and whatever comes of it is written down.

Order of every submit, each step committed before the next: disk tried, credits reserved, intent written, request
sent, request id written to the journal and the table.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from app.domain.enrichment import BatchState, EnrichmentBatch, Submission, SubmitItem, price
from app.domain.errors import (
    CapError,
    ContactScoutError,
    InvalidRequestError,
    LibraryError,
    NoCreditsError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ServiceError,
)
from app.jobs.balances import BalanceWatch
from app.jobs.lane import Lane, Limits, body_hash
from app.jobs.results import blamed_people
from app.jobs.schedule import PollSchedule
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import JournalEntry, RequestJournal

log = logging.getLogger(__name__)

_VALIDATION_FAILED = 422


class Submitter:
    """Sends drafts.

    Attributes:
        capped: Run → why it was stopped at its cap.
        day_full: Until when nothing more may be bought, and why; None while the day's cap leaves room.
    """

    def __init__(
        self,
        repository: EnrichmentRepository,
        journal: RequestJournal,
        balances: BalanceWatch,
        *,
        schedule: PollSchedule,
        limits: Callable[[], Limits],
        check_disk: Callable[[], None],
        now: Callable[[], datetime],
        rng: random.Random,
    ) -> None:
        self._repository = repository
        self._journal = journal
        self._balances = balances
        self._schedule = schedule
        self._limits = limits
        self._check_disk = check_disk
        self._now = now
        self._rng = rng
        self._unstored: dict[int, Submission] = {}
        self.capped: dict[int, CapError] = {}
        self.day_full: tuple[datetime, CapError] | None = None

    def try_again(self) -> None:
        """Caps may be others now."""
        self.capped.clear()
        self.day_full = None

    async def next_draft(self, run_ids: Collection[int] | None) -> EnrichmentBatch | None:
        """The oldest batch of these runs (of all if None) that may be sent now."""
        if self.day_full is not None:
            if self._now() < self.day_full[0]:
                return None
            self.day_full = None
        return await self._repository.next_draft(run_ids)

    async def submit(self, batch: EnrichmentBatch, lane: Lane) -> bool:
        """Send a draft; True when it was accepted and its request id is kept.

        Raises:
            ServiceError: Nothing was accepted, for a reason that holds for whatever is sent next.
            LibraryError: The library, or the disk it is on, cannot take it.
            GivenUpError: The rep gave it up meanwhile; nothing was sent.
        """
        if batch.state is BatchState.RESERVED:
            # A step that failed halfway left it so; its credits were set aside for the caps and the key of then.
            await self._repository.refused(batch.batch_id, "", final=False)
            return False
        await asyncio.to_thread(self._check_disk)
        await self._balances.begin(lane)
        if not await self._repository.leave_out_unwanted(batch.batch_id):
            return False
        stored = await self._repository.items(batch_id=batch.batch_id)
        items = [SubmitItem(item.client_key, item.person, item.fields) for item in stored]
        most = sum(price(item.fields) for item in items)
        limits = self._limits()
        if not await self._repository.reserve(batch.batch_id, most, lane.key_fingerprint, day_cap=limits.day_cap):
            await self._stop_at_cap(batch, len(items), most)
            return False
        sent = False
        try:
            sent = await self._repository.begin_submit(batch.batch_id, body_hash(items), adapter=lane.service.adapter)
            if not sent:
                return False
            submission = await lane.service.submit_enrichment(items)
        except OutcomeUnknownError as error:
            await self._repository.unknown(batch.batch_id, error.text)
            log.warning("Outcome of enrichment batch %d is unknown (status %s)", batch.batch_id, error.status)
            return False
        except InvalidRequestError as error:
            await self._leave_out_blamed(batch, items, error)
            return False
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
        return True

    async def store_leftovers(self) -> None:
        """Request ids that a full or locked disk refused to take are tried again before anything else is done."""
        for batch_id, submission in tuple(self._unstored.items()):
            await self._repository.submitted(batch_id, submission, self._now(), retention=self._limits().retention)
            del self._unstored[batch_id]

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
        left = await self._balances.left(lane)
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

    async def _stop_at_cap(self, batch: EnrichmentBatch, people: int, most: int) -> None:
        """The run spends no more, or nothing does until tomorrow."""
        run = await self._repository.run(batch.run_id)
        if run.stopped or (await self._repository.batch(batch.batch_id)).held:
            return  # the rep was quicker
        if most > run.spending.free:
            self.capped[batch.run_id] = CapError(
                f"The next {people} people could cost {most} credits, more than the run's cap leaves.",
                next_step="Raise the cap to go on; nothing was bought beyond it.",
            )
            await self._repository.set_stopped(batch.run_id, stopped=True)
            await self._repository.set_note(batch.batch_id, self.capped[batch.run_id].text)
            return
        now = self._now()
        tomorrow = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
        error = CapError(
            f"The next {people} people could cost {most} credits, more than the day's cap leaves.",
            next_step=f"It goes on at {tomorrow:%Y-%m-%d %H:%M} UTC, or when you raise the cap in Settings.",
        )
        self.day_full = tomorrow, error
        await self._repository.set_note(batch.batch_id, error.text)


def _with_findings(error: InvalidRequestError) -> str:
    if not error.findings:
        return error.text
    found = "; ".join(f"{finding.location}: {finding.message}" for finding in error.findings[:5])
    return f"{error.text} ({found})"
