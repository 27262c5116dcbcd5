"""The ledger: every reservation, charge and release, with totals, and how they compare with the balance."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QStandardPaths
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QWidget,
)

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import LedgerFilter, LedgerKind, LedgerLine
from app.domain.fetching import Reconciliation
from app.domain.provider import Provider
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.dialogs import save_file
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.models.queue_text import run_title
from app.ui.models.text_table_model import RecordTableModel
from app.ui.refresher import Refresher
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import rule, text_label
from app.ui.widgets.plain_table import dress_table
from app.ui.wording import DAY_FORMAT, count, moment, short_moment

if TYPE_CHECKING:
    from app.composition import Services

SHOWN = 5_000
_COLUMNS = ("When", "Service", "Kind", "Credits", "For", "Request", "Note")
_BETWEEN = -1
_DAYS = (
    ("All days", None),
    ("Today", 0),
    ("Last 7 days", 6),
    ("Last 30 days", 29),
    ("Last 90 days", 89),
    ("From … to …", _BETWEEN),
)


class LedgerDialog(QDialog):
    """Reads the books by filter, and again whenever they change."""

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._titles: dict[int, str] = {}
        self.banner = Banner()
        self._scope = TaskScope("ledger", failure_handler(self.banner.show_error))
        self._refresher = Refresher(self._scope, "read the ledger", self._read)
        self._bridge = ChangeBridge(services.changes, self)
        self._bridge.changed.connect(self._changed)
        self._provider, self._kind, self._run, self._days = (QComboBox() for _ in range(4))
        self._since, self._until, self._to = QDateEdit(), QDateEdit(), QLabel("to")
        self._lines: list[LedgerLine] = []
        self._total = 0
        self._model = RecordTableModel(_COLUMNS, self._texts, self)
        self.table = QTableView()
        self._empty = EmptyState("info", "No entries", "Nothing that fits has been reserved or charged.")
        self._totals = text_label(role="heading")
        self._totals.setObjectName("ledger_totals")
        self._balance = text_label(selectable=True)
        self._balance.setObjectName("ledger_reconciliation")
        self._count = text_label(role="muted")
        self._count.setObjectName("ledger_count")
        self._older = QPushButton()
        self._save = QPushButton("Save as CSV…")
        self._close = QPushButton("Close")
        self._build()
        self._refresher.request()

    async def shut_down(self) -> None:
        """Stop reading."""
        self._bridge.close()
        await self._scope.aclose()

    def wanted(self) -> LedgerFilter:
        """The filter as it is set."""
        days = self._days.currentData()
        since: date | None = None
        until: date | None = None
        if days == _BETWEEN:
            # Whoever names the days the wrong way round means the same days.
            since, until = sorted((_day(self._since), _day(self._until)))
        elif days is not None:
            since = datetime.now(UTC).date() - timedelta(days=days)
        return LedgerFilter(
            self._provider.currentData(), self._kind.currentData(), self._run.currentData(), since, until
        )

    def _days_changed(self) -> None:
        for widget in (self._since, self._until, self._to):
            widget.setVisible(self._days.currentData() == _BETWEEN)
        self._refresher.request()

    def _changed(self, change: Change) -> None:
        if change.kind is ChangeKind.LEDGER:
            self._refresher.request()

    async def _read(self) -> None:
        runs = await self._services.enrichment.runs()
        self._titles = {run.run_id: run_title(run) for run in runs}
        for fetch in await self._services.fetching.runs():
            self._titles[fetch.run_id] = f"Bulk fetch of {short_moment(fetch.created_at)} · {fetch.provider.label}"
        for run_id, title in self._titles.items():
            if self._run.findData(run_id) < 0:
                self._run.addItem(title, run_id)
        wanted = self.wanted()
        lines = await self._services.ledger.lines(wanted, SHOWN)
        totals = await self._services.ledger.totals(replace(wanted, kind=None))
        differences = await self._services.ledger.reconciliations(wanted.run_id)
        self._lines = lines
        self._total = await self._services.ledger.count(wanted)
        self._model.set_rows(self._lines)
        self.table.setVisible(bool(lines))
        self._empty.setVisible(not lines)
        self._save.setEnabled(bool(lines))
        self._totals.setText(
            f"{count(totals[LedgerKind.CHARGED], 'credit')} charged · {totals[LedgerKind.RESERVED]:,} reserved · "
            f"{totals[LedgerKind.RELEASED]:,} released"
        )
        self._show_count()
        self._balance.setText(reconciliation_text(differences, wanted.run_id))

    async def _read_older(self) -> None:
        """The next page below; the totals are of all of them already."""
        older = await self._services.ledger.lines(self.wanted(), SHOWN, before=self._lines[-1].line_id)
        at = self.table.verticalScrollBar().value()
        self._lines = [*self._lines, *older]
        self._model.set_rows(self._lines)
        self.table.verticalScrollBar().setValue(at)
        self._show_count()

    def _show_count(self) -> None:
        left = self._total - len(self._lines)
        shown = f"The newest {len(self._lines):,} of {count(self._total, 'entry')}"
        self._count.setText(shown if left > 0 else count(self._total, "entry"))
        words = f"Show {min(left, SHOWN):,} older"
        self._older.setText(words)
        self._older.setAccessibleName(words)
        self._older.setVisible(left > 0)

    def _texts(self, line: LedgerLine) -> tuple[str, ...]:
        provider = next((each.label for each in Provider if each.value == line.provider), line.provider)
        what = self._titles.get(line.run_id, f"Run {line.run_id}") if line.run_id is not None else "–"
        return (
            moment(line.at),
            provider,
            line.kind.value.capitalize(),
            f"{line.credits:,}",
            what,
            line.request_id or "–",
            line.note or "–",
        )

    def _start_saving(self) -> None:
        self._scope.replace("save", self._save_csv())

    async def _save_csv(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        name = f"ledger-{datetime.now(UTC).date():%Y-%m-%d}.csv"
        path = await save_file(self, "Save the ledger", folder / name, "CSV (*.csv);;All files (*)")
        if path is not None:
            number = await self._services.ledger.export_csv(self.wanted(), path)
            self.banner.show_success(f"{count(number, 'entry')} saved to {path}")

    def _build(self) -> None:
        self.setObjectName("ledger_dialog")
        self.setWindowTitle("Ledger")
        self.setMinimumSize(1160, 580)
        self._provider.addItem("All services", None)
        for provider in Provider:
            self._provider.addItem(provider.label, provider.value)
        self._kind.addItem("All kinds", None)
        for kind in LedgerKind:
            self._kind.addItem(kind.value.capitalize(), kind)
        self._run.addItem("All runs", None)
        for words, days in _DAYS:
            self._days.addItem(words, days)
        filters = QHBoxLayout()
        filters.setSpacing(SPACING.s)
        for box, name, words in (
            (self._provider, "ledger_provider", "Ser&vice"),
            (self._kind, "ledger_kind", "&Kind"),
            (self._run, "ledger_run", "&Run"),
            (self._days, "ledger_days", "&Days"),
        ):
            box.setObjectName(name)
            box.setAccessibleName(words.replace("&", ""))
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.currentIndexChanged.connect(self._days_changed if box is self._days else self._refresher.request)
            label = QLabel(words)
            label.setBuddy(box)
            filters.addWidget(label)
            filters.addWidget(box)
        self._run.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._run.setMinimumContentsLength(26)
        today = QDate.currentDate()
        for edit, name, words in (
            (self._since, "ledger_since", "From this day (UTC)"),
            (self._until, "ledger_until", "To this day (UTC)"),
        ):
            edit.setObjectName(name)
            edit.setAccessibleName(words)
            edit.setToolTip(words)
            edit.setCalendarPopup(True)
            edit.setDisplayFormat(DAY_FORMAT)
            edit.setDate(today.addMonths(-1) if edit is self._since else today)
            edit.dateChanged.connect(self._refresher.request)
        for widget in (self._since, self._to, self._until):
            filters.addWidget(widget)
            widget.hide()
        filters.addStretch()
        self._set_up_table()
        self._older.setObjectName("ledger_older")
        self._older.setAutoDefault(False)
        self._older.clicked.connect(lambda: self._scope.replace("older", self._read_older()))
        below = QHBoxLayout()
        below.setSpacing(SPACING.s)
        below.addWidget(self._count, 1)
        below.addWidget(self._older)
        self._save.setObjectName("ledger_save")
        self._save.setAccessibleName("Save as CSV")
        self._save.clicked.connect(self._start_saving)
        self._save.setAutoDefault(False)
        self._close.setObjectName("ledger_close")
        self._close.setAccessibleName("Close")
        self._close.setDefault(True)
        self._close.clicked.connect(self.reject)
        buttons = button_row(self._close, left=(self._save,))
        column = dialog_column(self)
        column.addWidget(self.banner)
        column.addLayout(filters)
        column.addWidget(self._totals)
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        column.addLayout(below)
        column.addWidget(self._balance)
        column.addWidget(rule())
        column.addLayout(buttons)
        self.table.hide()

    def _set_up_table(self) -> None:
        table = self.table
        table.setObjectName("ledger_lines")
        table.setAccessibleName("Entries, newest first")
        table.setModel(self._model)
        dress_table(table, (145, 96, 84, 66, 290, 300))
        header = table.horizontalHeader()
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)


def _day(edit: QDateEdit) -> date:
    chosen = edit.date()
    return date(chosen.year(), chosen.month(), chosen.day())


def reconciliation_text(found: list[Reconciliation], run_id: int | None = None) -> str:
    """How the books compare with what the service says: each difference with its request ids, or that there is none.

    Of one run where it is named: what was booked for it, and whether the balance agrees while it was bought.
    """
    if run_id is not None and found:
        booked = sum(each.runs.get(run_id, 0) for each in found)
        others = {other for each in found for other in each.runs} - {run_id}
        beside = f", together with {count(len(others), 'other run')}" if others else ""
        differences = [each.text for each in found if each.text]
        open_ones = any(each.after is None for each in found)
        verdict = " ".join(differences) or (
            "It is compared with the balance once nothing is in flight."
            if open_ones
            else f"The balance that Tamtam reports agrees with that{beside}."
        )
        return f"{count(booked, 'credit')} booked for this run. {verdict}"
    told = [f"{moment(each.began_at)}: {each.text}" for each in found if each.text]
    if told:
        return "\n".join(told)
    compared = sum(each.after is not None for each in found)
    if not compared:
        return "The balance has not been compared with the ledger yet."
    return f"The balance that Tamtam reports agrees with the ledger, compared {count(compared, 'time')}."


async def run_ledger_dialog(parent: QWidget, services: "Services") -> None:
    """Show the ledger until it is closed."""
    dialog = LedgerDialog(services, parent)
    await run_to_end(dialog, dialog.shut_down)
