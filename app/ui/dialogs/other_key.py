"""What becomes of batches in flight when another key takes the place of the one that bought them."""

from enum import StrEnum

from PySide6.QtWidgets import QDialog, QPushButton, QRadioButton, QVBoxLayout, QWidget

from app.qtbridge.dialogs import run_dialog
from app.services.enrichment_accounts import OtherKeyQuestion
from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.wording import count


class KeyChoice(StrEnum):
    """What the rep decided."""

    KEEP_BOTH = "keep_both"
    SAME_ACCOUNT = "same_account"
    REPLACE = "replace"


_WORDS = {
    KeyChoice.KEEP_BOTH: (
        "&Keep both keys",
        "The present key collects what it bought, and is forgotten when that is done. The new one buys from now on.",
    ),
    KeyChoice.SAME_ACCOUNT: (
        "The new key is of the &same account",
        "It collects the results too. With another account’s key they would not be found.",
    ),
    KeyChoice.REPLACE: (
        "&Replace the present key",
        "The results wait until the present key is entered again. After a while the service may drop them.",
    ),
}


class OtherKeyDialog(QDialog):
    """Asks. `choice` is None when the present key stays."""

    def __init__(self, label: str, question: OtherKeyQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice: KeyChoice | None = None
        self.setObjectName("other_key_dialog")
        self.setWindowTitle("Another key")
        self.setMinimumWidth(520)
        batches, people = count(question.batches, "batch"), count(question.people, "person")
        head = f"{batches} with {people} still to be collected"
        told = (
            f"{count(question.credits, 'credit')} reserved with the present {label} key. Results belong to its account."
        )
        self._buttons = {choice: QRadioButton(words) for choice, (words, _) in _WORDS.items()}
        column = dialog_column(self)
        top = QVBoxLayout()
        top.setSpacing(SPACING.xs)
        top.addWidget(text_label(head, role="heading"))
        top.addWidget(text_label(told))
        column.addLayout(top)
        for choice, button in self._buttons.items():
            button.setObjectName(f"other_key_{choice.value}")
            button.setAccessibleName(button.text().replace("&", ""))
            button.setAccessibleDescription(_WORDS[choice][1])
            part = QVBoxLayout()
            part.setSpacing(SPACING.xs)
            part.addWidget(button)
            detail = text_label(_WORDS[choice][1], role="muted")
            detail.setContentsMargins(SPACING.xl, 0, 0, 0)
            part.addWidget(detail)
            column.addLayout(part)
        self._buttons[KeyChoice.KEEP_BOTH].setChecked(True)
        confirm, cancel = QPushButton("Use the new key"), QPushButton("Not now")
        for push, name in ((confirm, "other_key_confirm"), (cancel, "other_key_cancel")):
            push.setObjectName(name)
            push.setAccessibleName(push.text())
        set_role(confirm, "primary")
        confirm.setDefault(True)
        confirm.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        column.addStretch(1)
        column.addWidget(rule())
        column.addLayout(button_row(cancel, confirm))

    def accept(self) -> None:
        """Take the choice over."""
        self.choice = next(choice for choice, button in self._buttons.items() if button.isChecked())
        super().accept()


async def run_other_key(parent: QWidget, label: str, question: OtherKeyQuestion) -> KeyChoice | None:
    """Ask what is to become of the batches in flight; None to leave the present key where it is."""
    dialog = OtherKeyDialog(label, question, parent)
    try:
        await run_dialog(dialog)
        return dialog.choice
    finally:
        dialog.deleteLater()
