"""Bulk fetches: each pasted ID ends in exactly one outcome, and what was fetched is stored together with it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.changes import Change, ChangeKind
from app.domain.contact import SourceRecord
from app.domain.enrichment import LedgerKind
from app.domain.errors import LibraryError
from app.domain.fetching import FetchRun, FetchRunState, IdOutcome, Reconciliation
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined
from app.storage import fetch_balances as balances
from app.storage import ledger, quarantine
from app.storage.columns import json_list, moment, stamp, utc_now
from app.storage.database import Connection, Database, Row, one, rows, scalar
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError

_RUNS = (
    "SELECT run_id, provider, account_id, state, created_at, charged, max_credits, note, include_company FROM fetch_run"
    " WHERE state IN (SELECT value FROM json_each(?)) ORDER BY run_id DESC"
)
_RUN = (
    "SELECT run_id, provider, account_id, state, created_at, charged, max_credits, note, include_company FROM fetch_run"
    " WHERE run_id = ?"
)

_ITEMS = (
    "SELECT i.provider_id, i.outcome, i.reason, coalesce(c.merged_into, c.contact_id) FROM fetch_item i"
    " LEFT JOIN contact c ON c.contact_id = i.contact_id WHERE i.run_id = ? AND i.position >= ?"
    " ORDER BY i.position LIMIT ?"
)

_OWNED = "In the library already; it was not asked for again."

# More are only counted in a run's note; `FetchRun.remarks` has them all.
_REMARKS_SHOWN = 3


class FetchRunRepository:
    """Runs over pasted IDs, and their items. Ids are stored and matched as text."""

    def __init__(
        self, database: Database, library: LibraryRepository, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._library = library
        self._now = now

    async def create(
        self,
        provider: Provider,
        account_id: str,
        ids: Sequence[str],
        *,
        max_credits: int | None = None,
        include_company: bool = False,
        skipped: Mapping[str, int] | None = None,
    ) -> int:
        """Record a new run over distinct ids; returns its run id.

        All are queued but those in `skipped`, which maps an id that is not asked for to the contact that has it.
        """
        contacts = skipped or {}

        def work(conn: Connection) -> int:
            run_id = int(scalar(conn, "INSERT INTO run (kind) VALUES ('fetch') RETURNING run_id"))
            conn.execute(
                "INSERT INTO fetch_run (run_id, provider, account_id, state, created_at, max_credits, include_company)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run_id, provider, account_id, FetchRunState.QUEUED, stamp(self._now()), max_credits, include_company),
            )
            conn.executemany(
                "INSERT INTO fetch_item (run_id, position, provider_id, outcome, reason, contact_id)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (run_id, position, one, Outcome.SKIPPED, _OWNED, contacts[one])
                    if one in contacts
                    else (run_id, position, one, Outcome.QUEUED, "", None)
                    for position, one in enumerate(ids)
                ),
            )
            return run_id

        return await self._database.write(work, announce=lambda run_id: [Change(ChangeKind.FETCH_RUNS, (run_id,))])

    async def run(self, run_id: int) -> FetchRun:
        """One run as it stands.

        Raises:
            LibraryError: There is no such run.
        """
        return await self._database.read(lambda conn: _read_run(conn, run_id))

    async def runs(self, states: Collection[FetchRunState] | None = None) -> list[FetchRun]:
        """The runs in these states (all by default), the newest first."""
        wanted = json_list(FetchRunState if states is None else states)
        return await self._database.read(lambda conn: [_run(conn, row) for row in rows(conn, _RUNS, (wanted,))])

    async def items(self, run_id: int, *, start: int = 0, limit: int | None = None) -> list[IdOutcome]:
        """How every id stands, in the order pasted; contact ids follow merges.

        `start` and `limit` ask for a part: at most `limit` ids from the one at place `start`, counted from 0.
        """
        return await self._database.read(lambda conn: _read_items(conn, run_id, start, limit))

    async def open_ids(self, run_id: int) -> list[str]:
        """The ids without their outcome yet, in the order pasted."""
        found = await self._database.read(
            lambda conn: rows(
                conn,
                "SELECT provider_id FROM fetch_item WHERE run_id = ? AND outcome IN ('queued', 'in_flight')"
                " ORDER BY position",
                (run_id,),
            )
        )
        return [provider_id for (provider_id,) in found]

    async def contact_ids(self, run_id: int) -> list[int]:
        """The contacts that were found, in the order pasted, each once."""
        items = await self.items(run_id)
        return list(dict.fromkeys(item.contact_id for item in items if item.contact_id is not None))

    async def set_state(self, run_id: int, state: FetchRunState, note: str = "") -> None:
        """Say where a run stands, and why.

        Raises:
            IllegalTransitionError: A run with open ids cannot be finished.
        """

        def work(conn: Connection) -> None:
            run = _read_run(conn, run_id)
            if state is FetchRunState.FINISHED and run.done < run.total:
                raise IllegalTransitionError(f"Fetch run {run_id} has {run.total - run.done} open ids")
            conn.execute("UPDATE fetch_run SET state = ?, note = ? WHERE run_id = ?", (state, note, run_id))

        await self._write(run_id, work)

    async def set_cap(self, run_id: int, max_credits: int | None) -> None:
        """Change the most credits a run may cost, None for no cap."""

        def work(conn: Connection) -> None:
            conn.execute("UPDATE fetch_run SET max_credits = ? WHERE run_id = ?", (max_credits, run_id))

        await self._write(run_id, work)

    async def begin_balance(self, run_id: int, remaining: int) -> None:
        """Note the provider's balance (credits) before a run goes on.

        A stretch that a kill left open is ended by it first, so that charges whose answer was not seen show.
        """

        def work(conn: Connection) -> None:
            balances.end(conn, self._now(), run_id, remaining)
            balances.begin(conn, self._now(), run_id, remaining)

        await self._write(run_id, work)

    async def end_balance(self, run_id: int, remaining: int) -> None:
        """Note the provider's balance (credits) after; a difference from the books becomes a remark."""
        await self._write(run_id, lambda conn: balances.end(conn, self._now(), run_id, remaining))

    async def reconciliations(self, run_id: int) -> list[Reconciliation]:
        """The balance beside the books, one for each stretch in which the run was executed, in order."""
        return await self._database.read(lambda conn: balances.read(conn, run_id))

    async def mark(self, run_id: int, outcomes: Sequence[IdOutcome]) -> None:
        """Write outcomes of ids of this run.

        Raises:
            IllegalTransitionError: An id is not one of the run's; nothing was written.
        """
        await self._write(run_id, lambda conn: _mark(conn, run_id, outcomes))

    async def store_chunk(
        self,
        run_id: int,
        outcomes: Sequence[IdOutcome],
        records: Sequence[SourceRecord],
        charged: int,
        request_id: str,
        *,
        quarantined: Sequence[Quarantined] = (),
        remarks: Sequence[str] = (),
    ) -> None:
        """Store one answer whole: records, unreadable rows, the outcome of each id, and what it cost (credits).

        `remarks` say what was odd about it.

        Raises:
            IllegalTransitionError: An id is not one of the run's; nothing was written.
        """

        def work(conn: Connection) -> list[int]:
            contact_ids = self._library.store_records(conn, records)
            contact_of = {record.provider_id: found for record, found in zip(records, contact_ids, strict=True)}
            _mark(
                conn,
                run_id,
                [
                    replace(item, contact_id=contact_of.get(item.returned_id or item.provider_id, item.contact_id))
                    for item in outcomes
                ],
            )
            provider = Provider(scalar(conn, "SELECT provider FROM fetch_run WHERE run_id = ?", (run_id,)))
            quarantine.keep(conn, self._now(), provider, quarantined, request_id=request_id, run_id=run_id)
            for remark in remarks:
                balances.remark(conn, self._now(), run_id, remark)
            if charged:
                conn.execute("UPDATE fetch_run SET charged = charged + ? WHERE run_id = ?", (charged, run_id))
                ledger.append(
                    conn,
                    self._now(),
                    provider,
                    LedgerKind.CHARGED,
                    charged,
                    request_id=request_id,
                    run_id=run_id,
                    note="Bulk fetch",
                )
            return contact_ids

        def announce(contact_ids: list[int]) -> list[Change]:
            changes = [Change(ChangeKind.FETCH_RUNS, (run_id,))]
            if contact_ids:
                changes.insert(0, Change(ChangeKind.CONTACTS, tuple(dict.fromkeys(contact_ids))))
            if charged:
                changes.append(Change(ChangeKind.LEDGER))
            return changes

        await self._database.write(work, announce=announce)

    async def reopen(self, run_id: int, outcomes: Collection[Outcome]) -> int:
        """Queue the ids with these outcomes again, and the run if there are any; returns how many."""

        def work(conn: Connection) -> int:
            conn.execute(
                "UPDATE fetch_item SET outcome = 'queued', reason = ''"
                " WHERE run_id = ? AND outcome IN (SELECT value FROM json_each(?))",
                (run_id, json_list(outcomes)),
            )
            reopened = conn.changes()
            if reopened:
                conn.execute("UPDATE fetch_run SET state = 'queued', note = '' WHERE run_id = ?", (run_id,))
            return reopened

        return await self._database.write(work, announce=lambda _: [Change(ChangeKind.FETCH_RUNS, (run_id,))])

    async def pause(self, run_id: int, note: str) -> None:
        """Pause a run, for this reason; what was in flight is queued again."""

        def work(conn: Connection) -> None:
            conn.execute(
                "UPDATE fetch_item SET outcome = 'queued', reason = '' WHERE run_id = ? AND outcome = 'in_flight'",
                (run_id,),
            )
            conn.execute(
                "UPDATE fetch_run SET state = ?, note = ? WHERE run_id = ?", (FetchRunState.PAUSED, note, run_id)
            )

        await self._write(run_id, work)

    async def cancel_open(self, run_id: int, reason: str) -> None:
        """Finish a run whose open ids shall not be asked for: they become cancelled, for this reason."""

        def work(conn: Connection) -> None:
            conn.execute(
                "UPDATE fetch_item SET outcome = 'cancelled', reason = ?"
                " WHERE run_id = ? AND outcome IN ('queued', 'in_flight')",
                (reason, run_id),
            )
            conn.execute("UPDATE fetch_run SET state = ?, note = '' WHERE run_id = ?", (FetchRunState.FINISHED, run_id))

        await self._write(run_id, work)

    async def _write(self, run_id: int, work: Callable[[Connection], None]) -> None:
        await self._database.write(work, announce=lambda _: [Change(ChangeKind.FETCH_RUNS, (run_id,))])


