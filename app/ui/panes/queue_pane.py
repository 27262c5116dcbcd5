"""The enrichment queue: runs, batches and people, what they cost, and the decisions only the rep can take."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QStackedLayout,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import EnrichField, EnrichmentBatch, EnrichmentItem, EnrichmentRun
from app.domain.errors import ContactScoutError
from app.domain.outcomes import Outcome
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.delegates.progress_delegate import ProgressDelegate
from app.ui.failures import failure_handler
from app.ui.models.queue_model import PERCENT_ROLE, Column, QueueModel, unknown_batches
from app.ui.models.queue_notices import notices
from app.ui.models.queue_text import people_done, run_title
from app.ui.panes.queue_deeds import Chosen, Deed, QueueDeeds
from app.ui.panes.queue_notes import QueueNotes
from app.ui.refresher import Refresher
from app.ui.theme import SPACING, outcome_style
from app.ui.widgets.banner import Banner
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import ElidedLabel
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

_UNREAD, _EMPTY, _FILLED = range(3)
TICK_MS = 1_000
STUCK_TICKS = 30
_FILTERS = (
    Outcome.FOUND,
    Outcome.PARTIAL,
    Outcome.NOT_FOUND,
    Outcome.FAILED,
    Outcome.UNKNOWN,
    Outcome.IN_FLIGHT,
    Outcome.QUEUED,
    Outcome.EXPIRED,
    Outcome.SUPPRESSED,
    Outcome.CANCELLED,
)


class QueuePane(QWidget):
    """The queue dock. It reads what the service says after every change and never acts by itself.

    Signals:
        contact_activated: A contact to show in the inspector.
        noticed: Something for a notice of the desktop: title, text. It names nobody.
        file_dropped: A file (Path) of people to enrich was dropped here.
        import_requested: The rep wants to enrich a file.
    """

    contact_activated = Signal(int)
    noticed = Signal(str, str)
    file_dropped = Signal(Path)
    import_requested = Signal()

    def __init__(self, services: "Services", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._runs: list[EnrichmentRun] = []
        self._people: dict[int, tuple[EnrichmentRun, list[EnrichmentItem]]] = {}  # as read last
        self.model = QueueModel(self)
        self._notes = QueueNotes(services, self)
        self._ticks = 0
        self.banner = Banner(self)
        self._scope = TaskScope("queue", failure_handler(self.banner.show_error))
        self.view = QTreeView()
        self.filter = QComboBox()
        self._summary = ElidedLabel(role="muted")
        self._buttons = [(deed, QPushButton()) for deed in QueueDeeds(services, self.banner, self).all()]
        self._pages = QStackedLayout()
        self._refresher = Refresher(self._scope, "read the queue", self._refresh)
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._changed)
        # Times left are told to the second; nothing is read for that.
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._tick_on)
        self._build()
        self._refresher.request()

    async def shut_down(self) -> None:
        """Stop listening and reading. The queue itself goes on in its service."""
        self._tick.stop()
        self._bridge.close()
        await self._scope.aclose()

    def reveal(self, run_id: int) -> None:
        """Select a run and open its batches, once it has been read."""
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            run = self.model.run_of(index)
            if run is not None and run.run_id == run_id:
                self.view.setCurrentIndex(index)
                self.view.expand(index)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file of people."""
        if _local_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Announce a file of people."""
        path = _local_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.file_dropped.emit(path)

    # -- reading -------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if change.kind in (ChangeKind.ENRICHMENT, ChangeKind.LEDGER):
            self._refresher.request()

    async def _refresh(self) -> None:
        before = {run.run_id: run for run in self._runs}
        self._runs = await self._services.enrichment.runs()
        stuck, not_asked = await self._services.enrichment.stuck(), await self._services.enrichment.not_asked()
        known = {run.run_id for run in self._runs}
        self._people = {run_id: read for run_id, read in self._people.items() if run_id in known}
        self.model.set_runs(self._runs, not_asked)
        self._pages.setCurrentIndex(_FILLED if self._runs else _EMPTY)
        newest = self._runs[0] if self._runs else None
        if newest is not None and newest.run_id not in before and newest.is_open:
            self.reveal(newest.run_id)
        for notice in notices(list(before.values()), self._runs):
            self.noticed.emit(notice.title, notice.text)
        if any(run.is_open for run in self._runs):
            self._tick.start()
        else:
            self._tick.stop()
        self._notes.show(self._runs, stuck)
        self._show_actions()
        for run in self._runs:
            if run.run_id in self.model.loaded_runs() and before.get(run.run_id) != run:
                await self._read_items(run.run_id)
        await self._show_summary()

    async def _read_items(self, run_id: int) -> None:
        try:
            self.model.set_items(run_id, await self._read_people(run_id))
        except ContactScoutError as error:
            self.model.forget_request(run_id)
            self.banner.show_error(error)

    async def _read_people(self, run_id: int) -> list[EnrichmentItem]:
        run = next((run for run in self._runs if run.run_id == run_id), None)
        items = await self._services.enrichment.items(run_id)
        if run is not None:
            self._people[run_id] = (run, items)
        return items

    def _items_wanted(self, run_id: int) -> None:
        self._scope.start(self._read_items(run_id), f"read people of run {run_id}")

    def _show_stuck_batch(self, run_id: int, batch_id: int) -> None:
        """Select it, unless the rep is looking at another one."""
        if not self._chosen().batch:
            self._select_batch(run_id, batch_id)

    def _start_asking(self, batch_ids: list[int]) -> None:
        self._scope.replace("ask about stuck", self._ask_again(batch_ids))

    async def _ask_again(self, batch_ids: list[int]) -> None:
        for batch_id in batch_ids:
            await self._services.enrichment.ask_again(batch_id)
        self.banner.show_info(f"{count(len(batch_ids), 'batch')} asked about once more.")

    def _tick_on(self) -> None:
        self.view.viewport().update()
        self._ticks += 1
        if self._ticks % STUCK_TICKS == 0:  # nothing changes when a batch grows too old
            self._refresher.request()

    async def _show_summary(self) -> None:
        run = self._chosen().run or (self._runs[0] if self._runs else None)
        if run is None:
            self._summary.setText("")
            return
        read = self._people.get(run.run_id)
        # Who walks along the rows of a large run is not to have all of it read with each.
        items = read[1] if read is not None and read[0] == run else await self._read_people(run.run_id)
        spent = run.spending
        parts = [run_title(run), f"{people_done(run):,} of {count(run.people, 'person')} done"]
        parts += [f"{name.value} found for {_found(items, name):,}" for name in EnrichField if name in run.fields]
        parts.append(f"{spent.charged:,} charged, {spent.reserved:,} reserved, cap {count(spent.cap, 'credit')}")
        self._summary.setText(" · ".join(parts))

    # -- what the rep does ---------------------------------------------------------------------------------

    def _chosen(self) -> Chosen:
        index = self.view.currentIndex()
        runs = tuple(self._runs)
        if not index.isValid():
            return Chosen(runs)
        record = self.model.record(index)
        batch = self.model.record(index.parent()) if isinstance(record, EnrichmentItem) else record
        return Chosen(
            runs,
            self.model.run_of(index),
            batch if isinstance(batch, EnrichmentBatch) else None,
            record if isinstance(record, EnrichmentItem) else None,
        )

    def _show_actions(self) -> None:
        chosen = self._chosen()
        for deed, button in self._buttons:
            label = deed.label(chosen)
            button.setVisible(bool(label))
            button.setText(label)
            button.setAccessibleName(label.rstrip("…"))

    def _start(self, deed: Deed) -> None:
        chosen = self._chosen()
        if deed.label(chosen):
            self._scope.replace(deed.name, deed.do(chosen))

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for deed, button in self._buttons:
            if not button.isHidden():
                menu.addAction(button.text(), partial(self._start, deed))
        if menu.actions():
            menu.popup(self.view.viewport().mapToGlobal(at))
        else:
            menu.deleteLater()

    def _select_decision(self) -> None:
        waiting = unknown_batches(self._runs)
        if not waiting:
            return
        run, batch = waiting[0]
        self._select_batch(run.run_id, batch.batch_id)
        next(button for deed, button in self._buttons if deed.name == "submit_again").setFocus()

    def _select_batch(self, run_id: int, batch_id: int) -> None:
        self.reveal(run_id)
        parent = self.view.currentIndex()
        for row in range(self.model.rowCount(parent)):
            index = self.model.index(row, 0, parent)
            record = self.model.record(index)
            if isinstance(record, EnrichmentBatch) and record.batch_id == batch_id:
                self.view.setCurrentIndex(index)

    def _selection_changed(self) -> None:
        self._show_actions()
        self._scope.replace("summary", self._show_summary())

    def _filter_changed(self) -> None:
        outcome = self.filter.currentData()
        self.model.show_outcomes(None if outcome is None else (outcome,))
        run = self._chosen().run or (self._runs[0] if self._runs else None)
        if run is None or outcome is None:
            return
        self.reveal(run.run_id)
        parent = self.view.currentIndex()
        for row in range(self.model.rowCount(parent)):
            self.view.expand(self.model.index(row, 0, parent))

    def _activated(self, index: QModelIndex) -> None:
        record = self.model.record(index)
        if isinstance(record, EnrichmentItem) and record.person.contact_id is not None:
            self.contact_activated.emit(record.person.contact_id)

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("queue_pane")
        self.setAcceptDrops(True)
        for widget, name in (
            (self.view, "queue_tree"),
            (self.filter, "queue_filter"),
            (self._summary, "queue_summary"),
        ):
            widget.setObjectName(name)
        self._set_up_tree()
        tools = QHBoxLayout()
        tools.setSpacing(SPACING.s)
        for deed, button in self._buttons:
            button.setObjectName(f"queue_{deed.name}")
            button.setToolTip(deed.tip)
            button.hide()
            button.clicked.connect(partial(self._start, deed))
            tools.addWidget(button)
        tools.addStretch()
        label = QLabel("S&how")
        label.setBuddy(self.filter)
        tools.addWidget(label)
        tools.addWidget(self.filter)
        self.filter.setAccessibleName("Show people by outcome")
        self.filter.addItem("Everybody", None)
        for outcome in _FILTERS:
            self.filter.addItem(outcome_style(outcome).icon, outcome.label, outcome)
        self.filter.currentIndexChanged.connect(self._filter_changed)

        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        column.addLayout(tools)
        column.addWidget(self.view, 1)
        column.addWidget(self._summary)
        empty = EmptyState(
            "queue",
            "Nothing is queued",
            "Select contacts and choose “Enrich…”, or drop a CSV file of people here.",
            action_text="Enrich a CSV file…",
            action=self.import_requested.emit,
        )
        for page in (QWidget(), empty, filled):
            self._pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.s)
        whole.setSpacing(SPACING.s)
        for banner in (*self._notes.banners, self.banner):
            whole.addWidget(banner)
        whole.addLayout(self._pages, 1)

        self._notes.noticed.connect(self.noticed)
        self._notes.decision_wanted.connect(self._select_decision)
        self._notes.ask_again_wanted.connect(self._start_asking)
        self._notes.stuck_found.connect(self._show_stuck_batch)
        self.model.items_wanted.connect(self._items_wanted)
        self.view.activated.connect(self._activated)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.selectionModel().currentChanged.connect(self._selection_changed)
        deselect = QAction("Act on all runs", self.view)
        deselect.setShortcut("Escape")
        deselect.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        deselect.triggered.connect(self._deselect)
        self.view.addAction(deselect)

    def _deselect(self) -> None:
        self.view.selectionModel().setCurrentIndex(QModelIndex(), QItemSelectionModel.SelectionFlag.Clear)

    def _set_up_tree(self) -> None:
        self.view.setModel(self.model)
        self.view.setAccessibleName("Enrichment queue")
        self.view.setUniformRowHeights(True)
        self.view.setAlternatingRowColors(True)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.setItemDelegateForColumn(Column.PROGRESS, ProgressDelegate(PERCENT_ROLE, self.view))
        header = self.view.header()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        for column, width in (
            (Column.WHAT, 340),
            (Column.STATE, 160),
            (Column.PROGRESS, 200),
            (Column.CREDITS, 180),
        ):
            header.resizeSection(column, width)
        header.setSectionResizeMode(Column.NOTE, QHeaderView.ResizeMode.Stretch)


def _found(items: list[EnrichmentItem], name: EnrichField) -> int:
    """People who have at least one value of a field."""
    ends = (Outcome.FOUND, Outcome.PARTIAL)
    return sum(1 for item in items if name in item.outcomes and item.outcomes[name].outcome in ends)


def _local_file(event: QDropEvent) -> Path | None:
    files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return Path(files[0]) if files else None
