"""Bulk fetch: paste IDs, see how they were read, fetch them, and get one outcome for each."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError, MissingKeyError
from app.domain.fetching import FetchRun, FetchRunState
from app.providers.clock import spoken
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.dialogs import ask, save_file
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.panes.fetch_form import FetchForm
from app.ui.panes.fetch_run_view import FetchRunView, run_state_text
from app.ui.refresher import Refresher
from app.ui.save_as_list import save_as_list
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.id_input import local_file
from app.ui.wording import count, moment, short_moment

if TYPE_CHECKING:
    from app.composition import Services

_LEAST_COMBO_WIDTH = 90
_WAIT_INTERVAL_MS = 1000


class BulkFetchPane(QWidget):
    """The Bulk fetch view: a page to set a fetch up, and a page for a run.

    Runs are durable: one that was paused, or cut off, is offered for resuming.

    Signals:
        contact_activated: A contact to show in the inspector.
        enrich_requested, export_requested: With a list of contact ids.
        settings_requested: The rep wants to add a key.
        search_requested: A `SearchQuery` for people whose page or address was pasted.
    """

    contact_activated = Signal(int)
    enrich_requested = Signal(object)
    export_requested = Signal(object)
    settings_requested = Signal()
    search_requested = Signal(object)

    def __init__(self, services: "Services", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._scope = TaskScope("bulk fetch", failure_handler(self._tell))
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._shown: FetchRun | None = None
        self._shown_id: int | None = None
        self._first_read = True
        self._list_is_stale = True
        self.banner = Banner(self)
        self._form = FetchForm(services, self._scope, self.banner)
        self.run_view = FetchRunView(services, self._scope)
        self._new = QPushButton("Ne&w bulk fetch")
        self._history = QComboBox()
        self._stack = QStackedWidget()
        # How long a provider still asks to wait changes without anybody telling.
        self._ticks = QTimer(self, interval=_WAIT_INTERVAL_MS)
        self._waits = Refresher(self._scope, "read waits", self._show_wait)
        self._refresher = Refresher(self._scope, "read bulk fetches", self._refresh)
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._changed)
        self._build()
        self._refresher.request()

    async def shut_down(self) -> None:
        """Stop every task; a run that is executing becomes paused."""
        self._bridge.close()
        self._ticks.stop()
        await self._scope.aclose()
        await self.run_view.shut_down()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files and text anywhere on the view."""
        if local_file(event.mimeData()) is not None or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read what was dropped, whichever page is shown."""
        if self._form.take(event.mimeData()):
            self._show_form()
            event.acceptProposedAction()

    # -- runs ----------------------------------------------------------------------------------------------

    def _execute(self, run_id: int) -> None:
        if run_id not in self._tasks:
            self._shown_id = run_id
            self._tasks[run_id] = self._scope.start(self._run_to_end(run_id), f"bulk fetch {run_id}")
            self._ticks.start()
            self._read_all_soon()
        self._show_run_page()

    async def _run_to_end(self, run_id: int) -> None:
        try:
            await self._services.fetching.execute(run_id)
        except ContactScoutError as error:
            self._tell(error)
        finally:
            self._tasks.pop(run_id, None)
            self._read_all_soon()

    async def _retry(self, run_id: int) -> None:
        try:
            await self._services.fetching.retry_failed(run_id)
        except ContactScoutError as error:
            self._tell(error)
            return
        self._execute(run_id)

    async def _stop(self, run: FetchRun) -> None:
        question = f"Stop this bulk fetch? {count(run.total - run.done, 'ID')} would not be asked for."
        details = "What was fetched is kept. The rest can still be fetched later."
        if not await ask(self, "Stop the bulk fetch", question, accept="Stop", details=details):
            return
        task = self._tasks.get(run.run_id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        await self._services.fetching.stop(run.run_id)

    async def _save_not_returned(self, run: FetchRun) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        suggested = folder / f"{run.provider.value}-not-returned.csv"
        path = await save_file(self, "Save the IDs that were not returned", suggested, "CSV (*.csv);;All files (*)")
        if path is not None:
            number = await self._services.fetching.save_not_returned(run.run_id, path)
            self.banner.show_success(f"{count(number, 'ID')} saved to {path}.")

    def _tell(self, error: ContactScoutError) -> None:
        if isinstance(error, MissingKeyError):
            self.banner.show_error(error, action_text="Add key…", action=self.settings_requested.emit)
        else:
            self.banner.show_error(error)

    # -- reading -------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if change.kind is ChangeKind.FETCH_RUNS and (not change.ids or self._shown_id in change.ids):
            self._refresher.request()
        self._form.provider_news(change)

    async def _refresh(self) -> None:
        if self._list_is_stale:
            self._list_is_stale = False
            runs = await self._services.fetching.runs()
            if self._first_read:
                self._first_read = False
                self._open_unfinished(runs)
            self._show_history(runs)
        if self._shown_id is None:
            return
        run = await self._services.fetching.run(self._shown_id)
        self._shown = run
        await self.run_view.show_run(run, executing=run.run_id in self._tasks)
        await self._show_wait()

    async def _show_wait(self) -> None:
        if not self._tasks:
            self._ticks.stop()
        run = self._shown
        if run is None or run.run_id not in self._tasks:
            self.run_view.show_wait("")
            return
        status = await self._services.providers.status(run.provider)
        waiting = f"{run.provider.label} asks to wait {spoken(status.paused_for)}." if status.paused_for else ""
        self.run_view.show_wait(waiting or (run.note if not run.remarks else ""))

    def _read_all_soon(self) -> None:
        self._list_is_stale = True
        self._refresher.request()

    def _open_unfinished(self, runs: list[FetchRun]) -> None:
        """At start: what is not finished is offered."""
        unfinished = [run for run in runs if run.state is not FetchRunState.FINISHED]
        if not unfinished or self._shown_id is not None:
            return
        run = unfinished[0]
        self._shown_id = run.run_id
        self._show_run_page()
        self.banner.show_info(
            f"A bulk fetch from {run.provider.label} is not finished: {run.done:,} of {count(run.total, 'ID')} done.",
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
        self._show_chosen_run()

    def _show_chosen_run(self) -> None:
        chosen = self._shown_id if self._stack.currentIndex() == 1 else None
        self._history.setCurrentIndex(-1 if chosen is None else self._history.findData(chosen))

    def _open_earlier(self) -> None:
        self._shown_id = self._history.currentData()
        self._show_run_page()
        self._refresher.request()

    # -- pages ---------------------------------------------------------------------------------------------

    def _show_form(self) -> None:
        self._stack.setCurrentIndex(0)
        self._new.setEnabled(False)
        self._show_chosen_run()
        self._form.plan_again()

    def _show_run_page(self) -> None:
        self._stack.setCurrentIndex(1)
        self._new.setEnabled(True)
        self._show_chosen_run()

    def _build(self) -> None:
        self.setObjectName("bulk_fetch_pane")
        self.setAcceptDrops(True)
        for widget, name, words in (
            (self._new, "fetch_new", "New bulk fetch"),
            (self._history, "fetch_history", "Earlier bulk fetches"),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(words)
        self._new.setEnabled(False)
        self._history.setToolTip("Earlier bulk fetches; choose one to see its outcomes")
        self._history.setMinimumContentsLength(40)
        self._history.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._history.setMinimumWidth(_LEAST_COMBO_WIDTH)
        label = QLabel("&History")
        label.setBuddy(self._history)
        head = QHBoxLayout()
        head.setSpacing(SPACING.s)
        head.addWidget(self._new)
        head.addStretch()
        head.addWidget(label)
        head.addWidget(self._history)
        self._stack.addWidget(self._form)
        self._stack.addWidget(self.run_view)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.l, SPACING.m, SPACING.l, SPACING.m)
        column.setSpacing(SPACING.m)
        column.addLayout(head)
        column.addWidget(self.banner)
        column.addWidget(self._stack, 1)

        self._new.clicked.connect(self._show_form)
        self._history.activated.connect(self._open_earlier)
        self._ticks.timeout.connect(self._waits.request)
        self._form.created.connect(self._execute)
        self._form.settings_requested.connect(self.settings_requested)
        self._form.search_requested.connect(self.search_requested)
        view = self.run_view
        view.pause_requested.connect(self._pause_shown)
        view.resume_requested.connect(self._resume_shown)
        view.stop_requested.connect(self._stop_shown)
        view.retry_requested.connect(self._retry_shown)
        view.save_requested.connect(self._save_shown)
        view.contact_activated.connect(self.contact_activated)
        view.contacts.failed.connect(self._tell)
        view.enrich_requested.connect(self.enrich_requested)
        view.export_requested.connect(self.export_requested)
        view.list_requested.connect(lambda ids: self._scope.replace("list", self._save_as_list(ids)))
        view.copied.connect(lambda number: self.banner.show_success(f"Copied {count(number, 'ID')}."))

    async def _save_as_list(self, contact_ids: list[int]) -> None:
        run = self._shown
        if run is not None and contact_ids:
            name = f"{run.provider.label} {short_moment(run.created_at)}"
            if done := await save_as_list(self.window(), self._services, contact_ids, name):
                self.banner.show_success(done)

    def _pause_shown(self) -> None:
        task = self._tasks.get(self._shown_id) if self._shown_id is not None else None
        if task is not None:
            task.cancel()

    def _resume_shown(self) -> None:
        if self._shown_id is not None:
            self.banner.clear()
            self._execute(self._shown_id)

    def _stop_shown(self) -> None:
        if self._shown is not None:
            self._scope.replace("stop", self._stop(self._shown))

    def _retry_shown(self) -> None:
        if self._shown_id is not None:
            self.banner.clear()
            self._scope.replace("retry", self._retry(self._shown_id))

    def _save_shown(self) -> None:
        if self._shown is not None:
            self._scope.replace("save", self._save_not_returned(self._shown))
