"""The steps enrichment transitions are made of, inside a caller's transaction: states, credits, outcomes, events."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.domain.enrichment import BatchState, EnrichField, EnrichmentBatch, LedgerKind, PersonInput
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage import ledger
from app.storage.columns import stamp
from app.storage.database import Connection, one, rows, scalar
from app.storage.enrichment_rows import write_batch
from app.storage.states import check_transition

PROVIDER = Provider.TAMTAM


def insert_batch(
    conn: Connection,
    run_id: int,
    numbered: Sequence[tuple[int, PersonInput, Collection[EnrichField]]],
    at: datetime,
) -> None:
    """Add a draft of these people, each with its row number and what is asked of it, and a fresh client key."""
    batch_id = scalar(
        conn,
        "INSERT INTO enrichment_batch (run_id, state, item_count, created_at, updated_at)"
        " VALUES (?, 'draft', ?, ?, ?) RETURNING batch_id",
        (run_id, len(numbered), stamp(at), stamp(at)),
    )
    _record(conn, batch_id, at, None, BatchState.DRAFT)
    for number, person, fields in numbered:
        item_id = scalar(
            conn,
            "INSERT INTO enrichment_item (run_id, batch_id, row, client_key, person_key, contact_id, first_name,"
            " last_name, domain, company_name, linkedin_url) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " RETURNING item_id",
            (
                run_id,
                batch_id,
                number,
                str(uuid4()),
                person.person_key,
                person.contact_id,
                person.first_name,
                person.last_name,
                person.domain,
                person.company_name,
                person.linkedin_url,
            ),
        )
        conn.executemany(
            "INSERT INTO enrichment_field (item_id, field, person_key) VALUES (?, ?, ?)",
            [(item_id, field, person.person_key) for field in fields],
        )


def move(conn: Connection, batch: EnrichmentBatch, to: BatchState, at: datetime, **columns: Any) -> None:
    """Take a batch to another state, with an event; IllegalTransitionError if it cannot go there."""
    check_transition(batch.batch_id, batch.state, to)
    moved = replace(batch, state=to, updated_at=at, **columns)
    write_batch(conn, moved)
    _record(conn, batch.batch_id, at, batch.state, to, moved.request_id, moved.note)


def accept(conn: Connection, batch: EnrichmentBatch, request_id: str, at: datetime, first_poll_at: datetime) -> None:
    """The provider took the batch."""
    move(
        conn,
        batch,
        BatchState.SUBMITTED,
        at,
        request_id=request_id,
        submitted_at=at,
        next_poll_at=first_poll_at,
        note="",
    )


def lose_sight(conn: Connection, batch: EnrichmentBatch, reason: str, at: datetime) -> None:
    """Whether the provider took the batch is not known; the credits stay reserved."""
    move(conn, batch, BatchState.UNKNOWN_OUTCOME, at, note=reason)
    set_open_fields(conn, batch.batch_id, Outcome.UNKNOWN, reason, at)


def release(
    conn: Connection, batch: EnrichmentBatch, to: BatchState, at: datetime, *, note: str, **columns: Any
) -> None:
    """Take a batch to a state that needs no credits, and release those it held."""
    move(conn, batch, to, at, reserved=0, note=note, **columns)
    book(conn, batch, LedgerKind.RELEASED, batch.reserved, at, note=note)


def book(
    conn: Connection,
    batch: EnrichmentBatch,
    kind: LedgerKind,
    amount: int,
    at: datetime,
    *,
    note: str = "",
) -> None:
    """Write a ledger line about a batch; `amount` in credits."""
    ledger.append(
        conn,
        at,
        PROVIDER,
        kind,
        amount,
        request_id=batch.request_id,
        batch_id=batch.batch_id,
        run_id=batch.run_id,
        note=note,
    )


def set_open_fields(conn: Connection, batch_id: int, outcome: Outcome, reason: str, at: datetime) -> None:
    """Give every field of a batch that has no end yet this outcome."""
    conn.execute(
        "UPDATE enrichment_field SET outcome = ?, reason = ?, finished_at = ?"
        " WHERE outcome IN ('queued', 'in_flight') AND item_id IN"
        " (SELECT item_id FROM enrichment_item WHERE batch_id = ?)",
        (outcome, reason, None if outcome.is_open else stamp(at), batch_id),
    )


def refuse_if_open(conn: Connection, keys: Sequence[tuple[str, EnrichField]]) -> None:
    """Raise LibraryError when a person is in the list twice, or waits for the same field already."""
    taken = len(set(keys)) < len(keys) or any(
        one(
            conn,
            "SELECT 1 FROM enrichment_field WHERE person_key = ? AND field = ? AND outcome IN ('queued', 'in_flight')",
            key,
        )
        for key in keys
    )
    if taken:
        raise LibraryError(
            "Somebody in this selection is already in the enrichment queue.",
            next_step="Wait for that answer, or choose again without them.",
        )


def queue_again(conn: Connection, batch_id: int) -> None:
    """Queue the fields of a batch that ended without an answer; LibraryError when somebody waits elsewhere."""
    again = rows(
        conn,
        "SELECT f.person_key, f.field, f.item_id FROM enrichment_item i"
        " JOIN enrichment_field f ON f.item_id = i.item_id WHERE i.batch_id = ?"
        " AND f.outcome IN ('unknown', 'failed', 'expired')",
        (batch_id,),
    )
    refuse_if_open(conn, [(person_key, EnrichField(field)) for person_key, field, _ in again])
    conn.executemany(
        "UPDATE enrichment_field SET outcome = 'queued', reason = '', finished_at = NULL"
        " WHERE field = ? AND item_id = ?",
        [(field, item_id) for _, field, item_id in again],
    )


def is_known_request(conn: Connection, request_id: str) -> bool:
    """Whether a request id was ever stored with a batch."""
    return one(conn, "SELECT 1 FROM enrichment_event WHERE request_id = ? LIMIT 1", (request_id,)) is not None


def _record(
    conn: Connection,
    batch_id: int,
    at: datetime,
    before: BatchState | None,
    after: BatchState,
    request_id: str = "",
    note: str = "",
) -> None:
    conn.execute(
        "INSERT INTO enrichment_event (batch_id, at, from_state, to_state, request_id, note) VALUES (?, ?, ?, ?, ?, ?)",
        (batch_id, stamp(at), before, after, request_id, note),
    )
