"""The enrichment queue: the table is the truth, and this module is its only way to change.

Each method is one transaction. Every change of a batch's state is checked against the domain's table of transitions
and leaves an event row; whatever moves credits leaves its ledger line in the same transaction. So at any instant,
also after a kill, for each run: charged + reserved ≤ cap, and for each batch: reserved = what the ledger says was
reserved less what it says was charged or released.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import (
    BATCH_SIZE,
    BatchState,
    EnrichField,
    EnrichmentBatch,
    EnrichmentItem,
    EnrichmentRun,
    ItemResult,
    LedgerKind,
    PersonInput,
    Submission,
)
from app.domain.outcomes import Outcome
from app.storage import enrichment_history
from app.storage import enrichment_moves as moves
from app.storage.columns import stamp, utc_now
from app.storage.database import Connection, Database, rows, scalar
from app.storage.enrichment_history import Bought
from app.storage.enrichment_results import finish_fields, store_answer, store_contacts, store_values
from app.storage.enrichment_rows import (
    join_fields,
    read_batch,
    read_batches,
    read_items,
    read_run,
    read_runs,
    spending_of,
    write_batch,
)
from app.storage.journal import JournalEntry
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError, check_transition

ANSWER_NOT_SEEN = "The program ended before the answer to the submit was seen."
NO_ROW = "The provider returned no row for this person."
GIVEN_UP = "You stopped waiting for this answer."
NOT_SENT = "Given up before it was sent."


class EnrichmentRepository:
    """Runs, batches and items of the enrichment queue.

    All methods raise LibraryError when the library cannot be read or written, or has no such run or batch, and
    IllegalTransitionError when a batch is told to go where it cannot go (our bug; nothing is changed then).
    """

    def __init__(
        self, database: Database, library: LibraryRepository, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._library = library
        self._now = now

    # Reading

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

    async def items(self, *, run_id: int | None = None, batch_id: int | None = None) -> list[EnrichmentItem]:
        """The people of a run or batch (of the whole queue without either), by row; contact ids follow merges."""
        return await self._database.read(lambda conn: read_items(conn, run_id=run_id, batch_id=batch_id))

    async def open_person_keys(self) -> set[tuple[str, EnrichField]]:
        """Who must not be queued again: an answer is to come, or a submit may have gone through unseen."""
        return await self._database.read(enrichment_history.open_person_keys)

    async def bought(self, person_keys: Collection[str], field: EnrichField) -> dict[str, Bought]:
        """Whose field was bought and found before: person key → the newest such purchase."""
        return await self._database.read(lambda conn: enrichment_history.bought(conn, person_keys, field))

    async def hit_rate(self, field: EnrichField) -> tuple[int, int]:
        """How often a field was found: (found, answered), over the whole history."""
        return await self._database.read(lambda conn: enrichment_history.hit_rate(conn, field))

    # Queueing

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
    ) -> int:
        """Queue people, cut into draft batches in their order; returns the run's id.

        Args:
            people: Distinct people, none of them in `open_person_keys`.
            fields: What the run asks for.
            cap: The most credits the run may spend.
            origin: Where it came from, in words.
            batch_size: People per submit.
            row_numbers: The number each person goes by, such as its row in a file; counted from 1 by default.
            wanted: What is asked of each person, where that is less than `fields`.

        Raises:
            LibraryError: Somebody is queued already; nothing was queued.
        """
        numbers = range(1, len(people) + 1) if row_numbers is None else row_numbers
        numbered = list(zip(numbers, people, wanted or [fields] * len(people), strict=True))

        def work(conn: Connection) -> int:
            moves.refuse_if_open(
                conn, [(person.person_key, field) for _, person, wanted in numbered for field in wanted]
            )
            at = self._now()
            run_id = int(scalar(conn, "INSERT INTO run (kind) VALUES ('enrichment') RETURNING run_id"))
            conn.execute(
                "INSERT INTO enrichment_run (run_id, provider, created_at, fields, cap, origin)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (run_id, moves.PROVIDER, stamp(at), join_fields(fields), cap, origin),
            )
            for start in range(0, len(numbered), batch_size):
                moves.insert_batch(conn, run_id, numbered[start : start + batch_size], at)
            return run_id

        return await self._database.write(work, announce=_enrichment_changed)

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

    # Spending

    async def reserve(self, batch_id: int, credits: int, key_fingerprint: str) -> bool:  # noqa: A002 - the provider's unit
        """Set credits aside for a draft; False when the cap does not allow it or the run was stopped."""

        def work(conn: Connection) -> tuple[int, bool]:
            batch = read_batch(conn, batch_id)
            check_transition(batch_id, batch.state, BatchState.RESERVED)
            ((cap, stopped),) = rows(conn, "SELECT cap, stopped FROM enrichment_run WHERE run_id = ?", (batch.run_id,))
            if stopped or credits > spending_of(conn, batch.run_id, cap).free:
                return batch.run_id, False
            moves.move(
                conn,
                batch,
                BatchState.RESERVED,
                self._now(),
                reserved=credits,
                key_fingerprint=key_fingerprint,
                note="",
            )
            moves.book(conn, batch, LedgerKind.RESERVED, credits, self._now())
            return batch.run_id, True

        def announce(result: tuple[int, bool]) -> list[Change]:
            run_id, done = result
            return _money_moved(run_id) if done else []

        return (await self._database.write(work, announce=announce))[1]

    async def begin_submit(self, batch_id: int, body_hash: str) -> None:
        """Write down, before the request leaves, that it is about to leave."""

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            moves.move(conn, batch, BatchState.SUBMITTING, at, note="")
            conn.execute("UPDATE enrichment_batch SET body_hash = ? WHERE batch_id = ?", (body_hash, batch_id))
            moves.set_open_fields(conn, batch_id, Outcome.IN_FLIGHT, "", at)

        await self._step(batch_id, step)

    async def submitted(self, batch_id: int, submission: Submission, first_poll_at: datetime) -> None:
        """Keep the request id, the only handle on what was paid for."""
        await self._step(
            batch_id,
            lambda conn, batch, at: moves.accept(conn, batch, submission.request_id, at, first_poll_at),
        )

    async def refused(self, batch_id: int, reason: str, *, final: bool) -> None:
        """Nothing was accepted: release the credits. `final` fails the people, else they are queued again."""

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            if final:
                moves.release(conn, batch, BatchState.REJECTED, at, note=reason)
                moves.set_open_fields(conn, batch_id, Outcome.FAILED, reason, at)
            else:
                moves.release(conn, batch, BatchState.DRAFT, at, note=reason)
                moves.set_open_fields(conn, batch_id, Outcome.QUEUED, "", at)

        await self._step(batch_id, step, announce=_money_moved)

    async def unknown(self, batch_id: int, reason: str) -> None:
        """The submit's answer was not seen. The credits stay reserved, and nothing is sent again unasked."""
        await self._step(batch_id, lambda conn, batch, at: moves.lose_sight(conn, batch, reason, at))

    # Collecting

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
            store_values(conn, batch_id, provisional)

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
    ) -> None:
        """Store the last answer whole: outcomes, source records, the raw answer, what was charged and released.

        People of the batch without a result end as unknown: no answer is not "not found". More charged than was
        reserved is booked as it is; the run then has no room for more.

        Args:
            batch_id: A submitted or collecting batch.
            results: How each person ended; every outcome is final.
            charged: Credits the batch cost.
            unmatched: Entries of the answer that are about nobody we asked for.
            raw: The answer, byte for byte.
            fetched_at: When it arrived.
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
            )
            moves.book(conn, batch, LedgerKind.CHARGED, charged, at)
            moves.book(conn, batch, LedgerKind.RELEASED, max(0, batch.reserved - charged), at)
            store_values(conn, batch_id, results)
            finish_fields(conn, batch_id, results, fetched_at)
            moves.set_open_fields(conn, batch_id, Outcome.UNKNOWN, NO_ROW, fetched_at)
            store_answer(conn, batch_id, raw, unmatched, fetched_at)
            return batch.run_id, store_contacts(conn, self._library, batch, results, fetched_at)

        def announce(stored: tuple[int, list[int]]) -> list[Change]:
            run_id, contact_ids = stored
            contacts = [Change(ChangeKind.CONTACTS, tuple(dict.fromkeys(contact_ids)))] if contact_ids else []
            return [*contacts, *_money_moved(run_id)]

        await self._database.write(work, announce=announce)

    async def set_note(self, batch_id: int, note: str, next_poll_at: datetime | None = None) -> None:
        """Say in words why a batch is where it is, and when to ask again if that changed."""

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            due = batch.next_poll_at if next_poll_at is None else next_poll_at
            write_batch(conn, replace(batch, note=note, next_poll_at=due, updated_at=at))

        await self._step(batch_id, step)

    # The rep's decisions, and starting again

    async def give_up(self, batch_id: int, reason: str = "", *, expired: bool = False) -> None:
        """Stop waiting for a batch and release its credits.

        People who were sent end as expired, those never sent as cancelled; who had an end keeps it. `expired` says
        that the provider no longer has the request, which may still be queued again.
        """

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            sent = batch.state.is_pollable
            note = reason or (GIVEN_UP if sent else NOT_SENT)
            end = BatchState.EXPIRED if expired else BatchState.ABANDONED
            moves.release(conn, batch, end, at, note=note, next_poll_at=None)
            moves.set_open_fields(conn, batch_id, Outcome.EXPIRED if sent else Outcome.CANCELLED, note, at)

        await self._step(batch_id, step, announce=_money_moved)

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

        await self._step(batch_id, step, announce=_money_moved)

    async def recover(self, journal: Iterable[JournalEntry] = ()) -> list[int]:
        """Put in order what a killed program left: call once at start, before any work.

        A submit that was under way is taken as accepted when the journal holds its request id, else its outcome is
        unknown. Credits that were set aside for a submit that never began are released.

        Returns:
            The batches whose outcome is unknown now.
        """
        accepted = {entry.batch_id: entry.request_id for entry in journal}

        def work(conn: Connection) -> tuple[list[int], list[int]]:
            unknown, runs, at = [], [], self._now()
            for batch in read_batches(conn, [BatchState.SUBMITTING, BatchState.RESERVED]):
                request_id = accepted.get(batch.batch_id, "")
                if batch.state is BatchState.RESERVED:
                    moves.release(conn, batch, BatchState.DRAFT, at, note="")
                elif request_id and not moves.is_known_request(conn, request_id):
                    moves.accept(conn, batch, request_id, at, at)
                else:
                    moves.lose_sight(conn, batch, ANSWER_NOT_SEEN, at)
                    unknown.append(batch.batch_id)
                runs.append(batch.run_id)
            return unknown, runs

        def announce(done: tuple[list[int], list[int]]) -> list[Change]:
            return _money_moved(*dict.fromkeys(done[1])) if done[1] else []

        return (await self._database.write(work, announce=announce))[0]

    async def _step(
        self,
        batch_id: int,
        step: Callable[[Connection, EnrichmentBatch, datetime], None],
        *,
        announce: "Callable[[int], list[Change]] | None" = None,
    ) -> None:
        """One transaction about one batch."""

        def work(conn: Connection) -> int:
            batch = read_batch(conn, batch_id)
            step(conn, batch, self._now())
            return batch.run_id

        await self._database.write(work, announce=announce or _enrichment_changed)


def _enrichment_changed(run_id: int) -> list[Change]:
    return [Change(ChangeKind.ENRICHMENT, (run_id,))]


def _money_moved(*run_ids: int) -> list[Change]:
    return [Change(ChangeKind.ENRICHMENT, run_ids), Change(ChangeKind.LEDGER)]
