"""The rep's own lists: make, rename and delete them. Every change is made at once and can be undone."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.marks import ContactList
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.name_dialog import ask_name
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column, name_widgets
from app.ui.widgets.labels import rule, text_label
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

_LIST = int(Qt.ItemDataRole.UserRole)


class OwnListsDialog(QDialog):
    """Shows the lists with their sizes and changes them."""

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._lists: tuple[ContactList, ...] = ()
        self.banner = Banner()
        self._scope = TaskScope("own lists dialog", failure_handler(self.banner.show_error))
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)
        self.view = QListWidget()
        self._state = text_label("Looking for lists…", role="muted")
        self.new_button = QPushButton("New list…")
        self.rename_button = QPushButton("Rename…")
        self.delete_button = QPushButton("Delete")
        self._close = QPushButton("Close")
        self._build()
        self._show()
        self._scope.replace("read", self._load())

    async def shut_down(self) -> None:
        """Stop what runs."""
        self._changes.close()
        await self._scope.aclose()

    async def _load(self) -> None:
        chosen = self._current()
        self._lists = await self._services.own_work.lists()
        self.view.clear()
        for each in self._lists:
            item = QListWidgetItem(icon("list"), f"{each.name}  ·  {count(each.contacts, 'contact')}")
            item.setData(_LIST, each.list_id)
            self.view.addItem(item)
            if chosen is not None and each.list_id == chosen.list_id:
                self.view.setCurrentItem(item)
        if self.view.currentRow() < 0 and self._lists:
            self.view.setCurrentRow(0)
        self._state.setText("" if self._lists else "You have no list yet.")
        self._state.setVisible(not self._lists)
        self._show()

    def _current(self) -> ContactList | None:
        row = self.view.currentRow()
        wanted = self.view.item(row).data(_LIST) if row >= 0 else None
        return next((each for each in self._lists if each.list_id == wanted), None)

    async def _create(self) -> None:
        name = await ask_name(self, "New list", "Name of the new list", accept="Make the list", taken=self._names())
        if name:
            await self._services.own_work.create_list(name)

    async def _rename(self) -> None:
        chosen = self._current()
        if chosen is None:
            return
        text = f"New name of “{chosen.name}”, which holds {count(chosen.contacts, 'contact')}"
        others = [name for name in self._names() if name != chosen.name]
        name = await ask_name(self, "Rename the list", text, accept="Rename", name=chosen.name, taken=others)
        if name:
            await self._services.own_work.rename_list(chosen.list_id, name)

    async def _delete(self) -> None:
        chosen = self._current()
        if chosen is None:
            return
        step = await self._services.own_work.delete_list(chosen.list_id)
        if step is not None:
            number = step.step_id
            self.banner.show_success(
                f"“{chosen.name}” is deleted. Its contacts stay in the library.",
                action_text="Undo",
                action=lambda: self._start(self._take_back(number)),
            )

    async def _take_back(self, step_id: int) -> None:
        await self._services.own_work.go_to(step_id)

    def _names(self) -> list[str]:
        return [each.name for each in self._lists]

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self.banner.clear()  # its Undo would take back what is done now as well
        self._scope.replace("work", work)

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.HISTORY:
            self._scope.replace("read", self._load())

    def _show(self) -> None:
        chosen = self._current() is not None
        self.rename_button.setEnabled(chosen)
        self.delete_button.setEnabled(chosen)

    def _build(self) -> None:
        self.setWindowTitle("Manage lists")
        self.setMinimumWidth(480)
        name_widgets(
            (
                (self, "own_lists_dialog", ""),
                (self.view, "own_lists", "Lists"),
                (self.new_button, "own_lists_new", "New list"),
                (self.rename_button, "own_lists_rename", "Rename the chosen list"),
                (self.delete_button, "own_lists_delete", "Delete the chosen list"),
                (self._close, "own_lists_close", "Close"),
            )
        )
        self.view.setUniformItemSizes(True)
        self.view.setMinimumHeight(200)
        self.view.currentItemChanged.connect(lambda *_: self._show())
        self.view.itemActivated.connect(lambda _: self._start(self._rename()))
        for keys, run in ((QKeySequence.StandardKey.Delete, self._delete), (Qt.Key.Key_F2, self._rename)):
            shortcut = QShortcut(QKeySequence(keys), self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda run=run: self._start(run()))
        for button, work, drawing in (
            (self.new_button, self._create, "plus"),
            (self.rename_button, self._rename, "edit"),
            (self.delete_button, self._delete, "remove"),
        ):
            button.setIcon(icon(drawing))
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, work=work: self._start(work()))
        self._close.setDefault(True)
        self._close.clicked.connect(self.accept)
        column = dialog_column(self)
        column.addWidget(text_label("Your lists", role="heading"))
        column.addWidget(self.banner)
        side = QVBoxLayout()
        side.setSpacing(SPACING.s)
        for button in (self.new_button, self.rename_button, self.delete_button):
            side.addWidget(button)
        side.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(SPACING.m)
        row.addWidget(self.view, 1)
        row.addLayout(side)
        column.addLayout(row, 1)
        column.addWidget(self._state)
        column.addWidget(rule())
        column.addLayout(button_row(self._close))
        self.view.setFocus()


async def run_own_lists_dialog(parent: QWidget, services: "Services") -> None:
    """Let the rep look after the lists."""
    dialog = OwnListsDialog(services, parent)
    await run_to_end(dialog, dialog.shut_down)
