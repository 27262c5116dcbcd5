"""The view half of the contact table: its selection, its place while rows come and go, and a hint in place of rows."""

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.ui.colours import current_colours
from app.ui.models.contact_model import ContactModel
from app.ui.theme import SPACING
from app.ui.widgets.contact_selection import ROWS, ContactSelectionModel, Flag
from app.ui.widgets.frozen_column import FrozenColumn


class ContactView(QTableView):
    """A table of whole rows.

    Signals:
        opened: The rep wants to see the current contact.
        typed: The rep types letters (str) as if to search.
        place_changed: Another part of the rows is in sight.
    """

    opened = Signal()
    typed = Signal(str)
    place_changed = Signal()

    def __init__(self, model: ContactModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = ""
        self._anchor: tuple[int, int] | None = None
        self._contact_model = model
        self.setModel(model)
        # The place is noted before the selection lets go of its rows, and found again after it has taken them up.
        model.about_to_reorder.connect(self._note_place)
        self.contacts = ContactSelectionModel(model, self)
        self.setSelectionModel(self.contacts)
        model.reordered.connect(self._find_place)
        # Headings are never highlighted; looking whether one should be costs a walk over all selected rows per paint.
        self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        # Qt then moves what is painted already when rows are scrolled, instead of painting all of them again; a style
        # sheet that names a background keeps it from finding out by itself. In return we fill the ground ourselves.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACING.m)
        self.doubleClicked.connect(self._open)
        self.verticalScrollBar().valueChanged.connect(self._moved)
        self.frozen = FrozenColumn(self, model)

    def set_hint(self, hint: str) -> None:
        """What stands in place of rows while there are none."""
        self._hint = hint
        self.viewport().update()

    @property
    def first_row(self) -> int:
        """The row at the top."""
        return max(0, self.rowAt(0))

    @property
    def rows_in_sight(self) -> int:
        """How many rows there is room for, one that is cut included."""
        return self.viewport().height() // max(1, self.verticalHeader().defaultSectionSize()) + 1

    def show_row_on_top(self, row: int) -> None:
        """Scroll so that a row is the first in sight, as far as there are rows below it."""
        self.executeDelayedItemsLayout()
        self.verticalScrollBar().setValue(row)

    def selectAll(self) -> None:
        """Select every shown row as one span; Qt's own way takes seconds for a hundred thousand."""
        model = self._contact_model
        if model.rowCount():
            everything = QItemSelection(model.index(0, 0), model.index(model.rowCount() - 1, model.columnCount() - 1))
            self.contacts.select(everything, Flag.Select | ROWS)

    def keyboardSearch(self, search: str) -> None:
        """Pass letters on; Qt would look at every row of the model for the one that begins with them."""
        self.typed.emit(search)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the current contact on Enter, on every system alike."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground and the rows, or the hint where there are none."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().base())
        painter.end()
        super().paintEvent(event)
        if self._hint and not self._contact_model.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(current_colours().muted)
            area = self.viewport().rect().adjusted(SPACING.xl, SPACING.xl, -SPACING.xl, -SPACING.xl)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, int(flags), self._hint)
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the frozen column its place."""
        super().resizeEvent(event)
        self.frozen.place()
        self._moved()

    def updateGeometries(self) -> None:
        """Give the frozen column its place whenever headings or scroll bars change."""
        super().updateGeometries()
        if hasattr(self, "frozen"):  # Qt calls this before we are complete
            self.frozen.place()

    def indexAt(self, pos: QPoint) -> QModelIndex:
        """The cell at a point; over the frozen column it is that column's."""
        index = super().indexAt(pos)
        if hasattr(self, "frozen") and self.frozen.covers(pos.x()):
            row = self.rowAt(pos.y())
            return self._contact_model.index(row, self.frozen.column) if row >= 0 else QModelIndex()
        return index

    def scrollTo(
        self,
        index: QModelIndex | QPersistentModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Scroll a cell into sight, out from under the frozen column too; a cell of that column is always in sight."""
        bar = self.horizontalScrollBar()
        before, frozen = bar.value(), self.frozen.shows(index)
        super().scrollTo(index, hint)
        if frozen:
            bar.setValue(before)
        elif (hidden := self.frozen.hides(index)) > 0:
            bar.setValue(bar.value() - hidden)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Scroll to the current row as Qt does, and note whether it is in sight."""
        super().currentChanged(current, previous)
        self._note_current()

    def _moved(self) -> None:
        top = self.first_row
        self.contacts.show_window(top, top + self.rows_in_sight)
        self._note_current()
        self.place_changed.emit()

    def _note_current(self) -> None:
        row, top = self.currentIndex().row(), self.first_row
        self._contact_model.current_in_sight = top <= row < top + self.rows_in_sight - 1

    def _note_place(self) -> None:
        """Note the contact whose row must not move: the current one if it is in sight, else the first in sight.

        After another order of the rep's own the first row means nothing any more.
        """
        self._anchor = None
        model, top = self._contact_model, self.first_row
        if not model.rowCount():
            return
        current = self.currentIndex()
        self._note_current()
        if model.current_in_sight:
            self._anchor = (model.contact_id(current.row()), current.row() - top)
        elif not model.reordered_by_rep and (top or self.underMouse()):
            self._anchor = (model.contact_id(top), 0)

    def _find_place(self) -> None:
        position = self._contact_model.position(self._anchor[0]) if self._anchor is not None else None
        if self._anchor is None or position is None:
            if self._contact_model.reordered_by_rep:
                self.show_row_on_top(0)
        else:
            self.show_row_on_top(max(0, position - self._anchor[1]))
        self._moved()

    def _open(self) -> None:
        if self.currentIndex().isValid():
            self.opened.emit()
