"""Reading what can be read of a damaged library: table by table, and row by row around what is damaged.

A table is read upwards until damage stops it, then downwards from its end; what lies between is halved again and again
until the damage is down to single rows. The rows of a table without row numbers are read page by page instead, and
from an index that holds them whole.
"""

import contextlib
import logging
import shutil
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage.database import (
    FileConnection,
    Row,
    SqlValue,
    UnreadableError,
    connect,
    readable_rows,
    rows,
)
from app.storage.page_walk import walk_rows

log = logging.getLogger(__name__)

#: Looks at single places of one table, at most: some seconds' worth.
MOST_LOOKS = 60_000
#: The same for a table of which nothing could be read so far: its first page may be gone, and all the rest with it.
FIRST_LOOKS = 500
#: How far above the highest number that can be read rows are looked for.
_BEYOND = 5_000
_MAGIC = b"SQLite format 3\0"
_PAGE_SIZES = (4096, 1024, 2048, 8192, 16384, 32768, 65536, 512)

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


@dataclass(slots=True)
class DamagedFile:
    """A damaged library, opened for reading as far as that goes. Close it.

    Attributes:
        path: The file that is read, which may be a copy.
        conn: The connection.
        tables: Table → its columns, for every table that the file still knows.
        scratch_name: What copies may be called.
        scratch: Copies that were made to read from.
        whole: Of these, the one that `pages` made.
    """

    path: Path
    conn: FileConnection
    tables: dict[str, list[str]]
    scratch_name: Path
    scratch: list[Path] = field(default_factory=list)
    whole: Path | None = None

    def close(self) -> None:
        """Close the file and delete what was made to read it."""
        self.conn.close()
        _remove(self.scratch)

    def pages(self) -> Path:
        """A file with all pages in it: this one, or a copy into which its write-ahead log is worked."""
        log_file = Path(f"{self.path}-wal")
        if not log_file.exists() or not log_file.stat().st_size:
            return self.path
        if self.whole is None:
            whole = self.scratch_name.with_name(f"{self.scratch_name.name}-whole")
            self.scratch += _copy(self.path, whole)
            self.whole = whole
            with contextlib.suppress(LibraryError, UnreadableError):
                conn = connect(whole, writable=True)
                try:
                    list(readable_rows(conn, "PRAGMA wal_checkpoint(TRUNCATE)"))
                finally:
                    conn.close()
        return self.whole

    def version(self) -> int | None:
        """The number of the last migration, None when it cannot be read."""
        try:
            numbers = {int(number) for (number,) in readable_rows(self.conn, "SELECT number FROM schema_migration")}
        except UnreadableError:
            return None
        unbroken = 0
        while unbroken + 1 in numbers:
            unbroken += 1
        return unbroken or None

    def sequences(self) -> dict[str, int]:
        """Table → the highest number it has ever given."""
        found: dict[str, int] = {}
        try:
            for name, number in readable_rows(self.conn, "SELECT name, seq FROM sqlite_sequence"):
                if isinstance(number, int):
                    found[str(name)] = number
        except UnreadableError:
            pass
        return found


def open_damaged(path: Path, scratch: Path) -> DamagedFile:
    """Open a damaged file: as it is, or a copy of it whose head is made up anew, or one without its write-ahead log.

    Args:
        path: The damaged file; it is not changed.
        scratch: Where a copy may be put.

    Raises:
        LibraryError: It cannot be read at all, or nothing of a library can be recognised in it.
    """
    ways: tuple[Callable[[Path, Path], list[Path]], ...] = (_as_it_is, _with_new_head, _without_log)
    for prepare in ways:
        copies: list[Path] = []
        try:
            copies = prepare(path, scratch)
            conn = connect(copies[0] if copies else path)
        except (LibraryError, OSError):
            _remove(copies)
            continue
        tables = _tables(conn)
        if "contact" in tables:
            return DamagedFile(copies[0] if copies else path, conn, tables, scratch, copies)
        conn.close()
        _remove(copies)
    raise DamagedLibraryError("Nothing can be read from the library file.")


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


def _tables(conn: FileConnection) -> dict[str, list[str]]:
    """Tables and their columns, as far as the file's own description of itself can be read."""
    names: dict[str, None] = {}
    try:
        conn.execute("PRAGMA writable_schema = ON")  # nothing is written: damaged entries are passed over
        for order in ("", "DESC"):
            try:
                sql = f"SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid {order}"  # noqa: S608
                for (name,) in readable_rows(conn, sql):
                    names[str(name)] = None
            except UnreadableError:
                continue
    except Exception:  # noqa: BLE001 - whatever a damaged file makes SQLite say
        log.info("The description of the tables cannot be read")
    found = {}
    for name in names:
        try:
            found[name] = [
                column for (column,) in readable_rows(conn, "SELECT name FROM pragma_table_info(?)", (name,))
            ]
        except UnreadableError:
            continue
    return {name: columns for name, columns in found.items() if columns}


def _as_it_is(path: Path, scratch: Path) -> list[Path]:
    del path, scratch
    return []


def _with_new_head(path: Path, scratch: Path) -> list[Path]:
    """A copy whose first hundred bytes are what they would be in any library of ours."""
    copies = _copy(path, scratch)
    size = path.stat().st_size
    page = next((each for each in _PAGE_SIZES if size % each == 0), _PAGE_SIZES[0])
    head = struct.pack(
        ">16sHBBBBBBIIIIIIIIIIII20xII",
        _MAGIC,
        1 if page == 65536 else page,
        2,  # written, and read, with a write-ahead log
        2,
        0,
        64,
        32,
        32,
        1,  # number of changes
        size // page,
        0,  # no list of free pages: what it would name may be anything
        0,
        1,  # number of changes to the schema
        4,
        0,
        0,
        1,  # UTF-8
        0,
        0,
        0,
        1,
        3_050_000,
    )
    with copies[0].open("r+b") as file:
        file.write(head)
    return copies


def _without_log(path: Path, scratch: Path) -> list[Path]:
    copies = _copy(path, scratch)
    _remove(copies[1:])
    return copies[:1]


def _copy(path: Path, scratch: Path) -> list[Path]:
    copies = []
    for ending in ("", "-wal"):
        original = Path(f"{path}{ending}")
        if original.exists():
            copies.append(Path(f"{scratch}{ending}"))
            shutil.copyfile(original, copies[-1])
    return copies


def _remove(paths: list[Path]) -> None:
    for path in paths:
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
