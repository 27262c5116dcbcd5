"""Putting the queue in order after a kill, and taking up from the journal what the library knows nothing of."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.enrichment import PRICES, BatchState, EnrichField, EnrichmentBatch, LedgerKind
from app.storage import enrichment_moves as moves
from app.storage.columns import json_list, stamp
from app.storage.database import Connection, rows, scalar
from app.storage.enrichment_rows import join_fields, read_batch, read_batches, read_items
from app.storage.journal import JournalEntry

ANSWER_NOT_SEEN = "The program ended before the answer to the submit was seen."
RECOVERED = "Recovered from the journal"
_TAKEN_UP = "Its request was found in the journal."


def classify(
    conn: Connection, journal: Iterable[JournalEntry], at: datetime, retention: timedelta
) -> tuple[list[int], list[int]]:
    """Give every batch that a kill left in the middle its place; returns those now unknown, and the runs changed."""
    accepted = {entry.batch_id: entry for entry in journal}
    unknown, runs = [], []
    for batch in read_batches(conn, [BatchState.SUBMITTING, BatchState.RESERVED]):
        entry = accepted.get(batch.batch_id)
        request_id = entry.request_id if entry is not None and _is_about(conn, entry, batch) else ""
        if batch.state is BatchState.RESERVED:
            moves.release(conn, batch, BatchState.DRAFT, at, note="")
        elif request_id and not moves.is_known_request(conn, request_id):
            moves.accept(conn, batch, request_id, at, at, retention=retention)
        else:
            moves.lose_sight(conn, batch, ANSWER_NOT_SEEN, at)
            unknown.append(batch.batch_id)
        runs.append(batch.run_id)
    return unknown, runs


def take_up(
    conn: Connection, journal: Iterable[JournalEntry], at: datetime, retention: timedelta
) -> list[tuple[int, int]]:
    """Make every unexpired request of the journal that no batch knows pollable again; returns (run, batch) of each.

    Its own batch is taken where the library still has its people and never saw the acceptance; else a batch without
    people is made, whose entries all go to the unmatched ones.
    """
    taken = []
    for entry in journal:
        if at - entry.at > retention or moves.is_known_request(conn, entry.request_id):
            continue
        batch = _batch_of(conn, entry) or _empty_batch(conn, entry, at)
        if batch.state is BatchState.DRAFT:
            most = entry.reserved or sum(PRICES.values()) * len(entry.client_keys)
            moves.move(
                conn, batch, BatchState.RESERVED, at, reserved=most, key_fingerprint=entry.key_fingerprint, note=""
            )
            batch = read_batch(conn, batch.batch_id)
            moves.book(conn, batch, LedgerKind.RESERVED, most, at, note=_TAKEN_UP)
        if batch.state is BatchState.RESERVED:
            moves.move(conn, batch, BatchState.SUBMITTING, at)
            batch = read_batch(conn, batch.batch_id)
        bought_with = replace(batch, key_fingerprint=entry.key_fingerprint or batch.key_fingerprint)
        moves.accept(conn, bought_with, entry.request_id, entry.at, at, retention=retention)
        moves.wait_again(conn, batch.batch_id)
        taken.append((batch.run_id, batch.batch_id))
    return taken


def _is_about(conn: Connection, entry: JournalEntry, batch: EnrichmentBatch) -> bool:
    """Whether a journal line is about the people of a batch: the journal may be older than the library.

    A line of an earlier version names none of them.
    """
    mine = {item.client_key for item in read_items(conn, batch_id=batch.batch_id)}
    return not entry.client_keys or not mine.isdisjoint(entry.client_keys)


def _batch_of(conn: Connection, entry: JournalEntry) -> EnrichmentBatch | None:
    """The batch that holds the people of a journal line, if it is in a state from which it can have been submitted."""
    found = rows(
        conn,
        "SELECT DISTINCT b.batch_id FROM enrichment_item i JOIN enrichment_batch b ON b.batch_id = i.batch_id"
        " WHERE i.client_key IN (SELECT value FROM json_each(?))"
        " AND b.state IN ('draft', 'reserved', 'submitting', 'unknown_outcome')",
        (json_list(entry.client_keys),),
    )
    return read_batch(conn, found[0][0]) if len(found) == 1 else None


def _empty_batch(conn: Connection, entry: JournalEntry, at: datetime) -> EnrichmentBatch:
    run_id = int(scalar(conn, "INSERT INTO run (kind) VALUES ('enrichment') RETURNING run_id"))
    cap = entry.reserved or sum(PRICES.values()) * len(entry.client_keys)
    conn.execute(
        "INSERT INTO enrichment_run (run_id, provider, created_at, fields, cap, origin) VALUES (?, ?, ?, ?, ?, ?)",
        (run_id, moves.PROVIDER, stamp(at), join_fields(EnrichField), cap, RECOVERED),
    )
    return read_batch(conn, moves.insert_draft(conn, run_id, max(1, len(entry.client_keys)), at))
