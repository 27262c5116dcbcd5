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
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError
from app.domain.fetching import FetchRunState
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.providers.capabilities import SupportsBalance
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.reporter import ErrorReporter
from app.qtbridge.tasks import TaskScope
from app.services.credentials import KeySource
from app.storage.settings import Theme as ThemeChoice
from app.ui.actions import ActionRegistry
from app.ui.dialogs.command_palette import run_command_palette
from app.ui.dialogs.enrich_dialog import run_enrich_dialog
from app.ui.dialogs.export_dialog import run_export_dialog
from app.ui.dialogs.settings_dialog import run_settings_dialog
from app.ui.panes.bulk_fetch_pane import BulkFetchPane
from app.ui.panes.find_pane import FindPane
from app.ui.panes.inspector_pane import InspectorPane
from app.ui.panes.queue_pane import QueuePane
from app.ui.refresher import Refresher
from app.ui.result_tabs import ResultTabs
from app.ui.theme import SPACING, Theme
from app.ui.widgets.banner import Banner
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.provider_chip import ChipBar, ProviderChip
from app.ui.widgets.status_line import StatusLine
from app.ui.window_state import load_window_state, packed, save_window_state, unpacked
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

FIRST_SIZE = QSize(1440, 900)
PACE_INTERVAL_MS = 1000
SMALLEST_PANE = 120
_SCHEMES = {
    ThemeChoice.SYSTEM: (Qt.ColorScheme.Unknown, "As the system"),
    ThemeChoice.LIGHT: (Qt.ColorScheme.Light, "Light"),
    ThemeChoice.DARK: (Qt.ColorScheme.Dark, "Dark"),
}


