"""The one contact table: a filter box, a count line, a column chooser, and the rows of any model of contacts."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from app.domain.contact import ContactRow
from app.qtbridge.tasks import TaskScope
from app.ui.colours import Ink
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.models.contact_columns import Column
from app.ui.models.contact_model import ContactModel
from app.ui.theme import SPACING
from app.ui.widgets.contact_links import linkedin_of, open_address, website_of
from app.ui.widgets.contact_view import ContactView
from app.ui.widgets.row_menu import RowMenu
from app.ui.widgets.table_clipboard import CHUNK, TableClipboard
from app.ui.widgets.table_columns import TableColumns
from app.ui.widgets.table_tools import CountLabel, TableTools

if TYPE_CHECKING:
    from app.composition import Services

FILTER_PAUSE_MS = 120
CURRENT_REST_MS = 120


class ContactTable(QWidget):
    """Shows contacts.

    Selected contacts are known by id: sorting, filtering and new rows leave the selection alone, and the count
    line says when the filter hides a part of it.

    Attributes:
        model: What is shown.
        view: The rows.
        columns: The heading's state and menus.
        clipboard: Copies what is selected.
        menu: The context menu of rows.

    Signals:
        contact_activated: The rep opened a contact (id) with Enter or a double click.
        contact_current: The current row moved to a contact (id).
        selection_changed: Another set of contacts is selected.
        counts_changed: The number of contacts changed.
        view_changed: Columns, sorting, filter or the part in sight are other ones: what `save_state` tells of.
        enrich_requested, export_requested: From the context menu, with the selected ids as a list.
        said: A sentence for the status bar.
        failed: A `ContactScoutError` while rows were read from the library.
    """

    contact_activated = Signal(int)
    contact_current = Signal(int)
    selection_changed = Signal()
    counts_changed = Signal()
    view_changed = Signal()
    enrich_requested = Signal(object)
    export_requested = Signal(object)
    said = Signal(str)
    failed = Signal(object)

    def __init__(self, services: "Services", model: ContactModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scope = TaskScope("contact table", failure_handler(self.failed.emit))
        self._current_id: int | None = None
        self._current_late = False
        self._current_rest = QTimer(self, singleShot=True, interval=CURRENT_REST_MS)
        self._current_rest.timeout.connect(self._tell_current)
        self._hint = ""
        self.model = model
        self._build_tools()
        self._build_view()
        self.clipboard = TableClipboard(model, self.view, self.columns, library=services.library, scope=self._scope)
        self.clipboard.said.connect(self.said)
        self.menu = RowMenu(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING.s)
        layout.addWidget(self._tools)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        layout.addWidget(self._stack, 1)
        model.counts_changed.connect(self._show_counts)
        model.counts_changed.connect(self.counts_changed)
        self.columns.reset()
        self._show_counts()

    async def shut_down(self) -> None:
        """Stop reading and listening."""
        self._filter_pause.stop()
        self._current_rest.stop()
        await self._scope.aclose()

    # Contacts

    def selected_ids(self) -> list[int]:
        """The selected contacts, in the order shown; those hidden by the filter come last."""
        return self.view.contacts.selected_ids()

    def chosen_ids(self) -> Collection[int]:
        """The same in no order, which is much quicker among very many contacts. The caller must not change it."""
        return self.view.contacts.chosen()

    @property
    def selected_count(self) -> int:
        """How many contacts are selected; quicker than `selected_ids`."""
        return self.view.contacts.count

    def all_ids(self) -> list[int]:
        """The contacts that “all” means: every one of results, whatever the filter shows, and what a view shows."""
        return list(self.model.all_ids())

    @property
    def all_count(self) -> int:
        """How many `all_ids` are."""
        return len(self.model.all_ids())

    def select_ids(self, contact_ids: Collection[int]) -> None:
        """Select exactly these contacts."""
        self.view.contacts.select_ids(contact_ids)

    def selected_rows(self, most: int = CHUNK) -> list[ContactRow]:
        """The first selected contacts that are loaded, as rows."""
        rows = (self.model.contact_row(contact_id) for contact_id in self.selected_ids()[:most])
        return [row for row in rows if row is not None]

    def current_row(self) -> ContactRow | None:
        """The contact of the current row, if it is loaded."""
        index = self.view.currentIndex()
        return self.model.contact_row(self.model.contact_id(index.row())) if index.isValid() else None

    # Looks

    def add_tool(self, widget: QWidget, *, first: bool = False) -> None:
        """Put a widget of the pane into the line above the table: left of the column chooser, or first of all."""
        self._tools.add(widget, first=first)

    def add_menu_actions(self, actions: Sequence[QAction]) -> None:
        """Put actions of the window into the context menu of rows, as a group of their own."""
        self.menu.add_group(actions)

    def set_hint(self, hint: str) -> None:
        """What stands in the table while it has no rows."""
        self._hint = hint
        self._show_counts()

    def set_no_match_page(self, page: QWidget) -> None:
        """What stands in place of the rows while the filter leaves none."""
        self._stack.addWidget(page)

    def focus_filter(self) -> None:
        """Put the cursor into the filter box."""
        self.filter_box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_box.selectAll()

    def set_filter_text(self, text: str) -> None:
        """Filter at once, without the pause for typing."""
        self.filter_box.setText(text)
        self._apply_filter()

    def save_state(self) -> dict[str, Any]:
        """Columns (order, width, shown), sorting and freeze, ready for JSON."""
        return self.columns.save_state()

    def restore_state(self, state: object) -> None:
        """Bring back what `save_state` gave; what is unknown or damaged is left out."""
        self.columns.restore_state(state)

    def reset_columns(self) -> None:
        """The columns as they come out of the box, in the order of arrival."""
        self.columns.reset()

    def shown_columns(self) -> list[Column]:
        """The columns shown, left to right."""
        return self.columns.shown()

    def sort_by_current(self) -> None:
        """Sort by the column of the current cell, as a click on its heading would."""
        index = self.view.currentIndex()
        self.columns.sort_next(Column(index.column()) if index.isValid() else self.shown_columns()[0])

    def choose_columns(self) -> None:
        """Ask which columns are shown, and in what order."""
        self._scope.replace("columns", self._choose_columns())

    # Actions

    def open_linkedin(self) -> None:
        """Open the current contact's LinkedIn profile in the browser."""
        open_address(linkedin_of(self.current_row()))

    def open_website(self) -> None:
        """Open the website of the current contact's company in the browser."""
        open_address(website_of(self.current_row()))

    def open_current(self) -> None:
        """Show the current contact in the inspector."""
        index = self.view.currentIndex()
        if index.isValid():
            self.contact_activated.emit(self.model.contact_id(index.row()))

    # Inside

    async def _choose_columns(self) -> None:
        from app.ui.dialogs.column_dialog import run_column_dialog

        chosen = await run_column_dialog(self.window(), self.columns.order(), self.columns.shown())
        if chosen is not None:
            self.columns.arrange(*chosen)

    def _on_current(self, current: QModelIndex) -> None:
        contact_id = self.model.contact_id(current.row()) if current.isValid() else None
        if contact_id is None or contact_id == self._current_id:
            return
        self._current_id = contact_id
        if self._current_rest.isActive():
            self._current_late = True  # the rep runs through the rows; where they stop is worth telling
        else:
            self.contact_current.emit(contact_id)
        self._current_rest.start()

    def _tell_current(self) -> None:
        if self._current_late and self._current_id is not None:
            self._current_late = False
            self.contact_current.emit(self._current_id)

    def _on_selection(self) -> None:
        self._show_counts()
        self.selection_changed.emit()

    def _apply_filter(self) -> None:
        self._filter_pause.stop()
        self.model.set_filter(self.filter_box.text())
        self.view_changed.emit()

    def _type_into_filter(self, text: str) -> None:
        if text.strip():
            self.filter_box.setFocus(Qt.FocusReason.OtherFocusReason)
            self.filter_box.setText(text)

    def _show_counts(self) -> None:
        model, contacts = self.model, self.view.contacts
        shown, total, selected = model.rowCount(), model.total, contacts.count
        numbers = f"{shown:,} of {total:,}" if model.is_filtered else f"{shown:,}"
        text = f"{numbers} shown" if model.is_complete else "Counting…"
        short = numbers if model.is_complete else "Counting…"
        text, short = f"{text}, {selected:,} selected", f"{short} · {selected:,} selected"
        if hidden := contacts.hidden_count:
            text, short = f"{text} ({hidden:,} hidden by the filter)", f"{short} ({hidden:,} hidden)"
        self.count_label.set_counts(text, short)
        nothing_matches = model.is_filtered and total > 0
        self.view.set_hint("No contact matches the filter." if nothing_matches else self._hint)
        page = self._stack.widget(1) if nothing_matches and model.is_complete and not shown else None
        self._stack.setCurrentWidget(page or self.view)

    # Building

    def _build_tools(self) -> None:
        self.filter_box = QLineEdit()
        self.filter_box.setPlaceholderText("Filter these contacts")
        self.filter_box.setAccessibleName("Filter these contacts")
        self.filter_box.setToolTip("Shows the contacts that hold every word you type, in any column (Ctrl+F)")
        self.filter_box.setClearButtonEnabled(True)
        self.filter_box.addAction(icon("search", Ink.MUTED), QLineEdit.ActionPosition.LeadingPosition)
        self._filter_pause = QTimer(self, singleShot=True, interval=FILTER_PAUSE_MS)
        self._filter_pause.timeout.connect(self._apply_filter)
        self.filter_box.textChanged.connect(self._filter_pause.start)
        self.filter_box.returnPressed.connect(self._apply_filter)
        self.count_label = CountLabel()
        self.count_label.setAccessibleName("Shown and selected contacts")
        self._columns_button = QToolButton()
        self._columns_button.setText("Columns")
        self._columns_button.setIcon(icon("columns"))
        self._columns_button.setIconSize(QSize(16, 16))
        self._columns_button.setToolTip("Choose which columns are shown, and in what order")
        self._columns_button.clicked.connect(self._open_column_menu)
        self._tools = TableTools(self.filter_box, self.count_label, self._columns_button)

    def _build_view(self) -> None:
        self.view = view = ContactView(self.model, self)
        view.setAccessibleName("Contacts")
        self.columns = TableColumns(view)
        self.columns.chooser_requested.connect(self.choose_columns)
        self.columns.changed.connect(self.view_changed)
        view.opened.connect(self.open_current)
        view.typed.connect(self._type_into_filter)
        view.place_changed.connect(self.view_changed)
        view.contacts.currentChanged.connect(self._on_current)
        view.contacts.chosen_changed.connect(self._on_selection)

    def _open_column_menu(self) -> None:
        below = self._columns_button.mapToGlobal(QPoint(0, self._columns_button.height()))
        self.columns.menu().popup(below)
