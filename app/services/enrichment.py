"""Enrichment: plan, price, queue, and collect. Nothing is bought without a plan that named its maximum."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.contact import ContactRow
from app.domain.credits import Estimate
from app.domain.enrichment import (
    PRICES,
    EnrichField,
    EnrichmentItem,
    EnrichmentRun,
    PersonInput,
    missing_for_enrichment,
    price,
)
from app.domain.errors import CapError, ContactScoutError, InputError
from app.domain.identifiers import domain_of_email, normalise_domain
from app.domain.provider import Provider
from app.jobs.enrichment import EnrichmentEngine, Lane, fingerprint, wait_for_event
from app.jobs.grace import STOP_GRACE, end_within
from app.jobs.schedule import PollSchedule
from app.providers.capabilities import SupportsEnrichment
from app.providers.clock import Clock
from app.providers.registry import service_class
from app.services.providers import ProviderDirectory
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import RequestJournal
from app.storage.library import LibraryRepository

#: Fewer finished look-ups than this say nothing about the hit rate to expect.
SMALLEST_SAMPLE = 20

DUPLICATE = "The same person is in this selection already."
IN_QUEUE = "Already in the queue."
OWNED = "Already in the library."


@dataclass(frozen=True, slots=True)
class Ineligible:
    """A row that will not be sent, and why. `row` counts from 1 in the order given."""

    name: str
    reason: str
    row: int
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class EnrichmentPlan:
    """What a click on “Enrich” would do.

    `people` will be sent, `rows` are their rows, counted from 1 in the order given, and `wanted` is what is asked of
    each: less than `fields` where a value is owned already. `balance_left` is None when the provider could not be
    asked.
    """

    fields: frozenset[EnrichField]
    people: tuple[PersonInput, ...]
    rows: tuple[int, ...]
    wanted: tuple[frozenset[EnrichField], ...]
    ineligible: tuple[Ineligible, ...]
    estimate: Estimate
    balance_left: int | None

    @property
    def sent(self) -> tuple[tuple[PersonInput, frozenset[EnrichField]], ...]:
        """Who will be sent, with what is asked of each."""
        return tuple(zip(self.people, self.wanted, strict=True))


class EnrichmentService:
    """Plans runs, queues them, and keeps the worker."""

    def __init__(
        self,
        directory: ProviderDirectory,
        repository: EnrichmentRepository,
        library: LibraryRepository,
        journal: RequestJournal,
        changes: ChangeFeed,
        *,
        schedule: PollSchedule | None = None,
        clock: Clock | None = None,
    ) -> None:
        time = clock or Clock()
        self._directory = directory
        self._repository = repository
        self._library = library
        self._changes = changes
        self._journal = journal
        self._engine = EnrichmentEngine(
            repository,
            journal,
            self._open_lane,
            changes,
            schedule=schedule,
            now=time.wall,
            pause=partial(wait_for_event, sleep=time.sleep),
        )
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe = changes.subscribe(self._on_change)

    @property
    def provider(self) -> Provider:
        """Who is bought from."""
        return self._directory.supporting(SupportsEnrichment)[0]

    @property
    def lane_note(self) -> str:
        """Why the queue waits, "" while nothing holds it up. A change publishes `ChangeKind.ENRICHMENT`."""
        return self._engine.lane_note

    async def plan_contacts(self, contact_ids: Sequence[int], fields: Collection[EnrichField]) -> EnrichmentPlan:
        """A plan for contacts of the library. Values they have already are not bought again."""
        rows = await self._library.rows(contact_ids)
        owned = [
            {field for field in fields if (row.email if field is EnrichField.EMAILS else row.phone)} for row in rows
        ]
        return await self._plan([_person_of(row) for row in rows], frozenset(fields), owned)

    async def plan_people(self, people: Sequence[PersonInput], fields: Collection[EnrichField]) -> EnrichmentPlan:
        """A plan for people typed or read from a file. What was bought for them before is not bought again."""
        return await self._plan(people, frozenset(fields), [set() for _ in people])

    async def enqueue(self, plan: EnrichmentPlan, *, cap: int, origin: str) -> int:
        """Queue a plan's people; the worker buys them. Returns the run's id.

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
        run_id = await self._repository.create_run(
            plan.people, plan.fields, cap=cap, origin=origin, row_numbers=plan.rows, wanted=plan.wanted
        )
        self._engine.wake()
        return run_id

    async def recover(self) -> None:
        """At start, before the worker: what a killed program left in the middle of a submit is classified."""
        await self._repository.recover(await asyncio.to_thread(self._journal.entries))

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

    async def retry_unknown(self, batch_id: int) -> None:
        """Submit a batch of unknown outcome again: the rep has agreed to what it may cost once more."""
        await self._repository.resubmit_unknown(batch_id)
        self._engine.wake()

    async def ask_again(self, batch_id: int) -> None:
        """Poll a batch that has run for so long that it is no longer polled by itself."""
        self._engine.ask_again(batch_id)

    async def give_up(self, batch_id: int) -> None:
        """Stop asking about a batch; its people end as expired."""
        await self._repository.give_up(batch_id)

    async def refresh_balance(self) -> int | None:
        """Credits left for enrichment, None when the provider does not say or cannot be asked now."""
        kind = service_class(self.provider).enrichment_credit_kind
        try:
            lines = await self._directory.balance(self.provider)
        except ContactScoutError:
            return None  # a plan is possible without it; the submit itself will say what is wrong
        matching = [line.remaining for line in lines if line.kind == kind]
        return sum(matching) if matching else None

    async def _open_lane(self) -> Lane:
        service = await self._directory.capable(self.provider, SupportsEnrichment)
        return Lane(service, fingerprint(await self._directory.key_in_use(self.provider)))

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.PROVIDERS and self._engine.lane_note:
            self._engine.wake()

    async def _plan(
        self, people: Sequence[PersonInput], fields: frozenset[EnrichField], owned: Sequence[set[EnrichField]]
    ) -> EnrichmentPlan:
        if not fields:
            raise InputError("Choose e-mails, phones, or both.")
        in_queue = await self._repository.open_person_keys()
        keys = {person.person_key for person in people}
        bought = {field: await self._repository.bought(keys, field) for field in fields}
        sent: list[tuple[int, PersonInput, frozenset[EnrichField]]] = []
        ineligible: list[Ineligible] = []
        excluded: Counter[str] = Counter()
        seen: set[str] = set()
        for number, person, has in zip(count(1), people, owned):
            key = person.person_key
            has_now = has | {field for field in fields if key in bought[field]}
            waiting = {field for field in fields - has_now if (key, field) in in_queue}
            wanted = fields - has_now - waiting
            reason = missing_for_enrichment(person) if wanted else (IN_QUEUE if waiting else OWNED)
            if not reason and key in seen:
                reason = DUPLICATE
            if reason:
                name = f"{person.first_name} {person.last_name}".strip() or person.company_name
                ineligible.append(Ineligible(name, reason, number, person.contact_id))
                excluded[reason] += 1
                continue
            excluded.update(f"{field.label} already in the library." for field in has_now)
            seen.add(key)
            sent.append((number, replace(person, domain=normalise_domain(person.domain)), wanted))
        return EnrichmentPlan(
            fields=fields,
            people=tuple(person for _, person, _ in sent),
            rows=tuple(number for number, _, _ in sent),
            wanted=tuple(wanted for _, _, wanted in sent),
            ineligible=tuple(ineligible),
            estimate=await self._estimate([wanted for _, _, wanted in sent], fields, excluded),
            balance_left=await self.refresh_balance(),
        )

    async def _estimate(
        self, wanted: Sequence[frozenset[EnrichField]], fields: frozenset[EnrichField], excluded: Counter[str]
    ) -> Estimate:
        likely = 0.0
        samples = []
        for field in fields:
            found, finished = await self._repository.hit_rate(field)
            samples.append(finished)
            if finished:
                likely += sum(field in asked for asked in wanted) * PRICES[field] * found / finished
        sample = min(samples, default=0)
        return Estimate(
            low=0,
            maximum=sum(price(asked) for asked in wanted),
            likely=round(likely) if sample >= SMALLEST_SAMPLE else None,
            sample_size=sample,
            excluded=dict(excluded),
        )


def _report_fault(task: asyncio.Task[None]) -> None:
    """A worker that ended by a fault of ours goes to the program's one error reporter."""
    if not task.cancelled() and task.exception() is not None:
        task.get_loop().call_exception_handler(
            {"message": "The enrichment worker failed", "exception": task.exception(), "task": task}
        )


def _person_of(row: ContactRow) -> PersonInput:
    """A contact as a person to enrich; the domain comes from its company, else from its company address."""
    return PersonInput(
        first_name=row.first_name,
        last_name=row.last_name,
        domain=normalise_domain(row.company_domain) or domain_of_email(row.email),
        company_name=row.company_name,
        linkedin_url=row.linkedin_url,
        contact_id=row.contact_id,
    )
