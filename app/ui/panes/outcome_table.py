"""The table with an outcome per ID of a bulk fetch, and the box that says which outcomes it shows."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QTableView, QWidget

from app.domain.fetching import FetchRun
from app.domain.outcomes import Outcome
from app.ui.models.id_outcome_model import Column, IdOutcomeModel
from app.ui.theme import outcome_style

_LEAST_HEIGHT = 96
_FILTER_CHARACTERS = 24


class OutcomeTable(QTableView):
    """Repaints only when rows in sight changed: Qt would do so for every answer, a hundred thousand rows below."""

    def __init__(self, model: IdOutcomeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setResizeContentsPrecision(0)  # looks at the rows in sight only
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        for column, width in ((Column.OUTCOME, 120), (Column.NAME, 180)):
            header.resizeSection(column, width)
        header.setSectionResizeMode(Column.REASON, QHeaderView.ResizeMode.Stretch)

    def dataChanged(
        self,
        top_left: QModelIndex | QPersistentModelIndex,
        bottom_right: QModelIndex | QPersistentModelIndex,
        roles: Sequence[int] = (),
    ) -> None:
        """Pass on what concerns rows in sight."""
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        if bottom_right.row() >= first and (last < 0 or top_left.row() <= last):
            super().dataChanged(top_left, bottom_right, list(roles))


class OutcomeFilter(QComboBox):
    """The outcomes that a run has, each with its number, and all of them first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # A width that followed the numbers would have everything below laid out and painted anew with every answer.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_FILTER_CHARACTERS)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome to be shown, None for all."""
        chosen = self.currentData()
        return Outcome(chosen) if chosen else None

    def show_run(self, run: FetchRun) -> bool:
        """Offer what the run has by now; the choice stays. Returns whether other outcomes are offered than before."""
        if self.view().isVisible():
            return False  # the list would change under the rep's pointer
        entries = [(f"All outcomes ({run.total:,})", None), *_entries(run)]
        others = [value for _, value in entries] != [self.itemData(row) for row in range(self.count())]
        if others:
            self._offer(entries)
        for row, (text, _) in enumerate(entries):
            if text != self.itemText(row):
                self.setItemText(row, text)
        return others

    def _offer(self, entries: Sequence[tuple[str, str | None]]) -> None:
        chosen = self.currentData()
        self.blockSignals(True)  # noqa: FBT003 - the choice stays
        self.clear()
        for text, value in entries:
            if value is None:
                self.addItem(text, value)
            else:
                self.addItem(outcome_style(Outcome(value)).icon, text, value)
        self.setCurrentIndex(max(0, self.findData(chosen) if chosen else 0))
        self.blockSignals(False)  # noqa: FBT003


def counted(run: FetchRun) -> list[tuple[Outcome, int]]:
    """The outcomes that a run has, with how many IDs have each."""
    return [(outcome, run.counts[outcome]) for outcome in Outcome if run.counts.get(outcome)]


def _entries(run: FetchRun) -> list[tuple[str, str | None]]:
    return [(f"{outcome.label} ({number:,})", outcome.value) for outcome, number in counted(run)]
