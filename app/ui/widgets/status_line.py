"""What the status bar says: the last message, what is running, and why something waits."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStatusBar, QWidget

from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import ElidedLabel, text_label


class StatusLine(QStatusBar):
    """The window's status bar. The last message stays until there is another one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._message = ElidedLabel()
        self._message.setAccessibleName("Last message")
        self._running = text_label(role="muted", wrap=False)
        self._running.setAccessibleName("Running work")
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setFixedWidth(80)
        self._busy.setAccessibleName("Work is running")
        self._waiting = QWidget()
        self._waiting_text = text_label(role="warning", wrap=False)
        row = QHBoxLayout(self._waiting)
        row.setContentsMargins(SPACING.s, 0, SPACING.s, 0)
        row.setSpacing(SPACING.xs)
        row.addWidget(IconLabel(icon("offline", Ink.WARNING)))
        row.addWidget(self._waiting_text)
        self.addWidget(self._message, 1)
        for widget in (self._waiting, self._busy, self._running):
            self.addPermanentWidget(widget)
        self.setContentsMargins(SPACING.s, 0, SPACING.s, 0)
        self.show_running("")
        self.show_waiting("")

    @property
    def message(self) -> str:
        """The last message."""
        return self._message.text()

    @property
    def running(self) -> str:
        """What is running, "" for nothing."""
        return self._running.text()

    def say(self, text: str) -> None:
        """Show a message."""
        self._message.setText(text)

    def show_running(self, text: str) -> None:
        """Say what is running, "" for nothing."""
        self._running.setText(text)
        self._running.setVisible(bool(text))
        self._busy.setVisible(bool(text))

    def show_waiting(self, text: str) -> None:
        """Say why work waits (offline, a refused key), "" when none does."""
        self._waiting_text.setText(text)
        self._waiting.setVisible(bool(text))
