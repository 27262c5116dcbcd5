"""Which columns a table shows, and in what order: by dragging, or with the keyboard."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from app.qtbridge.dialogs import run_dialog
from app.ui.icons import icon
from app.ui.models.contact_columns import COLUMNS, Column
from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import dialog_column
from app.ui.widgets.labels import rule, set_role, text_label

_COLUMN = Qt.ItemDataRole.UserRole
SIZE = (360, 520)


class ColumnDialog(QDialog):
    """Lists all columns in their order; those that are ticked are shown."""

    def __init__(self, order: Sequence[Column], shown: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("column_dialog")
        self.setWindowTitle("Columns")
        self.resize(*SIZE)
        self.list = QListWidget()
        self.list.setObjectName("column_list")
        self.list.setAccessibleName("Columns")
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self._fill(order, shown)
        self.up, self.down = QPushButton("Move up"), QPushButton("Move down")
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("The columns and their order as they come out of the box")
        apply, cancel = QPushButton("Apply"), QPushButton("Cancel")
        apply.setObjectName("column_apply")
        self.up.setIcon(icon("chevron-up"))
        self.down.setIcon(icon("chevron-down"))
        self.up.clicked.connect(lambda: self.move_current(-1))
        self.down.clicked.connect(lambda: self.move_current(1))
        self.reset.clicked.connect(self._reset)
        for keys, step in (("Alt+Up", -1), ("Alt+Down", 1)):
            QShortcut(QKeySequence(keys), self).activated.connect(lambda step=step: self.move_current(step))
        self.up.setToolTip("Move the current column up (Alt+Up)")
        self.down.setToolTip("Move the current column down (Alt+Down)")
        self.list.currentRowChanged.connect(self._enable)
        set_role(apply, "primary")
        apply.setDefault(True)
        apply.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        moves, ends = QHBoxLayout(), QHBoxLayout()
        for row, buttons in ((moves, (self.up, self.down, None, self.reset)), (ends, (None, cancel, apply))):
            row.setSpacing(SPACING.s)
            for button in buttons:
                row.addStretch() if button is None else row.addWidget(button)
        column = dialog_column(self)
        column.addWidget(text_label("Tick what the table shows. Drag to change the order.", role="muted"))
        column.addWidget(self.list, 1)
        column.addLayout(moves)
        column.addWidget(rule())
        column.addLayout(ends)
        self.list.setCurrentRow(0)

    def order(self) -> list[Column]:
        """Every column in the order chosen."""
        return [Column(item.data(_COLUMN)) for item in self._items()]

    def shown(self) -> set[Column]:
        """The columns that are ticked."""
        ticked = (item for item in self._items() if item.checkState() is Qt.CheckState.Checked)
        return {Column(item.data(_COLUMN)) for item in ticked}

    def move_current(self, step: int) -> None:
        """Move the current column up (-1) or down (1)."""
        row = self.list.currentRow()
        if 0 <= row + step < self.list.count():
            self.list.insertItem(row + step, self.list.takeItem(row))
            self.list.setCurrentRow(row + step)

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _fill(self, order: Sequence[Column], shown: Sequence[Column]) -> None:
        self.list.clear()
        for column in order:
            item = QListWidgetItem(COLUMNS[column].title, self.list)
            item.setData(_COLUMN, int(column))
            item.setSizeHint(QSize(0, self.fontMetrics().height() + SPACING.s))
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
            item.setCheckState(Qt.CheckState.Checked if column in shown else Qt.CheckState.Unchecked)
            if column is Column.NAME:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
                item.setToolTip("The name is always shown.")

    def _reset(self) -> None:
        self._fill(list(Column), [column for column, spec in COLUMNS.items() if spec.shown])
        self.list.setCurrentRow(0)

    def _enable(self, row: int) -> None:
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < self.list.count() - 1)


async def run_column_dialog(
    parent: QWidget, order: Sequence[Column], shown: Sequence[Column]
) -> tuple[list[Column], set[Column]] | None:
    """Ask for order and shown columns; None when the rep cancelled."""
    dialog = ColumnDialog(order, shown, parent)
    try:
        if await run_dialog(dialog) != QDialog.DialogCode.Accepted:
            return None
        return dialog.order(), dialog.shown()
    finally:
        dialog.deleteLater()
