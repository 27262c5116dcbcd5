"""What can be done with the pair in front, and what was done last."""

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import ElidedLabel, set_role

KEYS = "M or Enter merges · K keeps apart · L or Down leaves it for later · S swaps · Ctrl+Z undoes"


class ReviewBar(QWidget):
    """Buttons with their keys in the tooltips, and one line that says what happened, with Undo.

    Args:
        merge, keep_apart, later, undo: What the buttons do.
        parent: The pane.
    """

    def __init__(
        self,
        *,
        merge: Callable[[], None],
        keep_apart: Callable[[], None],
        later: Callable[[], None],
        undo: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._said = False
        self._undoable = ("", "")
        self.merge_button = _button(
            "Merge", "merge", "review_merge", merge, "Make one contact of these two (M or Enter)"
        )
        set_role(self.merge_button, "primary")
        self.merge_button.setIcon(icon("merge", Ink.ON_ACCENT))
        self.apart_button = _button(
            "Keep apart", "match-apart", "review_apart", keep_apart, "These are two people; it is remembered (K)"
        )
        self.later_button = _button(
            "Later", "match-later", "review_later", later, "Go to the next pair without deciding (L or Down)"
        )
        self.undo_button = _button("Undo", "undo", "review_undo", undo, "Take the last decision back (Ctrl+Z)")
        set_role(self.undo_button, "flat")
        self._deciding = (self.later_button, self.apart_button, self.merge_button)
        self._done = IconLabel(icon("success", Ink.SUCCESS))
        self._status = ElidedLabel(KEYS, role="muted")
        self._status.setObjectName("review_status")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING.s)
        row.addWidget(self._done)
        row.addWidget(self._status, 1)
        for button in (self.undo_button, *self._deciding):
            row.addWidget(button)
        self._done.hide()
        self.undo_button.hide()

    @property
    def status(self) -> str:
        """The line that says what happened."""
        return self._status.text()

    def say(self, text: str) -> None:
        """Say what happened."""
        self._said = True
        self._done.show()
        self._status.setText(text)
        set_role(self._status, "muted", value=False)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def show_pair(self, *, mergeable: bool, chosen: bool) -> None:
        """Offer what can be done with the pair in front."""
        self.merge_button.setEnabled(chosen and mergeable)
        self.apart_button.setEnabled(chosen)
        self.later_button.setEnabled(chosen)

    def show_deciding(self, *, shown: bool) -> None:
        """Whether there are pairs to decide on at all."""
        for button in self._deciding:
            button.setVisible(shown)
        if not self._said:
            self._status.setText(KEYS if shown else "")

    def _forget(self) -> None:
        self._said = False
        self._done.hide()
        self._status.setText(KEYS if self.merge_button.isVisibleTo(self) else "")
        set_role(self._status, "muted")

    def show_undo(self, name: str) -> None:
        """Offer to undo a step by its name, "" for none."""
        before, told = self._undoable
        if before and before != name and told == self.status:
            self._forget()  # what the line tells of has been undone elsewhere
        self._undoable = (name, self.status)
        self.undo_button.setVisible(bool(name))
        self.undo_button.setAccessibleName(f"Undo: {name}")


def _button(text: str, drawing: str, name: str, run: Callable[[], None], tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setIcon(icon(drawing))
    button.setIconSize(QSize(15, 15))
    button.setToolTip(tip)
    button.clicked.connect(lambda: run())
    return button
