"""Bulk fetch: paste IDs, see how they were read, fetch them, and get one outcome for each."""

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError, MissingKeyError
from app.domain.fetching import FetchRun, FetchRunState
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.panes.fetch_form import FetchForm
from app.ui.panes.fetch_run_view import FetchRunView, run_state_text
from app.ui.refresher import Refresher
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.empty_state import EmptyState
from app.ui.wording import count, moment

if TYPE_CHECKING:
    from app.composition import Services

_LEAST_COMBO_WIDTH = 90


class BulkFetchPane(QWidget):
    """The Bulk fetch view. Runs are durable: one that was paused, or cut off, is offered for resuming.

    Signals:
        contact_activated: A contact to show in the inspector.
        enrich_requested, export_requested: With a list of contact ids.
        settings_requested: The rep wants to add a key.
    """

    contact_activated = Signal(int)
    enrich_requested = Signal(object)
    export_requested = Signal(object)
    settings_requested = Signal()

    def __init__(self, services: "Services", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._scope = TaskScope("bulk fetch", failure_handler(self._tell))
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._shown_id: int | None = None
        self._first_read = True
        self._list_is_stale = True
        self.banner = Banner(self)
        self._form = FetchForm(services, self._scope, self.banner)
        self._history = QComboBox()
        self.run_view = FetchRunView(services, self._history_line())
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._stack = QStackedWidget()
        self._refresher = Refresher(self._scope, "read bulk fetches", self._refresh)
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._changed)
        self._build()
        self._refresher.request()

    async def shut_down(self) -> None:
        """Stop every task; a run that is executing becomes paused."""
        self._bridge.close()
        await self._scope.aclose()
        await self.run_view.shut_down()

    # -- runs ----------------------------------------------------------------------------------------------

    def _execute(self, run_id: int) -> None:
        if run_id not in self._tasks:
            self._shown_id = run_id
            self._tasks[run_id] = self._scope.start(self._run_to_end(run_id), f"bulk fetch {run_id}")
            self._read_all_soon()

    async def _run_to_end(self, run_id: int) -> None:
        try:
            await self._services.fetching.execute(run_id)
        except ContactScoutError as error:
            self._tell(error)
        finally:
            self._tasks.pop(run_id, None)
            self._read_all_soon()
            self._form.plan_again()

    async def _retry(self, run_id: int) -> None:
        try:
            await self._services.fetching.retry_failed(run_id)
        except ContactScoutError as error:
            self._tell(error)
            return
        self._execute(run_id)

    def _tell(self, error: ContactScoutError) -> None:
        if isinstance(error, MissingKeyError):
            self.banner.show_error(error, action_text="Add key…", action=self.settings_requested.emit)
        else:
            self.banner.show_error(error)

    # -- reading -------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if change.kind is ChangeKind.FETCH_RUNS:
            self._refresher.request()
        self._form.provider_news(change)

    async def _refresh(self) -> None:
        if self._list_is_stale:
            self._list_is_stale = False
            runs = await self._services.fetching.runs()
            if self._first_read:
                self._first_read = False
                self._open_latest(runs)
            self._show_history(runs)
        shown_id = self._shown_id
        if shown_id is None:
            return
        if self._stack.currentIndex() == 0:
            self._stack.setCurrentIndex(1)  # from here on the outcomes need the room more than the pasted text
            self._splitter.setSizes([self._form.minimumSizeHint().height(), self.height()])
        run = await self._services.fetching.run(shown_id)
        executing = run.run_id in self._tasks
        pace = (await self._services.providers.status(run.provider)).pace if executing else ""
        await self.run_view.show_run(run, executing=executing, pace=pace)

    def _read_all_soon(self) -> None:
        self._list_is_stale = True
        self._refresher.request()

    def _open_latest(self, runs: list[FetchRun]) -> None:
        """At start: what is not finished is offered first, else the newest run is shown."""
        if not runs or self._shown_id is not None:
            return
        unfinished = [run for run in runs if run.state is not FetchRunState.FINISHED]
        run = (unfinished or runs)[0]
        self._shown_id = run.run_id
        if unfinished:
            self.banner.show_info(
                f"A bulk fetch from {run.provider.label} is not finished: "
                f"{run.done:,} of {count(run.total, 'ID')} done.",
                action_text="Resume",
                action=self._resume_shown,
            )

    def _show_history(self, runs: list[FetchRun]) -> None:
        self._history.clear()
        for run in runs:
            state = run_state_text(run, executing=run.run_id in self._tasks)
            parts = (run.provider.label, count(run.total, "ID"), state, moment(run.created_at))
            self._history.addItem(" · ".join(parts), run.run_id)
        self._history.setPlaceholderText("Choose an earlier bulk fetch" if runs else "No earlier bulk fetches")
        self._history.setEnabled(bool(runs))
        self._history.setCurrentIndex(self._history.findData(self._shown_id) if self._shown_id is not None else -1)

    def _open_earlier(self) -> None:
        self._shown_id = self._history.currentData()
        self._refresher.request()

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("bulk_fetch_pane")
        empty = EmptyState(
            "list",
            "Nothing fetched yet",
            "Paste IDs above and press Fetch. Every ID gets its own outcome here: found, not found or failed.",
        )
        self._stack.addWidget(empty)
        self._stack.addWidget(self.run_view)
        self._splitter.setObjectName("fetch_splitter")
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(SPACING.m)
        self._splitter.addWidget(self._form)
        self._splitter.addWidget(self._stack)
        self._splitter.setStretchFactor(0, 2)
        self._splitter.setStretchFactor(1, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.l, SPACING.m, SPACING.l, SPACING.m)
        column.setSpacing(SPACING.m)
        column.addWidget(self.banner)
        column.addWidget(self._splitter, 1)

        self._history.activated.connect(self._open_earlier)
        self._form.created.connect(self._execute)
        self._form.settings_requested.connect(self.settings_requested)
        self.run_view.pause_requested.connect(self._pause_shown)
        self.run_view.resume_requested.connect(self._resume_shown)
        self.run_view.retry_requested.connect(self._retry_shown)
        self.run_view.contact_activated.connect(self.contact_activated)
        self.run_view.contacts.failed.connect(self._tell)
        self.run_view.enrich_requested.connect(self.enrich_requested)
        self.run_view.export_requested.connect(self.export_requested)
        self.run_view.copied.connect(lambda number: self.banner.show_success(f"Copied {count(number, 'ID')}."))

    def _history_line(self) -> QWidget:
        self._history.setObjectName("fetch_history")
        self._history.setAccessibleName("Earlier bulk fetches")
        self._history.setToolTip("Earlier bulk fetches; choose one to see its outcomes")
        self._history.setMinimumContentsLength(40)
        self._history.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._history.setMinimumWidth(_LEAST_COMBO_WIDTH)
        label = QLabel("&History")
        label.setBuddy(self._history)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING.s)
        row.addWidget(label)
        row.addWidget(self._history)
        return line

    def _pause_shown(self) -> None:
        task = self._tasks.get(self._shown_id) if self._shown_id is not None else None
        if task is not None:
            task.cancel()

    def _resume_shown(self) -> None:
        if self._shown_id is not None:
            self.banner.clear()
            self._execute(self._shown_id)

    def _retry_shown(self) -> None:
        if self._shown_id is not None:
            self.banner.clear()
            self._scope.replace("retry", self._retry(self._shown_id))
