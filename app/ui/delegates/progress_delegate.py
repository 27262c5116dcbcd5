"""Draws a cell as a progress bar with its text beside it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.colours import colours_of

_MARGIN = 6
_HEIGHT = 6
_TEXT_SHARE = 0.5


class ProgressDelegate(QStyledItemDelegate):
    """Shows the percentage under `role` (0 to 100) as a bar; a cell without one is drawn as plain text."""

    def __init__(self, role: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell."""
        percent = index.data(self._role)
        if not isinstance(percent, int):
            super().paint(painter, option, index)
            return
        option.widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        inner = QRectF(option.rect).adjusted(_MARGIN, 0, -_MARGIN, 0)
        colours = colours_of(option.palette)
        painter.save()
        painter.setPen(QColor(colours.text))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(index.data() or ""))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(inner.left(), inner.center().y() - _HEIGHT / 2, inner.width() * _TEXT_SHARE, _HEIGHT)
        painter.setBrush(QColor(colours.strong_line))
        painter.drawRoundedRect(bar, _HEIGHT / 2, _HEIGHT / 2)
        bar.setWidth(bar.width() * min(100, max(0, percent)) / 100)
        painter.setBrush(QColor(colours.fill))
        painter.drawRoundedRect(bar, _HEIGHT / 2, _HEIGHT / 2)
        painter.restore()
