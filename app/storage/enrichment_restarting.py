"""Putting the enrichment queue in order after a kill, a lost library, or another key."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import IN_FLIGHT, RETENTION
from app.storage import enrichment_balances, enrichment_recovery
from app.storage import enrichment_moves as moves
from app.storage.database import Connection
from app.storage.enrichment_rows import read_batches, write_batch
from app.storage.enrichment_store import EnrichmentStore, money_moved
from app.storage.journal import JournalEntry


class EnrichmentRestarting(EnrichmentStore):
    """Takes up what is in flight."""

    async def change_key(self, before: str, after: str) -> None:
        """What one key (fingerprint) bought and is in flight is collected with another key of the same account.

        The balance is compared anew from here on: which stretch is whose cannot be told over two keys.
        """

        def work(conn: Connection) -> list[int]:
            for batch in read_batches(conn, IN_FLIGHT):
                if batch.key_fingerprint == before:
                    write_batch(conn, replace(batch, key_fingerprint=after, note=""))
                    moves.remark(
                        conn, batch, self._now(), note=f"Collected with another key of its account ({after[:4]}…)."
                    )
            enrichment_balances.change_key(conn, before, after)
            return []

        await self._database.write(work, announce=lambda _: [Change(ChangeKind.ENRICHMENT)])

    async def recover(self, journal: Iterable[JournalEntry] = (), *, retention: timedelta = RETENTION) -> list[int]:
        """Put in order what a killed program left: call once at start, before any work.

        A submit that was under way is taken as accepted when the journal holds its request id, else its outcome is
        unknown. Credits that were set aside for a submit that never began are released.

        Returns:
            The batches whose outcome is unknown now.
        """
        entries = list(journal)

        def work(conn: Connection) -> tuple[list[int], list[int]]:
            return enrichment_recovery.classify(conn, entries, self._now(), retention)

        def announce(done: tuple[list[int], list[int]]) -> list[Change]:
            return money_moved(*dict.fromkeys(done[1])) if done[1] else []

        return (await self._database.write(work, announce=announce))[0]

    async def take_up(self, journal: Iterable[JournalEntry], *, retention: timedelta = RETENTION) -> list[int]:
        """Collect again what the journal knows and the library does not, after the library was lost or set back.

        Returns:
            The batches that can be polled now.
        """
        entries = list(journal)

        def work(conn: Connection) -> list[tuple[int, int]]:
            return enrichment_recovery.take_up(conn, entries, self._now(), retention)

        taken = await self._database.write(
            work, announce=lambda done: money_moved(*dict.fromkeys(run_id for run_id, _ in done)) if done else []
        )
        return [batch_id for _, batch_id in taken]
