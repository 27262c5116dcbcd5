"""The library file: one SQLite database, WAL, synchronous=FULL, foreign keys. The only module that imports apsw.

Three threads, each with one connection: all writes wait their turn on one, short reads go on beside them, and queries
that may take long, and may be called off, have a third. Callers hand in plain functions and await their result; the
event loop never touches the file.

What a caller may rely on:

* A write is one transaction. It is committed whole or not at all, and no cancellation changes that: when the
  awaiting task is cancelled the write still completes, and its change records are still published.
* Change records go out on the loop's thread, after the commit, before the awaiting task goes on.
* Failures that a person can do something about are `LibraryError`; anything else is our bug and passes through.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import apsw

from app.domain.changes import Change, ChangeFeed
from app.domain.errors import LibraryError
from app.storage import migrations

log = logging.getLogger(__name__)

T = TypeVar("T")
SqlValue = None | int | float | str | bytes
Values = Sequence[SqlValue] | Mapping[str, SqlValue]
Row = tuple[Any, ...]

BACKUPS_KEPT = 3
_CACHE_KIB = 16_000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024


class Connection(Protocol):
    """What repositories see of a connection inside a transaction."""

    def execute(self, sql: str, values: Values = ..., /) -> Iterator[Row]:
        """Run one statement, or several separated by semicolons; yields its rows."""
        ...

    def executemany(self, sql: str, many: Iterable[Values], /) -> Iterator[Row]:
        """Run one statement once per set of values."""
        ...

    def changes(self) -> int:
        """Rows changed by the last statement."""
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


@contextmanager
def recording(conn: Connection, tables: Iterable[str]) -> Iterator[Callable[[], bytes]]:
    """Record what changes in these tables while the context lasts, columns that keep their value left out.

    Yields:
        A function that gives what has changed so far, for `apply_recorded`; b"" for nothing.
    """
    assert isinstance(conn, apsw.Connection)
    session = apsw.Session(conn, "main")
    try:
        for table in tables:
            session.attach(table)
        yield session.changeset
    finally:
        session.close()


def apply_recorded(conn: Connection, changes: bytes, *, inverted: bool) -> int:
    """Make recorded changes again, or take them back.

    A row that was changed otherwise in the meantime is left as it is.

    Returns:
        How many rows were left.
    """
    assert isinstance(conn, apsw.Connection)
    left = 0

    def on_conflict(reason: int, _change: object) -> int:
        nonlocal left
        if reason == apsw.SQLITE_CHANGESET_FOREIGN_KEY:
            return apsw.SQLITE_CHANGESET_ABORT
        left += 1
        return apsw.SQLITE_CHANGESET_OMIT

    apsw.Changeset.apply(apsw.Changeset.invert(changes) if inverted else changes, conn, conflict=on_conflict)
    return left


class Database:
    """One library file, opened. Build it with `open`, end it with `close`."""

    def __init__(self, path: Path, *, changes: ChangeFeed | None, read_only: bool, busy_timeout: float) -> None:
        self.path = path
        self.read_only = read_only
        self._changes = changes
        self._busy_timeout = busy_timeout
        self._reader = _Lane("library-reader")
        self._searcher = _Lane("library-searcher")
        self._writer = _Lane("library-writer")
        self._closed = False

    @classmethod
    async def open(
        cls, path: Path, *, changes: ChangeFeed | None = None, read_only: bool = False, busy_timeout: float = 5.0
    ) -> Self:
        """Open the library, making or migrating it as needed; an older file is backed up first.

        Args:
            path: The file; its folder must exist.
            changes: Where change records go after each write.
            read_only: Open beside another process that has the library; nothing is made, migrated or written, and a
                library that does not exist yet is an empty one.
            busy_timeout: Seconds to wait for another process's lock.

        Raises:
            LibraryError: The file is damaged, another program's, newer than this one, locked, or cannot be read or
                written.
        """
        database = cls(path, changes=changes, read_only=read_only, busy_timeout=busy_timeout)
        try:
            if not read_only:
                await database._run(database._writer, database._open_writer)
            await database._run(database._reader, database._open_reader)
            await database._run(database._searcher, database._open_reader)
        except BaseException:
            await database.close()
            raise
        return database

    async def write(
        self, work: Callable[[Connection], T], *, announce: Callable[[T], Iterable[Change]] | None = None
    ) -> T:
        """Run `work` in one transaction on the writing thread.

        Args:
            work: Gets the connection; whatever it raises rolls everything back.
            announce: Change records to publish once committed, made from the result.

        Raises:
            LibraryError: The disk is full, the file is locked, damaged or read-only, or the library is closed.
        """
        if self.read_only:
            raise LibraryError(
                "The library is open for reading only.", next_step="Use the window that has it open, or close it."
            )
        future = self._submit(self._writer, partial(self._transaction, work))
        future.add_done_callback(partial(self._committed, announce))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(_log_unseen_failure)
            raise

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on the reading thread, over one unchanging view of the library.

        A read that is cancelled before its turn comes is dropped.

        Raises:
            LibraryError: The file is locked or damaged, or the library is closed.
        """
        return await self._submit(self._reader, partial(self._snapshot, work))

    async def search(self, work: Callable[[Connection], T]) -> T:
        """Run `work` like `read`, but on a thread of its own, and stop it at once when the awaiting task is cancelled.

        Raises:
            LibraryError: The file is locked or damaged, or the library is closed.
        """
        job = partial(self._snapshot, work)
        try:
            return await self._submit(self._searcher, job)
        except asyncio.CancelledError:
            self._searcher.interrupt(job)
            raise

    async def close(self) -> None:
        """Finish every write that was begun, then close the file. May be called twice, and survives cancellation."""
        if self._closed:
            return
        self._closed = True
        self._searcher.interrupt()
        read_sides = [self._reader.finish(), self._searcher.finish()]
        # The writer goes last: whoever closes last empties the write-ahead log into the file.
        write_side = self._writer.finish(after=read_sides)
        await asyncio.shield(asyncio.wrap_future(write_side))
        for lane in (self._reader, self._searcher, self._writer):
            lane.join()

    def _submit(self, lane: "_Lane", job: Callable[[apsw.Connection], T]) -> "asyncio.Future[T]":
        if self._closed:
            raise LibraryError("The library is already closed.")
        return asyncio.wrap_future(lane.submit(job))

    async def _run(self, lane: "_Lane", start: Callable[[], apsw.Connection]) -> None:
        await asyncio.wrap_future(lane.start(start))

    def _open_writer(self) -> apsw.Connection:
        with _told_plainly():
            conn = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
            try:
                conn.set_busy_timeout(int(self._busy_timeout * 1000))
                # Before anything is written: another program's file, or a newer one, is left as it is.
                migrations.check(conn)
                conn.execute("PRAGMA journal_mode = WAL")
                conn.execute("PRAGMA synchronous = FULL")
                conn.execute("PRAGMA foreign_keys = ON")
                conn.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
                conn.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                migrations.migrate(conn, partial(self._back_up, conn))
            except BaseException:
                conn.close()
                raise
        return conn

    def _open_reader(self) -> apsw.Connection:
        with _told_plainly():
            if self.read_only and not self.path.exists():
                # To look at a library that nobody has made yet is to see an empty one.
                conn = apsw.Connection(":memory:")
                migrations.migrate(conn, lambda _: None)
                return conn
            # Read-write where we may: a reader of a WAL file has to be able to make the shared index.
            flags = apsw.SQLITE_OPEN_READONLY if self.read_only else apsw.SQLITE_OPEN_READWRITE
            conn = apsw.Connection(str(self.path), flags=flags)
            try:
                conn.set_busy_timeout(int(self._busy_timeout * 1000))
                conn.execute("PRAGMA query_only = ON")
                conn.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                migrations.require_latest(conn)
            except BaseException:
                conn.close()
                raise
        return conn

    def _back_up(self, conn: apsw.Connection, version: int) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self.path.with_name(f"{self.path.stem}.backup-{stamp}-v{version}{self.path.suffix}")
        unfinished = target.with_suffix(".partial")
        copy = apsw.Connection(str(unfinished))
        try:
            with copy.backup("main", conn, "main") as backup:
                backup.step()
        finally:
            copy.close()
        unfinished.replace(target)
        for old in backups(self.path)[BACKUPS_KEPT:]:
            old.unlink(missing_ok=True)
        log.info("The library was backed up before migration from version %d", version)

    def _transaction(self, work: Callable[[Connection], T], conn: apsw.Connection) -> T:
        with _told_plainly():
            conn.execute("BEGIN IMMEDIATE")
            try:
                result = work(conn)
                conn.execute("COMMIT")
            except BaseException:
                # Some failures (a full disk) have rolled back already.
                if conn.in_transaction:
                    conn.execute("ROLLBACK")
                raise
            return result

    def _snapshot(self, work: Callable[[Connection], T], conn: apsw.Connection) -> T:
        with _told_plainly():
            conn.execute("BEGIN")
            try:
                return work(conn)
            finally:
                conn.execute("ROLLBACK")

    def _committed(self, announce: Callable[[T], Iterable[Change]] | None, future: "asyncio.Future[T]") -> None:
        if future.cancelled() or future.exception() is not None or announce is None or self._changes is None:
            return
        for change in announce(future.result()):
            self._changes.publish(change)


