"""The Library: every contact, narrowed down by words and facets, in any order, in views that can be saved."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.library_view import SavedView, ViewQuery
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.models.contact_columns import COLUMNS
from app.ui.models.library_model import LibraryModel
from app.ui.panes.library_state import read_query, save_query
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.facet_panel import FacetPanel
from app.ui.widgets.saved_views import SavedViewsButton
from app.ui.widgets.table_place import TablePlace

if TYPE_CHECKING:
    from app.composition import Services

COUNT_PAUSE_MS = 2000
"""While contacts stream in there is so much time from one count of the facets to the next."""
SHORT_PAUSE_MS = 150
"""The rows are painted first, and a rep who types on is not held up by counts that are out of date at once."""
PANEL_WIDTH = 220
NARROW = 600
"""Where the pane has less room the panel gives way to the table, until the rep opens it."""


class LibraryPane(QWidget):
    """The Library tab.

    Signals:
        search_requested: The rep wants to search, because the library is empty.
        said: A sentence for the status bar.
        state_changed: Something changed that `save_state` tells of.
    """

    search_requested = Signal()
    said = Signal(str)
    state_changed = Signal()

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("library_pane")
        self._views = services.views
        self.banner = Banner()
        self._scope = TaskScope("library", failure_handler(self.banner.show_error))
        self.model = LibraryModel(services.library, services.views, self._scope, self)
        self.table = ContactTable(services, self.model)
        self.panel = FacetPanel()
        self._place: TablePlace | None = TablePlace()
        self._count_pause = QTimer(self, singleShot=True)
        self._count_pause.timeout.connect(self._count_facets)
        self._since_count = QElapsedTimer()
        self._asked_by_rep = True
        self._news = 0
        self._counted: tuple[ViewQuery, int] | None = None
        self._missed = False
        self._was_narrow = False
        self._folded_for_room = False
        self._changes = ChangeBridge(services.changes, self)
        self._build()
        self._connect()

    async def shut_down(self) -> None:
        """Stop asking and listening."""
        self._changes.close()
        self.model.stop()
        await self._scope.aclose()
        await self.table.shut_down()
        self._count_pause.stop()  # last: an answer that was on its way may have started it

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what has changed meanwhile."""
        super().showEvent(event)
        if self._missed:
            self._missed = False
            self._asked_by_rep = True  # who opens the tab looks at it
            self.model.look_at((), at_once=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the panel where there is no room for it beside the table, and open it again where there is."""
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW
        if is_narrow and not self._was_narrow and self._toggle.isChecked():
            self._toggle.setChecked(False)
            self._folded_for_room = True
        elif not is_narrow and self._folded_for_room:
            self._toggle.setChecked(True)
        elif self.panel.isVisible():
            self._size_panel()  # what a smaller window took from it comes back
        self._was_narrow = is_narrow

    # The view

    def show_view(self, view: SavedView) -> None:
        """Show a saved view: its columns, and its contacts in its order."""
        if view.columns:
            with suppress(ValueError):  # the columns stay as they are
                self.table.restore_state(json.loads(view.columns))
        self._show_query(view.query)

    @property
    def is_counted(self) -> bool:
        """Whether the numbers in the panel are those of the query, with all that has changed."""
        return self._counted == (self.model.query, self._news)

    def toggle_facets(self) -> None:
        """Open the panel with the facets and go into it, or close it."""
        was_in_it = self.panel.tree.hasFocus()
        self._toggle.toggle()
        if self._toggle.isChecked():
            self.panel.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif was_in_it:
            self.table.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def shows_facets(self) -> bool:
        """Whether the panel with the facets is open."""
        return self._toggle.isChecked()

    def open_views(self) -> None:
        """Open the menu of saved views."""
        self.views.menu().popup(self.views.mapToGlobal(self.views.rect().bottomLeft()))

    def clear_filters(self) -> None:
        """Show every contact again, in the order there is."""
        self._show_query(replace(self.model.query, text="", facets={}))

    def _show_query(self, query: ViewQuery) -> None:
        """Make filter box, ticks and heading say what is asked for."""
        self.table.filter_box.setText(query.text)
        self.panel.set_choice(query.facets)
        sort = next((column for column, spec in COLUMNS.items() if spec.key == query.sort), None)
        self.table.columns.sort_by(sort, descending=query.descending)
        self.model.set_query(query)

    # From session to session

    def save_state(self) -> Callable[[], dict[str, Any]]:
        """Query, columns, panel, selection and place; the selection is packed when the result is called."""
        place = self._place or TablePlace.of(self.table)
        state = {
            **save_query(self.model.query),
            "columns": self.table.save_state(),
            "panel": self._toggle.isChecked() or self._folded_for_room,
            "panel_width": self._panel_width,
            "open_facets": self.panel.open_facets(),
        }
        return lambda: {**state, **place.save()}

    def restore_state(self, state: object) -> None:
        """Bring back what `save_state` gave, and begin to show contacts."""
        saved = state if isinstance(state, dict) else {}
        self.table.restore_state(saved.get("columns"))
        query = read_query(saved)
        self._show_query(replace(self.model.query, text=query.text, facets=query.facets))
        width = saved.get("panel_width")
        if isinstance(width, int) and 80 <= width <= 800:
            self._panel_width = width
        self.panel.set_open_facets(saved.get("open_facets"))
        self._toggle.setChecked(bool(saved.get("panel", True)))
        self._place = TablePlace.read(saved)
        self.model.start()
        self.views.reload()

    def _find_place(self) -> None:
        """Once all contacts are there: select, and go where the rep was."""
        place, self._place = self._place, None
        if place is not None:
            place.restore(self.table)

    # What happens

    def _on_change(self, change: Change) -> None:
        # Who is on the do-not-contact list is marked in the rows.
        about_rows = change.kind in (ChangeKind.CONTACTS, ChangeKind.SUPPRESSION)
        self._news += about_rows
        if about_rows and not self.isVisible():
            self._missed = True  # a fetch that runs beside must not be held up by a tab that nobody sees
        elif about_rows:
            self.model.look_at(change.ids)
        elif change.kind is ChangeKind.VIEWS:
            self.views.reload()

    def _on_query(self) -> None:
        self._scope.cancel("facets")
        self._count_pause.stop()
        self._asked_by_rep = True
        self.banner.clear()
        self.state_changed.emit()

    def _on_settled(self) -> None:
        self._find_place()
        self._show_page()
        if self._asked_by_rep:
            self._asked_by_rep = False
            self._count_pause.start(SHORT_PAUSE_MS)
        elif not self._count_pause.isActive():
            rested = self._since_count.elapsed() if self._since_count.isValid() else COUNT_PAUSE_MS
            self._count_pause.start(max(SHORT_PAUSE_MS, COUNT_PAUSE_MS - rested))

    def _on_ticked(self) -> None:
        self.model.set_facets(self.panel.choice)

    def _count_facets(self) -> None:
        self._count_pause.stop()
        if self._toggle.isChecked():
            self._since_count.start()  # also from its beginning, or contacts that stream in would never let it end
            self._scope.replace("facets", self._show_facets())

    async def _show_facets(self) -> None:
        counted = self.model.query, self._news
        self.panel.show_counts(await self._views.facets(counted[0]))
        self._counted = counted
        self._since_count.start()

    def _show_panel(self, shown: bool) -> None:
        self._folded_for_room = False
        self.panel.setVisible(shown)
        if shown:
            self._size_panel()
            self._count_facets()
        self.state_changed.emit()

    def _size_panel(self) -> None:
        rest = max(200, self._splitter.width() - self._splitter.handleWidth() - self._panel_width)
        self._splitter.setSizes([self._panel_width, rest])

    def _on_panel_dragged(self) -> None:
        self._panel_width = self._splitter.sizes()[0]
        self.state_changed.emit()

    def _show_page(self) -> None:
        is_empty = self.model.is_answered and not self.model.total
        self._stack.setCurrentIndex(1 if is_empty else 0)

    def _note_sight(self) -> None:
        view = self.table.view
        top = view.first_row
        self.model.set_sight(top, top + view.rows_in_sight)

    # Building

    def _build(self) -> None:
        self._panel_width = PANEL_WIDTH
        self._toggle = QToolButton()
        self._toggle.setObjectName("library_facets")
        self._toggle.setText("Facets")
        self._toggle.setIcon(icon("filter"))
        self._toggle.setIconSize(QSize(16, 16))
        self._toggle.setCheckable(True)
        self._toggle.setToolTip("Show or hide the panel that narrows the library down (Ctrl+Shift+F)")
        self._toggle.toggled.connect(self._show_panel)
        self.views = SavedViewsButton(self._views, self._scope, lambda: (self.model.query, self.table.save_state()))
        self.table.add_tool(self._toggle, first=True)
        self.table.add_tool(self.views)
        self.table.filter_box.setPlaceholderText("Filter the library")
        self.table.filter_box.setAccessibleName("Filter the library")
        self.table.filter_box.setToolTip(
            "Shows the contacts that hold every word you type: name, company, title, email, phone, place, tags, notes "
            "(Ctrl+F)"
        )
        self.table.set_hint("Reading the library…")
        self.table.set_no_match_page(
            EmptyState(
                "search",
                "No contact matches",
                "No contact has all these words and one of the ticked values of each facet.",
                action_text="Clear filters",
                action=self.clear_filters,
            )
        )
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.panel)
        self._splitter.addWidget(self.table)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setHandleWidth(SPACING.m)
        self.panel.setMinimumWidth(200)
        self.panel.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._splitter)
        self._stack.addWidget(
            EmptyState(
                "library",
                "Your library is empty",
                "Every contact you find, fetch or enrich is kept here, on this computer. Begin with a search; "
                "or paste IDs under Bulk fetch.",
                action_text="New search",
                action=self.search_requested.emit,
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING.m, SPACING.m, SPACING.m, SPACING.m)
        layout.setSpacing(SPACING.s)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self._changes.changed.connect(self._on_change)
        self.model.query_changed.connect(self._on_query)
        self.model.settled.connect(self._on_settled)
        self.panel.chosen.connect(self._on_ticked)
        self.panel.folded.connect(self.state_changed)
        self.views.chosen.connect(self.show_view)
        self.views.said.connect(self.said)
        self._splitter.splitterMoved.connect(self._on_panel_dragged)
        table = self.table
        table.view.place_changed.connect(self._note_sight)
        table.failed.connect(self.banner.show_error)
        table.said.connect(self.said)
        for signal in (table.view_changed, table.selection_changed, table.contact_current):
            signal.connect(lambda *_: self.state_changed.emit())
