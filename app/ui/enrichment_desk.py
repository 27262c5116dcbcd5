"""The ways into the enrichment queue: a selection, a file, one person typed by hand; and its ledger."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QWidget

from app.qtbridge.dialogs import open_file
from app.qtbridge.tasks import TaskScope
from app.services.people_files import open_people_file
from app.ui.actions import ActionRegistry

if TYPE_CHECKING:
    from app.composition import Services
    from app.ui.dialogs.enrich_source import EnrichSource

_FILES = "Tables of text (*.csv *.tsv *.txt);;All files (*)"


class EnrichmentDesk(QObject):
    """Asks what is needed, one dialog after another, and queues. A newer request closes the dialog of an older one.

    Args:
        window: The window that the dialogs belong to.
        services: What they work on.
        scope: Runs them; its errors are shown in the window.
        origin: Where the contacts of a selection come from, in words.
        selected: The contacts selected in front.

    Signals:
        queued: A run (id) is in the queue.
    """

    queued = Signal(int)

    def __init__(
        self,
        window: QWidget,
        services: "Services",
        scope: TaskScope,
        *,
        origin: Callable[[], str],
        selected: Callable[[], Sequence[int]] = tuple,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._scope = scope
        self._origin = origin
        self._selected = selected

    def add_actions(self, registry: ActionRegistry) -> None:
        """Put the desk's actions into the menus."""
        registry.add_separator("&Contacts")
        for key, text, deed, keys, drawing, tip in (
            (
                "enrich.file",
                "Enrich a CSV file…",
                self.choose_file,
                "Ctrl+Shift+O",
                "enrich",
                "Look up emails and phones of the people in a file",
            ),
            (
                "enrich.person",
                "Enrich one person…",
                self.enrich_one,
                None,
                "person",
                "Look up emails and phones of somebody you type in",
            ),
            (
                "enrich.ledger",
                "Ledger…",
                self.open_ledger,
                "Ctrl+Shift+B",
                "list",
                "See every credit that was reserved, charged and released",
            ),
            (
                "suppression",
                "Do not contact…",
                self.open_suppression,
                "Ctrl+Shift+X",
                "outcome-suppressed",
                "See and change the list of people and companies that are neither enriched nor exported",
            ),
        ):
            registry.add(key, "&Contacts", text, deed, shortcut=keys, drawing=drawing, tip=tip)

    def enrich(self, contact_ids: Sequence[int]) -> None:
        """Enrich contacts of the library."""
        from app.ui.dialogs.enrich_source import ContactSource

        if contact_ids:
            self._start(self._enrich(ContactSource(self._services, contact_ids, self._origin())))

    def enrich_one(self) -> None:
        """Enrich somebody who is typed by hand."""
        self._start(self._enrich_one())

    def choose_file(self) -> None:
        """Ask for a file of people, and enrich them."""
        self._start(self._choose_file())

    def enrich_file(self, path: Path) -> None:
        """Enrich the people of a file."""
        self._start(self._enrich_file(path))

    def open_ledger(self) -> None:
        """Show the ledger."""
        from app.ui.dialogs.ledger_dialog import run_ledger_dialog

        self._start(run_ledger_dialog(self._window, self._services))

    def open_suppression(self) -> None:
        """Show the do-not-contact list, with the contacts selected in front ready to be put on it."""
        from app.ui.dialogs.suppression_dialog import run_suppression_dialog

        self._start(run_suppression_dialog(self._window, self._services, self._selected()))

    def _start(self, deed: Coroutine[Any, Any, None]) -> None:
        self._scope.replace("dialog", deed)

    async def _enrich(self, source: "EnrichSource") -> None:
        from app.ui.dialogs.enrich_dialog import run_enrich_dialog

        run_id = await run_enrich_dialog(self._window, self._services, source)
        if run_id is not None:
            self.queued.emit(run_id)

    async def _enrich_one(self) -> None:
        from app.ui.dialogs.enrich_source import PeopleSource
        from app.ui.dialogs.one_person import run_one_person

        person = await run_one_person(self._window)
        if person is not None:
            await self._enrich(PeopleSource(self._services, [person], "typed by hand"))

    async def _choose_file(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        path = await open_file(self._window, "Enrich a CSV file", folder, _FILES)
        if path is not None:
            await self._enrich_file(path)

    async def _enrich_file(self, path: Path) -> None:
        from app.ui.dialogs.enrich_source import PeopleSource
        from app.ui.dialogs.people_import import run_people_import

        file = await open_people_file(path)
        people = await run_people_import(self._window, self._services, file)
        if people:
            await self._enrich(PeopleSource(self._services, people, file.name))
