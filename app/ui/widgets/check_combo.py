"""A field for several of a list of choices, with a list that opens below it."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.domain.search import Choice
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.labels import set_role

_VALUE = int(Qt.ItemDataRole.UserRole) + 1
_SEARCH_FROM = 10
_LIST_HEIGHT = 260


class CheckCombo(QPushButton):
    """Shows what is chosen, “Any” when nothing is; opens its list on click, Space, Enter or Down.

    With `open_choices` a value that is not in the list can be typed and is added, checked.
    """

    values_changed = Signal()

    def __init__(
        self,
        label: str,
        choices: Sequence[Choice] = (),
        *,
        open_choices: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._label = label
        self._open_choices = open_choices
        set_role(self, "combo")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._arrow = icon("chevron-down", Ink.MUTED)
        self._model = QStandardItemModel(self)
        self._model.itemChanged.connect(self._on_changed)
        self._popup = QFrame(self, Qt.WindowType.Popup)
        set_role(self._popup, "popup")
        self._box = QLineEdit()
        self._box.setAccessibleName(f"Find a choice of {label}")
        self._box.setPlaceholderText("Find or type a value and press Enter" if open_choices else "Find")
        self._box.textChanged.connect(self._narrow)
        self._box.returnPressed.connect(self._enter)
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setAccessibleName(label)
        self._list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._list.setUniformItemSizes(True)
        self._list.clicked.connect(self._toggle)
        self._list.installEventFilter(self)
        layout = QVBoxLayout(self._popup)
        layout.setContentsMargins(SPACING.xs, SPACING.xs, SPACING.xs, SPACING.xs)
        layout.setSpacing(SPACING.xs)
        layout.addWidget(self._box)
        layout.addWidget(self._list)
        self.clicked.connect(self.open_list)
        self.set_choices(choices)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these choices; values that are chosen stay chosen, also when they are not among them."""
        chosen = self.values()
        self._model.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self._model.clear()
        known = {choice.value for choice in choices}
        for choice in [*choices, *(Choice(value, value) for value in chosen if value not in known)]:
            self._model.appendRow(self._item(choice, checked=choice.value in chosen))
        self._model.blockSignals(False)  # noqa: FBT003 - Qt's signature
        self._list.reset()
        self._box.setVisible(self._open_choices or self._model.rowCount() >= _SEARCH_FROM)
        self._show_text()

    def values(self) -> tuple[str, ...]:
        """The chosen values, in the list's order."""
        items = (self._model.item(row) for row in range(self._model.rowCount()))
        return tuple(str(item.data(_VALUE)) for item in items if item.checkState() is Qt.CheckState.Checked)

    def set_values(self, values: Iterable[str]) -> None:
        """Choose exactly these values; unknown ones are added to the list."""
        wanted = list(dict.fromkeys(values))
        known = set()
        for row in range(self._model.rowCount()):
            item = self._model.item(row)
            known.add(item.data(_VALUE))
            item.setCheckState(_state(checked=item.data(_VALUE) in wanted))
        for value in wanted:
            if value not in known:
                self._model.appendRow(self._item(Choice(value, value), checked=True))
        self._on_changed()

    def open_list(self) -> None:
        """Open the list below the field."""
        self._box.clear()
        rows = max(1, self._model.rowCount())
        row_height = max(self._list.sizeHintForRow(0), self.fontMetrics().height() + SPACING.s)
        self._list.setFixedHeight(min(_LIST_HEIGHT, rows * row_height + SPACING.s))
        self._popup.setFixedWidth(max(self.width(), 220))
        self._popup.adjustSize()
        self._popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        self._popup.show()
        if self._box.isVisible():
            self._box.setFocus()
        else:
            self._list.setFocus()
            self._list.setCurrentIndex(self._model.index(0, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the list on Down, as a combo box does."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_F4):
            self.open_list()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Toggle the current line on Space; Enter closes the list."""
        if watched is self._list and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Space and self._list.currentIndex().isValid():
                self._toggle(self._list.currentIndex())
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._popup.hide()
                return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text into the new width."""
        super().resizeEvent(event)
        self._show_text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field with the arrow of a combo box."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = 14
        mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
        area = QRect(self.width() - side - SPACING.s, (self.height() - side) // 2, side, side)
        self._arrow.paint(painter, area, Qt.AlignmentFlag.AlignCenter, mode)
        painter.end()

    def _item(self, choice: Choice, *, checked: bool) -> QStandardItem:
        item = QStandardItem(choice.label)
        item.setData(choice.value, _VALUE)
        # Drawn with a box but toggled by us, so that a click anywhere on the line counts.
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        item.setCheckState(_state(checked=checked))
        return item

    def _on_changed(self) -> None:
        self._show_text()
        self.values_changed.emit()

    def _show_text(self) -> None:
        items = (self._model.item(row) for row in range(self._model.rowCount()))
        chosen = [item.text() for item in items if item.checkState() is Qt.CheckState.Checked]
        text = ", ".join(chosen) if chosen else "Any"
        room = max(self.width() - 40, 120)
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room).replace("&", "&&"))
        self.setAccessibleName(f"{self._label}: {text}")
        self.setToolTip("\n".join(chosen))

    def _toggle(self, index: QModelIndex) -> None:
        item = self._model.itemFromIndex(index)
        item.setCheckState(_state(checked=item.checkState() is not Qt.CheckState.Checked))

    def _narrow(self, text: str) -> None:
        wanted = text.strip().casefold()
        for row in range(self._model.rowCount()):
            self._list.setRowHidden(row, wanted not in self._model.item(row).text().casefold())

    def _enter(self) -> None:
        typed = self._box.text().strip()
        if not typed:
            self._popup.hide()
            return
        for row in range(self._model.rowCount()):
            item = self._model.item(row)
            if typed.casefold() in (item.text().casefold(), str(item.data(_VALUE)).casefold()):
                item.setCheckState(Qt.CheckState.Checked)
                self._box.clear()
                return
        if self._open_choices:
            self._model.appendRow(self._item(Choice(typed, typed), checked=True))
            self._on_changed()
            self._box.clear()


def _state(*, checked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
