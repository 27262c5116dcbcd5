"""A strip that tells how far a piece of work is, with its Stop."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QWidget

from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.labels import ElidedLabel, set_role


class ProgressStrip(QFrame):
    """Hidden while nothing runs.

    Signals:
        stop_requested: The rep wants the work to stop.
    """

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "banner", "info")
        self._what = ""
        self._text = ElidedLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(140)
        self.stop_button = QPushButton("Stop")
        self.stop_button.setIcon(icon("stop"))
        self.stop_button.setIconSize(QSize(14, 14))
        self.stop_button.setToolTip("Stop after the contact in progress; what is done stays done")
        self.stop_button.clicked.connect(self.stop_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING.m, SPACING.s, SPACING.s, SPACING.s)
        row.setSpacing(SPACING.m)
        row.addWidget(self._text, 1)
        row.addWidget(self._bar)
        row.addWidget(self.stop_button)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, "" while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def begin(self, what: str, total: int) -> None:
        """Show that work on `total` things has begun."""
        self._what = what
        self._bar.setAccessibleName(what)
        self.stop_button.setAccessibleName(f"Stop: {what}")
        self.advance(0, total)
        self.show()

    def advance(self, done: int, total: int) -> None:
        """Show how many are done; a total of 0 says that this is not known."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._text.setText(f"{self._what}: {done:,} of {total:,}" if total else f"{self._what}…")

    def end(self) -> None:
        """Take it away."""
        self.hide()
