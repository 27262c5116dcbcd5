"""How a small dialog is laid out: a heading, a sentence, what is asked, and the buttons below a line."""

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label


def lay_out(
    dialog: QDialog,
    heading: str,
    text: str,
    body: Sequence[QWidget | QLayout],
    *,
    confirm: QPushButton,
    cancel: QPushButton,
    left: Sequence[QPushButton] = (),
) -> None:
    """Fill a dialog. Enter presses `confirm`, Escape cancels; the body's first list or table takes spare room."""
    column = dialog_column(dialog)
    head = QVBoxLayout()
    head.setSpacing(SPACING.xs)
    head.addWidget(text_label(heading, role="heading"))
    if text:
        head.addWidget(text_label(text, role="muted"))
    column.addLayout(head)
    for part in body:
        if isinstance(part, QLayout):
            column.addLayout(part)
        else:
            column.addWidget(part)
    column.addWidget(rule())
    set_role(confirm, "primary")
    confirm.setDefault(True)
    for button in (cancel, *left):
        button.setAutoDefault(False)
    cancel.clicked.connect(dialog.reject)
    confirm.clicked.connect(dialog.accept)
    column.addLayout(button_row(cancel, confirm, left=left))


def quoted(name: str, most: int = 28) -> str:
    """A name in quotation marks, cut where it is long, ready for a button."""
    shown = name if len(name) <= most else f"{name[: most - 1]}…"
    return f"“{shown}”"


def say(button: QPushButton, words: str) -> None:
    """Let a button say words that may hold an ampersand."""
    button.setText(words.replace("&", "&&"))
    button.setAccessibleName(words)
