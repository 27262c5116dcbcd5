"""A file system that remembers every write and every sync, to show what is on the disk when the power goes.

SQLite proves itself in this way (https://sqlite.org/testing.html, “crash testing”): all writes pass through a shim in
its VFS layer; at a cut, what was not synced since is lost, kept, or kept in part and torn. The shim has no shared
memory, so the one connection locks the file for itself and keeps the index of the write-ahead log in its own memory,
where a power cut would lose it anyway; what reaches the disk, in which order and with which syncs, is the same.
Whether a new file's name is on the disk is not modelled, nor a disk that lies about its syncs.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw

from app.storage.database import Connection, Database

T = TypeVar("T")

_SECTOR = 512
_CHECKPOINT_PAGES = 15
NAME = "recording"


class Kept(StrEnum):
    """What becomes of writes that were not synced when the power went."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    SOME = "some"


@dataclass
class Disk:
    """What happened to the files, in order: (what, path, offset or size, data)."""

    log: list[tuple[str, str, int, bytes]] = field(default_factory=list)

    def note(self, what: str, path: str, at: int = 0, data: bytes = b"") -> None:
        self.log.append((what, path, at, data))

    def record_fsync(self, path: Path, sync: Callable[[int], None]) -> Callable[[int], None]:
        """A stand-in for `os.fsync` that notes a file written without SQLite, such as the journal of requests."""

        def fsync(descriptor: int) -> None:
            if Path(f"/proc/self/fd/{descriptor}").samefile(path):
                self.note("write", str(path), 0, path.read_bytes())
                sync(descriptor)
                self.note("sync", str(path))
            else:
                sync(descriptor)

        return fsync


class Image:
    """The files as they are on the disk after so many entries of the log."""

    def __init__(self) -> None:
        self.synced: dict[str, bytearray] = {}
        self.pending: dict[str, list[tuple[str, int, bytes]]] = {}

    def play(self, entry: tuple[str, str, int, bytes]) -> None:
        what, path, at, data = entry
        if what == "delete":
            self.synced.pop(path, None)
            self.pending.pop(path, None)
        elif what == "sync":
            for change in self.pending.pop(path, []):
                _apply(self.synced.setdefault(path, bytearray()), change)
        else:
            self.pending.setdefault(path, []).append((what, at, data))

    def write(self, source: Path, target: Path, kept: Kept, rng: random.Random) -> None:
        """Put the files that were below `source` below `target`, as a cut leaves them."""
        for path in {*self.synced, *self.pending}:
            content = bytearray(self.synced.get(path, b""))
            for change in self._survivors(path, kept, rng):
                _apply(content, change)
            if path in self.synced or content:
                (target / Path(path).relative_to(source)).write_bytes(content)

    def _survivors(self, path: str, kept: Kept, rng: random.Random) -> Iterator[tuple[str, int, bytes]]:
        pending = self.pending.get(path, [])
        if kept is Kept.EVERYTHING:
            yield from pending
        elif kept is Kept.SOME:
            chosen = [change for change in pending if rng.random() < 0.5]
            rng.shuffle(chosen)
            for number, (what, at, data) in enumerate(chosen):
                torn = what == "write" and number == len(chosen) - 1
                yield what, at, data[: rng.randrange(len(data) // _SECTOR + 1) * _SECTOR] if torn else data


def _apply(content: bytearray, change: tuple[str, int, bytes]) -> None:
    what, at, data = change
    if what == "truncate":
        del content[at:]
        return
    content.extend(bytes(max(0, at - len(content))))
    content[at : at + len(data)] = data


class RecordingVFS(apsw.VFS):
    """The system's own file system, with every change noted."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__(NAME, "")

    def xOpen(self, name: Any, flags: list[int]) -> "RecordingFile":  # noqa: N802 - SQLite's name
        return RecordingFile(self.disk, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        super().xDelete(name, syncdir)
        self.disk.note("delete", name)


class RecordingFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._disk.note("write", self._path, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(newsize)
        self._disk.note("truncate", self._path, newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._disk.note("sync", self._path)


class RecordedConnection(apsw.Connection):
    """A connection that alone has the file, through the recording file system; it checkpoints often."""

    def __init__(self, filename: str, flags: int = 0) -> None:
        super().__init__(filename, flags=flags, vfs=NAME)
        self.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")


class RecordedDatabase(Database):
    """A library of which all reading and writing goes through the one recorded connection."""

    @classmethod
    async def open_recorded(cls, path: Path) -> "RecordedDatabase":
        database = cls(path, changes=None, read_only=False, busy_timeout=5.0)
        await database._run(database._writer, database._open_writer)
        for lane in (database._reader, database._searcher):
            await database._run(lane, partial(_connection, ":memory:"))
        return database

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._submit(self._writer, partial(self._snapshot, work))


_connection = apsw.Connection
