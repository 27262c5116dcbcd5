"""The steps of the rep's own work as rows: the newest first, at the end the state before all of them."""

from enum import StrEnum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.undo import UndoStep
from app.ui.wording import count, short_moment

_Index = QModelIndex | QPersistentModelIndex

START = "Before these steps"


class Standing(StrEnum):
    """How a state stands to the present one; the value is the word for it."""

    NOW = "Now"
    DONE = ""
    UNDONE = "Undone"


class HistoryModel(QAbstractListModel):
    """One row per state. A row stands for the state after its step; the last one for the state before all."""

    NAME = int(Qt.ItemDataRole.DisplayRole)
    DETAILS = int(Qt.ItemDataRole.UserRole) + 1
    STANDING = int(Qt.ItemDataRole.UserRole) + 2

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[UndoStep, ...] = ()

    @property
    def steps(self) -> tuple[UndoStep, ...]:
        """The steps shown."""
        return self._steps

    def set_steps(self, steps: tuple[UndoStep, ...]) -> None:
        """Show these steps, given newest first. The selection is lost."""
        self.beginResetModel()
        self._steps = steps
        self.endResetModel()

    def step(self, row: int) -> UndoStep | None:
        """The step of a row, None for the last one."""
        return self._steps[row] if row < len(self._steps) else None

    def present_row(self) -> int:
        """The row of the present state."""
        return next((row for row, step in enumerate(self._steps) if not step.undone), len(self._steps))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """The steps and the state before them."""
        return 0 if parent.isValid() or not self._steps else len(self._steps) + 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The parts of a row."""
        if not index.isValid():
            return None
        row = index.row()
        step = self.step(row)
        if role == self.NAME or role == Qt.ItemDataRole.ToolTipRole:
            return step.name if step is not None else START
        if role == self.DETAILS:
            return details(step) if step is not None else "As it was at first"
        if role == self.STANDING:
            return self._standing(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            told = (self.data(index, self.NAME), self.data(index, self.DETAILS), self._standing(row).value)
            return ", ".join(str(part) for part in told if part)
        return None

    def _standing(self, row: int) -> Standing:
        present = self.present_row()
        if row == present:
            return Standing.NOW
        return Standing.UNDONE if row < present else Standing.DONE


def details(step: UndoStep) -> str:
    """When a step was done, and to how many contacts."""
    contacts = count(step.contacts, "contact") if step.contacts else ""
    return " · ".join(part for part in (short_moment(step.at), contacts) if part)
