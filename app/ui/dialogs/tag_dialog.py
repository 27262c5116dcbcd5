"""Which tags to put on contacts or to take off them: known ones to choose, new ones to type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.qtbridge.dialogs import run_dialog
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.chip_choice import ChipChoice
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.multi_value_edit import MultiValueEdit
from app.ui.wording import count, left_out_text

if TYPE_CHECKING:
    from app.composition import Services

MOST_OFFERED = 60
_CHIPS_HEIGHT = 88


class TagDialog(QDialog):
    """Chooses tags; the caller changes them. `tags` is the choice, () when cancelled.

    Args:
        services: Where the known tags are.
        contact_ids: The contacts to be changed.
        left_out: How many more were selected that the service with the tags does not know.
        removing: Whether tags are taken off.
        parent: The window it belongs to.
    """

    def __init__(
        self,
        services: "Services",
        contact_ids: Sequence[int],
        *,
        left_out: int,
        removing: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.tags: tuple[str, ...] = ()
        self._tags = services.tags
        self._contact_ids = list(contact_ids)
        self._removing = removing
        self.banner = Banner()
        self._scope = TaskScope("tag dialog", failure_handler(self.banner.show_error))
        self.edit = MultiValueEdit("New tags")
        self.known = ChipChoice("Known tags")
        self._known_label = text_label("Looking for known tags…", role="section")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build(left_out)
        self._show()
        self._scope.start(self._load(), "known tags")

    async def shut_down(self) -> None:
        """Stop reading."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Take the choice over and close."""
        self.tags = self._chosen()
        super().accept()

    def _chosen(self) -> tuple[str, ...]:
        typed = () if self._removing else self.edit.values()
        return tuple(dict.fromkeys([*typed, *self.known.values()]))

    async def _load(self) -> None:
        found = await self._tags.known(self._contact_ids if self._removing else None)
        offered = list(found.items())[:MOST_OFFERED]
        self.known.set_choices({tag: f"{tag} · {used:,}" if self._removing else tag for tag, used in offered})
        self.known.chain(None if self._removing else self.edit.focusProxy(), self._cancel)
        QWidget.setTabOrder(self._cancel, self._confirm)
        if self._removing:
            told = "Tags they have, with how many contacts have each" if offered else "None of them has a tag."
        else:
            told = "Tags in use" if offered else "No tag is known yet. The first one is yours."
        self._known_label.setText(told)

    def _show(self) -> None:
        verb = "Remove from" if self._removing else "Add to"
        chosen = self._chosen()
        names = f"“{chosen[0]}”" if len(chosen) == 1 and len(chosen[0]) <= 24 else count(len(chosen), "tag")
        contacts = count(len(self._contact_ids), "contact")
        words = f"{verb.split()[0]} {names} {verb.split()[1]} {contacts}" if chosen else f"{verb} {contacts}"
        self._confirm.setText(words.replace("&", "&&"))
        self._confirm.setAccessibleName(words)
        self._confirm.setEnabled(bool(chosen))

    def _build(self, left_out: int) -> None:
        label = self._tags.provider.label
        self.setObjectName("tag_dialog")
        self.setWindowTitle("Remove tags" if self._removing else "Add tags")
        self.setMinimumWidth(480)
        self._confirm.setObjectName("tag_confirm")
        self._cancel.setObjectName("tag_cancel")
        self.edit.setObjectName("tag_edit")
        set_role(self._confirm, "primary")
        self._confirm.setDefault(True)
        self._confirm.clicked.connect(self.accept)
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.reject)
        self.edit.values_changed.connect(self._show)
        self.edit.submitted.connect(self._submit)
        self.known.values_changed.connect(self._show)

        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_role(self.known, "canvas")
        scroll.setWidget(self.known)
        scroll.setMinimumHeight(_CHIPS_HEIGHT)
        buttons = button_row(self._cancel, self._confirm)
        column = dialog_column(self)
        verb = "Remove tags from" if self._removing else "Add tags to"
        head = QVBoxLayout()
        head.setSpacing(SPACING.xs)
        head.addWidget(text_label(f"{verb} {count(len(self._contact_ids), f'{label} contact')}", role="heading"))
        told = [f"The change is made at {label} and costs nothing.", left_out_text(left_out, label)]
        head.addWidget(text_label(" ".join(filter(None, told)), role="muted"))
        column.addLayout(head)
        column.addWidget(self.banner)
        if not self._removing:
            column.addWidget(self.edit)
        column.addWidget(self._known_label)
        column.addWidget(scroll, 1)
        column.addWidget(rule())
        column.addLayout(buttons)
        if not self._removing:
            self.edit.setFocus()

    def _submit(self) -> None:
        """Enter in the empty box: what was typed before is all."""
        if self._confirm.isEnabled():
            self.accept()


async def run_tag_dialog(
    parent: QWidget, services: "Services", contact_ids: Sequence[int], *, left_out: int, removing: bool
) -> tuple[str, ...]:
    """Ask for tags to add or to remove; () when the rep cancelled. Arguments as for `TagDialog`."""
    dialog = TagDialog(services, contact_ids, left_out=left_out, removing=removing, parent=parent)
    try:
        await run_dialog(dialog)
        return dialog.tags
    finally:
        await dialog.shut_down()
        dialog.deleteLater()
