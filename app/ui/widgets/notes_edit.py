"""A box for notes that saves by itself: after a pause, when it is left, and when somebody asks it to."""

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

PAUSE_MS = 1_500
_LEAST_LINES = 2
_MOST_LINES = 12


class NotesEdit(QPlainTextEdit):
    """Grows with its text, up to a height from which it scrolls. Tab leaves it.

    Signals:
        save_wanted: The text, when it is another one than the last that was shown or handed out.
        left: The box was left; comes after what there was to save.
    """

    save_wanted = Signal(str)
    left = Signal()

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(label)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._saved = ""
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.commit)
        self.textChanged.connect(self._on_text)
        self._fit()

    @property
    def is_changed(self) -> bool:
        """Whether there is text that was not handed out yet."""
        return self.toPlainText() != self._saved

    def set_text(self, text: str) -> None:
        """Show a text that is saved already. The cursor stays where it was as far as it can."""
        self._saved = text
        if text != self.toPlainText():
            cursor = self.textCursor()
            place = min(cursor.position(), len(text))
            self.setPlainText(text)
            cursor = self.textCursor()
            cursor.setPosition(place)
            self.setTextCursor(cursor)
        self._pause.stop()

    def commit(self) -> None:
        """Hand out the text now, if it has changed."""
        self._pause.stop()
        text = self.toPlainText()
        if text != self._saved:
            self._saved = text
            self.save_wanted.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Ctrl+S for what everybody means by it."""
        if event.matches(QKeySequence.StandardKey.Save):
            self.commit()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Save on leaving."""
        super().focusOutEvent(event)
        self.commit()
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the lines elsewhere."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        """Wide enough for a few words; the height is fixed by the text."""
        return QSize(160, self.height())

    def _on_text(self) -> None:
        self._fit()
        self._pause.start()

    def _fit(self) -> None:
        document = self.document()
        lines = max(_LEAST_LINES, min(_MOST_LINES, int(document.size().height())))
        frame = 2 * (self.frameWidth() + int(document.documentMargin())) + 8  # 8: the padding of the style sheet
        height = lines * self.fontMetrics().height() + frame
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)
