"""The provider's balance beside the queue's books, in the caller's transaction.

A stretch lasts from the balance read before the first submit of an idle account to the one read once nothing of it
is in flight any more; what was booked in it are the ledger's lines about batches in between.
"""

from collections import Counter
from datetime import datetime

from app.domain.fetching import Reconciliation
from app.storage.columns import moment, optional_moment, stamp
from app.storage.database import Connection, one, rows, scalar

_LAST_LINE = "SELECT coalesce(max(line_id), 0) FROM ledger_line"


def begin(conn: Connection, at: datetime, key_fingerprint: str, remaining: int) -> None:
    """Open a stretch, unless one is open."""
    conn.execute(
        "INSERT OR IGNORE INTO enrichment_balance (key_fingerprint, began_at, before, first_line) VALUES (?, ?, ?, ?)",
        (key_fingerprint, stamp(at), remaining, scalar(conn, _LAST_LINE)),
    )


def is_open(conn: Connection, key_fingerprint: str) -> bool:
    """Whether a stretch is open for a key."""
    return (
        one(
            conn,
            "SELECT 1 FROM enrichment_balance WHERE key_fingerprint = ? AND ended_at IS NULL",
            (key_fingerprint,),
        )
        is not None
    )


def is_idle(conn: Connection, key_fingerprint: str) -> bool:
    """Whether nothing that was bought with a key is in flight."""
    return (
        one(
            conn,
            "SELECT 1 FROM enrichment_batch WHERE key_fingerprint = ?"
            " AND state IN ('submitting', 'submitted', 'collecting') LIMIT 1",
            (key_fingerprint,),
        )
        is None
    )


def end(conn: Connection, at: datetime, key_fingerprint: str, remaining: int) -> None:
    """End the open stretch of a key."""
    conn.execute(
        "UPDATE enrichment_balance SET ended_at = ?, after = ?, last_line = ?"
        " WHERE key_fingerprint = ? AND ended_at IS NULL",
        (stamp(at), remaining, scalar(conn, _LAST_LINE), key_fingerprint),
    )


def change_key(conn: Connection, before: str, after: str) -> None:
    """An account goes on under another key: so does its open stretch, unless that key has one already."""
    if is_open(conn, after):
        return
    conn.execute(
        "UPDATE enrichment_balance SET key_fingerprint = ? WHERE key_fingerprint = ? AND ended_at IS NULL",
        (after, before),
    )


def read(conn: Connection) -> list[Reconciliation]:
    """All stretches, newest first."""
    found = []
    for key_fingerprint, began_at, before, first, ended_at, after, last in rows(
        conn,
        "SELECT key_fingerprint, began_at, before, first_line, ended_at, after, last_line FROM enrichment_balance"
        " ORDER BY balance_id DESC",
    ):
        booked = rows(
            conn,
            "SELECT l.credits, l.request_id, l.run_id FROM ledger_line l"
            " JOIN enrichment_batch b ON b.batch_id = l.batch_id"
            " WHERE b.key_fingerprint = ?1 AND l.kind = 'charged' AND l.line_id > ?2"
            " AND (?3 IS NULL OR l.line_id <= ?3) ORDER BY l.line_id",
            (key_fingerprint, first, last),
        )
        runs: Counter[int] = Counter()
        for amount, _, run_id in booked:
            runs[run_id] += amount
        found.append(
            Reconciliation(
                began_at=moment(began_at),
                before=before,
                booked=sum(amount for amount, *_ in booked),
                request_ids=tuple(dict.fromkeys(request_id for _, request_id, _ in booked if request_id)),
                ended_at=optional_moment(ended_at),
                after=after,
                runs=dict(runs),
            )
        )
    return found
