"""The do-not-contact list: who is on it, and ways to put people and companies on it and take them off."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError
from app.domain.suppression import SuppressionEntry
from app.exchange.suppression_reader import BadLine
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.dialogs import open_file
from app.qtbridge.tasks import TaskScope
from app.services.suppression import AddReport
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.models.text_table_model import RecordTableModel
from app.ui.refresher import Refresher
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column, name_widgets
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.plain_table import dress_table
from app.ui.wording import count, moment

if TYPE_CHECKING:
    from app.composition import Services

_COLUMNS = ("Kind", "Entry", "Note", "Since")
_FILES = "Tables of text (*.csv *.tsv *.txt);;All files (*)"
_PROBLEMS_NAMED = 3


class SuppressionDialog(QDialog):
    """Shows the list, and changes it at once; every change can be undone with the rep's other work.

    Args:
        services: Where the list is.
        contact_ids: The contacts that are selected in the window.
        parent: The window it belongs to.
    """

    def __init__(self, services: "Services", contact_ids: Sequence[int] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._suppression = services.suppression
        self._contact_ids = list(contact_ids)
        self._entries: list[SuppressionEntry] = []
        self.banner = Banner()
        self._scope = TaskScope("do-not-contact list", failure_handler(self.banner.show_error))
        self._refresher = Refresher(self._scope, "read the do-not-contact list", self._read)
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._changed)
        self._filter = QLineEdit()
        self._model = RecordTableModel(_COLUMNS, _texts, self)
        self.table = QTableView()
        self._empty = EmptyState("success", "Nobody is on the list", "Paste addresses, domains or numbers below.")
        self._count = text_label(role="muted")
        self._remove = QPushButton("Take off the list")
        self._paste = QPlainTextEdit()
        self._told = text_label(role="muted")
        self._add = QPushButton("Add")
        self._import = QPushButton("Add from a file…")
        self._selected = QPushButton()
        self._close = QPushButton("Close")
        self._build()
        self._lay_out()
        self._show_paste()
        self._refresher.request()

    async def shut_down(self) -> None:
        """Stop what runs."""
        self._bridge.close()
        await self._scope.aclose()

    # What the rep does

    def _add_pasted(self) -> None:
        self._scope.replace("change", self._add_text(self._paste.toPlainText()))

    async def _add_text(self, text: str) -> None:
        report = await self._suppression.add_text(text)
        self._paste.clear()
        self._tell(report)

    async def _add_file(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        path = await open_file(self, "Add from a file", folder, _FILES)
        if path is not None:
            self._tell(await self._suppression.import_file(path))

    async def _add_contacts(self) -> None:
        report = await self._suppression.add_contacts(self._contact_ids)
        text = f"{count(report.added, 'entry')} of {count(len(self._contact_ids), 'contact')} added."
        if report.unnamed:
            rest = count(len(report.unnamed), "contact")
            self.banner.show_warning(
                f"{text} Nothing could name {rest}: no e-mail, number or LinkedIn profile is known."
            )
        else:
            self.banner.show_success(text)

    async def _take_off(self) -> None:
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        removed = await self._suppression.remove([self._model.record(row) for row in sorted(rows)])
        self.banner.show_success(f"{count(removed, 'entry')} taken off the list.")

    def _tell(self, report: AddReport) -> None:
        known = f" {count(report.known, 'entry')} known already." if report.known else ""
        text = f"{count(report.added, 'entry')} added.{known}"
        if report.problems:
            self.banner.show_warning(f"{text} {_problems_text(report.problems)}")
        else:
            self.banner.show_success(text)

    # What it shows

    def _changed(self, change: Change) -> None:
        if change.kind is ChangeKind.SUPPRESSION:
            self._refresher.request()

    async def _read(self) -> None:
        self._entries = await self._suppression.entries()
        self._narrow()

    def _narrow(self) -> None:
        wanted = self._filter.text().strip().casefold()
        shown = [each for each in self._entries if wanted in f"{each.kind.label} {each.value} {each.note}".casefold()]
        self._model.set_rows(shown)
        self.table.setVisible(bool(self._entries))
        self._empty.setVisible(not self._entries)
        narrowed = f"{len(shown):,} of " if wanted else ""
        self._count.setText(f"{narrowed}{count(len(self._entries), 'entry')}" if self._entries else "")
        self._show_selection()

    def _show_selection(self) -> None:
        chosen = len(self.table.selectionModel().selectedRows())
        text = f"Take {count(chosen, 'entry')} off the list" if chosen else "Take off the list"
        self._remove.setText(text)
        self._remove.setAccessibleName(text)
        self._remove.setEnabled(chosen > 0)

    def _show_paste(self) -> None:
        text = self._paste.toPlainText()
        try:
            paste = self._suppression.read(text)
        except ContactScoutError as error:
            self._told.setText(error.text)
            self._told.show()
            self._add.setEnabled(False)
            return
        number = len(paste.entries)
        words = f"Add {count(number, 'entry')}" if number else "Add"
        self._add.setText(words)
        self._add.setAccessibleName(words)
        self._add.setEnabled(number > 0)
        twice = f"{count(paste.duplicates, 'entry')} twice." if paste.duplicates else ""
        self._told.setText(" ".join(filter(None, (_problems_text(paste.problems), twice))))
        self._told.setVisible(bool(self._told.text()))

    def _build(self) -> None:
        self.setObjectName("suppression_dialog")
        self.setWindowTitle("Do not contact")
        self.setMinimumSize(720, 640)
        name_widgets(
            (
                (self._filter, "suppression_filter", "Find an entry"),
                (self.table, "suppression_entries", "Do-not-contact list, newest first"),
                (self._remove, "suppression_remove", "Take off the list"),
                (self._paste, "suppression_paste", "People and companies to add"),
                (self._add, "suppression_add", "Add"),
                (self._import, "suppression_import", "Add from a file"),
                (self._selected, "suppression_selected", ""),
                (self._close, "suppression_close", "Close"),
            )
        )
        self._count.setObjectName("suppression_count")
        self._told.setObjectName("suppression_told")
        self._filter.setPlaceholderText("Find an entry")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._narrow)
        self._paste.setPlaceholderText("ada@acme.example\nacme.example\n+44 20 7946 0018\nlinkedin.com/in/ada-hart")
        self._paste.setTabChangesFocus(True)
        self._paste.setMaximumHeight(110)
        self._paste.textChanged.connect(self._show_paste)
        words = f"Add {count(len(self._contact_ids), 'selected contact')}"
        self._selected.setText(words)
        self._selected.setAccessibleName(words)
        self._selected.setToolTip("By all their e-mail addresses, numbers and profiles; not by their company's domain")
        self._selected.setVisible(bool(self._contact_ids))
        self._add.clicked.connect(self._add_pasted)
        self._import.clicked.connect(lambda: self._scope.replace("change", self._add_file()))
        self._selected.clicked.connect(lambda: self._scope.replace("change", self._add_contacts()))
        self._remove.clicked.connect(lambda: self._scope.replace("change", self._take_off()))
        self._close.clicked.connect(self.reject)
        for button in (self._add, self._import, self._selected, self._remove, self._close):
            button.setAutoDefault(False)
        self._set_up_table()

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self._model)
        dress_table(table, (90, 300, 140, 145))
        header = table.horizontalHeader()
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.selectionModel().selectionChanged.connect(lambda *_: self._show_selection())

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setSpacing(SPACING.xs)
        head.addWidget(text_label("Do not contact", role="heading"))
        head.addWidget(
            text_label(
                "Who is named here is neither enriched nor exported. A domain names everybody at it.", role="muted"
            )
        )
        below = QHBoxLayout()
        below.setSpacing(SPACING.s)
        below.addWidget(self._count, 1)
        below.addWidget(self._remove)
        adding = QLabel("&Add, one a line: e-mail address, domain, phone number or LinkedIn profile")
        adding.setBuddy(self._paste)
        set_role(adding, "section")
        column = dialog_column(self)
        column.addLayout(head)
        column.addWidget(self.banner)
        column.addWidget(self._filter)
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        column.addLayout(below)
        column.addWidget(adding)
        column.addWidget(self._paste)
        column.addWidget(self._told)
        column.addLayout(button_row(self._selected, self._import, self._add))
        column.addWidget(rule())
        column.addLayout(button_row(self._close))
        self.table.hide()


def _texts(entry: SuppressionEntry) -> tuple[str, ...]:
    since = moment(entry.added_at) if entry.added_at is not None else "–"
    return entry.kind.label, entry.value, entry.note or "–", since


def _problems_text(problems: Sequence[BadLine]) -> str:
    if not problems:
        return ""
    named = "; ".join(f"line {bad.line}: “{bad.text[:40]}” {bad.reason}" for bad in problems[:_PROBLEMS_NAMED])
    more = f"; and {len(problems) - _PROBLEMS_NAMED:,} more" if len(problems) > _PROBLEMS_NAMED else ""
    return f"Left out, {named}{more}."


async def run_suppression_dialog(parent: QWidget, services: "Services", contact_ids: Sequence[int] = ()) -> None:
    """Show the list until it is closed; `contact_ids` are the contacts selected in the window."""
    dialog = SuppressionDialog(services, contact_ids, parent)
    await run_to_end(dialog, dialog.shut_down)
