"""Putting people into the enrichment queue, and what the rep allows it to spend."""

from collections.abc import Collection, Sequence

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import BATCH_SIZE, EnrichField, PersonInput
from app.domain.errors import InputError
from app.storage import enrichment_moves as moves
from app.storage.columns import stamp
from app.storage.database import Connection, rows, scalar
from app.storage.enrichment_rows import join_fields, read_run
from app.storage.enrichment_store import EnrichmentStore, enrichment_changed


class EnrichmentQueueing(EnrichmentStore):
    """Makes runs, and changes what they may do."""

    async def create_run(
        self,
        people: Sequence[PersonInput],
        fields: Collection[EnrichField],
        *,
        cap: int,
        origin: str,
        batch_size: int = BATCH_SIZE,
        row_numbers: Sequence[int] | None = None,
        wanted: Sequence[Collection[EnrichField]] | None = None,
        sample: int | None = None,
    ) -> int:
        """Queue people, cut into draft batches in their order; returns the run's id.

        Args:
            people: Distinct people, none of whom waits for an answer already.
            fields: What the run asks for.
            cap: The most credits the run may spend.
            origin: Where it came from, in words.
            batch_size: People per submit.
            row_numbers: The number each person goes by, such as its row in a file; counted from 1 by default.
            wanted: What is asked of each person, where that is less than `fields`.
            sample: Send so many people first, and hold the rest until `release_rest`.

        Raises:
            LibraryError: Somebody is queued already; nothing was queued.
        """
        numbers = range(1, len(people) + 1) if row_numbers is None else row_numbers
        numbered = list(zip(numbers, people, wanted or [fields] * len(people), strict=True))

        def work(conn: Connection) -> int:
            moves.refuse_if_open(
                conn, [(person.queue_keys, field) for _, person, wanted in numbered for field in wanted]
            )
            at = self._now()
            run_id = int(scalar(conn, "INSERT INTO run (kind) VALUES ('enrichment') RETURNING run_id"))
            conn.execute(
                "INSERT INTO enrichment_run (run_id, provider, created_at, fields, cap, origin)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (run_id, moves.PROVIDER, stamp(at), join_fields(fields), cap, origin),
            )
            first = len(numbered) if sample is None else sample
            for part, held in ((numbered[:first], False), (numbered[first:], True)):
                for start in range(0, len(part), batch_size):
                    moves.insert_batch(conn, run_id, part[start : start + batch_size], at, held=held)
            return run_id

        return await self._database.write(work, announce=enrichment_changed)

    async def release_rest(self, run_id: int) -> None:
        """Let the people go who were held until the sample was seen."""
        await self._database.write(
            lambda conn: rows(conn, "UPDATE enrichment_batch SET held = 0 WHERE run_id = ? AND held", (run_id,)),
            announce=lambda _: enrichment_changed(run_id),
        )

    async def raise_cap(self, run_id: int, cap: int) -> None:
        """Set a run's cap (credits), and let it spend again.

        Raises:
            InputError: More is charged or reserved already.
        """

        def work(conn: Connection) -> None:
            spending = read_run(conn, run_id).spending
            if cap < spending.reserved + spending.charged:
                raise InputError(
                    f"{spending.reserved + spending.charged} credits are spent or reserved already; the cap cannot be"
                    f" {cap}."
                )
            conn.execute("UPDATE enrichment_run SET cap = ?, stopped = 0 WHERE run_id = ?", (cap, run_id))

        await self._database.write(work, announce=lambda _: enrichment_changed(run_id))

    async def set_stopped(self, run_id: int | None, stopped: bool) -> None:
        """Forbid or allow new spend of a run, or with None of every run that has batches yet to send."""

        def work(conn: Connection) -> list[int]:
            found = rows(
                conn,
                "UPDATE enrichment_run SET stopped = ?1 WHERE run_id = ?2 OR (?2 IS NULL AND run_id IN"
                " (SELECT run_id FROM enrichment_batch WHERE state IN ('draft', 'reserved'))) RETURNING run_id",
                (stopped, run_id),
            )
            return [changed for (changed,) in found]

        await self._database.write(work, announce=lambda ids: [Change(ChangeKind.ENRICHMENT, tuple(ids))])
