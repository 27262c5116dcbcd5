"""Reading what can be read of a damaged library: table by table, and row by row around what is damaged.

A table is read upwards until damage stops it, then downwards from its end; what lies between is halved again and again
until the damage is down to single rows. The rows of a table without row numbers are read page by page instead, and
from an index that holds them whole.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.storage.database import FileConnection, Row, SqlValue, UnreadableError, readable_rows, rows
from app.storage.page_walk import walk_rows
from app.storage.salvage_opening import DamagedFile

#: Looks at single places of one table, at most: some seconds' worth.
MOST_LOOKS = 60_000
#: The same for a table of which nothing could be read so far: its first page may be gone, and all the rest with it.
FIRST_LOOKS = 500
#: How far above the highest number that can be read rows are looked for.
_BEYOND = 5_000

#: Takes one row of a table; rows may come twice.
Take = Callable[[Row], None]


@dataclass(slots=True)
class TableReading:
    """How the reading of one table went.

    Attributes:
        damaged: Whether damage was met.
        expected: Rows that an index says there are, None when none can tell.
        given_up: Whether places were left that were not looked at.
    """

    damaged: bool = False
    expected: int | None = None
    given_up: bool = False


def read_table(
    source: DamagedFile, table: str, columns: list[str], take: Take, *, has_numbers: bool, highest: int = 0
) -> TableReading:
    """Read what can be read of one table, in no order.

    Args:
        source: The damaged file.
        table: The table.
        columns: What a row is to have, in this order.
        take: Takes each row.
        has_numbers: Whether its rows have row numbers.
        highest: The highest number that was ever given, where known.
    """
    reader = _TableReader(source.conn, table, columns, take)
    if has_numbers:
        reader.read_by_number(highest)
    elif not reader.read_through():
        reader.read_indexes()
        reader.read_pages(source.pages())
    reader.reading.expected = reader.count()
    return reader.reading


class _TableReader:
    def __init__(self, conn: FileConnection, table: str, columns: list[str], take: Take) -> None:
        self._conn = conn
        self._table = table
        self._columns = columns
        self._take = take
        self._looks = 0
        self._found = False
        self._last: Any = None  # the number of the row that was read last
        self.reading = TableReading()

    def read_through(self) -> bool:
        """All rows in order; False when damage was met."""
        self.reading.damaged = not self._run("0", "")
        return not self.reading.damaged

    def read_by_number(self, highest: int) -> None:
        """Upwards, downwards, and between."""
        if self._run("rowid", "ORDER BY 1"):
            return
        self.reading.damaged = True
        low = 0 if self._last is None else int(self._last)
        self._last = None
        self._run("rowid", "ORDER BY 1 DESC")
        high = max(highest, low) + _BEYOND if self._last is None else int(self._last)
        self._between(low, max(high, low))

    def read_pages(self, file: Path) -> None:
        """Rows of a table without row numbers, from every page that is whole."""
        described = rows(self._conn, "SELECT name FROM pragma_table_info(?) ORDER BY pk = 0, pk, cid", (self._table,))
        stored = [name for (name,) in described]
        places = [stored.index(name) for name in self._columns]
        sql = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?"
        try:
            for (root,) in readable_rows(self._conn, sql, (self._table,)):
                for row in walk_rows(file, root, len(stored)):
                    self._take(tuple(row[place] for place in places))
        except (UnreadableError, OSError):
            return

    def read_indexes(self) -> None:
        """Rows of a table without row numbers stand whole in an index that has all its columns."""
        for name in self._indexes():
            for order in ("", "DESC"):
                wanted = ", ".join(f'"{column}"' for column in self._columns)
                first = next(iter(self._index_columns(name)), None)
                if first is not None:
                    sql = f'SELECT 0, {wanted} FROM "{self._table}" INDEXED BY "{name}" ORDER BY "{first}" {order}'  # noqa: S608
                    self._drain(sql, ())

    def count(self) -> int | None:
        """How many rows the soundest index says there are."""
        counts = []
        for name in self._indexes():
            try:
                counts += [
                    row[0]
                    for row in readable_rows(
                        self._conn,
                        f'SELECT count(*) FROM "{self._table}" INDEXED BY "{name}"',  # noqa: S608 - names of our own
                    )
                ]
            except UnreadableError:
                continue
        return max(counts, default=None)

    def _between(self, low: int, high: int) -> None:
        waiting = deque([(low, high)])
        while waiting:
            low, high = waiting.popleft()
            if low > high:
                continue
            if self._looks > (MOST_LOOKS if self._found else FIRST_LOOKS):
                self.reading.given_up = True
                return
            self._last = None
            if self._run_range(low, high, ""):
                continue
            if low == high:
                self._rescue(low)
                continue
            upto = low if self._last is None else int(self._last) + 1
            self._last = None
            self._run_range(low, high, "DESC")
            downto = high if self._last is None else int(self._last) - 1
            middle = (upto + downto) // 2
            waiting.append((upto, middle))
            waiting.append((middle + 1, downto))

    def _run_range(self, low: int, high: int, order: str) -> bool:
        return self._run("rowid", f"WHERE rowid BETWEEN ? AND ? ORDER BY 1 {order}", (low, high))

    def _run(self, number: str, rest: str, values: tuple[int, ...] = ()) -> bool:
        wanted = ", ".join(f'"{column}"' for column in self._columns)
        sql = f'SELECT {number}, {wanted} FROM "{self._table}" NOT INDEXED {rest}'  # noqa: S608
        return self._drain(sql, values)

    def _drain(self, sql: str, values: tuple[int, ...]) -> bool:
        self._looks += 1
        try:
            for row in readable_rows(self._conn, sql, values):
                self._last = row[0]
                self._found = True
                self._take(row[1:])
        except UnreadableError:
            return False
        return True

    def _rescue(self, number: int) -> None:
        """A row whose text is broken somewhere: its letters are kept, what is no letter becomes a question mark."""
        parts = ", ".join(f'typeof("{name}"), CAST("{name}" AS BLOB)' for name in self._columns)
        sql = f'SELECT {parts} FROM "{self._table}" NOT INDEXED WHERE rowid = ?'  # noqa: S608
        try:
            for row in readable_rows(self._conn, sql, (number,)):
                self._take(tuple(_value(kind, raw) for kind, raw in zip(row[::2], row[1::2], strict=True)))
        except (UnreadableError, ValueError):
            return

    def _indexes(self) -> list[str]:
        """Indexes over all rows, the primary key's own left out."""
        sql = "SELECT name FROM pragma_index_list(?) WHERE NOT partial AND origin <> 'pk'"
        try:
            return [name for (name,) in readable_rows(self._conn, sql, (self._table,))]
        except UnreadableError:
            return []

    def _index_columns(self, index: str) -> list[str]:
        return [name for (name,) in rows(self._conn, "SELECT name FROM pragma_index_info(?)", (index,))]


def _value(kind: str, raw: bytes | None) -> SqlValue:
    if raw is None or kind == "null":
        return None
    if kind == "blob":
        return raw
    text = raw.decode("utf-8", errors="replace")
    if kind == "integer":
        return int(text)
    return float(text) if kind == "real" else text
