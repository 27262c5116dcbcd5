"""A label for a value that may be one long word: it breaks between words, and anywhere where there is no such place."""

import re

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.widgets.labels import set_role

LEAST_WIDTH = 60
_LINE_SEPARATOR = "\u2028"
_BREAKS = re.compile(r"(?<=\w[/._-])(?=\w)|(?<=\w)(?=@)")


class ValueLabel(QLabel):
    """Plain text of one or more lines. Addresses and links hold no spaces, and must not push their column wide."""

    def __init__(self, text: str = "", *, role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        if role:
            set_role(self, role)

    def hasHeightForWidth(self) -> bool:
        """More lines where it is narrower."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as the lines that the text then takes."""
        around = self.contentsMargins()
        _, height = self._laid_out(width - around.left() - around.right())
        return int(height) + 1 + around.top() + around.bottom()

    def sizeHint(self) -> QSize:
        """As wide as the longest line, if there is room."""
        around = self.contentsMargins()
        lines = self.text().split("\n")
        width = max(self.fontMetrics().horizontalAdvance(line) for line in lines)
        return QSize(
            width + 2 + around.left() + around.right(),
            self.fontMetrics().lineSpacing() * len(lines) + 1 + around.top() + around.bottom(),
        )

    def minimumSizeHint(self) -> QSize:
        """Narrow: the text breaks."""
        around = self.contentsMargins()
        return QSize(LEAST_WIDTH, self.fontMetrics().height() + around.top() + around.bottom())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines."""
        del event
        inner = self.contentsRect()
        layout, _ = self._laid_out(inner.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        layout.draw(painter, QPointF(inner.topLeft()))
        painter.end()

    def _laid_out(self, width: int) -> tuple[QTextLayout, float]:
        """The text in lines of this width, and how high they are together."""
        # For painting alone: where an address or a link breaks best.
        text = _BREAKS.sub("\u200b", self.text()).replace("\n", _LINE_SEPARATOR)
        layout = QTextLayout(text, self.font(), self)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        height = 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        return layout, height
