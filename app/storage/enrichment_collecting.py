"""What comes of a batch: results, and the end of those without."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import BatchState, EnrichmentBatch, ItemResult, LedgerKind
from app.domain.outcomes import Outcome
from app.storage import enrichment_moves as moves
from app.storage.database import Connection
from app.storage.enrichment_results import finish_fields, store_answer, store_contacts, store_values
from app.storage.enrichment_rows import read_batch, write_batch
from app.storage.enrichment_store import EnrichmentStore, money_moved
from app.storage.enrichment_suppression import withhold, without
from app.storage.states import IllegalTransitionError

NO_ROW = "The provider returned no row for this person."
GIVEN_UP = "You stopped waiting for this answer."
NOT_SENT = "Given up before it was sent."
NOT_SENT_AGAIN = "Sent before, and the answer was not seen; given up before it was sent again."


class EnrichmentCollecting(EnrichmentStore):
    """Stores answers, and ends what the rep gives up."""

    async def polled(
        self, batch_id: int, next_poll_at: datetime, *, provisional: Sequence[ItemResult] = (), note: str = ""
    ) -> None:
        """An answer that is not the last one: keep what came; everybody stays in flight."""

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            asked = replace(batch, polls=batch.polls + 1, next_poll_at=next_poll_at, note=note, updated_at=at)
            if batch.state is BatchState.COLLECTING:
                write_batch(conn, asked)
            else:
                moves.move(conn, asked, BatchState.COLLECTING, at)
            store_values(conn, batch_id, withhold(conn, batch_id, provisional)[0])

        await self._step(batch_id, step)

    async def complete(
        self,
        batch_id: int,
        results: Sequence[ItemResult],
        *,
        charged: int,
        unmatched: Sequence[bytes],
        raw: bytes,
        fetched_at: datetime,
        unreadable: int = 0,
    ) -> None:
        """Store the last answer whole: outcomes, source records, the raw answer, what was charged and released.

        People of the batch without a result end as unknown: no answer is not "not found". More charged than was
        reserved is booked as it is; the run then has no room for more. Of who is on the do-not-contact list by now,
        nothing is kept but what they cost.

        Args:
            batch_id: A submitted or collecting batch.
            results: How each person ended; every outcome is final.
            charged: Credits the batch cost.
            unmatched: Entries of the answer that are about nobody we asked for.
            raw: The answer, byte for byte.
            fetched_at: When it arrived.
            unreadable: Entries of the answer that could not be made out.
        """

        def work(conn: Connection) -> tuple[int, list[int]]:
            batch, at = read_batch(conn, batch_id), self._now()
            moves.move(
                conn,
                batch,
                BatchState.COMPLETE,
                at,
                reserved=0,
                charged=charged,
                next_poll_at=None,
                polls=batch.polls + 1,
                note="",
                unmatched=len(unmatched),
                unreadable=unreadable,
            )
            moves.book(conn, batch, LedgerKind.CHARGED, charged, at)
            moves.book(conn, batch, LedgerKind.RELEASED, max(0, batch.reserved - charged), at)
            kept, withheld = withhold(conn, batch_id, results)
            store_values(conn, batch_id, kept)
            finish_fields(conn, batch_id, kept, fetched_at)
            moves.set_open_fields(conn, batch_id, Outcome.UNKNOWN, NO_ROW, fetched_at)
            store_answer(conn, batch_id, without(raw, kept, unmatched) if withheld else raw, unmatched, fetched_at)
            return batch.run_id, store_contacts(conn, self._library, batch, kept, fetched_at)

        def announce(stored: tuple[int, list[int]]) -> list[Change]:
            run_id, contact_ids = stored
            contacts = [Change(ChangeKind.CONTACTS, tuple(dict.fromkeys(contact_ids)))] if contact_ids else []
            return [*contacts, *money_moved(run_id)]

        await self._database.write(work, announce=announce)

    async def set_note(self, batch_id: int, note: str, next_poll_at: datetime | None = None) -> None:
        """Say in words why a batch is where it is, and when to ask again if that changed."""

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            due = batch.next_poll_at if next_poll_at is None else next_poll_at
            write_batch(conn, replace(batch, note=note, next_poll_at=due, updated_at=at))

        await self._step(batch_id, step)

    async def give_up(self, batch_id: int, reason: str = "", *, expired: bool = False) -> None:
        """Stop waiting for a batch and release its credits.

        People who were sent end as expired, those never sent as cancelled, and those who were to be sent again, since
        no answer was seen, as unknown; who had an end keeps it. `expired` says that the provider no longer has the
        request, which may still be queued again.
        """

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            if batch.state.is_pollable:
                outcome, why = Outcome.EXPIRED, GIVEN_UP
            elif moves.may_have_left(conn, batch_id):
                outcome, why = Outcome.UNKNOWN, NOT_SENT_AGAIN
            else:
                outcome, why = Outcome.CANCELLED, NOT_SENT
            note = reason or why
            end = BatchState.EXPIRED if expired else BatchState.ABANDONED
            moves.release(conn, batch, end, at, note=note, next_poll_at=None)
            moves.set_open_fields(conn, batch_id, outcome, note, at)

        await self._step(batch_id, step, announce=money_moved)

    async def resubmit_unknown(self, batch_id: int) -> None:
        """Queue a batch again that ended without an answer. Only with the rep's consent: it may be paid twice.

        Raises:
            LibraryError: Somebody in it was queued elsewhere meanwhile; nothing was changed.
        """

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            if not batch.state.is_final:
                raise IllegalTransitionError(f"Batch {batch_id} is {batch.state}: there is nothing to queue again")
            moves.release(
                conn,
                batch,
                BatchState.DRAFT,
                at,
                note="Queued again.",
                request_id="",
                submitted_at=None,
                next_poll_at=None,
                polls=0,
            )
            moves.queue_again(conn, batch_id)

        await self._step(batch_id, step, announce=money_moved)
