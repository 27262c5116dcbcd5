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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import apsw

from app.domain.backups import BackupKind
from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage import migrations, search_text
from app.storage.lane import Lane

log = logging.getLogger(__name__)

T = TypeVar("T")
SqlValue = None | int | float | str | bytes
Values = Sequence[SqlValue] | Mapping[str, SqlValue]
Row = tuple[Any, ...]

_CACHE_KIB = 16_000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
# Views hear of contacts that became searchable later, but not at every step.
_TELL_AFTER = 10_000
_TRY_AGAIN_SECONDS = 30.0


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


@contextmanager
def recording(conn: Connection, tables: Iterable[str]) -> Iterator[Callable[[], bytes]]:
    """Record what changes in these tables while the context lasts, columns that keep their value left out.

    Yields:
        A function that gives what has changed so far, for `apply_recorded`; b"" for nothing. Where tables refer to each
        other, those that are referred to are named first.
    """
    assert isinstance(conn, apsw.Connection)
    session = apsw.Session(conn, "main")
    try:
        for table in tables:
            session.attach(table)
        yield partial(_taken_from, session)
    finally:
        session.close()


def apply_recorded(conn: Connection, changes: bytes, *, inverted: bool) -> int:
    """Make recorded changes again, or take them back.

    A row that was changed otherwise in the meantime is left as it is, and so is one that others still refer to.

    Returns:
        How many rows were left; those that are already as they would be are not counted.
    """
    assert isinstance(conn, apsw.Connection)
    deleting = "INSERT" if inverted else "DELETE"
    left = 0
    for part in _parts(changes, deleting):
        try:
            left += _apply_part(conn, part, inverted=inverted)
        except apsw.ConstraintError:
            # Something refers to a row that goes, or a row that is referred to is gone: the others are no worse for it.
            for single in _bundles(apsw.Changeset.iter(part), most=1):
                try:
                    left += _apply_part(conn, single, inverted=inverted)
                except apsw.ConstraintError:
                    left += 1
    return left


def recorded_keys(changes: bytes, table: str, operation: str) -> set[Row]:
    """The primary keys of the rows of a table that recorded changes insert ("INSERT") or delete ("DELETE")."""
    found = set()
    for change in apsw.Changeset.iter(changes):
        if change.name == table and change.op == operation:
            values = change.new if operation == "INSERT" else change.old
            assert values is not None
            found.add(tuple(values[place] for place in sorted(change.pk_columns)))
    return found


def _apply_part(conn: apsw.Connection, part: bytes, *, inverted: bool) -> int:
    left = 0

    def on_conflict(reason: int, _change: object) -> int:
        nonlocal left
        if reason == apsw.SQLITE_CHANGESET_FOREIGN_KEY:
            return apsw.SQLITE_CHANGESET_ABORT
        left += 1
        return apsw.SQLITE_CHANGESET_OMIT

    apsw.Changeset.apply(
        apsw.Changeset.invert(part) if inverted else part,
        conn,
        conflict=on_conflict,
        flags=apsw.SQLITE_CHANGESETAPPLY_IGNORENOOP,
    )
    return left


# The calls for changesets keep Python's lock until they are done: on fifty thousand rows at once the window would stand
# still. In parts, and in pieces handed to a Python function, others get their turn in between.
_PART = 200


def _taken_from(session: apsw.Session) -> bytes:
    taken = bytearray()

    def take(piece: memoryview) -> None:
        taken.extend(piece)

    session.changeset_stream(take)
    return bytes(taken)


def _parts(changes: bytes, deleting: str) -> Iterator[bytes]:
    """Changes in parts that can be applied one after the other.

    What deletes rows (`deleting`) comes last, the tables recorded last first: they refer to those before them.
    """
    yield from _bundles(change for change in apsw.Changeset.iter(changes) if change.op != deleting)
    tables = dict.fromkeys(change.name for change in apsw.Changeset.iter(changes) if change.op == deleting)
    for table in reversed(tables):
        yield from _bundles(
            change for change in apsw.Changeset.iter(changes) if change.op == deleting and change.name == table
        )


def _bundles(changes: Iterable[apsw.TableChange], most: int = _PART) -> Iterator[bytes]:
    builder, held = apsw.ChangesetBuilder(), 0  # type: ignore[no-untyped-call]
    for change in changes:
        # A change is gone with the next one: it is copied at once.
        builder.add_change(change)
        held += 1
        if held == most:
            yield builder.output()
            builder, held = apsw.ChangesetBuilder(), 0  # type: ignore[no-untyped-call]
    if held:
        yield builder.output()


