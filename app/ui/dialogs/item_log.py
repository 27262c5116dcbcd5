"""The log of one person in the queue: every step, when, and by which request."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHeaderView, QPushButton, QTableView, QWidget

from app.domain.enrichment import EnrichmentItem, QueueEvent
from app.qtbridge.dialogs import run_dialog
from app.ui.models.queue_text import item_texts
from app.ui.models.text_table_model import TextTableModel
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, text_label
from app.ui.widgets.plain_table import dress_table
from app.ui.wording import clock, short_moment

if TYPE_CHECKING:
    from app.composition import Services


class ItemLog(QDialog):
    """Shows events, oldest first; they can be copied as text."""

    def __init__(self, item: EnrichmentItem, events: list[QueueEvent], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = [
            (f"{short_moment(event.at).partition(',')[0]}, {clock(event.at)}", event.text, event.request_id or "–")
            for event in events
        ]
        model = TextTableModel(("When", "What happened", "Request"), self)
        model.set_rows(self._rows)
        table = QTableView()
        table.setObjectName("item_log_events")
        table.setAccessibleName("What happened, oldest first")
        table.setModel(model)
        dress_table(table)
        header = table.horizontalHeader()
        header.resizeSection(0, 130)
        header.resizeSection(2, 300)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        name, state, per_field, _, details = item_texts(item)
        copy, close = QPushButton("Copy"), QPushButton("Close")
        for button, spoken in ((copy, "Copy the log"), (close, "Close")):
            button.setObjectName(f"item_log_{button.text().lower()}")
            button.setAccessibleName(spoken)
        copy.clicked.connect(self._copy)
        close.setDefault(True)
        close.clicked.connect(self.reject)
        self.setObjectName("item_log")
        self.setWindowTitle("Log")
        self.setMinimumSize(860, 420)
        buttons = button_row(close, left=(copy,))
        column = dialog_column(self)
        column.addWidget(text_label(name, role="heading", selectable=True))
        said = " · ".join(part for part in (f"{state} ({per_field})" if per_field else state, details) if part)
        column.addWidget(text_label(said, role="muted", selectable=True))
        column.addWidget(table, 1)
        column.addWidget(rule())
        column.addLayout(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in self._rows))


async def run_item_log(parent: QWidget, services: "Services", item: EnrichmentItem) -> None:
    """Show what happened to one person."""
    dialog = ItemLog(item, await services.enrichment.events(item.item_id), parent)
    try:
        await run_dialog(dialog)
    finally:
        dialog.deleteLater()
