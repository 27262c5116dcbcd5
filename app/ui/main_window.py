"""The main window: it composes the panes, and passes on what one pane wants from another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app.domain.errors import ContactScoutError
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.qtbridge.reporter import ErrorReporter
from app.qtbridge.tasks import TaskScope
from app.ui.actions import ActionRegistry
from app.ui.activity import Activity
from app.ui.contact_changes import ContactChanges
from app.ui.enrichment_desk import EnrichmentDesk
from app.ui.notifier import Notifier
from app.ui.own_work_actions import OwnWorkActions
from app.ui.panes.bulk_fetch_pane import BulkFetchPane
from app.ui.panes.find_pane import FindPane
from app.ui.panes.history_pane import HistoryPane
from app.ui.panes.inspector_pane import InspectorPane
from app.ui.panes.library_pane import LibraryPane
from app.ui.panes.queue_pane import QueuePane
from app.ui.panes.review_pane import ReviewPane
from app.ui.result_tabs import ResultTabs
from app.ui.safety_desk import SafetyDesk
from app.ui.tab_actions import TabActions
from app.ui.theme import SPACING, Theme
from app.ui.undo_actions import UndoActions
from app.ui.undo_history import UndoHistory
from app.ui.widgets.banner import Banner
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.labels import set_role
from app.ui.widgets.provider_chip import ProviderChip
from app.ui.widgets.status_line import StatusLine
from app.ui.window_actions import WindowActions
from app.ui.window_docks import DockPlace, WindowDocks
from app.ui.window_session import WindowSession
from app.ui.window_state import packed, unpacked
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

FIRST_SIZE = QSize(1440, 900)
_LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class _Pane(Protocol):
    async def shut_down(self) -> None: ...


class MainWindow(QMainWindow):
    """The one window.

    It is closed in two steps: the first attempt emits `close_requested`, so that work can be stopped in order; it
    closes for real after `allow_close`.

    Signals:
        close_requested: The rep wants to end the program.

    Attributes:
        actions_by_key: Every action of the window.
        find_pane, tabs, library, bulk_fetch, review, inspector, queue: Its panes.
        docks: The docks that hold some of them.
        desk: The ways into the enrichment queue.
        history: The steps of the rep's own work.
        own_work: What is done with the selected contacts.
        safety: Backups, and what is said about the library's file.
        session: What is remembered of it all.
        banner: What concerns the whole window.
        status: The status bar.
    """

    close_requested = Signal()

    def __init__(self, services: "Services", *, reporter: ErrorReporter, demo: bool) -> None:
        super().__init__()
        self._services = services
        self._close_allowed = False
        theme = Theme(_application(), self, held=True)
        # Qt adds the program's name where the title does not end with it.
        self.setWindowTitle("Demo data" if demo else "Contact Scout")
        self.banner = Banner()
        self._scope = TaskScope("window", self._on_failure)
        self._reporter = reporter
        reporter.bug_found.connect(self._show_bug)
        reporter.problem_found.connect(self.banner.show_warning)
        self.find_pane = FindPane(services)
        self.inspector = InspectorPane(services)
        self.history = UndoHistory(services, self)
        self.library = LibraryPane(services)
        self.bulk_fetch = BulkFetchPane(services)
        self.queue = QueuePane(services)
        self.tabs = ResultTabs(services, self._scope)
        self.tabs.add_permanent(self.library, "Library", "library")
        self.tabs.add_permanent(self.bulk_fetch, "Bulk fetch", "list")
        self.review = ReviewPane(services)
        self.tabs.add_permanent(self.review, "Review", "match-review")
        self.status = StatusLine()
        self.changes = ContactChanges(services, self)
        self.desk = EnrichmentDesk(self, services, self._scope, origin=self._origin, selected=self._selected_ids)
        self._panes: tuple[_Pane, ...] = (
            self.changes,
            self.find_pane,
            self.inspector,
            self.history,
            self.library,
            self.bulk_fetch,
            self.review,
            self.queue,
            self.tabs,
        )
        self._notifier = Notifier(self)
        self.docks = WindowDocks(
            self,
            (
                DockPlace("Find", self.find_pane, _LEFT),
                DockPlace("Contact", self.inspector, _RIGHT),
                DockPlace("Enrichment queue", self.queue, _BOTTOM),
                DockPlace("History", HistoryPane(self.history), _RIGHT, shown=False, behind="Contact"),
            ),
        )
        self.actions_by_key = ActionRegistry(self.menuBar(), self)
        self._chips = {provider: ProviderChip(provider) for provider in Provider}
        self._lay_out()
        self._build_actions(theme)
        self._connect()
        theme.release()
        self.session = WindowSession(services.profile.window_state_path, self._scope, self)
        self._remember()
        self._tab_actions.update()
        self._activity = Activity(
            services,
            self._scope,
            tabs=self.tabs,
            chips=self._chips,
            status=self.status,
            changes=self.changes,
            parent=self,
        )

    # Ending

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask to be closed; close only when that has been allowed."""
        if self._close_allowed:
            event.accept()
            return
        event.ignore()
        self.close_requested.emit()

    def allow_close(self) -> None:
        """Let the next attempt to close succeed."""
        self._close_allowed = True

    def show_finishing(self) -> None:
        """Say that work is being stopped, and take no more orders."""
        self.session.freeze()
        self.status.say("Finishing…")
        self.setEnabled(False)

    async def shut_down(self) -> None:
        """Stop everything the window has started."""
        self._activity.close()
        self._notifier.close()
        await self.session.shut_down()
        await self._scope.aclose()
        for pane in self._panes:
            await pane.shut_down()
        self.allow_close()

    # What the rep does

    def open_search(self, query: SearchQuery) -> None:
        """Run a search in a new tab."""
        pane = self.tabs.open_search(query)
        self.status.say(f"Searching {query.provider.label}: {pane.title}")

    def show_contact(self, contact_id: int) -> None:
        """Show a contact in the inspector, and the inspector itself."""
        self.docks.bring_forward("Contact")
        self.inspector.show_contact(contact_id)

    def enrich(self, contact_ids: Sequence[int]) -> None:
        """Ask for the fields and the cap, and put contacts into the enrichment queue."""
        self.desk.enrich(contact_ids)

    def export(self, contact_ids: Sequence[int]) -> None:
        """Ask for layout and file, and export contacts."""
        if contact_ids:
            self._scope.replace("dialog", self._export(list(contact_ids)))

    def open_settings(self, provider: Provider | None = None) -> None:
        """Open Settings, at one provider's card if one is named."""
        self._scope.replace("dialog", self._open_settings(provider))

    def open_diagnostics(self) -> None:
        """Open the diagnostics page."""
        from app.ui.dialogs.diagnostics_dialog import run_diagnostics_dialog

        self._scope.replace("dialog", run_diagnostics_dialog(self, self._services))

    def _show_queued(self, run_id: int) -> None:
        self.docks.bring_forward("Enrichment queue")
        self.queue.reveal(run_id)
        self.status.say("Your people are in the enrichment queue.")

    def _origin(self) -> str:
        """Where the contacts in front come from, in words."""
        pane = self.tabs.current_results()
        if pane is None:
            return "Library" if self.tabs.current_table() is self.library.table else ""
        return pane.title

    def _selected_ids(self) -> Sequence[int]:
        table = self.tabs.current_table()
        return table.selected_ids() if table is not None else ()

    async def _export(self, contact_ids: list[int]) -> None:
        from app.ui.dialogs.export_dialog import run_export_dialog

        report = await run_export_dialog(self, self._services, contact_ids, self.tabs.export_name())
        if report is not None:
            left_out = f"; {report.left_out:,} left out, on the do-not-contact list" if report.left_out else ""
            self.status.say(f"{count(report.rows, 'contact')} exported to {report.path}{left_out}")

    async def _open_settings(self, provider: Provider | None) -> None:
        from app.ui.dialogs.settings_dialog import run_settings_dialog

        if await run_settings_dialog(self, self._services, provider):
            self.find_pane.reload()
            self._activity.ask_balances()

    async def _open_palette(self) -> None:
        from app.ui.dialogs.command_palette import run_command_palette

        action = await run_command_palette(self, list(self.actions_by_key))
        if action is not None:
            action.trigger()

    def search(self) -> None:
        """Run the search in front."""
        pane = self.find_pane.current()
        if pane is not None:
            pane.search()

    def new_search(self, provider: Provider | None = None) -> None:
        """Put the cursor into Find, at a provider if one is named."""
        self.docks.bring_forward("Find")
        self.find_pane.show_provider(provider)

    def show_tab(self, widget: QWidget) -> None:
        """Bring a permanent tab to the front, and the cursor to it."""
        self.tabs.show_permanent(widget)
        widget.setFocus()

    def open_palette(self) -> None:
        """Open the command palette."""
        self._scope.replace("dialog", self._open_palette())

    # What goes wrong

    def _on_failure(self, error: BaseException) -> None:
        if isinstance(error, ContactScoutError):
            self.banner.show_error(error)
        else:
            self._reporter.report(error)

    def _show_bug(self, report: str) -> None:
        self.banner.show_warning(
            "Something went wrong inside Contact Scout. Your contacts and the queue are safe on disk.",
            action_text="Copy report",
            action=lambda: QGuiApplication.clipboard().setText(report),
        )

    # Building

    def _lay_out(self) -> None:
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))
        self.setObjectName("main-window")
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._strip = QVBoxLayout()
        self._strip.setContentsMargins(SPACING.m, 0, SPACING.m, 0)
        self._strip.setSpacing(SPACING.xs)
        self._tell(self.banner, self.changes.strip, self.changes.banner)
        column.addLayout(self._strip)
        column.addWidget(self.tabs, 1)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)
        self.docks.reset()

    def _tell(self, *told: QWidget) -> None:
        """Give room above the tabs to what has something to say."""
        for widget in told:
            set_role(widget, "outer")
            self._strip.addWidget(widget)

    def _build_actions(self, theme: Theme) -> None:
        registry = self.actions_by_key
        self._window_actions = WindowActions(self, self._services, theme)
        self._window_actions.add_searches()
        self._window_actions.add_views()
        self._tab_actions = TabActions(
            registry, self.tabs, enrich=self.enrich, export=self.export, changes=self.changes
        )
        self.own_work = OwnWorkActions(
            registry, self.tabs, self._services, self.history, window=self, say=self.status.say
        )
        self._panes = (self.own_work, *self._panes)
        UndoActions(registry, self.history, self)
        self.desk.add_actions(registry)
        self.review.add_actions(registry)
        self.safety = SafetyDesk(self, self._services, say=self.status.say)
        self.safety.add_actions(registry)
        self._tell(self.safety.banner)
        self._panes = (self.safety, *self._panes)
        self._window_actions.add_the_rest()
        self._window_actions.add_toolbar(self._chips)

    def _connect(self) -> None:
        self.find_pane.search_requested.connect(self.open_search)
        self.find_pane.key_wanted.connect(self.open_settings)
        self.find_pane.current_changed.connect(self._window_actions.show_search_cost)
        self._window_actions.show_search_cost()
        self.inspector.enrich_requested.connect(self.enrich)
        self.inspector.remove_requested.connect(self.own_work.remove)
        self.history.said.connect(self.status.say)
        self.history.failed.connect(self.own_work.banner.show_error)
        self.history.warned.connect(self.own_work.banner.show_warning)
        self._tell(self.own_work.strip, self.own_work.banner)
        self.queue.contact_activated.connect(self.show_contact)
        self.queue.noticed.connect(self._notifier.tell)
        self.queue.file_dropped.connect(self.desk.enrich_file)
        self.queue.import_requested.connect(self.desk.choose_file)
        self.desk.queued.connect(self._show_queued)
        self.bulk_fetch.contact_activated.connect(self.show_contact)
        self.bulk_fetch.enrich_requested.connect(self.enrich)
        self.bulk_fetch.export_requested.connect(self.export)
        self.bulk_fetch.settings_requested.connect(self.open_settings)
        self.bulk_fetch.search_requested.connect(self.open_search)
        for table in (self.library.table, *self.bulk_fetch.findChildren(ContactTable)):
            table.selection_changed.connect(self._tab_actions.update)
            table.selection_changed.connect(self.own_work.update)
            table.selection_changed.connect(self._show_selection)
            table.counts_changed.connect(self._tab_actions.update)
            table.contact_current.connect(self.inspector.follow)
        self.library.table.contact_activated.connect(self.show_contact)
        self.library.table.enrich_requested.connect(self.enrich)
        self.library.table.export_requested.connect(self.export)
        self.library.search_requested.connect(self.new_search)
        self.library.said.connect(self.status.say)
        self.review.waiting_changed.connect(self._show_waiting)
        self.review.contact_activated.connect(self.show_contact)
        self.review.said.connect(self.status.say)
        self.review.wanted.connect(lambda: self.show_tab(self.review))
        self.tabs.contact_activated.connect(self.show_contact)
        self.tabs.contact_current.connect(self.inspector.follow)
        self.tabs.enrich_requested.connect(self.enrich)
        self.tabs.export_requested.connect(self.export)
        self.tabs.key_wanted.connect(self.open_settings)
        self.changes.failed_chosen.connect(self._select)
        self.tabs.said.connect(self.status.say)
        self.tabs.state_changed.connect(self._tab_actions.update)
        self.tabs.state_changed.connect(self.own_work.update)
        self.tabs.state_changed.connect(self._show_selection)
        self.inspector.summary.set_actions(self.own_work.for_many)
        for provider, chip in self._chips.items():
            chip.clicked.connect(lambda _checked=False, provider=provider: self.open_settings(provider))

    def _show_waiting(self, pairs: int) -> None:
        self.tabs.rename_permanent(self.review, f"Review ({pairs:,})" if pairs else "Review")

    def _show_selection(self) -> None:
        table = self.tabs.current_table()
        if table is not None:
            self.inspector.show_selection(table.selected_count, table.chosen_ids)

    def _select(self, contact_ids: Sequence[int]) -> None:
        table = self.tabs.current_table()
        if table is not None:
            table.select_ids(contact_ids)

    # From session to session

    def _remember(self) -> None:
        session = self.session
        session.add("geometry", lambda: packed(self.saveGeometry()), lambda text: self.restoreGeometry(unpacked(text)))
        session.add("docks", lambda: packed(self.saveState()), lambda text: self.restoreState(unpacked(text)))
        session.add("filters", self.find_pane.save_state, self.find_pane.restore_state)
        session.add("tabs", self.tabs.save_state, self.tabs.restore_state)
        session.add("library", self.library.save_state, self.library.restore_state)
        session.add("fetch_columns", self._save_fetch_columns, self._restore_fetch_columns)
        session.add("review", self.review.save_state, self.review.restore_state)
        session.restore()
        self.tabs.state_changed.connect(session.touch)
        self.review.list.least_chosen.connect(session.touch)
        self.tabs.remembered_changed.connect(session.touch)
        self.library.state_changed.connect(session.touch)
        for table in self.bulk_fetch.findChildren(ContactTable):
            table.view_changed.connect(session.touch)
        for dock in self.docks.all():
            for moved in (dock.visibilityChanged, dock.dockLocationChanged, dock.topLevelChanged):
                moved.connect(session.touch)

    def _save_fetch_columns(self) -> object:
        return next((table.save_state() for table in self.bulk_fetch.findChildren(ContactTable)), None)

    def _restore_fetch_columns(self, state: object) -> None:
        for table in self.bulk_fetch.findChildren(ContactTable):
            table.restore_state(state)


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
