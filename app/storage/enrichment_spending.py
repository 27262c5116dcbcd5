"""The steps of a submit: credits set aside, the request about to leave, and how it was answered."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import RETENTION, BatchState, EnrichmentBatch, LedgerKind, Submission
from app.domain.outcomes import Outcome
from app.storage import enrichment_balances
from app.storage import enrichment_moves as moves
from app.storage.database import Connection, rows
from app.storage.enrichment_leaving_out import is_anybody_unwanted, leave_out
from app.storage.enrichment_rows import is_stopped, read_batch, spending_of, spent_on_day
from app.storage.enrichment_store import EnrichmentStore, enrichment_changed, money_moved
from app.storage.states import check_transition


class EnrichmentSpending(EnrichmentStore):
    """What is written down before and after a request that costs money."""

    async def leave_out_unwanted(self, batch_id: int) -> bool:
        """Take people off a draft who must not be contacted by now, or whom the rep has removed from the library.

        Call right before `reserve`.

        Returns:
            Whether anybody is left to send.
        """

        def work(conn: Connection) -> tuple[int, bool, bool]:
            batch = read_batch(conn, batch_id)
            check_transition(batch_id, batch.state, BatchState.RESERVED)
            changed, left = leave_out(conn, batch, self._now())
            return batch.run_id, changed, left

        def announce(done: tuple[int, bool, bool]) -> list[Change]:
            return enrichment_changed(done[0]) if done[1] else []

        return (await self._database.write(work, announce=announce))[2]

    async def reserve(
        self,
        batch_id: int,
        credits: int,  # noqa: A002 - the provider's unit
        key_fingerprint: str,
        *,
        day_cap: int | None = None,
    ) -> bool:
        """Set credits aside for a draft; False when a cap does not allow it, or the run was stopped or waits.

        `day_cap` bounds what all runs reserve and are charged on one UTC day.
        """

        def work(conn: Connection) -> tuple[int, bool]:
            batch = read_batch(conn, batch_id)
            check_transition(batch_id, batch.state, BatchState.RESERVED)
            ((cap, stopped),) = rows(conn, "SELECT cap, stopped FROM enrichment_run WHERE run_id = ?", (batch.run_id,))
            if stopped or batch.held or credits > spending_of(conn, batch.run_id, cap).free:
                return batch.run_id, False
            if day_cap is not None and spent_on_day(conn, self._now()) + credits > day_cap:
                return batch.run_id, False
            moves.move(
                conn,
                batch,
                BatchState.RESERVED,
                self._now(),
                reserved=credits,
                key_fingerprint=key_fingerprint,
                note="",
                short=0,
            )
            moves.book(conn, batch, LedgerKind.RESERVED, credits, self._now())
            return batch.run_id, True

        def announce(result: tuple[int, bool]) -> list[Change]:
            run_id, done = result
            return money_moved(run_id) if done else []

        return (await self._database.write(work, announce=announce))[1]

    async def begin_submit(self, batch_id: int, body_hash: str, *, adapter: str = "") -> bool:
        """Write down, before the request leaves, that it is about to leave, and how its answer will be read.

        Returns:
            Whether it may leave. False where somebody in it was put on the do-not-contact list or removed from the
            library, or the run was stopped, since the credits were set aside: they are released, and the batch is a
            draft again.
        """

        def work(conn: Connection) -> tuple[int, bool]:
            batch, at = read_batch(conn, batch_id), self._now()
            check_transition(batch_id, batch.state, BatchState.SUBMITTING)
            if is_stopped(conn, batch.run_id) or is_anybody_unwanted(conn, batch_id):
                moves.release(conn, batch, BatchState.DRAFT, at, note="")
                return batch.run_id, False
            moves.move(conn, batch, BatchState.SUBMITTING, at, note="", adapter=adapter, unreadable=0)
            conn.execute("UPDATE enrichment_batch SET body_hash = ? WHERE batch_id = ?", (body_hash, batch_id))
            moves.set_open_fields(conn, batch_id, Outcome.IN_FLIGHT, "", at)
            return batch.run_id, True

        def announce(result: tuple[int, bool]) -> list[Change]:
            run_id, begins = result
            return enrichment_changed(run_id) if begins else money_moved(run_id)

        return (await self._database.write(work, announce=announce))[1]

    async def submitted(
        self,
        batch_id: int,
        submission: Submission,
        first_poll_at: datetime,
        *,
        retention: timedelta = RETENTION,
    ) -> None:
        """Keep the request id, the only handle on what was paid for."""
        await self._step(
            batch_id,
            lambda conn, batch, at: moves.accept(
                conn,
                batch,
                submission.request_id,
                at,
                first_poll_at,
                taken=submission.item_count,
                retention=retention,
            ),
        )

    async def refused(self, batch_id: int, reason: str, *, final: bool, short: int = 0) -> None:
        """Nothing was accepted: release the credits. `final` fails the people, else they are queued again.

        `short` says how many credits were missing.
        """

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            if final:
                moves.release(conn, batch, BatchState.REJECTED, at, note=reason)
                moves.set_open_fields(conn, batch_id, Outcome.FAILED, reason, at)
            else:
                moves.release(conn, batch, BatchState.DRAFT, at, note=reason, short=short)
                moves.set_open_fields(conn, batch_id, Outcome.QUEUED, "", at)

        await self._step(batch_id, step, announce=money_moved)

    async def refused_people(
        self, batch_id: int, failed: Mapping[str, str], others: Sequence[Collection[str]], *, note: str
    ) -> None:
        """Nothing was accepted because of some people: they fail, the others go on in new drafts.

        Where nobody is named, the batch keeps the first of the groups and is queued again with it.

        Args:
            batch_id: A batch being submitted.
            failed: Client key → why, of those who cannot go.
            others: Client keys of the others, by the draft they go on in.
            note: Why, in words.
        """

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            moves.release(conn, batch, BatchState.REJECTED if failed else BatchState.DRAFT, at, note=note)
            moves.fail_people(conn, batch_id, failed, at)
            for client_keys in others if failed else others[1:]:
                moves.split_off(conn, batch, client_keys, at, note=note)
            moves.set_open_fields(conn, batch_id, Outcome.QUEUED, "", at)

        await self._step(batch_id, step, announce=money_moved)

    async def unknown(self, batch_id: int, reason: str) -> None:
        """The submit's answer was not seen. The credits stay reserved, and nothing is sent again unasked."""
        await self._step(batch_id, lambda conn, batch, at: moves.lose_sight(conn, batch, reason, at))

    async def begin_stretch(self, key_fingerprint: str, remaining: int) -> None:
        """Keep the balance from before the first submit of an idle account, in credits."""
        await self._database.write(
            lambda conn: enrichment_balances.begin(conn, self._now(), key_fingerprint, remaining)
        )

    async def end_stretch(self, key_fingerprint: str, remaining: int) -> None:
        """Keep the balance from after the last completion, in credits."""
        await self._database.write(
            lambda conn: enrichment_balances.end(conn, self._now(), key_fingerprint, remaining),
            announce=lambda _: [Change(ChangeKind.LEDGER)],
        )
