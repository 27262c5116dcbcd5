"""What the review of probable matches works with: the pairs, the decisions in their order, and what is told of them."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.changes import Change, ChangeKind
from app.domain.match_candidates import MatchCandidate
from app.domain.undo import UndoStep
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.models.review_model import PairKey, ReviewModel, ReviewPair
from app.ui.pair_reader import PairReader
from app.ui.refresher import Refresher
from app.ui.wording import count

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.composition import Services

PAGE = 200
"""How many pairs are read at a time."""
QUIET_MS = 2_000
"""How long nothing must have changed before what is new is looked at by itself."""
LOOKING = "Comparing contacts"


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Where the review stands.

    Attributes:
        waiting: How many pairs wait for a decision, however sure they are.
        shown: How many of them are as sure as is asked for.
        contacts: How many contacts the library has; told only while no pair waits, else 1.
        looked_at: When matches were last looked for, None for never.
    """

    waiting: int = 0
    shown: int = 0
    contacts: int = 1
    looked_at: datetime | None = None


class ReviewDesk(QObject):
    """Reads pairs, carries decisions out one after the other, and follows what changes. It has no widgets.

    Signals:
        changed: `state` or the pairs of `model` are other ones.
        came_back: The key of a pair whose decision was undone.
        said: A sentence on what was done.
        failed: A `ContactScoutError` for the banner.
        running_changed: Looking for matches, or a large merge, has begun or ended.
        advanced: How far that is: done, of how many (0 where that is not known).
    """

    changed = Signal()
    came_back = Signal(object)
    said = Signal(str)
    failed = Signal(object)
    running_changed = Signal()
    advanced = Signal(int, int)

    def __init__(self, services: "Services", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.reader = PairReader(services)
        self.model = ReviewModel(self)
        self.state = ReviewState()
        self.least_score = 0.0
        self.undoable: UndoStep | None = None
        self.running = ""
        self._active = False
        self._fresh = False  # whether what is shown is what the library says
        self._unlooked = True  # whether contacts changed since they were last compared
        self._wanted = PAGE
        self._turn = 0
        self._pending: set[PairKey] = set()
        self._decided: dict[PairKey, None] = {}
        self._steps: set[int] = set()
        self._mine: set[int] = set()  # contacts decided on here: that is no reason to look again at once
        self._deeds = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()
        self._scope = TaskScope("review", failure_handler(self.failed.emit))
        self._refresher = Refresher(self._scope, "read pairs", self._read)
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._hear)
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self.find_new)
        self.model.more_wanted.connect(self._read_more)
        self._refresher.request()

    async def shut_down(self) -> None:
        """Stop looking, write down what was decided, and stop listening."""
        self._quiet.stop()
        self._bridge.close()
        self.stop()
        if self._writing:
            await asyncio.wait(self._writing)
        await self._scope.aclose()

    @property
    def idle(self) -> bool:
        """Whether every decision is written down."""
        return not self._pending and not self.running

    # Reading

    def set_active(self, *, active: bool) -> None:
        """Whether somebody looks. Unseen, only the number of pairs is kept up to date."""
        self._active = active
        if active:
            if not self._fresh:
                self._refresher.request()
            self.find_new()

    def show_from(self, score: float) -> None:
        """Show pairs from this score on, 0 to 1."""
        if score != self.least_score:
            self.least_score = score
            self._wanted = PAGE
            self._turn += 1
            self._refresher.request()

    async def _read(self) -> None:
        matching = self._services.matching
        while True:
            turn, self._fresh = self._turn, True
            waiting = await matching.count(0.0)
            shown = await matching.count(self.least_score) if self.least_score else waiting
            found = await self.reader.pairs_of(await matching.candidates(self._wanted, 0, self.least_score))
            looked_at = await matching.last_found()
            contacts = 1 if waiting else (await self._services.library.stats())["contacts"]
            steps = await self._services.own_work.steps()
            if turn == self._turn:  # else a decision fell meanwhile, and this may be the state before it
                break
        pairs = [pair for pair in found if pair.key not in self._pending]
        hidden = len(found) - len(pairs)
        self.state = ReviewState(waiting - hidden, shown - hidden, contacts, looked_at)
        newest = next((step for step in steps if not step.undone), None)
        self.undoable = newest if newest is not None and newest.step_id in self._steps else None
        self.model.set_pairs(pairs, self.state.shown)
        self.changed.emit()
        back = [key for key in self._decided if self.model.row_of(key) is not None]
        for key in back:
            del self._decided[key]
        if back:
            self.came_back.emit(back[-1])

    def _read_more(self) -> None:
        if self._wanted <= len(self.model.pairs):
            self._wanted = len(self.model.pairs) + PAGE
            self._refresher.request()

    def _hear(self, change: Change) -> None:
        if change.kind is ChangeKind.CONTACTS:
            self.reader.forget(change.ids)
            if not change.ids or not self._mine.issuperset(change.ids):
                self._unlooked = True
                if self._active:
                    self._quiet.start()
            if not self._shows(change.ids):
                return
        elif change.kind not in (ChangeKind.MATCHES, ChangeKind.HISTORY):
            return
        self._fresh = False
        if self._active or change.kind is not ChangeKind.CONTACTS:
            self._refresher.request()

    def _shows(self, ids: tuple[int, ...]) -> bool:
        if not ids or not self.model.pairs:
            return True
        changed = set(ids)
        return any(not changed.isdisjoint(pair.key) for pair in self.model.pairs)

    # Deciding

    def merge(self, pair: ReviewPair, survivor_id: int) -> None:
        """Make one contact of a pair; `survivor_id` stays."""
        first, second = pair.names
        names = first if first == second else f"{first} and {second}"
        self._take(pair)
        self._write(self._merge(pair, survivor_id, f"Merged {names} into one contact."))

    def keep_apart(self, pair: ReviewPair) -> None:
        """Remember that the two are two people."""
        first, second = pair.names
        self._take(pair)
        self._write(self._keep_apart(pair, f"{first} and {second} stay two contacts."))

    def merge_all(self, candidates: Sequence[MatchCandidate]) -> None:
        """Merge many pairs in one step that can be undone."""
        self._write(self._merge_all(list(candidates)))

    def undo(self) -> None:
        """Take the last decision back, if nothing else was done since."""
        if self.undoable is not None:
            self._write(self._undo())

    def _take(self, pair: ReviewPair) -> None:
        """Out of sight at once: the next pair is shown while this one is written."""
        self._turn += 1
        self._mine.update(pair.key)
        self._pending.add(pair.key)
        self.model.remove(pair.key)

    def _write(self, deed: Coroutine[Any, Any, None]) -> None:
        task = self._scope.start(deed, "decision")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _merge(self, pair: ReviewPair, survivor_id: int, words: str) -> None:
        async with self._deeds, self._settled([pair.key]):
            step = await self._services.matching.accept([pair.key], survivor_id)
            self._note(step, pair.key)
            self.said.emit(words if step else "These two could not be merged: something about them has changed.")

    async def _keep_apart(self, pair: ReviewPair, words: str) -> None:
        async with self._deeds, self._settled([pair.key]):
            self._note(await self._services.matching.reject([pair.key]), pair.key)
            self.said.emit(words)

    async def _merge_all(self, candidates: list[MatchCandidate]) -> None:
        keys = [(each.low_id, each.high_id) for each in candidates]
        self._mine.update(contact_id for key in keys for contact_id in key)
        async with self._deeds, self._settled(keys), self._work(f"Merging {count(len(keys), 'pair')}"):
            before = await self._services.matching.count(0.0)
            step = await self._services.matching.accept(keys)
            self._note(step, *keys)
            # Pairs may hang together: merging two of them can do away with a third.
            merged = min(len(keys), before - await self._services.matching.count(0.0))
        left = len(keys) - merged
        words = f" {count(left, 'pair')} had changed and {'is' if left == 1 else 'are'} not." if left > 0 else ""
        self.said.emit(f"{count(merged, 'pair')} merged in one step.{words}" if step else "Nothing was merged.")

    async def _undo(self) -> None:
        async with self._deeds, self._settled([]):
            report = await self._services.own_work.undo()
        if report is not None:
            left = f" {count(report.left, 'value')} changed since stay as they are." if report.left else ""
            self.said.emit(f"Undone: {report.step.name}.{left}")

    def _note(self, step: UndoStep | None, *keys: PairKey) -> None:
        if step is not None:
            self._steps.add(step.step_id)
            for key in keys:
                self._decided.pop(key, None)
                self._decided[key] = None

    @asynccontextmanager
    async def _settled(self, keys: Sequence[PairKey]) -> "AsyncIterator[None]":
        """Whatever comes of a decision, the list is read anew after it, and an undecided pair is back in it."""
        try:
            yield
        finally:
            self._turn += 1
            self._pending.difference_update(keys)
            self._refresher.request()

    # Looking

    def find(self) -> None:
        """Compare all contacts with each other."""
        if not self.running:
            self._scope.replace("find", self._find())

    def find_new(self) -> None:
        """Compare the contacts that changed since the last time, if all were compared before."""
        if self.running or not self._unlooked or not self._active:
            return
        self._scope.replace("find", self._find_new())

    @property
    def stoppable(self) -> bool:
        """Whether what runs can be stopped: looking can, a merge is made whole or not at all."""
        return self.running == LOOKING

    def stop(self) -> None:
        """Stop looking; what was found stays."""
        self._scope.cancel("find")

    async def _find(self) -> None:
        before, self._unlooked = self.state.waiting, False
        try:
            async with self._work(LOOKING):
                found = await self._services.matching.find(self.advanced.emit)
        except BaseException as error:
            self._unlooked = True
            if isinstance(error, asyncio.CancelledError):
                self.said.emit("Stopped. The pairs are as they were.")
            raise
        finally:
            self._refresher.request()
        self.said.emit(f"All contacts are compared. {_news(found - before)}")

    async def _find_new(self) -> None:
        if await self._services.matching.last_found() is None:
            return
        self._unlooked = False
        before = await self._services.matching.count(0.0)
        found = await self._services.matching.find_new()
        if found > before:
            self.said.emit(_news(found - before))

    @asynccontextmanager
    async def _work(self, what: str) -> "AsyncIterator[None]":
        self.running = what
        self.running_changed.emit()
        try:
            yield
        finally:
            self.running = ""
            self.running_changed.emit()


def _news(more: int) -> str:
    return f"{count(more, 'new pair')} to review." if more > 0 else "No new pairs."
