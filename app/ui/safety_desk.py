"""Backups in the window: the File menu's actions, and a banner when the library needs the rep."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QWidget

from app.domain.changes import Change, ChangeKind
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.dialogs import save_file
from app.qtbridge.tasks import TaskScope
from app.ui.actions import ActionRegistry
from app.ui.failures import failure_handler
from app.ui.widgets.backup_table import size_text
from app.ui.widgets.banner import Banner
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

_FILTERS = "Libraries (*.sqlite3)"


class SafetyDesk(QObject):
    """Makes backups, goes back to one, and tells of damage.

    Args:
        window: Which window the dialogs belong to; it is closed when something else takes the library's place, and
            whoever runs the program opens it again.
        services: Everything.
        say: Puts a sentence into the status bar.

    Attributes:
        banner: What concerns the library's file.
    """

    _copied = Signal(int, int)

    def __init__(self, window: QWidget, services: "Services", *, say: Callable[[str], object]) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._safekeeping = services.safekeeping
        self._say = say
        self._told = ""
        self.banner = Banner()
        self._scope = TaskScope("safety", failure_handler(self.banner.show_error))
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._on_change)
        self._copied.connect(self._show_progress)  # from the thread that copies
        if self._safekeeping.notice:
            self.banner.show_info(self._safekeeping.notice)
        self._look()

    def add_actions(self, registry: ActionRegistry) -> None:
        """Put the actions into the File menu."""
        registry.add(
            "library.back_up",
            "&File",
            "Back up library…",
            self.back_up,
            drawing="export",
            tip="Save a copy of the library, say on another disk",
        )
        registry.add(
            "library.backups",
            "&File",
            "Restore a backup…",
            self.show_backups,
            drawing="history",
            tip="See the library’s backups, and go back to one",
        )
        registry.add_separator("&File")

    async def shut_down(self) -> None:
        """Stop what runs."""
        self._bridge.close()
        await self._scope.aclose()

    def back_up(self) -> None:
        """Ask where to, and make a backup."""
        self._scope.replace("work", self._back_up())

    def show_backups(self) -> None:
        """Open the list of backups."""
        self._scope.replace("work", self._show_backups())

    async def _back_up(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        name = f"contact-scout-{datetime.now().astimezone():%Y-%m-%d}.sqlite3"
        path = await save_file(self._window, "Back up the library", folder / name, _FILTERS)
        if path is not None:
            made = await self._safekeeping.back_up(path, progress=self._copied.emit)
            self._say(f"Backed up {count(made.contacts or 0, 'contact')}, {size_text(made.size)}, to {made.path}")

    async def _show_backups(self) -> None:
        from app.ui.dialogs.backups_dialog import run_backups_dialog

        if await run_backups_dialog(self._window, self._services):
            self._window.close()

    def _show_progress(self, done: int, total: int) -> None:
        self._say(f"Backing up… {100 * done // max(1, total)} %" if done < total else "Checking the backup…")

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.SAFETY:
            self._look()

    def _look(self) -> None:
        damage, problem = self._safekeeping.damage, self._safekeeping.problem
        if (damage or problem) == self._told:
            return
        self._told = damage or problem
        if damage:
            self.banner.show_warning(
                f"{damage} Nothing is bought any more. Go back to a backup, or save what can be read; this is asked"
                " again at the next start.",
                action_text="Repair…",
                action=self.show_backups,
            )
        elif problem:
            self.banner.show_warning(problem, action_text="Backups…", action=self.show_backups)
