"""The free half of the enrichment engine: results are asked for, as often as it takes, and stored."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from app.domain.enrichment import AnswerStatus, EnrichmentAnswer, EnrichmentBatch, price
from app.domain.errors import NotFoundError
from app.jobs.balances import BalanceWatch
from app.jobs.lane import Lane
from app.jobs.polling import PollBook
from app.jobs.results import NO_ROW, booked_credits, found_fields, read_answer, without_cut
from app.jobs.schedule import PollSchedule
from app.storage.enrichment_runs import EnrichmentRepository

log = logging.getLogger(__name__)


class Collector:
    """Asks about one batch at a time. Results and outcomes are stored in one transaction."""

    def __init__(
        self,
        repository: EnrichmentRepository,
        book: PollBook,
        balances: BalanceWatch,
        *,
        schedule: PollSchedule,
        now: Callable[[], datetime],
        rng: random.Random,
    ) -> None:
        self._repository = repository
        self._book = book
        self._balances = balances
        self._schedule = schedule
        self._now = now
        self._rng = rng
        self._rows_missed: set[int] = set()

    async def poll(self, batch: EnrichmentBatch, lane: Lane) -> EnrichmentAnswer | None:
        """Ask; returns the answer, still to be stored, or None where the service does not know the request.

        Raises:
            ServiceError: There is no answer.
        """
        grant = self._book.asked(batch.batch_id)
        try:
            answer = await lane.service.poll_enrichment(batch.request_id)
        except NotFoundError as error:
            if self._book.is_gone(batch):
                await self._repository.give_up(batch.batch_id, error.text, expired=True)
                log.warning("Enrichment batch %d is no longer known to the provider", batch.batch_id)
            else:
                await self._repository.polled(batch.batch_id, self._next_poll(batch), note=error.text)
            return None
        self._book.answered(batch.batch_id, grant)
        self._balances.answered(lane.key_fingerprint)
        return answer

    async def store(self, batch: EnrichmentBatch, answer: EnrichmentAnswer) -> None:
        """Keep what an answer brought, for good where it is the last one."""
        items = await self._repository.items(batch_id=batch.batch_id)
        results, unmatched = read_answer(items, answer)
        unreadable = sum(entry.unreadable for entry in answer.entries)
        if answer.status is AnswerStatus.PROCESSING:
            note = "" if answer.raw_status.upper() == "PROCESSING" else f"Tamtam says “{answer.raw_status}”."
            await self._repository.polled(
                batch.batch_id, self._next_poll(batch), provisional=results, note=note or self._warning(batch)
            )
            return
        results = without_cut(results, None if unmatched else batch.taken)
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
        if unreadable:
            log.info("%d entries of enrichment batch %d cannot be read; they are kept", unreadable, batch.batch_id)
        await asyncio.shield(
            self._repository.complete(
                batch.batch_id,
                results,
                charged=min(charged, batch.reserved),
                unmatched=[entry.raw for entry in unmatched],
                raw=b"[" + b",".join(entry.raw for entry in answer.entries) + b"]",
                fetched_at=self._now(),
                unreadable=unreadable,
            )
        )

    def _warning(self, batch: EnrichmentBatch) -> str:
        if not batch.is_expiring(self._now()) or batch.expires_at is None:
            return ""
        return f"Tamtam may drop these results on {batch.expires_at:%Y-%m-%d}."

    def _next_poll(self, batch: EnrichmentBatch) -> datetime:
        return self._now() + timedelta(seconds=self._schedule.wait(batch.polls + 1, self._rng))
