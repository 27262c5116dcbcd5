"""The command palette: every action of the window by a few letters of its name."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.qtbridge.dialogs import run_dialog
from app.ui.actions import ActionEntry
from app.ui.colours import Ink, current_colours
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.labels import text_label

_Index = QModelIndex | QPersistentModelIndex
_KEYS = int(Qt.ItemDataRole.UserRole) + 1


class _PaletteModel(QAbstractListModel):
    """The actions that match what is typed, best first."""

    def __init__(self, entries: Iterable[ActionEntry], parent: QObject) -> None:
        super().__init__(parent)
        self._entries = [entry for entry in entries if entry.action.isVisible()]
        self._found: list[ActionEntry] = list(self._entries)

    def narrow(self, text: str) -> None:
        """Keep the actions that hold every word; those that begin with the first word come first."""
        words = text.casefold().split()
        self.beginResetModel()
        found = [entry for entry in self._entries if all(word in entry.title.casefold() for word in words)]
        first = words[0] if words else ""
        self._found = sorted(found, key=lambda entry: not _begins(entry, first))
        self.endResetModel()

    def entry(self, row: int) -> ActionEntry:
        return self._found[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._found)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self._found[index.row()]
        keys = entry.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "" if entry.action.isEnabled() else ", not available now"
            return f"{entry.title}, {keys}{state}" if keys else f"{entry.title}{state}"
        if role == _KEYS:
            return keys
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid() or not self._found[index.row()].action.isEnabled():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class _ShortcutDelegate(QStyledItemDelegate):
    """Paints the shortcut at the right end of the line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        keys = index.data(_KEYS)
        if keys:
            colours = current_colours()
            enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
            painter.save()
            painter.setPen(QColor(colours.muted if enabled else colours.disabled))
            area = QRect(option.rect).adjusted(0, 0, -SPACING.m, 0)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), str(keys))
            painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + 120, hint.height())


class CommandPalette(QDialog):
    """Type, choose with the arrow keys, Enter. `chosen` is the action, None when the rep changed their mind."""

    def __init__(self, entries: Sequence[ActionEntry], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle("Command palette")
        self.setAccessibleName("Command palette")
        self.setObjectName("command-palette")
        self.chosen: QAction | None = None
        self._model = _PaletteModel(entries, self)
        self.box = QLineEdit()
        self.box.setPlaceholderText("Type what you want to do")
        self.box.setAccessibleName("Find a command")
        self.box.addAction(icon("command", Ink.MUTED), QLineEdit.ActionPosition.LeadingPosition)
        self.box.textChanged.connect(self._narrow)
        self.box.installEventFilter(self)
        self.view = QListView()
        self.view.setModel(self._model)
        self.view.setItemDelegate(_ShortcutDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setAccessibleName("Commands")
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.clicked.connect(self._choose)
        self._nothing = text_label("No command has all these words.", role="muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING.s, SPACING.s, SPACING.s, SPACING.s)
        layout.setSpacing(SPACING.s)
        layout.addWidget(self.box)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._nothing, 1)
        self.resize(min(560, parent.width() - 2 * SPACING.xl), min(420, parent.height() - 2 * SPACING.xl))
        self._narrow("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list and choose while the cursor stays in the box."""
        if watched is self.box and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self._move(step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.view.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _narrow(self, text: str) -> None:
        self._model.narrow(text)
        found = self._model.rowCount() > 0
        self.view.setVisible(found)
        self._nothing.setVisible(not found)
        self.view.setCurrentIndex(QModelIndex())
        self._move(1)

    def _move(self, step: int) -> None:
        rows = self._model.rowCount()
        row = self.view.currentIndex().row()
        for _ in range(rows):
            row = (row + step) % rows if row >= 0 or step > 0 else rows - 1
            index = self._model.index(row, 0)
            if index.flags() & Qt.ItemFlag.ItemIsEnabled:
                self.view.setCurrentIndex(index)
                return

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.chosen = self._model.entry(index.row()).action
            self.accept()


async def run_command_palette(parent: QWidget, entries: Sequence[ActionEntry]) -> QAction | None:
    """Open the palette and wait for a choice; the caller triggers the action, when the palette is gone."""
    palette = CommandPalette(entries, parent)
    middle = parent.mapToGlobal(parent.rect().center())
    palette.move(middle.x() - palette.width() // 2, parent.mapToGlobal(parent.rect().topLeft()).y() + 90)
    try:
        await run_dialog(palette)
        return palette.chosen
    finally:
        palette.deleteLater()


def _begins(entry: ActionEntry, word: str) -> bool:
    return any(part.startswith(word) for part in entry.title.casefold().split()) if word else True
