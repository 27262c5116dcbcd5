"""Asking for one name, such as that of a new list."""

from collections.abc import Collection

from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QWidget

from app.qtbridge.dialogs import run_dialog
from app.ui.dialogs.plain_frame import lay_out, say
from app.ui.widgets.labels import set_role, text_label

LONGEST = 100


class NameDialog(QDialog):
    """Takes a name that is not taken. `name` is "" when cancelled.

    Args:
        title: Heading and window title.
        text: A sentence below it.
        confirm: What the button says.
        name: What stands there at first.
        taken: Names that are not free; case does not matter.
        parent: The window it belongs to.
    """

    def __init__(
        self,
        title: str,
        text: str,
        confirm: str,
        *,
        name: str = "",
        taken: Collection[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.name = ""
        self._first = name
        self._taken = {each.casefold() for each in taken} - {name.casefold()}
        self.box = QLineEdit(name)
        self._problem = text_label(role="danger")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self.setObjectName("name_dialog")
        self.setWindowTitle(title)
        self.setMinimumWidth(400)
        self.box.setObjectName("name_box")
        self.box.setAccessibleName("Name")
        self.box.setMaxLength(LONGEST)
        self.box.selectAll()
        self.box.textChanged.connect(lambda _: self._show())
        self._confirm.setObjectName("name_confirm")
        self._cancel.setObjectName("name_cancel")
        say(self._confirm, confirm)
        body = [self.box, self._problem]
        lay_out(self, title, text, body, confirm=self._confirm, cancel=self._cancel)
        self._show()
        self.box.setFocus()

    def accept(self) -> None:
        """Take the name over and close."""
        if self._confirm.isEnabled():
            self.name = self._typed()
            super().accept()

    def _typed(self) -> str:
        return " ".join(self.box.text().split())

    def _show(self) -> None:
        name = self._typed()
        taken = name.casefold() in self._taken
        self._problem.setText("This name is taken." if taken else "")
        self._problem.setVisible(taken)
        set_role(self.box, "invalid", taken)
        self._confirm.setEnabled(bool(name) and not taken and name != self._first)


async def ask_name(
    parent: QWidget, title: str, text: str, confirm: str, *, name: str = "", taken: Collection[str] = ()
) -> str:
    """Ask for a name; "" when the rep cancelled. Arguments as for `NameDialog`."""
    dialog = NameDialog(title, text, confirm, name=name, taken=taken, parent=parent)
    try:
        await run_dialog(dialog)
        return dialog.name
    finally:
        dialog.deleteLater()
