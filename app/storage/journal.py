"""The journal of accepted requests: a second, append-only place for the ids of what was paid for.

An id is written here right after the provider's acceptance and before anything else. If the library's own write
then fails or never happens, the journal still knows what to ask for.
"""

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from app.domain.errors import LibraryError
from app.storage.files import sync_folder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One accepted request, without a word about the people in it; `at` in UTC.

    `key_fingerprint` tells which key it was bought with, `client_keys` are our keys of its people, `reserved` the
    credits it may cost. Lines of earlier versions lack these three.
    """

    request_id: str
    batch_id: int
    at: datetime
    key_fingerprint: str = ""
    client_keys: tuple[str, ...] = ()
    reserved: int = 0


_decoder = msgspec.json.Decoder(JournalEntry)


class RequestJournal:
    """One JSON line per accepted request, flushed to the disk line by line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, entry: JournalEntry) -> None:
        """Write one line and flush it to the disk; takes some milliseconds.

        Raises:
            LibraryError: It cannot be written. The request is accepted all the same: go on and store its id.
        """
        line = msgspec.json.encode(entry) + b"\n"
        try:
            is_new = not self._path.exists()
            with self._path.open("a+b") as file:
                file.write(line if self._ends_whole(file.tell()) else b"\n" + line)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync_folder(self._path.parent)
        except OSError as error:
            raise LibraryError(
                "The journal of paid requests cannot be written.", next_step="Free some disk space, then try again."
            ) from error

    def entries(self) -> list[JournalEntry]:
        """All entries, the oldest first. A line that a crash tore is passed over.

        Raises:
            LibraryError: The journal is there and cannot be read.
        """
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LibraryError(
                "The journal of paid requests cannot be read.",
                next_step="Check that you may read the profile's folder.",
            ) from error
        entries = []
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            try:
                entries.append(_decoder.decode(line))
            except msgspec.MsgspecError:
                log.warning("Line %d of the journal of requests cannot be read", number)
        return entries

    def _ends_whole(self, size: int) -> bool:
        if size == 0:
            return True
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
