"""The bulk fetch engine: takes a stored run's open IDs through the provider, chunk by chunk.

Every chunk is marked in flight before its request leaves and stored, contacts and outcomes together, in one
transaction; so a run that was killed goes on where its last stored chunk ended. Asking for an ID again is safe
at all three providers: reads are free, and Leadfeeder charges a record once in 12 months (contract sheet section 4).
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress

from app.domain.errors import InputError, InvalidRequestError, ServiceError
from app.domain.fetching import FetchAnswer, FetchRun, FetchRunState, IdOutcome
from app.domain.outcomes import Outcome
from app.jobs.fetch_answers import read_outcomes, remarks, with_known_charges
from app.jobs.fetch_costs import Prices, free_ids, most
from app.jobs.fetch_lanes import FetchLanes
from app.providers.capabilities import SupportsBalance, SupportsFetchByIds, SupportsFetchWithCompany
from app.providers.clock import Clock
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository


class BulkFetchEngine:
    """Runs one stored bulk fetch to its end, or to the trouble that stops it.

    Args:
        runs: The stored runs.
        library: What is owned already.
        clock: Time, for waits that a provider asks for.
    """

    def __init__(self, runs: FetchRunRepository, library: LibraryRepository, *, clock: Clock | None = None) -> None:
        self._runs = runs
        self._library = library
        self._clock = clock or Clock()

    async def execute(self, run_id: int, service: SupportsFetchByIds) -> FetchRun:
        """Fetch what is open in a run.

        Cancelling leaves the run paused with nothing in flight. So does trouble, which is raised after the chunks
        already on their way have been stored.

        Raises:
            ServiceError: The provider refused (key, permission, credits) or cannot be reached.
            CapError: The next chunk could cost more than the run's cap allows.
            InputError: The provider cannot send companies along, and the run wants them.
        """
        run = await self._runs.run(run_id)
        chunks = _Chunks(self._runs, self._library, self._clock, run, service)
        lanes = FetchLanes(chunks, await self._runs.open_ids(run_id), self._clock)
        await self._runs.set_state(run_id, FetchRunState.RUNNING)
        try:
            await self._note_balance(run, service, at_start=True)
            await lanes.work()
        except asyncio.CancelledError:
            await asyncio.shield(self._runs.pause(run_id, "Stopped."))
            raise
        except BaseExceptionGroup:
            await self._runs.pause(run_id, "Stopped by a fault in Contact Scout. Resume to fetch the rest.")
            raise
        if lanes.trouble is not None:
            await self._runs.pause(run_id, lanes.trouble.text)
            await self._note_balance(run, service, at_start=False)
            raise lanes.trouble
        await self._runs.set_state(run_id, FetchRunState.FINISHED)
        await self._note_balance(run, service, at_start=False)
        return await self._runs.run(run_id)

    async def _note_balance(self, run: FetchRun, service: SupportsFetchByIds, *, at_start: bool) -> None:
        """Put the balance beside the books. It is a check, so its failing stops nothing."""
        if not service.credits_per_id or not isinstance(service, SupportsBalance):
            return
        with suppress(ServiceError):
            remaining = sum(line.remaining for line in await service.balance(run.account_id))
            note = self._runs.begin_balance if at_start else self._runs.end_balance
            await note(run.run_id, remaining)


class _Chunks:
    """What the lanes need to know and do about one run's chunks."""

    def __init__(
        self,
        runs: FetchRunRepository,
        library: LibraryRepository,
        clock: Clock,
        run: FetchRun,
        service: SupportsFetchByIds,
    ) -> None:
        self.run = run
        self.size = service.chunk_size
        self._runs = runs
        self._library = library
        self._clock = clock
        self._service = service
        per_company = 0
        if run.include_company:
            if not isinstance(service, SupportsFetchWithCompany):
                raise InputError(f"{run.provider.label} cannot send companies along with contacts.")
            per_company = service.credits_per_company
        self._prices = Prices(service.credits_per_id, per_company)

    async def cost(self, ids: Sequence[str]) -> tuple[int, set[str]]:
        """The most a chunk can cost, in credits, and its IDs that are free again."""
        if not self._prices.per_id:
            return 0, set()
        owned = await self._library.owned(self.run.provider, ids, self.run.account_id)
        free = free_ids(owned, self._clock.wall())
        return most(ids, owned, free, self._prices), free

    async def fetch(self, ids: Sequence[str], free: Collection[str]) -> int:
        """Ask for one chunk and store what came; returns the credits it cost.

        Raises:
            ServiceError: The provider refused, or was not to be had.
        """
        await self._runs.mark(self.run.run_id, [IdOutcome(provider_id, Outcome.IN_FLIGHT) for provider_id in ids])
        answer = await self._ask(ids)
        await self._runs.store_chunk(
            self.run.run_id,
            read_outcomes(ids, answer),
            with_known_charges(answer, free),
            answer.credits_charged,
            answer.request_id,
            quarantined=answer.quarantined,
            remarks=remarks(self.run.provider, ids, answer),
        )
        return answer.credits_charged

    async def refused(self, ids: Sequence[str], error: InvalidRequestError) -> None:
        """Store that the provider refuses these IDs."""
        outcomes = [IdOutcome(provider_id, Outcome.FAILED, error.text) for provider_id in ids]
        await self._runs.store_chunk(self.run.run_id, outcomes, (), 0, error.request_id)

    async def note(self, text: str) -> None:
        """Say why a running run waits, "" when it goes on."""
        await self._runs.set_state(self.run.run_id, FetchRunState.RUNNING, text)

    async def _ask(self, ids: Sequence[str]) -> FetchAnswer:
        if self.run.include_company:
            assert isinstance(self._service, SupportsFetchWithCompany)
            return await self._service.fetch_by_ids(ids, account_id=self.run.account_id, include_company=True)
        return await self._service.fetch_by_ids(ids, account_id=self.run.account_id)
