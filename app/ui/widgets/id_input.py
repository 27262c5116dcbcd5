"""Takes what a rep pastes, types, drops or opens, and has it read in the background."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import ContactScoutError
from app.domain.paste import Paste
from app.exchange.id_reader import IdFile
from app.qtbridge.tasks import TaskScope
from app.services import pasting
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import name_widgets
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import text_label
from app.ui.wording import count, shortened

PAUSE_MS = 150
LEAST_HEIGHT = 84

#: Characters. Qt lays out every line of a text box before it shows any, which takes half a second for 100,000 lines.
LARGEST_TEXT_IN_BOX = 10_000

WHOLE_FILE = -1
_SAMPLE_CHARACTERS = 40
_HINT = (
    "Paste anything with IDs in it: UUIDs, numbers, addresses of pages, a column of a spreadsheet.\n\n"
    "Text, CSV and XLSX files can be dropped here too."
)


class _PasteBox(QPlainTextEdit):
    """Plain text only; files and long texts are announced instead of inserted."""

    file_dropped = Signal(Path)
    long_text = Signal(str)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files and text."""
        return bool(local_file(source)) or source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Announce a file or a long text, insert a short one."""
        path = local_file(source)
        if path is not None:
            self.file_dropped.emit(path)
            return
        text = source.text()
        if len(text) + self.document().characterCount() <= LARGEST_TEXT_IN_BOX:
            self.insertPlainText(text)
            return
        before = "" if self._is_all_selected() else self.toPlainText()
        self.long_text.emit(f"{before}\n{text}" if before else text)

    def _is_all_selected(self) -> bool:
        cursor = self.textCursor()
        return cursor.selectionEnd() - cursor.selectionStart() >= self.document().characterCount() - 1


@dataclass(frozen=True, slots=True)
class _LongText:
    text: str


class IdInput(QWidget):
    """A box for text; a file, or a text too long for a box, stands in it as a card. Reading begins by itself.

    Signals:
        changed: `paste` is new; it is None while something is still being read, or a column has to be chosen.
        failed: A file could not be read (`ContactScoutError`).
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.paste: Paste | None = Paste()
        self._scope = scope
        self._long: _LongText | None = None
        self._file: IdFile | None = None
        self._path: Path | None = None
        self._loading = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._read_box)
        self.box = _PasteBox()
        self._stack = QStackedWidget()
        self._title = text_label(role="heading")
        self._detail = text_label(role="muted")
        self._note = text_label(role="warning")
        self._column = QComboBox()
        self._sheet = QComboBox()
        self._choices = QFormLayout()
        self._build()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was pasted, opened or is being opened."""
        return self._long is None and self._file is None and not self._loading and self.box.document().isEmpty()

    @property
    def waits_for_column(self) -> bool:
        """Whether a file is there whose column with the IDs the rep has to choose."""
        return self._file is not None and bool(self._file.columns) and self._column.currentIndex() < 0

    def clear(self) -> None:
        """Forget everything."""
        self._put_away()
        self.box.clear()
        self._text_changed()
        self.box.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_text(self, text: str) -> None:
        """Take a text instead of what was there."""
        self._put_away()
        if len(text) <= LARGEST_TEXT_IN_BOX:
            self.box.setPlainText(text)
            self._text_changed()
        else:
            self._take_long(text)

    def take(self, source: QMimeData) -> bool:
        """Take what was dropped next to the box; whether it was of use."""
        path = local_file(source)
        if path is not None:
            self.open(path)
        elif source.hasText():
            self.set_text(source.text())
        else:
            return False
        return True

    def open(self, path: Path) -> None:
        """Read a file instead of what was there."""
        self._begin()
        self._loading = True
        self._scope.replace("read", self._read_file(path))

    # -- reading -------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._pause.stop()
        self._scope.cancel("read")
        self._loading = False
        self.paste = None
        self.changed.emit()

    def _done(self, paste: Paste | None) -> None:
        self.paste = paste
        self.changed.emit()

    def _text_changed(self) -> None:
        self._begin()
        if self.box.document().isEmpty():
            self._done(Paste())
        else:
            self._pause.start()

    def _read_box(self) -> None:
        if self._file is None and self._long is None:
            self._scope.replace("read", self._read_text(self.box.toPlainText()))

    def _take_long(self, text: str) -> None:
        self._begin()
        self._long, self._file = _LongText(text), None
        lines = text.count("\n") + 1
        self._show_card("Pasted text", f"{count(lines, 'line')}, {count(len(text), 'character')}", "")
        self._scope.replace("read", self._read_text(text))

    async def _read_text(self, text: str) -> None:
        self._done(await pasting.read_text(text))

    async def _read_file(self, path: Path, sheet: str | None = None) -> None:
        try:
            file = await pasting.read_file(path, sheet=sheet)
        except ContactScoutError as error:
            self._loading = False
            self.failed.emit(error)
            # What was there before is still there, and is read again.
            if self._long is not None:
                self._take_long(self._long.text)
            elif self._file is not None:
                self._column_chosen()
            else:
                self._text_changed()
            return
        self._loading = False
        self._path = path
        if not file.columns and not file.sheets and not file.note and len(file.whole) <= LARGEST_TEXT_IN_BOX:
            self.set_text(file.whole)
            return
        self._file, self._long = file, None
        self._show_file(file)
        self._column_chosen()

    def _column_chosen(self) -> None:
        if self._file is not None:
            self._begin()
            if not self.waits_for_column:
                column = self._column.currentData()
                wanted = None if column in (None, WHOLE_FILE) else int(column)
                self._scope.replace("read", self._read_column(self._file, wanted))

    def _sheet_chosen(self) -> None:
        if self._path is not None:
            self._begin()
            self._scope.replace("read", self._read_file(self._path, self._sheet.currentText()))

    async def _read_column(self, file: IdFile, column: int | None) -> None:
        self._done(await pasting.read_column(file, column))

    # -- how it looks --------------------------------------------------------------------------------------

    def _put_away(self) -> None:
        self._long, self._file, self._path = None, None, None
        self._stack.setCurrentIndex(0)

    def _show_card(self, title: str, detail: str, note: str) -> None:
        self._title.setText(title)
        self._detail.setText(detail)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        for row, combo in enumerate((self._sheet, self._column)):
            self._choices.setRowVisible(row, combo.count() > 1 and self._file is not None)
        self._stack.setCurrentIndex(1)

    def _show_file(self, file: IdFile) -> None:
        self._sheet.clear()
        self._sheet.addItems(list(file.sheets))
        self._sheet.setCurrentText(file.sheet)
        self._column.clear()
        for column in file.columns:
            samples = shortened(", ".join(" ".join(sample.split()) for sample in column.samples), _SAMPLE_CHARACTERS)
            self._column.addItem(f"{column.name}: {samples}" if samples else f"{column.name}: empty", column.index)
        if file.columns:
            self._column.addItem("All columns", WHOLE_FILE)
        best = file.best()
        self._column.setCurrentIndex(-1 if best is None else self._column.findData(best.index))
        rows = count(len(file.lines), "row") if file.columns else count(len(file.whole), "character")
        self._show_card(file.name, rows, file.note)

    def _build(self) -> None:
        name_widgets(
            (
                (self.box, "fetch_ids", "IDs to fetch"),
                (self._title, "fetch_source", ""),
                (self._column, "fetch_column", "Column with the IDs"),
                (self._sheet, "fetch_sheet", "Sheet of the file"),
            )
        )
        self.box.setPlaceholderText(_HINT)
        self.box.setTabChangesFocus(True)
        self.box.setMinimumHeight(LEAST_HEIGHT)
        self.box.textChanged.connect(self._text_changed)
        self.box.file_dropped.connect(self.open)
        self.box.long_text.connect(self.set_text)
        self._column.setPlaceholderText("Choose the column with the IDs")
        for combo in (self._column, self._sheet):
            combo.setMinimumContentsLength(12)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._column.activated.connect(self._column_chosen)
        self._sheet.activated.connect(self._sheet_chosen)

        head = QHBoxLayout()
        head.setSpacing(SPACING.s)
        head.addWidget(IconLabel(icon("list", Ink.MUTED), size=20))
        head.addWidget(self._title, 1)
        self._choices.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._choices.setHorizontalSpacing(SPACING.m)
        self._choices.addRow("S&heet", self._sheet)
        self._choices.addRow("Co&lumn", self._column)
        card = QFrame()
        card.setProperty("card", True)  # noqa: FBT003
        card.setMinimumSize(QSize(0, LEAST_HEIGHT))
        column = QVBoxLayout(card)
        column.setContentsMargins(SPACING.m, SPACING.m, SPACING.m, SPACING.m)
        column.setSpacing(SPACING.s)
        column.addLayout(head)
        column.addWidget(self._detail)
        column.addWidget(self._note)
        column.addLayout(self._choices)
        column.addStretch()
        self._stack.addWidget(self.box)
        self._stack.addWidget(card)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)


def local_file(source: QMimeData) -> Path | None:
    """The first file on this computer that a drag or a clipboard holds."""
    files = [url.toLocalFile() for url in source.urls() if url.isLocalFile()]
    return Path(files[0]) if files else None
