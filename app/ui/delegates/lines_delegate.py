"""Draws a cell of several short texts, one a line, each cut by itself where there is no room."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QIcon, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.colours import colours_of
from app.ui.theme import SPACING

_ICON = 14
# Lines stay level from column to column whatever the script, and all begin at the left, as the columns do.
_FLAGS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter


class LinesDelegate(QStyledItemDelegate):
    """Qt's own gives each line the height of its script, so that two columns of one row fall apart."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell."""
        option.widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        inner = QRect(option.rect).adjusted(SPACING.s, 0, -SPACING.xs, 0)
        decoration = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(decoration, QIcon):
            at = QRect(inner.left(), inner.center().y() - _ICON // 2, _ICON, _ICON)
            decoration.paint(painter, at)
            inner.setLeft(at.right() + SPACING.s)
        lines = str(index.data() or "").split("\n")
        height = option.fontMetrics.lineSpacing()
        top = inner.center().y() - height * len(lines) // 2 + 1
        painter.save()
        painter.setFont(option.font)
        painter.setPen(QColor(colours_of(option.palette).text))
        for number, line in enumerate(lines):
            room = QRect(inner.left(), top + number * height, inner.width(), height)
            shown = option.fontMetrics.elidedText(line, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, int(_FLAGS), shown)
        painter.restore()
