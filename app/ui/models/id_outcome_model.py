"""One row per pasted ID: its outcome, the reason, and the name of the contact it led to.

Filter and order live in the model, as a list of row numbers: a proxy would call Python for every comparison,
which takes seconds at 100,000 IDs.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.fetching import IdOutcome
from app.domain.outcomes import Outcome
from app.ui.models.contact_table_model import spans
from app.ui.theme import outcome_style

Index = QModelIndex | QPersistentModelIndex

RECORD_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_MOST_SPANS = 200


class Column(IntEnum):
    """Columns of the table."""

    ID = 0
    OUTCOME = 1
    NAME = 2
    REASON = 3


_HEADERS = {Column.ID: "ID", Column.OUTCOME: "Outcome", Column.NAME: "Name", Column.REASON: "Reason"}


class IdOutcomeModel(QAbstractTableModel):
    """The outcomes of one bulk fetch in pasted order; refreshing tells views only of the rows that changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outcomes: list[IdOutcome] = []
        self._names: dict[int, str] = {}
        self._only: Outcome | None = None
        self._order: list[int] = []
        self._shown: list[int] = []

    def set_outcomes(self, outcomes: Sequence[IdOutcome]) -> None:
        """Show these outcomes. The same IDs in the same order keep selection, order and scroll position."""
        new = list(outcomes)
        old = self._outcomes
        if [outcome.provider_id for outcome in new] != [outcome.provider_id for outcome in old]:
            self.beginResetModel()
            self._outcomes = new
            self._order = list(range(len(new)))
            self._shown = self._matching()
            self.endResetModel()
            return
        changed = {row for row, (before, after) in enumerate(zip(old, new, strict=True)) if before != after}
        if not changed:
            return
        self._outcomes = new
        self._emit_changed(changed, Column.ID, Column.REASON)
        self._apply_filter()

    def set_names(self, names: Mapping[int, str]) -> None:
        """Add the names of contacts, by contact id."""
        added = {contact_id for contact_id, name in names.items() if self._names.get(contact_id) != name}
        self._names.update(names)
        rows = {row for row, outcome in enumerate(self._outcomes) if outcome.contact_id in added}
        self._emit_changed(rows, Column.NAME, Column.NAME)

    def show_outcome(self, outcome: Outcome | None) -> None:
        """Show only the rows of one outcome; None shows every row."""
        self._only = outcome
        self._apply_filter()

    def unnamed_contacts(self) -> list[int]:
        """Contacts whose name is not known yet, in pasted order, each once."""
        return [contact_id for contact_id in self.found_contacts() if contact_id not in self._names]

    def found_contacts(self) -> list[int]:
        """The contacts that the IDs led to, in pasted order, each once."""
        return list(dict.fromkeys(o.contact_id for o in self._outcomes if o.contact_id is not None))

    def ids(self, outcome: Outcome) -> list[str]:
        """The IDs that have this outcome, in pasted order."""
        return [entry.provider_id for entry in self._outcomes if entry.outcome is outcome]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Columns of the flat table."""
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Column titles."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[Column(section)]
        return None

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
            return outcome_style(entry.outcome)[0]
        if column is Column.OUTCOME and role == Qt.ItemDataRole.ForegroundRole:
            return outcome_style(entry.outcome)[1]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column, or as pasted for -1. Later answers do not move rows until it is asked for again."""
        self.layoutAboutToBeChanged.emit()
        persistent = self.persistentIndexList()
        rows = [self._shown[index.row()] for index in persistent]
        self._order = list(range(len(self._outcomes)))
        if column >= 0:
            chosen = Column(column)
            self._order.sort(
                key=lambda row: self._sort_key(self._outcomes[row], chosen),
                reverse=order is Qt.SortOrder.DescendingOrder,
            )
        self._shown = self._matching()
        position = {row: place for place, row in enumerate(self._shown)}
        self.changePersistentIndexList(
            persistent,
            [self.index(position[row], index.column()) for row, index in zip(rows, persistent, strict=True)],
        )
        self.layoutChanged.emit()

    def _matching(self) -> list[int]:
        if self._only is None:
            return list(self._order)
        return [row for row in self._order if self._outcomes[row].outcome is self._only]

    def _apply_filter(self) -> None:
        wanted = self._matching()
        if wanted == self._shown:
            return
        keep, have = set(wanted), set(self._shown)
        gone = spans([place for place, row in enumerate(self._shown) if row not in keep])
        come = spans([place for place, row in enumerate(wanted) if row not in have])
        if len(gone) + len(come) > _MOST_SPANS:
            self.beginResetModel()
            self._shown = wanted
            self.endResetModel()
            return
        for first, last in reversed(gone):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._shown[first : last + 1]
            self.endRemoveRows()
        for first, last in come:
            self.beginInsertRows(QModelIndex(), first, last)
            self._shown[first:first] = wanted[first : last + 1]
            self.endInsertRows()

    def _emit_changed(self, rows: set[int], first_column: Column, last_column: Column) -> None:
        places = [place for place, row in enumerate(self._shown) if row in rows] if rows else []
        for first, last in spans(places):
            self.dataChanged.emit(self.index(first, first_column), self.index(last, last_column))

    def _text(self, entry: IdOutcome, column: Column) -> str:
        if column is Column.ID:
            return entry.provider_id
        if column is Column.OUTCOME:
            return entry.outcome.label
        if column is Column.REASON:
            return entry.reason
        return self._names.get(entry.contact_id, "") if entry.contact_id is not None else ""

    def _sort_key(self, entry: IdOutcome, column: Column) -> tuple[int, str]:
        text = self._text(entry, column)
        if column is Column.ID and text.isdigit():
            return int(text), ""
        return 0, text.casefold()
