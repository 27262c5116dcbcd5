"""A field for a whole number, grouped by thousands."""

from PySide6.QtWidgets import QSpinBox, QWidget

from app.ui.theme import SPACING


class NumberBox(QSpinBox):
    """A spin box with room before the number: Qt ignores a style sheet's left padding here."""

    def __init__(
        self, label: str, smallest: int, largest: int, *, step: int = 1, suffix: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(label)
        self.setRange(smallest, largest)
        self.setSingleStep(step)
        self.setSuffix(suffix)
        self.setGroupSeparatorShown(True)
        self.lineEdit().setTextMargins(SPACING.s - 2, 0, 0, 0)
