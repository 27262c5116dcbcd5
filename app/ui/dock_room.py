"""Gives docks back what a smaller window took from them: Qt leaves them squeezed when it grows again."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow

_BESIDE = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)


class DockRoom(QObject):
    """Remembers how large the docks of a window were made, by the program or by hand, and gives them that again.

    Docks that share a place as tabs have one size: that of the one in front.
    """

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = tuple(docks)
        self._wanted: dict[QDockWidget, QSize] = {}
        self._before_drag: dict[QDockWidget, QSize] | None = None
        # Both once the window has laid itself out.
        self._give_soon = QTimer(self, singleShot=True, interval=0)
        self._give_soon.timeout.connect(lambda: self._give())
        self._note_soon = QTimer(self, singleShot=True, interval=0)
        self._note_soon.timeout.connect(self._note)
        window.installEventFilter(self)
        for dock in docks:
            dock.dockLocationChanged.connect(self._forget)
            dock.topLevelChanged.connect(self._forget)

    def give(self, wanted: Mapping[QDockWidget, QSize]) -> None:
        """Make docks so large, now or as soon as the window has room; only one direction of each counts."""
        self._note_soon.stop()
        self._wanted = dict(wanted)
        self._give(also_smaller=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size, and edges that are dragged."""
        kind = event.type()
        if kind is QEvent.Type.Show and not self._wanted:
            self._note_soon.start()
        elif kind is QEvent.Type.Resize:
            self._give_soon.start()
        elif isinstance(event, QMouseEvent):
            if kind is QEvent.Type.MouseButtonPress and self._is_edge(event):
                self._before_drag = {dock: dock.size() for dock in self._docks}
            elif kind is QEvent.Type.MouseButtonRelease and self._before_drag is not None:
                self._note_soon.start()
        return super().eventFilter(watched, event)

    def _is_edge(self, event: QMouseEvent) -> bool:
        """The edges of docks belong to the window itself; presses that nobody took pass by as well."""
        return self._window.childAt(event.position().toPoint()) is None

    def _note(self) -> None:
        """Take the sizes of docks that were dragged, and of those that are new; a squeezed one is neither."""
        before, self._before_drag = self._before_drag or {}, None
        for dock in self._docks:
            if not self._stands(dock) or is_behind(self._window, dock):
                continue
            if dock not in self._wanted or dock.size() != before.get(dock, dock.size()):
                self._wanted[dock] = dock.size()
                for beside in self._window.tabifiedDockWidgets(dock):
                    self._wanted.pop(beside, None)

    def _give(self, *, also_smaller: bool = False) -> None:
        fronts = {self._front(dock): size for dock, size in self._wanted.items() if self._stands(dock)}
        for way in (Qt.Orientation.Horizontal, Qt.Orientation.Vertical):
            sizes = {dock: _length(size, way) for dock, size in fronts.items() if self._way(dock) is way}
            if sizes and (also_smaller or any(_length(dock.size(), way) < size for dock, size in sizes.items())):
                self._window.resizeDocks(list(sizes), list(sizes.values()), way)

    def _stands(self, dock: QDockWidget) -> bool:
        return not dock.isHidden() and not dock.isFloating()

    def _front(self, dock: QDockWidget) -> QDockWidget:
        """The dock in front of its place, whose size is not that of before it was covered."""
        if not is_behind(self._window, dock):
            return dock
        beside = self._window.tabifiedDockWidgets(dock)
        return next((each for each in beside if self._stands(each) and not is_behind(self._window, each)), dock)

    def _way(self, dock: QDockWidget) -> Qt.Orientation:
        beside = self._window.dockWidgetArea(dock) in _BESIDE
        return Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical

    def _forget(self) -> None:
        self._wanted = {}
        self._note_soon.start()


def is_behind(window: QMainWindow, dock: QDockWidget) -> bool:
    """Whether another dock covers this one, as the tab in front."""
    return dock.visibleRegion().isEmpty() and any(beside.isVisible() for beside in window.tabifiedDockWidgets(dock))


def _length(size: QSize, way: Qt.Orientation) -> int:
    return size.width() if way is Qt.Orientation.Horizontal else size.height()