def backups(path: Path) -> list[Path]:
    """The backups beside a library, newest first."""
    return sorted(path.parent.glob(f"{path.stem}.backup-*{path.suffix}"), reverse=True)


class _Lane:
    """One connection and the only thread that touches it."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: apsw.Connection | None = None
        self._running: object = None
        self._turn = threading.Lock()

    def start(self, connect: Callable[[], apsw.Connection]) -> "Future[None]":
        def job() -> None:
            self._connection = connect()

        return self._executor.submit(job)

    def submit(self, job: Callable[[apsw.Connection], T]) -> "Future[T]":
        def on_thread() -> T:
            assert self._connection is not None, "the lane was started"
            with self._turn:
                self._running = job
            try:
                return job(self._connection)
            finally:
                with self._turn:
                    self._running = None

        return self._executor.submit(on_thread)

    def interrupt(self, job: object = None) -> None:
        """Stop `job` if it is what runs now, or whatever runs where none is named; it fails as interrupted."""
        with self._turn:
            if self._running is not None and job in (None, self._running) and self._connection is not None:
                self._connection.interrupt()

    def finish(self, after: "Iterable[Future[None]]" = ()) -> "Future[None]":
        """Close the connection behind all queued work, and let the thread end."""

        def job() -> None:
            for other in after:
                other.result()
            if self._connection is not None:
                self._connection.close()

        future = self._executor.submit(job)
        self._executor.shutdown(wait=False)
        return future

    def join(self) -> None:
        """Wait for the thread, which `finish` has left nothing to do, to be gone."""
        self._executor.shutdown()


def _log_unseen_failure(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("A write failed after its caller had left", exc_info=error)


_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((apsw.FullError,), "The disk is full; nothing was changed.", "Free some space, then try again."),
    (
        (apsw.BusyError, apsw.LockedError),
        "Another program has the library locked.",
        "Close the other program, then try again.",
    ),
    (
        (apsw.ReadOnlyError, apsw.PermissionsError),
        "The library cannot be written.",
        "Check that you may write to its folder.",
    ),
    (
        (apsw.CantOpenError,),
        "The library cannot be opened.",
        "Check that its folder exists and that you may write to it.",
    ),
    (
        (apsw.NotADBError, apsw.CorruptError, apsw.FormatError),
        "The library file is damaged.",
        "Put the newest backup beside it in its place, then start again.",
    ),
    (
        (apsw.IOError,),
        "The disk could not read or write the library.",
        "Check the disk, then try again.",
    ),
)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn SQLite failures that a person can act on into one sentence each."""
    try:
        yield
    except apsw.Error as error:
        for kinds, text, next_step in _SENTENCES:
            if isinstance(error, kinds):
                raise LibraryError(text, next_step=next_step) from error
        raise
