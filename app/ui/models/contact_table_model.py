"""The model behind every contact table: rows by contact id, with its own filter, order and coalesced inserts.

There is no proxy: the model keeps the visible contact ids in order itself, which repaints a third faster than
the same model behind a QSortFilterProxyModel and never sorts twice.
"""

from collections.abc import Collection, Iterable

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer

from app.domain.contact import ContactRow
from app.domain.text_fold import fold, words
from app.ui.models.contact_columns import Column
from app.ui.models.contact_model import SPECS, ContactModel, Entry, sort_text, spans

INSERT_INTERVAL_MS = 100


class ContactTableModel(ContactModel):
    """Contacts in memory, in the order they came, or sorted; all of them, or those that match the filter."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[int, Entry] = {}
        self._loaded = self._entries
        self._positions: dict[int, int] | None = None
        self._words: tuple[str, ...] = ()
        self._sort_column: Column | None = None
        self._descending = False
        self._pending: dict[int, Entry] = {}
        self._removed: set[int] = set()
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.setInterval(INSERT_INTERVAL_MS)
        self._flush_timer.timeout.connect(self.flush)

    # Filling

    def set_rows(self, rows: Iterable[ContactRow]) -> None:
        """Show these contacts instead of all that were there."""
        self._flush_timer.stop()
        self._pending.clear()
        self._removed.clear()
        self._reset({row.contact_id: _entry(row) for row in rows})

    def append_rows(self, rows: Iterable[ContactRow]) -> None:
        """Add contacts at the end; one that is already there is brought up to date instead.

        The first rows show at once; what follows within 100 ms shows together, since every insert costs a repaint.
        """
        known: list[ContactRow] = []
        for row in rows:
            if row.contact_id in self._entries:
                known.append(row)
            else:
                self._pending[row.contact_id] = _entry(row)
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
        shown = [contact_id for contact_id in arrived if self._shows(contact_id)]
        if shown:
            first = len(self._order)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._order = [*self._order, *shown]
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
                self._pending[contact_id] = _entry(row)
            elif contact_id in self._entries:
                self._entries[contact_id] = _entry(row)
                position = self.position(contact_id)
                if position is not None:
                    changed.append(position)
        for first, last in spans(sorted(changed)):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(SPECS) - 1))

    def replace(self, old_id: int, row: ContactRow) -> None:
        """Show `row` where `old_id` was: that contact was merged into another one."""
        if old_id == row.contact_id or old_id not in self._entries:
            self.update_rows([row])
            return
        entries: dict[int, Entry] = {}
        for contact_id, entry in self._entries.items():
            if contact_id != old_id:
                entries[contact_id] = entry
            elif row.contact_id not in self._entries:
                entries[row.contact_id] = _entry(row)
        if row.contact_id in entries:
            entries[row.contact_id] = _entry(row)
        self._reset(entries)

    def set_removed(self, contact_ids: Collection[int], among: Iterable[int]) -> None:
        """Of the contacts `among`, leave exactly these out of sight: the rep has removed them from the library.

        Their place is kept, since it can be undone.
        """
        removed = self._removed.difference(among).union(contact_ids)
        if removed != self._removed:
            self._removed = removed
            self.flush()
            self._reset(self._entries)

    # Asking

    def arrived_ids(self) -> list[int]:
        """Every contact that came into the table, also those removed since, in the order of arrival."""
        return [*self._entries, *self._pending]

    def all_ids(self) -> list[int]:
        """Every contact of the table, whether the filter shows it or not, in the order of arrival."""
        return [contact_id for contact_id in self.arrived_ids() if contact_id not in self._removed]

    @property
    def total(self) -> int:
        """How many contacts the table has."""
        if not self._removed:
            return len(self._entries) + len(self._pending)
        return len(self.all_ids())

    def position(self, contact_id: int) -> int | None:
        """The row of a contact in the view, None while the filter hides it."""
        if self._positions is None:
            self._positions = {shown: position for position, shown in enumerate(self._order)}
        return self._positions.get(contact_id)

    def entry(self, contact_id: int) -> Entry | None:
        """A contact of the table, shown or hidden."""
        return self._entries.get(contact_id) or self._pending.get(contact_id)

    def holds(self, contact_ids: Collection[int]) -> set[int]:
        """Those of these contacts that the table has."""
        return {
            contact_id
            for contact_id in contact_ids
            if (contact_id in self._entries or contact_id in self._pending) and contact_id not in self._removed
        }

    # Filter and order

    def set_filter(self, text: str) -> None:
        """Show the contacts that hold every word of `text` in any column."""
        wanted = tuple(words(text))
        if wanted != self._words:
            self._words = wanted
            self._reset(self._entries, by_rep=True)

    @property
    def is_filtered(self) -> bool:
        """Whether a filter hides contacts."""
        return bool(self._words)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column, blanks always last; a column of -1 restores the order of arrival."""
        self._sort_column = Column(column) if 0 <= column < len(SPECS) else None
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._resort(by_rep=True)

    def _reset(self, entries: dict[int, Entry], *, by_rep: bool = False) -> None:
        self.reordered_by_rep = by_rep
        self.about_to_reorder.emit()
        self.beginResetModel()
        self._entries = self._loaded = entries
        self._order = self._ordered([contact_id for contact_id in entries if self._shows(contact_id)])
        self._positions = None
        self.endResetModel()
        self.reordered.emit()
        self.counts_changed.emit()

    def _resort(self, *, by_rep: bool = False) -> None:
        ordered = self._ordered([contact_id for contact_id in self._entries if self._shows(contact_id)])
        if ordered == self._order:
            return
        self.reordered_by_rep = by_rep
        self.about_to_reorder.emit()
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        holders = [self._order[index.row()] for index in held]
        self._order = ordered
        self._positions = None
        moved = [
            self.index(self._at(contact_id), index.column()) for contact_id, index in zip(holders, held, strict=True)
        ]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()
        self.reordered.emit()

    def _at(self, contact_id: int) -> int:
        position = self.position(contact_id)
        return -1 if position is None else position

    def _ordered(self, contact_ids: list[int]) -> list[int]:
        column = self._sort_column
        if column is None:
            return contact_ids
        keys = {contact_id: sort_text(self._entries[contact_id], column) for contact_id in contact_ids}
        filled = [contact_id for contact_id in contact_ids if keys[contact_id]]
        blank = [contact_id for contact_id in contact_ids if not keys[contact_id]]
        filled.sort(key=keys.__getitem__, reverse=self._descending)
        return filled + blank

    def _shows(self, contact_id: int) -> bool:
        if contact_id in self._removed:
            return False
        haystack = self._entries[contact_id].haystack
        return all(word in haystack for word in self._words)


def _entry(row: ContactRow) -> Entry:
    entry = Entry.of(row)
    entry.haystack = fold("\n".join(entry.cells))
    return entry
