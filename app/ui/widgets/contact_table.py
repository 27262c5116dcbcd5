"""The one contact table: a filter box, a count line, a column chooser, and the rows."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.contact import ContactRow
from app.domain.identifiers import safe_url
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.colours import Ink
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.models.contact_columns import COLUMNS, Column
from app.ui.models.contact_table_model import ContactTableModel
from app.ui.theme import SPACING
from app.ui.widgets.contact_view import ContactView
from app.ui.widgets.labels import ElidedLabel

if TYPE_CHECKING:
    from app.composition import Services

FILTER_PAUSE_MS = 120
LOAD_CHUNK = 500


class ContactTable(QWidget):
    """Shows contacts. Rows are brought up to date by themselves when their contacts change.

    Selected contacts are known by id: sorting, filtering and new rows leave the selection alone, and the count
    line says when the filter hides a part of it.

    Signals:
        contact_activated: The rep opened a contact (id) with Enter or a double click.
        contact_current: The current row moved to a contact (id).
        selection_changed: Another set of contacts is selected.
        counts_changed: The number of contacts changed.
        enrich_requested, export_requested: From the context menu, with the selected ids as a list.
        failed: A `ContactScoutError` while rows were read from the library.
    """

    contact_activated = Signal(int)
    contact_current = Signal(int)
    selection_changed = Signal()
    counts_changed = Signal()
    enrich_requested = Signal(object)
    export_requested = Signal(object)
    failed = Signal(object)

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = services.library
        self._scope = TaskScope("contact table", failure_handler(self.failed.emit))
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)
        self.model = ContactTableModel(self)
        self.model.counts_changed.connect(self._show_counts)
        self.model.counts_changed.connect(self.counts_changed)
        self._build_tools()
        self._build_view()
        self._last_group = self._build_actions()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING.s)
        layout.addLayout(self._tools)
        layout.addWidget(self.view, 1)
        self.reset_columns()
        self._show_counts()

    async def shut_down(self) -> None:
        """Stop reading and listening."""
        self._changes.close()
        await self._scope.aclose()

    # Contacts

    def set_contact_ids(self, contact_ids: Sequence[int]) -> None:
        """Show these contacts of the library, in this order, instead of what was there."""
        self._scope.replace("load", self._load(list(contact_ids)))

    def append_rows(self, rows: Iterable[ContactRow]) -> None:
        """Add rows at the end, at most once in 100 ms; contacts already there are brought up to date."""
        self.model.append_rows(rows)

    def selected_ids(self) -> list[int]:
        """The selected contacts, in the order shown; those hidden by the filter come last."""
        return self.view.contacts.selected_ids()

    def all_ids(self) -> list[int]:
        """Every contact of the table in the order of arrival, whatever the filter shows."""
        return self.model.all_ids()

    def select_ids(self, contact_ids: Iterable[int]) -> None:
        """Select exactly these contacts."""
        self.model.flush()
        self.view.contacts.select_ids(contact_ids)

    def selected_rows(self) -> list[ContactRow]:
        """The selected contacts as rows."""
        rows = (self.model.contact_row(contact_id) for contact_id in self.selected_ids())
        return [row for row in rows if row is not None]

    def refresh(self, contact_ids: Iterable[int] = ()) -> None:
        """Read contacts of this table again; all of them when none is named."""
        mine = self.all_ids()
        wanted = set(contact_ids)
        touched = [contact_id for contact_id in mine if contact_id in wanted] if wanted else mine
        if touched:
            self._scope.start(self._refresh(touched), "refresh")

    # Looks

    def add_tool(self, widget: QWidget) -> None:
        """Put a widget of the pane into the line above the table, left of the column chooser."""
        self._tools.insertWidget(self._tools.count() - 1, widget)

    def add_menu_actions(self, actions: Sequence[QAction]) -> None:
        """Put actions of the window into the context menu of rows, as a group of their own."""
        self._menu.insertActions(self._last_group, actions)
        self._last_group = self._menu.insertSeparator(self._last_group)

    def set_hint(self, hint: str) -> None:
        """What stands in the table while it has no rows."""
        self._hint = hint
        self._show_counts()

    def focus_filter(self) -> None:
        """Put the cursor into the filter box."""
        self.filter_box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_box.selectAll()

    def save_state(self) -> dict[str, Any]:
        """Columns (order, width, shown) and sorting, ready for JSON."""
        header = self.view.horizontalHeader()
        order = sorted(Column, key=header.visualIndex)
        sorted_by = header.sortIndicatorSection()
        return {
            "columns": [
                {"key": COLUMNS[column].key, "width": self._width(column), "shown": not header.isSectionHidden(column)}
                for column in order
            ],
            "sort": COLUMNS[Column(sorted_by)].key if 0 <= sorted_by < len(COLUMNS) else "",
            "descending": header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
        }

    def restore_state(self, state: object) -> None:
        """Bring back what `save_state` gave; what is unknown or damaged is left out."""
        if not isinstance(state, dict) or not isinstance(state.get("columns"), list):
            return
        header = self.view.horizontalHeader()
        by_key = {spec.key: column for column, spec in COLUMNS.items()}
        position = 0
        for saved in state["columns"]:
            column = by_key.get(str(saved.get("key"))) if isinstance(saved, dict) else None
            if column is None:
                continue
            header.moveSection(header.visualIndex(column), position)
            position += 1
            shown = bool(saved.get("shown", True)) or column is Column.NAME
            header.setSectionHidden(column, not shown)
            width = saved.get("width")
            if isinstance(width, int) and 24 <= width <= 2000:
                header.resizeSection(column, width)
        order = Qt.SortOrder.DescendingOrder if state.get("descending") else Qt.SortOrder.AscendingOrder
        sort_column = by_key.get(str(state.get("sort", "")))
        self.view.sortByColumn(-1 if sort_column is None else sort_column, order)

    def reset_columns(self) -> None:
        """The columns as they come out of the box, in the order of arrival."""
        header = self.view.horizontalHeader()
        for column, spec in COLUMNS.items():
            header.moveSection(header.visualIndex(column), column)
            header.setSectionHidden(column, not spec.shown)
            header.resizeSection(column, spec.width)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def shown_columns(self) -> list[Column]:
        """The columns shown, left to right."""
        header = self.view.horizontalHeader()
        return [column for column in sorted(Column, key=header.visualIndex) if not header.isSectionHidden(column)]

    # Actions

    def copy_rows(self) -> None:
        """Copy the selected rows with a heading, as tab-separated text for a spreadsheet."""
        if selected := self.selected_ids():
            _copy(self.model.as_tsv(selected, self.shown_columns()))

    def copy_emails(self) -> None:
        """Copy the selected contacts' e-mail addresses, one a line."""
        _copy("\n".join(row.email for row in self.selected_rows() if row.email))

    def copy_phones(self) -> None:
        """Copy the selected contacts' phone numbers, one a line."""
        _copy("\n".join(row.phone for row in self.selected_rows() if row.phone))

    def open_linkedin(self) -> None:
        """Open the current contact's LinkedIn profile in the browser."""
        row = self._current_row()
        url = safe_url(row.linkedin_url) if row else ""
        if url:
            QDesktopServices.openUrl(QUrl(url))

    def open_current(self) -> None:
        """Show the current contact in the inspector."""
        row = self._current_row()
        if row is not None:
            self.contact_activated.emit(row.contact_id)

    # Inside

    async def _load(self, contact_ids: list[int]) -> None:
        self.model.set_rows([])
        for start in range(0, len(contact_ids), LOAD_CHUNK):
            self.model.append_rows(await self._library.rows(contact_ids[start : start + LOAD_CHUNK]))

    async def _refresh(self, contact_ids: list[int]) -> None:
        for start in range(0, len(contact_ids), LOAD_CHUNK):
            asked = contact_ids[start : start + LOAD_CHUNK]
            rows = await self._library.rows(asked)
            merged = [(old_id, row) for old_id, row in zip(asked, rows, strict=False) if old_id != row.contact_id]
            self.model.update_rows(rows)
            if len(rows) == len(asked):
                for old_id, row in merged:
                    self.model.replace(old_id, row)

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.CONTACTS:
            self.refresh(change.ids)

    def _current_row(self) -> ContactRow | None:
        index = self.view.currentIndex()
        return self.model.contact_row(self.model.contact_id(index.row())) if index.isValid() else None

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self.contact_current.emit(self.model.contact_id(current.row()))

    def _on_selection(self) -> None:
        self._show_counts()
        self.selection_changed.emit()

    def _show_counts(self) -> None:
        shown, everything = self.model.rowCount(), len(self.model.all_ids())
        selected, hidden = len(self.selected_ids()), self.view.contacts.hidden_count
        text = f"{shown:,} of {everything:,} shown" if self.model.is_filtered else f"{shown:,} shown"
        text += f", {selected:,} selected"
        if hidden:
            text += f" ({hidden:,} hidden by the filter)"
        self.count_label.setText(text)
        nothing_matches = self.model.is_filtered and everything > 0
        self.view.set_hint("No contact matches the filter." if nothing_matches else self._hint)

    def _width(self, column: Column) -> int:
        header = self.view.horizontalHeader()
        hidden = header.isSectionHidden(column)
        return COLUMNS[column].width if hidden else header.sectionSize(column)

    def _build_tools(self) -> None:
        self._hint = ""
        self.filter_box = QLineEdit()
        self.filter_box.setPlaceholderText("Filter these contacts")
        self.filter_box.setAccessibleName("Filter these contacts")
        self.filter_box.setToolTip("Shows the contacts that hold every word you type, in any column (Ctrl+F)")
        self.filter_box.setClearButtonEnabled(True)
        self.filter_box.setMaximumWidth(320)
        self.filter_box.addAction(icon("search", Ink.MUTED), QLineEdit.ActionPosition.LeadingPosition)
        self._filter_pause = QTimer(self, singleShot=True, interval=FILTER_PAUSE_MS)
        self._filter_pause.timeout.connect(lambda: self.model.set_filter(self.filter_box.text()))
        self.filter_box.textChanged.connect(self._filter_pause.start)
        self.count_label = ElidedLabel(role="muted")
        self.count_label.setAccessibleName("Shown and selected contacts")
        self._columns_button = QToolButton()
        self._columns_button.setText("Columns")
        self._columns_button.setIcon(icon("columns"))
        self._columns_button.setIconSize(QSize(16, 16))
        self._columns_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._columns_button.setToolTip("Choose which columns are shown")
        self._columns_button.clicked.connect(self._open_column_menu)
        self._tools = QHBoxLayout()
        self._tools.setSpacing(SPACING.s)
        self._tools.addWidget(self.filter_box, 2)
        self._tools.addWidget(self.count_label, 3)
        self._tools.addWidget(self._columns_button)

    def _build_view(self) -> None:
        self.view = ContactView(self.model, self)
        self.view.setAccessibleName("Contacts")
        header = self.view.horizontalHeader()
        header.setSectionsMovable(True)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self._column_menu().popup(header.mapToGlobal(at)))
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.view.setSortingEnabled(True)
        self.view.opened.connect(self.open_current)
        self.view.customContextMenuRequested.connect(self._open_context_menu)
        self.view.contacts.currentChanged.connect(self._on_current)
        self.view.contacts.selectionChanged.connect(self._on_selection)

    def _build_actions(self) -> QAction:
        """Make the context menu; returns where its last group begins."""
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)  # a disabled action's tells why
        copy_rows = self._add_action("Copy rows", "copy", self.copy_rows)
        copy_rows.setShortcut(QKeySequence.StandardKey.Copy)
        copy_rows.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.view.addAction(copy_rows)
        self._show_action = self._add_action("Show details", "person", self.open_current)
        self._enrich_action = self._add_action(
            "Enrich…", "enrich", lambda: self.enrich_requested.emit(self.selected_ids())
        )
        self._export_action = self._add_action(
            "Export…", "export", lambda: self.export_requested.emit(self.selected_ids())
        )
        self._copy_email = self._add_action("Copy email", "mail", self.copy_emails)
        self._copy_phone = self._add_action("Copy phone", "phone", self.copy_phones)
        self._linkedin = self._add_action("Open LinkedIn profile", "link", self.open_linkedin)
        self._menu.addActions([self._show_action])
        self._menu.addSeparator()
        self._menu.addActions([self._enrich_action, self._export_action])
        self._menu.addSeparator()
        self._menu.addActions([copy_rows, self._copy_email, self._copy_phone])
        self._menu.addSeparator()
        self._menu.addActions([self._linkedin])
        return self._linkedin

    def _add_action(self, text: str, drawing: str, run: Any) -> QAction:
        action = QAction(icon(drawing), text, self)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _open_context_menu(self, at: QPoint) -> None:
        rows = self.selected_rows()
        if not rows:
            return
        self._copy_email.setEnabled(any(row.email for row in rows))
        self._copy_phone.setEnabled(any(row.phone for row in rows))
        current = self._current_row()
        self._linkedin.setEnabled(bool(current and safe_url(current.linkedin_url)))
        self._menu.popup(self.view.viewport().mapToGlobal(at))

    def _open_column_menu(self) -> None:
        below = self._columns_button.mapToGlobal(QPoint(0, self._columns_button.height()))
        self._column_menu().popup(below)

    def _column_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        header = self.view.horizontalHeader()
        for column, spec in COLUMNS.items():
            action = menu.addAction(spec.title)
            action.setCheckable(True)
            action.setChecked(not header.isSectionHidden(column))
            # The name stays: a table without any column could not be got back from.
            action.setEnabled(column is not Column.NAME)
            action.toggled.connect(lambda shown, column=column: self._show_column(column, shown=shown))
        menu.addSeparator()
        menu.addAction("Reset columns").triggered.connect(lambda _checked=False: self.reset_columns())
        return menu

    def _show_column(self, column: Column, *, shown: bool) -> None:
        header: QHeaderView = self.view.horizontalHeader()
        header.setSectionHidden(column, not shown)
        if shown and header.sectionSize(column) < 24:
            header.resizeSection(column, COLUMNS[column].width)


def _copy(text: str) -> None:
    if text:
        QGuiApplication.clipboard().setText(text)
