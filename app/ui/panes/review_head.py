"""What stands above the pairs to review, and what stands there instead of them while there are none."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.ui.icons import icon
from app.ui.review_desk import ReviewState
from app.ui.theme import SPACING
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import ElidedLabel
from app.ui.wording import count, short_moment


class ReviewHead(QWidget):
    """How many pairs there are, when they were looked for, and a button that looks again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = ElidedLabel(role="heading")
        self._heading.setObjectName("review_heading")
        self._looked = ElidedLabel(role="muted")
        self._looked.setObjectName("review_looked")
        self._looked.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.find_button = QPushButton("Look for matches")
        self.find_button.setObjectName("review_find")
        self.find_button.setIcon(icon("refresh"))
        self.find_button.setIconSize(QSize(15, 15))
        self.find_button.setToolTip("Compare all contacts with each other")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING.m)
        row.addWidget(self._heading, 1)
        row.addWidget(self._looked, 1)
        row.addWidget(self.find_button)

    def show_state(self, state: ReviewState) -> None:
        """Say where the review stands."""
        self._heading.setText(f"{count(state.waiting, 'pair')} to review" if state.waiting else "Nothing to review")
        self._looked.setText(f"Last looked for matches {short_moment(state.looked_at)}" if state.looked_at else "")
        self.find_button.setText("Look again" if state.looked_at else "Look for matches")


def empty_pages(*, find: Callable[[], None], show_all: Callable[[], None]) -> tuple[EmptyState, ...]:
    """Without contacts, before the first look, with nothing left, nothing above the score, and during a look."""
    return (
        EmptyState(
            "match-review",
            "No contacts yet",
            "Search or fetch contacts first. Entries of the library that may be one person are reviewed here.",
        ),
        EmptyState(
            "match-review",
            "Nothing looked for yet",
            "The same person may be in the library more than once, spelt differently by each service. "
            "Nothing is merged without you.",
            action_text="Look for matches",
            action=find,
        ),
        EmptyState(
            "success",
            "Nothing to review",
            "No two contacts look like one person, apart from those you have decided on.",
        ),
        EmptyState(
            "match-review",
            "No pair is that much alike",
            "All pairs that wait for you have a lower score than you ask for.",
            action_text="Show all pairs",
            action=show_all,
        ),
        EmptyState(
            "match-review",
            "Comparing contacts",
            "Pairs that may be one person stand here as soon as all are compared.",
        ),
    )
