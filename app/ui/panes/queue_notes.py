"""What the queue has to say above its table: why it waits, what only the rep can decide, and what takes too long."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.enrichment import EnrichmentBatch, EnrichmentRun
from app.ui.models.queue_model import unknown_batches
from app.ui.models.queue_notices import stopped_notice
from app.ui.models.queue_text import resubmit_cost
from app.ui.widgets.banner import Banner
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services


class QueueNotes(QObject):
    """Three banners. What the rep has dismissed stays away until there is something new to say.

    Signals:
        noticed: The whole queue waits: title and text of a notice of the desktop.
        decision_wanted: The rep wants to see the first batch of unknown outcome.
        ask_again_wanted: The rep wants to have these batches (ids) asked about again.
        stuck_found: A run and a batch of it (ids) that takes too long, the oldest.
    """

    noticed = Signal(str, str)
    decision_wanted = Signal()
    ask_again_wanted = Signal(list)
    stuck_found = Signal(int, int)

    def __init__(self, services: "Services", parent: QWidget) -> None:
        super().__init__(parent)
        self._services = services
        self._lane_note = ""
        self._waiting: list[int] = []
        self._stuck: list[int] = []
        self._lane, self._decide, self._late = Banner(parent), Banner(parent), Banner(parent)
        self.banners = (self._lane, self._decide, self._late)
        for banner, name in zip(self.banners, ("queue_lane", "queue_decide", "queue_stuck"), strict=True):
            banner.setObjectName(name)

    def show(self, runs: Sequence[EnrichmentRun], stuck: Sequence[EnrichmentBatch]) -> None:
        """Say how things stand."""
        self._show_lane()
        self._show_decisions(runs)
        self._show_stuck(stuck)

    def _show_lane(self) -> None:
        note = self._services.enrichment.lane_note
        if note == self._lane_note:
            return
        self._lane_note = note
        if note:
            self._lane.show_warning(note, action_text="Try again", action=self._services.enrichment.try_again)
            told = stopped_notice(note)
            self.noticed.emit(told.title, told.text)
        else:
            self._lane.clear()

    def _show_decisions(self, runs: Sequence[EnrichmentRun]) -> None:
        waiting = unknown_batches(list(runs))
        if [batch.batch_id for _, batch in waiting] == self._waiting:
            return
        self._waiting = [batch.batch_id for _, batch in waiting]
        if not waiting:
            self._decide.clear()
            return
        people = count(sum(batch.item_count for _, batch in waiting), "person")
        cost = count(sum(resubmit_cost(run, batch) for run, batch in waiting), "credit")
        self._decide.show_warning(
            f"The answer to {count(len(waiting), 'submit')} of {people} was not seen. It may have been charged, so "
            f"only you can decide whether to submit again: that may cost up to {cost} more.",
            action_text="Decide…",
            action=self.decision_wanted.emit,
        )

    def _show_stuck(self, stuck: Sequence[EnrichmentBatch]) -> None:
        ids = [batch.batch_id for batch in stuck]
        if ids == self._stuck:
            return
        self._stuck = ids
        if not stuck:
            self._late.clear()
            return
        people = count(sum(batch.item_count for batch in stuck), "person")
        takes = "takes unusually long and is" if len(ids) == 1 else "take unusually long and are"
        self._late.show_warning(
            f"{count(len(ids), 'batch')} of {people} {takes} no longer asked about automatically."
            " Ask again, which costs nothing, or give up.",
            action_text="Ask again" if len(ids) == 1 else f"Ask about all {len(ids):,} again",
            action=lambda: self.ask_again_wanted.emit(ids),
        )
        self.stuck_found.emit(stuck[0].run_id, stuck[0].batch_id)
