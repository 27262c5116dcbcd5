"""The list of pairs to review: from which score on, what merges many at once, and the table."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.dialogs.merge_all_dialog import FIRST_LEAST, SCORE_BOX_WIDTH
from app.ui.icons import icon
from app.ui.models.review_model import Column, ReviewModel
from app.ui.theme import SPACING
from app.ui.widgets.number_box import NumberBox
from app.ui.widgets.pair_view import PairView


class ReviewList(QWidget):
    """The left side of the review.

    Signals:
        pair_chosen: The row in front is another one, -1 for none.
        merge_requested: Enter was pressed on the list.
        least_chosen: The rep wants to see pairs from this percentage on.
        merge_all_requested: The rep wants to merge many at once.
    """

    pair_chosen = Signal(int)
    merge_requested = Signal()
    least_chosen = Signal(int)
    merge_all_requested = Signal()

    def __init__(self, model: ReviewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = PairView(model)
        self.least: NumberBox = NumberBox("Show pairs from this score on", 0, 100, step=5, suffix=" %")
        self.merge_all = QPushButton(f"Merge all above {FIRST_LEAST} %…")
        self._build()

    def choose(self, row: int) -> None:
        """Put a row in front, and in sight."""
        index = self.view.model().index(row, Column.NAMES)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().setCurrentIndex(index, flags)
        self.view.scrollTo(index)

    @property
    def current(self) -> int:
        """The row in front, -1 for none."""
        return self.view.currentIndex().row()

    def _build(self) -> None:
        view = self.view
        view.setObjectName("review_pairs")
        view.setAccessibleName("Pairs to review")
        view.merge_requested.connect(self.merge_requested)
        view.selectionModel().currentRowChanged.connect(self._current_changed)
        self.least.setObjectName("review_least")
        self.least.setFixedWidth(SCORE_BOX_WIDTH)
        self.least.setKeyboardTracking(False)
        self.least.setToolTip("Leave out pairs that are less alike")
        self.least.valueChanged.connect(self.least_chosen)
        label = QLabel("Match at &least")
        label.setBuddy(self.least)
        self.merge_all.setObjectName("review_merge_all")
        self.merge_all.setIcon(icon("merge"))
        self.merge_all.setToolTip("Merge every pair from a score on in one step; a sample is shown first")
        self.merge_all.clicked.connect(lambda: self.merge_all_requested.emit())
        tools = QHBoxLayout()
        tools.setSpacing(SPACING.s)
        tools.addWidget(label)
        tools.addWidget(self.least)
        tools.addStretch(1)
        tools.addWidget(self.merge_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        column.addLayout(tools)
        column.addWidget(view, 1)
        self.setFocusProxy(view)

    def _current_changed(self, current: QModelIndex) -> None:
        self.pair_chosen.emit(current.row())
