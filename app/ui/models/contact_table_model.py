"""The model behind every contact table: rows by contact id, with its own filter, order and coalesced inserts.

There is no proxy: the model keeps the visible contact ids in order itself, which repaints a third faster than
the same model behind a QSortFilterProxyModel and never sorts twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from app.domain.contact import ContactRow
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.ui.models.contact_columns import COLUMNS, Column, fold
from app.ui.theme import outcome_style
from app.ui.widgets.labels import plain_tool_tip

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon

INSERT_INTERVAL_MS = 100
_SPECS = tuple(COLUMNS[column] for column in Column)


class ContactRole(IntEnum):
    """What else can be asked of a cell."""

    CONTACT_ID = Qt.ItemDataRole.UserRole + 1
    ROW = Qt.ItemDataRole.UserRole + 2
    SORT = Qt.ItemDataRole.UserRole + 3


@dataclass(slots=True)
class _Entry:
    """One contact with its ready strings."""

    row: ContactRow
    cells: tuple[str, ...]
    haystack: str

    @classmethod
    def of(cls, row: ContactRow) -> "_Entry":
        cells = tuple(spec.text(row) for spec in _SPECS)
        return cls(row, cells, fold("\n".join(cells)))


class ContactTableModel(QAbstractTableModel):
    """Contacts in the order they came, or sorted; all of them, or those that match the filter.

    `counts_changed` tells that the number of shown or of all contacts is another one. `reordered` follows every
    reset, after which a view has to find its selection again by contact id.
    """

    counts_changed = Signal()
    about_to_reorder = Signal()
    reordered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[int, _Entry] = {}
        self._visible: list[int] = []
        self._positions: dict[int, int] | None = None
        self._words: tuple[str, ...] = ()
        self._sort_column: Column | None = None
        self._descending = False
        self._pending: dict[int, _Entry] = {}
        self._icons: Mapping[Outcome, QIcon] = {outcome: outcome_style(outcome).icon for outcome in Outcome}
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.setInterval(INSERT_INTERVAL_MS)
        self._flush_timer.timeout.connect(self.flush)

    # Filling

    def set_rows(self, rows: Iterable[ContactRow]) -> None:
        """Show these contacts instead of all that were there."""
        self._flush_timer.stop()
        self._pending.clear()
        self._reset({row.contact_id: _Entry.of(row) for row in rows})

    def append_rows(self, rows: Iterable[ContactRow]) -> None:
        """Add contacts at the end; one that is already there is brought up to date instead.

        The first rows show at once; what follows within 100 ms shows together, since every insert costs a repaint.
        """
        known: list[ContactRow] = []
        for row in rows:
            if row.contact_id in self._entries:
                known.append(row)
            else:
                self._pending[row.contact_id] = _Entry.of(row)
        if known:
            self.update_rows(known)
        if self._pending and not self._flush_timer.isActive():
            self.flush()

    def flush(self) -> None:
        """Show what waits for its turn now."""
        if not self._pending:
            return
        arrived, self._pending = self._pending, {}
        self._entries.update(arrived)
        shown = [contact_id for contact_id, entry in arrived.items() if self._matches(entry)]
        if shown:
            first = len(self._visible)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._visible.extend(shown)
            self._positions = None
            self.endInsertRows()
            if self._sort_column is not None:
                self._resort()
        self._flush_timer.start()
        self.counts_changed.emit()

    def update_rows(self, rows: Iterable[ContactRow]) -> None:
        """Bring contacts that are in the table up to date, in their place; others are ignored."""
        changed: list[int] = []
        for row in rows:
            contact_id = row.contact_id
            if contact_id in self._pending:
                self._pending[contact_id] = _Entry.of(row)
            elif contact_id in self._entries:
                self._entries[contact_id] = _Entry.of(row)
                position = self.position(contact_id)
                if position is not None:
                    changed.append(position)
        for first, last in spans(sorted(changed)):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(_SPECS) - 1))

    def replace(self, old_id: int, row: ContactRow) -> None:
        """Show `row` where `old_id` was: that contact was merged into another one."""
        if old_id == row.contact_id or old_id not in self._entries:
            self.update_rows([row])
            return
        entries: dict[int, _Entry] = {}
        for contact_id, entry in self._entries.items():
            if contact_id != old_id:
                entries[contact_id] = entry
            elif row.contact_id not in self._entries:
                entries[row.contact_id] = _Entry.of(row)
        if row.contact_id in entries:
            entries[row.contact_id] = _Entry.of(row)
        self._reset(entries)

    # Asking

    def all_ids(self) -> list[int]:
        """Every contact of the table, whether the filter shows it or not, in the order of arrival."""
        return [*self._entries, *self._pending]

    def visible_ids(self) -> list[int]:
        """The contacts shown, in the order shown."""
        return list(self._visible)

    def contact_id(self, position: int) -> int:
        """The contact in a row of the view."""
        return self._visible[position]

    def position(self, contact_id: int) -> int | None:
        """The row of a contact in the view, None while the filter hides it."""
        if self._positions is None:
            self._positions = {shown: position for position, shown in enumerate(self._visible)}
        return self._positions.get(contact_id)

    def providers(self, contact_ids: Iterable[int]) -> set[Provider]:
        """The services that know at least one of these contacts; quick for all of a large table."""
        found: set[Provider] = set()
        last: tuple[Provider, ...] = ()
        for entry in map(self._entries.get, contact_ids):
            # Neighbours mostly have the same; comparing them is much cheaper than hashing enums.
            if entry is not None and entry.row.providers != last:
                last = entry.row.providers
                found.update(last)
        return found

    def contact_row(self, contact_id: int) -> ContactRow | None:
        """A contact of the table, shown or hidden."""
        entry = self._entries.get(contact_id) or self._pending.get(contact_id)
        return entry.row if entry else None

    def as_tsv(self, contact_ids: Sequence[int], columns: Sequence[Column]) -> str:
        """Contacts as tab-separated lines under a heading, for the clipboard."""
        lines = ["\t".join(COLUMNS[column].title for column in columns)]
        for contact_id in contact_ids:
            entry = self._entries.get(contact_id)
            if entry is not None:
                lines.append("\t".join(" ".join(entry.cells[column].split()) for column in columns))
        return "\n".join(lines)

    # Filter and order

    def set_filter(self, text: str) -> None:
        """Show the contacts that hold every word of `text` in any column."""
        words = tuple(fold(text).split())
        if words != self._words:
            self._words = words
            self._reset(self._entries)

    @property
    def is_filtered(self) -> bool:
        """Whether a filter hides contacts."""
        return bool(self._words)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column, blanks always last; a column of -1 restores the order of arrival."""
        self._sort_column = Column(column) if 0 <= column < len(_SPECS) else None
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._resort()

    def _reset(self, entries: dict[int, _Entry]) -> None:
        self.about_to_reorder.emit()
        self.beginResetModel()
        self._entries = entries
        self._visible = self._ordered([key for key, entry in entries.items() if self._matches(entry)])
        self._positions = None
        self.endResetModel()
        self.reordered.emit()
        self.counts_changed.emit()

    def _resort(self) -> None:
        ordered = self._ordered([key for key, entry in self._entries.items() if self._matches(entry)])
        if ordered == self._visible:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        holders = [self._visible[index.row()] for index in held]
        self._visible = ordered
        self._positions = None
        moved = [
            self.index(self._at(contact_id), index.column()) for contact_id, index in zip(holders, held, strict=True)
        ]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _at(self, contact_id: int) -> int:
        position = self.position(contact_id)
        return -1 if position is None else position

    def _ordered(self, contact_ids: list[int]) -> list[int]:
        column = self._sort_column
        if column is None:
            return contact_ids
        keys = {contact_id: self._sort_key(contact_id, column) for contact_id in contact_ids}
        filled = [contact_id for contact_id in contact_ids if keys[contact_id]]
        blank = [contact_id for contact_id in contact_ids if not keys[contact_id]]
        filled.sort(key=keys.__getitem__, reverse=self._descending)
        return filled + blank

    def _sort_key(self, contact_id: int, column: Column) -> str:
        entry = self._entries[contact_id]
        sort_text = _SPECS[column].sort_text
        return fold(sort_text(entry.row) if sort_text else entry.cells[column])

    def _matches(self, entry: _Entry) -> bool:
        return all(word in entry.haystack for word in self._words)

    # Qt's side

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """How many contacts are shown."""
        return 0 if parent.isValid() else len(self._visible)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """How many columns there are, shown or not."""
        return 0 if parent.isValid() else len(_SPECS)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's text, its outcome icon, or one of `ContactRole`."""
        if role == Qt.ItemDataRole.DisplayRole:
            if not index.isValid():
                return None
            return self._entries[self._visible[index.row()]].cells[index.column()]
        if role < Qt.ItemDataRole.UserRole and role not in _ANSWERED:
            return None
        if not index.isValid():
            return None
        entry = self._entries[self._visible[index.row()]]
        if role == Qt.ItemDataRole.DecorationRole:
            outcome = _outcome_in(entry.row, index.column())
            return self._icons[outcome] if outcome is not None else None
        return _special(entry, index.column(), role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' headings."""
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(_SPECS):
            if role == Qt.ItemDataRole.DisplayRole:
                return _SPECS[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


_ANSWERED = frozenset({Qt.ItemDataRole.DecorationRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole})


def _outcome_in(row: ContactRow, column: int) -> Outcome | None:
    if column == Column.EMAIL:
        return row.email_outcome
    if column == Column.PHONE:
        return row.phone_outcome
    return None


def _special(entry: _Entry, column: int, role: int) -> Any:
    if role == ContactRole.CONTACT_ID:
        return entry.row.contact_id
    if role == ContactRole.ROW:
        return entry.row
    if role == ContactRole.SORT:
        sort_text = _SPECS[column].sort_text
        return fold(sort_text(entry.row) if sort_text else entry.cells[column])
    cell = entry.cells[column]
    outcome = _outcome_in(entry.row, column)
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return f"{cell}, {outcome.label}" if outcome is not None and cell != outcome.label else cell or "empty"
    if role == Qt.ItemDataRole.ToolTipRole and cell:
        if outcome is not None and cell != outcome.label:
            cell = f"{cell} ({outcome.label.lower()})"
        return plain_tool_tip(cell)
    return None


def spans(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted positions as runs of neighbours, first and last each."""
    runs: list[tuple[int, int]] = []
    for position in positions:
        if runs and position == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], position)
        else:
            runs.append((position, position))
    return runs
