"""The enrichment queue: the table is the truth, and this module is its only way to change.

Each method is one transaction. Every change of a batch's state is checked against the domain's table of transitions
and leaves an event row; whatever moves credits leaves its ledger line in the same transaction. So at any instant,
also after a kill, for each run: charged + reserved ≤ cap, and for each batch: reserved = what the ledger says was
reserved less what it says was charged or released.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import (
    BATCH_SIZE,
    RETENTION,
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
from app.domain.errors import InputError
from app.domain.fetching import Reconciliation
from app.domain.outcomes import Outcome
from app.storage import enrichment_balances, enrichment_history, enrichment_recovery
from app.storage import enrichment_moves as moves
from app.storage.columns import stamp, utc_now
from app.storage.database import Connection, Database, rows, scalar
from app.storage.enrichment_history import KnownPerson
from app.storage.enrichment_results import finish_fields, store_answer, store_contacts, store_values
from app.storage.enrichment_rows import (
    is_anything_open,
    join_fields,
    read_batch,
    read_batches,
    read_items,
    read_next_draft,
    read_run,
    read_runs,
    spending_of,
    spent_on_day,
    write_batch,
)
from app.storage.enrichment_suppression import leave_out, withhold, without
from app.storage.journal import JournalEntry
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError, check_transition

_IN_FLIGHT = (BatchState.SUBMITTING, BatchState.SUBMITTED, BatchState.COLLECTING)

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
                conn, [(person.identity_keys, field) for _, person, wanted in numbered for field in wanted]
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

        return await self._database.write(work, announce=_enrichment_changed)

    async def release_rest(self, run_id: int) -> None:
        """Let the people go who were held until the sample was seen."""
        await self._database.write(
            lambda conn: rows(conn, "UPDATE enrichment_batch SET held = 0 WHERE run_id = ? AND held", (run_id,)),
            announce=lambda _: _enrichment_changed(run_id),
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

        await self._database.write(work, announce=lambda _: _enrichment_changed(run_id))

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

    async def leave_out_suppressed(self, batch_id: int) -> bool:
        """Take people off a draft who must not be contacted by now. Call right before `reserve`.

        Returns:
            Whether anybody is left to send.
        """

        def work(conn: Connection) -> tuple[int, bool, bool]:
            batch = read_batch(conn, batch_id)
            changed, left = leave_out(conn, batch, self._now())
            return batch.run_id, changed, left

        def announce(done: tuple[int, bool, bool]) -> list[Change]:
            return _enrichment_changed(done[0]) if done[1] else []

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
            return _money_moved(run_id) if done else []

        return (await self._database.write(work, announce=announce))[1]

    async def spent_today(self) -> int:
        """Credits charged, and still reserved, of what was submitted on this UTC day."""
        return await self._database.read(lambda conn: spent_on_day(conn, self._now()))

    async def begin_submit(self, batch_id: int, body_hash: str, *, adapter: str = "") -> None:
        """Write down, before the request leaves, that it is about to leave, and how its answer will be read."""

        def step(conn: Connection, batch: EnrichmentBatch, at: datetime) -> None:
            moves.move(conn, batch, BatchState.SUBMITTING, at, note="", adapter=adapter, unreadable=0)
            conn.execute("UPDATE enrichment_batch SET body_hash = ? WHERE batch_id = ?", (body_hash, batch_id))
            moves.set_open_fields(conn, batch_id, Outcome.IN_FLIGHT, "", at)

        await self._step(batch_id, step)

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

        await self._step(batch_id, step, announce=_money_moved)

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

    async def change_key(self, before: str, after: str) -> None:
        """What one key (fingerprint) bought and is in flight is collected with another key of the same account.

        The balance is compared anew from here on: which stretch is whose cannot be told over two keys.
        """

        def work(conn: Connection) -> list[int]:
            for batch in read_batches(conn, _IN_FLIGHT):
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
            return _money_moved(*dict.fromkeys(done[1])) if done[1] else []

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
            work, announce=lambda done: _money_moved(*dict.fromkeys(run_id for run_id, _ in done)) if done else []
        )
        return [batch_id for _, batch_id in taken]

    # The balance

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
