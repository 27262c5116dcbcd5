"""The lower half of Bulk fetch: one run, its progress, an outcome per ID, and the contacts it found."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.fetching import FetchRun, FetchRunState
from app.domain.outcomes import Outcome
from app.ui.models.id_outcome_model import RECORD_ROLE, Column, IdOutcomeModel
from app.ui.theme import SPACING, outcome_style
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.labels import text_label
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services


_LEAST_HEIGHT = 96


def run_state_text(run: FetchRun, *, executing: bool) -> str:
    """Where a run stands: whatever is neither finished nor executed by this window waits for “Resume”."""
    if run.state is FetchRunState.FINISHED:
        return "Finished"
    return "Running" if executing else "Paused"


class FetchRunView(QWidget):
    """Shows a run as its owner hands it over; the buttons only announce what the rep wants.

    `history`, the owner's way to other runs, stands beside the tabs.

    Signals:
        pause_requested, resume_requested, retry_requested: For the run shown.
        enrich_requested, export_requested: With a list of contact ids.
        contact_activated: A contact to show in the inspector.
        copied: How many IDs were put on the clipboard.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    retry_requested = Signal()
    enrich_requested = Signal(object)
    export_requested = Signal(object)
    contact_activated = Signal(int)
    copied = Signal(int)

    def __init__(self, services: "Services", history: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._history = history
        self._run: FetchRun | None = None
        self._shown_contacts: list[int] = []
        self.model = IdOutcomeModel(self)
        self.contacts = ContactTable(services, self)
        self._table = QTableView()
        self._title = text_label(role="heading")
        self._progress = QProgressBar()
        self._counts = text_label(role="muted")
        self._pause = QPushButton("&Pause")
        self._resume = QPushButton("&Resume")
        self._retry = QPushButton("Re&try failed")
        self._filter = QComboBox()
        self._copy = QPushButton("Copy not-returned IDs")
        self._enrich = QPushButton("E&nrich found…")
        self._export = QPushButton("E&xport found…")
        self._tabs = QTabWidget()
        self._build()

    # -- what the owner tells ------------------------------------------------------------------------------

    async def show_run(self, run: FetchRun, *, executing: bool, pace: str = "") -> None:
        """Show a run as it stands now. `pace` says why it is waiting, "" when it is not."""
        outcomes = await self._services.fetching.items(run.run_id)
        is_other = self._run is None or self._run.run_id != run.run_id
        self._run = run
        if is_other:
            self._filter.setCurrentIndex(0)
        self.model.set_outcomes(outcomes)
        if is_other:
            self._table.resizeColumnToContents(Column.ID)  # looks at the rows in sight only
        self._show_head(run, executing=executing, pace=pace)
        self._show_filter(run)
        contacts = self.model.found_contacts()
        await self._show_contacts(contacts, other_run=is_other)
        self._tabs.setTabText(1, f"Found contacts ({len(contacts):,})" if contacts else "Found contacts")
        for button in (self._enrich, self._export):
            button.setEnabled(bool(contacts))

    async def shut_down(self) -> None:
        """Stop what the contact table does in the background."""
        await self.contacts.shut_down()

    # -- inside --------------------------------------------------------------------------------------------

    async def _show_contacts(self, contacts: list[int], *, other_run: bool) -> None:
        unnamed = self.model.unnamed_contacts()
        rows = await self._services.library.rows(unnamed) if unnamed else []
        names = dict.fromkeys(unnamed, "")  # one that is gone from the library is not asked for again
        names.update((row.contact_id, row.display_name) for row in rows)
        if len(rows) == len(unnamed):  # a merged contact answers with its survivor's id
            names.update((asked, row.display_name) for asked, row in zip(unnamed, rows, strict=True))
        self.model.set_names(names)
        if other_run:
            self.contacts.set_contact_ids(contacts)
        elif rows:
            self.contacts.append_rows(rows)
        self._shown_contacts = contacts

    def _show_head(self, run: FetchRun, *, executing: bool, pace: str) -> None:
        self._title.setText(
            f"{run.provider.label}: {run.done:,} of {count(run.total, 'ID')} done · "
            f"{run_state_text(run, executing=executing)}"
        )
        self._progress.setMaximum(max(1, run.total))
        self._progress.setValue(run.done)
        parts = [f"{number:,} {outcome.label.lower()}" for outcome, number in _counted(run)]
        if run.charged:
            parts.append(f"{count(run.charged, 'credit')} charged")
        if executing and pace:
            parts.append(pace)
        elif run.note and not executing:
            parts.append(run.note)
        self._counts.setText(" · ".join(parts))
        failed = run.counts.get(Outcome.FAILED, 0) + run.counts.get(Outcome.UNKNOWN, 0)
        is_open = run.state is not FetchRunState.FINISHED
        self._pause.setVisible(executing)
        self._resume.setVisible(is_open and not executing)
        self._retry.setVisible(bool(failed) and not executing)
        self._retry.setText(f"Re&try {failed:,} failed")
        not_returned = run.counts.get(Outcome.NOT_FOUND, 0)
        self._copy.setEnabled(bool(not_returned))
        self._copy.setText(f"Copy {not_returned:,} not-returned IDs" if not_returned else "Copy not-returned IDs")

    def _show_filter(self, run: FetchRun) -> None:
        if self._filter.view().isVisible():
            return  # the list would change under the rep's pointer
        chosen = self._filter.currentData()
        self._filter.blockSignals(True)  # noqa: FBT003 - the choice stays; only the numbers beside it change
        self._filter.clear()
        self._filter.addItem(f"All outcomes ({run.total:,})", None)
        for outcome, number in _counted(run):
            self._filter.addItem(outcome_style(outcome).icon, f"{outcome.label} ({number:,})", outcome.value)
        position = self._filter.findData(chosen) if chosen else 0
        self._filter.setCurrentIndex(max(0, position))
        self._filter.blockSignals(False)  # noqa: FBT003
        self._apply_filter()

    def _apply_filter(self) -> None:
        chosen = self._filter.currentData()
        self.model.show_outcome(Outcome(chosen) if chosen else None)

    def _copy_not_returned(self) -> None:
        ids = self.model.ids(Outcome.NOT_FOUND)
        QGuiApplication.clipboard().setText("\n".join(ids))
        self.copied.emit(len(ids))

    def _activate(self) -> None:
        entry = self._table.currentIndex().data(RECORD_ROLE)
        if entry is not None and entry.contact_id is not None:
            self.contact_activated.emit(entry.contact_id)

    def _build(self) -> None:
        self._name_widgets()
        self._set_up_table()
        self._filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._progress.setTextVisible(False)
        self.contacts.set_hint("No contacts found yet.")
        head = QHBoxLayout()
        head.setSpacing(SPACING.s)
        head.addWidget(self._title, 1)
        for button in (self._pause, self._resume, self._retry, self._enrich, self._export):
            head.addWidget(button)

        filters = QHBoxLayout()
        filters.setSpacing(SPACING.s)
        show = QLabel("Sho&w")
        show.setBuddy(self._filter)
        filters.addWidget(show)
        filters.addWidget(self._filter)
        filters.addStretch()
        filters.addWidget(self._copy)
        outcomes = QWidget()
        page = QVBoxLayout(outcomes)
        page.setContentsMargins(0, SPACING.s, 0, 0)
        page.setSpacing(SPACING.s)
        page.addLayout(filters)
        page.addWidget(self._table, 1)
        self._tabs.setCornerWidget(self._history)
        self._tabs.addTab(outcomes, "Outcome per ID")
        found = QWidget()
        below = QVBoxLayout(found)
        below.setContentsMargins(0, SPACING.s, 0, 0)
        below.addWidget(self.contacts)
        self._tabs.addTab(found, "Found contacts")

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        state = QHBoxLayout()
        state.setSpacing(SPACING.m)
        state.addWidget(self._progress, 1)
        state.addWidget(self._counts, 2)
        column.addLayout(head)
        column.addLayout(state)
        column.addWidget(self._tabs, 1)

        self._pause.clicked.connect(self.pause_requested)
        self._resume.clicked.connect(self.resume_requested)
        self._retry.clicked.connect(self.retry_requested)
        self._enrich.clicked.connect(lambda: self.enrich_requested.emit(list(self._shown_contacts)))
        self._export.clicked.connect(lambda: self.export_requested.emit(list(self._shown_contacts)))
        self._filter.currentIndexChanged.connect(self._apply_filter)
        self._copy.clicked.connect(self._copy_not_returned)
        self._table.activated.connect(self._activate)
        self.contacts.contact_activated.connect(self.contact_activated)
        self.contacts.enrich_requested.connect(self.enrich_requested)
        self.contacts.export_requested.connect(self.export_requested)

    def _name_widgets(self) -> None:
        for widget, name, spoken in (
            (self._table, "fetch_outcomes", "Outcome per ID"),
            (self.contacts, "fetch_contacts", "Found contacts"),
            (self._progress, "fetch_progress", "Progress of the bulk fetch"),
            (self._pause, "fetch_pause", "Pause"),
            (self._resume, "fetch_resume", "Resume"),
            (self._retry, "fetch_retry", "Retry failed IDs"),
            (self._filter, "fetch_filter", "Show IDs with this outcome"),
            (self._copy, "fetch_copy", "Copy the IDs that were not returned"),
            (self._enrich, "fetch_enrich", "Enrich the found contacts"),
            (self._export, "fetch_export", "Export the found contacts"),
            (self._tabs, "fetch_tabs", "Outcomes and contacts"),
            (self._title, "fetch_title", ""),
            (self._counts, "fetch_counts", ""),
        ):
            widget.setObjectName(name)
            if spoken:
                widget.setAccessibleName(spoken)

    def _set_up_table(self) -> None:
        self._table.setModel(self.model)
        self._table.setMinimumHeight(_LEAST_HEIGHT)
        self._table.setSortingEnabled(True)
        self._table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self._table.setTabKeyNavigation(False)
        self._table.setShowGrid(False)
        self._table.setAlternatingRowColors(True)
        self._table.setWordWrap(False)
        self._table.verticalHeader().hide()
        header = self._table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        for column, width in ((Column.OUTCOME, 120), (Column.NAME, 180)):
            header.resizeSection(column, width)
        header.setSectionResizeMode(Column.REASON, QHeaderView.ResizeMode.Stretch)


def _counted(run: FetchRun) -> list[tuple[Outcome, int]]:
    return [(outcome, run.counts[outcome]) for outcome in Outcome if run.counts.get(outcome)]
