"""The tour's steps around the enrichment queue: a file of people, the domains it lacks, the ledger and a log."""

import asyncio
import csv
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QPushButton, QTableView

from app.domain.enrichment import EnrichmentItem
from app.ui.dialogs.domain_editor import DomainEditor
from app.ui.dialogs.enrich_dialog import EnrichDialog
from app.ui.dialogs.item_log import ItemLog
from app.ui.dialogs.ledger_dialog import LedgerDialog
from app.ui.dialogs.people_import import PeopleImportDialog
from app.ui.tour_stage import TourStage

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex

PEOPLE_FILE = "people.csv"
HEADER = ("First Name", "Surname", "Company", "Website")
WITHOUT_DOMAIN = (
    ("Ada", "Lanternwick", "Quillmark Lanterns", ""),
    ("Bo", "Tallowby", "Nimbus & Thistle", ""),
    ("Cy", "Wickham", "Quillmark Lanterns", ""),
)


class EnrichmentSteps(TourStage):
    """What a rep does with a file of people, and how the books are read."""

    async def import_people(self) -> None:
        """Drop a file on the queue, look at its columns, and fill in the domains it lacks. Nothing is bought."""
        hand = self._hand
        path = self._record.directory / PEOPLE_FILE
        await asyncio.to_thread(_write, path)
        self._window.queue.file_dropped.emit(path)
        columns = await hand.dialog(PeopleImportDialog)
        confirm = hand.find(QPushButton, "import_confirm", columns)
        self._record.expect(confirm.isEnabled(), "the columns are found by their headers")
        await self._picture("import-people")
        hand.click(confirm)
        dialog = await hand.dialog(EnrichDialog)
        fill_in = hand.find(QPushButton, "enrich_fill_in", dialog)
        await hand.until(fill_in.isVisible, "Missing domains are told.")
        hand.click(fill_in)
        editor = await hand.dialog(DomainEditor)
        suggest = hand.find(QPushButton, "domain_suggest", editor)
        hand.click(suggest)
        await hand.until(lambda: bool(editor.model.domains()), "A domain is suggested.")
        await hand.until(hand.find(QPushButton, "domain_confirm", editor).isEnabled, "The domains can be used.")
        await self._picture("domain-editor")
        hand.click(hand.find(QPushButton, "domain_confirm", editor))
        await hand.closed(DomainEditor)
        button = hand.find(QPushButton, "enrich_confirm", dialog)
        await hand.until(lambda: "at most" in button.text(), "The plan follows the domains.")
        self._record.note(offered=button.text())
        await self._picture("enrich-file")
        dialog.reject()
        await hand.closed(EnrichDialog)

    async def read_ledger(self) -> None:
        """Look at the ledger, in light and dark, and at the log of one person."""
        hand = self._hand
        hand.act("enrich.ledger")
        dialog = await hand.dialog(LedgerDialog)
        lines = hand.find(QTableView, "ledger_lines", dialog).model()
        await hand.until(lambda: lines.rowCount() > 0, "The ledger has entries.")
        totals = hand.find(QLabel, "ledger_totals", dialog).text()
        self._record.note(totals=totals, balance=hand.find(QLabel, "ledger_reconciliation", dialog).text())
        await self._picture("ledger")
        hand.act("view.theme.dark")
        await self._picture("dark-ledger")
        hand.act("view.theme.light")
        dialog.reject()
        await hand.closed(LedgerDialog)
        queue = self._window.queue
        batch = queue.model.index(0, 0, queue.model.index(0, 0))
        queue.view.expand(batch)
        await hand.until(lambda: queue.model.rowCount(batch) > 0, "The queue shows people.")
        person: QModelIndex = queue.model.index(0, 0, batch)
        queue.view.setCurrentIndex(person)
        self._record.expect(isinstance(queue.model.record(person), EnrichmentItem), "a person is selected")
        hand.click(hand.find(QPushButton, "queue_log", queue))
        log = await hand.dialog(ItemLog)
        await self._picture("person-log")
        log.reject()
        await hand.closed(ItemLog)


def _write(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows((HEADER, *WITHOUT_DOMAIN))
