"""Who must not be bought after all is left out of the queue before a submit, inside a caller's transaction.

Who is on the do-not-contact list by now ends as suppressed, and whom the rep has removed from the library as cancelled;
as unknown where they were sent before without an answer that was seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.enrichment import BatchState, EnrichmentBatch, EnrichmentItem
from app.domain.outcomes import Outcome
from app.storage import enrichment_moves as moves
from app.storage.columns import stamp
from app.storage.contact_rows import removed_ids
from app.storage.database import Connection
from app.storage.enrichment_rows import read_batch, read_items
from app.storage.suppressed import find_items

REMOVED = "Removed from the library before it was sent."
SENT_BEFORE = "Sent before, and the answer was not seen; removed from the library before it was sent again."


@dataclass(frozen=True, slots=True)
class _Unwanted:
    """People of a batch (client key → why), how they end, and what is said of a batch that holds only such people."""

    reasons: Mapping[str, str]
    outcome: Outcome
    some: str
    everybody: str


def leave_out(conn: Connection, batch: EnrichmentBatch, at: datetime) -> tuple[bool, bool]:
    """Take people off a draft who must not be bought; they end, by kind, in batches of their own that are closed.

    Returns:
        Whether anything changed, and whether anybody is left to send.
    """
    items = read_items(conn, batch_id=batch.batch_id)
    left, changed = len(items), False
    for unwanted in _find(conn, items, batch.batch_id):
        left -= len(unwanted.reasons)
        closed, note, changed = batch, unwanted.everybody, True
        if left:
            note = unwanted.some
            closed = read_batch(conn, moves.split_off(conn, batch, unwanted.reasons, at, note=note))
        moves.release(conn, closed, BatchState.ABANDONED, at, note=note)
        conn.executemany(
            "UPDATE enrichment_field SET outcome = ?, reason = ?, finished_at = ?"
            " WHERE outcome IN ('queued', 'in_flight')"
            " AND item_id = (SELECT item_id FROM enrichment_item WHERE client_key = ?)",
            [(unwanted.outcome, reason, stamp(at), key) for key, reason in unwanted.reasons.items()],
        )
    return changed, left > 0 or not changed


def is_anybody_unwanted(conn: Connection, batch_id: int) -> bool:
    """Whether there is somebody in a batch who must not be bought."""
    return any(_find(conn, read_items(conn, batch_id=batch_id), batch_id))


def _find(conn: Connection, items: Sequence[EnrichmentItem], batch_id: int) -> Iterator[_Unwanted]:
    suppressed = find_items(conn, items)
    if suppressed:
        yield _Unwanted(
            {client_key: entry.reason for client_key, entry in suppressed.items()},
            Outcome.SUPPRESSED,
            "On the do-not-contact list by now.",
            "Everybody in it is on the do-not-contact list by now.",
        )
    contacts = {item.person.contact_id for item in items if item.person.contact_id is not None}
    gone = removed_ids(conn, contacts)
    removed = [
        item.client_key for item in items if item.person.contact_id in gone and item.client_key not in suppressed
    ]
    if removed:
        sent_before = moves.may_have_left(conn, batch_id)
        yield _Unwanted(
            dict.fromkeys(removed, SENT_BEFORE if sent_before else REMOVED),
            Outcome.UNKNOWN if sent_before else Outcome.CANCELLED,
            REMOVED,
            "Everybody in it was removed from the library before it was sent.",
        )
