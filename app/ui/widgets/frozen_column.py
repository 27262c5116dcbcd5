"""The first column of a table held in its place while the others are scrolled past it.

A second view of the same model and selection lies over the first, and shows only while there is something to cover.
It takes no mouse: clicks, wheel and tool tips belong to the table beneath, which knows whose cell it is.
"""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from app.ui.widgets.labels import set_role


class _Rows(QTableView):
    """Rows that only ever scroll with another table, never by themselves to where the current row is."""

    def scrollTo(
        self,
        index: QModelIndex | QPersistentModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Stay: the other table scrolls, and these rows follow."""


class FrozenColumn(QObject):
    """Freezes the column that stands first in a table, whichever that is."""

    def __init__(self, table: QTableView, model: QAbstractItemModel) -> None:
        super().__init__(table)
        self._table = table
        self._model = model
        self._on = False
        self._following = False
        self._rows = _Rows(table)
        self._heading = QHeaderView(Qt.Orientation.Horizontal, table)
        self._build()

    @property
    def is_on(self) -> bool:
        """Whether the first column is frozen."""
        return self._on

    def set_on(self, *, on: bool) -> None:
        """Freeze the first column, or let it go."""
        self._on = on
        self.place()

    @property
    def column(self) -> int:
        """The column that is frozen, as the model counts."""
        header = self._table.horizontalHeader()
        shown = (header.logicalIndex(place) for place in range(header.count()))
        return next((column for column in shown if not header.isSectionHidden(column)), 0)

    def covers(self, x: int) -> bool:
        """Whether a point of the table's viewport lies under the frozen column."""
        return self._rows.isVisibleTo(self._table) and x < self._rows.width()

    def shows(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        """Whether a cell stands in the frozen column, and that over others."""
        return self._rows.isVisibleTo(self._table) and index.isValid() and index.column() == self.column

    def hides(self, index: QModelIndex | QPersistentModelIndex) -> int:
        """By how many pixels the frozen column covers the left part of a cell."""
        if not self._rows.isVisibleTo(self._table) or not index.isValid() or index.column() == self.column:
            return 0
        return self._rows.width() - self._table.visualRect(index).left()

    def place(self) -> None:
        """Lie where the first column would be if nothing were scrolled."""
        shown = self._on and self._table.horizontalScrollBar().value() > 0 and self._model.rowCount() > 0
        if shown:
            self._take_shape()
        self._rows.setVisible(shown)
        self._heading.setVisible(shown)
        if shown:
            self._rows.raise_()
            self._heading.raise_()

    def _take_shape(self) -> None:
        header, viewport = self._table.horizontalHeader(), self._table.viewport().geometry()
        column = self.column
        width = min(header.sectionSize(column), max(0, viewport.width() - 60))
        self._following = True
        for each in (self._rows.horizontalHeader(), self._heading):
            for other in range(self._model.columnCount()):
                if each.isSectionHidden(other) != (other != column):
                    each.setSectionHidden(other, other != column)
            each.resizeSection(column, width)
        self._heading.setSortIndicator(header.sortIndicatorSection(), header.sortIndicatorOrder())
        self._following = False
        self._rows.verticalHeader().setDefaultSectionSize(self._table.verticalHeader().defaultSectionSize())
        self._rows.setGeometry(viewport.x(), viewport.y(), width, viewport.height())
        self._heading.setGeometry(viewport.x(), header.y(), width, header.height())
        self._follow()

    def _follow(self) -> None:
        """Show the rows that the table shows: a name must never stand beside somebody else's values."""
        self._rows.verticalScrollBar().setValue(self._table.verticalScrollBar().value())

    def _build(self) -> None:
        rows, table, header = self._rows, self._table, self._table.horizontalHeader()
        rows.setModel(self._model)
        rows.setSelectionModel(table.selectionModel())
        rows.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        rows.setFrameShape(QFrame.Shape.NoFrame)
        set_role(rows, "frozen")
        rows.setAccessibleName("Frozen column")
        rows.setAlternatingRowColors(True)
        rows.setShowGrid(False)
        rows.setWordWrap(False)
        rows.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows.horizontalHeader().hide()
        rows.verticalHeader().hide()
        for policy in (rows.setHorizontalScrollBarPolicy, rows.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        heading = self._heading
        heading.setModel(self._model)
        heading.setSectionsClickable(True)
        heading.setSortIndicatorShown(True)
        heading.setSortIndicatorClearable(True)
        heading.setHighlightSections(False)
        heading.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heading.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        heading.customContextMenuRequested.connect(self._pass_menu_on)
        heading.sortIndicatorChanged.connect(self._pass_sort_on)
        heading.sectionResized.connect(self._pass_width_on)
        for widget in (rows, heading):
            widget.hide()
        rows.setAutoScroll(False)
        table.verticalScrollBar().valueChanged.connect(self._follow)
        for moved in (rows.verticalScrollBar().valueChanged, rows.verticalScrollBar().rangeChanged):
            moved.connect(self._follow)
        table.horizontalScrollBar().valueChanged.connect(self.place)
        for signal in (header.sectionResized, header.sectionMoved, header.sortIndicatorChanged):
            signal.connect(self.place)

    def _pass_menu_on(self, at: QPoint) -> None:
        header = self._table.horizontalHeader()
        header.customContextMenuRequested.emit(header.mapFromGlobal(self._heading.mapToGlobal(at)))

    def _pass_sort_on(self, column: int, order: Qt.SortOrder) -> None:
        if not self._following:
            self._table.sortByColumn(column, order)

    def _pass_width_on(self, column: int, _old: int, new: int) -> None:
        if not self._following and column == self.column:
            self._table.horizontalHeader().resizeSection(column, new)
