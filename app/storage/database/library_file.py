"""The open library: its connections, each on a thread of its own, and what runs on them."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import apsw

from app.domain.backups import BackupKind
from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage import migrations, search_text
from app.storage.database.connections import Connection, is_empty
from app.storage.database.failures import damaged_if_not_understood, told_plainly
from app.storage.lane import Lane

log = logging.getLogger(__name__)

T = TypeVar("T")

_CACHE_KIB = 16_000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
# Views hear of contacts that became searchable later, but not at every step.
_TELL_AFTER = 10_000
_TRY_AGAIN_SECONDS = 30.0


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
                with damaged_if_not_understood():
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
    with damaged_if_not_understood():
        is_new = migrations.check(conn) == 0
        if is_new and not is_empty(conn):
            # It was no empty file once; to make tables in it would write over what can still be read.
            raise DamagedLibraryError


def _log_unseen_failure(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("A write failed after its caller had left", exc_info=error)
