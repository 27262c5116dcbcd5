"""Gives docks back what a smaller window took from them: Qt leaves them squeezed when it grows again."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow

_BESIDE = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)


class DockRoom(QObject):
    """Remembers how large the docks of a window were before it became too small for them.

    What the rep makes of them by hand counts from then on.
    """

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._docks = tuple(docks)
        self._wanted: dict[QDockWidget, QSize] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)  # once the window has laid itself out
        self._soon.timeout.connect(self._give)
        window.installEventFilter(self)
        for dock in docks:
            dock.dockLocationChanged.connect(self._forget)
            dock.topLevelChanged.connect(self._forget)

    def give(self, wanted: Mapping[QDockWidget, QSize]) -> None:
        """Make docks so large, now or as soon as the window has room; only one direction of each counts."""
        self._wanted = dict(wanted)
        self._give()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note sizes before the window changes its own."""
        if event.type() is QEvent.Type.Resize:
            if all(self._has(dock, size) for dock, size in self._wanted.items()):
                self._wanted = {dock: dock.size() for dock in self._docks if self._stands(dock)}
            self._soon.start()
        elif isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonPress and self._is_edge(event):
            self._forget()
        return super().eventFilter(watched, event)

    def _is_edge(self, event: QMouseEvent) -> bool:
        """The edges of docks belong to the window itself; presses that nobody took pass by as well."""
        return self._window.childAt(event.position().toPoint()) is None

    def _give(self) -> None:
        for way in (Qt.Orientation.Horizontal, Qt.Orientation.Vertical):
            docks = [dock for dock in self._wanted if self._stands(dock) and self._way(dock) is way]
            sizes = [_length(self._wanted[dock], way) for dock in docks]
            if any(not self._has(dock, self._wanted[dock]) for dock in docks):
                self._window.resizeDocks(docks, sizes, way)

    def _has(self, dock: QDockWidget, size: QSize) -> bool:
        way = self._way(dock)
        return not self._stands(dock) or _length(dock.size(), way) >= _length(size, way)

    def _stands(self, dock: QDockWidget) -> bool:
        return not dock.isHidden() and not dock.isFloating()

    def _way(self, dock: QDockWidget) -> Qt.Orientation:
        beside = self._window.dockWidgetArea(dock) in _BESIDE
        return Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical

    def _forget(self) -> None:
        self._wanted = {}


def _length(size: QSize, way: Qt.Orientation) -> int:
    return size.width() if way is Qt.Orientation.Horizontal else size.height()
