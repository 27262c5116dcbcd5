"""A table of backups: when each was made, why, and what it holds."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from app.domain.backups import Backup
from app.ui.models.text_table_model import RecordTableModel
from app.ui.widgets.plain_table import dress_table
from app.ui.wording import moment

_COLUMNS = ("Made", "Why", "Contacts", "Size")


class BackupTable(QTableView):
    """One is chosen at a time, the newest to begin with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RecordTableModel[Backup](_COLUMNS, _texts, self)
        self.setObjectName("backups")
        self.setAccessibleName("Backups, newest first")
        self.setModel(self._model)
        dress_table(self, (220, 200, 130))
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        header = self.horizontalHeader()
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)

    def set_backups(self, backups: Sequence[Backup]) -> None:
        """Show these; the one that was chosen stays chosen where it is still there."""
        chosen = self.chosen()
        self._model.set_rows(list(backups))
        if backups:
            row = next((row for row, each in enumerate(backups) if chosen and each.path == chosen.path), 0)
            self.selectionModel().setCurrentIndex(
                self._model.index(row, 0),
                QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
            )

    def chosen(self) -> Backup | None:
        """The backup that is selected."""
        rows = self.selectionModel().selectedRows()
        return self._model.record(rows[0].row()) if rows else None


def size_text(size: int) -> str:
    """Bytes as the rep reads them."""
    return f"{size / 1_000_000:,.1f} MB"


def _texts(backup: Backup) -> tuple[str, ...]:
    contacts = "–" if backup.contacts is None else f"{backup.contacts:,}"
    return moment(backup.at), backup.kind.label.capitalize(), contacts, size_text(backup.size)
