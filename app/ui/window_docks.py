"""The docks round the tabs: where each stands first, and how they all get back there."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from app.ui.dock_room import DockRoom, is_behind

SMALLEST_PANE = 120
SIDE_WIDTH = 344
"""The names of all services stand side by side in it."""
BOTTOM_HEIGHT = 210

_LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


@dataclass(frozen=True, slots=True)
class DockPlace:
    """One dock.

    Attributes:
        title: Its title; the name it is saved under is made from it.
        pane: What it holds.
        area: Where it stands first.
        shown: Whether it is open at first.
        behind: The title of the dock that it shares its place with, as a tab behind it; "" for a place of its own.
    """

    title: str
    pane: QWidget
    area: Qt.DockWidgetArea
    shown: bool = True
    behind: str = ""


class WindowDocks:
    """Puts the docks into a window."""

    def __init__(self, window: QMainWindow, places: Sequence[DockPlace]) -> None:
        self._window = window
        self._places = tuple(places)
        self._docks = {place.title: self._make(place) for place in places}
        self._room = DockRoom(window, self.all())
        window.setDockNestingEnabled(True)

    def __getitem__(self, title: str) -> QDockWidget:
        return self._docks[title]

    def all(self) -> tuple[QDockWidget, ...]:
        """The docks in their order."""
        return tuple(self._docks.values())

    def bring_forward(self, title: str) -> None:
        """Show a dock, in front of those that share its place."""
        self._docks[title].show()
        self._docks[title].raise_()

    def toggle_action(self, dock: QDockWidget) -> QAction:
        """Shows a dock in front, or closes it if it is there already.

        Qt's own action would open it behind the dock that it shares its place with, and close it from there.
        """
        own = dock.toggleViewAction()
        action = QAction(own.text(), self._window)
        action.setCheckable(True)
        action.setChecked(own.isChecked())
        own.toggled.connect(action.setChecked)

        def toggle() -> None:
            if dock.isHidden() or is_behind(self._window, dock):
                self.bring_forward(dock.windowTitle())
            else:
                dock.close()
            action.setChecked(not dock.isHidden())  # the click alone has ticked or cleared it already

        action.triggered.connect(toggle)
        return action

    def reset(self) -> None:
        """Every dock where it stands first, in its first size."""
        for place in self._places:
            dock = self._docks[place.title]
            dock.setFloating(False)
            self._window.addDockWidget(place.area, dock)
            if place.behind:
                self._window.tabifyDockWidget(self._docks[place.behind], dock)
            dock.setVisible(place.shown)
        for place in self._places:
            if not place.behind and place.shown:
                self._docks[place.title].raise_()
        beside = [place for place in self._places if place.area in (_LEFT, _RIGHT) and not place.behind]
        below = [place for place in self._places if place.area == _BOTTOM]
        height = min(BOTTOM_HEIGHT, self._window.height() // 4)
        self._room.give(
            {self._docks[place.title]: QSize(SIDE_WIDTH, 0) for place in beside}
            | {self._docks[place.title]: QSize(0, height) for place in below}
        )

    def _make(self, place: DockPlace) -> QDockWidget:
        place.pane.setMinimumHeight(SMALLEST_PANE)  # so that the window fits half of a full-HD screen, as at 200 %
        dock = QDockWidget(place.title, self._window)
        dock.setObjectName(place.title.lower().replace(" ", "-"))
        dock.setWidget(place.pane)
        return dock
