"""Asks for a name, and says when there is one like it already."""

from collections.abc import Collection

from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.qtbridge.dialogs import run_dialog
from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import button_row
from app.ui.widgets.labels import rule, set_role, text_label

LONGEST = 80
WIDTH = 380


class NameDialog(QDialog):
    """One box. A name that is taken can be given again where that replaces the old thing."""

    def __init__(
        self,
        title: str,
        text: str,
        *,
        accept: str,
        name: str = "",
        taken: Collection[str] = (),
        replace: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._taken = {each.casefold() for each in taken}
        self._replace = replace
        self._accept_text = accept
        self.setObjectName("name_dialog")
        self.setWindowTitle(title)
        self.setMinimumWidth(WIDTH)
        self.box = QLineEdit(name)
        self.box.setObjectName("name_box")
        self.box.setAccessibleName(text)
        self.box.setMaxLength(LONGEST)
        self.box.selectAll()
        self._note = text_label("", role="muted")
        self.confirm, cancel = QPushButton(accept), QPushButton("Cancel")
        self.confirm.setObjectName("name_confirm")
        set_role(self.confirm, "primary")
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.box.textChanged.connect(self._judge)
        buttons = button_row(cancel, self.confirm)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.l)
        column.setSpacing(SPACING.s)
        label = text_label(text)
        label.setBuddy(self.box)
        for part in (label, self.box, self._note):
            column.addWidget(part)
        column.addSpacing(SPACING.s)
        column.addWidget(rule())
        column.addLayout(buttons)
        self._judge()

    @property
    def name(self) -> str:
        """What was typed."""
        return " ".join(self.box.text().split())

    def _judge(self) -> None:
        taken = self.name.casefold() in self._taken
        self._note.setText((self._replace or "That name is taken.") if taken else "")
        self.confirm.setText("Replace" if taken and self._replace else self._accept_text)
        self.confirm.setEnabled(bool(self.name) and (bool(self._replace) or not taken))


async def ask_name(
    parent: QWidget,
    title: str,
    text: str,
    *,
    accept: str,
    name: str = "",
    taken: Collection[str] = (),
    replace: str = "",
) -> str:
    """Ask for a name.

    Args:
        parent: The window it belongs to.
        title: Window title.
        text: What the name is for.
        accept: Label of the button that takes it: a verb.
        name: What stands in the box first.
        taken: Names that exist, whatever their case.
        replace: What is said when the name exists and is replaced; "" refuses such names.

    Returns:
        The name, "" when the rep cancelled.
    """
    dialog = NameDialog(title, text, accept=accept, name=name, taken=taken, replace=replace, parent=parent)
    try:
        return dialog.name if await run_dialog(dialog) == QDialog.DialogCode.Accepted else ""
    finally:
        dialog.deleteLater()
