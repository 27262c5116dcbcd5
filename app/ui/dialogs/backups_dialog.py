"""The backups of the library: make one, go back to one, delete one."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.domain.backups import Backup
from app.qtbridge.dialogs import ask, open_file
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.theme import SPACING
from app.ui.widgets.backup_table import BackupTable
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.wording import count, moment

if TYPE_CHECKING:
    from app.composition import Services

_KEPT = "One is made each day that brings something new; the last seven are kept, and all that you make yourself."
_FILTERS = "Libraries (*.sqlite3);;All files (*)"


class BackupsDialog(QDialog):
    """Lists the backups. Accepted when one was chosen to go back to, which then is `safekeeping.chosen`."""

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._safekeeping = services.safekeeping
        self.banner = Banner()
        self._scope = TaskScope("backups", failure_handler(self.banner.show_error))
        self.table = BackupTable()
        self._empty = EmptyState("library", "No backups yet", "Back up the library now, or wait for today’s backup.")
        self._now = QPushButton("Back up now")
        self._delete = QPushButton("Delete…")
        self._file = QPushButton("Restore from a file…")
        self._restore = QPushButton("Restore…")
        self._salvage = QPushButton("Salvage what can be read…")
        self._close = QPushButton("Close")
        self._build()
        self._scope.start(self._read())

    async def shut_down(self) -> None:
        """Stop what runs; a backup that is being made is given up."""
        await self._scope.aclose()

    async def _read(self) -> None:
        found = await self._safekeeping.backups()
        self.table.set_backups(found)
        self.table.setVisible(bool(found))
        self._empty.setVisible(not found)
        for button in (self._delete, self._restore):
            button.setEnabled(bool(found))

    async def _back_up(self) -> None:
        self._now.setEnabled(False)
        self.banner.show_info("The library is being backed up…")
        try:
            made = await self._safekeeping.back_up()
        finally:
            self._now.setEnabled(True)
        self.banner.show_success(f"Backed up, {count(made.contacts or 0, 'contact')}.")
        await self._read()

    async def _delete_chosen(self) -> None:
        backup = self.table.chosen()
        if backup is not None and await ask(
            self, "Delete a backup", f"Delete the backup of {moment(backup.at)}?", accept="Delete", destructive=True
        ):
            await self._safekeeping.delete(backup)
            await self._read()

    async def _restore_chosen(self) -> None:
        if (backup := self.table.chosen()) is not None:
            await self._go_back_to(backup)

    async def _restore_file(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        path = await open_file(self, "Restore from a file", folder, _FILTERS)
        if path is not None:
            await self._go_back_to(await self._safekeeping.describe(path))

    async def _go_back_to(self, backup: Backup) -> None:
        held = "" if backup.contacts is None else f" It holds {count(backup.contacts, 'contact')}."
        if await ask(
            self,
            "Restore a backup",
            f"Put the backup of {moment(backup.at)} in the library’s place?{held}",
            accept="Restore and restart",
            destructive=True,
            details="The library of today is set aside, not deleted. What was paid for since is collected again from"
            " the services, and the queue buys nothing until you resume it.",
        ):
            await self._safekeeping.restore(backup)
            self.accept()

    async def _salvage_all(self) -> None:
        if await ask(
            self,
            "Salvage the library",
            "Read the damaged library row by row into a new one?",
            accept="Salvage and restart",
            details="The damaged file is set aside, not deleted. You are told what could not be read.",
        ):
            self._safekeeping.salvage()
            self.accept()

    def _build(self) -> None:
        self.setObjectName("backups_dialog")
        self.setWindowTitle("Backups")
        self.setMinimumSize(760, 420)
        self._salvage.setVisible(bool(self._safekeeping.damage))
        self._empty.hide()
        for button, name, work in (
            (self._now, "backups_now", self._back_up),
            (self._delete, "backups_delete", self._delete_chosen),
            (self._file, "backups_file", self._restore_file),
            (self._restore, "backups_restore", self._restore_chosen),
            (self._salvage, "backups_salvage", self._salvage_all),
        ):
            button.setObjectName(name)
            button.clicked.connect(lambda _checked=False, work=work: self._scope.replace("work", work()))
            button.setAutoDefault(False)
        set_role(self._restore, "primary")
        self._close.setObjectName("backups_close")
        self._close.setDefault(True)
        self._close.clicked.connect(self.reject)
        above = QHBoxLayout()
        above.setSpacing(SPACING.s)
        above.addWidget(text_label(_KEPT, role="muted"), 1)
        above.addWidget(self._now)
        buttons = button_row(self._close, self._restore, left=(self._delete, self._file, self._salvage))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.m)
        column.setSpacing(SPACING.m)
        column.addLayout(above)
        column.addWidget(self.banner)
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        column.addWidget(rule())
        column.addLayout(buttons)


async def run_backups_dialog(parent: QWidget, services: "Services") -> bool:
    """Show the backups; True when one was chosen to go back to, or the library is to be salvaged."""
    dialog = BackupsDialog(services, parent)
    return await run_to_end(dialog, dialog.shut_down)
