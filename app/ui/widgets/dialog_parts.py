"""What most dialogs are put together from: the column, the row of buttons below, and the widgets' names."""

from collections.abc import Iterable, Sequence

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.theme import SPACING


def dialog_column(dialog: QDialog) -> QVBoxLayout:
    """The column that holds all of a dialog."""
    column = QVBoxLayout(dialog)
    column.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.l)
    column.setSpacing(SPACING.m)
    return column


def button_row(*answers: QWidget, left: Sequence[QWidget] = (), between: QWidget | None = None) -> QHBoxLayout:
    """The row below a dialog: what stands left, room or what takes the room, and the answers, the main one last."""
    row = QHBoxLayout()
    row.setSpacing(SPACING.s)
    for widget in left:
        row.addWidget(widget)
    if between is None:
        row.addStretch(1)
    else:
        row.addWidget(between, 1)
    for widget in answers:
        row.addWidget(widget)
    return row


def name_widgets(named: Iterable[tuple[QWidget, str, str]]) -> None:
    """Give widgets their object names, and those names that are spoken; "" leaves what their text says."""
    for widget, name, spoken in named:
        widget.setObjectName(name)
        if spoken:
            widget.setAccessibleName(spoken)
