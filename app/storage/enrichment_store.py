"""What the parts of the enrichment queue's repository share: the database, and one transaction about one batch."""

from collections.abc import Callable
from datetime import datetime

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import EnrichmentBatch
from app.storage.columns import utc_now
from app.storage.database import Connection, Database
from app.storage.enrichment_rows import read_batch
from app.storage.library import LibraryRepository


class EnrichmentStore:
    """A library with a clock."""

    def __init__(
        self, database: Database, library: LibraryRepository, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._library = library
        self._now = now

    async def _step(
        self,
        batch_id: int,
        step: Callable[[Connection, EnrichmentBatch, datetime], None],
        *,
        announce: Callable[[int], list[Change]] | None = None,
    ) -> None:
        """One transaction about one batch."""

        def work(conn: Connection) -> int:
            batch = read_batch(conn, batch_id)
            step(conn, batch, self._now())
            return batch.run_id

        await self._database.write(work, announce=announce or enrichment_changed)


def enrichment_changed(run_id: int) -> list[Change]:
    """Views of the queue look again."""
    return [Change(ChangeKind.ENRICHMENT, (run_id,))]


def money_moved(*run_ids: int) -> list[Change]:
    """Views of the queue and of the ledger look again."""
    return [Change(ChangeKind.ENRICHMENT, run_ids), Change(ChangeKind.LEDGER)]
