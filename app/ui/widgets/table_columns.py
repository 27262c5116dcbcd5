"""The columns of a contact table: which are shown, in what order and width, sorted by which; and the ways to say so."""

from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu

from app.ui.models.contact_columns import COLUMNS, Column
from app.ui.widgets.contact_view import ContactView

LEAST_WIDTH, MOST_WIDTH = 24, 2000

_BY_KEY = {spec.key: column for column, spec in COLUMNS.items()}


class TableColumns(QObject):
    """Works the heading of a table.

    Signals:
        changed: Columns, widths or sorting are other ones.
        chooser_requested: The rep wants the dialog that shows all columns.
    """

    changed = Signal()
    chooser_requested = Signal()

    def __init__(self, view: ContactView) -> None:
        super().__init__(view)
        self._view = view
        self._header = header = view.horizontalHeader()
        header.setSectionsMovable(True)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_heading_menu)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        view.setSortingEnabled(True)
        for signal in (header.sectionResized, header.sectionMoved, header.sortIndicatorChanged):
            signal.connect(lambda *_: self.changed.emit())

    # State

    def save_state(self) -> dict[str, Any]:
        """Columns (order, width, shown), sorting and freeze, ready for JSON."""
        sort, descending = self.sort
        return {
            "columns": [
                {"key": COLUMNS[column].key, "width": self._width(column), "shown": not self._is_hidden(column)}
                for column in self.order()
            ],
            "sort": COLUMNS[sort].key if sort is not None else "",
            "descending": descending,
            "frozen": self._view.frozen.is_on,
        }

    def restore_state(self, state: object) -> None:
        """Bring back what `save_state` gave; what is unknown or damaged is left out."""
        if not isinstance(state, dict) or not isinstance(state.get("columns"), list):
            return
        position = 0
        for saved in state["columns"]:
            column = _BY_KEY.get(str(saved.get("key"))) if isinstance(saved, dict) else None
            if column is None:
                continue
            self._header.moveSection(self._header.visualIndex(column), position)
            position += 1
            shown = bool(saved.get("shown", True)) or column is Column.NAME
            self._header.setSectionHidden(column, not shown)
            width = saved.get("width")
            if isinstance(width, int) and LEAST_WIDTH <= width <= MOST_WIDTH:
                self._header.resizeSection(column, width)
        self.freeze(on=bool(state.get("frozen")))
        self.sort_by(_BY_KEY.get(str(state.get("sort", ""))), descending=bool(state.get("descending")))

    def reset(self) -> None:
        """The columns as they come out of the box, in the order of arrival."""
        for column, spec in COLUMNS.items():
            self._header.moveSection(self._header.visualIndex(column), column)
            self._header.setSectionHidden(column, not spec.shown)
            self._header.resizeSection(column, spec.width)
        self.freeze(on=False)
        self.sort_by(None)

    # Asking

    def order(self) -> list[Column]:
        """Every column, left to right, hidden ones in their places."""
        return sorted(Column, key=self._header.visualIndex)

    def shown(self) -> list[Column]:
        """The columns shown, left to right."""
        return [column for column in self.order() if not self._is_hidden(column)]

    @property
    def sort(self) -> tuple[Column | None, bool]:
        """The column the rows are sorted by, None for the order of arrival, and whether it is descending."""
        section = self._header.sortIndicatorSection()
        descending = self._header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        return (Column(section) if 0 <= section < len(COLUMNS) else None), descending

    # Changing

    def sort_by(self, column: Column | None, *, descending: bool = False) -> None:
        """Sort by a column, or restore the order of arrival."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self._view.sortByColumn(-1 if column is None else column, order)

    def sort_next(self, column: Column) -> None:
        """What a click on the heading does: ascending, descending, the order of arrival."""
        sort, descending = self.sort
        if sort is not column:
            self.sort_by(column)
        elif not descending:
            self.sort_by(column, descending=True)
        else:
            self.sort_by(None)

    def arrange(self, order: list[Column], shown: set[Column]) -> None:
        """Put the columns into an order and show some of them; the name always stays."""
        for position, column in enumerate(order):
            self._header.moveSection(self._header.visualIndex(column), position)
            self.show_column(column, shown=column in shown)

    def show_column(self, column: Column, *, shown: bool) -> None:
        """Show or hide a column. A table without any column could not be got back from, so the name stays."""
        self._header.setSectionHidden(column, not (shown or column is Column.NAME))
        if shown and self._header.sectionSize(column) < LEAST_WIDTH:
            self._header.resizeSection(column, COLUMNS[column].width)
        self.changed.emit()

    def freeze(self, *, on: bool) -> None:
        """Hold the first column in its place while the others are scrolled, or let it go."""
        self._view.frozen.set_on(on=on)
        self.changed.emit()

    # Menus

    def menu(self, at: Column | None = None) -> QMenu:
        """What can be done to the columns, to one of them first if it is named."""
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if at is not None:
            self._add_column_part(menu, at)
            menu.addSeparator()
        menu.addAction("Choose columns…").triggered.connect(lambda _=False: self.chooser_requested.emit())
        frozen = menu.addAction("Freeze first column")
        frozen.setCheckable(True)
        frozen.setChecked(self._view.frozen.is_on)
        frozen.toggled.connect(lambda on: self.freeze(on=on))
        menu.addSeparator()
        menu.addAction("Reset columns").triggered.connect(lambda _=False: self.reset())
        return menu

    def _add_column_part(self, menu: QMenu, column: Column) -> None:
        sort, descending = self.sort
        for text, wanted, down in (
            ("Sort ascending", column, False),
            ("Sort descending", column, True),
            ("Do not sort", None, False),
        ):
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(sort is wanted and (wanted is None or descending is down))
            action.triggered.connect(partial(self._sort_from_menu, wanted, down))
        menu.addSeparator()
        hide = menu.addAction(f"Hide “{COLUMNS[column].title}”")
        hide.setEnabled(column is not Column.NAME)
        hide.triggered.connect(lambda _=False: self.show_column(column, shown=False))

    def _sort_from_menu(self, column: Column | None, descending: bool, *_: object) -> None:
        self.sort_by(column, descending=descending)

    def _open_heading_menu(self, at: QPoint) -> None:
        section = self._header.logicalIndexAt(at)
        self.menu(Column(section) if section >= 0 else None).popup(self._header.mapToGlobal(at))

    def _is_hidden(self, column: Column) -> bool:
        return self._header.isSectionHidden(column)

    def _width(self, column: Column) -> int:
        return COLUMNS[column].width if self._is_hidden(column) else self._header.sectionSize(column)
