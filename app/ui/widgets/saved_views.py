"""The menu of views that the rep has named: choose, save, overwrite, rename, delete."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.domain.library_view import SavedView, ViewQuery
from app.qtbridge.dialogs import ask
from app.qtbridge.tasks import TaskScope
from app.ui.icons import icon
from app.ui.wording import shortened

if TYPE_CHECKING:
    from app.services.library_views import LibraryViewService

MOST_CHARACTERS = 40


class SavedViewsButton(QToolButton):
    """Opens the menu. A view is a query and the state of the columns.

    Signals:
        chosen: The rep wants to see a `SavedView`.
        said: A sentence for the status bar.
    """

    chosen = Signal(object)
    said = Signal(str)

    def __init__(
        self,
        views: "LibraryViewService",
        scope: TaskScope,
        current: Callable[[], tuple[ViewQuery, dict[str, Any]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._views = views
        self._scope = scope
        self._current = current
        self._saved: tuple[SavedView, ...] = ()
        self._name = ""
        self.setText("Views")
        self.setObjectName("saved_views")
        self.setIcon(icon("pin"))
        self.setIconSize(QSize(16, 16))
        self.setToolTip("Views you have saved: filter, facets, sorting and columns")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self._fill()

    def reload(self) -> None:
        """Read the views again."""
        self._scope.replace("saved views", self._reload())

    def save_as(self) -> None:
        """Ask for a name, and save what is shown under it."""
        self._scope.replace("save view", self._save_as())

    async def _reload(self) -> None:
        self._saved = await self._views.saved_views()

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        query, _ = self._current()
        for view in self._saved:
            action = menu.addAction(_short(view.name))
            action.setCheckable(True)
            action.setChecked(view.query == query)
            action.triggered.connect(lambda _=False, view=view: self._choose(view))
        if not self._saved:
            menu.addAction("No saved views yet").setEnabled(False)
        menu.addSeparator()
        menu.addAction("Save this view as…").triggered.connect(lambda _=False: self.save_as())
        for text, deed in (
            ("Overwrite with this view", self._overwrite),
            ("Rename…", self._rename),
            ("Delete…", self._delete),
        ):
            part = menu.addMenu(text)
            part.setEnabled(bool(self._saved))
            for view in self._saved:
                run = part.addAction(_short(view.name)).triggered
                run.connect(lambda _=False, deed=deed, view=view: self._scope.replace("save view", deed(view)))

    def _choose(self, view: SavedView) -> None:
        self._name = view.name
        self.chosen.emit(view)

    def _now(self, name: str) -> SavedView:
        query, columns = self._current()
        return SavedView(name, query, json.dumps(columns))

    async def _save_as(self) -> None:
        from app.ui.dialogs.name_dialog import ask_name

        name = await ask_name(
            self.window(),
            "Save view",
            "Name of the view. It keeps filter, facets, sorting and columns.",
            accept="Save",
            name=self._name,
            taken=[view.name for view in self._saved],
            replace="There is a view of this name; it will be replaced.",
        )
        if name:
            known = next((view.name for view in self._saved if view.name.casefold() == name.casefold()), name)
            await self._keep(self._now(known), f"View “{known}” saved.")

    async def _overwrite(self, view: SavedView) -> None:
        await self._keep(self._now(view.name), f"View “{view.name}” is what you see now.")

    async def _rename(self, view: SavedView) -> None:
        from app.ui.dialogs.name_dialog import ask_name

        others = [other.name for other in self._saved if other.name != view.name]
        name = await ask_name(
            self.window(), "Rename view", "New name of the view", accept="Rename", name=view.name, taken=others
        )
        if name and name != view.name:
            await self._views.save_view(replace(view, name=name))
            await self._views.delete_view(view.name)
            await self._reload()
            self.said.emit(f"View “{view.name}” is called “{name}” now.")

    async def _delete(self, view: SavedView) -> None:
        question = f"Delete the view “{view.name}”?"
        details = "Your contacts stay as they are."
        if await ask(self.window(), "Delete view", question, accept="Delete", destructive=True, details=details):
            await self._views.delete_view(view.name)
            await self._reload()
            self.said.emit(f"View “{view.name}” deleted.")

    async def _keep(self, view: SavedView, told: str) -> None:
        await self._views.save_view(view)
        self._name = view.name
        await self._reload()
        self.said.emit(told)


def _short(name: str) -> str:
    return shortened(name, MOST_CHARACTERS).replace("&", "&&")
