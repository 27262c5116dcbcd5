"""Paints a step of the history: its name, below it when and to how many contacts, and where the present is."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.colours import Ink, current_colours
from app.ui.icons import icon
from app.ui.models.history_model import HistoryModel, Standing
from app.ui.theme import SPACING

_Index = QModelIndex | QPersistentModelIndex
_ICON = 16
_DRAWINGS = {
    Standing.NOW: ("chevron-right", Ink.ACCENT),
    Standing.DONE: ("check", Ink.MUTED),
    Standing.UNDONE: ("undo", Ink.MUTED),
}


class HistoryDelegate(QStyledItemDelegate):
    """Two lines a row. Undone steps are struck out and grey, and say so; the present one is bold, and says so."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint a row."""
        colours = current_colours()
        standing = Standing(index.data(HistoryModel.STANDING))  # Qt hands it on as text
        painter.save()
        area: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(colours.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(colours.raised))
        if standing is Standing.NOW:
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), QColor(colours.accent))
        inner = area.adjusted(SPACING.m, SPACING.xs + 2, -SPACING.m, -SPACING.xs - 2)
        drawing, ink = _DRAWINGS[standing]
        icon(drawing, ink).paint(painter, QRect(inner.topLeft() + QPoint(0, 1), QSize(_ICON, _ICON)))
        words = inner.adjusted(_ICON + SPACING.s, 0, 0, 0)
        name_font, small = _fonts(option.font, standing)
        painter.setFont(small)
        lines = QFontMetrics(small)
        state = str(standing.value)
        room = lines.horizontalAdvance(state) + SPACING.s if state else 0
        top = QFontMetrics(name_font).height()
        second = QRect(words.left(), words.top() + top + 1, words.width(), lines.height())
        painter.setPen(QColor(colours.accent if standing is Standing.NOW else colours.muted))
        painter.drawText(second, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), state)
        painter.setPen(QColor(colours.muted))
        details = lines.elidedText(
            str(index.data(HistoryModel.DETAILS)), Qt.TextElideMode.ElideRight, second.width() - room
        )
        painter.drawText(second, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), details)
        painter.setFont(name_font)
        painter.setPen(QColor(colours.muted if standing is Standing.UNDONE else colours.text))
        first = QRect(words.left(), words.top(), words.width(), top)
        name = QFontMetrics(name_font).elidedText(
            str(index.data(HistoryModel.NAME)), Qt.TextElideMode.ElideRight, first.width()
        )
        painter.drawText(first, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Room for two lines."""
        name_font, small = _fonts(option.font, Standing(index.data(HistoryModel.STANDING)))
        height = QFontMetrics(name_font).height() + QFontMetrics(small).height() + 2 * SPACING.xs + 5
        return QSize(120, height)


def _fonts(base: QFont, standing: Standing) -> tuple[QFont, QFont]:
    name, small = QFont(base), QFont(base)
    name.setStrikeOut(standing is Standing.UNDONE)
    if standing is Standing.NOW:
        name.setWeight(QFont.Weight.DemiBold)
    if base.pointSizeF() > 0:
        small.setPointSizeF(base.pointSizeF() - 1)
    return name, small
