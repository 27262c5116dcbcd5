"""Connections as the rest of the storage sees them, and files that are opened outside of the library."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import apsw

from app.storage.database.failures import told_plainly

SqlValue = None | int | float | str | bytes
Values = Sequence[SqlValue] | Mapping[str, SqlValue]
Row = tuple[Any, ...]


class UnreadableError(Exception):
    """A statement met damage, or text that is none; rows that came before it are good."""


class Connection(Protocol):
    """What repositories see of a connection inside a transaction."""

    def execute(self, sql: str, values: Values = ..., /) -> Iterator[Row]:
        """Run one statement, or several without rows separated by semicolons; yields its rows."""
        ...

    def executemany(self, sql: str, many: Iterable[Values], /) -> Iterator[Row]:
        """Run one statement once per set of values."""
        ...

    def changes(self) -> int:
        """Rows changed by the last statement."""
        ...


class FileConnection(Connection, Protocol):
    """A connection of its own to a file, outside of `Database`: for copies, checks and repairs."""

    def close(self) -> None:
        """Close it."""
        ...

    def interrupt(self) -> None:
        """From another thread: stop the statement that runs."""
        ...


def rows(conn: Connection, sql: str, values: Values = ()) -> list[Row]:
    """All rows of a statement."""
    return list(conn.execute(sql, values))


def one(conn: Connection, sql: str, values: Values = ()) -> Row | None:
    """The first row of a statement, None without any."""
    found = rows(conn, sql, values)
    return found[0] if found else None


def scalar(conn: Connection, sql: str, values: Values = ()) -> Any:
    """The first column of the only row of a statement that always has one, such as a count or RETURNING."""
    return rows(conn, sql, values)[0][0]


def is_empty(conn: Connection) -> bool:
    """Whether an open file is a new one, and no damaged one that looks empty."""
    return bool(scalar(conn, "PRAGMA page_count") <= 1)


def connect(path: Path, *, writable: bool = False, busy_timeout: float = 5.0) -> FileConnection:
    """Open a file by itself, made when it is writable and not there. Neither foreign keys nor triggers are obeyed.

    Raises:
        LibraryError: It cannot be opened.
    """
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if writable else apsw.SQLITE_OPEN_READONLY
    with told_plainly():
        conn = apsw.Connection(str(path), flags=flags)
    conn.set_busy_timeout(int(busy_timeout * 1000))
    conn.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    return conn


def copy_pages(source: Connection, target: Connection, pages: int) -> Iterator[tuple[int, int]]:
    """Copy a whole database, some pages a step, and yield how many are copied and how many there are.

    While `source` is in a transaction that has read something, the copy is of that moment, whatever others write.

    Raises:
        LibraryError: The disk is full, or the source is damaged.
    """
    assert isinstance(source, apsw.Connection)
    assert isinstance(target, apsw.Connection)
    with told_plainly(), target.backup("main", source, "main") as copy:
        while not copy.done:
            copy.step(pages)
            yield copy.page_count - copy.remaining, copy.page_count


def readable_rows(conn: Connection, sql: str, values: Values = ()) -> Iterator[Row]:
    """The rows of a statement up to the first damage, which then raises UnreadableError."""
    try:
        yield from conn.execute(sql, values)
    except (apsw.Error, UnicodeDecodeError, MemoryError) as error:
        raise UnreadableError from error


def insert(conn: Connection, sql: str, values: Values) -> bool:
    """Insert one row; False when the table's rules refuse it."""
    try:
        conn.execute(sql, values)
    except apsw.ConstraintError:
        return False
    return True
