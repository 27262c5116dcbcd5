"""Two contacts side by side: how sure it is that they are one human and why, who stays, and every field of both."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.contact import ContactDetails
from app.domain.match_candidates import MatchCandidate, MatchReason
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.models.pair_fields import compare
from app.ui.models.review_model import percent
from app.ui.panes.review_rows import ComparisonRows
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import ElidedLabel, set_role, text_label
from app.ui.wording import NO_NAME, role_text

CERTAIN, LIKELY = 0.95, 0.85


class ReviewCompare(QScrollArea):
    """Shows one pair. It decides nothing: the pane does.

    Signals:
        swap_requested: The rep wants the other contact to stay.
        contact_activated: A contact to show in the inspector.
    """

    swap_requested = Signal()
    contact_activated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._score = text_label(role="title", wrap=False)
        self._bar = QProgressBar()
        self._meaning = text_label(role="muted", wrap=False)
        self._reasons = _Reasons("In favour", "success", Ink.SUCCESS)
        self._doubts = _Reasons("Against", "match-differs", Ink.WARNING)
        self._blocked = QFrame()
        self._blocked_text = text_label(selectable=True)
        self._heads = (_Head(self.contact_activated.emit), _Head(self.contact_activated.emit))
        self._swap = QToolButton()
        self._rows = ComparisonRows(self._swap, self._heads)
        self._build()

    def show_pair(
        self,
        candidate: MatchCandidate,
        left: ContactDetails,
        right: ContactDetails,
        *,
        survivor_id: int,
        keep_position: bool = False,
    ) -> None:
        """Show a pair, `left` being the contact with the lower number; from its top, unless it is the same pair."""
        self._score.setText(f"{percent(candidate.score)} %")
        self._bar.setValue(percent(candidate.score))
        self._meaning.setText(meaning(candidate.score))
        self._reasons.show_reasons([reason for reason in candidate.reasons if reason.weight > 0])
        self._doubts.show_reasons([reason for reason in candidate.reasons if reason.weight < 0])
        self._blocked.setVisible(bool(candidate.blocked))
        self._blocked_text.setText(f"These two cannot be merged. {candidate.blocked}")
        for head, details in zip(self._heads, (left, right), strict=True):
            head.show_contact(details)
        self._rows.show_fields(compare(left, right))
        self.show_survivor(survivor_id, mergeable=not candidate.blocked)
        if not keep_position:
            self.verticalScrollBar().setValue(0)

    def show_survivor(self, survivor_id: int, *, mergeable: bool) -> None:
        """Mark which of the two stays."""
        for head in self._heads:
            head.show_fate(stays=head.contact_id == survivor_id, mergeable=mergeable)
        self._swap.setEnabled(mergeable)

    def _build(self) -> None:
        self.setObjectName("review_compare")
        self.setAccessibleName("The two contacts side by side")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 100)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName("How alike the two contacts are, in percent")
        self._score.setObjectName("review_score")
        sure = QHBoxLayout()
        sure.setSpacing(SPACING.m)
        sure.addWidget(self._score)
        sure.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignVCenter)
        sure.addWidget(self._meaning, 1)
        self._swap.setObjectName("review_swap")
        self._swap.setIcon(icon("match-swap"))
        self._swap.setIconSize(QSize(18, 18))
        self._swap.setText("Swap")
        self._swap.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self._swap.setToolTip("Let the other contact stay (S). Where both have a status or rating, its own count")
        self._swap.setAccessibleName("Swap which contact stays")
        self._swap.clicked.connect(self.swap_requested)
        set_role(self._blocked, "banner", "warning")
        self._blocked_text.setObjectName("review_blocked")
        told = QHBoxLayout(self._blocked)
        told.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.s)
        told.addWidget(IconLabel(icon("match-blocked", Ink.WARNING), size=18))
        told.addWidget(self._blocked_text, 1)
        canvas = QWidget()
        set_role(canvas, "canvas")
        canvas.setMinimumWidth(1)  # else one long word would push the other contact out of sight
        column = QVBoxLayout(canvas)
        column.setContentsMargins(SPACING.s, 0, SPACING.s, SPACING.m)
        column.setSpacing(SPACING.s)
        column.addLayout(sure)
        for told_why in (self._reasons, self._doubts, self._blocked):
            column.addWidget(told_why)
        column.addWidget(self._rows)
        column.addStretch(1)
        self.setWidget(canvas)


class _Reasons(QWidget):
    """What speaks for it, or against it, the weightiest first."""

    def __init__(self, title: str, drawing: str, ink: Ink) -> None:
        super().__init__()
        self._title = title
        self._text = text_label()
        row = QGridLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setHorizontalSpacing(SPACING.xs + 2)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(IconLabel(icon(drawing, ink)), 0, 0, top)
        label = text_label(title, role="muted", wrap=False)
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance("In favour") + SPACING.xs)
        row.addWidget(label, 0, 1, top)
        row.addWidget(self._text, 0, 2)
        row.setColumnStretch(2, 1)

    def show_reasons(self, reasons: Sequence[MatchReason]) -> None:
        """Show these, and nothing where there are none."""
        ordered = sorted(reasons, key=lambda reason: -abs(reason.weight))
        words = " · ".join(reason.text.rstrip(".") for reason in ordered)
        self._text.setText(words)
        self._text.setAccessibleName(f"{self._title}: {words}")
        self.setVisible(bool(ordered))


class _Head(QFrame):
    """One of the two: what becomes of the contact, its name, and a way to the inspector."""

    def __init__(self, activate: Callable[[int], None]) -> None:
        super().__init__()
        self.contact_id = 0
        set_role(self, "card")
        self._sign = IconLabel(size=14)
        self._fate = text_label(wrap=False)
        self._name = ElidedLabel(role="heading")
        self._about = ElidedLabel(role="muted")
        self._open = QToolButton()
        set_role(self._open, "plain")
        self._open.setIcon(icon("person", Ink.MUTED))
        self._open.setIconSize(QSize(15, 15))
        self._open.clicked.connect(lambda: activate(self.contact_id))
        top = QHBoxLayout()
        top.setSpacing(SPACING.xs)
        top.addWidget(self._sign)
        top.addWidget(self._fate, 1)
        top.addWidget(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.m, SPACING.xs, SPACING.s, SPACING.s)
        column.setSpacing(1)
        column.addLayout(top)
        for label in (self._name, self._about):
            column.addWidget(label)

    def show_contact(self, details: ContactDetails) -> None:
        """Show another contact."""
        row = details.row
        self.contact_id = row.contact_id
        name = row.display_name or NO_NAME
        self._name.setText(name)
        self._about.setText(role_text(row.job_title, row.company_name) or "–")
        self._open.setToolTip("Show all that is known of this contact")
        self._open.setAccessibleName(f"Show details of {name}")

    def show_fate(self, *, stays: bool, mergeable: bool) -> None:
        """Say whether the contact stays or becomes part of the other."""
        ink = Ink.SUCCESS if stays and mergeable else Ink.MUTED
        drawing = ("pin" if stays else "merge") if mergeable else "match-blocked"
        words = ("Stays" if stays else "Becomes part of it") if mergeable else "Stays by itself"
        self._sign.set_icon(icon(drawing, ink))
        self._fate.setText(words)
        set_role(self._fate, "success", stays and mergeable)
        set_role(self._fate, "muted", not (stays and mergeable))
        self.setAccessibleName(f"{self._name.text()}: {words}")


def meaning(score: float) -> str:
    """A score in words."""
    if score >= CERTAIN:
        return "Almost certainly one person"
    return "Probably one person" if score >= LIKELY else "Perhaps one person"
