"""Which of the rep's own lists contacts go on or come off; a new one can be made on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QPushButton, QWidget

from app.domain.marks import ContactList
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.plain_frame import lay_out, quoted, say
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import name_widgets
from app.ui.widgets.labels import text_label
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

_LIST = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class OwnListChoice:
    """A list of the rep's; `list_id` is None for one that is to be made."""

    list_id: int | None
    name: str


class OwnListDialog(QDialog):
    """Chooses a list; the caller changes it. `chosen` is None when cancelled.

    Args:
        services: Where the lists are.
        contact_ids: The contacts to be put on it or taken off.
        removing: Whether they are taken off.
        parent: The window it belongs to.
    """

    def __init__(
        self, services: "Services", contact_ids: Sequence[int], *, removing: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.chosen: OwnListChoice | None = None
        self._services = services
        self._contact_ids = list(contact_ids)
        self._removing = removing
        self._lists: tuple[ContactList, ...] = ()
        self.banner = Banner()
        self._scope = TaskScope("own list dialog", failure_handler(self.banner.show_error))
        self.name_box = QLineEdit()
        self.view = QListWidget()
        self._state = text_label("Looking for lists…", role="muted")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build()
        self._show()
        self._scope.start(self._load(), "lists")

    async def shut_down(self) -> None:
        """Stop reading."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Take the choice over and close."""
        choice = self._choice()
        if choice is not None:
            self.chosen = choice
            super().accept()

    def _choice(self) -> OwnListChoice | None:
        row = self.view.currentRow()
        if row < 0 or self.view.item(row).isHidden():
            return None
        choice: OwnListChoice = self.view.item(row).data(_LIST)
        return choice

    async def _load(self) -> None:
        lists = await self._services.own_work.lists()
        entries: list[tuple[ContactList, str]] = []
        if self._removing:
            mine = set(self._contact_ids)
            for each in lists:
                on_it = len(mine.intersection(await self._services.own_work.list_members(each.list_id)))
                if on_it:
                    entries.append((each, f"{on_it:,} of the selected contacts"))
        else:
            entries = [(each, count(each.contacts, "contact")) for each in lists]
        self._lists = tuple(each for each, _ in entries)
        for each, told in entries:
            item = QListWidgetItem(icon("list"), f"{each.name}  ·  {told}")
            item.setData(_LIST, OwnListChoice(each.list_id, each.name))
            self.view.addItem(item)
        if not self._removing:
            self._new = QListWidgetItem(icon("plus"), "")
            self.view.addItem(self._new)
        self._narrow(self.name_box.text())

    def _narrow(self, text: str) -> None:
        """Show the lists that hold the text, and offer to make one of that name where there is none."""
        name = " ".join(text.split())
        wanted = name.casefold()
        first: QListWidgetItem | None = None
        for row, each in enumerate(self._lists):
            item = self.view.item(row)
            item.setHidden(wanted not in each.name.casefold())
            if first is None and not item.isHidden():
                first = item
        if not self._removing and self.view.count() > len(self._lists):
            taken = any(each.name.casefold() == wanted for each in self._lists)
            self._new.setHidden(not name or taken)
            self._new.setText(f"New list {quoted(name, 60)}")
            self._new.setData(_LIST, OwnListChoice(None, name))
            first = first or (self._new if not self._new.isHidden() else None)
        self.view.setCurrentItem(first) if first is not None else self.view.setCurrentRow(-1)
        if self._removing:
            self._state.setText("" if self._lists else "None of them is on a list of yours.")
        else:
            self._state.setText("" if self._lists else "You have no list yet. Type a name to make the first one.")
        self._state.setVisible(bool(self._state.text()))
        self._show()

    def _show(self) -> None:
        choice, contacts = self._choice(), count(len(self._contact_ids), "contact")
        words = f"Take {contacts} off" if self._removing else f"Put {contacts} on"
        say(self._confirm, f"{words} {quoted(choice.name)}" if choice is not None else f"{words} a list")
        self._confirm.setEnabled(choice is not None and bool(choice.name))

    def _build(self) -> None:
        self.setWindowTitle("Remove from a list" if self._removing else "Add to a list")
        self.setMinimumWidth(460)
        name_widgets(
            (
                (self, "own_list_dialog", ""),
                (self.name_box, "own_list_name", "Find a list" if self._removing else "Find a list or name a new one"),
                (self.view, "own_list_lists", "Lists"),
                (self._confirm, "own_list_confirm", ""),
                (self._cancel, "own_list_cancel", "Cancel"),
            )
        )
        self.name_box.setPlaceholderText(self.name_box.accessibleName())
        self.name_box.setMaxLength(100)
        self.name_box.setClearButtonEnabled(True)
        self.name_box.textChanged.connect(self._narrow)
        self.view.setUniformItemSizes(True)
        self.view.setMinimumHeight(170)
        self.view.currentItemChanged.connect(lambda *_: self._show())
        self.view.itemActivated.connect(lambda _: self.accept())
        contacts = count(len(self._contact_ids), "contact")
        lay_out(
            self,
            f"Take {contacts} off a list" if self._removing else f"Put {contacts} on a list",
            "The contacts themselves stay in the library." if self._removing else "The list is your own.",
            [self.banner, self.name_box, self.view, self._state],
            confirm=self._confirm,
            cancel=self._cancel,
        )
        self.name_box.setFocus()


async def run_own_list_dialog(
    parent: QWidget, services: "Services", contact_ids: Sequence[int], *, removing: bool
) -> OwnListChoice | None:
    """Ask for a list; None when the rep cancelled."""
    dialog = OwnListDialog(services, contact_ids, removing=removing, parent=parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.chosen
