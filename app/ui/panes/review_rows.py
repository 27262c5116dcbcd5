"""The rows of the comparison: one field each, with a sign and a tint for how the two values compare."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from app.ui.colours import Ink, current_colours
from app.ui.icons import icon
from app.ui.models.pair_fields import FieldPair, Verdict
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import set_role, text_label
from app.ui.widgets.value_label import ValueLabel

LABEL_WIDTH = 88
SIGN_WIDTH = 84
NARROW = 600
"""Below this width the signs go under the names of the fields, so that the values have the room."""
_CORNER = 4
FIRST_LINE = 2
PADDING = 3
UNKNOWN = "Not known"


class _Style(NamedTuple):
    drawing: str
    ink: Ink
    ground: str  # the name of a field of `Colours`, "" for none


_STYLES: Mapping[Verdict, _Style] = {
    Verdict.SAME: _Style("match-same", Ink.MUTED, ""),
    Verdict.ALIKE: _Style("match-alike", Ink.INFO, "info_ground"),
    Verdict.PARTLY: _Style("match-alike", Ink.INFO, "info_ground"),
    Verdict.DIFFERS: _Style("match-differs", Ink.WARNING, "warning_ground"),
    Verdict.ONE_SIDE: _Style("match-one-side", Ink.MUTED, ""),
}


class ComparisonRows(QWidget):
    """A grid of field, sign, one value, other value. Rows are made once and filled anew for each pair.

    Args:
        corner: What stands above the fields and signs.
        heads: What stands above each column of values.
        parent: The comparison.
    """

    def __init__(self, corner: QWidget, heads: Sequence[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._narrow = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING.s)
        self._grid.setVerticalSpacing(1)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        for column in (2, 3):
            self._grid.setColumnStretch(column, 1)
        self._grid.addWidget(corner, 0, 0, 1, 2, Qt.AlignmentFlag.AlignCenter)
        for column, head in enumerate(heads, start=2):
            self._grid.addWidget(head, 0, column)
        self._grid.setRowMinimumHeight(1, SPACING.s)
        self._show_width()

    def show_fields(self, fields: Sequence[FieldPair]) -> None:
        """Show these fields, and no others."""
        while len(self._rows) < len(fields):
            self._rows.append(_Row(self._grid, len(self._rows), narrow=self._narrow))
        for row, field in zip(self._rows, fields, strict=False):
            row.fill(field)
        for row in self._rows[len(fields) :]:
            row.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the signs where there is room for them."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            self._show_width()
            for number, row in enumerate(self._rows):
                row.place(self._grid, number, narrow=narrow)

    def _show_width(self) -> None:
        self._grid.setColumnMinimumWidth(1, 0 if self._narrow else SIGN_WIDTH)
        self._grid.setHorizontalSpacing(SPACING.xs if self._narrow else SPACING.s)


class _Row:
    """One field: a ground behind, then its name, its sign, and both values."""

    def __init__(self, grid: QGridLayout, number: int, *, narrow: bool) -> None:
        self._ground = _Ground()
        self._label = text_label(role="muted", wrap=False)
        self._sign = _Sign()
        self._values = (ValueLabel(), ValueLabel())
        self.place(grid, number, narrow=narrow)

    def place(self, grid: QGridLayout, number: int, *, narrow: bool) -> None:
        """Put the parts into the grid; two lines of it belong to each row."""
        top = Qt.AlignmentFlag.AlignTop
        line = FIRST_LINE + 2 * number
        for widget in (self._ground, self._label, self._sign, *self._values):
            grid.removeWidget(widget)
        grid.addWidget(self._ground, line, 0, 2, 4)
        grid.addWidget(self._label, line, 0, top)
        grid.addWidget(self._sign, line + 1 if narrow else line, 0 if narrow else 1, top)
        for column, value in enumerate(self._values, start=2):
            grid.addWidget(value, line, column, 2, 1)
        for widget in (self._label, self._sign, *self._values):
            widget.setContentsMargins(PADDING + 3, PADDING, PADDING, PADDING)
            widget.raise_()

    def fill(self, field: FieldPair) -> None:
        """Show a field."""
        style = _STYLES.get(field.verdict)
        self._ground.set_ground(style.ground if style else "")
        self._label.setText(field.label)
        self._sign.show_sign(style, field.note)
        for value, lines in zip(self._values, (field.left, field.right), strict=True):
            value.setText("\n".join(lines) or UNKNOWN)
            value.setAccessibleName(f"{field.label}: {', '.join(lines) or UNKNOWN}")
            set_role(value, "muted", not lines or field.verdict is Verdict.SAME)
        for widget in (self._ground, self._label, *self._values):
            widget.show()

    def hide(self) -> None:
        """Show nothing here."""
        for widget in (self._ground, self._label, self._sign, *self._values):
            widget.hide()


class _Sign(QWidget):
    """A drawing and a word for how two values compare."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconLabel(size=14)
        self._word = text_label(wrap=False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING.xs)
        row.addWidget(self._icon)
        row.addWidget(self._word, 1)

    def show_sign(self, style: _Style | None, word: str) -> None:
        """Show a verdict, None for none."""
        self.setVisible(style is not None)
        self._word.setText(word)
        if style is not None:
            self._icon.set_icon(icon(style.drawing, style.ink))
            set_role(self._word, "muted", not style.ground)


class _Ground(QWidget):
    """The tint behind a row, in the colours of now."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ""

    def set_ground(self, name: str) -> None:
        """Use another tint, "" for none."""
        if name != self._name:
            self._name = name
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        del event
        if not self._name:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(current_colours(), self._name)))
        painter.drawRoundedRect(self.rect(), _CORNER, _CORNER)
        painter.end()
