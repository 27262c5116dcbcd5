"""The line above a contact table: the filter box, how many are shown and selected, and buttons."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from app.ui.theme import SPACING
from app.ui.widgets.labels import ElidedLabel

LEAST_FILTER = 150
MOST_FILTER = 320
ROOM_FOR_COUNTS = 260
"""What the counts of a large library take. Their true width would let the buttons change with every letter typed."""

ROUND_AN_ICON = 20

_BESIDE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_ALONE = Qt.ToolButtonStyle.ToolButtonIconOnly


class CountLabel(ElidedLabel):
    """Says how many contacts are shown and selected; where there is no room, in fewer words."""

    def __init__(self) -> None:
        super().__init__(role="muted")
        self._short = ""

    def set_counts(self, text: str, short: str) -> None:
        """Say something else; `short` is painted where `text` does not fit, and `text` is then the tooltip."""
        if text != self.text():
            self._short = short
            self.setText(text)

    def painted_text(self) -> str:
        """What can be read."""
        fits = self.fontMetrics().horizontalAdvance(self.text()) <= self.width()
        return self._cut(self.text() if fits else self._short)


class TableTools(QWidget):
    """Lays the line out. Where it is narrow the buttons show their icons alone, for filter and counts matter more."""

    def __init__(self, filter_box: QLineEdit, counts: CountLabel, last: QToolButton) -> None:
        super().__init__()
        filter_box.setMinimumWidth(LEAST_FILTER)
        filter_box.setMaximumWidth(MOST_FILTER)
        self._buttons: list[QToolButton] = []
        self._widths: dict[QToolButton, int] = {}
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(SPACING.s)
        self._line.addWidget(filter_box, 2)
        self._line.addWidget(counts, 3)
        self._line.addWidget(last)
        self._take_in(last)

    def add(self, widget: QWidget, *, first: bool = False) -> None:
        """Put a widget left of the last button, or first of all."""
        self._line.insertWidget(0 if first else self._line.count() - 1, widget)
        if isinstance(widget, QToolButton):
            self._take_in(widget)

    def minimumSizeHint(self) -> QSize:
        """Room for the icons; the words must not keep anybody from making the window smaller."""
        least = super().minimumSizeHint()
        words = sum(button.sizeHint().width() for button in self._buttons)
        icons = sum(button.iconSize().width() + ROUND_AN_ICON for button in self._buttons)
        return QSize(least.width() - max(0, words - icons), least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the buttons their words where there is room for them."""
        super().resizeEvent(event)
        self._fit()

    def _take_in(self, button: QToolButton) -> None:
        button.setToolButtonStyle(_BESIDE)
        button.setAccessibleName(button.accessibleName() or button.text())
        self._buttons.append(button)

    def _fit(self) -> None:
        if self._buttons[0].toolButtonStyle() == _BESIDE:
            self._widths = {button: button.sizeHint().width() for button in self._buttons}
        words = sum(self._widths.values()) + self._line.spacing() * (len(self._buttons) + 1)
        style = _BESIDE if self.width() >= words + LEAST_FILTER + ROOM_FOR_COUNTS else _ALONE
        for button in self._buttons:
            if button.toolButtonStyle() != style:
                button.setToolButtonStyle(style)