class MainWindow(QMainWindow):
    """The one window.

    It is closed in two steps: the first attempt emits `close_requested`, so that work can be stopped in order; it
    closes for real after `allow_close`.

    Signals:
        close_requested: The rep wants to end the program.
    """

    close_requested = Signal()

    def __init__(self, services: "Services", *, reporter: ErrorReporter, demo: bool) -> None:
        super().__init__()
        self._services = services
        self._close_allowed = False
        self._demo = demo
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._theme = Theme(app, self)
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
        self.actions_by_key = ActionRegistry(self.menuBar(), self)
        self._chips = {provider: ProviderChip(provider) for provider in Provider}
        self._running_refresher = Refresher(self._scope, "running work", self._show_running)
        self._chip_refresher = Refresher(self._scope, "provider chips", self._show_chips)
        self._lay_out()
        self._build_actions()
        self._build_toolbar()
        self._connect()
        self._restore()
        self._update_actions()
        self._chip_refresher.request()
        self._running_refresher.request()
        self._scope.start(self._ask_balances(), "balances")

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
        self._pace_timer.stop()
        self._save_pause.stop()
        self._changes.close()
        await self._scope.aclose()
        for pane in (self.find_pane, self.inspector, self.bulk_fetch, self.queue, self.tabs):
            await pane.shut_down()
        self.allow_close()

    # What the rep does

    def open_search(self, query: SearchQuery) -> None:
        """Run a search in a new tab."""
        pane = self.tabs.open_search(query)
        self.status.say(f"Searching {query.provider.label}: {pane.title}")

    def show_contact(self, contact_id: int) -> None:
        """Show a contact in the inspector, and the inspector itself."""
        self._inspector_dock.show()
        self._inspector_dock.raise_()
        self.inspector.show_contact(contact_id)

    def enrich(self, contact_ids: Sequence[int]) -> None:
        """Ask for the fields and the cap, and put contacts into the enrichment queue."""
        if contact_ids:
            self._scope.replace("dialog", self._enrich(list(contact_ids)))

    def export(self, contact_ids: Sequence[int], name: str = "") -> None:
        """Ask for layout and file, and export contacts."""
        if contact_ids:
            self._scope.replace("dialog", self._export(list(contact_ids), name or self._export_name()))

    def open_settings(self, provider: Provider | None = None) -> None:
        """Open Settings, at one provider's card if one is named."""
        self._scope.replace("dialog", self._open_settings(provider))

    async def _enrich(self, contact_ids: list[int]) -> None:
        run_id = await run_enrich_dialog(self, self._services, contact_ids)
        if run_id is not None:
            self._queue_dock.show()
            self._queue_dock.raise_()
            self.status.say(f"Run {run_id} is in the enrichment queue.")

    async def _export(self, contact_ids: list[int], name: str) -> None:
        report = await run_export_dialog(self, self._services, contact_ids, name)
        if report is not None:
            self.status.say(f"{count(report.rows, 'contact')} exported to {report.path}")

    async def _open_settings(self, provider: Provider | None) -> None:
        if await run_settings_dialog(self, self._services, provider):
            self.find_pane.reload()
            await self._ask_balances()

    async def _open_palette(self) -> None:
        action = await run_command_palette(self, list(self.actions_by_key))
        if action is not None:
            action.trigger()

    def _export_selected(self) -> None:
        table = self.tabs.current_table()
        if table is not None:
            self.export(table.selected_ids())

    def _export_all(self) -> None:
        table = self.tabs.current_table()
        if table is not None:
            self.export(table.all_ids())

    def _export_name(self) -> str:
        pane = self.tabs.current_results()
        title = f"{pane.query.provider.value} {pane.title}" if pane is not None else "bulk fetch"
        kept = "".join(char if char.isalnum() or char in " -_" else " " for char in title)
        return f"{' '.join(kept.split())[:60] or 'contacts'}.csv"

    def _enrich_selected(self) -> None:
        table = self.tabs.current_table()
        if table is not None:
            self.enrich(table.selected_ids())

    def _search_current(self) -> None:
        pane = self.find_pane.current()
        if pane is not None:
            pane.search()

    def _new_search(self, provider: Provider | None = None) -> None:
        self._find_dock.show()
        self._find_dock.raise_()
        pane = self.find_pane.pane(provider) if provider is not None else self.find_pane.current()
        if pane is not None:
            self.find_pane.show_provider(pane.provider)

    def _stop_current(self) -> None:
        current = self.tabs.current_results()
        running = [pane for pane in self.tabs.results() if pane.is_running]
        for pane in [current] if current is not None and current.is_running else running:
            pane.stop()

    def _with_results(self, deed: str) -> None:
        pane = self.tabs.current_results()
        if pane is None:
            return
        if deed == "more":
            pane.load_more()
        elif deed == "all":
            pane.load_up_to(pane.row_limit)
        elif deed == "again":
            pane.search_again()

    def _with_table(self, deed: str) -> None:
        table = self.tabs.current_table()
        if table is None:
            return
        deeds = {
            "rows": table.copy_rows,
            "emails": table.copy_emails,
            "phones": table.copy_phones,
            "all": table.view.selectAll,
            "filter": table.focus_filter,
            "show": table.open_current,
            "linkedin": table.open_linkedin,
            "columns": table.reset_columns,
        }
        deeds[deed]()

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.profile.log_dir)))

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._theme.choose(_SCHEMES[choice][0])
        self._services.settings.save(replace(self._services.settings.load(), theme=choice))

    # What happens elsewhere

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.PROVIDERS:
            self._chip_refresher.request()
        if change.kind in (ChangeKind.ENRICHMENT, ChangeKind.FETCH_RUNS):
            self._running_refresher.request()

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

    async def _show_chips(self) -> None:
        for provider, chip in self._chips.items():
            chip.show_status(await self._services.providers.status(provider))

    async def _ask_balances(self) -> None:
        for provider in self._services.providers.supporting(SupportsBalance):
            status = await self._services.providers.status(provider)
            if status.key_source is not KeySource.NONE:
                try:
                    await self._services.providers.balance(provider)
                except ContactScoutError as error:
                    self.status.say(f"{provider.label}: {error.text}")

    async def _show_running(self) -> None:
        parts = [f"searching {pane.query.provider.label}" for pane in self.tabs.results() if pane.is_running]
        fetches = await self._services.fetching.runs()
        parts += [
            f"fetching {run.done:,} of {run.total:,} IDs" for run in fetches if run.state is FetchRunState.RUNNING
        ]
        enriching = [run for run in await self._services.enrichment.runs() if run.is_open]
        if enriching:
            parts.append(f"enriching {count(sum(run.people for run in enriching), 'person')}")
        text = ", ".join(parts)
        self.status.show_running(text[:1].upper() + text[1:])
        self.status.show_waiting(self._services.enrichment.lane_note)
        if parts and not self._pace_timer.isActive():
            self._pace_timer.start()
        elif not parts:
            self._pace_timer.stop()
            self._chip_refresher.request()

    def _on_tabs(self) -> None:
        self._update_actions()
        self._running_refresher.request()
        self._save_pause.start()

    def _update_actions(self) -> None:
        table = self.tabs.current_table()
        pane = self.tabs.current_results()
        selected = len(table.selected_ids()) if table is not None else 0
        everything = len(table.all_ids()) if table is not None else 0
        has_more = pane is not None and pane.has_more and not pane.is_running
        enabled = {
            "search.stop": any(each.is_running for each in self.tabs.results()),
            "search.more": has_more,
            "search.all": has_more,
            "search.again": pane is not None and not pane.is_running,
            "tabs.close": pane is not None,
            "contacts.enrich": selected > 0,
            "contacts.show": selected > 0,
            "contacts.linkedin": selected > 0,
            "export.selected": selected > 0,
            "export.all": everything > 0,
            "edit.copy": selected > 0,
            "edit.copy_emails": selected > 0,
            "edit.copy_phones": selected > 0,
            "edit.select_all": everything > 0,
            "edit.filter": table is not None,
        }
        for key, value in enabled.items():
            self.actions_by_key[key].setEnabled(value)
        self.actions_by_key["export.selected"].setText(
            f"Export {selected:,} selected…" if selected else "Export selected…"
        )
        self.actions_by_key["export.all"].setText(
            f"Export all {everything:,} of this tab…" if everything else "Export tab…"
        )
        self._export_button.setEnabled(everything > 0)

    # Building

    def _connect(self) -> None:
        self._changes = ChangeBridge(self._services.changes, self)
        self._changes.changed.connect(self._on_change)
        self._pace_timer = QTimer(self, interval=PACE_INTERVAL_MS)
        self._pace_timer.timeout.connect(self._chip_refresher.request)
        self._save_pause = QTimer(self, interval=PACE_INTERVAL_MS, singleShot=True)
        self._save_pause.timeout.connect(self._save_state)
        self.find_pane.search_requested.connect(self.open_search)
        self.find_pane.key_wanted.connect(self.open_settings)
        self.inspector.enrich_requested.connect(self.enrich)
        self.queue.contact_activated.connect(self.show_contact)
        self.bulk_fetch.contact_activated.connect(self.show_contact)
        self.bulk_fetch.enrich_requested.connect(self.enrich)
        self.bulk_fetch.export_requested.connect(self.export)
        self.bulk_fetch.settings_requested.connect(self.open_settings)
        for table in self.bulk_fetch.findChildren(ContactTable):
            table.selection_changed.connect(self._update_actions)
            table.counts_changed.connect(self._update_actions)
            table.contact_current.connect(self.inspector.show_contact)
        self.tabs.contact_activated.connect(self.show_contact)
        self.tabs.contact_current.connect(self.inspector.show_contact)
        self.tabs.enrich_requested.connect(self.enrich)
        self.tabs.export_requested.connect(self.export)
        self.tabs.key_wanted.connect(self.open_settings)
        self.tabs.said.connect(self.status.say)
        self.tabs.state_changed.connect(self._on_tabs)
        for provider, chip in self._chips.items():
            chip.clicked.connect(lambda _checked=False, provider=provider: self.open_settings(provider))

    def _lay_out(self) -> None:
        self.setWindowTitle("Contact Scout (demo data)" if self._demo else "Contact Scout")
        self.setObjectName("main-window")
        self.setDockNestingEnabled(True)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        strip = QHBoxLayout()
        strip.setContentsMargins(SPACING.m, 0, SPACING.m, 0)
        strip.addWidget(self.banner)
        column.addLayout(strip)
        column.addWidget(self.tabs, 1)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)
        left, right, bottom = (
            Qt.DockWidgetArea.LeftDockWidgetArea,
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        self._find_dock = self._dock("Find", self.find_pane, left)
        self._inspector_dock = self._dock("Contact", self.inspector, right)
        self._queue_dock = self._dock("Enrichment queue", self.queue, bottom)
        for pane in (self.find_pane, self.inspector, self.queue):
            pane.setMinimumHeight(SMALLEST_PANE)  # so that the window fits half of a full-HD screen at 200 %
        self._reset_layout()

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower().replace(" ", "-"))
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _reset_layout(self) -> None:
        across, along = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        for dock, area in (
            (self._find_dock, Qt.DockWidgetArea.LeftDockWidgetArea),
            (self._inspector_dock, Qt.DockWidgetArea.RightDockWidgetArea),
            (self._queue_dock, Qt.DockWidgetArea.BottomDockWidgetArea),
        ):
            dock.setFloating(False)
            self.addDockWidget(area, dock)
            dock.show()
        self.resizeDocks([self._find_dock, self._inspector_dock], [310, 340], across)
        self.resizeDocks([self._queue_dock], [210], along)

    def _build_actions(self) -> None:
        add = self.actions_by_key.add
        adopt = self.actions_by_key.adopt
        line = self.actions_by_key.add_separator
        add("export.selected", "&File", "Export selected…", self._export_selected, shortcut="Ctrl+E", drawing="export")
        add("export.all", "&File", "Export tab…", self._export_all, shortcut="Ctrl+Shift+E", drawing="export")
        line("&File")
        add("settings", "&File", "Settings…", self.open_settings, shortcut="Ctrl+,", drawing="settings")
        line("&File")
        add("tabs.close", "&File", "Close tab", self.tabs.close_current, shortcut="Ctrl+W", drawing="close")
        add("quit", "&File", "Quit", self.close, shortcut="Ctrl+Q")

        for key, text, deed, keys, drawing in (
            ("edit.copy", "Copy rows", "rows", "Ctrl+Shift+C", "copy"),
            ("edit.copy_emails", "Copy emails", "emails", None, "mail"),
            ("edit.copy_phones", "Copy phones", "phones", None, "phone"),
            ("edit.select_all", "Select all contacts", "all", "Ctrl+Shift+A", ""),
            ("edit.filter", "Filter contacts", "filter", "Ctrl+F", "search"),
        ):
            add(key, "&Edit", text, partial(self._with_table, deed), shortcut=keys, drawing=drawing)

        run = add(
            "search.run", "&Search", "Search", self._search_current, drawing="search", tip="Run the search in front"
        )
        run.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        run.setToolTip("Run the search in front (Ctrl+Enter)")
        add("search.new", "&Search", "New search", self._new_search, shortcut="Ctrl+N", tip="Put the cursor into Find")
        for number, provider in enumerate(self._services.search.providers(), start=1):
            add(
                f"search.{provider.value}",
                "&Search",
                f"Search {provider.label}",
                partial(self._new_search, provider),
                shortcut=f"Ctrl+{number}",
            )
        line("&Search")
        for key, text, deed, keys, drawing in (
            ("search.more", "Load more", "more", "Ctrl+L", "more"),
            ("search.all", "Load all up to the limit", "all", "Ctrl+Shift+L", ""),
            ("search.again", "Search again", "again", "Ctrl+R", "refresh"),
        ):
            add(key, "&Search", text, partial(self._with_results, deed), shortcut=keys, drawing=drawing)
        add("search.stop", "&Search", "Stop", self._stop_current, shortcut="Ctrl+.", drawing="stop", tip="Stop loading")

        add(
            "contacts.enrich",
            "&Contacts",
            "Enrich…",
            self._enrich_selected,
            shortcut="Ctrl+Shift+N",
            drawing="enrich",
            tip="Look up emails and phones of the selected contacts; the cost is shown first",
        ).setIconText("Enrich…")
        add("contacts.show", "&Contacts", "Show details", partial(self._with_table, "show"), drawing="person")
        add(
            "contacts.linkedin",
            "&Contacts",
            "Open LinkedIn profile",
            partial(self._with_table, "linkedin"),
            drawing="link",
        )

        add("view.bulk_fetch", "&View", "Bulk fetch", self._show_bulk_fetch, shortcut="Ctrl+B", drawing="list")
        for dock, keys in ((self._find_dock, "Alt+1"), (self._inspector_dock, "Alt+2"), (self._queue_dock, "Alt+3")):
            adopt(f"view.{dock.objectName()}", "&View", dock.toggleViewAction(), shortcut=keys)
        line("&View")
        self._build_theme_actions()
        add("view.columns", "&View", "Reset columns", partial(self._with_table, "columns"))
        add("view.reset", "&View", "Reset layout", self._reset_layout)
        line("&View")
        palette = add("palette", "&View", "Command palette…", self._start_palette, shortcut="Ctrl+K", drawing="command")
        palette.setStatusTip("Find any command by its name")

        add("help.logs", "&Help", "Open log folder", self._open_logs)

    def _build_theme_actions(self) -> None:
        group = QActionGroup(self)
        current = self._services.settings.load().theme
        for choice, (scheme, words) in _SCHEMES.items():
            action = QAction(f"Colours: {words.lower()}", self)
            action.setCheckable(True)
            action.setChecked(choice is current)
            action.triggered.connect(lambda _checked=False, choice=choice: self._choose_theme(choice))
            group.addAction(action)
            self.actions_by_key.adopt(f"view.theme.{choice.value}", "&View", action)
            if choice is current:
                self._theme.choose(scheme)

    def _build_toolbar(self) -> None:
        bar = QToolBar("Toolbar", self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for key in ("search.run", "search.stop"):
            bar.addAction(self.actions_by_key[key])
        bar.addSeparator()
        bar.addAction(self.actions_by_key["contacts.enrich"])
        self._export_button = QToolButton()
        self._export_button.setText("Export…")
        self._export_button.setIcon(self.actions_by_key["export.all"].icon())
        self._export_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._export_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._export_button.setToolTip("Write contacts to a CSV file")
        self._export_button.setAccessibleName("Export")
        menu = QMenu(self)
        menu.addActions([self.actions_by_key["export.selected"], self.actions_by_key["export.all"]])
        self._export_button.setMenu(menu)
        bar.addWidget(self._export_button)
        bar.addWidget(ChipBar(list(self._chips.values())))
        self.addToolBar(bar)

    def _show_bulk_fetch(self) -> None:
        self.tabs.show_permanent(self.bulk_fetch)
        self.bulk_fetch.setFocus()

    def _start_palette(self) -> None:
        self._scope.replace("dialog", self._open_palette())

    # Layout from session to session

    def _restore(self) -> None:
        state = load_window_state(self._services.profile.window_state_path)
        self.resize(FIRST_SIZE)
        self.restoreGeometry(unpacked(state.get("geometry")))
        self.restoreState(unpacked(state.get("docks")))
        self.find_pane.restore_state(state.get("filters"))
        self.tabs.restore_state(state.get("tabs"))

    def _save_state(self) -> None:
        state = {
            "geometry": packed(self.saveGeometry()),
            "docks": packed(self.saveState()),
            "filters": self.find_pane.save_state(),
            "tabs": self.tabs.save_state(),
        }
        save_window_state(self._services.profile.window_state_path, state)
