"""The bulk fetch engine: takes a stored run's open IDs through the provider, chunk by chunk.

Every chunk is marked in flight before its request leaves and stored, contacts and outcomes together, in one
transaction; so a run that was killed goes on where its last stored chunk ended. Asking for an ID again is safe
at all three providers: reads are free, and Leadfeeder charges a record once in 12 months (contract sheet section 4).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.domain.errors import CapError, ContactScoutError, InvalidRequestError
from app.domain.fetching import NOT_RETURNED, FetchAnswer, FetchRun, FetchRunState, IdOutcome
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.providers.capabilities import SupportsFetchByIds
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository

log = logging.getLogger(__name__)

CHUNKS_IN_FLIGHT = 3

#: A Leadfeeder record stays free for 12 months after it was charged (contract sheet section 4).
FREE_AGAIN = timedelta(days=365)


def read_outcomes(ids: Sequence[str], answer: FetchAnswer) -> list[IdOutcome]:
    """How each ID of a chunk ended, by the answer's rows: never by their position.

    An ID counts as not found only when the answer holds nothing that could be its row.
    """
    found = {record.provider_id for record in answer.records}
    doubt = _doubt(ids, answer)
    unreadable = {row.provider_id: row.reason for row in answer.quarantined if row.provider_id}
    outcomes = []
    for provider_id in ids:
        if provider_id in found:
            outcomes.append(IdOutcome(provider_id, Outcome.FOUND))
        elif provider_id in unreadable:
            outcomes.append(
                IdOutcome(provider_id, Outcome.FAILED, f"Its row could not be read: {unreadable[provider_id]}")
            )
        elif doubt:
            outcomes.append(IdOutcome(provider_id, Outcome.UNKNOWN, doubt))
        else:
            outcomes.append(IdOutcome(provider_id, Outcome.NOT_FOUND, NOT_RETURNED))
    return outcomes


def _doubt(ids: Sequence[str], answer: FetchAnswer) -> str:
    """Why an ID without a row may have one all the same, "" when it cannot."""
    rows = len(answer.records) + len(answer.quarantined)
    if any(not row.provider_id for row in answer.quarantined):
        return "A row of the answer could not be read; it may be this one."
    if any(record.provider_id not in ids for record in answer.records):
        return "A row came under an ID that was not asked for; it may be this one."
    if answer.requested is not None and answer.requested < len(ids):
        return f"The provider counted {answer.requested} of the {len(ids)} IDs sent; this may be one it did not see."
    if answer.returned is not None and answer.returned > rows:
        return f"The provider counted {answer.returned} rows but sent {rows}; this may be one of the others."
    return ""


async def free_again(library: LibraryRepository, provider: Provider, ids: Sequence[str]) -> set[str]:
    """The IDs whose full record was bought less than 12 months ago: the provider charges nothing for them."""
    since = datetime.now(UTC) - FREE_AGAIN
    owned = await library.owned(provider, ids)
    return {provider_id for provider_id, (_, fetched_at) in owned.items() if fetched_at > since}


class BulkFetchEngine:
    """Runs one stored bulk fetch to its end, or to the trouble that stops it."""

    def __init__(self, runs: FetchRunRepository, library: LibraryRepository) -> None:
        self._runs = runs
        self._library = library

    async def execute(self, run_id: int, service: SupportsFetchByIds) -> FetchRun:
        """Fetch what is open in a run.

        Cancelling leaves the run paused with nothing in flight. So does trouble, which is raised after the chunks
        already on their way have been stored.

        Raises:
            ServiceError: The provider refused (key, permission, credits) or cannot be reached.
            CapError: The next chunk could cost more than the run's cap allows.
        """
        run = await self._runs.run(run_id)
        waiting = deque(await self._runs.open_ids(run_id))
        await self._runs.set_state(run_id, FetchRunState.RUNNING)
        lanes = _Lanes(self, run, service, waiting)
        try:
            await lanes.work()
        except asyncio.CancelledError:
            await asyncio.shield(self._pause(run_id, "Stopped."))
            raise
        except BaseExceptionGroup:
            await self._pause(run_id, "Stopped by a fault in Contact Scout. Resume to fetch the rest.")
            raise
        if lanes.trouble is not None:
            await self._pause(run_id, lanes.trouble.text)
            raise lanes.trouble
        await self._runs.set_state(run_id, FetchRunState.FINISHED)
        return await self._runs.run(run_id)

    async def fetch_chunk(self, run: FetchRun, service: SupportsFetchByIds, ids: Sequence[str]) -> int:
        """Ask for one chunk and store what came; returns the credits it cost."""
        await self._runs.mark(run.run_id, [IdOutcome(provider_id, Outcome.IN_FLIGHT) for provider_id in ids])
        try:
            answer = await service.fetch_by_ids(ids, account_id=run.account_id)
        except InvalidRequestError as error:
            outcomes = [IdOutcome(provider_id, Outcome.FAILED, error.text) for provider_id in ids]
            await self._runs.store_chunk(run.run_id, outcomes, (), 0, error.request_id)
            return 0
        if answer.requested is not None and answer.requested != len(ids):
            log.warning("%s counted %d of %d IDs sent", run.provider, answer.requested, len(ids))
        await self._runs.store_chunk(
            run.run_id,
            read_outcomes(ids, answer),
            answer.records,
            answer.credits_charged,
            answer.request_id,
            quarantined=answer.quarantined,
        )
        return answer.credits_charged

    async def likely_cost(self, run: FetchRun, service: SupportsFetchByIds, ids: Sequence[str]) -> int:
        """The most a chunk can cost: IDs owned for less than a year are free again."""
        if not service.credits_per_id:
            return 0
        return (len(ids) - len(await free_again(self._library, run.provider, ids))) * service.credits_per_id

    async def _pause(self, run_id: int, note: str) -> None:
        open_ids = await self._runs.open_ids(run_id)
        await self._runs.mark(run_id, [IdOutcome(provider_id, Outcome.QUEUED) for provider_id in open_ids])
        await self._runs.set_state(run_id, FetchRunState.PAUSED, note)


class _Lanes:
    """A few chunks in flight at a time; the first trouble stops new ones, what is on its way is still stored."""

    def __init__(
        self, engine: BulkFetchEngine, run: FetchRun, service: SupportsFetchByIds, waiting: deque[str]
    ) -> None:
        self._engine = engine
        self._run = run
        self._service = service
        self._waiting = waiting
        self._spent = run.charged
        self._promised = 0
        self._cost_lock = asyncio.Lock()
        self._troubles: list[ContactScoutError] = []

    @property
    def trouble(self) -> ContactScoutError | None:
        """What stopped the run, None when nothing did."""
        return self._troubles[0] if self._troubles else None

    async def work(self) -> None:
        """Run until nothing is waiting, or trouble came."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CHUNKS_IN_FLIGHT):
                group.create_task(self._lane())

    async def _lane(self) -> None:
        while not self._troubles and self._waiting:
            size = min(self._service.chunk_size, len(self._waiting))
            chunk = [self._waiting.popleft() for _ in range(size)]
            try:
                most = await self._promise(chunk)
                charged = await self._engine.fetch_chunk(self._run, self._service, chunk)
            except ContactScoutError as error:
                self._troubles.append(error)
                return
            self._promised -= most
            self._spent += charged

    async def _promise(self, chunk: Sequence[str]) -> int:
        async with self._cost_lock:
            most = await self._engine.likely_cost(self._run, self._service, chunk)
            cap = self._run.max_credits
            if cap is not None and self._spent + self._promised + most > cap:
                raise CapError(
                    f"The next {len(chunk)} IDs could cost {most} credits; with {self._spent + self._promised} spent "
                    f"or on their way that exceeds the cap of {cap}.",
                    next_step="Raise the cap to go on; everything fetched so far is kept.",
                )
            self._promised += most
            return most
