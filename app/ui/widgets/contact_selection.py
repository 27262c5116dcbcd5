"""The selection of a contact table, kept by contact id.

Qt keeps a selection as ranges of rows. Tens of thousands of contacts scattered by another order would be as many
ranges, each of which Qt looks at for every cell it paints. So the truth is a set of ids here, and Qt is told of the
rows around those in sight only.
"""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView

from app.ui.models.contact_model import ContactModel, spans

Flag = QItemSelectionModel.SelectionFlag
ROWS = Flag.Rows
WHOLE = 1_000
"""Tables with no more rows than this are told to Qt whole."""
LARGE = 20_000
"""In tables with more rows than this even counting takes its time."""
MARGIN = 200
"""Rows told to Qt above and below those in sight."""

_DEEDS = (Flag.Toggle, Flag.Deselect, Flag.Select)


class ContactSelectionModel(QItemSelectionModel):
    """Which contacts are selected, whether the filter shows them or not.

    Signals:
        chosen_changed: Other contacts are selected, or the filter hides another number of them. Qt's own
            `selectionChanged` tells of rows in sight only.
    """

    chosen_changed = Signal()

    def __init__(self, model: ContactModel, view: QAbstractItemView) -> None:
        super().__init__(model, view)
        self._contacts = model
        self._view = view
        self._kept: set[int] = set()
        # What the rep is about to select, by dragging or with Shift, as runs of rows; it replaces itself as it grows.
        self._runs: list[tuple[int, int]] = []
        self._deed = Flag.Select
        self._chosen: set[int] | None = None
        self._hidden = 0
        self._window = (0, WHOLE)
        self._current: int | None = None
        self._row: int | None = None
        self._column = 0
        self._count_soon = QTimer(self, singleShot=True, interval=0)
        self._count_soon.timeout.connect(self._tell_hidden)
        model.about_to_reorder.connect(self._remember)
        model.reordered.connect(self._restore)
        model.rowsInserted.connect(self._take_in)

    # Asking

    @property
    def count(self) -> int:
        """How many contacts are selected."""
        if not self._kept and self._deed is Flag.Select:
            return sum(last - first + 1 for first, last in self._runs)
        return len(self.chosen())

    @property
    def hidden_count(self) -> int:
        """How many selected contacts the filter hides."""
        return self._hidden

    def chosen(self) -> Collection[int]:
        """The ids of the selected contacts, in no order. The caller must not change it."""
        if not self._runs:
            return self._kept
        if self._chosen is None:
            self._chosen = self._merged(set(self._kept))
        return self._chosen

    def selected_ids(self) -> list[int]:
        """Selected contacts: those shown in the order shown, then those the filter hides."""
        order = self._contacts.order()
        if not self._kept and self._deed is Flag.Select:
            return [contact_id for first, last in self._runs for contact_id in order[first : last + 1]]
        chosen = self.chosen()
        if len(chosen) <= 1:  # asked for with every step through the rows, of which there may be a million
            return list(chosen)
        shown = list(filter(chosen.__contains__, order))
        return shown if len(shown) == len(chosen) else [*shown, *sorted(set(chosen).difference(shown))]

    def is_chosen(self, position: int) -> bool:
        """Whether the contact in a row is selected."""
        kept = self._contacts.contact_id(position) in self._kept
        if not any(first <= position <= last for first, last in self._runs):
            return kept
        return {Flag.Select: True, Flag.Deselect: False, Flag.Toggle: not kept}[self._deed]

    # Selecting

    def select_ids(self, contact_ids: Collection[int]) -> None:
        """Select exactly these contacts; those that the table does not have are left out."""
        self._kept = self._contacts.holds(contact_ids)
        self._runs = []
        self._count_hidden()
        self._tell()

    def select(  # type: ignore[override]  # two overloads in C++, one name in Python
        self, selection: QItemSelection | QModelIndex, command: QItemSelectionModel.SelectionFlag
    ) -> None:
        """Select as Qt does; what is hidden goes with what is cleared."""
        if command == Flag.NoUpdate:
            return
        if command & Flag.Clear:
            self._kept = set()
            self._runs = []
            self._hidden = 0
        elif not command & Flag.Current:
            self._settle()
        for deed in _DEEDS:
            if command & deed:
                self._deed = deed
                self._runs = _runs(selection)
                break
        self._tell()

    def show_window(self, first: int, last: int) -> None:
        """Rows from `first` to `last` are in sight."""
        if self._contacts.rowCount() > WHOLE and (first < self._window[0] or last > self._window[1]):
            self._window = (max(0, first - MARGIN), last + MARGIN)
            self._mirror()

    # Inside

    def _merged(self, kept: set[int]) -> set[int]:
        order = self._contacts.order()
        for first, last in self._runs:
            run = order[first : last + 1]
            if self._deed is Flag.Select:
                kept.update(run)
            elif self._deed is Flag.Deselect:
                kept.difference_update(run)
            else:
                kept.symmetric_difference_update(run)
        return kept

    def _settle(self) -> None:
        self._kept = self._merged(self._kept)
        self._runs = []
        self._chosen = None

    def _count_hidden(self) -> None:
        """Count what the filter hides; of a large table a turn of the loop later, since its order is news enough."""
        if not self._contacts.is_complete:
            return
        if not self._kept or not self._contacts.is_filtered:
            self._hidden = 0
        elif self._contacts.rowCount() > LARGE:
            self._count_soon.start()
        else:
            self._hidden = self._contacts.count_hidden(self._kept)

    def _tell_hidden(self) -> None:
        if self._contacts.is_complete and self._kept:
            self._hidden = self._contacts.count_hidden(self._kept)
            self.chosen_changed.emit()

    def _tell(self) -> None:
        self._chosen = None
        self._mirror()
        self.chosen_changed.emit()

    def _mirror(self) -> None:
        rows = self._contacts.rowCount()
        first, last = self._window if rows > WHOLE else (0, rows - 1)
        selection = QItemSelection()
        side = self._contacts.columnCount() - 1
        for start, end in self._chosen_between(first, min(last, rows - 1)):
            selection.select(self._contacts.index(start, 0), self._contacts.index(end, side))
        super().select(selection, Flag.ClearAndSelect)

    def _chosen_between(self, first: int, last: int) -> list[tuple[int, int]]:
        """The runs of selected rows from `first` to `last`."""
        if not self._kept:
            if self._deed is Flag.Deselect:
                return []
            clipped = ((max(first, start), min(last, end)) for start, end in self._runs)
            return [(start, end) for start, end in clipped if start <= end]
        if not self._runs:
            order, kept = self._contacts.order(), self._kept
            ids = order[first : last + 1]
            return spans([position for position, contact_id in enumerate(ids, first) if contact_id in kept])
        return spans([position for position in range(first, last + 1) if self.is_chosen(position)])

    def _remember(self) -> None:
        self._settle()
        current = self.currentIndex()
        self._row = current.row() if current.isValid() else None
        if current.isValid():
            self._current = self._contacts.contact_id(current.row())
            self._column = current.column()
        super().select(QItemSelection(), Flag.Clear)  # else Qt follows every range to its new place

    def _restore(self) -> None:
        if self._contacts.is_complete and not self._contacts.reordered_by_rep:
            self._let_go()
        self._find_current()
        self._count_hidden()
        self._tell()

    def _let_go(self) -> None:
        """Of what is gone altogether, removed or merged. Where the current contact was, the next one takes over."""
        had_some = bool(self._kept)
        if had_some:
            self._kept = self._contacts.holds(self._kept)
        rows = self._contacts.rowCount()
        if self._row is None or self._current is None or not rows or self._contacts.holds((self._current,)):
            return
        self._current = self._contacts.contact_id(min(self._row, rows - 1))
        if had_some and not self._kept:
            self._kept = {self._current}

    def _take_in(self) -> None:
        if not self.currentIndex().isValid():
            self._find_current()
        self._count_hidden()
        self._mirror()

    def _find_current(self) -> None:
        position = self._contacts.position(self._current) if self._current is not None else None
        if position is not None and self.currentIndex().row() != position:
            self._view.setAutoScroll(False)  # it became current again by itself, so nothing moves for it
            self.setCurrentIndex(self._contacts.index(position, self._column), Flag.NoUpdate)
            self._view.setAutoScroll(True)


def _runs(selection: QItemSelection | QModelIndex) -> list[tuple[int, int]]:
    if isinstance(selection, QModelIndex):
        return [(selection.row(), selection.row())] if selection.isValid() else []
    ranges: Sequence[tuple[int, int]] = [
        (selection.at(number).top(), selection.at(number).bottom()) for number in range(selection.count())
    ]
    return _united(sorted(ranges))


def _united(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for first, last in ranges:
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
        else:
            runs.append((first, last))
    return runs
