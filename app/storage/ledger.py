"""The ledger: append-only lines of what was reserved, charged and released. The file itself refuses changes to them.

Lines are written inside the transaction of what they are about, by `append`; so the books never differ from the
queue, wherever the program is killed.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import LedgerFilter, LedgerKind, LedgerLine
from app.domain.provider import Provider
from app.storage.columns import moment, stamp, utc_now
from app.storage.database import Connection, Database, SqlValue, rows

# The parameters are those of `_values`.
_FITTING = """FROM ledger_line
WHERE (?1 IS NULL OR provider = ?1) AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR run_id = ?3)
    AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR at < ?5)
"""
_LINES = (
    f"SELECT line_id, at, provider, kind, credits, request_id, batch_id, run_id, note {_FITTING}"
    " AND (?6 IS NULL OR line_id < ?6) ORDER BY line_id DESC LIMIT ?7"
)
_COUNT = f"SELECT count(*) {_FITTING}"
_TOTALS = f"SELECT kind, sum(credits) {_FITTING} GROUP BY kind"


def append(
    conn: Connection,
    at: datetime,
    provider: Provider,
    kind: LedgerKind,
    amount: int,
    *,
    request_id: str = "",
    batch_id: int | None = None,
    run_id: int | None = None,
    note: str = "",
) -> None:
    """Add a line of `amount` credits inside the caller's transaction; zero is no line.

    Raises:
        ValueError: The amount is below zero (our bug).
    """
    if amount < 0:
        raise ValueError(f"A ledger line of {amount} credits")
    if amount:
        conn.execute(
            "INSERT INTO ledger_line (at, provider, kind, credits, request_id, batch_id, run_id, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (stamp(at), provider, kind, amount, request_id, batch_id, run_id, note),
        )


class LedgerRepository:
    """Reads the ledger, and books charges that belong to no run, such as a search's."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def lines(
        self,
        limit: int | None = None,
        run_id: int | None = None,
        *,
        wanted: LedgerFilter | None = None,
        before: int | None = None,
    ) -> list[LedgerLine]:
        """Lines, newest first; at most `limit`, and of one run, or those that fit a filter, only.

        `before` is the id of a line: those that were written before it follow, as the next page does.
        """
        values = (*_values(wanted or LedgerFilter(run_id=run_id)), before, -1 if limit is None else limit)
        found = await self._database.read(lambda conn: rows(conn, _LINES, values))
        return [
            LedgerLine(line_id, moment(at), provider, LedgerKind(kind), amount, request_id, batch_id, run, note)
            for line_id, at, provider, kind, amount, request_id, batch_id, run, note in found
        ]

    async def count(self, wanted: LedgerFilter | None = None) -> int:
        """How many lines there are, or fit a filter."""
        values = _values(wanted or LedgerFilter())
        ((number,),) = await self._database.read(lambda conn: rows(conn, _COUNT, values))
        return int(number)

    async def totals(self, wanted: LedgerFilter | None = None) -> dict[LedgerKind, int]:
        """Credits per kind over the whole ledger, or the lines that fit a filter; every kind is there."""
        values = _values(wanted or LedgerFilter())
        found = await self._database.read(lambda conn: rows(conn, _TOTALS, values))
        return dict.fromkeys(LedgerKind, 0) | {LedgerKind(kind): total for kind, total in found}

    async def charge(self, provider: Provider, amount: int, *, request_id: str = "", note: str = "") -> None:
        """Book what a provider charged outside any run, in credits, and tell the views."""
        await self._database.write(
            lambda conn: append(
                conn, self._now(), provider, LedgerKind.CHARGED, amount, request_id=request_id, note=note
            ),
            announce=lambda _: [Change(ChangeKind.LEDGER)],
        )


def _values(wanted: LedgerFilter) -> tuple[SqlValue, ...]:
    """A filter as the parameters of a statement."""
    since = None if wanted.since is None else stamp(_midnight(wanted.since))
    until = None if wanted.until is None else stamp(_midnight(wanted.until) + timedelta(days=1))
    return wanted.provider, wanted.kind, wanted.run_id, since, until


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
