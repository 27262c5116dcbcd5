"""Labels that show provider text as it is: never markup, always selectable where it is data."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget


def text_label(text: str = "", *, role: str = "", wrap: bool = True, selectable: bool = False) -> QLabel:
    """A plain-text label.

    Args:
        text: What it says.
        role: A role of the style sheet, such as `muted`, `title`, `heading`, `section`, `danger`; "" for body text.
        wrap: Whether long text breaks into lines.
        selectable: Whether the text can be marked and copied with mouse and keyboard.
    """
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if role:
        set_role(label, role)
    if selectable:
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    if wrap:
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


class ElidedLabel(QLabel):
    """One line of plain text that is cut with “…” where there is no room, and then shown whole as tooltip."""

    def __init__(self, text: str = "", *, role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(40)
        if role:
            set_role(self, role)

    def setText(self, text: str) -> None:
        """Say something else."""
        super().setText(text)
        self._show_tip()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer the whole text as tooltip where it is cut."""
        super().resizeEvent(event)
        self._show_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what there is room for."""
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment()), self.painted_text())
        painter.end()

    def painted_text(self) -> str:
        """What can be read."""
        return self._cut(self.text())

    def _cut(self, text: str) -> str:
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self.width())

    def _show_tip(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.width()
        self.setToolTip(plain_tool_tip(self.text()) if cut else "")


def plain_tool_tip(text: str) -> str:
    """Text for a tooltip; Qt would read text that looks like markup as markup, so it is escaped then."""
    return f"<span>{escape(text, quote=False)}</span>" if "<" in text else text


def rule(parent: QWidget | None = None) -> QFrame:
    """A thin line between two parts of a form."""
    line = QFrame(parent)
    set_role(line, "rule")
    return line


def set_role(widget: QWidget, role: str, value: str | bool = True) -> None:
    """Give a widget a role of the style sheet, also while it is shown."""
    if widget.property(role) == value:
        return
    widget.setProperty(role, value)
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # else the style is asked before it is first shown
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()
