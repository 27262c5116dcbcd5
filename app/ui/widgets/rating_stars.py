"""A rating of none to five stars, by mouse or by key."""

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.marks import MOST_STARS
from app.ui.colours import Ink, current_colours
from app.ui.icons import icon

_SIDE = 18
_GAP = 3
_EDGE = 3


class RatingStars(QWidget):
    """Five stars: a click on one gives that many, a click on the last given one takes all back.

    Keys: the digits 0 to 5, the arrows one more or fewer, Delete none.

    Signals:
        rating_chosen: The rep wants this many stars. What is shown does not change before `set_rating`.
    """

    rating_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rating = 0
        self._hovered = 0
        self._full = icon("star-filled", Ink.WARNING)
        self._empty = icon("star", Ink.MUTED)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setToolTip("Rating: click a star, or press 0 to 5")
        self._tell()

    @property
    def rating(self) -> int:
        """How many stars are shown."""
        return self._rating

    def set_rating(self, rating: int) -> None:
        """Show this many stars."""
        self._rating = max(0, min(MOST_STARS, rating))
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        """A row of stars with room for the frame of the focus."""
        return QSize(MOST_STARS * _SIDE + (MOST_STARS - 1) * _GAP + 2 * _EDGE, _SIDE + 2 * _EDGE)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stars, those under the pointer as a click would leave them."""
        del event
        painter = QPainter(self)
        shown = self._hovered or self._rating
        for number in range(MOST_STARS):
            drawing = self._full if number < shown else self._empty
            drawing.paint(painter, QRect(_EDGE + number * (_SIDE + _GAP), _EDGE, _SIDE, _SIDE))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(current_colours().accent))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give or take stars by key."""
        wanted = self._wanted(event)
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted != self._rating:
            self.rating_chosen.emit(wanted)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what a click would give."""
        self._hover(self._star_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Give stars."""
        star = self._star_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and star:
            self.rating_chosen.emit(0 if star == self._rating else star)

    def leaveEvent(self, event: QEvent) -> None:
        """Show what is."""
        self._hover(0)
        super().leaveEvent(event)

    def _wanted(self, event: QKeyEvent) -> int | None:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        if event.text().isdecimal() and event.text().isascii():
            digit = int(event.text())
            return digit if digit <= MOST_STARS else None
        fewer, more = max(0, self._rating - 1), min(MOST_STARS, self._rating + 1)
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            fewer, more = more, fewer
        keys = {
            int(Qt.Key.Key_Left): fewer,
            int(Qt.Key.Key_Right): more,
            int(Qt.Key.Key_Home): 0,
            int(Qt.Key.Key_End): MOST_STARS,
            int(Qt.Key.Key_Delete): 0,
            int(Qt.Key.Key_Backspace): 0,
        }
        return keys.get(event.key())

    def _star_at(self, at: QPointF) -> int:
        return (
            max(1, min(MOST_STARS, int((at.x() - _EDGE) // (_SIDE + _GAP)) + 1))
            if self.rect().contains(at.toPoint())
            else 0
        )

    def _hover(self, star: int) -> None:
        if star != self._hovered:
            self._hovered = star
            self.update()

    def _tell(self) -> None:
        self.setAccessibleName(f"Rating: {self._rating} of {MOST_STARS} stars" if self._rating else "Rating: none")
