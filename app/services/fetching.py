"""Bulk fetch: from pasted IDs to contacts, every ID with its outcome."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.credits import Estimate
from app.domain.errors import CapError, InputError, ServiceError
from app.domain.fetching import FetchRun, FetchRunState, IdOutcome, OwnedRecord, Reconciliation
from app.domain.identifiers import IdKind
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.exchange.csv_writer import write_table
from app.jobs.bulk_fetch import BulkFetchEngine
from app.jobs.fetch_costs import Prices, free_ids, most
from app.providers.capabilities import SupportsBalance, SupportsFetchByIds, SupportsFetchWithCompany
from app.providers.clock import Clock
from app.providers.registry import service_class, supports
from app.services.providers import ProviderDirectory
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository


@dataclass(frozen=True, slots=True)
class FetchAccount:
    """An account to fetch through. `remaining` (credits) and `resets_on` are None and "" where they are not known."""

    account_id: str
    name: str
    remaining: int | None = None
    resets_on: str = ""


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What a bulk fetch would do.

    Attributes:
        ids: All distinct IDs, in the order pasted.
        owned: How many of them are in the library as full records, whatever their age.
        free: How many of those the provider gives again without a charge.
        skipped: The IDs that would not be asked for, each with the contact that has it.
        estimate: Credits.
        include_company: Whether companies are fetched along, at a price of their own.
    """

    provider: Provider
    account_id: str
    ids: tuple[str, ...]
    owned: int
    estimate: Estimate
    free: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    include_company: bool = False

    @property
    def asked(self) -> int:
        """How many IDs the provider would be asked for."""
        return len(self.ids) - len(self.skipped)


