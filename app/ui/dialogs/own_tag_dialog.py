"""Which of the rep's own tags to put on contacts or to take off them: those in use to choose, new ones to type."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QDialog, QLineEdit, QPushButton, QScrollArea, QWidget

from app.qtbridge.dialogs import run_dialog
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.plain_frame import lay_out, quoted, say
from app.ui.failures import failure_handler
from app.ui.widgets.banner import Banner
from app.ui.widgets.chip_choice import ChipChoice
from app.ui.widgets.labels import set_role, text_label
from app.ui.widgets.multi_value_edit import MultiValueEdit
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

MOST_OFFERED = 60
#: Up to here the contacts themselves are asked which tags they have.
MOST_ASKED = 5_000
_CHIPS_HEIGHT = 96


class OwnTagDialog(QDialog):
    """Chooses tags; the caller changes them. `tags` is the choice, () when cancelled.

    Args:
        services: Where the tags are.
        contact_ids: The contacts to be changed.
        removing: Whether tags are taken off.
        parent: The window it belongs to.
    """

    def __init__(
        self, services: "Services", contact_ids: Sequence[int], *, removing: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.tags: tuple[str, ...] = ()
        self._services = services
        self._contact_ids = list(contact_ids)
        self._removing = removing
        self.banner = Banner()
        self._scope = TaskScope("own tag dialog", failure_handler(self.banner.show_error))
        self.edit = MultiValueEdit("New tags")
        self.known = ChipChoice("Tags in use")
        self._names = QStringListModel(self)
        self._known_label = text_label("Looking for tags…", role="section")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build()
        self._show()
        self._scope.start(self._load(), "tags")

    async def shut_down(self) -> None:
        """Stop reading."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Take the choice over and close."""
        if self._confirm.isEnabled():
            self.tags = self._chosen()
            super().accept()

    def _chosen(self) -> tuple[str, ...]:
        typed = () if self._removing else self.edit.values()
        return tuple(dict.fromkeys([*typed, *self.known.values()]))

    async def _load(self) -> None:
        found = await self._tags_of_contacts() if self._removing else await self._services.own_work.tags()
        ordered = sorted(found.items(), key=lambda entry: (-entry[1], entry[0].casefold()))
        offered = ordered[:MOST_OFFERED]
        self._names.setStringList([name for name, _ in ordered])
        self.known.set_choices({tag: f"{tag} · {used:,}" if self._removing else tag for tag, used in offered})
        self.known.chain(None if self._removing else self.edit.focusProxy(), self._cancel)
        QWidget.setTabOrder(self._cancel, self._confirm)
        if self._removing:
            told = "Tags they have, with how many contacts have each" if offered else "None of them has a tag of yours."
        else:
            told = "Tags in use" if offered else "You have no tag yet. The first one is made here."
        self._known_label.setText(told)

    async def _tags_of_contacts(self) -> dict[str, int]:
        if len(self._contact_ids) > MOST_ASKED:
            return await self._services.own_work.tags()
        rows = await self._services.library.rows(self._contact_ids)
        return Counter(tag for row in rows for tag in row.tags)

    def _show(self) -> None:
        first, second = ("Remove", "from") if self._removing else ("Add", "to")
        chosen, contacts = self._chosen(), count(len(self._contact_ids), "contact")
        names = quoted(chosen[0], 24) if len(chosen) == 1 else count(len(chosen), "tag")
        say(self._confirm, f"{first} {names} {second} {contacts}" if chosen else f"{first} {second} {contacts}")
        if not chosen:
            say(self._confirm, f"Remove from {contacts}" if self._removing else f"Tag {contacts}")
        self._confirm.setEnabled(bool(chosen))

    def _build(self) -> None:
        self.setObjectName("own_tag_dialog")
        self.setWindowTitle("Remove tags" if self._removing else "Add tags")
        self.setMinimumWidth(460)
        self._confirm.setObjectName("own_tag_confirm")
        self._cancel.setObjectName("own_tag_cancel")
        self.edit.setObjectName("own_tag_edit")
        self.edit.values_changed.connect(self._show)
        self.edit.submitted.connect(self.accept)
        self.known.values_changed.connect(self._show)
        box = self.edit.findChild(QLineEdit)
        if isinstance(box, QLineEdit):
            completer = QCompleter(self._names, box)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            box.setCompleter(completer)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_role(self.known, "canvas")
        scroll.setWidget(self.known)
        scroll.setMinimumHeight(_CHIPS_HEIGHT)
        verb = "Remove tags from" if self._removing else "Add tags to"
        body: list[QWidget] = [self.banner, self._known_label, scroll]
        if not self._removing:
            body.insert(1, self.edit)
        lay_out(
            self,
            f"{verb} {count(len(self._contact_ids), 'contact')}",
            "These tags are your own. They stay in this library, and no service changes them.",
            body,
            confirm=self._confirm,
            cancel=self._cancel,
        )
        self.edit.setVisible(not self._removing)
        (self._cancel if self._removing else self.edit).setFocus()


async def run_own_tag_dialog(
    parent: QWidget, services: "Services", contact_ids: Sequence[int], *, removing: bool
) -> tuple[str, ...]:
    """Ask for tags to add or to remove; () when the rep cancelled."""
    dialog = OwnTagDialog(services, contact_ids, removing=removing, parent=parent)
    try:
        await run_dialog(dialog)
        return dialog.tags
    finally:
        await dialog.shut_down()
        dialog.deleteLater()
