"""How the list of pairs and the pair in front share the room there is."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QWidget

from app.ui.panes.review_compare import ReviewCompare
from app.ui.panes.review_list import ReviewList
from app.ui.theme import SPACING

LIST_WIDTH = 384
NARROW = 800
"""Below this width the list stands above the two contacts instead of beside them."""
SHORT = 420
"""Below this height there is no room for it there; the keys go from pair to pair without it."""


class ReviewSplitter(QSplitter):
    """The list beside the pair, above it, or out of sight.

    Attributes:
        tight: Whether there is no room for the list.
    """

    def __init__(self, pairs: ReviewList, compare: ReviewCompare, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tight = False
        self._list = pairs
        self._compare = compare
        self.setChildrenCollapsible(False)
        self.setHandleWidth(SPACING.m)
        for place, (side, stretch) in enumerate(((pairs, 2), (compare, 3))):
            self.addWidget(side)
            self.setStretchFactor(place, stretch)
        pairs.setMinimumHeight(0)
        compare.setMinimumSize(220, 90)

    def fit(self, size: QSize) -> bool:
        """Suit a size of the pane; whether `tight` is another one now."""
        narrow = size.width() < NARROW
        self.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)
        self._list.setMinimumWidth(0 if narrow else LIST_WIDTH)
        tight = narrow and size.height() < SHORT
        if tight is self.tight:
            return False
        self.tight = tight
        had_cursor = self._list.view.hasFocus()
        self._list.setHidden(tight)
        if had_cursor:
            self._compare.setFocus()
        return True


def add_shortcut(keys: str, widget: QWidget, run: Callable[[], None], context: Qt.ShortcutContext) -> None:
    """A key for a widget; held down it counts once."""
    shortcut = QShortcut(QKeySequence(keys), widget)
    shortcut.setContext(context)
    shortcut.setAutoRepeat(False)
    shortcut.activated.connect(run)
