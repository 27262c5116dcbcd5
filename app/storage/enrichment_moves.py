"""The steps enrichment transitions are made of, inside a caller's transaction: states, credits, outcomes, events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from app.domain.enrichment import (
    RETENTION,
    BatchState,
    EnrichField,
    EnrichmentBatch,
    LedgerKind,
    PersonInput,
    contact_key,
)
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage import ledger
from app.storage.columns import json_list, stamp
from app.storage.database import Connection, one, rows, scalar
from app.storage.enrichment_history import PeopleIndex, known_people
from app.storage.enrichment_rows import write_batch
from app.storage.states import check_transition

PROVIDER = Provider.TAMTAM


def insert_draft(
    conn: Connection, run_id: int, people: int, at: datetime, *, held: bool = False, note: str = "", why: str = ""
) -> int:
    """Add a draft for so many people, who are still to be put in; `why` is for its log. Returns its id."""
    batch_id = int(
        scalar(
            conn,
            "INSERT INTO enrichment_batch (run_id, state, item_count, created_at, updated_at, held, note)"
            " VALUES (?, 'draft', ?, ?, ?, ?, ?) RETURNING batch_id",
            (run_id, people, stamp(at), stamp(at), held, note),
        )
    )
    _record(conn, batch_id, at, None, BatchState.DRAFT, note=why)
    return batch_id


def insert_batch(
    conn: Connection,
    run_id: int,
    numbered: Sequence[tuple[int, PersonInput, Collection[EnrichField]]],
    at: datetime,
    *,
    held: bool = False,
) -> None:
    """Add a draft of these people, each with its row number and what is asked of it, and a fresh client key."""
    batch_id = insert_draft(conn, run_id, len(numbered), at, held=held)
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
        conn.executemany(
            "INSERT INTO enrichment_key (item_id, key) VALUES (?, ?)",
            [(item_id, key) for key in sorted(person.identity_keys)],
        )


def move(conn: Connection, batch: EnrichmentBatch, to: BatchState, at: datetime, **columns: Any) -> None:
    """Take a batch to another state, with an event; IllegalTransitionError if it cannot go there."""
    check_transition(batch.batch_id, batch.state, to)
    moved = replace(batch, state=to, updated_at=at, **columns)
    write_batch(conn, moved)
    _record(conn, batch.batch_id, at, batch.state, to, moved.request_id, moved.note)


def remark(conn: Connection, batch: EnrichmentBatch, at: datetime, *, note: str) -> None:
    """Write an event about a batch that stays where it is."""
    _record(conn, batch.batch_id, at, batch.state, batch.state, batch.request_id, note)


def accept(
    conn: Connection,
    batch: EnrichmentBatch,
    request_id: str,
    at: datetime,
    first_poll_at: datetime,
    *,
    taken: int | None = None,
    retention: timedelta = RETENTION,
) -> None:
    """The provider took the batch, or `taken` of its people."""
    cut = taken is not None and taken < batch.item_count
    move(
        conn,
        batch,
        BatchState.SUBMITTED,
        at,
        request_id=request_id,
        submitted_at=at,
        next_poll_at=first_poll_at,
        taken=taken,
        expires_at=at + retention,
        note=f"Tamtam took {taken} of {batch.item_count} people." if cut else "",
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


def refuse_if_open(conn: Connection, asked: Sequence[tuple[Collection[str], EnrichField]]) -> None:
    """Raise LibraryError when somebody is in the list twice, or waits for the same field already.

    Args:
        conn: The caller's transaction.
        asked: The identity keys of each person, with a field that is to be asked for.
    """
    waiting = known_people(conn, {key for keys, _ in asked for key in keys})
    taken = PeopleIndex([(known.keys, known.field) for known in waiting if known.outcome.is_open])
    for keys, field in asked:
        if taken.find(keys, field):
            raise LibraryError(
                "Somebody in this selection is already in the enrichment queue.",
                next_step="Wait for that answer, or choose again without them.",
            )
        taken.add(keys, field)


def queue_again(conn: Connection, batch_id: int) -> None:
    """Queue the fields of a batch that ended without an answer; LibraryError when somebody waits elsewhere."""
    again = rows(
        conn,
        "SELECT f.field, f.item_id FROM enrichment_item i"
        " JOIN enrichment_field f ON f.item_id = i.item_id WHERE i.batch_id = ?"
        " AND f.outcome IN ('unknown', 'failed', 'expired')",
        (batch_id,),
    )
    keys: dict[int, set[str]] = {}
    for item_id, key in conn.execute(
        "SELECT k.item_id, k.key FROM enrichment_key k JOIN enrichment_item i ON i.item_id = k.item_id"
        " WHERE i.batch_id = ?",
        (batch_id,),
    ):
        keys.setdefault(item_id, set()).add(key)
    for item_id, contact_id in conn.execute(
        "SELECT i.item_id, coalesce(c.merged_into, c.contact_id) FROM enrichment_item i"
        " JOIN contact c ON c.contact_id = i.contact_id WHERE i.batch_id = ?",
        (batch_id,),
    ):
        keys.setdefault(item_id, set()).add(contact_key(contact_id))
    refuse_if_open(conn, [(keys[item_id], EnrichField(field)) for field, item_id in again])
    conn.executemany(
        "UPDATE enrichment_field SET outcome = 'queued', reason = '', finished_at = NULL"
        " WHERE field = ? AND item_id = ?",
        again,
    )


def wait_again(conn: Connection, batch_id: int) -> None:
    """The batch was accepted after all: who was queued or unknown waits for the answer."""
    conn.execute(
        "UPDATE enrichment_field SET outcome = 'in_flight', reason = '', finished_at = NULL"
        " WHERE outcome IN ('queued', 'unknown') AND item_id IN"
        " (SELECT item_id FROM enrichment_item WHERE batch_id = ?)",
        (batch_id,),
    )


def fail_people(conn: Connection, batch_id: int, reasons: Mapping[str, str], at: datetime) -> None:
    """End all that was asked of these people (client key → why) as failed."""
    conn.executemany(
        "UPDATE enrichment_field SET outcome = 'failed', reason = ?, finished_at = ? WHERE item_id ="
        " (SELECT item_id FROM enrichment_item WHERE client_key = ? AND batch_id = ?)",
        [(reason, stamp(at), client_key, batch_id) for client_key, reason in reasons.items()],
    )


def split_off(
    conn: Connection, batch: EnrichmentBatch, client_keys: Collection[str], at: datetime, *, note: str
) -> int:
    """Move people of a batch of which nothing was accepted to a draft of their own, queued again; returns its id."""
    why = f"Split off batch {batch.batch_id}. {note}"
    draft = insert_draft(conn, batch.run_id, len(client_keys), at, note=note, why=why)
    moving = json_list(client_keys)
    conn.execute(
        "UPDATE enrichment_item SET batch_id = ? WHERE batch_id = ? AND client_key IN (SELECT value FROM json_each(?))",
        (draft, batch.batch_id, moving),
    )
    conn.execute(
        "UPDATE enrichment_batch SET item_count = item_count - ? WHERE batch_id = ?", (len(client_keys), batch.batch_id)
    )
    set_open_fields(conn, draft, Outcome.QUEUED, "", at)
    return draft


def is_known_request(conn: Connection, request_id: str) -> bool:
    """Whether a request id was ever stored with a batch."""
    return one(conn, "SELECT 1 FROM enrichment_event WHERE request_id = ? LIMIT 1", (request_id,)) is not None


def may_have_left(conn: Connection, batch_id: int) -> bool:
    """Whether a batch that waits to be sent was sent before: it may have been charged, and no answer was seen."""
    states = (BatchState.UNKNOWN_OUTCOME, BatchState.SUBMITTED)
    found = one(
        conn, "SELECT 1 FROM enrichment_event WHERE batch_id = ? AND to_state IN (?, ?) LIMIT 1", (batch_id, *states)
    )
    return found is not None


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
