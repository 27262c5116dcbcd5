"""Labels that show provider text as it is: never markup, always selectable where it is data."""

from PySide6.QtCore import Qt
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
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
