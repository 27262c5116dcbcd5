"""What the inspector shows while several contacts are selected: what they have in common, and what to do with all."""

from collections import Counter
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.domain.contact import ContactRow
from app.domain.countries import country_name
from app.ui.theme import SPACING
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.scrolled import ScrolledContent
from app.ui.wording import count

#: So many contacts are looked at one by one.
MOST_SUMMED = 2_000
_MOST_NAMED = 4
_LABEL_WIDTH = 76


class SelectionSummary(ScrolledContent):
    """How many contacts are selected, what they share, and buttons for all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = text_label(role="title")
        self._note = text_label(role="muted")
        self._grid = QGridLayout()
        self._buttons = FlowLayout()
        self._lines: list[QLabel] = []
        self._lay_out()

    @property
    def text(self) -> str:
        """Everything it says."""
        return "\n".join([self._heading.text(), *(label.text() for label in self._lines)])

    def set_actions(self, actions: Sequence[QAction]) -> None:
        """Offer these actions of the window as buttons; menus open below theirs."""
        for action in actions:
            button = QToolButton()
            set_role(button, "boxed")
            button.setDefaultAction(action)
            button.setIconSize(QSize(16, 16))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setMinimumWidth(1)  # in a narrow panel its words are cut, and nothing else is
            self._buttons.addWidget(button)

    def show_count(self, selected: int) -> None:
        """Say how many are selected, before anything is known of them."""
        self._heading.setText(f"{selected:,} contacts selected")
        too_many = selected > MOST_SUMMED
        self._note.setText("What they have in common is told for up to 2,000 contacts." if too_many else "")
        self._note.setVisible(too_many)
        self._show([])

    def show_rows(self, rows: Sequence[ContactRow]) -> None:
        """Say what the selected contacts have in common."""
        number = len(rows)
        emails, phones = sum(bool(row.email) for row in rows), sum(bool(row.phone) for row in rows)
        rated = [row.rating for row in rows if row.rating]
        average = f"{sum(rated) / len(rated):.1f} on average, {len(rated):,} rated" if rated else ""
        self._show(
            [
                ("Status", _shares([row.status.label if row.status else "No status" for row in rows], number)),
                ("Rating", average),
                ("Tags", _shares([tag for row in rows for tag in row.tags], number)),
                ("Email", f"{emails:,} of {number:,}"),
                ("Phone", f"{phones:,} of {number:,}"),
                ("Company", _shares([row.company_name for row in rows if row.company_name], number)),
                ("Country", _shares([country_name(row.country) for row in rows if row.country], number)),
                ("Source", _shares([each.label for row in rows for each in row.providers], number)),
            ]
        )

    def _show(self, lines: Iterable[tuple[str, str]]) -> None:
        for label in self._lines:
            self._grid.removeWidget(label)
            label.hide()
            label.deleteLater()
        self._lines = []
        # The rows of before are used again: a grid never has fewer of them.
        for row, (name, words) in enumerate((name, words) for name, words in lines if words):
            left = text_label(name, role="muted")
            left.setFixedWidth(_LABEL_WIDTH)
            right = text_label(words)
            right.setMinimumWidth(1)
            right.setAccessibleName(f"{name}: {words}")
            self._grid.addWidget(left, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(right, row, 1)
            self._lines += [left, right]

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.m, SPACING.xs, SPACING.m, SPACING.l)
        column.setSpacing(SPACING.m)
        self._heading.setMinimumWidth(1)
        self._note.setMinimumWidth(1)
        column.addWidget(self._heading)
        column.addWidget(self._note)
        self._buttons.setSpacing(SPACING.s - 2)
        column.addLayout(self._buttons)
        column.addWidget(rule())
        self._grid.setHorizontalSpacing(SPACING.s)
        self._grid.setVerticalSpacing(SPACING.s)
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid)
        column.addStretch(1)


def _shares(values: Sequence[str], number: int) -> str:
    """The most frequent values with their counts; a value that all have stands alone."""
    found = Counter(values).most_common()
    if len(found) == 1 and found[0][1] == number:
        return f"{found[0][0]} (all)"
    named = [f"{value} {times:,}" for value, times in found[:_MOST_NAMED]]
    rest = len(found) - len(named)
    return " · ".join([*named, count(rest, "other")] if rest > 0 else named)
