"""Looking at the enrichment queue: runs, batches, people, and what was spent."""

from collections.abc import Collection

from app.domain.enrichment import BatchState, EnrichField, EnrichmentBatch, EnrichmentItem, EnrichmentRun
from app.domain.fetching import Reconciliation
from app.storage import enrichment_balances, enrichment_history
from app.storage.enrichment_history import KnownPerson
from app.storage.enrichment_rows import (
    is_anything_open,
    read_batch,
    read_batches,
    read_items,
    read_next_draft,
    read_run,
    read_runs,
    spent_on_day,
)
from app.storage.enrichment_store import EnrichmentStore


class EnrichmentReading(EnrichmentStore):
    """Reads only."""

    async def run(self, run_id: int) -> EnrichmentRun:
        """One run as it stands."""
        return await self._database.read(lambda conn: read_run(conn, run_id))

    async def runs(self, only_open: bool = False) -> list[EnrichmentRun]:
        """All runs, or those with work that goes on by itself; the newest first."""
        found = await self._database.read(lambda conn: read_runs(conn, unfinished=only_open))
        return [run for run in found if run.is_open or not only_open]

    async def batch(self, batch_id: int) -> EnrichmentBatch:
        """One batch as it stands."""
        return await self._database.read(lambda conn: read_batch(conn, batch_id))

    async def batches(self, states: Collection[BatchState]) -> list[EnrichmentBatch]:
        """The batches in these states, the oldest first."""
        return await self._database.read(lambda conn: read_batches(conn, states))

    async def next_draft(self, run_ids: Collection[int] | None = None) -> EnrichmentBatch | None:
        """The oldest batch of these runs (of all if None) that may be sent now, None where there is none."""
        return await self._database.read(lambda conn: read_next_draft(conn, run_ids))

    async def is_open(self, run_ids: Collection[int] | None = None) -> bool:
        """Whether work remains in these runs (in any if None) that goes on by itself."""
        return await self._database.read(lambda conn: is_anything_open(conn, run_ids))

    async def items(self, *, run_id: int | None = None, batch_id: int | None = None) -> list[EnrichmentItem]:
        """The people of a run or batch (of the whole queue without either), by row; contact ids follow merges."""
        return await self._database.read(lambda conn: read_items(conn, run_id=run_id, batch_id=batch_id))

    async def known(self, keys: Collection[str]) -> list[KnownPerson]:
        """All that was ever asked of people who share an identity key with these."""
        return await self._database.read(lambda conn: enrichment_history.known_people(conn, keys))

    async def hit_rate(self, field: EnrichField) -> tuple[int, int]:
        """How often a field was found: (found, answered), over the whole history."""
        return await self._database.read(lambda conn: enrichment_history.hit_rate(conn, field))

    async def spent_today(self) -> int:
        """Credits charged, and still reserved, of what was submitted on this UTC day."""
        return await self._database.read(lambda conn: spent_on_day(conn, self._now()))

    async def reconciliations(self) -> list[Reconciliation]:
        """The balance over each stretch of buying, beside what was booked; newest first."""
        return await self._database.read(enrichment_balances.read)

    async def stretch(self, key_fingerprint: str) -> tuple[bool, bool]:
        """Whether a stretch is open for a key, and whether nothing bought with it is in flight."""
        return await self._database.read(
            lambda conn: (
                enrichment_balances.is_open(conn, key_fingerprint),
                enrichment_balances.is_idle(conn, key_fingerprint),
            )
        )
