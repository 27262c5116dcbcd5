"""The banner: what went wrong or well, inside the pane that asked, with the next step."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.domain.errors import ContactScoutError, ServiceError
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import set_role, text_label


class _Tone(StrEnum):
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


_INKS = {
    _Tone.INFO: Ink.INFO,
    _Tone.SUCCESS: Ink.SUCCESS,
    _Tone.WARNING: Ink.WARNING,
    _Tone.ERROR: Ink.DANGER,
}
_WORDS = {_Tone.INFO: "Note", _Tone.SUCCESS: "Done", _Tone.WARNING: "Warning", _Tone.ERROR: "Problem"}


class Banner(QFrame):
    """A dismissable strip with an icon, a sentence, the next step, the request id and at most one action.

    Hidden until it has something to say. All text is shown as plain text. Escape dismisses it while it has focus.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Callable[[], None] | None = None
        self._icon = IconLabel(size=20)
        self._text = text_label(selectable=True)
        self._next_step = text_label(selectable=True)
        self._request = text_label(role="muted", selectable=True)
        self._action = QPushButton()
        self._action.clicked.connect(self._act)
        self._dismiss = QToolButton()
        set_role(self._dismiss, "plain")
        self._dismiss.setIcon(icon("close", Ink.MUTED))
        self._dismiss.setIconSize(QSize(14, 14))
        self._dismiss.setToolTip("Dismiss")
        self._dismiss.setAccessibleName("Dismiss this message")
        self._dismiss.clicked.connect(self.clear)
        self._lay_out()
        # Not “maximum”: a narrow pane needs more lines, and so more height, than the hint says.
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    @property
    def text(self) -> str:
        """Everything the banner says, "" while it is hidden."""
        return "" if self.isHidden() else self.accessibleName()

    def show_error(
        self, error: ContactScoutError, *, action_text: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Tell of an error: the reason, the next step, and the request id where there is one."""
        request = error.request_id if isinstance(error, ServiceError) else ""
        findings = error.findings if isinstance(error, ServiceError) else ()
        reasons = [error.text, *(f"{finding.location}: {finding.message}" for finding in findings[:3])]
        self._show(_Tone.ERROR, "\n".join(reasons), error.next_step, request, action_text, action)

    def show_warning(self, text: str, *, action_text: str = "", action: Callable[[], None] | None = None) -> None:
        """Tell of something that wants attention."""
        self._show(_Tone.WARNING, text, "", "", action_text, action)

    def show_info(self, text: str, *, action_text: str = "", action: Callable[[], None] | None = None) -> None:
        """Tell of something worth knowing."""
        self._show(_Tone.INFO, text, "", "", action_text, action)

    def show_success(self, text: str, *, action_text: str = "", action: Callable[[], None] | None = None) -> None:
        """Tell that something is done."""
        self._show(_Tone.SUCCESS, text, "", "", action_text, action)

    def clear(self) -> None:
        """Take the message away."""
        self._run = None
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Dismiss on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            return
        super().keyPressEvent(event)

    def _show(
        self,
        tone: _Tone,
        text: str,
        next_step: str,
        request_id: str,
        action_text: str,
        action: Callable[[], None] | None,
    ) -> None:
        set_role(self, "banner", tone.value)
        self._icon.set_icon(icon(tone.value, _INKS[tone]))
        for label, words in (
            (self._text, text),
            (self._next_step, next_step),
            (self._request, f"Request id: {request_id}" if request_id else ""),
        ):
            label.setText(words)
            label.setVisible(bool(words))
        self._run = action
        self._action.setText(action_text)
        self._action.setAccessibleName(action_text)
        self._action.setVisible(bool(action_text and action))
        spoken = " ".join(part for part in (f"{_WORDS[tone]}:", text, next_step) if part)
        self.setAccessibleName(spoken)
        self.show()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, spoken))

    def _act(self) -> None:
        run = self._run
        self.clear()
        if run is not None:
            run()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(SPACING.xs // 2)
        for label in (self._text, self._next_step, self._request):
            words.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING.m, SPACING.s, SPACING.s, SPACING.s)
        row.setSpacing(SPACING.m)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self._icon, 0, top)
        row.addLayout(words, 1)
        row.addWidget(self._action, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._dismiss, 0, top)
