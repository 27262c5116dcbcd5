"""The program's own icons: SVG drawings painted in a colour of the palette, sharp at every scale."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.colours import Ink, current_colours


class _InkedSvg(QIconEngine):
    """Paints one drawing; the colour is asked for at paint time, so that a change of scheme needs no new icons."""

    def __init__(self, drawing: str, ink: Ink) -> None:
        super().__init__()
        self._drawing = drawing
        self._ink = ink
        self._renderers: dict[str, QSvgRenderer] = {}
        self._pixmaps: dict[tuple[int, int, str], QPixmap] = {}

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:  # noqa: ARG002, Qt's
        """Paint the drawing into `rect`."""
        colour = self._colour(mode).name()
        if colour not in self._renderers:  # tables paint the same few icons over and over
            drawing = QByteArray(self._drawing.replace("currentColor", colour).encode())
            self._renderers[colour] = QSvgRenderer(drawing)
        self._renderers[colour].render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The drawing as pixels; `size` counts device pixels."""
        key = (size.width(), size.height(), self._colour(mode).name())
        if key not in self._pixmaps:
            self._pixmaps[key] = self._drawn(size, mode, state)
        return self._pixmaps[key]

    def _drawn(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        if pixmap.isNull():  # asked for where a layout has no room yet
            return pixmap
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """A copy, as Qt needs one where an icon is changed."""
        return _InkedSvg(self._drawing, self._ink)

    def _colour(self, mode: QIcon.Mode) -> QColor:
        if mode is QIcon.Mode.Disabled:
            palette = QGuiApplication.palette()
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        return QColor(current_colours().ink(self._ink))


def icon(name: str, ink: Ink = Ink.TEXT) -> QIcon:
    """The drawing `name` of `app/resources/icons`, painted in `ink`."""
    return QIcon(_InkedSvg(_drawing(name), ink))


@cache
def _drawing(name: str) -> str:
    return _folder().joinpath(f"{name}.svg").read_text(encoding="utf-8")


@cache
def _folder() -> Traversable:
    return resources.files("app.resources").joinpath("icons")
