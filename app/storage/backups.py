"""Backups of a library: whole, checked and flushed to the disk before they get their name.

They lie in a folder beside the library. A manifest, one JSON line each, tells when each was made and what it holds, so
that a list of them opens none; a backup that the manifest does not know is still known by its name.
"""

import contextlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from app.domain.backups import Backup, BackupKind
from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage import migrations
from app.storage.database import FileConnection, connect, copy_pages, rows, scalar, told_plainly
from app.storage.files import replace_file, sync_folder
from app.storage.headroom import HEADROOM

log = logging.getLogger(__name__)

#: How many of a kind are kept; those made by hand stay until they are deleted by hand.
KEPT = {BackupKind.MIGRATION: 3, BackupKind.DAILY: 7}
#: Pages (of 4 KB) copied at a stroke: some milliseconds.
STEP_PAGES = 512
# One that is being made is written to all the time, but for the look through it and its flushing.
_STALE = timedelta(hours=1)
_MANIFEST = "manifest.jsonl"
_NAME = re.compile(r"-(?P<stamp>\d{8}T\d{12})-(?P<kind>[a-z]+)-v(?P<version>\d+)$")
_COUNT = "SELECT count(*) FROM contact WHERE merged_into IS NULL"
_COUNT_LIVE = f"{_COUNT} AND removed_at IS NULL"
_STAMP = "%Y%m%dT%H%M%S%f"

#: Hears how many pages are copied and how many there are.
Progress = Callable[[int, int], object]


class Stop:
    """From another thread: stops a backup that is being made."""

    def __init__(self) -> None:
        self._asked = False
        self._connection: FileConnection | None = None

    def ask(self) -> None:
        """Stop it; it fails, and leaves nothing."""
        self._asked = True
        if self._connection is not None:
            self._connection.interrupt()

    def watch(self, connection: FileConnection) -> None:
        """Use a connection for what can be interrupted."""
        self._connection = connection

    def look(self) -> None:
        """Raise LibraryError when it is to stop."""
        if self._asked:
            raise LibraryError("The backup was stopped.")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the manifest."""

    file: str
    at: datetime
    kind: BackupKind
    version: int
    contacts: int
    size: int


_lines = msgspec.json.Decoder(_Line)


def backup_folder(library: Path) -> Path:
    """Where the backups of a library are."""
    return library.parent / "backups"


def make_backup(
    library: Path,
    kind: BackupKind,
    *,
    target: Path | None = None,
    progress: Progress = lambda _done, _total: None,
    stop: Stop | None = None,
) -> Backup:
    """Copy a library, which others may be writing to, check the copy, and only then give it its name.

    Takes about a second for each 100 MB, and holds up nobody. Too many of its kind, the oldest are deleted.

    Args:
        library: The library's file.
        kind: Why it is made.
        target: Where to, the backups' folder by default. A file of that name is replaced.
        progress: Hears after each step.
        stop: Stops it.

    Raises:
        DamagedLibraryError: The library is damaged; no backup is made of it, and none is deleted.
        LibraryError: There is no library, no room, or the backup cannot be written.
    """
    if not library.exists():
        raise LibraryError("There is no library to back up yet.")
    at = datetime.now(UTC)
    folder = backup_folder(library) if target is None else target.parent
    unfinished = folder / f".{library.stem}-{at.strftime(_STAMP)}.partial"
    try:
        with _written_plainly():
            if target is None:
                folder.mkdir(mode=0o700, exist_ok=True)
                _sweep(folder)
            _require_room(library, folder)
        version, contacts = copy_sound(library, unfinished, progress=progress, stop=stop)
        name = f"{library.stem}-{at.strftime(_STAMP)}-{kind}-v{version}{library.suffix}"
        path = folder / name if target is None else target
        with _written_plainly():
            flush(unfinished)
            unfinished.replace(path)
            sync_folder(folder)
            backup = Backup(path, at, kind, version, contacts, path.stat().st_size)
    finally:
        for left in (unfinished, Path(f"{unfinished}-journal"), Path(f"{unfinished}-wal"), Path(f"{unfinished}-shm")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
    if target is None:
        _enter(library, backup)
    return backup


def list_backups(library: Path) -> list[Backup]:
    """The backups in the library's folder of backups, newest first; none is opened for it."""
    folder = backup_folder(library)
    known = _manifest(folder)
    found = []
    for path in folder.glob(f"{library.stem}-*{library.suffix}"):
        match = _NAME.search(path.stem)
        with contextlib.suppress(OSError, ValueError):
            size = path.stat().st_size
            line = known.get(path.name)
            if line is not None and line.size == size:
                found.append(Backup(path, line.at, line.kind, line.version, line.contacts, size))
            elif match is not None:
                at = datetime.strptime(match["stamp"], _STAMP).replace(tzinfo=UTC)
                found.append(Backup(path, at, BackupKind(match["kind"]), int(match["version"]), None, size))
    return sorted(found, key=lambda backup: (backup.at, backup.path.name), reverse=True)


