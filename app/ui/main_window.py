"""The main window: it composes the panes, owns the actions, and passes on what one pane wants from another."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QMenu,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import ContactScoutError
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.qtbridge.reporter import ErrorReporter
from app.qtbridge.tasks import TaskScope
from app.storage.settings import Theme as ThemeChoice
from app.ui.actions import ActionRegistry
from app.ui.activity import Activity
from app.ui.contact_changes import ContactChanges
from app.ui.dialogs.command_palette import run_command_palette
from app.ui.dialogs.diagnostics_dialog import run_diagnostics_dialog
from app.ui.dialogs.export_dialog import run_export_dialog
from app.ui.dialogs.settings_dialog import run_settings_dialog
from app.ui.enrichment_desk import EnrichmentDesk
from app.ui.notifier import Notifier
from app.ui.panes.bulk_fetch_pane import BulkFetchPane
from app.ui.panes.find_pane import FindPane
from app.ui.panes.inspector_pane import InspectorPane
from app.ui.panes.queue_pane import QueuePane
from app.ui.result_tabs import ResultTabs
from app.ui.tab_actions import TabActions
from app.ui.theme import SPACING, Theme
from app.ui.widgets.banner import Banner
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.labels import set_role
from app.ui.widgets.provider_chip import ChipBar, ProviderChip
from app.ui.widgets.status_line import StatusLine
from app.ui.window_state import load_window_state, packed, save_window_state, unpacked
from app.ui.wording import count, priced

if TYPE_CHECKING:
    from app.composition import Services

FIRST_SIZE = QSize(1440, 900)
SMALLEST_PANE = 120
SAVE_PAUSE_MS = 1000
_AREAS = {
    "Find": Qt.DockWidgetArea.LeftDockWidgetArea,
    "Contact": Qt.DockWidgetArea.RightDockWidgetArea,
    "Enrichment queue": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_SCHEMES = {
    ThemeChoice.SYSTEM: (Qt.ColorScheme.Unknown, "as the system"),
    ThemeChoice.LIGHT: (Qt.ColorScheme.Light, "light"),
    ThemeChoice.DARK: (Qt.ColorScheme.Dark, "dark"),
}


class MainWindow(QMainWindow):
    """The one window.

    It is closed in two steps: the first attempt emits `close_requested`, so that work can be stopped in order; it
    closes for real after `allow_close`.

    Signals:
        close_requested: The rep wants to end the program.

    Attributes:
        actions_by_key: Every action of the window.
        find_pane, tabs, bulk_fetch, inspector, queue: Its panes.
        desk: The ways into the enrichment queue.
        banner: What concerns the whole window.
        status: The status bar.
    """

    close_requested = Signal()

    def __init__(self, services: "Services", *, reporter: ErrorReporter, demo: bool) -> None:
        super().__init__()
        self._services = services
        self._close_allowed = False
        self._theme = Theme(_application(), self)
        self._choose_theme(services.settings.load().theme)
        self.setWindowTitle("Contact Scout (demo data)" if demo else "Contact Scout")
        self.banner = Banner()
        self._scope = TaskScope("window", self._on_failure)
        self._reporter = reporter
        reporter.bug_found.connect(self._show_bug)
        reporter.problem_found.connect(self.banner.show_warning)
        self.find_pane = FindPane(services)
        self.inspector = InspectorPane(services)
        self.bulk_fetch = BulkFetchPane(services)
        self.queue = QueuePane(services)
        self.tabs = ResultTabs(services, self._scope)
        self.tabs.add_permanent(self.bulk_fetch, "Bulk fetch", "list")
        self.status = StatusLine()
        self.changes = ContactChanges(services, self)
        self.desk = EnrichmentDesk(self, services, self._scope, origin=self._origin)
        self._notifier = Notifier(self)
        self.actions_by_key = ActionRegistry(self.menuBar(), self)
        self._chips = {provider: ProviderChip(provider) for provider in Provider}
        self._docks = {
            title: self._dock(title, pane)
            for title, pane in zip(_AREAS, (self.find_pane, self.inspector, self.queue), strict=True)
        }
        self._lay_out()
        self._build_actions()
        self._build_toolbar()
        self._connect()
        self._restore()
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
        self._save_state()
        self.status.say("Finishing…")
        self.setEnabled(False)

    async def shut_down(self) -> None:
        """Stop everything the window has started."""
        self._save_pause.stop()
        self._activity.close()
        self._notifier.close()
        await self._scope.aclose()
        await self.changes.shut_down()
        await self.find_pane.shut_down()
        await self.inspector.shut_down()
        await self.bulk_fetch.shut_down()
        await self.queue.shut_down()
        await self.tabs.shut_down()
        self.allow_close()

    # What the rep does

    def open_search(self, query: SearchQuery) -> None:
        """Run a search in a new tab."""
        pane = self.tabs.open_search(query)
        self.status.say(f"Searching {query.provider.label}: {pane.title}")

    def show_contact(self, contact_id: int) -> None:
        """Show a contact in the inspector, and the inspector itself."""
        self._raise("Contact")
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
        self._scope.replace("dialog", run_diagnostics_dialog(self, self._services))

    def _show_queued(self, run_id: int) -> None:
        self._raise("Enrichment queue")
        self.queue.reveal(run_id)
        self.status.say("Your people are in the enrichment queue.")

    def _origin(self) -> str:
        """Where the contacts in front come from, in words."""
        pane = self.tabs.current_results()
        return pane.title if pane is not None else ""

    async def _export(self, contact_ids: list[int]) -> None:
        report = await run_export_dialog(self, self._services, contact_ids, self.tabs.export_name())
        if report is not None:
            self.status.say(f"{count(report.rows, 'contact')} exported to {report.path}")

    async def _open_settings(self, provider: Provider | None) -> None:
        if await run_settings_dialog(self, self._services, provider):
            self.find_pane.reload()
            self._activity.ask_balances()

    async def _open_palette(self) -> None:
        action = await run_command_palette(self, list(self.actions_by_key))
        if action is not None:
            action.trigger()

    def _search(self) -> None:
        pane = self.find_pane.current()
        if pane is not None:
            pane.search()

    def _show_search_cost(self) -> None:
        """Whatever runs the search in front names what its first page can cost: running it is the consent."""
        pane = self.find_pane.current()
        words = priced("Search", pane.page_cost if pane is not None else 0)
        self.actions_by_key["search.run"].setText(words)
        self.actions_by_key["search.run"].setIconText(words)

    def _new_search(self, provider: Provider | None = None) -> None:
        self._raise("Find")
        self.find_pane.show_provider(provider)

    def _show_bulk_fetch(self) -> None:
        self.tabs.show_permanent(self.bulk_fetch)
        self.bulk_fetch.setFocus()

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.profile.log_dir)))

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._theme.choose(_SCHEMES[choice][0])
        settings = self._services.settings.load()
        if settings.theme is not choice:
            self._services.settings.save(replace(settings, theme=choice))

    def _raise(self, dock: str) -> None:
        self._docks[dock].show()
        self._docks[dock].raise_()

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
        self.setDockNestingEnabled(True)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        strip = QVBoxLayout()
        strip.setContentsMargins(SPACING.m, 0, SPACING.m, 0)
        strip.setSpacing(SPACING.xs)
        for told in (self.banner, self.changes.strip, self.changes.banner):
            set_role(told, "outer")
            strip.addWidget(told)
        column.addLayout(strip)
        column.addWidget(self.tabs, 1)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)
        self._reset_layout()

    def _dock(self, title: str, pane: QWidget) -> QDockWidget:
        pane.setMinimumHeight(SMALLEST_PANE)  # so that the window fits half of a full-HD screen, as at 200 %
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower().replace(" ", "-"))
        dock.setWidget(pane)
        return dock

    def _reset_layout(self) -> None:
        for title, dock in self._docks.items():
            dock.setFloating(False)
            self.addDockWidget(_AREAS[title], dock)
            dock.show()
        find, contact, queue = self._docks.values()
        self.resizeDocks([find, contact], [336, 336], Qt.Orientation.Horizontal)
        self.resizeDocks([queue], [min(210, self.height() // 4)], Qt.Orientation.Vertical)

    def _build_actions(self) -> None:
        registry = self.actions_by_key
        add, adopt, line = registry.add, registry.adopt, registry.add_separator
        for title in ("&File", "&Edit", "&Search", "&Contacts", "&View", "&Help"):
            registry.menu(title)
        run = add("search.run", "&Search", "Search", self._search, drawing="search", tip="Run the search in front")
        run.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        run.setToolTip("Run the search in front (Ctrl+Enter)")
        add("search.new", "&Search", "New search", self._new_search, shortcut="Ctrl+N", tip="Put the cursor into Find")
        for number, provider in enumerate(self._services.search.providers(), start=1):
            go = partial(self._new_search, provider)
            add(f"search.{provider.value}", "&Search", f"Search {provider.label}", go, shortcut=f"Ctrl+{number}")
        add("view.bulk_fetch", "&View", "Bulk fetch", self._show_bulk_fetch, shortcut="Ctrl+B", drawing="list")
        for number, dock in enumerate(self._docks.values(), start=1):
            adopt(f"view.{dock.objectName()}", "&View", dock.toggleViewAction(), shortcut=f"Alt+{number}")
        line("&View")
        self._build_theme_actions()
        line("&View")
        self._tab_actions = TabActions(
            registry, self.tabs, enrich=self.enrich, export=self.export, changes=self.changes
        )
        self.desk.add_actions(registry)
        add("view.reset", "&View", "Reset layout", self._reset_layout)
        line("&View")
        add("palette", "&View", "Command palette…", self._start_palette, shortcut="Ctrl+K", drawing="command")
        line("&File")
        add("settings", "&File", "Settings…", self.open_settings, shortcut="Ctrl+,", drawing="settings")
        add("quit", "&File", "Quit", self.close, shortcut="Ctrl+Q")
        add(
            "help.diagnostics",
            "&Help",
            "Diagnostics…",
            self.open_diagnostics,
            shortcut="Ctrl+Shift+D",
            drawing="diagnostics",
            tip="See how the connection to each service stands, and save it for whoever helps",
        )
        add("help.logs", "&Help", "Open log folder", self._open_logs)

    def _build_theme_actions(self) -> None:
        group = QActionGroup(self)
        current = self._services.settings.load().theme
        for choice, (_scheme, words) in _SCHEMES.items():
            action = QAction(f"Colours: {words}", self)
            action.setCheckable(True)
            action.setChecked(choice is current)
            action.triggered.connect(lambda _checked=False, choice=choice: self._choose_theme(choice))
            group.addAction(action)
            self.actions_by_key.adopt(f"view.theme.{choice.value}", "&View", action)

    def _build_toolbar(self) -> None:
        bar = QToolBar("Toolbar", self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addActions([self.actions_by_key["search.run"], self.actions_by_key["search.stop"]])
        bar.addSeparator()
        bar.addAction(self.actions_by_key["contacts.enrich"])
        export = QToolButton()
        export.setText("Export…")
        export.setIcon(self.actions_by_key["export.all"].icon())
        export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        export.setToolTip("Write contacts to a CSV file")
        export.setAccessibleName("Export")
        menu = QMenu(export)
        menu.addActions([self.actions_by_key["export.selected"], self.actions_by_key["export.all"]])
        export.setMenu(menu)
        everything = self.actions_by_key["export.all"]
        everything.enabledChanged.connect(export.setEnabled)
        bar.addWidget(export)
        bar.addWidget(ChipBar(list(self._chips.values())))
        self.addToolBar(bar)

    def _connect(self) -> None:
        self._save_pause = QTimer(self, interval=SAVE_PAUSE_MS, singleShot=True)
        self._save_pause.timeout.connect(self._save_state)
        self.find_pane.search_requested.connect(self.open_search)
        self.find_pane.key_wanted.connect(self.open_settings)
        self.find_pane.current_changed.connect(self._show_search_cost)
        self._show_search_cost()
        self.inspector.enrich_requested.connect(self.enrich)
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
        for table in self.bulk_fetch.findChildren(ContactTable):
            table.selection_changed.connect(self._tab_actions.update)
            table.counts_changed.connect(self._tab_actions.update)
            table.contact_current.connect(self.inspector.show_contact)
        self.tabs.contact_activated.connect(self.show_contact)
        self.tabs.contact_current.connect(self.inspector.show_contact)
        self.tabs.enrich_requested.connect(self.enrich)
        self.tabs.export_requested.connect(self.export)
        self.tabs.key_wanted.connect(self.open_settings)
        self.changes.failed_chosen.connect(self._select)
        self.tabs.said.connect(self.status.say)
        self.tabs.state_changed.connect(self._tab_actions.update)
        self.tabs.state_changed.connect(self._save_pause.start)
        for provider, chip in self._chips.items():
            chip.clicked.connect(lambda _checked=False, provider=provider: self.open_settings(provider))

    def _select(self, contact_ids: Sequence[int]) -> None:
        table = self.tabs.current_table()
        if table is not None:
            table.select_ids(contact_ids)

    def _start_palette(self) -> None:
        self._scope.replace("dialog", self._open_palette())

    # Layout from session to session

    def _restore(self) -> None:
        state = load_window_state(self._services.profile.window_state_path)
        self.restoreGeometry(unpacked(state.get("geometry")))
        self.restoreState(unpacked(state.get("docks")))
        self.find_pane.restore_state(state.get("filters"))
        self.tabs.restore_state(state.get("tabs"))
        for table in self.bulk_fetch.findChildren(ContactTable):
            table.restore_state(state.get("fetch_columns"))

    def _save_state(self) -> None:
        state = {
            "geometry": packed(self.saveGeometry()),
            "docks": packed(self.saveState()),
            "filters": self.find_pane.save_state(),
            "tabs": self.tabs.save_state(),
            "fetch_columns": next((table.save_state() for table in self.bulk_fetch.findChildren(ContactTable)), None),
        }
        save_window_state(self._services.profile.window_state_path, state)


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
