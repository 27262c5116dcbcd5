"""A row of the values a contact has, each a chip that a click takes off, and at its end a place to add one."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.widgets.completion import complete_from
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.labels import plain_tool_tip, set_role
from app.ui.wording import shortened

CHIP_CHARACTERS = 22
_BOX_WIDTH = 150


class ChipField(QWidget):
    """Shows names; asks for a change by its signals and shows it when it is told by `set_values`.

    Args:
        noun: What one of them is called, such as “tag”.

    Signals:
        added: A name that was typed or chosen, without the space around it.
        removed: A name whose chip was clicked.
        opened: The place to add one has opened; known names may be wanted.
    """

    added = Signal(str)
    removed = Signal(str)
    opened = Signal()

    def __init__(self, noun: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._noun = noun
        self._chips: dict[str, QPushButton] = {}
        self._flow = FlowLayout(self)
        self.add_button = QPushButton(noun[:1].upper() + noun[1:])
        set_role(self.add_button, "chip")
        set_role(self.add_button, "adding")
        self.add_button.setIcon(icon("plus", Ink.MUTED))
        self.add_button.setIconSize(QSize(11, 11))
        self.add_button.setAccessibleName(f"Add a {noun}")
        self.add_button.setToolTip(f"Add a {noun}")
        self.add_button.clicked.connect(self.open)
        self.box = QLineEdit()
        set_role(self.box, "chip")
        self.box.setAccessibleName(f"New {noun}")
        self.box.setPlaceholderText(f"{noun[:1].upper()}{noun[1:]}, then Enter")
        self.box.setFixedWidth(_BOX_WIDTH)
        self.box.installEventFilter(self)
        self.box.returnPressed.connect(self._commit)
        self._known = QStringListModel(self)
        # The box takes the chosen text over only after this signal.
        complete_from(self._known, self.box).activated.connect(lambda _: QTimer.singleShot(0, self._commit))
        self.box.hide()
        self._flow.addWidget(self.add_button)
        self._flow.addWidget(self.box)

    def values(self) -> tuple[str, ...]:
        """The names shown."""
        return tuple(self._chips)

    def set_values(self, values: Sequence[str]) -> None:
        """Show exactly these names. Chips that stay are kept, and with them the focus."""
        if tuple(values) == tuple(self._chips):
            return
        for value in [value for value in self._chips if value not in values]:
            chip = self._chips.pop(value)
            if chip.hasFocus():
                self.add_button.setFocus()
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for widget in (*self._chips.values(), self.add_button, self.box):
            self._flow.removeWidget(widget)
        self._chips = {value: self._chips.get(value) or self._chip(value) for value in values}
        before: QWidget | None = None
        for widget in (*self._chips.values(), self.add_button, self.box):
            self._flow.addWidget(widget)
            if before is not None:
                QWidget.setTabOrder(before, widget)
            before = widget
        self.updateGeometry()

    def set_known(self, names: Iterable[str]) -> None:
        """Offer these names while one is typed."""
        self._known.setStringList(list(names))

    def open(self) -> None:
        """Let the rep type a name."""
        self.add_button.hide()
        self.box.show()
        self.box.setFocus(Qt.FocusReason.OtherFocusReason)
        self.updateGeometry()
        self.opened.emit()

    def close_box(self) -> None:
        """Take the place to type in away, and what is typed there."""
        self.box.clear()
        self.box.hide()
        self.add_button.show()
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close the box on Escape and when it is left; what was typed is added on leaving."""
        if watched is self.box:
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                return self._key(event)
            if event.type() == QEvent.Type.FocusOut and not self._choosing():
                self._commit()
                self.close_box()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.box.clear()
            self.add_button.show()
            self.add_button.setFocus()
            self.close_box()
            return True
        if event.text() == ";":
            self._commit()
            return True
        return False

    def _choosing(self) -> bool:
        popup = self.box.completer().popup()
        return popup is not None and popup.isVisible()

    def _commit(self) -> None:
        name = self.box.text().strip()
        self.box.clear()
        if name and name not in self._chips:
            self.added.emit(name)

    def _chip(self, value: str) -> QPushButton:
        chip = _Chip(f"{shortened(value, CHIP_CHARACTERS)} ", self)
        set_role(chip, "chip")
        chip.setIcon(icon("close", Ink.MUTED))
        chip.setIconSize(QSize(10, 10))
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the icon goes to the far side of the text
        chip.setAccessibleName(f"Remove {self._noun} “{value}”")
        chip.setToolTip(plain_tool_tip(f"{value}\nClick to remove"))
        chip.clicked.connect(lambda: self.removed.emit(value))
        chip.show()
        return chip


class _Chip(QPushButton):
    """A button whose text is cut with “…” where there is no room, so that a long name does not push the pane wide."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        self._whole = text
        self.setMinimumWidth(40)

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        hint, metrics = super().sizeHint(), self.fontMetrics()
        missing = metrics.horizontalAdvance(self._whole) - metrics.horizontalAdvance(self.text().replace("&&", "&"))
        return hint + QSize(missing, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much of the text as there is room for."""
        super().resizeEvent(event)
        metrics = self.fontMetrics()
        room = self.width() - self.sizeHint().width() + metrics.horizontalAdvance(self._whole) + 1  # widths are rounded
        shown = metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        if shown != self.text().replace("&&", "&"):
            self.setText(shown.replace("&", "&&"))
