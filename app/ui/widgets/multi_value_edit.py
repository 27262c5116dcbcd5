"""A field for several values: each becomes a chip that a click or a key removes."""

import re
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.labels import plain_tool_tip, set_role
from app.ui.wording import shortened

CHIP_CHARACTERS = 32


class MultiValueEdit(QFrame):
    """Takes values one by one or pasted in bulk.

    Enter and semicolon end a value, a comma too with `split_commas` (not for names, which may hold one). Backspace
    in the empty box takes the last chip back for editing. Values are distinct and keep their order.
    """

    values_changed = Signal()
    submitted = Signal()

    def __init__(self, label: str, *, split_commas: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._separators = re.compile(r"[\n\r\t;,]+" if split_commas else r"[\n\r\t;]+")
        self._typed = ";," if split_commas else ";"
        self._chips: dict[str, QPushButton] = {}
        self._box = QLineEdit()
        self._box.setAccessibleName(label)
        self._box.setPlaceholderText("Type, then Enter")
        self._box.setToolTip("Several values: press Enter after each, or paste a list")
        self._box.installEventFilter(self)
        self._box.textChanged.connect(self.values_changed)
        self._line = QWidget()
        self._flow = FlowLayout(self._line)
        self._line.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING.xs)
        layout.addWidget(self._box)
        layout.addWidget(self._line)
        self.setFocusProxy(self._box)

    def set_placeholder(self, text: str) -> None:
        """What stands in the empty box."""
        self._box.setPlaceholderText(text)

    def values(self) -> tuple[str, ...]:
        """The values, with what is typed but not yet ended."""
        typed = self._split(self._box.text())
        return tuple(dict.fromkeys([*self._chips, *typed]))

    def set_values(self, values: Iterable[str]) -> None:
        """Hold exactly these values."""
        for value in list(self._chips):
            self._drop(value)
        self._box.clear()
        self.add_values(values)

    def add_values(self, values: Iterable[str], labels: Mapping[str, str] | None = None) -> None:
        """Hold these values too; `labels` has the words for values that say nothing to a reader."""
        for value in values:
            if value and value not in self._chips:
                self._chips[value] = self._chip(value, (labels or {}).get(value, ""))
                self._flow.addWidget(self._chips[value])
        self._line.setVisible(bool(self._chips))
        self.updateGeometry()
        self.values_changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End, add or take back values as the rep types."""
        if watched is self._box and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        if watched is self._box and event.type() == QEvent.Type.FocusOut:
            self._commit()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Paste):
            pasted = self._split(QApplication.clipboard().text())
            if len(pasted) > 1:
                self.add_values(pasted)
                return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._box.text().strip():
                self._commit()
            else:
                self.submitted.emit()
            return True
        if event.text() and event.text() in self._typed:
            self._commit()
            return True
        if event.key() == Qt.Key.Key_Backspace and not self._box.text() and self._chips:
            last = list(self._chips)[-1]
            self._drop(last)
            self._box.setText(last)
            return True
        return False

    def _commit(self) -> None:
        typed = self._split(self._box.text())
        if typed:
            self._box.clear()
            self.add_values(typed)

    def _split(self, text: str) -> list[str]:
        return [piece for piece in (part.strip() for part in self._separators.split(text)) if piece]

    def _chip(self, value: str, label: str) -> QPushButton:
        words = label or value
        shown = shortened(words, CHIP_CHARACTERS)
        chip = QPushButton(" " + shown.replace("&", "&&"))
        set_role(chip, "chip")
        chip.setIcon(icon("close", Ink.MUTED))
        chip.setIconSize(QSize(10, 10))
        # The icon goes to the far side of the text.
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        chip.setAccessibleName(f"Remove “{words}”")
        chip.setToolTip(plain_tool_tip(f"{words} ({value})\nRemove this value" if label else "Remove this value"))
        chip.clicked.connect(lambda: self._remove(value))
        return chip

    def _remove(self, value: str) -> None:
        self._drop(value)
        self._box.setFocus()
        self.values_changed.emit()

    def _drop(self, value: str) -> None:
        chip = self._chips.pop(value)
        self._flow.removeWidget(chip)
        chip.hide()
        chip.deleteLater()
        self._line.setVisible(bool(self._chips))
        self.updateGeometry()