def describe_file(path: Path) -> Backup:
    """A backup that was kept elsewhere, looked into.

    Raises:
        DamagedLibraryError: It is damaged.
        LibraryError: It is no library, or cannot be read.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise LibraryError(f"There is no backup at {path}.") from error
    conn = connect(path)
    try:
        with told_plainly():
            version, contacts = _version_and_contacts(conn)
    finally:
        conn.close()
    return Backup(path, datetime.fromtimestamp(stat.st_mtime, UTC), BackupKind.MANUAL, version, contacts, stat.st_size)


def delete_backup(library: Path, backup: Backup) -> None:
    """Delete one backup.

    Raises:
        LibraryError: It cannot be deleted.
    """
    with _written_plainly():
        backup.path.unlink(missing_ok=True)
        _write_manifest(backup_folder(library), list_backups(library))


def copy_sound(
    library: Path,
    copied: Path,
    *,
    progress: Progress = lambda _done, _total: None,
    stop: Stop | None = None,
) -> tuple[int, int]:
    """Copy a library as it is at this moment, and look through the copy; returns its version and its contacts.

    Args:
        library: The library, or a backup of one.
        copied: The copy, which is not flushed to the disk.
        progress: Hears after each step.
        stop: Stops it.

    Raises:
        DamagedLibraryError: It is damaged.
        LibraryError: It is no library, a newer program's, or cannot be copied.
    """
    stop = stop or Stop()
    source = connect(library)
    try:
        copy = connect(copied, writable=True)
        try:
            with told_plainly():
                # The copy is of this moment: a library that is being written to would make it begin anew for ever.
                source.execute("BEGIN")
                migrations.check(source)
            for done, total in copy_pages(source, copy, STEP_PAGES):
                progress(done, total)
                stop.look()
            stop.watch(copy)
            with told_plainly():
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without others beside it
            found = require_sound(copy)
            stop.look()
            return found
        finally:
            copy.close()
    finally:
        source.close()


def require_sound(conn: FileConnection) -> tuple[int, int]:
    """Look through every page and index of an open library; returns its version and its contacts.

    Raises:
        DamagedLibraryError: It is damaged.
        LibraryError: It is no library, or a newer program's.
    """
    with told_plainly():
        found = _version_and_contacts(conn)
        complaints = [str(row[0]) for row in rows(conn, "PRAGMA integrity_check(1)")]
    if complaints != ["ok"]:
        log.warning("A copy of the library is damaged: %s", complaints)
        raise DamagedLibraryError
    return found


def flush(path: Path) -> None:
    """Bring a file that was written by others to the disk itself."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _version_and_contacts(conn: FileConnection) -> tuple[int, int]:
    version = migrations.check(conn)
    if version == 0:
        return 0, 0
    can_remove = rows(conn, "SELECT 1 FROM pragma_table_info('contact') WHERE name = 'removed_at'")
    return version, int(scalar(conn, _COUNT_LIVE if can_remove else _COUNT))


def _require_room(library: Path, folder: Path) -> None:
    needed = library.stat().st_size + HEADROOM  # what is paid for needs its reserve more than a backup
    wal = Path(f"{library}-wal")
    if wal.exists():
        needed += wal.stat().st_size
    if shutil.disk_usage(folder).free < needed:
        raise LibraryError(
            f"There is no room for a backup: {needed // 1024 // 1024 + 1:,} MB are needed.",
            next_step="Free some disk space, or back up to another disk.",
        )


def _enter(library: Path, backup: Backup) -> None:
    """Put a backup into the manifest, and delete those that it makes surplus. None of it can undo the backup."""
    present = list_backups(library)
    kept = [backup if each.path == backup.path else each for each in present]
    if backup.kind in KEPT:
        same = [each for each in kept if each.kind is backup.kind]
        for old in same[KEPT[backup.kind] :]:
            with contextlib.suppress(OSError):
                old.path.unlink()
                kept.remove(old)
    try:
        _write_manifest(backup_folder(library), kept)
    except OSError:
        log.info("The list of backups could not be written; their names tell enough")


def _manifest(folder: Path) -> dict[str, _Line]:
    try:
        written = (folder / _MANIFEST).read_bytes().splitlines()
    except OSError:
        return {}
    lines = {}
    for text in written:
        with contextlib.suppress(msgspec.MsgspecError):
            line = _lines.decode(text)
            lines[line.file] = line
    return lines


def _write_manifest(folder: Path, kept: Iterable[Backup]) -> None:
    lines = [
        msgspec.json.encode(_Line(each.path.name, each.at, each.kind, each.version, each.contacts, each.size))
        for each in sorted(kept, key=lambda each: each.at)
        if each.contacts is not None
    ]
    replace_file(folder / _MANIFEST, b"".join(line + b"\n" for line in lines))


def _sweep(folder: Path) -> None:
    """Delete what backups left behind that were killed; a young one may still be in the making elsewhere."""
    for path in folder.glob(".*.partial*"):
        with contextlib.suppress(OSError):
            if datetime.now(UTC).timestamp() - path.stat().st_mtime > _STALE.total_seconds():
                path.unlink()


@contextlib.contextmanager
def _written_plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LibraryError(
            "The backup cannot be written.", next_step="Check the folder and the space on its disk, then try again."
        ) from error
