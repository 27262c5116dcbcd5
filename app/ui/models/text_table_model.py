"""A read-only table of plain text, for lists such as “rows that cannot go, and why”."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QModelIndex, QObject, Qt

from app.ui.models.titled_table_model import Index, TitledTableModel
from app.ui.widgets.labels import plain_tool_tip

R = TypeVar("R")


class RecordTableModel(TitledTableModel, Generic[R]):
    """Rows of anything under fixed column titles; `texts` has the texts of a row, and is asked for rows in sight only.

    So a hundred thousand rows are shown as fast as ten.
    """

    def __init__(
        self, headers: Sequence[str], texts: Callable[[R], tuple[str, ...]], parent: QObject | None = None
    ) -> None:
        super().__init__(headers, parent)
        self._texts = texts
        self._rows: Sequence[R] = ()

    def set_rows(self, rows: Sequence[R]) -> None:
        """Replace all rows. The sequence is kept, not copied."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def record(self, row: int) -> R:
        """What a row shows."""
        return self._rows[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Rows of the flat table."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """A cell's text, also as its tooltip, because columns may be too narrow for it."""
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        text = self._texts(self._rows[index.row()])[index.column()]
        return plain_tool_tip(text) if role == Qt.ItemDataRole.ToolTipRole else text


class TextTableModel(RecordTableModel[tuple[str, ...]]):
    """Rows of ready texts, one per column title."""

    def __init__(self, headers: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(headers, tuple, parent)
