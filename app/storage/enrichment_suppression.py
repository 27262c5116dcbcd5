"""Who must not be contacted is left out of the queue, inside a caller's transaction: before a submit and after."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.enrichment import BatchState, EnrichmentBatch, FieldResult, ItemResult
from app.domain.outcomes import Outcome
from app.domain.suppression import SuppressionEntry
from app.storage import enrichment_moves as moves
from app.storage.columns import stamp
from app.storage.database import Connection
from app.storage.enrichment_rows import read_batch, read_items
from app.storage.suppression import find_items

_EVERYBODY = "Everybody in it is on the do-not-contact list by now."
_LEFT_OUT = "On the do-not-contact list by now."


def leave_out(conn: Connection, batch: EnrichmentBatch, at: datetime) -> tuple[bool, bool]:
    """Take people off a draft who are on the list; they end as suppressed, in a batch of their own that is closed.

    Returns:
        Whether anything changed, and whether anybody is left to send.
    """
    items = read_items(conn, batch_id=batch.batch_id)
    found = find_items(conn, items)
    if not found:
        return False, True
    rest = [item.client_key for item in items if item.client_key not in found]
    closed = batch
    if rest:
        closed = read_batch(conn, moves.split_off(conn, batch, list(found), at, note=_LEFT_OUT))
    moves.release(conn, closed, BatchState.ABANDONED, at, note=_LEFT_OUT if rest else _EVERYBODY)
    _suppress(conn, found, at)
    return True, bool(rest)


def is_anybody_suppressed(conn: Connection, batch_id: int) -> bool:
    """Whether somebody of a batch is on the list by now."""
    return bool(find_items(conn, read_items(conn, batch_id=batch_id)))


def withhold(conn: Connection, batch_id: int, results: Sequence[ItemResult]) -> tuple[list[ItemResult], bool]:
    """Results without a value of those who are on the list by now, by what was known of them or by the answer itself.

    Returns:
        A result for each, and whether anything was withheld.
    """
    found = find_items(conn, read_items(conn, batch_id=batch_id), results)
    if not found:
        return list(results), False
    # What came while it was running, before they were put on the list, goes too.
    conn.executemany(
        "UPDATE enrichment_item SET emails = '[]', phones = '[]' WHERE batch_id = ? AND client_key = ?",
        [(batch_id, client_key) for client_key in found],
    )
    return [
        _without_values(result, found[result.client_key]) if result.client_key in found else result
        for result in results
    ], True


def without(raw: bytes, kept: Sequence[ItemResult], unmatched: Sequence[bytes]) -> bytes:
    """The answer `raw` without the entries about those who were withheld."""
    entries = [result.raw.removeprefix(b"[").removesuffix(b"]") for result in kept] + list(unmatched)
    return b"[" + b",".join(entry for entry in entries if entry) + b"]" if raw else raw


def _without_values(result: ItemResult, entry: SuppressionEntry) -> ItemResult:
    ended = tuple(FieldResult(part.field, Outcome.SUPPRESSED, entry.reason) for part in result.results)
    return ItemResult(result.client_key, ended)


def _suppress(conn: Connection, found: dict[str, SuppressionEntry], at: datetime) -> None:
    conn.executemany(
        "UPDATE enrichment_field SET outcome = 'suppressed', reason = ?, finished_at = ?"
        " WHERE outcome IN ('queued', 'in_flight')"
        " AND item_id = (SELECT item_id FROM enrichment_item WHERE client_key = ?)",
        [(entry.reason, stamp(at), client_key) for client_key, entry in found.items()],
    )
