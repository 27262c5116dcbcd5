"""The tour's steps around probable matches: looking for them, deciding on some, taking it back, merging many."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton

from app.ui.dialogs.merge_all_dialog import MergeAllDialog
from app.ui.tour_stage import TourStage

if TYPE_CHECKING:
    from app.ui.panes.review_pane import ReviewPane


class ReviewSteps(TourStage):
    """What a rep does about the same person from two services."""

    async def review(self) -> None:
        """Look for matches, merge one, keep one apart, undo that, and look at what could be merged at once."""
        hand, pane = self._hand, self._window.review
        hand.act("view.review")
        hand.act("review.find")
        await hand.until(lambda: bool(pane.desk.state.looked_at) and not pane.desk.running, "Matches are looked for.")
        await hand.until(lambda: pane.shown is not None, "There is a pair to review.")
        waiting = pane.desk.state.waiting
        self._record.note(pairs=waiting)
        self._record.expect(waiting > 2, f"there are pairs to review, not {waiting}")
        await self._picture("review-pair")
        hand.click(hand.find(QPushButton, "review_later", pane))
        await self._decide(pane, "review_merge")
        await hand.until(lambda: pane.desk.state.waiting < waiting, "A pair is merged.")
        merged = pane.desk.state.waiting
        await self._decide(pane, "review_apart")
        await hand.until(lambda: pane.desk.state.waiting < merged, "A pair is kept apart.")
        await self._picture("review-decided")
        hand.click(hand.find(QPushButton, "review_undo", pane))
        await hand.until(lambda: pane.desk.state.waiting == merged, "The last decision is taken back.")
        await hand.until(lambda: pane.shown is not None, "The pair is back in front.")
        hand.act("view.theme.dark")
        await self._picture("dark-review")
        hand.act("view.theme.light")
        hand.click(hand.find(QPushButton, "review_merge_all", pane))
        dialog = await hand.dialog(MergeAllDialog)
        await hand.until(lambda: dialog.sample.rowCount() > 0, "Some of the pairs are shown.")
        self._record.note(at_once=dialog.confirm.text())
        await self._picture("review-merge-all")
        dialog.reject()
        await hand.closed(MergeAllDialog)

    async def _decide(self, pane: "ReviewPane", button: str) -> None:
        """Click a button on the next pair that may be merged."""
        for _ in range(pane.desk.model.rowCount()):
            await self._hand.until(lambda: pane.shown is not None, "The next pair is shown.")
            if pane.shown is not None and not pane.shown.candidate.blocked:
                break
            self._hand.click(self._hand.find(QPushButton, "review_later", pane))
        self._hand.click(self._hand.find(QPushButton, button, pane))