class FetchService:
    """Plans, runs and remembers bulk fetches."""

    def __init__(
        self,
        directory: ProviderDirectory,
        runs: FetchRunRepository,
        library: LibraryRepository,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._directory = directory
        self._runs = runs
        self._library = library
        self._clock = clock or Clock()
        self._engine = BulkFetchEngine(runs, library, clock=clock)
        self._executing: set[int] = set()

    # -- before -------------------------------------------------------------------------------------------

    def providers(self) -> tuple[Provider, ...]:
        """The providers that can be asked by ID."""
        return self._directory.supporting(SupportsFetchByIds)

    def providers_for(self, kind: IdKind) -> tuple[Provider, ...]:
        """The providers whose IDs look like this; where there are several, only the rep knows which is meant."""
        return tuple(provider for provider in self.providers() if self.id_kind(provider) is kind)

    def id_kind(self, provider: Provider) -> IdKind:
        """What the provider's IDs look like."""
        kind: IdKind = service_class(provider).id_kind
        return kind

    def needs_account(self, provider: Provider) -> bool:
        """Whether an account must be chosen."""
        return bool(service_class(provider).needs_account)

    def prices(self, provider: Provider) -> Prices:
        """The most that an ID costs, in credits; `per_company` is 0 where companies cannot be fetched along."""
        service = service_class(provider)
        per_company = int(service.credits_per_company) if self.offers_company(provider) else 0
        return Prices(int(service.credits_per_id), per_company)

    def offers_company(self, provider: Provider) -> bool:
        """Whether the provider can send companies along with contacts."""
        return supports(provider, SupportsFetchWithCompany)

    async def accounts(self, provider: Provider) -> tuple[FetchAccount, ...]:
        """The accounts to choose from, each with what is left of its credits; () for a provider without accounts.

        Raises:
            MissingKeyError: There is no key.
            ServiceError: The accounts are not to be had; a missing balance is only left out.
        """
        accounts = await self._directory.accounts(provider)
        if not supports(provider, SupportsBalance):
            return tuple(FetchAccount(account.account_id, account.name) for account in accounts)
        service = await self._directory.capable(provider, SupportsBalance)

        async def with_balance(account_id: str, name: str) -> FetchAccount:
            try:
                lines = await service.balance(account_id)
            except ServiceError:
                return FetchAccount(account_id, name)
            resets_on = next((line.resets_on for line in lines if line.resets_on), "")
            return FetchAccount(account_id, name, sum(line.remaining for line in lines) if lines else None, resets_on)

        return tuple(await asyncio.gather(*(with_balance(account.account_id, account.name) for account in accounts)))

    async def owned(self, provider: Provider, ids: Sequence[str]) -> dict[str, OwnedRecord]:
        """Which of these IDs the library has as full records, and since when."""
        return await self._library.owned(provider, ids)

    async def plan(
        self,
        provider: Provider,
        ids: Sequence[str],
        account_id: str = "",
        *,
        skip_owned: bool | None = None,
        include_company: bool = False,
    ) -> FetchPlan:
        """What fetching these IDs would do, and cost at most. Nothing is asked of the provider.

        With `skip_owned` what the library has is not asked for again; by default so where fetching costs credits.
        A record without its company does not count as owned where companies are wanted.

        Raises:
            InputError: The provider cannot send companies along.
        """
        if include_company and not self.offers_company(provider):
            raise InputError(f"{provider.label} cannot send companies along with contacts.")
        distinct = tuple(dict.fromkeys(ids))
        offered = self.prices(provider)
        prices = offered if include_company else Prices(offered.per_id)
        owned = await self._library.owned(provider, distinct, account_id)
        free = free_ids(owned, self._clock.wall()) if prices.per_id else set()
        skipped: dict[str, int] = {}
        if prices.per_id > 0 if skip_owned is None else skip_owned:
            skipped = {
                one: record.contact_id for one, record in owned.items() if record.with_company or not include_company
            }
        asked = [one for one in distinct if one not in skipped]
        excluded = {}
        if prices.per_id and skipped:
            excluded["In the library already, not asked for again"] = len(skipped)
        if prices.per_id and (repeated := sum(one in free for one in asked)):
            excluded["Charged less than 12 months ago, free again"] = repeated
        estimate = Estimate(low=0, maximum=most(asked, owned, free, prices), excluded=excluded)
        return FetchPlan(provider, account_id, distinct, len(owned), estimate, len(free), skipped, include_company)

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
        return await self._runs.create(
            plan.provider,
            plan.account_id,
            plan.ids,
            max_credits=max_credits,
            include_company=plan.include_company,
            skipped=plan.skipped,
        )

    # -- the run ------------------------------------------------------------------------------------------

    async def execute(self, run_id: int) -> FetchRun:
        """Run to the end, or until the provider stops us; cancelling pauses the run.

        While the provider has asked us to wait the run stays `RUNNING`, with the reason as its note.

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

    async def set_cap(self, run_id: int, max_credits: int | None) -> None:
        """Change the most credits a run may cost, None for no cap; it counts from the next time it is executed."""
        await self._runs.set_cap(run_id, max_credits)

    async def stop(self, run_id: int) -> None:
        """End a run that is not being executed: its open IDs are not asked for and become cancelled.

        Raises:
            InputError: It is being executed; cancel that first.
        """
        if run_id in self._executing:
            raise InputError("This bulk fetch is still running.")
        await self._runs.cancel_open(run_id, "Stopped before it was asked for.")

    async def retry_failed(self, run_id: int) -> int:
        """Queue the failed, unknown and cancelled IDs of a run again, and return how many; execute it to ask."""
        return await self._runs.reopen(run_id, (Outcome.FAILED, Outcome.UNKNOWN, Outcome.CANCELLED))

    # -- after --------------------------------------------------------------------------------------------

    async def run(self, run_id: int) -> FetchRun:
        """One run as it stands."""
        return await self._runs.run(run_id)

    async def runs(self) -> list[FetchRun]:
        """All runs, newest first."""
        return await self._runs.runs()

    async def items(self, run_id: int, *, start: int = 0, limit: int | None = None) -> list[IdOutcome]:
        """Each distinct ID of a run, in pasted order, with its outcome; or at most `limit` from place `start` on."""
        return await self._runs.items(run_id, start=start, limit=limit)

    async def contact_ids(self, run_id: int) -> list[int]:
        """The contacts a run has found, and those it skipped as owned, in pasted order."""
        return await self._runs.contact_ids(run_id)

    async def not_returned(self, run_id: int) -> list[str]:
        """The IDs that the provider did not return, in pasted order."""
        return [item.provider_id for item in await self._runs.items(run_id) if item.outcome is Outcome.NOT_FOUND]

    async def save_not_returned(self, run_id: int, path: Path) -> int:
        """Write the IDs that were not returned to a CSV file with the column `id`; returns how many.

        Raises:
            InputError: The file cannot be written.
        """
        ids = await self.not_returned(run_id)
        return await asyncio.to_thread(write_table, path, ["id"], [[one] for one in ids])

    async def reconciliations(self, run_id: int) -> list[Reconciliation]:
        """The provider's balance beside our books, for each time the run was executed; [] where nothing costs."""
        return await self._runs.reconciliations(run_id)
