"""A box to paste IDs into, with a live preview of how they were read."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QHeaderView, QPlainTextEdit, QTableView, QVBoxLayout, QWidget

from app.domain.identifiers import IdKind, ParsedIds, parse_ids
from app.exchange.text_file import read_text
from app.qtbridge.tasks import TaskScope
from app.ui.models.text_table_model import TextTableModel
from app.ui.theme import SPACING
from app.ui.widgets.labels import text_label
from app.ui.wording import count

_PAUSE_MS = 150
_LEAST_HEIGHT = 84


class _PasteBox(QPlainTextEdit):
    """Plain text only; a dropped file is announced instead of inserted as a path."""

    file_dropped = Signal(Path)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files and text."""
        return bool(_local_file(source)) or source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Announce a file, insert text."""
        path = _local_file(source)
        if path is not None:
            self.file_dropped.emit(path)
        else:
            super().insertFromMimeData(source)


class IdInput(QWidget):
    """Reads pasted, dropped or opened text as IDs, in a thread, a moment after the last keystroke.

    Signals:
        parsed_changed: `parsed` is new; it is None while a text is still being read.
        file_dropped: A file (Path) was dropped; the owner reads it with `load`.
    """

    parsed_changed = Signal()
    file_dropped = Signal(Path)

    def __init__(self, scope: TaskScope, kind: IdKind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parsed: ParsedIds | None = None
        self._scope = scope
        self._kind = kind
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._read_soon)
        self.box = _PasteBox()
        self.box.setObjectName("fetch_ids")
        self.box.setAccessibleName("IDs to fetch")
        self.box.setTabChangesFocus(True)
        self.box.setMinimumHeight(_LEAST_HEIGHT)
        self.box.textChanged.connect(self._text_changed)
        self.box.file_dropped.connect(self.file_dropped)
        self._summary = text_label(role="heading")
        self._summary.setObjectName("fetch_preview")
        self._detail = text_label(role="muted")
        self._unreadable = TextTableModel(("Line", "Text", "Why it cannot be read"), self)
        self._table = QTableView()
        self._set_up_table()
        self._lay_out()
        self.set_kind(kind)
        self._show()

    @property
    def kind(self) -> IdKind:
        """What the IDs look like."""
        return self._kind

    def set_kind(self, kind: IdKind) -> None:
        """Read the text as IDs of this kind from now on."""
        self._kind = kind
        example = "b3c6f5e2-1234-4abc-9def-0123456789ab" if kind is IdKind.UUID else "104882, 104883, 104884"
        self.box.setPlaceholderText(
            f"Paste IDs here, such as {example}\n\nOne per line, or separated by spaces, commas or semicolons. "
            "A text or CSV file can be dropped here too."
        )
        self._text_changed()

    def set_text(self, text: str) -> None:
        """Replace what is in the box."""
        self.box.setPlainText(text)

    async def load(self, path: Path) -> None:
        """Put a file's text into the box.

        Raises:
            InputError: The file cannot be read, or is no text.
        """
        text, _encoding = await asyncio.to_thread(read_text, path)
        self.set_text(text)

    def _text_changed(self) -> None:
        self._scope.cancel("parse")
        self.parsed = None
        self._pause.start()
        self.parsed_changed.emit()

    def _read_soon(self) -> None:
        self._scope.replace("parse", self._read(self.box.toPlainText(), self._kind))

    async def _read(self, text: str, kind: IdKind) -> None:
        self.parsed = await asyncio.to_thread(parse_ids, text, kind)
        self._show()
        self.parsed_changed.emit()

    def _show(self) -> None:
        parsed = self.parsed
        if parsed is None or not parsed.pieces:
            self._summary.setText("Nothing pasted yet")
            self._detail.setText("What you paste is read here at once: valid, duplicate and unreadable IDs.")
            self._table.hide()
            return
        self._summary.setText(
            f"{len(parsed.valid):,} valid · {count(parsed.duplicates, 'duplicate')} · "
            f"{len(parsed.unreadable):,} unreadable"
        )
        self._detail.setText(f"{count(parsed.pieces, 'piece')} pasted in all.")
        self._unreadable.set_rows([(str(bad.line), bad.text, bad.reason) for bad in parsed.unreadable])
        self._table.setVisible(bool(parsed.unreadable))

    def _set_up_table(self) -> None:
        self._table.setModel(self._unreadable)
        self._table.setMinimumHeight(0)
        self._table.horizontalHeader().setHighlightSections(False)
        self._table.setObjectName("fetch_unreadable")
        self._table.setAccessibleName("Unreadable IDs")
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        self._table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self._table.setTabKeyNavigation(False)
        self._table.setWordWrap(False)
        self._table.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self._table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.resizeSection(0, 52)
        header.resizeSection(1, 120)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        preview = QFrame()
        preview.setProperty("card", True)  # noqa: FBT003
        column = QVBoxLayout(preview)
        column.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.s)
        column.setSpacing(SPACING.xs)
        column.addWidget(self._summary)
        column.addWidget(self._detail)
        column.addWidget(self._table, 1)
        column.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING.m)
        row.addWidget(self.box, 1)
        row.addWidget(preview, 1)


def _local_file(source: QMimeData) -> Path | None:
    files = [url.toLocalFile() for url in source.urls() if url.isLocalFile()]
    return Path(files[0]) if files else None
