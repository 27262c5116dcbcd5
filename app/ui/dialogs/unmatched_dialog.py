"""Entries of answers that are about nobody we asked for: kept as the service sent them, for the rep to look at."""

import json
from collections.abc import Sequence

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QWidget

from app.domain.enrichment import Unmatched
from app.qtbridge.dialogs import run_dialog
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, text_label
from app.ui.wording import count


class UnmatchedDialog(QDialog):
    """Shows the entries as text that can be marked and copied."""

    def __init__(self, entries: Sequence[Unmatched], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unmatched_dialog")
        self.setWindowTitle("Unmatched")
        self.setMinimumSize(720, 460)
        box = QPlainTextEdit()
        box.setObjectName("unmatched_entries")
        box.setAccessibleName("Entries that match nobody")
        box.setReadOnly(True)
        box.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        box.setPlainText("\n\n".join(f"Request {each.request_id or '–'}\n{_readable(each.raw)}" for each in entries))
        close = QPushButton("Close")
        close.setObjectName("unmatched_close")
        close.setAccessibleName("Close")
        close.setDefault(True)
        close.clicked.connect(self.reject)
        column = dialog_column(self)
        column.addWidget(text_label(f"{count(len(entries), 'entry')} about nobody we asked for", role="heading"))
        column.addWidget(
            text_label(
                "The service sent them without a key of ours, so they belong to no contact and were put aside.",
                role="muted",
            )
        )
        column.addWidget(box, 1)
        column.addWidget(rule())
        column.addLayout(button_row(close))


def _readable(raw: bytes) -> str:
    """JSON with line breaks where it is JSON, else the text as it is."""
    text = raw.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


async def run_unmatched_dialog(parent: QWidget, entries: Sequence[Unmatched]) -> None:
    """Show entries until the dialog is closed."""
    dialog = UnmatchedDialog(entries, parent)
    try:
        await run_dialog(dialog)
    finally:
        dialog.deleteLater()
