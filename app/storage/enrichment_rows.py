"""Reading and writing single rows of the enrichment queue, inside a caller's transaction. No rules here."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from app.domain.credits import Spending
from app.domain.enrichment import (
    BatchState,
    EnrichField,
    EnrichmentBatch,
    EnrichmentItem,
    EnrichmentRun,
    FieldResult,
    PersonInput,
)
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.storage.columns import emails, json_list, moment, optional_moment, optional_stamp, phones, stamp
from app.storage.database import Connection, Row, one, rows

_BATCH = (
    "SELECT batch_id, run_id, state, item_count, created_at, updated_at, request_id, submitted_at, next_poll_at,"
    " polls, reserved, charged, note, key_fingerprint, unmatched, held, taken, expires_at, short, adapter,"
    " unreadable FROM enrichment_batch"
)
_IN_STATES = " WHERE state IN (SELECT value FROM json_each(?)) ORDER BY batch_id"
_ITEM = (
    "SELECT i.item_id, i.run_id, i.batch_id, i.row, i.client_key, i.first_name, i.last_name, i.domain, i.company_name,"
    " i.linkedin_url, coalesce(c.merged_into, c.contact_id), i.emails, i.phones"
    " FROM enrichment_item i LEFT JOIN contact c ON c.contact_id = i.contact_id"
)
_RUN = "SELECT run_id, created_at, fields, cap, stopped, origin FROM enrichment_run"
_MAY_BE_SENT = (
    "(state IN ('draft', 'reserved') AND NOT held AND run_id NOT IN (SELECT run_id FROM enrichment_run WHERE stopped))"
)
_OF_RUNS = "(?1 IS NULL OR run_id IN (SELECT value FROM json_each(?1)))"
_OPEN = (
    f"SELECT 1 FROM enrichment_batch WHERE (state IN ('submitting', 'submitted', 'collecting') OR {_MAY_BE_SENT})"  # noqa: S608 - no value from outside
    f" AND {_OF_RUNS} LIMIT 1"
)
_UNFINISHED = (
    " WHERE run_id IN (SELECT run_id FROM enrichment_batch"
    " WHERE state IN ('draft', 'reserved', 'submitting', 'submitted', 'collecting'))"
)


def read_batch(conn: Connection, batch_id: int) -> EnrichmentBatch:
    """One batch. Raises LibraryError when there is none."""
    row = one(conn, f"{_BATCH} WHERE batch_id = ?", (batch_id,))
    if row is None:
        raise LibraryError(f"The library has no enrichment batch number {batch_id}.")
    return _batch(row)


def read_batches(conn: Connection, states: Collection[BatchState]) -> list[EnrichmentBatch]:
    """The batches in these states, the oldest first."""
    return [_batch(row) for row in rows(conn, _BATCH + _IN_STATES, (json_list(states),))]


def read_next_draft(conn: Connection, run_ids: Collection[int] | None = None) -> EnrichmentBatch | None:
    """The oldest batch of these runs (of all if None) that may be sent: neither held nor of a run that was stopped."""
    row = one(conn, f"{_BATCH} WHERE {_MAY_BE_SENT} AND {_OF_RUNS} ORDER BY batch_id LIMIT 1", (_runs(run_ids),))
    return None if row is None else _batch(row)


def is_anything_open(conn: Connection, run_ids: Collection[int] | None = None) -> bool:
    """Whether work remains in these runs (in any if None) that goes on by itself, see `EnrichmentRun.is_open`."""
    found = one(conn, _OPEN, (_runs(run_ids),))
    return found is not None


def is_stopped(conn: Connection, run_id: int) -> bool:
    """Whether a run may spend nothing new."""
    return one(conn, "SELECT 1 FROM enrichment_run WHERE run_id = ? AND stopped", (run_id,)) is not None


def write_batch(conn: Connection, batch: EnrichmentBatch) -> None:
    """Write all of a batch that can change."""
    conn.execute(
        "UPDATE enrichment_batch SET state = ?, updated_at = ?, request_id = ?, submitted_at = ?, next_poll_at = ?,"
        " polls = ?, reserved = ?, charged = ?, note = ?, key_fingerprint = ?, unmatched = ?, taken = ?,"
        " expires_at = ?, short = ?, adapter = ?, unreadable = ? WHERE batch_id = ?",
        (
            batch.state,
            stamp(batch.updated_at),
            batch.request_id,
            optional_stamp(batch.submitted_at),
            optional_stamp(batch.next_poll_at),
            batch.polls,
            batch.reserved,
            batch.charged,
            batch.note,
            batch.key_fingerprint,
            batch.unmatched,
            batch.taken,
            optional_stamp(batch.expires_at),
            batch.short,
            batch.adapter,
            batch.unreadable,
            batch.batch_id,
        ),
    )


def read_runs(conn: Connection, *, unfinished: bool = False) -> list[EnrichmentRun]:
    """All runs, or those with a batch that has not come to its end; the newest first."""
    found = rows(conn, _RUN + (_UNFINISHED if unfinished else "") + " ORDER BY run_id DESC")
    return [_run(conn, row) for row in found]


def read_run(conn: Connection, run_id: int) -> EnrichmentRun:
    """One run. Raises LibraryError when there is none."""
    row = one(conn, f"{_RUN} WHERE run_id = ?", (run_id,))
    if row is None:
        raise LibraryError(f"The library has no enrichment run number {run_id}.")
    return _run(conn, row)


def read_items(conn: Connection, *, run_id: int | None = None, batch_id: int | None = None) -> list[EnrichmentItem]:
    """The people of a run, of a batch, or of the whole queue, by run and row; contact ids follow merges."""
    order = " ORDER BY i.run_id, i.row, i.item_id"
    if batch_id is not None:
        found = rows(conn, f"{_ITEM} WHERE i.batch_id = ?{order}", (batch_id,))
    elif run_id is not None:
        found = rows(conn, f"{_ITEM} WHERE i.run_id = ?{order}", (run_id,))
    else:
        found = rows(conn, f"{_ITEM}{order}")
    return [_item(conn, row) for row in found]


def spending_of(conn: Connection, run_id: int, cap: int) -> Spending:
    """Where a run stands, in credits."""
    ((reserved, charged),) = rows(
        conn,
        "SELECT coalesce(sum(reserved), 0), coalesce(sum(charged), 0) FROM enrichment_batch WHERE run_id = ?",
        (run_id,),
    )
    return Spending(cap, reserved, charged)


def spent_on_day(conn: Connection, now: datetime) -> int:
    """Credits charged, and still reserved, of what was submitted on the UTC day of `now`.

    What seems to be of a later day was submitted before the clock was set back, and counts as today's.
    """
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    ((spent,),) = rows(
        conn,
        "SELECT coalesce(sum(reserved + charged), 0) FROM enrichment_batch WHERE batch_id IN"
        " (SELECT batch_id FROM ledger_line WHERE kind = 'reserved' AND at >= ?)",
        (stamp(midnight),),
    )
    return int(spent)


def _runs(run_ids: Collection[int] | None) -> str | None:
    return None if run_ids is None else json_list(run_ids)


def join_fields(fields: Iterable[EnrichField]) -> str:
    """Fields as kept in a column."""
    return ",".join(sorted(fields))


def _batch(row: Row) -> EnrichmentBatch:
    batch_id, run_id, state, item_count, created, updated, request_id, submitted, next_poll, *rest = row
    polls, reserved, charged, note, key_fingerprint, unmatched, held, taken, expires_at, short, adapter, unreadable = (
        rest
    )
    return EnrichmentBatch(
        batch_id,
        run_id,
        BatchState(state),
        item_count,
        moment(created),
        moment(updated),
        request_id,
        optional_moment(submitted),
        optional_moment(next_poll),
        polls,
        reserved,
        charged,
        note,
        key_fingerprint,
        unmatched,
        held=bool(held),
        taken=taken,
        expires_at=optional_moment(expires_at),
        short=short,
        adapter=adapter,
        unreadable=unreadable,
    )


def _run(conn: Connection, row: Row) -> EnrichmentRun:
    run_id, created_at, fields, cap, stopped, origin = row
    batches = rows(conn, f"{_BATCH} WHERE run_id = ? ORDER BY batch_id", (run_id,))
    counts = rows(
        conn,
        "SELECT f.outcome, count(*) FROM enrichment_item i JOIN enrichment_field f ON f.item_id = i.item_id"
        " WHERE i.run_id = ? GROUP BY f.outcome",
        (run_id,),
    )
    return EnrichmentRun(
        run_id=run_id,
        created_at=moment(created_at),
        fields=frozenset(map(EnrichField, fields.split(","))),
        people=sum(row[3] for row in batches),
        spending=spending_of(conn, run_id, cap),
        batches=tuple(map(_batch, batches)),
        counts={Outcome(outcome): count for outcome, count in counts},
        stopped=bool(stopped),
        origin=origin,
    )


def _item(conn: Connection, row: Row) -> EnrichmentItem:
    item_id, run_id, batch_id, number, client_key = row[:5]
    outcomes = {
        EnrichField(field): FieldResult(EnrichField(field), Outcome(outcome), reason)
        for field, outcome, reason in conn.execute(
            "SELECT field, outcome, reason FROM enrichment_field WHERE item_id = ?", (item_id,)
        )
    }
    return EnrichmentItem(
        item_id=item_id,
        run_id=run_id,
        batch_id=batch_id,
        row=number,
        client_key=client_key,
        person=PersonInput(*row[5:11]),
        fields=frozenset(outcomes),
        outcomes=outcomes,
        emails=emails(row[11]),
        phones=phones(row[12]),
    )
