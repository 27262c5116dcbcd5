"""A small drawing beside a text, which follows a change from light to dark by itself."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class IconLabel(QWidget):
    """Paints an icon. It has no meaning of its own for screen readers: the text beside it says it all."""

    def __init__(self, shown: QIcon | None = None, *, size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = shown or QIcon()
        self._side = size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, shown: QIcon) -> None:
        """Show another icon."""
        self._icon = shown
        self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(self._side, self._side)

    def minimumSizeHint(self) -> QSize:
        """The same square."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the icon in the colours of now."""
        del event
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()
