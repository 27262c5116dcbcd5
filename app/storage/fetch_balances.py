"""The provider's balance beside a bulk fetch's books, and remarks on its answers, in the caller's transaction.

A stretch lasts from the balance read before a run goes on to the one read after; what was booked in it are the
ledger's lines of the run in between.
"""

from datetime import datetime

from app.domain.fetching import Reconciliation
from app.storage.columns import moment, optional_moment, stamp
from app.storage.database import Connection, rows, scalar

_LAST_LINE = "SELECT coalesce(max(line_id), 0) FROM ledger_line"


def begin(conn: Connection, at: datetime, run_id: int, remaining: int) -> None:
    """Open a stretch."""
    conn.execute(
        "INSERT INTO fetch_balance (run_id, began_at, before, first_line) VALUES (?, ?, ?, ?)",
        (run_id, stamp(at), remaining, scalar(conn, _LAST_LINE)),
    )


def end(conn: Connection, at: datetime, run_id: int, remaining: int) -> None:
    """End the open stretch, if there is one; a difference from the books becomes a remark."""
    conn.execute(
        "UPDATE fetch_balance SET ended_at = ?, after = ?, last_line = ? WHERE run_id = ? AND ended_at IS NULL",
        (stamp(at), remaining, scalar(conn, _LAST_LINE), run_id),
    )
    if conn.changes() and (text := read(conn, run_id)[-1].text):
        remark(conn, at, run_id, text)


def read(conn: Connection, run_id: int) -> list[Reconciliation]:
    """All stretches of a run, in order."""
    found = []
    for began_at, before, first, ended_at, after, last in rows(
        conn,
        "SELECT began_at, before, first_line, ended_at, after, last_line FROM fetch_balance WHERE run_id = ?"
        " ORDER BY balance_id",
        (run_id,),
    ):
        booked = rows(
            conn,
            "SELECT credits, request_id FROM ledger_line WHERE run_id = ? AND kind = 'charged' AND line_id > ?"
            " AND (?3 IS NULL OR line_id <= ?3) ORDER BY line_id",
            (run_id, first, last),
        )
        found.append(
            Reconciliation(
                began_at=moment(began_at),
                before=before,
                booked=sum(credits_booked for credits_booked, _ in booked),
                request_ids=tuple(request_id for _, request_id in booked if request_id),
                ended_at=optional_moment(ended_at),
                after=after,
            )
        )
    return found


def remark(conn: Connection, at: datetime, run_id: int, text: str) -> None:
    """Keep a remark on a run."""
    conn.execute("INSERT INTO fetch_remark (run_id, at, text) VALUES (?, ?, ?)", (run_id, stamp(at), text))


def remarks(conn: Connection, run_id: int) -> tuple[str, ...]:
    """All remarks on a run, in order."""
    return tuple(
        text for (text,) in rows(conn, "SELECT text FROM fetch_remark WHERE run_id = ? ORDER BY remark_id", (run_id,))
    )
