"""The pairs to review as a table: how sure, who, and where they work; one pair a row, one contact a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from app.domain.contact import ContactRow
from app.domain.match_candidates import MatchCandidate
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.models.queue_model import PERCENT_ROLE
from app.ui.models.titled_table_model import Index, TitledTableModel
from app.ui.widgets.labels import plain_tool_tip
from app.ui.wording import NO_NAME

PairKey = tuple[int, int]


class Column(IntEnum):
    """Columns of the table."""

    SCORE = 0
    NAMES = 1
    COMPANIES = 2


_TITLES = ("Match", "Contacts", "Companies")


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """A pair with the two contacts as tables show them."""

    candidate: MatchCandidate
    low: ContactRow
    high: ContactRow

    @property
    def key(self) -> PairKey:
        """What names the pair."""
        return self.candidate.low_id, self.candidate.high_id

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called."""
        return self.low.display_name or NO_NAME, self.high.display_name or NO_NAME


def percent(score: float) -> int:
    """A score in whole percent. Only what is quite certain says 100, and nothing is rounded up to a threshold."""
    return int(score * 100 + 1e-6)


class ReviewModel(TitledTableModel):
    """Pairs in the order given. Rows that are scrolled to beyond those read are asked for.

    Signals:
        more_wanted: The view has come near the end of what is read.
    """

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_TITLES, parent)
        self._pairs: list[ReviewPair] = []
        self._total = 0
        self._blocked = icon("match-blocked", Ink.WARNING)

    @property
    def total(self) -> int:
        """How many pairs there are, read or not."""
        return self._total

    @property
    def pairs(self) -> Sequence[ReviewPair]:
        """The pairs that are read."""
        return self._pairs

    def set_pairs(self, pairs: Sequence[ReviewPair], total: int) -> None:
        """Show these; tells views only what has changed where pairs were merely taken away or changed in place."""
        self._total = max(total, len(pairs))
        keys = {pair.key for pair in pairs}
        if not {pair.key for pair in self._pairs} >= keys or not self._pairs:
            self._replace(pairs)
            return
        for row in range(len(self._pairs) - 1, -1, -1):
            if self._pairs[row].key not in keys:
                self._take(row)
        if [pair.key for pair in self._pairs] != [pair.key for pair in pairs]:
            self._replace(pairs)
        elif self._pairs != list(pairs):
            self._pairs = list(pairs)
            self.dataChanged.emit(self.index(0, 0), self.index(len(pairs) - 1, len(Column) - 1))

    def remove(self, key: PairKey) -> None:
        """Take a pair away."""
        row = self.row_of(key)
        if row is not None:
            self._take(row)
            self._total -= 1

    def pair(self, row: int) -> ReviewPair | None:
        """The pair of a row, None where there is no such row."""
        return self._pairs[row] if 0 <= row < len(self._pairs) else None

    def row_of(self, key: PairKey | None) -> int | None:
        """Where a pair stands, None where it is not."""
        return next((row for row, pair in enumerate(self._pairs) if pair.key == key), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Pairs read so far."""
        return 0 if parent.isValid() else len(self._pairs)

    def canFetchMore(self, parent: Index) -> bool:
        """Whether there are pairs beyond those read."""
        return not parent.isValid() and 0 < len(self._pairs) < self._total

    def fetchMore(self, parent: Index) -> None:
        """Ask for them."""
        del parent
        self.more_wanted.emit()

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """A cell: two lines of text, the share for the bar, a lock on what may not be merged."""
        if not index.isValid():
            return None
        pair, column = self._pairs[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(pair, column)
        if role == PERCENT_ROLE and column is Column.SCORE:
            return percent(pair.candidate.score)
        if role == Qt.ItemDataRole.DecorationRole and column is Column.NAMES and pair.candidate.blocked:
            return self._blocked
        if role == Qt.ItemDataRole.ToolTipRole:
            blocked = f"\nCannot be merged: {pair.candidate.blocked}" if pair.candidate.blocked else ""
            return plain_tool_tip(_text(pair, column) + blocked)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(pair) if column is Column.NAMES else _text(pair, column).replace("\n", ", ")
        return None

    def _take(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._pairs[row]
        self.endRemoveRows()

    def _replace(self, pairs: Sequence[ReviewPair]) -> None:
        self.beginResetModel()
        self._pairs = list(pairs)
        self.endResetModel()


def spoken(pair: ReviewPair) -> str:
    """A pair in one sentence, for screen readers."""
    first, second = pair.names
    blocked = " Cannot be merged." if pair.candidate.blocked else ""
    return f"{first} and {second}, {percent(pair.candidate.score)} percent alike.{blocked}"


def _text(pair: ReviewPair, column: Column) -> str:
    if column is Column.SCORE:
        return f"{percent(pair.candidate.score)} %"
    if column is Column.NAMES:
        return "\n".join(pair.names)
    return "\n".join(row.company_name or "–" for row in (pair.low, pair.high))
