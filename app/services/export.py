"""Export: contacts of the library as a file that a CRM imports first time."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.contact import ContactRow
from app.domain.errors import InputError
from app.exchange.csv_writer import write_contacts
from app.exchange.presets import PRESETS, Preset, preset_named
from app.services.suppression import SuppressionService
from app.storage.exports import ExportRepository
from app.storage.library import LibraryRepository

log = logging.getLogger(__name__)

READ_AT_ONCE = 1_000
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
        self,
        contact_ids: Sequence[int],
        path: Path,
        *,
        preset: str = "plain",
        include_suppressed: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> ExportReport:
        """Write contacts in the order given, all of them or, on trouble, none. Each contact's history says so.

        Args:
            contact_ids: Who is written, but for those on the do-not-contact list.
            path: The file.
            preset: Its layout.
            include_suppressed: Write those too, by the rep's explicit decision; it is logged.
            progress: Hears how many of how many contacts are read, which is most of the work.

        Raises:
            InputError: Nothing to export, no such preset, or the file cannot be written.
        """
        if not contact_ids:
            raise InputError("There is nothing to export.")
        chosen = preset_named(preset)
        read: list[tuple[int, ContactRow]] = []
        for start in range(0, len(contact_ids), READ_AT_ONCE):
            part = contact_ids[start : start + READ_AT_ONCE]
            read += zip(part, await self._library.rows(part), strict=True)
            if progress is not None:
                progress(len(read), len(contact_ids))
        kept = [(contact_id, row) for contact_id, row in read if include_suppressed or not row.do_not_contact]
        if not kept:
            raise InputError(
                "Everybody in this selection is on the do-not-contact list.",
                next_step="Take them off the list, or export them all the same.",
            )
        written = await _write(path, [row for _, row in kept], chosen)
        overridden = sum(bool(row.do_not_contact) for _, row in kept)
        if overridden:
            log.info("%d contacts on the do-not-contact list were exported by explicit choice", overridden)
        for text, named in ((EXPORTED, False), (EXPORTED_ALL_THE_SAME, True)):
            noted = [contact_id for contact_id, row in kept if bool(row.do_not_contact) is named]
            await self._events.note(noted, text.format(path.name))
        return ExportReport(path, written, len(contact_ids) - len(kept), overridden)


async def _write(path: Path, rows: Sequence[ContactRow], preset: Preset) -> int:
    """Write the file on another thread, which ends without one when this is cancelled."""
    stopped = threading.Event()

    def each() -> Iterator[ContactRow]:
        for row in rows:
            if stopped.is_set():
                raise InputError("Stopped.")
            yield row

    try:
        return await asyncio.to_thread(write_contacts, path, each(), preset)
    except asyncio.CancelledError:
        stopped.set()
        raise
