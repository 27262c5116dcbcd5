"""The table of probable matches: one pair a row, one contact a line."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.ui.delegates.lines_delegate import LinesDelegate
from app.ui.delegates.progress_delegate import ProgressDelegate
from app.ui.models.queue_model import PERCENT_ROLE
from app.ui.models.review_model import Column, ReviewModel
from app.ui.theme import SPACING
from app.ui.widgets.plain_table import dress_table

SCORE_WIDTH = 104
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PairView(QTableView):
    """A table of pairs, each row two lines high.

    Signals:
        merge_requested: Enter was pressed.
    """

    merge_requested = Signal()

    def __init__(self, model: ReviewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(2 * self.fontMetrics().lineSpacing() + SPACING.m)
        self.setModel(model)
        dress_table(self)
        self.setItemDelegate(LinesDelegate(self))
        self.setItemDelegateForColumn(Column.SCORE, ProgressDelegate(PERCENT_ROLE, self))
        header = self.horizontalHeader()
        header.setMinimumSectionSize(48)
        header.setSectionResizeMode(Column.SCORE, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(Column.SCORE, SCORE_WIDTH)
        for column in (Column.NAMES, Column.COMPANIES):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter merges the pair in front, once however long it is held."""
        if event.key() in _ENTER and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if not event.isAutoRepeat():
                self.merge_requested.emit()
            return
        super().keyPressEvent(event)
