"""Backups of the library, and what became of a damaged one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class BackupKind(StrEnum):
    """Why a backup was made."""

    MANUAL = "manual"
    DAILY = "daily"
    MIGRATION = "migration"

    @property
    def label(self) -> str:
        """In words."""
        return _LABELS[self]


_LABELS = {
    BackupKind.MANUAL: "made by hand",
    BackupKind.DAILY: "daily",
    BackupKind.MIGRATION: "before an update",
}


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: a library file of its own.

    Attributes:
        path: The file.
        at: When it was made, UTC.
        kind: Why.
        version: Number of the library's last migration.
        contacts: How many contacts it holds, None when that is not known.
        size: Bytes.
    """

    path: Path
    at: datetime
    kind: BackupKind
    version: int
    contacts: int | None
    size: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place of a library.

    Attributes:
        contacts: How many contacts the library holds now, None when that is not known.
        set_aside: Where the file is that it replaced, None when there was none.
        backup: The backup it came from, None when it was salvaged.
        saved: Table → rows read from the damaged file, after a salvage.
        lost: Table → rows known to be lost, after a salvage; tables that lost none are left out.
        uncertain: Tables of which an unknown number of rows may be lost besides.
    """

    contacts: int | None
    set_aside: Path | None
    backup: Backup | None = None
    saved: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    uncertain: tuple[str, ...] = ()
