"""What every model of contacts answers, so that one table serves search results, fetch results and the library."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.domain.contact import ContactRow
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.sort_order import sort_key
from app.ui.models.contact_columns import COLUMNS, Column
from app.ui.theme import outcome_icons
from app.ui.widgets.labels import plain_tool_tip

SPECS = tuple(COLUMNS[column] for column in Column)
NOT_LOADED = "…"


class ContactRole(IntEnum):
    """What else can be asked of a cell."""

    CONTACT_ID = Qt.ItemDataRole.UserRole + 1
    ROW = Qt.ItemDataRole.UserRole + 2
    SORT = Qt.ItemDataRole.UserRole + 3


@dataclass(slots=True)
class Entry:
    """One contact with its ready strings, and the text it is found by where the model itself filters."""

    row: ContactRow
    cells: tuple[str, ...]
    haystack: str = ""

    @classmethod
    def of(cls, row: ContactRow) -> "Entry":
        """The entry of a row."""
        return cls(row, tuple(spec.text(row) for spec in SPECS))


_ROOT = QModelIndex()
_COLUMN_COUNT = len(SPECS)
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_WITH_ICON = frozenset({int(Column.NAME), int(Column.EMAIL), int(Column.PHONE)})
_ANSWERED = frozenset(
    {_DECORATION, int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.AccessibleTextRole), *map(int, ContactRole)}
)


class ContactModel(QAbstractTableModel):
    """Contacts by id in rows, some of which may not be loaded yet.

    `counts_changed` tells that the number of shown or of all contacts is another one. `about_to_reorder` and
    `reordered` come before and after every reset, after which a view has to find its place again by contact id.
    """

    counts_changed = Signal()
    about_to_reorder = Signal()
    reordered = Signal()

    #: Rows hidden by the filter are told apart only while all that fit it are known.
    is_complete = True
    #: Whether it was the rep who asked for the last other order; rows that come or go by themselves move nothing.
    reordered_by_rep = False
    #: Whether a view has its current row in sight, which must then stay there through another order.
    current_in_sight = False

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order: Sequence[int] = ()
        self._loaded: Mapping[int, Entry] = {}
        self._icons = outcome_icons()

    @property
    @abstractmethod
    def is_filtered(self) -> bool:
        """Whether a filter hides contacts."""

    @property
    @abstractmethod
    def total(self) -> int:
        """How many contacts there are, shown or hidden."""

    @abstractmethod
    def set_filter(self, text: str) -> None:
        """Show the contacts that hold every word of `text`."""

    @abstractmethod
    def all_ids(self) -> Sequence[int]:
        """The contacts that “all” means."""

    def order(self) -> Sequence[int]:
        """The contacts shown, in the order shown. The caller must not change it, and must not keep it."""
        return self._order

    @abstractmethod
    def position(self, contact_id: int) -> int | None:
        """The row of a contact, None while it is hidden."""

    @abstractmethod
    def entry(self, contact_id: int) -> Entry | None:
        """A contact that is loaded."""

    @abstractmethod
    def holds(self, contact_ids: Collection[int]) -> set[int]:
        """Those of these contacts that the table has, shown or hidden."""

    def count_hidden(self, contact_ids: AbstractSet[int]) -> int:
        """How many of these contacts, which the table holds, the filter hides."""
        return len(contact_ids) - len(set(self._order) & contact_ids)

    def contact_id(self, position: int) -> int:
        """The contact in a row."""
        return self._order[position]

    def contact_row(self, contact_id: int) -> ContactRow | None:
        """A contact that is loaded, shown or hidden."""
        entry = self.entry(contact_id)
        return entry.row if entry else None

    def providers(self, contact_ids: Iterable[int]) -> set[Provider]:
        """The services that know at least one of these contacts; every service, where one is not loaded."""
        found: set[Provider] = set()
        last: tuple[Provider, ...] = ()
        for contact_id in contact_ids:
            entry = self.entry(contact_id)
            if entry is None:
                return set(Provider)
            # Neighbours mostly have the same; comparing them is much cheaper than hashing enums.
            if entry.row.providers != last:
                last = entry.row.providers
                found.update(last)
        return found

    def _want(self, position: int) -> None:
        """A row is to be painted that is not loaded."""

    # Qt's side

    # A repaint asks all of this thousands of times: no calls, no look-ups and no enums that can be spared.

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """How many contacts are shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """How many columns there are, shown or not."""
        return 0 if parent.isValid() else _COLUMN_COUNT

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = _DISPLAY) -> Any:
        """A cell's text, its icon, or one of `ContactRole`."""
        if role:
            if role not in _ANSWERED or (role == _DECORATION and index.column() not in _WITH_ICON):
                return None
            return self._other_data(index, role)
        row = index.row()
        if row < 0:
            return None
        entry = self._loaded.get(self._order[row])
        if entry is not None:
            return entry.cells[index.column()]
        self._want(row)
        return NOT_LOADED if index.column() == Column.NAME else None

    def _other_data(self, index: QModelIndex | QPersistentModelIndex, role: int) -> Any:
        row, column = index.row(), index.column()
        if row < 0:
            return None
        entry = self._loaded.get(self._order[row])
        if entry is None:
            if role == ContactRole.CONTACT_ID:
                return self._order[row]
            return "not loaded yet" if role == Qt.ItemDataRole.AccessibleTextRole else None
        if role == _DECORATION:
            outcome = _outcome_in(entry.row, column)
            return self._icons[outcome] if outcome is not None else None
        return _special(entry, column, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' headings."""
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(SPECS):
            if role == Qt.ItemDataRole.DisplayRole:
                return SPECS[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


def sort_text(entry: Entry, column: int) -> str:
    """What a cell sorts by: letters whatever their case and accents, numbers by their value."""
    own = SPECS[column].sort_text
    return sort_key(own(entry.row) if own else entry.cells[column])


def spans(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted positions as runs of neighbours, first and last each."""
    runs: list[tuple[int, int]] = []
    for position in positions:
        if runs and position == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], position)
        else:
            runs.append((position, position))
    return runs


def _outcome_in(row: ContactRow, column: int) -> Outcome | None:
    if column == Column.NAME:
        return Outcome.SUPPRESSED if row.do_not_contact else None
    if column == Column.EMAIL:
        return row.email_outcome
    if column == Column.PHONE:
        return row.phone_outcome
    return None


def _special(entry: Entry, column: int, role: int) -> Any:
    if role == ContactRole.CONTACT_ID:
        return entry.row.contact_id
    if role == ContactRole.ROW:
        return entry.row
    if role == ContactRole.SORT:
        return sort_text(entry, column)
    cell = entry.cells[column]
    outcome = _outcome_in(entry.row, column)
    if role == Qt.ItemDataRole.AccessibleTextRole:
        spoken = SPECS[column].spoken
        if spoken is not None:
            return spoken(entry.row) or "empty"
        if column == Column.NAME and entry.row.do_not_contact:
            return f"{cell}, {entry.row.do_not_contact}"
        return f"{cell}, {outcome.label}" if outcome is not None and cell != outcome.label else cell or "empty"
    if role == Qt.ItemDataRole.ToolTipRole and cell:
        if column == Column.NOTES:
            cell = entry.row.notes
        elif column == Column.NAME and entry.row.do_not_contact:
            cell = f"{cell} · {entry.row.do_not_contact}"
        elif outcome is not None and cell != outcome.label:
            cell = f"{cell} ({outcome.label.lower()})"
        return plain_tool_tip(cell)
    return None
