"""The review of probable matches: pair after pair side by side, merged, kept apart or left for later."""

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.qtbridge.tasks import TaskScope
from app.ui.actions import ActionRegistry
from app.ui.failures import failure_handler
from app.ui.models.review_model import PairKey, ReviewPair
from app.ui.panes.review_bar import ReviewBar
from app.ui.panes.review_compare import ReviewCompare
from app.ui.panes.review_head import ReviewHead, empty_pages
from app.ui.panes.review_list import ReviewList
from app.ui.panes.review_splitter import ReviewSplitter, add_shortcut
from app.ui.review_desk import LOOKING, ReviewDesk
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.progress_strip import ProgressStrip

if TYPE_CHECKING:
    from app.composition import Services

_READING, _NO_CONTACTS, _NEVER, _NOTHING, _BELOW, _LOOKING, _DESK = range(7)
LEAST_HEIGHT = 90


class ReviewPane(QWidget):
    """The tab “Review”.

    Signals:
        waiting_changed: How many pairs wait for a decision.
        contact_activated: A contact to show in the inspector.
        said: A sentence for the status bar.
        wanted: The tab is to come to the front.
    """

    waiting_changed = Signal(int)
    contact_activated = Signal(int)
    said = Signal(str)
    wanted = Signal()

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = ReviewDesk(services, self)
        self.banner = Banner()
        self._scope = TaskScope("review pane", failure_handler(self.banner.show_error))
        self.list = ReviewList(self.desk.model)
        self.head = ReviewHead()
        self.compare = ReviewCompare()
        self.bar = ReviewBar(merge=self.merge, keep_apart=self.keep_apart, later=self.later, undo=self.desk.undo)
        self._shown: ReviewPair | None = None
        self._wanted: PairKey | None = None
        self._survivor = 0
        self._row = 0
        self._read = False
        self._arrived = False
        self._actions: ActionRegistry | None = None
        self._build()
        self._add_keys()
        self._connect()

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()
        await self.desk.shut_down()

    @property
    def shown(self) -> ReviewPair | None:
        """The pair that is shown side by side, None while another one is being read."""
        return self._shown

    @property
    def survivor_id(self) -> int:
        """Which contact of the shown pair stays when it is merged."""
        return self._survivor

    def save_state(self) -> dict[str, int]:
        """From which score on pairs are shown, ready for JSON."""
        return {"least": self.list.least.value()}

    def restore_state(self, state: object) -> None:
        """Bring back what `save_state` gave; what is unknown or damaged is left out."""
        least = state.get("least") if isinstance(state, dict) else None
        if isinstance(least, int):
            self.list.least.setValue(least)

    def add_actions(self, registry: ActionRegistry) -> None:
        """Put what can be done here into the menus."""
        add, menu = registry.add, "&Contacts/Probable matches"
        add("review.find", menu, "Look for matches", self._find_in_front, drawing="refresh", tip="Compare all contacts")
        add("review.merge", menu, "Merge pair under review", self.merge, drawing="merge")
        add("review.apart", menu, "Keep pair under review apart", self.keep_apart, drawing="match-apart")
        add("review.merge_all", menu, "Merge all above a score…", self.merge_all, drawing="merge")
        self._actions = registry
        self._show_actions()

    # What the rep does

    def _find_in_front(self) -> None:
        self.wanted.emit()
        self.desk.find()

    def merge(self) -> None:
        """Make one contact of the two in front, and go on to the next pair."""
        pair = self._shown
        if pair is not None and not pair.candidate.blocked:
            self._go_on()
            self.desk.merge(pair, self._survivor)

    def keep_apart(self) -> None:
        """Remember that the two in front are two people, and go on to the next pair."""
        pair = self._shown
        if pair is not None:
            self._go_on()
            self.desk.keep_apart(pair)

    def later(self) -> None:
        """Go on to the next pair without a decision; after the last one comes the first again."""
        last = self.desk.model.rowCount() - 1
        if self._shown is None or last < 0:
            return
        if self.list.current >= last:
            self._say("That was the last pair; here is the first again.")
        self.list.choose(0 if self.list.current >= last else self.list.current + 1)

    def swap(self) -> None:
        """Let the other contact of the pair stay."""
        pair = self._shown
        if pair is not None and not pair.candidate.blocked:
            first, second = pair.key
            self._survivor = second if self._survivor == first else first
            self.compare.show_survivor(self._survivor, mergeable=True)

    def merge_all(self) -> None:
        """Ask from which score on pairs are merged without a look at each, and merge them."""
        self._scope.replace("merge all", self._merge_all())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo, where the window has no key for it."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.desk.undo()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Pass the cursor on to the pairs, if there are any."""
        super().focusInEvent(event)
        if self._page() == _DESK:
            self._take_cursor()

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the list up to date, and look at what is new."""
        super().showEvent(event)
        # Who walks along the tabs with the arrow keys is to stay there; a click means this one.
        by_keys = isinstance(self.window().focusWidget(), QTabBar) and not QGuiApplication.mouseButtons()
        self._arrived = not by_keys
        if self._arrived and self._page() == _DESK:
            self._take_cursor()
        self.desk.set_active(active=True)
        self._show_actions()

    def hideEvent(self, event: QHideEvent) -> None:
        """Only count from now on."""
        super().hideEvent(event)
        self.desk.set_active(active=False)
        self._show_actions()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One beside the other where there is room; no list where there is hardly room for the pair."""
        super().resizeEvent(event)
        if self._splitter.fit(event.size()):
            self._show_head()

    async def _merge_all(self) -> None:
        from app.ui.dialogs.merge_all_dialog import run_merge_all_dialog

        chosen = await run_merge_all_dialog(self.window(), self.desk.reader)
        if chosen:
            self.desk.merge_all(chosen)

    # Showing

    def _go_on(self) -> None:
        """Choose the pair after the one in front, which is about to leave the list."""
        self._shown = None
        following = self.desk.model.pair(self.list.current + 1) or self.desk.model.pair(self.list.current - 1)
        if following is None:
            self._wanted = None
        else:
            self.list.choose(self.desk.model.row_of(following.key) or 0)

    def _chosen(self, row: int) -> None:
        pair = self.desk.model.pair(row)
        if pair is None:
            return
        self._row = row
        self._wanted = pair.key
        same = self._shown is not None and self._shown.key == pair.key
        if not same:
            self._shown = None  # no key decides on a pair that is no longer in front
        if self._shown is not pair or not self.desk.reader.remembers(pair):
            self._scope.replace("show", self._show_pair(pair))

    async def _show_pair(self, pair: ReviewPair) -> None:
        same = self._shown is not None
        left, right = await asyncio.gather(*(self.desk.reader.details(contact_id) for contact_id in pair.key))
        if not same or self._survivor not in pair.key:
            self._survivor = pair.low.contact_id  # the older entry, as where many are merged at once
        self.compare.show_pair(pair.candidate, left, right, survivor_id=self._survivor, keep_position=same)
        self._shown = pair
        self._show_actions()
        following = self.desk.model.pair(self.list.current + 1)
        for contact_id in following.key if following is not None else ():
            await self.desk.reader.details(contact_id)  # so that the next pair is there at once

    def _show_state(self) -> None:
        state, model = self.desk.state, self.desk.model
        self._read = True
        self.head.show_state(state)
        page = self._show_page()
        if page == _DESK and self._arrived:
            self._arrived = False
            self._take_cursor()
        row = model.row_of(self._wanted)
        if model.rowCount():
            self.list.choose(min(self._row, model.rowCount() - 1) if row is None else row)
            self._chosen(self.list.current)
        else:
            self._shown = None
        self.bar.show_undo(self.desk.undoable.name if self.desk.undoable else "")
        self._show_actions()
        self.waiting_changed.emit(state.waiting)

    def _take_cursor(self) -> None:
        """To the pairs, now that they are there; but away from nobody who writes elsewhere."""
        holder = self.window().focusWidget()
        writing = isinstance(holder, QLineEdit | QPlainTextEdit | QAbstractSpinBox | QComboBox) and holder.isVisible()
        if self.hasFocus() or not writing:
            (self.compare if self._splitter.tight else self.list.view).setFocus()

    def _page(self) -> int:
        state = self.desk.state
        if not self._read:
            return _READING
        if not state.contacts:
            return _NO_CONTACTS
        if state.waiting:
            return _DESK if state.shown else _BELOW
        if self.desk.running == LOOKING:
            return _LOOKING
        return _NOTHING if state.looked_at else _NEVER

    def _show_actions(self) -> None:
        pair, idle = self._shown, not self.desk.running
        mergeable = pair is not None and not pair.candidate.blocked
        self.bar.show_pair(mergeable=mergeable, chosen=pair is not None)
        waiting = self.desk.state.waiting > 0
        self.list.merge_all.setEnabled(waiting and idle)
        self.head.find_button.setEnabled(idle)
        if self._actions is not None:
            seen = self.isVisible()
            self._actions["review.merge"].setEnabled(seen and mergeable)
            self._actions["review.apart"].setEnabled(seen and pair is not None)
            self._actions["review.merge_all"].setEnabled(waiting and idle)
            self._actions["review.find"].setEnabled(idle)

    def _show_page(self) -> int:
        page = self._page()
        self._pages.setCurrentIndex(page)
        self._show_head()
        self.bar.show_deciding(shown=page == _DESK)
        return page

    def _show_head(self) -> None:
        self.head.setVisible(self._page() in (_NOTHING, _BELOW, _DESK) and not self._splitter.tight)

    def _show_all(self) -> None:
        self.list.least.setValue(0)

    def _came_back(self, key: PairKey) -> None:
        row = self.desk.model.row_of(key)
        if row is not None:
            self.list.choose(row)

    def _show_running(self) -> None:
        if self.desk.running:
            self._strip.begin(self.desk.running, 0)
            self._strip.stop_button.setVisible(self.desk.stoppable)
            self._show_page()
        else:  # what stands below follows once the pairs are read
            self._strip.end()
        self._show_actions()

    def _say(self, text: str) -> None:
        self.bar.say(text)
        self.said.emit(text)

    # Building

    def _build(self) -> None:
        self.setObjectName("review_pane")
        self._strip = ProgressStrip()
        self._strip.stop_button.setToolTip("Stop; the pairs stay as they were")
        self._splitter = ReviewSplitter(self.list, self.compare)
        self._pages = QStackedWidget()
        self._pages.setMinimumHeight(LEAST_HEIGHT)  # else the tallest page keeps the buttons out of a small window
        for page in (QWidget(), *empty_pages(find=self.desk.find, show_all=self._show_all), self._splitter):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.m, SPACING.m, SPACING.m, SPACING.m)
        column.setSpacing(SPACING.s)
        for widget in (self.banner, self._strip, self.head):
            column.addWidget(widget)
        column.addWidget(self._pages, 1)
        column.addWidget(self.bar)
        self.head.hide()
        self.bar.show_deciding(shown=False)

    def _add_keys(self) -> None:
        """Single letters, wherever the cursor is among the pairs, but not where numbers are typed."""
        for keys, run in (("M", self.merge), ("K", self.keep_apart), ("L", self.later), ("S", self.swap)):
            add_shortcut(keys, self, run, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        for enter in ("Return", "Enter"):
            add_shortcut(enter, self.compare, self.merge, Qt.ShortcutContext.WidgetShortcut)

    def _connect(self) -> None:
        desk = self.desk
        desk.changed.connect(self._show_state)
        desk.came_back.connect(self._came_back)
        desk.said.connect(self._say)
        desk.failed.connect(self.banner.show_error)
        desk.running_changed.connect(self._show_running)
        desk.advanced.connect(self._strip.advance)
        self._strip.stop_requested.connect(desk.stop)
        self.head.find_button.clicked.connect(desk.find)
        self.list.pair_chosen.connect(self._chosen)
        self.list.merge_requested.connect(self.merge)
        self.list.merge_all_requested.connect(self.merge_all)
        self.list.least_chosen.connect(lambda number: desk.show_from(number / 100))
        self.compare.swap_requested.connect(self.swap)
        self.compare.contact_activated.connect(self.contact_activated)
