"""The view half of the contact table: a selection that is kept by contact id, and a hint where rows would be."""

from collections.abc import Iterable

from PySide6.QtCore import QAbstractItemModel, QItemSelection, QItemSelectionModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.ui.colours import current_colours
from app.ui.models.contact_table_model import ContactTableModel, spans
from app.ui.theme import SPACING

_Flag = QItemSelectionModel.SelectionFlag
_ROWS = _Flag.Rows


class ContactSelectionModel(QItemSelectionModel):
    """Remembers selected contacts that the filter hides, until the rep selects something else instead."""

    def __init__(self, model: ContactTableModel, parent: QObject) -> None:
        super().__init__(model, parent)
        self._contacts = model
        self._hidden: dict[int, None] = {}
        self._kept: list[int] = []
        self._current: int | None = None
        model.about_to_reorder.connect(self._remember)
        model.reordered.connect(self._restore)

    def select(  # type: ignore[override]  # two overloads in C++, one name in Python
        self, selection: QItemSelection | QModelIndex, command: QItemSelectionModel.SelectionFlag
    ) -> None:
        """Select as Qt does; what is hidden goes with what is cleared."""
        if command & _Flag.Clear:
            self._hidden.clear()
        super().select(selection, command)

    def selected_ids(self) -> list[int]:
        """Selected contacts: those shown in the order shown, then those the filter hides."""
        positions: list[int] = []
        selection = self.selection()
        for span in (selection.at(number) for number in range(selection.count())):
            positions.extend(range(span.top(), span.bottom() + 1))
        return [*(self._contacts.contact_id(position) for position in sorted(set(positions))), *self._hidden]

    @property
    def hidden_count(self) -> int:
        """How many selected contacts the filter hides."""
        return len(self._hidden)

    def select_ids(self, contact_ids: Iterable[int]) -> None:
        """Select exactly these contacts."""
        wanted = list(dict.fromkeys(contact_ids))
        positions = {contact_id: self._contacts.position(contact_id) for contact_id in wanted}
        selection = QItemSelection()
        last = self._contacts.columnCount() - 1
        for first, end in spans(sorted(position for position in positions.values() if position is not None)):
            selection.select(self._contacts.index(first, 0), self._contacts.index(end, last))
        self.select(selection, _Flag.ClearAndSelect | _ROWS)
        self._hidden = dict.fromkeys(
            contact_id
            for contact_id, position in positions.items()
            if position is None and self._contacts.contact_row(contact_id) is not None
        )

    def _remember(self) -> None:
        self._kept = self.selected_ids()
        current = self.currentIndex()
        self._current = self._contacts.contact_id(current.row()) if current.isValid() else None

    def _restore(self) -> None:
        position = self._contacts.position(self._current) if self._current is not None else None
        if position is not None:
            self.setCurrentIndex(self._contacts.index(position, 0), _Flag.NoUpdate)
        if self._kept:
            self.select_ids(self._kept)


class ContactView(QTableView):
    """A table of whole rows. `opened` tells that the rep wants to see the current contact."""

    opened = Signal()

    def __init__(self, model: ContactTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = ""
        self.setModel(model)
        self.contacts = ContactSelectionModel(model, self)
        self.setSelectionModel(self.contacts)
        # Headings are never highlighted; looking whether one should be costs a walk over all selected rows per paint.
        self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACING.m)
        self.doubleClicked.connect(self._open)

    def set_hint(self, hint: str) -> None:
        """What stands in place of rows while there are none."""
        self._hint = hint
        self.viewport().update()

    def selectAll(self) -> None:
        """Select every shown row as one span; Qt's own way takes seconds for a hundred thousand."""
        model: QAbstractItemModel = self.model()
        if model.rowCount():
            everything = QItemSelection(model.index(0, 0), model.index(model.rowCount() - 1, model.columnCount() - 1))
            self.contacts.select(everything, _Flag.Select | _ROWS)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the current contact on Enter, on every system alike."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the hint where there are none."""
        super().paintEvent(event)
        if self._hint and not self.model().rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(current_colours().muted)
            area = self.viewport().rect().adjusted(SPACING.xl, SPACING.xl, -SPACING.xl, -SPACING.xl)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, int(flags), self._hint)
            painter.end()

    def _open(self) -> None:
        if self.currentIndex().isValid():
            self.opened.emit()