def _mark(conn: Connection, run_id: int, outcomes: Sequence[IdOutcome]) -> None:
    for item in outcomes:
        conn.execute(
            "UPDATE fetch_item SET outcome = ?, reason = ?, contact_id = coalesce(?, contact_id)"
            " WHERE run_id = ? AND provider_id = ?",
            (item.outcome, item.reason, item.contact_id, run_id, item.provider_id),
        )
        if not conn.changes():
            raise IllegalTransitionError(f"Fetch run {run_id} does not hold the id {item.provider_id!r}")


def _read_items(conn: Connection, run_id: int, start: int, limit: int | None) -> list[IdOutcome]:
    found = rows(conn, _ITEMS, (run_id, start, -1 if limit is None else limit))
    return [
        IdOutcome(provider_id, Outcome(outcome), reason, contact) for provider_id, outcome, reason, contact in found
    ]


def _read_run(conn: Connection, run_id: int) -> FetchRun:
    row = one(conn, _RUN, (run_id,))
    if row is None:
        raise LibraryError(f"The library has no bulk fetch number {run_id}.")
    return _run(conn, row)


def _run(conn: Connection, row: Row) -> FetchRun:
    run_id, provider, account_id, state, created_at, charged, max_credits, note, include_company = row
    remarks = balances.remarks(conn, run_id)
    counts = {
        Outcome(outcome): count
        for outcome, count in conn.execute(
            "SELECT outcome, count(*) FROM fetch_item WHERE run_id = ? GROUP BY outcome", (run_id,)
        )
    }
    return FetchRun(
        run_id=run_id,
        provider=Provider(provider),
        account_id=account_id,
        state=FetchRunState(state),
        created_at=moment(created_at),
        total=sum(counts.values()),
        counts=counts,
        charged=charged,
        max_credits=max_credits,
        note=" ".join(filter(None, (note, _in_short(remarks)))),
        include_company=bool(include_company),
        remarks=remarks,
    )


def _in_short(remarks: Sequence[str]) -> str:
    more = len(remarks) - _REMARKS_SHOWN
    return " ".join((*remarks[:_REMARKS_SHOWN], *([f"And {more:,} more remarks."] if more > 0 else [])))
