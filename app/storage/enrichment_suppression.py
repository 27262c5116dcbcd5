"""Nothing is kept of who must not be contacted, inside a caller's transaction: what comes too late is withheld."""

from collections.abc import Sequence

from app.domain.enrichment import FieldResult, ItemResult
from app.domain.outcomes import Outcome
from app.domain.suppression import SuppressionEntry
from app.storage.database import Connection
from app.storage.enrichment_rows import read_items
from app.storage.suppressed import find_items


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
