"""The enrichment queue: runs, batches and people, what they cost, and the decisions only the rep can take."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedLayout,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import BatchState, EnrichField, EnrichmentBatch, EnrichmentItem, EnrichmentRun
from app.domain.errors import ContactScoutError
from app.domain.outcomes import Outcome
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.dialogs import ask
from app.qtbridge.tasks import TaskScope
from app.ui.delegates.progress_delegate import ProgressDelegate
from app.ui.failures import failure_handler
from app.ui.models.queue_model import PERCENT_ROLE, Column, QueueModel, unknown_batches
from app.ui.models.queue_text import people_done, resubmit_cost
from app.ui.refresher import Refresher
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import text_label
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services


class QueuePane(QWidget):
    """The queue dock. It reads what the service says after every change and never acts by itself.

    Signals:
        contact_activated: A contact to show in the inspector.
    """

    contact_activated = Signal(int)

    def __init__(self, services: "Services", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._runs: list[EnrichmentRun] = []
        self._lane_note = ""
        self._waiting: list[int] = []
        self.model = QueueModel(self)
        self._lane = Banner(self)
        self._decide = Banner(self)
        self.banner = Banner(self)
        self._scope = TaskScope("queue", failure_handler(self.banner.show_error))
        self.view = QTreeView()
        self._summary = text_label(role="muted", wrap=False)
        self._stop = QPushButton("Stop new spend")
        self._resume = QPushButton("Resume")
        self._again = QPushButton("Submit again…")
        self._ask_again = QPushButton("Ask again")
        self._give_up = QPushButton("Give up…")
        self._pages = QStackedLayout()
        self._refresher = Refresher(self._scope, "read the queue", self._refresh)
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._changed)
        self._build()
        self._refresher.request()

    async def shut_down(self) -> None:
        """Stop listening and reading. The queue itself goes on in its service."""
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

    # -- reading -------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if change.kind in (ChangeKind.ENRICHMENT, ChangeKind.LEDGER):
            self._refresher.request()

    async def _refresh(self) -> None:
        known = {run.run_id for run in self._runs}
        before = {run.run_id: run for run in self._runs}
        self._runs = await self._services.enrichment.runs()
        self.model.set_runs(self._runs)
        self._pages.setCurrentIndex(1 if self._runs else 0)
        for run in self._runs:
            if run.run_id in self.model.loaded_runs() and before.get(run.run_id) != run:
                await self._read_items(run.run_id)
        newest = self._runs[0] if self._runs else None
        if newest is not None and newest.run_id not in known and newest.is_open:
            self.reveal(newest.run_id)
        self._show_notes()
        self._show_actions()
        await self._show_summary()

    async def _read_items(self, run_id: int) -> None:
        try:
            self.model.set_items(run_id, await self._services.enrichment.items(run_id))
        except ContactScoutError as error:
            self.model.forget_request(run_id)
            self.banner.show_error(error)

    def _items_wanted(self, run_id: int) -> None:
        self._scope.start(self._read_items(run_id), f"read people of run {run_id}")

    def _show_notes(self) -> None:
        note = self._services.enrichment.lane_note
        if note != self._lane_note:  # what the rep has dismissed stays away until there is something new to say
            self._lane_note = note
            if note:
                self._lane.show_warning(note)
            else:
                self._lane.clear()
        waiting = unknown_batches(self._runs)
        if [batch.batch_id for _, batch in waiting] == self._waiting:
            return
        self._waiting = [batch.batch_id for _, batch in waiting]
        if not waiting:
            self._decide.clear()
            return
        people = count(sum(batch.item_count for _, batch in waiting), "person")
        self._decide.show_warning(
            f"The answer to {count(len(waiting), 'submit')} of {people} was not seen. It may have been charged, "
            "so only you can decide whether to submit again.",
            action_text="Decide…",
            action=self._select_decision,
        )

    async def _show_summary(self) -> None:
        run = self._selected_run() or (self._runs[0] if self._runs else None)
        if run is None:
            self._summary.setText("")
            return
        items = await self._services.enrichment.items(run.run_id)
        spent = run.spending
        parts = [f"Run {run.run_id}: {people_done(run):,} of {count(run.people, 'person')} done"]
        parts += [f"{name.value} found for {_found(items, name):,}" for name in EnrichField if name in run.fields]
        parts.append(f"{spent.charged:,} charged, {spent.reserved:,} reserved, cap {count(spent.cap, 'credit')}")
        self._summary.setText(" · ".join(parts))

    # -- what the rep does ---------------------------------------------------------------------------------

    def _selected(self) -> EnrichmentRun | EnrichmentBatch | EnrichmentItem | None:
        return self.model.record(self.view.currentIndex())

    def _selected_run(self) -> EnrichmentRun | None:
        index = self.view.currentIndex()
        return self.model.run_of(index) if index.isValid() else None

    def _selected_batch(self) -> EnrichmentBatch | None:
        record = self._selected()
        if isinstance(record, EnrichmentItem):
            record = self.model.record(self.view.currentIndex().parent())
        return record if isinstance(record, EnrichmentBatch) else None

    def _show_actions(self) -> None:
        chosen = self._selected_run()
        runs = [chosen] if chosen is not None else self._runs
        of_run = f" of run {chosen.run_id}" if chosen is not None else ""
        can_stop = any(not run.stopped and run.is_open for run in runs)
        can_resume = any(run.stopped for run in runs)
        self._stop.setEnabled(can_stop)
        self._stop.setText(f"Stop new spend{of_run}")
        self._resume.setVisible(can_resume)
        self._resume.setText(f"Resume{of_run.replace(' of', '')}")
        batch = self._selected_batch()
        unknown = batch is not None and batch.state is BatchState.UNKNOWN_OUTCOME
        pollable = batch is not None and batch.state.is_pollable
        self._again.setVisible(unknown)
        self._ask_again.setVisible(pollable)
        self._give_up.setVisible(unknown or pollable)
        if unknown and batch is not None and chosen is not None:
            self._again.setText(f"Submit again, may cost up to {count(resubmit_cost(chosen, batch), 'credit')} more…")
        for button in (self._stop, self._resume, self._again, self._ask_again, self._give_up):
            button.setAccessibleName(button.text().rstrip("…"))

    def _select_decision(self) -> None:
        waiting = unknown_batches(self._runs)
        if not waiting:
            return
        run, batch = waiting[0]
        self.reveal(run.run_id)
        parent = self.view.currentIndex()
        for row in range(self.model.rowCount(parent)):
            index = self.model.index(row, 0, parent)
            record = self.model.record(index)
            if isinstance(record, EnrichmentBatch) and record.batch_id == batch.batch_id:
                self.view.setCurrentIndex(index)
        self._again.setFocus()

    def _selection_changed(self) -> None:
        self._show_actions()
        self._scope.replace("summary", self._show_summary())

    def _activated(self, index: QModelIndex) -> None:
        record = self.model.record(index)
        if isinstance(record, EnrichmentItem) and record.person.contact_id is not None:
            self.contact_activated.emit(record.person.contact_id)

    async def _stop_spending(self) -> None:
        chosen = self._selected_run()
        await self._services.enrichment.stop_spending(chosen.run_id if chosen is not None else None)
        runs = [chosen] if chosen is not None else self._runs
        flying = sum(b.item_count for run in runs for b in run.batches if b.state.is_pollable)
        reserved = sum(b.reserved for run in runs for b in run.batches if b.state.is_pollable)
        if flying:
            self.banner.show_info(
                f"Nothing new is submitted. {count(flying, 'person')} in flight are still collected "
                f"and may cost up to {count(reserved, 'credit')}."
            )
        else:
            self.banner.show_info("Nothing new is submitted. Nothing is in flight.")

    async def _resume_spending(self) -> None:
        chosen = self._selected_run()
        await self._services.enrichment.resume_spending(chosen.run_id if chosen is not None else None)
        self.banner.clear()

    async def _submit_again(self) -> None:
        run, batch = self._selected_run(), self._selected_batch()
        if run is None or batch is None:
            return
        cost = count(resubmit_cost(run, batch), "credit")
        if await ask(
            self,
            "Submit again",
            f"Submit {count(batch.item_count, 'person')} again? This may cost up to {cost} more.",
            accept=f"Submit again for at most {cost}",
            details="The first submit may have been accepted and charged; its results cannot be collected.",
            destructive=True,
        ):
            await self._services.enrichment.retry_unknown(batch.batch_id)

    async def _give_batch_up(self) -> None:
        batch = self._selected_batch()
        if batch is None:
            return
        if await ask(
            self,
            "Give up",
            f"Stop asking about {count(batch.item_count, 'person')}?",
            accept="Give up",
            details="What was charged for them is not returned, and their results are not collected.",
            destructive=True,
        ):
            await self._services.enrichment.give_up(batch.batch_id)

    async def _poll_again(self) -> None:
        batch = self._selected_batch()
        if batch is not None:
            await self._services.enrichment.ask_again(batch.batch_id)

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("queue_pane")
        for widget, name in (
            (self.view, "queue_tree"),
            (self._summary, "queue_summary"),
            (self._stop, "queue_stop"),
            (self._resume, "queue_resume"),
            (self._again, "queue_submit_again"),
            (self._ask_again, "queue_ask_again"),
            (self._give_up, "queue_give_up"),
            (self._lane, "queue_lane"),
            (self._decide, "queue_decide"),
        ):
            widget.setObjectName(name)
        self._set_up_tree()
        tools = QHBoxLayout()
        tools.setSpacing(SPACING.s)
        for button in (self._stop, self._resume, self._again, self._ask_again, self._give_up):
            button.setAccessibleName(button.text().rstrip("…"))
            tools.addWidget(button)
        tools.addStretch()
        tools.addWidget(self._summary)
        self._ask_again.setToolTip("Look for results now. Asking costs nothing.")

        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        column.addLayout(tools)
        column.addWidget(self.view, 1)
        empty = EmptyState(
            "queue",
            "Nothing is queued",
            "Select contacts in a table and choose “Enrich…” to look up emails and phones.",
        )
        self._pages.addWidget(empty)
        self._pages.addWidget(filled)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.s)
        whole.setSpacing(SPACING.s)
        for banner in (self._lane, self._decide, self.banner):
            whole.addWidget(banner)
        whole.addLayout(self._pages, 1)

        self.model.items_wanted.connect(self._items_wanted)
        self.view.activated.connect(self._activated)
        self.view.selectionModel().currentChanged.connect(self._selection_changed)
        for button, action, name in (
            (self._stop, self._stop_spending, "stop"),
            (self._resume, self._resume_spending, "resume"),
            (self._again, self._submit_again, "submit again"),
            (self._give_up, self._give_batch_up, "give up"),
            (self._ask_again, self._poll_again, "ask again"),
        ):
            button.clicked.connect(lambda _=False, action=action, name=name: self._scope.replace(name, action()))
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
        self.view.setItemDelegateForColumn(Column.PROGRESS, ProgressDelegate(PERCENT_ROLE, self.view))
        header = self.view.header()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        for column, width in (
            (Column.WHAT, 280),
            (Column.STATE, 160),
            (Column.PROGRESS, 220),
            (Column.CREDITS, 200),
        ):
            header.resizeSection(column, width)
        header.setSectionResizeMode(Column.NOTE, QHeaderView.ResizeMode.Stretch)


def _found(items: list[EnrichmentItem], name: EnrichField) -> int:
    """People who have at least one value of a field."""
    ends = (Outcome.FOUND, Outcome.PARTIAL)
    return sum(1 for item in items if name in item.outcomes and item.outcomes[name].outcome in ends)
