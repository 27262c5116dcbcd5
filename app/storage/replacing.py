"""Another file in the library's place: a backup, or what was salvaged. The old file is set aside, never deleted.

Three notes beside the library outlive a kill in the middle of it: that a replacement is under way, that paid requests
are to be collected again afterwards, and that damage was seen.
"""

import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from app.domain.backups import Backup, Restored
from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage.backups import backup_folder, copy_sound, flush
from app.storage.files import replace_file, sync_folder
from app.storage.salvage import Progress, salvage

log = logging.getLogger(__name__)

T = TypeVar("T")
_ENDINGS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Replacement:
    """A replacement under way: names of files beside the library."""

    fresh: str
    aside: str


@dataclass(frozen=True, slots=True)
class Collection:
    """That the library was set back: what was paid for since is to be collected again, and what the rep is told."""

    text: str


@dataclass(frozen=True, slots=True)
class Damage:
    """That damage was seen, in words."""

    text: str


class Note(Generic[T]):
    """A small file that says one thing."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        self._path = path
        self._kind = kind

    def read(self) -> T | None:
        """What it says, None without it."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=self._kind)
        except (OSError, msgspec.MsgspecError):
            return None

    def write(self, said: T) -> None:
        """Say something, flushed to the disk.

        Raises:
            LibraryError: It cannot be written.
        """
        try:
            replace_file(self._path, msgspec.json.encode(said))
        except OSError as error:
            raise LibraryError(
                "The profile's folder cannot be written.", next_step="Free some disk space, then try again."
            ) from error

    def clear(self) -> None:
        """Say nothing any more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def replacement_note(library: Path) -> Note[Replacement]:
    """The note that a replacement is under way."""
    return Note(library.with_suffix(".replacing.json"), Replacement)


def collection_note(library: Path) -> Note[Collection]:
    """The note that paid requests are to be collected again."""
    return Note(library.with_suffix(".collect.json"), Collection)


def damage_note(library: Path) -> Note[Damage]:
    """The note that damage was seen."""
    return Note(library.with_suffix(".damaged.json"), Damage)


def prepare(library: Path) -> None:
    """Before a library is opened, with its profile locked: end what a kill left half done, and look at the outside.

    Raises:
        DamagedLibraryError: Damage was seen before, or the file is empty although there was something in it.
        LibraryError: What was begun cannot be ended.
    """
    if replacement_note(library).read() is not None:
        _replace(library)
    else:
        _delete_unfinished(library)
    if (damage := damage_note(library).read()) is not None:
        raise DamagedLibraryError(damage.text)
    if library.exists() and not library.stat().st_size and any(backup_folder(library).glob(f"*{library.suffix}")):
        raise DamagedLibraryError


def restore(library: Path, backup: Backup) -> Restored:
    """Put a copy of a backup in the library's place. The profile is locked, and nobody has the library open.

    Raises:
        LibraryError: The backup is damaged, no library, a newer program's, or cannot be copied; nothing was changed.
    """
    fresh = _fresh(library)
    try:
        contacts = _copied(backup.path, fresh)
        restored = Restored(contacts, _aside(library), backup)
        _put_in_place(library, fresh, restored, f"The library is the backup of {_day(backup.at)}. {_MISSING_SINCE}")
    except BaseException:
        _discard(library)
        raise
    return restored


def salvage_in_place(library: Path, progress: Progress = lambda _table: None) -> Restored:
    """Put what can be read of a library in its place. The profile is locked, and nobody has the library open.

    Raises:
        DamagedLibraryError: Nothing can be read; nothing was changed.
        LibraryError: The new file cannot be written; nothing was changed.
    """
    fresh = _fresh(library)
    try:
        saved = salvage(library, fresh, progress=progress)
        restored = Restored(
            saved.contacts,
            _aside(library),
            saved=saved.saved,
            lost=saved.lost,
            uncertain=saved.uncertain,
        )
        _put_in_place(library, fresh, restored, f"The library was salvaged. {told_loss(restored)}")
    except BaseException:
        _discard(library)
        raise
    return restored


def told_loss(restored: Restored) -> str:
    """What a salvage could not save, in a sentence or two."""
    lost = [f"{number:,} of {_WORDS.get(table, table.replace('_', ' '))}" for table, number in restored.lost.items()]
    unsure = [_WORDS.get(table, table.replace("_", " ")) for table in restored.uncertain]
    parts = []
    if lost:
        parts.append(f"Lost: {', '.join(lost)}.")
    if unsure:
        parts.append(f"Something may be missing of: {', '.join(unsure)}.")
    return " ".join(parts) or "Nothing is known to be lost."


_MISSING_SINCE = "Contacts, notes, tags and lists of a later day are in the file that was set aside."

_WORDS = {
    "contact": "contacts",
    "source_record": "records from services",
    "identity_key": "keys that tell people apart",
    "contact_event": "the contacts’ history",
    "contact_mark": "status, rating and notes",
    "contact_tag": "tags",
    "contact_list": "lists",
    "contact_list_member": "entries of lists",
    "field_choice": "values picked by hand",
    "undo_step": "steps that could be undone",
    "fetch_item": "IDs of bulk fetches",
    "fetch_run": "bulk fetches",
    "enrichment_item": "people in the queue",
    "enrichment_field": "outcomes in the queue",
    "enrichment_batch": "batches in the queue",
    "enrichment_run": "runs of the queue",
    "enrichment_event": "the queue’s log",
    "enrichment_answer": "raw answers",
    "ledger_line": "lines of the ledger",
    "quarantined_row": "rows that could not be read",
    "suppression": "people not to contact",
    "saved_view": "saved views",
}


def _put_in_place(library: Path, fresh: Path, restored: Restored, text: str) -> None:
    collection_note(library).write(Collection(text))
    aside = restored.set_aside or _aside_name(library)
    note = replacement_note(library)
    note.write(Replacement(fresh.name, aside.name))
    try:
        _replace(library)
    except LibraryError:
        if restored.set_aside is None or not aside.exists():
            note.clear()  # nothing was moved yet; else the next start ends what has begun
        raise
    damage_note(library).clear()


def _replace(library: Path) -> None:
    """Do what the note says; all of it can be done again."""
    note = replacement_note(library)
    replacement = note.read()
    assert replacement is not None, "the caller has seen it"
    fresh = library.with_name(replacement.fresh)
    try:
        if fresh.exists():
            for ending in _ENDINGS:
                old = Path(f"{library}{ending}")
                if ending and old.exists() and (ending == "-shm" or not old.stat().st_size):
                    old.unlink()  # nothing that SQLite would not make again
                elif old.exists():
                    old.replace(library.with_name(f"{replacement.aside}{ending}"))
            fresh.replace(library)
            sync_folder(library.parent)
            log.info("The library was replaced; the old file is %s", replacement.aside)
    except OSError as error:
        raise LibraryError(
            "The library’s file cannot be moved.", next_step="Close every program that has it open, then start again."
        ) from error
    note.clear()


def _copied(backup: Path, fresh: Path) -> int:
    try:
        version, contacts = copy_sound(backup, fresh)
    except DamagedLibraryError as error:
        raise LibraryError("This backup is damaged.", next_step="Choose another one.") from error
    if version == 0:
        raise LibraryError("This file is not a Contact Scout library.", next_step="Choose another backup.")
    flush(fresh)
    return contacts


def _fresh(library: Path) -> Path:
    _delete_unfinished(library)
    return _fresh_name(library)


def _fresh_name(library: Path) -> Path:
    return library.with_name(f".{library.stem}.new{library.suffix}")


def _delete_unfinished(library: Path) -> None:
    """Delete what a kill has left of a file that was to take the library's place: it may be as large as that."""
    for ending in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            Path(f"{_fresh_name(library)}{ending}").unlink(missing_ok=True)


def _aside(library: Path) -> Path | None:
    return _aside_name(library) if library.exists() else None


def _aside_name(library: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    name = library.with_name(f"{library.stem}.set-aside-{stamp}{library.suffix}")
    number = 1
    while name.exists():
        number += 1
        name = library.with_name(f"{library.stem}.set-aside-{stamp}-{number}{library.suffix}")
    return name


def _discard(library: Path) -> None:
    """Leave nothing of a failed attempt, unless it goes on at the next start."""
    if replacement_note(library).read() is None:
        collection_note(library).clear()
        _delete_unfinished(library)


def _day(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d, %H:%M")
