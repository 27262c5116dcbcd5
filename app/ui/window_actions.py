"""The window's menus and toolbar: what is not made by the parts it belongs to."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, QUrl
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from app.domain.provider import Provider
from app.storage.settings import Theme as ThemeChoice
from app.ui.theme import Theme
from app.ui.widgets.provider_chip import ChipBar, ProviderChip
from app.ui.wording import priced

if TYPE_CHECKING:
    from app.composition import Services
    from app.ui.main_window import MainWindow

MENUS = ("&File", "&Edit", "&Search", "&Contacts", "&View", "&Help")
_SCHEMES = {
    ThemeChoice.SYSTEM: (Qt.ColorScheme.Unknown, "as the system"),
    ThemeChoice.LIGHT: (Qt.ColorScheme.Light, "light"),
    ThemeChoice.DARK: (Qt.ColorScheme.Dark, "dark"),
}


class WindowActions(QObject):
    """Makes the menus in their order and, at the end, the toolbar."""

    def __init__(self, window: "MainWindow", services: "Services", theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._registry = window.actions_by_key
        self._services = services
        self._theme = theme
        self._choose_theme(services.settings.load().theme)
        for title in MENUS:
            self._registry.menu(title)

    def add_searches(self) -> None:
        """What leads to a search."""
        add, window = self._registry.add, self._window
        run = add("search.run", "&Search", "Search", window.search, drawing="search", tip="Run the search in front")
        run.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        run.setToolTip("Run the search in front (Ctrl+Enter)")
        tip = "Put the cursor into Find"
        add("search.new", "&Search", "New search", window.new_search, shortcut="Ctrl+N", tip=tip)
        for number, provider in enumerate(self._services.search.providers(), start=1):
            go = partial(window.new_search, provider)
            add(f"search.{provider.value}", "&Search", f"Search {provider.label}", go, shortcut=f"Ctrl+{number}")

    def add_views(self) -> None:
        """What brings tabs and docks to the front, and the colours."""
        registry, window = self._registry, self._window
        for key, text, widget, keys, drawing in (
            ("view.library", "Library", window.library, "Ctrl+0", "library"),
            ("view.bulk_fetch", "Bulk fetch", window.bulk_fetch, "Ctrl+B", "list"),
            ("view.review", "Review probable matches", window.review, "Ctrl+Shift+R", "match-review"),
        ):
            go = partial(window.show_tab, widget)
            registry.add(key, "&View", text, go, shortcut=keys, drawing=drawing)
        for number, dock in enumerate(window.docks.all(), start=1):
            toggle = window.docks.toggle_action(dock)
            registry.adopt(f"view.{dock.objectName()}", "&View", toggle, shortcut=f"Alt+{number}")
        registry.add_separator("&View")
        self._add_themes()
        registry.add_separator("&View")

    def add_the_rest(self) -> None:
        """What stands last in its menu."""
        registry, add, window = self._registry, self._registry.add, self._window
        add("view.reset", "&View", "Reset layout", window.docks.reset)
        registry.add_separator("&View")
        add("palette", "&View", "Command palette…", window.open_palette, shortcut="Ctrl+K", drawing="command")
        registry.add_separator("&File")
        add("settings", "&File", "Settings…", window.open_settings, shortcut="Ctrl+,", drawing="settings")
        add("quit", "&File", "Quit", window.close, shortcut="Ctrl+Q")
        add(
            "help.diagnostics",
            "&Help",
            "Diagnostics…",
            window.open_diagnostics,
            shortcut="Ctrl+Shift+D",
            drawing="diagnostics",
            tip="See how the connection to each service stands, and save it for whoever helps",
        )
        add("help.logs", "&Help", "Open log folder", self._open_logs)

    def add_toolbar(self, chips: Mapping[Provider, ProviderChip]) -> None:
        """The toolbar, with the providers' chips at its right."""
        registry = self._registry
        bar = QToolBar("Toolbar", self._window)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addActions([registry["search.run"], registry["search.stop"]])
        bar.addSeparator()
        bar.addAction(registry["contacts.enrich"])
        export = QToolButton()
        export.setObjectName("toolbar_export")
        export.setText("Export…")
        export.setIcon(registry["export.all"].icon())
        export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        export.setToolTip("Write contacts to a CSV file")
        export.setAccessibleName("Export")
        menu = QMenu(export)
        ways = [registry["export.selected"], registry["export.all"]]
        menu.addActions(ways)
        export.setMenu(menu)
        for way in ways:  # what is selected may be exported while the filter hides all of it
            way.enabledChanged.connect(lambda _: export.setEnabled(any(each.isEnabled() for each in ways)))
        bar.addWidget(export)
        bar.addWidget(ChipBar(list(chips.values())))
        self._window.addToolBar(bar)

    def show_search_cost(self) -> None:
        """Whatever runs the search in front names what its first page can cost: running it is the consent."""
        pane = self._window.find_pane.current()
        words = priced("Search", pane.page_cost if pane is not None else 0)
        self._registry["search.run"].setText(words)
        self._registry["search.run"].setIconText(words)

    def _add_themes(self) -> None:
        group = QActionGroup(self._window)
        current = self._services.settings.load().theme
        for choice, (_scheme, words) in _SCHEMES.items():
            action = QAction(f"Colours: {words}", self._window)
            action.setCheckable(True)
            action.setChecked(choice is current)
            action.triggered.connect(lambda _checked=False, choice=choice: self._choose_theme(choice))
            group.addAction(action)
            self._registry.adopt(f"view.theme.{choice.value}", "&View", action)

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._theme.choose(_SCHEMES[choice][0])
        settings = self._services.settings.load()
        if settings.theme is not choice:
            self._services.settings.save(replace(settings, theme=choice))

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.profile.log_dir)))
