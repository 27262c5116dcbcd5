"""Which of a service's lists contacts go on, or come off: the account, its lists, and a new one by name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import ContactScoutError
from app.domain.lists import ProviderList
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.plain_frame import say
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column, name_widgets
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.wording import count, left_out_text

if TYPE_CHECKING:
    from app.composition import Services

_ID = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class ChosenList:
    """A list and the account that has it."""

    account_id: str
    list_id: str
    name: str


class ListDialog(QDialog):
    """Chooses a list; the caller changes it. `chosen` is None when cancelled.

    Args:
        services: Where the lists are.
        contacts: How many contacts go on or come off.
        left_out: How many more were selected that the service does not know.
        account_id: The account to begin with, "" for the first.
        removing: Whether contacts come off.
        parent: The window it belongs to.
    """

    def __init__(
        self,
        services: "Services",
        contacts: int,
        *,
        left_out: int,
        account_id: str,
        removing: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.chosen: ChosenList | None = None
        self._services = services
        self._provider = services.lists.provider
        self._contacts = contacts
        self._wanted_account = account_id
        self._removing = removing
        self._lists: tuple[ProviderList, ...] = ()
        self.banner = Banner()
        self._scope = TaskScope("list dialog", failure_handler(self._on_error))
        self.account = QComboBox()
        self.find_box = QLineEdit()
        self.view = QListWidget()
        self._state = text_label("Asking for the lists…", role="muted")
        self._new = QPushButton("New list…")
        self.name_box = QLineEdit()
        self._create = QPushButton("Create")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build(left_out)
        self._show()
        self._start_reading()

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Take the choice over and close."""
        item = self._current()
        if item is None:
            return
        self.chosen = ChosenList(str(self.account.currentData()), str(item.data(_ID)), item.text())
        super().accept()

    # Reading and making

    def _start_reading(self) -> None:
        self._scope.replace("read", self._read())

    async def _read(self) -> None:
        self.banner.clear()
        if not self.account.count():
            accounts = await self._services.providers.accounts(self._provider)
            self.account.blockSignals(True)  # noqa: FBT003 - Qt's signature
            for account in accounts:
                self.account.addItem(account.name, account.account_id)
            known = self.account.findData(self._wanted_account)
            self.account.setCurrentIndex(max(0, known))
            self.account.blockSignals(False)  # noqa: FBT003 - Qt's signature
        await self._read_lists()

    async def _read_lists(self, select: str = "") -> None:
        self._state.setText("Asking for the lists…")
        self.view.clear()
        self._show()
        account = str(self.account.currentData() or "")
        self._lists = await self._services.lists.lists(account) if account else ()
        for each in sorted(self._lists, key=lambda each: each.name.casefold()):
            item = QListWidgetItem(each.name or f"List {each.list_id}")
            item.setData(_ID, each.list_id)
            self.view.addItem(item)
            if each.list_id == select:
                self.view.setCurrentItem(item)
        if self._current() is None and self.view.count() == 1:
            self.view.setCurrentRow(0)
        self._narrow(self.find_box.text())
        if self._lists:
            self._state.setText(count(len(self._lists), "list"))
        else:
            self._state.setText("There is no list yet." if account else "The key reaches no account.")
        self._show()

    def _start_creating(self) -> None:
        name = self.name_box.text().strip()
        if name:
            self._scope.replace("read", self._make(name))

    async def _make(self, name: str) -> None:
        self.banner.clear()
        same = next((each for each in self._lists if each.name.casefold() == name.casefold()), None)
        if same is None:
            self._create.setEnabled(False)
            same = await self._services.lists.create(name, str(self.account.currentData() or ""))
        self.name_box.clear()
        self._show_name_row(shown=False)
        self.find_box.clear()
        await self._read_lists(select=same.list_id)
        if self._current() is None:  # not among those named yet, though it was made
            item = QListWidgetItem(same.name or name)
            item.setData(_ID, same.list_id)
            self.view.addItem(item)
            self.view.setCurrentItem(item)
        self.view.setFocus()

    def _on_error(self, error: ContactScoutError) -> None:
        self._state.setText("The lists are not known.")
        self.banner.show_error(error, action_text="Ask for the lists again", action=self._start_reading)
        self._show()

    def _current(self) -> QListWidgetItem | None:
        """The chosen list, unless it is hidden by what is looked for."""
        chosen: QListWidgetItem | None = self.view.currentItem()
        return None if chosen is None or chosen.isHidden() else chosen

    # How it looks

    def _show(self) -> None:
        item = self._current()
        contacts = count(self._contacts, "contact")
        words = f"Remove {contacts} from" if self._removing else f"Add {contacts} to"
        name = f"“{item.text()}”" if item is not None and len(item.text()) <= 28 else "the list"
        say(self._confirm, f"{words} {name}")
        self._confirm.setEnabled(item is not None)
        self._create.setEnabled(bool(self.name_box.text().strip()) and bool(self.account.count()))
        self._new.setEnabled(bool(self.account.count()))

    def _show_name_row(self, *, shown: bool) -> None:
        self.name_box.setVisible(shown)
        self._create.setVisible(shown)
        self._new.setVisible(not shown and not self._removing)
        if shown:
            self.name_box.setFocus()

    def _narrow(self, text: str) -> None:
        wanted = text.strip().casefold()
        for row in range(self.view.count()):
            item = self.view.item(row)
            item.setHidden(wanted not in item.text().casefold())
        self._show()

    def _build(self, left_out: int) -> None:
        label = self._provider.label
        self.setWindowTitle("Remove from a list" if self._removing else "Add to a list")
        self.setMinimumWidth(480)
        name_widgets(
            (
                (self, "list_dialog", ""),
                (self.account, "list_account", f"{label} account"),
                (self.find_box, "list_find", "Find a list"),
                (self.view, "list_lists", "Lists"),
                (self._new, "list_new", "New list"),
                (self.name_box, "list_name", "Name of the new list"),
                (self._create, "list_create", "Create the list"),
                (self._confirm, "list_confirm", ""),
                (self._cancel, "list_cancel", "Cancel"),
            )
        )
        self.find_box.setPlaceholderText("Find a list")
        self.find_box.setClearButtonEnabled(True)
        self.find_box.textChanged.connect(self._narrow)
        self.name_box.setPlaceholderText("Name of the new list")
        self.name_box.textChanged.connect(self._show)
        self.name_box.returnPressed.connect(self._start_creating)
        self.account.currentIndexChanged.connect(lambda _: self._scope.replace("read", self._read_lists()))
        self.view.currentItemChanged.connect(lambda *_: self._show())
        self.view.itemActivated.connect(lambda _: self.accept())
        self.view.setUniformItemSizes(True)
        self.view.setMinimumHeight(180)
        self._new.setIcon(icon("plus"))
        self._new.clicked.connect(lambda: self._show_name_row(shown=True))
        self._create.clicked.connect(self._start_creating)
        set_role(self._confirm, "primary")
        self._confirm.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        for button in (self._new, self._create, self._cancel, self._confirm):
            button.setAutoDefault(False)
        self._show_name_row(shown=False)
        self._lay_out(label, left_out)

    def _lay_out(self, label: str, left_out: int) -> None:
        head = QVBoxLayout()
        head.setSpacing(SPACING.xs)
        verb = "Remove" if self._removing else "Add"
        rest = f"from a {label} list" if self._removing else f"to a {label} list"
        head.addWidget(text_label(f"{verb} {count(self._contacts, 'contact')} {rest}", role="heading"))
        told = [f"The list is kept at {label}; this costs nothing.", left_out_text(left_out, label)]
        head.addWidget(text_label(" ".join(filter(None, told)), role="muted"))
        account = QHBoxLayout()
        account.setSpacing(SPACING.m)
        account_label = QLabel("&Account")
        account_label.setBuddy(self.account)
        account.addWidget(account_label)
        account.addWidget(self.account, 1)
        below = QHBoxLayout()
        below.setSpacing(SPACING.s)
        below.addWidget(self._state, 1)
        below.addWidget(self._new)
        naming = QHBoxLayout()
        naming.setSpacing(SPACING.s)
        naming.addWidget(self.name_box, 1)
        naming.addWidget(self._create)
        buttons = button_row(self._cancel, self._confirm)
        column = dialog_column(self)
        column.addLayout(head)
        column.addWidget(self.banner)
        column.addLayout(account)
        column.addWidget(self.find_box)
        column.addWidget(self.view, 1)
        column.addLayout(below)
        column.addLayout(naming)
        column.addWidget(rule())
        column.addLayout(buttons)


async def run_list_dialog(
    parent: QWidget, services: "Services", contacts: int, *, left_out: int, account_id: str, removing: bool
) -> ChosenList | None:
    """Ask for a list; None when the rep cancelled. Arguments as for `ListDialog`."""
    dialog = ListDialog(services, contacts, left_out=left_out, account_id=account_id, removing=removing, parent=parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.chosen
