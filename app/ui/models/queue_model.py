"""The enrichment queue as a tree: runs, their batches, and the people of a batch, who are read when first asked for."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.domain.enrichment import BatchState, EnrichmentBatch, EnrichmentItem, EnrichmentRun
from app.domain.outcomes import Outcome, combine
from app.ui.models import queue_text
from app.ui.models.contact_model import spans
from app.ui.theme import outcome_colour, outcome_icons

Index = QModelIndex | QPersistentModelIndex

RECORD_ROLE = int(Qt.ItemDataRole.UserRole) + 1
PERCENT_ROLE = int(Qt.ItemDataRole.UserRole) + 2


class Column(IntEnum):
    """Columns of the tree."""

    WHAT = 0
    STATE = 1
    PROGRESS = 2
    CREDITS = 3
    NOTE = 4


_HEADERS = {
    Column.WHAT: "What",
    Column.STATE: "State",
    Column.PROGRESS: "Progress",
    Column.CREDITS: "Credits",
    Column.NOTE: "Note",
}

Record = EnrichmentRun | EnrichmentBatch | EnrichmentItem


@dataclass(slots=True, eq=False)
class _Node:
    node_id: int
    record: Any
    parent: "_Node | None" = None
    children: list["_Node"] = field(default_factory=list)
    loaded: bool = False
    asked: bool = False


class QueueModel(QAbstractItemModel):
    """Runs newest first. Give it what the service says; it tells views only what changed.

    Args:
        now: The present moment, by which times left are told.
        parent: Its owner.

    Signals:
        items_wanted: The people of this run are to be read and handed to `set_items`.
    """

    items_wanted = Signal(int)

    def __init__(
        self, parent: QObject | None = None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._not_asked: frozenset[int] = frozenset()
        self._pace: queue_text.Pace | None = None
        self._items: dict[int, list[EnrichmentItem]] = {}
        self._shown: frozenset[Outcome] | None = None
        self._root = _Node(0, None)
        # Indexes carry a number, not a Python object, so that a stale one finds nothing instead of freed memory.
        self._nodes: dict[int, _Node] = {}
        self._last_id = 0
        self._icons = outcome_icons()

    # -- data in -------------------------------------------------------------------------------------------

    def set_runs(self, runs: Sequence[EnrichmentRun], not_asked: frozenset[int] = frozenset()) -> None:
        """Show these runs, newest first; `not_asked` are batches (ids) about which nothing asks by itself."""
        self._pace = queue_text.pace_of(runs)
        before, self._not_asked = self._not_asked, not_asked
        self._sync(self._root, QModelIndex(), list(runs), lambda run: run.run_id)
        known = {run.run_id for run in runs}
        self._items = {run_id: items for run_id, items in self._items.items() if run_id in known}
        for node in self._root.children:
            batches: list[EnrichmentBatch] = list(node.record.batches)
            self._sync(node, self._index_of(node), batches, lambda batch: batch.batch_id)
            node.loaded = True
            self._tell_asked(node, before ^ not_asked)

    def set_items(self, run_id: int, items: Sequence[EnrichmentItem]) -> None:
        """Show the people of a run, in the rows' order, under their batches."""
        self._items[run_id] = list(items)
        by_batch: dict[int | None, list[EnrichmentItem]] = {}
        for item in items:
            if self._shown is None or any(result.outcome in self._shown for result in item.outcomes.values()):
                by_batch.setdefault(item.batch_id, []).append(item)
        for run in self._root.children:
            if run.record.run_id != run_id:
                continue
            for batch in run.children:
                batch.loaded = True
                people = by_batch.get(batch.record.batch_id, [])
                self._sync(batch, self._index_of(batch), people, lambda item: item.item_id)

    def show_outcomes(self, outcomes: Collection[Outcome] | None) -> None:
        """Show only people with a field that ended so; None shows everybody."""
        self._shown = None if outcomes is None else frozenset(outcomes)
        for run_id, items in tuple(self._items.items()):
            self.set_items(run_id, items)

    def loaded_runs(self) -> set[int]:
        """Runs whose people are shown and so must be kept up to date."""
        return {
            run.record.run_id
            for run in self._root.children
            if any(batch.loaded or batch.asked for batch in run.children)
        }

    def forget_request(self, run_id: int) -> None:
        """Allow the people of a run to be asked for again, after reading them failed."""
        for run in self._root.children:
            if run.record.run_id == run_id:
                for batch in run.children:
                    batch.asked = batch.loaded

    # -- data out ------------------------------------------------------------------------------------------

    def record(self, index: Index) -> Record | None:
        """The run, batch or person at an index."""
        node = self._node(index)
        return None if node is self._root else node.record

    def run_of(self, index: Index) -> EnrichmentRun | None:
        """The run that an index belongs to."""
        node: _Node | None = self._node(index)
        while node is not None and node.parent is not self._root:
            node = node.parent
        return None if node is None else node.record

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """The index of a child."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._node(parent).children[row].node_id)

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 - QObject.parent() is overloaded in C++
        """The index one level up."""
        parent = self._node(index).parent
        return QModelIndex() if parent is None or parent is self._root else self._index_of(parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Children known so far."""
        return 0 if parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, ARG002
        """Columns, the same on every level."""
        return len(Column)

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008
        """Whether a level can be opened, before its people are read."""
        if parent.column() > 0:
            return False
        node = self._node(parent)
        if isinstance(node.record, EnrichmentBatch) and not node.loaded:
            return node.record.item_count > 0
        return bool(node.children)

    def canFetchMore(self, parent: Index) -> bool:
        """Whether the people of a batch have not been asked for yet."""
        node = self._node(parent)
        return isinstance(node.record, EnrichmentBatch) and not node.loaded and not node.asked

    def fetchMore(self, parent: Index) -> None:
        """Ask for the people of a batch."""
        if self.canFetchMore(parent):
            node = self._node(parent)
            node.asked = True
            self.items_wanted.emit(node.record.run_id)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Column titles."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[Column(section)]
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """What a cell shows; the record itself is under `RECORD_ROLE`, the progress in percent under `PERCENT_ROLE`."""
        if not index.isValid():
            return None
        node = self._node(index)
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole or (role == Qt.ItemDataRole.ToolTipRole and column is Column.NOTE):
            return self._text(node, column)
        if role == RECORD_ROLE:
            return node.record
        if role == PERCENT_ROLE and column is Column.PROGRESS and isinstance(node.record, EnrichmentRun):
            return queue_text.run_percent(node.record)
        if column is Column.STATE and role == Qt.ItemDataRole.DecorationRole:
            return self._icons[self._style(node)]
        if column is Column.STATE and role == Qt.ItemDataRole.ForegroundRole:
            return outcome_colour(self._style(node))
        return None

    # -- inside --------------------------------------------------------------------------------------------

    def _node(self, index: Index) -> _Node:
        return self._nodes.get(index.internalId(), self._root) if index.isValid() else self._root

    def _index_of(self, node: _Node) -> QModelIndex:
        assert node.parent is not None
        return self.createIndex(node.parent.children.index(node), 0, node.node_id)

    def _new_node(self, record: Record, parent: _Node) -> _Node:
        self._last_id += 1
        node = _Node(self._last_id, record, parent)
        self._nodes[node.node_id] = node
        return node

    def _drop(self, node: _Node) -> None:
        for child in node.children:
            self._drop(child)
        del self._nodes[node.node_id]

    def _sync(self, parent: _Node, parent_index: QModelIndex, records: list[Any], key: Any) -> None:
        wanted = {key(record) for record in records}
        gone = [row for row, child in enumerate(parent.children) if key(child.record) not in wanted]
        for first, last in reversed(spans(gone)):
            self.beginRemoveRows(parent_index, first, last)
            for child in parent.children[first : last + 1]:
                self._drop(child)
            del parent.children[first : last + 1]
            self.endRemoveRows()
        known = {key(child.record) for child in parent.children}
        for first, last in spans([row for row, record in enumerate(records) if key(record) not in known]):
            self.beginInsertRows(parent_index, first, last)
            parent.children[first:first] = [self._new_node(record, parent) for record in records[first : last + 1]]
            self.endInsertRows()
        changed = []
        for row, (child, record) in enumerate(zip(parent.children, records, strict=True)):
            if child.record != record:
                child.record = record
                changed.append(row)
        for first, last in spans(changed):
            self.dataChanged.emit(self.index(first, 0, parent_index), self.index(last, len(Column) - 1, parent_index))

    def _tell_asked(self, run: _Node, changed: Collection[int]) -> None:
        """Nothing of a batch changes when it grows too old, except what is said of it."""
        for node in [batch for batch in run.children if batch.record.batch_id in changed]:
            for told in (run, node):
                index = self._index_of(told)
                note = index.siblingAtColumn(Column.NOTE)
                self.dataChanged.emit(note, note)

    def _text(self, node: _Node, column: Column) -> str:
        record = node.record
        if isinstance(record, EnrichmentRun):
            texts = queue_text.run_texts(record, self._pace, self._now(), self._not_asked)
        elif isinstance(record, EnrichmentBatch):
            assert node.parent is not None
            number = node.parent.children.index(node) + 1
            texts = queue_text.batch_texts(
                record,
                number,
                stopped=node.parent.record.stopped,
                asked=record.batch_id not in self._not_asked,
            )
        else:
            texts = queue_text.item_texts(record)
        return texts[column]

    def _style(self, node: _Node) -> Outcome:
        record = node.record
        if isinstance(record, EnrichmentRun):
            return queue_text.run_outcome(record)
        if isinstance(record, EnrichmentBatch):
            return queue_text.BATCH_OUTCOME[record.state]
        return combine([result.outcome for result in record.outcomes.values()])


def unknown_batches(runs: Sequence[EnrichmentRun]) -> list[tuple[EnrichmentRun, EnrichmentBatch]]:
    """The batches that wait for the rep's decision, oldest first."""
    waiting = [(run, batch) for run in runs for batch in run.batches if batch.state is BatchState.UNKNOWN_OUTCOME]
    return sorted(waiting, key=lambda pair: pair[1].batch_id)
