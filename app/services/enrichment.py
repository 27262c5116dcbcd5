"""Enrichment: plan, price, queue, and collect. Nothing is bought without a plan that named its maximum."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.enrichment import (
    PRICES,
    BatchState,
    EnrichField,
    EnrichmentBatch,
    EnrichmentItem,
    EnrichmentRun,
    QueueEvent,
    Unmatched,
    price,
)
from app.domain.errors import CapError, InputError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.jobs.enrichment import EnrichmentEngine
from app.jobs.grace import STOP_GRACE, end_within
from app.jobs.lane import Limits
from app.jobs.schedule import PollSchedule
from app.jobs.waiting import wait_for_event
from app.providers.clock import Clock
from app.services.domains import DomainService
from app.services.enrichment_accounts import EnrichmentAccounts
from app.services.enrichment_plan import EnrichmentPlan
from app.services.enrichment_planner import EnrichmentPlanner
from app.services.suppression import SuppressionService
from app.storage.enrichment_log import EnrichmentLog
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import RequestJournal
from app.storage.library import LibraryRepository
from app.storage.settings import SettingsStore
from app.storage.states import IllegalTransitionError

#: Ends of people who were not asked for at all.
_NOT_SENT = (Outcome.SUPPRESSED, Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class SampleReport:
    """How the people went who were sent first, and what the rest may cost (credits).

    `likely` is None while nobody of the sample was answered; `done` is False while some of it is still open.
    """

    people: int
    answered: dict[EnrichField, int]
    found: dict[EnrichField, int]
    charged: int
    rest_people: int
    rest_maximum: int
    rest_likely: int | None
    done: bool


@dataclass(frozen=True, slots=True)
class UnknownQuestion:
    """What to ask the rep about a batch whose submit was not answered; `most_extra` in credits."""

    batch_id: int
    people: int
    most_extra: int
    text: str


class EnrichmentService(EnrichmentPlanner):
    """Plans runs, queues them, and keeps the worker.

    Attributes:
        accounts: Whose key is bought and collected with.
    """

    def __init__(
        self,
        accounts: EnrichmentAccounts,
        repository: EnrichmentRepository,
        library: LibraryRepository,
        journal: RequestJournal,
        changes: ChangeFeed,
        *,
        log: EnrichmentLog,
        domains: DomainService,
        suppression: SuppressionService,
        settings: SettingsStore,
        check_disk: Callable[[], None] = lambda: None,
        schedule: PollSchedule | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(accounts, repository, library, domains, suppression)
        time = clock or Clock()
        self._log = log
        self._settings = settings
        self._journal = journal
        self._engine = EnrichmentEngine(
            repository,
            journal,
            accounts.open_lane,
            changes,
            schedule=schedule,
            limits=self._limits,
            check_disk=check_disk,
            tidy=self._tidy,
            now=time.wall,
            monotonic=time.now,
            pause=partial(wait_for_event, sleep=time.sleep),
        )
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe = changes.subscribe(self._on_change)

    @property
    def provider(self) -> Provider:
        """Who is bought from."""
        return self.accounts.provider

    @property
    def lane_note(self) -> str:
        """Why the queue waits, "" while nothing holds it up. A change publishes `ChangeKind.ENRICHMENT`."""
        return self._engine.lane_note

    async def enqueue(self, plan: EnrichmentPlan, *, cap: int, origin: str, sample: int | None = None) -> int:
        """Queue a plan's people; the worker buys them. Returns the run's id.

        Args:
            plan: What the rep agreed to.
            cap: The most credits the run may spend.
            origin: Where it came from, in words.
            sample: Send so many people first and hold the rest until `release_rest`, None to send all.

        Raises:
            InputError: Nobody is left to send.
            CapError: The plan could cost more than the cap (credits).
        """
        if not plan.people:
            raise InputError("Nobody in this selection can be enriched.", next_step="The reasons are listed per row.")
        if plan.estimate.maximum > cap:
            raise CapError(
                f"This could cost {plan.estimate.maximum} credits, more than the cap of {cap}.",
                next_step="Raise the cap or choose fewer people or fields.",
            )
        if plan.named_anew:
            await self._library.bring_back(plan.named_anew, "Back in the library: named again, to be enriched.")
        run_id = await self._repository.create_run(
            plan.people,
            plan.fields,
            cap=cap,
            origin=origin,
            row_numbers=plan.rows,
            wanted=plan.wanted,
            sample=None if sample is None else max(1, sample),
        )
        self._engine.wake()
        return run_id

    async def sample_report(self, run_id: int) -> SampleReport:
        """How the sample of a run went, and what the held rest may cost."""
        run = await self._repository.run(run_id)
        held = {batch.batch_id for batch in run.batches if batch.held}
        answered: Counter[EnrichField] = Counter()
        found: Counter[EnrichField] = Counter()
        rest: list[EnrichmentItem] = []
        done, people = True, 0
        for item in await self._repository.items(run_id=run_id):
            if item.batch_id in held:
                rest.append(item)
                continue
            people += 1
            for field, result in item.outcomes.items():
                done = done and not result.outcome.is_open
                answered[field] += not result.outcome.is_open and result.outcome not in _NOT_SENT
                found[field] += result.outcome is Outcome.FOUND
        likely = None
        if sum(answered.values()):
            likely = round(
                sum(
                    PRICES[field] * found[field] / answered[field]
                    for item in rest
                    for field in item.fields
                    if answered[field]
                )
            )
        return SampleReport(
            people=people,
            answered=dict(answered),
            found=dict(found),
            charged=run.spending.charged,
            rest_people=len(rest),
            rest_maximum=sum(price(item.fields) for item in rest),
            rest_likely=likely,
            done=done,
        )

    async def release_rest(self, run_id: int) -> None:
        """Buy the rest of a run too: the rep has seen the sample."""
        await self._repository.release_rest(run_id)
        self._engine.wake()

    async def raise_cap(self, run_id: int, cap: int) -> None:
        """Set a run's cap in credits and let it go on.

        Raises:
            InputError: More is charged or reserved already.
        """
        await self._repository.raise_cap(run_id, cap)
        self._engine.wake()

    async def recover(self) -> None:
        """At start, before the worker: what a killed program left in the middle of a submit is classified."""
        await self._repository.recover(
            await asyncio.to_thread(self._journal.entries), retention=self._limits().retention
        )

    async def recover_from_journal(self) -> int:
        """Take up what the journal knows and the library does not, after the library was lost or set back.

        Returns how many batches can be collected now; the worker, or `drain`, asks for them. Entries about people
        the library does not know go to `unmatched`.
        """
        entries = await asyncio.to_thread(self._journal.entries)
        taken = await self._repository.take_up(entries, retention=self._limits().retention)
        if taken:
            self._engine.wake()
        return len(taken)

    def start(self) -> None:
        """Start the worker; it resumes what is open by itself."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._engine.work(), name="enrichment worker")
            self._task.add_done_callback(_report_fault)

    async def stop(self) -> None:
        """Stop in two steps: no new work and a moment for the step in hand, then cancel it."""
        self._unsubscribe()
        self._engine.stop()
        if self._task is not None:
            await end_within(self._task, STOP_GRACE)

    async def drain(self, run_ids: Collection[int] | None = None) -> None:
        """For the command line: work until nothing of these runs is open. Raises what blocks the queue."""
        await self._engine.drain(run_ids)

    async def runs(self) -> list[EnrichmentRun]:
        """All runs, newest first."""
        return await self._repository.runs()

    async def run(self, run_id: int) -> EnrichmentRun:
        """One run as it stands."""
        return await self._repository.run(run_id)

    async def items(self, run_id: int) -> list[EnrichmentItem]:
        """A run's people in order, with their outcomes and values."""
        return await self._repository.items(run_id=run_id)

    async def stop_spending(self, run_id: int | None = None) -> None:
        """Submit nothing new, of one run or of all; what is in flight is still collected, it is paid for."""
        await self._repository.set_stopped(run_id, stopped=True)

    async def resume_spending(self, run_id: int | None = None) -> None:
        """Let the queue submit again."""
        await self._repository.set_stopped(run_id, stopped=False)
        self._engine.wake()

    async def unknown_question(self, batch_id: int) -> UnknownQuestion:
        """What has to be said before a batch of unknown outcome is sent again."""
        batch = await self._repository.batch(batch_id)
        most = sum(price(item.fields) for item in await self._repository.items(batch_id=batch_id))
        return UnknownQuestion(
            batch_id,
            batch.item_count,
            most,
            f"Whether {self.provider.label} accepted these {batch.item_count} people is not known. If it did, sending"
            f" them again costs up to {most} credits once more. {batch.note}".strip(),
        )

    async def retry_unknown(self, batch_id: int) -> None:
        """Submit a batch of unknown outcome again: the rep has agreed to what it may cost once more."""
        await self._repository.resubmit_unknown(batch_id)
        self._engine.wake()

    async def stuck(self) -> list[EnrichmentBatch]:
        """Batches that have run for so long that they are only asked about when the rep wants it, oldest first."""
        return [batch for batch in await self._pollable() if self._engine.is_stuck(batch)]

    async def not_asked(self) -> frozenset[int]:
        """Batches (ids) about which nothing asks by itself: stuck ones, and those whose key is not here."""
        return frozenset(batch.batch_id for batch in await self._pollable() if self._engine.waits_for_rep(batch))

    async def ask_again(self, batch_id: int) -> None:
        """Poll a batch that has run for so long that it is no longer polled by itself."""
        self._engine.ask_again(batch_id)

    async def give_up(self, batch_id: int) -> bool:
        """Stop asking about a batch; its people end as expired, those of one that was never sent as cancelled.

        Returns False, and does nothing, where it has come to its end, or is being sent, since the rep looked.
        """
        try:
            await self._repository.give_up(batch_id)
        except IllegalTransitionError:
            return False
        self._engine.wake()  # what held the queue up may have been this batch
        return True

    def try_again(self) -> None:
        """What held the queue up may be over: credits were added, a cap was raised, the network is back."""
        self._engine.wake()

    async def events(self, item_id: int) -> list[QueueEvent]:
        """The log of one item, oldest first."""
        return await self._log.events(item_id)

    async def unmatched(self, run_id: int | None = None) -> list[Unmatched]:
        """Entries of answers that are about nobody we asked for, of one run or of all."""
        return await self._log.unmatched(run_id)

    async def _pollable(self) -> list[EnrichmentBatch]:
        return await self._repository.batches([BatchState.SUBMITTED, BatchState.COLLECTING])

    async def _tidy(self) -> None:
        """Whenever there is nothing to do: what is no longer needed is forgotten, and odd answers are told."""
        await self.accounts.tidy()
        await self.accounts.judge_adapter(self._log)

    def _limits(self) -> Limits:
        settings = self._settings.load()
        return Limits(settings.day_cap, timedelta(days=settings.retention_days))

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.PROVIDERS:
            self._engine.provider_changed()


def _report_fault(task: asyncio.Task[None]) -> None:
    """A worker that ended by a fault of ours goes to the program's one error reporter."""
    if not task.cancelled() and task.exception() is not None:
        task.get_loop().call_exception_handler(
            {"message": "The enrichment worker failed", "exception": task.exception(), "task": task}
        )