class Database:
    """One library file, opened. Build it with `open`, end it with `close`.

    Attributes:
        path: The file.
        read_only: Whether it is open beside another process, for reading only.
        on_damage: Called on the event loop's thread with every failure that shows that the file is damaged.
    """

    def __init__(self, path: Path, *, changes: ChangeFeed | None, read_only: bool, busy_timeout: float) -> None:
        self.path = path
        self.read_only = read_only
        self._changes = changes
        self._busy_timeout = busy_timeout
        self._reader = Lane[apsw.Connection]("library-reader")
        self._searcher = Lane[apsw.Connection]("library-searcher")
        self._writer = Lane[apsw.Connection]("library-writer")
        self._closed = False
        self._searchable = self._behind = self._catching_up = False
        self._caught_up = 0
        self.on_damage: Callable[[DamagedLibraryError], None] = lambda _error: None

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
            database._catch_up()
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
        future.add_done_callback(self._catch_up)
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

    def _submit(self, lane: Lane[apsw.Connection], job: Callable[[apsw.Connection], T]) -> "asyncio.Future[T]":
        if self._closed:
            raise LibraryError("The library is already closed.")
        future = asyncio.wrap_future(lane.submit(job))
        future.add_done_callback(self._look_for_damage)
        return future

    def _look_for_damage(self, future: "asyncio.Future[Any]") -> None:
        if not future.cancelled() and isinstance(error := future.exception(), DamagedLibraryError):
            self.on_damage(error)

    async def _run(self, lane: Lane[apsw.Connection], start: Callable[[], apsw.Connection]) -> None:
        await asyncio.wrap_future(lane.start(start))

    def _open_writer(self) -> apsw.Connection:
        with told_plainly():
            conn = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
            try:
                conn.set_busy_timeout(int(self._busy_timeout * 1000))
                # Before anything is written: another program's file, or a newer one, is left as it is.
                _look_at_schema(conn)
                conn.execute("PRAGMA journal_mode = WAL")
                conn.execute("PRAGMA synchronous = FULL")
                conn.execute("PRAGMA foreign_keys = ON")
                conn.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
                conn.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                migrations.migrate(conn, self._back_up)
                self._searchable = search_text.is_kept(conn)
                self._behind = self._searchable and bool(search_text.behind(conn, 1))
            except BaseException:
                conn.close()
                raise
        return conn

    def _open_reader(self) -> apsw.Connection:
        with told_plainly():
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
                # No name or address lands in a temporary file.
                conn.execute("PRAGMA temp_store = MEMORY")
                conn.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                with _damaged_if_not_understood():
                    migrations.require_latest(conn)
            except BaseException:
                conn.close()
                raise
        return conn

    def _back_up(self, version: int) -> None:
        from app.storage.backups import make_backup  # it needs this module; and only a migration pays for it

        make_backup(self.path, BackupKind.MIGRATION)
        log.info("The library was backed up before migration from version %d", version)

    def _transaction(self, work: Callable[[Connection], T], conn: apsw.Connection) -> T:
        with told_plainly():
            conn.execute("BEGIN IMMEDIATE")
            try:
                result = work(conn)
                self._behind = self._searchable and _keep_search_up(conn)
                conn.execute("COMMIT")
            except BaseException:
                # Some failures (a full disk) have rolled back already.
                if conn.in_transaction:
                    conn.execute("ROLLBACK")
                raise
            return result

    def _snapshot(self, work: Callable[[Connection], T], conn: apsw.Connection) -> T:
        with told_plainly():
            conn.execute("BEGIN")
            try:
                return work(conn)
            finally:
                # What was interrupted while it filled a temporary table has ended its transaction.
                if conn.in_transaction:
                    conn.execute("ROLLBACK")

    def _catch_up(self, _written: object = None) -> None:
        """Bring the rest of what is searched up to date, some contacts at a time, in turns with other writes."""
        if self._behind and not self._catching_up and not self._closed:
            self._catching_up = True
            future = self._submit(self._writer, partial(self._transaction, lambda _: None))
            future.add_done_callback(self._caught_up_some)

    def _caught_up_some(self, future: "asyncio.Future[None]") -> None:
        self._catching_up = False
        if future.cancelled() or (error := future.exception()) is not None:
            log.info("Some contacts could not be made searchable yet: %s", "stopped" if future.cancelled() else error)
            # The next write tries again, and so does time: a full disk or a lock may be over by then.
            future.get_loop().call_later(_TRY_AGAIN_SECONDS, self._catch_up)
            return
        self._caught_up += search_text.AT_ONCE
        if self._changes is not None and (not self._behind or self._caught_up >= _TELL_AFTER):
            self._caught_up = 0
            self._changes.publish(Change(ChangeKind.VIEWS))
        self._catch_up()

    def _committed(self, announce: Callable[[T], Iterable[Change]] | None, future: "asyncio.Future[T]") -> None:
        if future.cancelled() or future.exception() is not None or announce is None or self._changes is None:
            return
        for change in announce(future.result()):
            self._changes.publish(change)


def _keep_search_up(conn: apsw.Connection) -> bool:
    """Bring what is searched up to date with what was written; whether more is behind.

    What was written may have been paid for: it is kept even where the search index fails.
    """
    behind = search_text.behind(conn)
    if not behind:
        return False
    conn.execute("SAVEPOINT search_text")
    is_more_behind = len(behind) == search_text.AT_ONCE
    try:
        search_text.refresh(conn, behind)
    except Exception:
        if not conn.in_transaction:
            raise
        conn.execute("ROLLBACK TO search_text")
        log.exception("Contacts could not be made searchable")
        is_more_behind = False
    conn.execute("RELEASE search_text")
    return is_more_behind


def _look_at_schema(conn: apsw.Connection) -> None:
    with _damaged_if_not_understood():
        is_new = migrations.check(conn) == 0
        if is_new and scalar(conn, "PRAGMA page_count") > 1:
            # It was no empty file once; to make tables in it would write over what can still be read.
            raise DamagedLibraryError


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
        (apsw.IOError,),
        "The disk could not read or write the library.",
        "Check the disk, then try again.",
    ),
)


_DAMAGE = (apsw.NotADBError, apsw.CorruptError, apsw.FormatError, UnicodeDecodeError)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn SQLite failures that a person can act on into one sentence each."""
    try:
        yield
    except _DAMAGE as error:  # text that is no UTF-8 was not written by us
        raise DamagedLibraryError from error
    except apsw.Error as error:
        for kinds, text, next_step in _SENTENCES:
            if isinstance(error, kinds):
                raise LibraryError(text, next_step=next_step) from error
        raise


@contextmanager
def _damaged_if_not_understood() -> Iterator[None]:
    """While the schema is read for the first time, what SQLite cannot make sense of is damage and no bug of ours."""
    try:
        yield
    except apsw.SQLError as error:
        raise DamagedLibraryError from error
