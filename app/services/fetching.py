"""Bulk fetch: from pasted IDs to contacts, every ID with its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.credits import Estimate
from app.domain.errors import CapError, InputError, ServiceError
from app.domain.fetching import FetchRun, FetchRunState, IdOutcome
from app.domain.identifiers import IdKind
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.jobs.bulk_fetch import BulkFetchEngine, free_again
from app.providers.capabilities import SupportsFetchByIds
from app.providers.registry import service_class
from app.services.providers import ProviderDirectory
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What a bulk fetch would do. `owned` counts IDs whose full record is already in the library and free again."""

    provider: Provider
    account_id: str
    ids: tuple[str, ...]
    owned: int
    estimate: Estimate


class FetchService:
    """Plans, runs and remembers bulk fetches."""

    def __init__(self, directory: ProviderDirectory, runs: FetchRunRepository, library: LibraryRepository) -> None:
        self._directory = directory
        self._runs = runs
        self._library = library
        self._engine = BulkFetchEngine(runs, library)
        self._executing: set[int] = set()

    def providers(self) -> tuple[Provider, ...]:
        """The providers that can be asked by ID."""
        return self._directory.supporting(SupportsFetchByIds)

    def id_kind(self, provider: Provider) -> IdKind:
        """What the provider's IDs look like."""
        kind: IdKind = service_class(provider).id_kind
        return kind

    def needs_account(self, provider: Provider) -> bool:
        """Whether an account must be chosen."""
        return bool(service_class(provider).needs_account)

    async def plan(self, provider: Provider, ids: Sequence[str], account_id: str = "") -> FetchPlan:
        """What fetching these IDs would cost at most. Nothing is asked of the provider."""
        distinct = tuple(dict.fromkeys(ids))
        per_id = int(service_class(provider).credits_per_id)
        owned = await free_again(self._library, provider, distinct)
        excluded = {"Owned for less than 12 months, free again": len(owned)} if owned and per_id else {}
        maximum = (len(distinct) - len(owned)) * per_id
        return FetchPlan(
            provider, account_id, distinct, len(owned), Estimate(low=0, maximum=maximum, excluded=excluded)
        )

    async def create(self, plan: FetchPlan, *, max_credits: int | None = None) -> int:
        """Store a run; nothing is asked yet. Returns its id.

        Raises:
            InputError: No IDs, or an account is missing.
            CapError: The plan could cost more than `max_credits`.
        """
        if not plan.ids:
            raise InputError("There are no readable IDs to fetch.")
        if self.needs_account(plan.provider) and not plan.account_id:
            raise InputError(f"Choose the {plan.provider.label} account to fetch through.")
        if max_credits is not None and plan.estimate.maximum > max_credits:
            raise CapError(
                f"This could cost {plan.estimate.maximum} credits, more than the cap of {max_credits}.",
                next_step="Raise the cap or fetch fewer IDs.",
            )
        return await self._runs.create(plan.provider, plan.account_id, plan.ids, max_credits=max_credits)

    async def execute(self, run_id: int) -> FetchRun:
        """Run to the end, or until the provider stops us; cancelling pauses the run.

        Raises:
            InputError: The run is being executed already.
            ServiceError, MissingKeyError, CapError: The run is then paused, with the reason as its note.
        """
        if run_id in self._executing:
            raise InputError("This bulk fetch is running already.")
        self._executing.add(run_id)
        try:
            run = await self._runs.run(run_id)
            service = await self._directory.capable(run.provider, SupportsFetchByIds)
            finished = await self._engine.execute(run_id, service)
            self._directory.note_error(run.provider, None)
        except ServiceError as error:
            self._directory.note_error(error.provider, error)
            raise
        else:
            return finished
        finally:
            self._executing.discard(run_id)

    async def recover(self) -> None:
        """At start: what a killed program left running becomes paused, to be resumed by the rep."""
        for run in await self._runs.runs([FetchRunState.RUNNING]):
            await self._runs.set_state(run.run_id, FetchRunState.PAUSED, "Interrupted. Resume to fetch the rest.")

    async def run(self, run_id: int) -> FetchRun:
        """One run as it stands."""
        return await self._runs.run(run_id)

    async def runs(self) -> list[FetchRun]:
        """All runs, newest first."""
        return await self._runs.runs()

    async def items(self, run_id: int) -> list[IdOutcome]:
        """Each distinct ID of a run, in pasted order, with its outcome."""
        return await self._runs.items(run_id)

    async def contact_ids(self, run_id: int) -> list[int]:
        """The contacts a run has found, in pasted order."""
        return await self._runs.contact_ids(run_id)

    async def retry_failed(self, run_id: int) -> None:
        """Queue the failed and unknown IDs of a run again; execute it to ask for them."""
        await self._runs.reopen(run_id, (Outcome.FAILED, Outcome.UNKNOWN))
