"""What a pane shows while it has nothing to show: why, and what to do about it."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import set_role, text_label

ROOM_FOR_PICTURE = 216


class EmptyState(QWidget):
    """A drawing, a heading, a sentence and at most one button, in the middle of the pane."""

    def __init__(
        self,
        drawing: str,
        heading: str,
        text: str,
        *,
        action_text: str = "",
        action: Callable[[], None] | None = None,
        card: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        frame = QFrame()
        if card:
            set_role(frame, "card")
        frame.setMaximumWidth(420)
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.l)
        inner.setSpacing(SPACING.s)
        self._heading = text_label(heading, role="heading")
        self._text = text_label(text, role="muted")
        centre = Qt.AlignmentFlag.AlignHCenter
        self._picture = IconLabel(icon(drawing, Ink.MUTED), size=36)
        inner.addWidget(self._picture, 0, centre)
        for label in (self._heading, self._text):
            label.setAlignment(centre)
            inner.addWidget(label)
        if action_text and action is not None:
            self.button = QPushButton(action_text)
            set_role(self.button, "primary")
            run = action
            self.button.clicked.connect(lambda: run())
            inner.addSpacing(SPACING.xs)
            inner.addWidget(self.button, 0, centre)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(frame, 100)
        row.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SPACING.m, SPACING.m, SPACING.m, SPACING.m)
        outer.addStretch(2)
        outer.addLayout(row)
        outer.addStretch(3)
        self.setAccessibleName(f"{heading} {text}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give up the drawing where there is hardly room for the words."""
        super().resizeEvent(event)
        self._picture.setVisible(self.height() >= ROOM_FOR_PICTURE)
