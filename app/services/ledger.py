"""The ledger as the rep sees it: lines by filter, totals, a file of them, and the provider's balance beside them."""

import asyncio
from pathlib import Path

from app.domain.enrichment import LedgerFilter, LedgerKind, LedgerLine
from app.domain.fetching import Reconciliation
from app.exchange.csv_writer import write_table
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository

HEADERS = ("at", "service", "kind", "credits", "request_id", "run", "batch", "note")
ALL = LedgerFilter()


class LedgerService:
    """Reads the books. Nothing here changes them."""

    def __init__(self, ledger: LedgerRepository, queue: EnrichmentRepository) -> None:
        self._ledger = ledger
        self._queue = queue

    async def lines(
        self, wanted: LedgerFilter = ALL, limit: int | None = None, *, before: int | None = None
    ) -> list[LedgerLine]:
        """Lines that fit, newest first, at most `limit`; those older than the line `before`, where one is named."""
        return await self._ledger.lines(limit, wanted=wanted, before=before)

    async def count(self, wanted: LedgerFilter = ALL) -> int:
        """How many lines fit."""
        return await self._ledger.count(wanted)

    async def totals(self, wanted: LedgerFilter = ALL) -> dict[LedgerKind, int]:
        """Credits per kind over the lines that fit; every kind is there."""
        return await self._ledger.totals(wanted)

    async def spent_today(self) -> int:
        """Credits charged, and still reserved, of what was submitted for enrichment on this UTC day."""
        return await self._queue.spent_today()

    async def reconciliations(self, run_id: int | None = None) -> list[Reconciliation]:
        """The enrichment account's balance over each stretch of buying, beside what was booked; newest first.

        A difference is shown with its request ids (`Reconciliation.text`) and never corrected by itself. Of one run
        where it is named: the stretches in which something was booked for it.
        """
        found = await self._queue.reconciliations()
        return found if run_id is None else [each for each in found if run_id in each.runs]

    async def export_csv(self, wanted: LedgerFilter, path: Path) -> int:
        """Write the lines that fit, oldest first; returns how many.

        Raises:
            InputError: The file cannot be written there.
        """
        lines = await self.lines(wanted)
        table = [
            [
                line.at.isoformat(),
                line.provider,
                line.kind.value,
                str(line.credits),
                line.request_id,
                "" if line.run_id is None else str(line.run_id),
                "" if line.batch_id is None else str(line.batch_id),
                line.note,
            ]
            for line in reversed(lines)
        ]
        return await asyncio.to_thread(write_table, path, HEADERS, table)
