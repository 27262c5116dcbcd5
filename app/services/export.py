"""Export: contacts of the library as a file that a CRM imports first time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import InputError
from app.exchange.csv_writer import write_contacts
from app.exchange.presets import PRESETS, Preset, preset_named
from app.storage.library import LibraryRepository


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written: the file, and its rows without the header."""

    path: Path
    rows: int


class ExportService:
    """Writes contacts to files. Works offline."""

    def __init__(self, library: LibraryRepository) -> None:
        self._library = library

    def presets(self) -> tuple[Preset, ...]:
        """The ways a file can be laid out."""
        return tuple(PRESETS.values())

    async def export_csv(self, contact_ids: Sequence[int], path: Path, *, preset: str = "plain") -> ExportReport:
        """Write contacts in the order given, all of them or, on trouble, none.

        Raises:
            InputError: Nothing to export, no such preset, or the file cannot be written.
        """
        if not contact_ids:
            raise InputError("There is nothing to export.")
        chosen = preset_named(preset)
        rows = await self._library.rows(contact_ids)
        written = await asyncio.to_thread(write_contacts, path, rows, chosen)
        return ExportReport(path, written)
