"""Opening a damaged library, by whichever way lets something be read of it. The file itself is never changed."""

import contextlib
import logging
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage.database import FileConnection, UnreadableError, connect, readable_rows

log = logging.getLogger(__name__)

_MAGIC = b"SQLite format 3\0"
_PAGE_SIZES = (4096, 1024, 2048, 8192, 16384, 32768, 65536, 512)


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
