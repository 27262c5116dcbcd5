"""One row per pasted ID: its outcome, the reason, and the name of the contact it led to.

A hundred thousand rows come in parts and change in parts, so that no call here takes longer than a frame. Filter and
order are a list of row numbers: a proxy would call Python for every comparison, which takes seconds at that size.
"""

import heapq
from bisect import bisect_left
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from app.domain.fetching import IdOutcome
from app.domain.outcomes import Outcome
from app.ui.models.contact_model import spans
from app.ui.models.titled_table_model import Index, TitledTableModel
from app.ui.theme import outcome_colour, outcome_icons

RECORD_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_MOST_SPANS = 200
_SORTED_AT_ONCE = 2_000


class Column(IntEnum):
    """Columns of the table."""

    ID = 0
    OUTCOME = 1
    NAME = 2
    REASON = 3


_TITLES = ("ID", "Outcome", "Name", "Reason")


class IdOutcomeModel(TitledTableModel):
    """The outcomes of one bulk fetch in pasted order.

    Signals:
        order_wanted: A header was clicked. The owner calls `ordered` in a thread and hands the result to `apply_order`.

    Args:
        name_of: The name of a contact, "" while it is not known.
        parent: Qt's parent.
    """

    order_wanted = Signal(int, object)

    def __init__(self, name_of: Callable[[int], str], parent: QObject | None = None) -> None:
        super().__init__(_TITLES, parent)
        self._name_of = name_of
        self._outcomes: list[IdOutcome] = []
        self._only: Outcome | None = None
        self._order: list[int] | None = None
        self._rank: list[int] = []
        self._shown: list[int] = []
        self._first_open = 0
        self._icons = outcome_icons()

    # -- filling -------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Show nothing, in pasted order."""
        self.beginResetModel()
        self._outcomes, self._shown, self._order, self._rank, self._first_open = [], [], None, [], 0
        self.endResetModel()

    def append(self, outcomes: Sequence[IdOutcome]) -> None:
        """Add the next IDs, in pasted order; after all others even where another order is chosen."""
        start = len(self._outcomes)
        rows = [start + row for row, entry in enumerate(outcomes) if self._matches(entry)]
        places = len(self._shown)
        if rows:
            self.beginInsertRows(QModelIndex(), places, places + len(rows) - 1)
        self._outcomes.extend(outcomes)
        if self._order is not None:
            added = range(start, len(self._outcomes))
            self._order.extend(added)
            self._rank.extend(added)
        self._shown.extend(rows)
        if rows:
            self.endInsertRows()

    def new_contacts(self, start: int, outcomes: Sequence[IdOutcome]) -> list[int]:
        """The contacts that `update` with the same arguments would bring."""
        pairs = zip(self._outcomes[start : start + len(outcomes)], outcomes, strict=True)
        return [new.contact_id for old, new in pairs if old.contact_id is None and new.contact_id is not None]

    def update(self, start: int, outcomes: Sequence[IdOutcome]) -> None:
        """Replace the outcomes of the IDs from place `start` on.

        Views are told only of the rows that changed; selection, order and scroll position are kept.
        """
        changed = [
            start + row
            for row, (before, after) in enumerate(
                zip(self._outcomes[start : start + len(outcomes)], outcomes, strict=True)
            )
            if before != after
        ]
        if not changed:
            return
        before = {row: self._outcomes[row] for row in changed}
        self._outcomes[start : start + len(outcomes)] = outcomes
        self._first_open = min(self._first_open, changed[0])
        if self._only is None:
            self._tell(sorted(map(self._place, changed)))
        else:
            self._refilter(before)

    @property
    def first_open(self) -> int:
        """The place of the first ID that has no answer yet; the number of IDs when all have theirs."""
        while self._first_open < len(self._outcomes) and not self._outcomes[self._first_open].outcome.is_open:
            self._first_open += 1
        return self._first_open

    @property
    def total(self) -> int:
        """How many IDs there are, shown or not."""
        return len(self._outcomes)

    def found_contacts(self) -> list[int]:
        """The contacts that the IDs led to, in pasted order, each once."""
        return list(dict.fromkeys(entry.contact_id for entry in self._outcomes if entry.contact_id is not None))

    def ids(self, outcome: Outcome) -> list[str]:
        """The IDs that have this outcome, in pasted order."""
        return [entry.provider_id for entry in self._outcomes if entry.outcome is outcome]

    # -- filter and order ----------------------------------------------------------------------------------

    def show_outcome(self, outcome: Outcome | None) -> None:
        """Show only the rows of one outcome; None shows every row."""
        if outcome is self._only:
            return
        self.beginResetModel()
        self._only = outcome
        self._shown = self._matching()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask for another order, -1 for the pasted one. Later answers do not move rows until it is asked for again."""
        self.order_wanted.emit(column, order)

    def ordered(self, column: int, order: Qt.SortOrder) -> list[int] | None:
        """All rows in the order of a column, None for the pasted order. Safe to call in a thread, and meant to be.

        Sorted block by block: one sort of everything would keep Python's lock from the window all the while.
        """
        if column < 0:
            return None
        chosen, falling = Column(column), order is Qt.SortOrder.DescendingOrder
        keys = [self._sort_key(entry, chosen) for entry in tuple(self._outcomes)]
        blocks = [
            sorted(range(first, min(first + _SORTED_AT_ONCE, len(keys))), key=keys.__getitem__, reverse=falling)
            for first in range(0, len(keys), _SORTED_AT_ONCE)
        ]
        return list(heapq.merge(*blocks, key=keys.__getitem__, reverse=falling))

    def apply_order(self, order: list[int] | None) -> None:
        """Show the rows in this order, None for the pasted one; rows that came since then follow at the end."""
        self.layoutAboutToBeChanged.emit()
        persistent = self.persistentIndexList()
        rows = [self._shown[index.row()] for index in persistent]
        self._order = None if order is None else [*order, *range(len(order), len(self._outcomes))]
        if self._order is not None:
            self._rank = [0] * len(self._order)
            for place, row in enumerate(self._order):
                self._rank[row] = place
        self._shown = self._matching()
        self.changePersistentIndexList(
            persistent,
            [self.index(self._place(row), index.column()) for row, index in zip(rows, persistent, strict=True)],
        )
        self.layoutChanged.emit()

    def _matches(self, entry: IdOutcome) -> bool:
        return self._only is None or entry.outcome is self._only

    def _matching(self) -> list[int]:
        rows = range(len(self._outcomes)) if self._order is None else self._order
        if self._only is None:
            return list(rows)
        return [row for row in rows if self._outcomes[row].outcome is self._only]

    def _place(self, row: int) -> int:
        """Where a row is shown, or would be."""
        if self._order is None:
            return row if self._only is None else bisect_left(self._shown, row)
        if self._only is None:
            return self._rank[row]
        return bisect_left(self._shown, self._rank[row], key=self._rank.__getitem__)

    def _refilter(self, before: dict[int, IdOutcome]) -> None:
        """Take out and put in what an update moved across the filter."""
        gone = sorted(
            self._place(row)
            for row, old in before.items()
            if self._matches(old) and not self._matches(self._outcomes[row])
        )
        come = [row for row, old in before.items() if not self._matches(old) and self._matches(self._outcomes[row])]
        if len(spans(gone)) + len(come) > _MOST_SPANS:
            self.beginResetModel()
            self._shown = self._matching()
            self.endResetModel()
            return
        for first, last in reversed(spans(gone)):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._shown[first : last + 1]
            self.endRemoveRows()
        for row in come:
            place = self._place(row)
            self.beginInsertRows(QModelIndex(), place, place)
            self._shown.insert(place, row)
            self.endInsertRows()
        self._tell(sorted(self._place(row) for row in before if self._matches(self._outcomes[row])))

    def _tell(self, places: Sequence[int]) -> None:
        for first, last in spans(places):
            self.dataChanged.emit(self.index(first, Column.ID), self.index(last, Column.REASON))

    # -- Qt's side -----------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """What a cell shows; the `IdOutcome` itself is under `RECORD_ROLE`."""
        if not index.isValid():
            return None
        entry = self._outcomes[self._shown[index.row()]]
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole or (role == Qt.ItemDataRole.ToolTipRole and column is Column.REASON):
            return self._text(entry, column)
        if role == RECORD_ROLE:
            return entry
        if column is Column.OUTCOME and role == Qt.ItemDataRole.DecorationRole:
            return self._icons[entry.outcome]
        if column is Column.OUTCOME and role == Qt.ItemDataRole.ForegroundRole:
            return outcome_colour(entry.outcome)
        return None

    def _text(self, entry: IdOutcome, column: Column) -> str:
        if column is Column.ID:
            return entry.provider_id
        if column is Column.OUTCOME:
            return entry.outcome.label
        if column is Column.REASON:
            return entry.reason
        return self._name_of(entry.contact_id) if entry.contact_id is not None else ""

    def _sort_key(self, entry: IdOutcome, column: Column) -> tuple[int, str]:
        text = self._text(entry, column)
        if column is Column.ID and text.isdigit():
            return int(text), ""
        return 0, text.casefold()
