"""Merging many probable matches without a look at each: from which score on, how many that is, and a sample."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from app.domain.match_candidates import MatchCandidate
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.plain_frame import lay_out
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.models.review_model import ReviewModel, percent
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.labels import text_label
from app.ui.widgets.number_box import NumberBox
from app.ui.widgets.pair_view import PairView
from app.ui.wording import count

if TYPE_CHECKING:
    from app.ui.pair_reader import PairReader

FIRST_LEAST = 95
LOWEST = 50
SAMPLE = 6
SCORE_BOX_WIDTH = 84


class MergeAllDialog(QDialog):
    """Asks for the score. `chosen` are the pairs to merge, empty when cancelled."""

    def __init__(self, reader: "PairReader", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen: list[MatchCandidate] = []
        self._reader = reader
        self._all: list[MatchCandidate] | None = None
        self.banner = Banner()
        self._scope = TaskScope("merge all dialog", failure_handler(self.banner.show_error))
        self.least: NumberBox = NumberBox("Merge pairs from this score on", LOWEST, 100, suffix=" %")
        self._sum = text_label("Counting…")
        self._skipped = text_label(role="muted")
        self._sample_title = text_label(role="section")
        self.sample = ReviewModel(self)
        self._view = PairView(self.sample)
        self.confirm = QPushButton("Merge")
        self._build()
        self._scope.start(self._read(), "read pairs")

    async def shut_down(self) -> None:
        """Stop reading."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Take the choice over and close."""
        mergeable, _ = self._split()
        if mergeable:
            self.chosen = mergeable
            super().accept()

    async def _read(self) -> None:
        self._all = await self._reader.candidates()
        self._show()

    def _split(self) -> tuple[list[MatchCandidate], list[MatchCandidate]]:
        """The pairs from the score on: those that may be merged, and those that may not."""
        above = [each for each in self._all or () if percent(each.score) >= self.least.value()]
        return [each for each in above if not each.blocked], [each for each in above if each.blocked]

    def _show(self) -> None:
        if self._all is None:
            return
        mergeable, blocked = self._split()
        contacts = {contact_id for each in mergeable for contact_id in (each.low_id, each.high_id)}
        self._sum.setText(
            f"{count(len(mergeable), 'pair')}, {count(len(contacts), 'contact')} in all, will be merged in one step. "
            "You can undo it at any time."
            if mergeable
            else "No pair that may be merged is that much alike."
        )
        self._skipped.setText(_skipped(blocked))
        self._skipped.setVisible(bool(blocked))
        self.confirm.setText(f"Merge {count(len(mergeable), 'pair')}" if mergeable else "Merge")
        self.confirm.setEnabled(bool(mergeable))
        self._sample_title.setVisible(bool(mergeable))
        self._sample_title.setText(
            f"The {SAMPLE} least sure of them" if len(mergeable) > SAMPLE else "These are all of them"
        )
        self._scope.replace("sample", self._show_sample(mergeable[-SAMPLE:]))

    async def _show_sample(self, candidates: Sequence[MatchCandidate]) -> None:
        pairs = await self._reader.pairs_of(list(reversed(candidates)))
        self.sample.set_pairs(pairs, len(pairs))

    def _build(self) -> None:
        self.setObjectName("merge_all_dialog")
        self.setWindowTitle("Merge all above a score")
        self.setMinimumSize(560, 420)
        self.resize(620, 540)
        cancel = QPushButton("Cancel")
        for widget, name in (
            (self.least, "merge_all_least"),
            (self._sum, "merge_all_sum"),
            (self._skipped, "merge_all_skipped"),
            (self._view, "merge_all_sample"),
            (self.confirm, "merge_all_confirm"),
            (cancel, "merge_all_cancel"),
        ):
            widget.setObjectName(name)
        self.least.setValue(FIRST_LEAST)
        self.least.valueChanged.connect(self._show)
        self._view.setAccessibleName("Some of the pairs that are merged")
        self._view.setSelectionMode(PairView.SelectionMode.NoSelection)
        self._view.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.confirm.setEnabled(False)
        self.least.setFixedWidth(SCORE_BOX_WIDTH)
        label = QLabel("Match at &least")
        label.setBuddy(self.least)
        score = QHBoxLayout()
        score.setSpacing(SPACING.m)
        score.addWidget(label)
        score.addWidget(self.least)
        score.addStretch()
        lay_out(
            self,
            "Merge probable matches without a look at each",
            "",
            [self.banner, score, self._sum, self._skipped, self._sample_title, self._view],
            confirm=self.confirm,
            cancel=cancel,
        )


def _skipped(blocked: Sequence[MatchCandidate]) -> str:
    """How many may not be merged, and the reasons there are."""
    reasons = Counter(each.blocked.rstrip(".") for each in blocked)
    told = "; ".join(f"{reason} ({number:,})" for reason, number in reasons.most_common(3))
    verb = "stays" if len(blocked) == 1 else "stay"
    return f"{count(len(blocked), 'pair')} that may not be merged {verb} in the list. {told}."


async def run_merge_all_dialog(parent: QWidget, reader: "PairReader") -> list[MatchCandidate]:
    """Ask which pairs to merge; none when the rep cancelled."""
    dialog = MergeAllDialog(reader, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.chosen
