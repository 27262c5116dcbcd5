"""One bulk fetch: its progress, an outcome per ID, the contacts it found, and what was odd."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.fetching import FetchRun, FetchRunState, IdOutcome
from app.domain.outcomes import Outcome
from app.qtbridge.tasks import TaskScope
from app.ui.models.id_outcome_model import RECORD_ROLE, Column, IdOutcomeModel
from app.ui.panes.fetch_notes import FetchNotes
from app.ui.panes.outcome_table import OutcomeFilter, OutcomeTable, counted
from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import name_widgets
from app.ui.widgets.labels import text_label
from app.ui.widgets.result_table import ResultTable
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

#: Rows read from the library in one go, when all are read and when there is news: they cost some of the window's time.
LARGE_PART = 5_000
PART = 1_000
CONTACTS_PART = 250
_CONTACTS_PAGE, _NOTES_PAGE = 1, 2


def run_state_text(run: FetchRun, *, executing: bool) -> str:
    """Where a run stands: whatever is neither finished nor executed by this window waits for “Resume”."""
    if run.state is FetchRunState.FINISHED:
        return "Stopped" if run.counts.get(Outcome.CANCELLED) else "Finished"
    return "Running" if executing else "Paused"


class FetchRunView(QWidget):
    """Shows a run as its owner hands it over; the buttons only announce what the rep wants.

    Signals:
        pause_requested, resume_requested, stop_requested, retry_requested: For the run shown.
        save_requested: The IDs that were not returned shall be written to a file.
        enrich_requested, export_requested, list_requested: With a list of contact ids.
        contact_activated: A contact to show in the inspector.
        copied: How many IDs were put on the clipboard.

    Args:
        services: Where runs and contacts are.
        scope: Runs the work of sorting.
        parent: Qt's parent.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    stop_requested = Signal()
    retry_requested = Signal()
    save_requested = Signal()
    enrich_requested = Signal(object)
    export_requested = Signal(object)
    list_requested = Signal(object)
    contact_activated = Signal(int)
    copied = Signal(int)

    def __init__(self, services: "Services", scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._scope = scope
        self._run: FetchRun | None = None
        self._awaited = 0
        self.contacts = ResultTable(services, self)
        self.model = IdOutcomeModel(self._name_of, self)
        self.notes = FetchNotes()
        self._table = OutcomeTable(self.model)
        self._title = text_label(role="heading")
        self._progress = QProgressBar()
        self._counts = text_label(role="muted")
        self._wait = text_label(role="warning")
        self._pause = QPushButton("&Pause")
        self._resume = QPushButton("&Resume")
        self._stop = QPushButton("S&top")
        self._retry = QPushButton("Retry &failed")
        self._filter = OutcomeFilter()
        self._copy = QPushButton("Copy not-returned IDs")
        self._save = QPushButton("Save…")
        self._enrich = QPushButton("E&nrich found…")
        self._export = QPushButton("E&xport found…")
        self._list = QPushButton("Save as &list…")
        self._tabs = QTabWidget()
        self._build()

    # -- what the owner tells ------------------------------------------------------------------------------

    async def show_run(self, run: FetchRun, *, executing: bool) -> None:
        """Show a run as it stands now."""
        other = self._run is None or self._run.run_id != run.run_id
        was_running = not other and self._run is not None and self._run.state is FetchRunState.RUNNING
        self._run = None if other else run  # until its rows are there
        if other:
            self._show_head(run, executing=executing)  # its rows may take a while
            await self._read_all(run)
            self._run = run
        elif executing and was_running:
            await self._read_news(run)
        else:
            await self._read_again(run)
        self._show_head(run, executing=executing)
        if self._filter.show_run(run):
            self._apply_filter()
        self._show_found()
        self.notes.show_run(run, await self._services.fetching.reconciliations(run.run_id))
        self._name_tab(_NOTES_PAGE, f"Notes ({self.notes.number:,})" if self.notes.number else "Notes")
        if self._tabs.isTabVisible(_NOTES_PAGE) != (self.notes.number > 0):
            self._tabs.setTabVisible(_NOTES_PAGE, self.notes.number > 0)

    def show_wait(self, text: str) -> None:
        """Say why nothing comes for the moment, "" when something does."""
        if text == self._wait.text():
            return
        self._wait.setText(text)
        self._wait.setVisible(bool(text))

    async def shut_down(self) -> None:
        """Stop what the contact table does in the background."""
        await self.contacts.shut_down()

    # -- rows ----------------------------------------------------------------------------------------------

    async def _read_all(self, run: FetchRun) -> None:
        self._table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._filter.setCurrentIndex(0)
        self.model.clear()
        self.contacts.set_contact_ids([])
        contacts: dict[int, None] = {}
        for start in range(0, run.total, LARGE_PART):
            part = await self._services.fetching.items(run.run_id, start=start, limit=LARGE_PART)
            self.model.append(part)
            contacts.update(dict.fromkeys(_contacts(part)))
            if start == 0:
                self._table.resizeColumnToContents(Column.ID)
        self._awaited = len(contacts)
        self.contacts.set_contact_ids(list(contacts))

    async def _read_news(self, run: FetchRun) -> None:
        """Read from the first open ID on, until nothing but queued ones follows: chunks are taken in order."""
        start = self.model.first_open
        while start < run.total:
            part = await self._services.fetching.items(run.run_id, start=start, limit=PART)
            await self._take(start, part)
            if all(entry.outcome is Outcome.QUEUED for entry in part):
                return
            start += PART

    async def _read_again(self, run: FetchRun) -> None:
        for start in range(0, run.total, LARGE_PART):
            await self._take(start, await self._services.fetching.items(run.run_id, start=start, limit=LARGE_PART))

    async def _take(self, start: int, part: Sequence[IdOutcome]) -> None:
        new = self.model.new_contacts(start, part)
        for first in range(0, len(new), CONTACTS_PART):
            self.contacts.append_rows(await self._services.library.rows(new[first : first + CONTACTS_PART]))
        self.model.update(start, part)  # last, so that their names are known when the rows are painted

    def _name_of(self, contact_id: int) -> str:
        row = self.contacts.model.contact_row(contact_id)
        return row.display_name if row is not None else ""

    async def _sort(self, column: int, order: Qt.SortOrder) -> None:
        self.model.apply_order(await asyncio.to_thread(self.model.ordered, column, order))

    # -- head and buttons ----------------------------------------------------------------------------------

    def _show_head(self, run: FetchRun, *, executing: bool) -> None:
        self._title.setText(
            f"{run.provider.label}: {run.done:,} of {count(run.total, 'ID')} done · "
            f"{run_state_text(run, executing=executing)}"
        )
        self._progress.setMaximum(max(1, run.total))
        self._progress.setValue(run.done)
        parts = [f"{number:,} {outcome.label.lower()}" for outcome, number in counted(run)]
        if run.charged or run.max_credits:
            cap = f" of at most {run.max_credits:,}" if run.max_credits is not None else ""
            parts.append(f"{count(run.charged, 'credit')} charged{cap}")
        if run.note and run.state is not FetchRunState.FINISHED and not executing:
            parts.append(run.note)
        self._counts.setText(" · ".join(parts))
        is_open = run.state is not FetchRunState.FINISHED
        again = [run.counts.get(each, 0) for each in (Outcome.FAILED, Outcome.UNKNOWN, Outcome.CANCELLED)]
        if not executing:
            self.show_wait("")
        self._pause.setVisible(executing)
        self._resume.setVisible(is_open and not executing)
        self._stop.setVisible(is_open)
        self._retry.setVisible(any(again) and not executing)
        self._retry.setText(_retry_text(*again))
        self._retry.setAccessibleName(self._retry.text().replace("&", ""))
        not_returned = run.counts.get(Outcome.NOT_FOUND, 0)
        copy = f"Copy {not_returned:,} not-returned IDs" if not_returned else "Copy not-returned IDs"
        if copy != self._copy.text():
            self._copy.setText(copy)
        for button in (self._copy, self._save):
            button.setEnabled(bool(not_returned))

    def _show_found(self) -> None:
        number = len(self.contacts.all_ids())
        self._name_tab(_CONTACTS_PAGE, f"Found contacts ({number:,})" if number else "Found contacts")
        has_contacts = self._run is not None and any(
            self._run.counts.get(each) for each in (Outcome.FOUND, Outcome.PARTIAL, Outcome.SKIPPED)
        )
        for button in (self._enrich, self._list, self._export):
            button.setEnabled(has_contacts)

    def _name_tab(self, page: int, text: str) -> None:
        if text != self._tabs.tabText(page):  # else everything in the tabs is laid out and painted anew
            self._tabs.setTabText(page, text)

    def _contacts_came(self) -> None:
        self._show_found()
        if self._awaited:
            self._table.viewport().update()  # the names of the rows in sight may be among them
            if len(self.contacts.arrived_ids()) >= self._awaited:
                self._awaited = 0

    def _apply_filter(self) -> None:
        self.model.show_outcome(self._filter.outcome)

    def _copy_not_returned(self) -> None:
        ids = self.model.ids(Outcome.NOT_FOUND)
        QGuiApplication.clipboard().setText("\n".join(ids))
        self.copied.emit(len(ids))

    def _activate(self) -> None:
        entry = self._table.currentIndex().data(RECORD_ROLE)
        if entry is not None and entry.contact_id is not None:
            self.contact_activated.emit(entry.contact_id)

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._name_widgets()
        self._progress.setTextVisible(False)
        self.contacts.set_hint("No contacts found yet.")
        self._wait.hide()
        head = QHBoxLayout()
        head.setSpacing(SPACING.s)
        head.addWidget(self._title, 1)
        for button in (self._pause, self._resume, self._stop, self._retry, self._enrich, self._list, self._export):
            head.addWidget(button)
        state = QHBoxLayout()
        state.setSpacing(SPACING.m)
        state.addWidget(self._progress, 1)
        state.addWidget(self._counts, 2)

        filters = QHBoxLayout()
        filters.setSpacing(SPACING.s)
        show = QLabel("Sho&w")
        show.setBuddy(self._filter)
        filters.addWidget(show)
        filters.addWidget(self._filter)
        filters.addStretch()
        filters.addWidget(self._copy)
        filters.addWidget(self._save)
        self._tabs.addTab(_page(self._table, filters), "Outcome per ID")
        self._tabs.addTab(_page(self.contacts), "Found contacts")
        self._tabs.addTab(_page(self.notes), "Notes")
        self._tabs.setTabVisible(_NOTES_PAGE, False)  # noqa: FBT003

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        column.addLayout(head)
        column.addLayout(state)
        column.addWidget(self._wait)
        column.addWidget(self._tabs, 1)

        self._pause.clicked.connect(self.pause_requested)
        self._resume.clicked.connect(self.resume_requested)
        self._stop.clicked.connect(self.stop_requested)
        self._retry.clicked.connect(self.retry_requested)
        self._save.clicked.connect(self.save_requested)
        self._enrich.clicked.connect(lambda: self.enrich_requested.emit(self.model.found_contacts()))
        self._export.clicked.connect(lambda: self.export_requested.emit(self.model.found_contacts()))
        self._list.clicked.connect(lambda: self.list_requested.emit(self.model.found_contacts()))
        self._filter.currentIndexChanged.connect(self._apply_filter)
        self._copy.clicked.connect(self._copy_not_returned)
        self._table.activated.connect(self._activate)
        self.model.order_wanted.connect(lambda column, order: self._scope.replace("sort", self._sort(column, order)))
        self.contacts.counts_changed.connect(self._contacts_came)
        self.contacts.contact_activated.connect(self.contact_activated)
        self.contacts.enrich_requested.connect(self.enrich_requested)
        self.contacts.export_requested.connect(self.export_requested)

    def _name_widgets(self) -> None:
        name_widgets(
            (
                (self._table, "fetch_outcomes", "Outcome per ID"),
                (self.contacts, "fetch_contacts", "Found contacts"),
                (self._progress, "fetch_progress", "Progress of the bulk fetch"),
                (self._pause, "fetch_pause", "Pause"),
                (self._resume, "fetch_resume", "Resume"),
                (self._stop, "fetch_stop", "Stop: do not ask for the rest"),
                (self._retry, "fetch_retry", "Retry failed IDs"),
                (self._filter, "fetch_filter", "Show IDs with this outcome"),
                (self._copy, "fetch_copy", "Copy the IDs that were not returned"),
                (self._save, "fetch_save", "Save the IDs that were not returned to a file"),
                (self._enrich, "fetch_enrich", "Enrich the found contacts"),
                (self._export, "fetch_export", "Export the found contacts"),
                (self._list, "fetch_list", "Save the found contacts as a list"),
                (self._tabs, "fetch_tabs", "Outcomes, contacts and notes"),
                (self._title, "fetch_title", ""),
                (self._counts, "fetch_counts", ""),
                (self._wait, "fetch_wait", ""),
            )
        )
        self._stop.setToolTip("Do not ask for the rest; what was fetched is kept")
        self._save.setToolTip("Save the IDs that were not returned to a CSV file")


def _page(content: QWidget, above: QHBoxLayout | None = None) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, SPACING.s, 0, 0)
    column.setSpacing(SPACING.s)
    if above is not None:
        column.addLayout(above)
    column.addWidget(content, 1)
    return page


def _contacts(part: Sequence[IdOutcome]) -> list[int]:
    return [entry.contact_id for entry in part if entry.contact_id is not None]


def _retry_text(failed: int, unknown: int, cancelled: int) -> str:
    if not cancelled:
        return f"Retry {failed + unknown:,} &failed"
    if not failed + unknown:
        return f"&Fetch the {cancelled:,} left"
    return f"Retry {failed + unknown:,} &failed and {cancelled:,} left"
