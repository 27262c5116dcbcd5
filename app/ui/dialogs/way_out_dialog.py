"""The way out of a damaged library, before any service is there: a backup, what can still be read, or the end."""

import asyncio
from functools import partial
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QApplication, QDialog, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.domain.backups import Backup, Restored
from app.domain.errors import ContactScoutError, DamagedLibraryError
from app.qtbridge.dialogs import open_file, run_dialog
from app.qtbridge.tasks import TaskScope
from app.services.safekeeping import WayOut
from app.storage.backups import describe_file, list_backups
from app.storage.integrity import SOUND, look_through
from app.storage.replacing import damage_note, restore, salvage_in_place
from app.ui.failures import failure_handler
from app.ui.theme import SPACING, Theme
from app.ui.widgets.backup_table import BackupTable
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label

_FILTERS = "Libraries (*.sqlite3);;All files (*)"
_EXPLANATION = (
    "Nothing is deleted: the damaged file is set aside in the same folder. Afterwards, what was paid for since is"
    " collected again from the services, and the queue buys nothing until you resume it."
)


class WayOutDialog(QDialog):
    """Asks what becomes of a damaged library.

    Attributes:
        chosen: What was chosen, None to quit.
    """

    def __init__(self, library: Path, error: DamagedLibraryError, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self.chosen: WayOut | None = None
        self.banner = Banner()
        self._scope = TaskScope("way out", failure_handler(self.banner.show_error))
        self.table = BackupTable()
        self._none = text_label("There are no backups in this profile yet.", role="muted")
        self._restore = QPushButton("Restore this backup")
        self._file = QPushButton("Restore from a file…")
        self._salvage = QPushButton("Salvage what can be read")
        self._quit = QPushButton("Quit")
        self._build(error)
        self._scope.start(self._read())

    async def shut_down(self) -> None:
        """Stop reading."""
        await self._scope.aclose()

    async def _read(self) -> None:
        found = await asyncio.to_thread(list_backups, self._library)
        self.table.set_backups(found)
        self.table.setVisible(bool(found))
        self._none.setVisible(not found)
        self._restore.setEnabled(bool(found))
        (self._restore if found else self._salvage).setDefault(True)
        (self._restore if found else self._salvage).setFocus()

    def _choose(self, backup: Backup | None) -> None:
        self.chosen = WayOut(backup)
        self.accept()

    def _choose_from_table(self) -> None:
        if (backup := self.table.chosen()) is not None:
            self._choose(backup)

    async def _choose_file(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        path = await open_file(self, "Restore from a file", folder, _FILTERS)
        if path is not None:
            self._choose(await asyncio.to_thread(describe_file, path))

    def _build(self, error: DamagedLibraryError) -> None:
        self.setObjectName("way_out_dialog")
        self.setWindowTitle("Contact Scout")
        self.setMinimumSize(720, 420)
        self._none.hide()
        for button, name, act in (
            (self._restore, "way_out_restore", self._choose_from_table),
            (self._file, "way_out_file", lambda: self._scope.replace("file", self._choose_file())),
            (self._salvage, "way_out_salvage", lambda: self._choose(None)),
            (self._quit, "way_out_quit", self.reject),
        ):
            button.setObjectName(name)
            button.clicked.connect(partial(_call, act))
            button.setAutoDefault(False)
        set_role(self._restore, "primary")
        self._restore.setEnabled(False)
        self._salvage.setToolTip("Read the damaged file row by row into a new one, and say what is missing")
        self.table.doubleClicked.connect(lambda _index: self._choose_from_table())
        buttons = button_row(self._quit, self._restore, left=(self._salvage, self._file))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.m)
        column.setSpacing(SPACING.m)
        column.addWidget(text_label(error.text, role="title"))
        column.addWidget(text_label("Choose a backup to go back to, or save what can still be read of the library."))
        column.addWidget(text_label(_EXPLANATION, role="muted"))
        column.addWidget(self.banner)
        column.addWidget(self.table, 1)
        column.addWidget(self._none, 1, Qt.AlignmentFlag.AlignCenter)
        column.addWidget(rule())
        column.addLayout(buttons)


class _PleaseWait(QDialog):
    """Says what goes on; it cannot be closed, since half a library would be worse."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("please_wait")
        self.setWindowTitle("Contact Scout")
        self.setWindowFlag(Qt.WindowType.WindowCloseButtonHint, on=False)
        self.setMinimumWidth(420)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setAccessibleName(text)
        column = dialog_column(self)
        column.addWidget(text_label(text))
        column.addWidget(bar)

    def reject(self) -> None:
        """Escape does nothing."""


async def run_way_out_dialog(library: Path, error: DamagedLibraryError) -> bool:
    """Ask what becomes of a damaged library, and do it, until it is done or the rep gives up.

    A library that is found sound after all is left as it is. The profile is locked, and the library is closed.

    Returns:
        Whether the library can be opened now; False to quit.
    """
    theme = Theme(_application())
    try:
        note = damage_note(library)
        if note.read() is not None and await _still_sound(library):
            note.clear()
            return True
        while True:
            dialog = WayOutDialog(library, error)
            try:
                await run_dialog(dialog)
                chosen = dialog.chosen
            finally:
                await dialog.shut_down()
                dialog.deleteLater()
            if chosen is None:
                return False
            try:
                await put_in_place(library, chosen)
            except ContactScoutError as failure:
                error = DamagedLibraryError(f"{failure.text} {failure.next_step}".strip())
                continue
            return True
    finally:
        theme.deleteLater()


async def put_in_place(library: Path, chosen: WayOut) -> Restored:
    """Put a backup, or what can be read, in the library's place. The profile is locked, and the library is closed.

    Raises:
        LibraryError: It cannot be done; the library is as it was.
    """
    if chosen.backup is not None:
        text, work = "Restoring the backup…", partial(restore, library, chosen.backup)
    else:
        text, work = "Saving what can be read…", partial(salvage_in_place, library)
    wait = _PleaseWait(text)
    wait.open()
    try:
        # Called off in the middle it would go on all the same, and the library with it.
        return await asyncio.shield(asyncio.to_thread(work))
    finally:
        wait.hide()
        wait.deleteLater()


async def _still_sound(library: Path) -> bool:
    wait = _PleaseWait("Looking at the library…")
    wait.open()
    try:
        return await look_through(library, thoroughly=True) == SOUND
    except ContactScoutError:
        return False
    finally:
        wait.hide()
        wait.deleteLater()


def _call(act: object, _checked: bool = False) -> None:
    assert callable(act)
    act()


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
