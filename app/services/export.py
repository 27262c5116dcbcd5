"""Export: contacts of the library as a file that a CRM imports first time."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import InputError
from app.exchange.csv_writer import write_contacts
from app.exchange.presets import PRESETS, Preset, preset_named
from app.services.suppression import SuppressionService
from app.storage.exports import ExportRepository
from app.storage.library import LibraryRepository

log = logging.getLogger(__name__)

EXPORTED = "Exported to “{}”."
EXPORTED_ALL_THE_SAME = "Exported to “{}”, though on the do-not-contact list."


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written: the file, and its rows without the header.

    Attributes:
        path: The file.
        rows: Its rows.
        left_out: Contacts that are not in it, because they are on the do-not-contact list.
        overridden: Contacts that are in it all the same.
    """

    path: Path
    rows: int
    left_out: int = 0
    overridden: int = 0


class ExportService:
    """Writes contacts to files. Works offline."""

    def __init__(self, library: LibraryRepository, suppression: SuppressionService, events: ExportRepository) -> None:
        self._library = library
        self._suppression = suppression
        self._events = events

    def presets(self) -> tuple[Preset, ...]:
        """The ways a file can be laid out."""
        return tuple(PRESETS.values())

    async def suppressed(self, contact_ids: Sequence[int]) -> int:
        """How many of these contacts an export leaves out."""
        return len(await self._suppression.contacts(contact_ids))

    async def export_csv(
        self, contact_ids: Sequence[int], path: Path, *, preset: str = "plain", include_suppressed: bool = False
    ) -> ExportReport:
        """Write contacts in the order given, all of them or, on trouble, none. Each contact's history says so.

        Args:
            contact_ids: Who is written, but for those on the do-not-contact list.
            path: The file.
            preset: Its layout.
            include_suppressed: Write those too, by the rep's explicit decision; it is logged.

        Raises:
            InputError: Nothing to export, no such preset, or the file cannot be written.
        """
        if not contact_ids:
            raise InputError("There is nothing to export.")
        chosen = preset_named(preset)
        suppressed = await self._suppression.contacts(contact_ids)
        kept = [each for each in contact_ids if include_suppressed or each not in suppressed]
        if not kept:
            raise InputError(
                "Everybody in this selection is on the do-not-contact list.",
                next_step="Take them off the list, or export them all the same.",
            )
        rows = await self._library.rows(kept)
        written = await asyncio.to_thread(write_contacts, path, rows, chosen)
        overridden = len(suppressed) if include_suppressed else 0
        if overridden:
            log.info("%d contacts on the do-not-contact list were exported by explicit choice", overridden)
        for text, named in ((EXPORTED, False), (EXPORTED_ALL_THE_SAME, True)):
            await self._events.note([each for each in kept if (each in suppressed) is named], text.format(path.name))
        return ExportReport(path, written, len(contact_ids) - len(kept), overridden)
