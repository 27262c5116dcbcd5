"""Splitting a contact: which of its source records belong to somebody else."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QPushButton, QWidget

from app.domain.contact import ContactDetails, RecordKind, SourceRecord
from app.qtbridge.dialogs import run_dialog
from app.ui.dialogs.plain_frame import lay_out, say
from app.ui.panes.inspector_words import KINDS, age_text
from app.ui.widgets.dialog_parts import name_widgets
from app.ui.widgets.labels import plain_tool_tip, text_label
from app.ui.wording import NO_NAME, count, role_text

_RECORD = int(Qt.ItemDataRole.UserRole)


class SplitDialog(QDialog):
    """Chooses records; the caller splits. `record_ids` are those of the other person, () when cancelled."""

    def __init__(self, details: ContactDetails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.record_ids: tuple[int, ...] = ()
        self.view = QListWidget()
        self._problem = text_label(role="muted")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build(details)
        self._show()

    def accept(self) -> None:
        """Take the choice over and close."""
        if self._confirm.isEnabled():
            self.record_ids = self._chosen()
            super().accept()

    def _chosen(self) -> tuple[int, ...]:
        items = (self.view.item(row) for row in range(self.view.count()))
        return tuple(int(item.data(_RECORD)) for item in items if item.checkState() is Qt.CheckState.Checked)

    def _show(self) -> None:
        chosen, total = len(self._chosen()), self.view.count()
        everything = chosen == total
        if everything:
            told = "At least one record must stay with this contact."
        elif chosen:
            told = f"{count(total - chosen, 'record')} {'stays' if total - chosen == 1 else 'stay'} with this contact."
        else:
            told = "Tick the records of the other person."
        self._problem.setText(told)
        say(self._confirm, f"Split off {count(chosen, 'record')}" if chosen else "Split off")
        self._confirm.setEnabled(0 < chosen < total)

    def _build(self, details: ContactDetails) -> None:
        self.setWindowTitle("Split a contact")
        self.setMinimumWidth(520)
        name_widgets(
            (
                (self, "split_dialog", ""),
                (self.view, "split_records", "Source records"),
                (self._confirm, "split_confirm", ""),
                (self._cancel, "split_cancel", "Cancel"),
            )
        )
        for record in details.records:
            item = QListWidgetItem(record_words(record))
            item.setData(_RECORD, record.record_id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            item.setToolTip(plain_tool_tip(item.text()))
            item.setSizeHint(QSize(200, 2 * self.view.fontMetrics().height() + 14))
            self.view.addItem(item)
        self.view.setAlternatingRowColors(True)
        self.view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setMinimumHeight(220)
        self.view.itemChanged.connect(lambda _: self._show())
        self.view.setCurrentRow(0)
        name = details.row.display_name or "This contact"
        shown = name if len(name) <= 60 else f"{name[:59]}…"
        lay_out(
            self,
            f"Split {shown}",
            "Which of these source records belong to somebody else? They become a contact of their own, and the two "
            "stay apart from then on. It can be undone.",
            [self.view, self._problem],
            confirm=self._confirm,
            cancel=self._cancel,
        )
        self.view.setFocus()


def record_words(record: SourceRecord) -> str:
    """A source record in two lines: who it names, and where it comes from."""
    fields = record.fields
    role = role_text(fields.job_title, fields.company_name)
    values = (fields.display_name, role, *(email.address for email in fields.emails[:1]))
    who = " · ".join(part for part in values if part)
    number = f"ID {record.provider_id}" if record.provider_id and record.kind is not RecordKind.ENRICHMENT else ""
    source = (record.provider.label, KINDS[record.kind], number, age_text(record.fetched_at))
    return f"{who or NO_NAME}\n{' · '.join(part for part in source if part)}"


async def run_split_dialog(parent: QWidget, details: ContactDetails) -> tuple[int, ...]:
    """Ask which records to split off; () when the rep cancelled."""
    dialog = SplitDialog(details, parent)
    try:
        await run_dialog(dialog)
        return dialog.record_ids
    finally:
        dialog.deleteLater()
