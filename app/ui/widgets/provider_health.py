"""How the connection to one provider stands: a card of the diagnostics page."""

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from app.providers.attempts import Attempt
from app.providers.breaker import BreakerState
from app.services.credentials import KeySource
from app.services.diagnostics import ProviderDiagnostics
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.models.text_table_model import TextTableModel
from app.ui.theme import SPACING
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import set_role, text_label
from app.ui.wording import moment

_COLUMNS = ("When", "Request", "What came back", "Try", "Request id")
_WIDTHS = (145, 200, 130, 40)
_BREAKER = {
    BreakerState.CLOSED: ("Open for requests", Ink.SUCCESS, "success"),
    BreakerState.OPEN: ("Not asked now: it failed several times in a row", Ink.WARNING, "paused"),
    BreakerState.HALF_OPEN: ("The next request tries whether it answers again", Ink.WARNING, "paused"),
}


class ProviderHealth(QFrame):
    """Shows a `ProviderDiagnostics`; errors can be marked and copied."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.setAccessibleName(f"Diagnostics of {name}")
        self._name = name
        self._state_icon = IconLabel()
        self._state = text_label(role="muted", wrap=False)
        self._facts: dict[str, QLabel] = {}
        self._grid = QGridLayout()
        self._no_errors = text_label("No request has failed since the program was started.", role="muted")
        self._errors = TextTableModel(_COLUMNS, self)
        self.table = QTableView()
        self._build()

    def show_provider(self, known: ProviderDiagnostics) -> None:
        """Show how it stands."""
        words, ink, drawing = _BREAKER[known.breaker]
        if known.key_source is KeySource.NONE:
            words, ink, drawing = "No key", Ink.MUTED, "key"
        self._state.setText(words)
        self._state_icon.set_icon(icon(drawing, ink))
        for name, value in facts(known):
            self._facts[name].setText(value)
            self._facts[name].setAccessibleName(f"{self._name}, {name}: {value}")
        self._errors.set_rows([_row(attempt) for attempt in known.last_errors])
        self._no_errors.setVisible(not known.last_errors)
        self.table.setVisible(bool(known.last_errors))
        self._fit_table()

    def show_pace(self, pace: str) -> None:
        """Show another pace."""
        self._facts["Pace"].setText(pace or "no request yet")

    def _fit_table(self) -> None:
        rows = self._errors.rowCount() * self.table.verticalHeader().defaultSectionSize()
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + rows + 4)

    def _copy(self) -> None:
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        lines = [
            "\t".join(str(self._errors.index(row, column).data()) for column in range(len(_COLUMNS))) for row in rows
        ]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACING.s)
        head.addWidget(text_label(self._name, role="heading", wrap=False))
        head.addStretch(1)
        head.addWidget(self._state_icon)
        head.addWidget(self._state)
        self._grid.setHorizontalSpacing(SPACING.m)
        self._grid.setVerticalSpacing(SPACING.xs)
        self._grid.setColumnMinimumWidth(0, 130)
        self._grid.setColumnStretch(1, 1)
        for row, name in enumerate(("Pace", "Requests this month", "Credits", "Key", "Address")):
            self._facts[name] = text_label(selectable=True)
            self._grid.addWidget(text_label(name, role="muted", wrap=False), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(self._facts[name], row, 1)
        self.table.setModel(self._errors)
        self.table.setAccessibleName(f"Failed requests to {self._name}, newest first")
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACING.s)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, width)
        header.setSectionResizeMode(len(_WIDTHS), QHeaderView.ResizeMode.Stretch)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(SPACING.l, SPACING.m, SPACING.l, SPACING.m)
        column_layout.setSpacing(SPACING.s)
        column_layout.addLayout(head)
        column_layout.addLayout(self._grid)
        column_layout.addWidget(text_label("Failed requests, newest first", role="section"))
        column_layout.addWidget(self._no_errors)
        column_layout.addWidget(self.table)


def facts(known: ProviderDiagnostics) -> list[tuple[str, str]]:
    """What a card tells in words."""
    balance = [
        f"{line.remaining:,} of {line.total:,} left{f' ({line.kind})' if line.kind else ''}" for line in known.balance
    ]
    own = " (not the vendor’s own)" if known.own_address else ""
    return [
        ("Pace", known.pace or "no request yet"),
        ("Requests this month", f"{known.requests_this_month:,}"),
        ("Credits", "\n".join(balance) or "not known"),
        ("Key", known.key_source.label),
        ("Address", f"{known.base_url_host}{own}" if known.base_url_host else "refused; see Settings"),
    ]


def _spoken(failure: str) -> str:
    """The name of an exception as words: BadKeyError is “bad key”."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", failure.removesuffix("Error")).lower()


def _row(attempt: Attempt) -> tuple[str, ...]:
    came = ", ".join(filter(None, (f"{attempt.status or ''}", _spoken(attempt.failure))))
    return (
        moment(attempt.at),
        f"{attempt.method} {attempt.path}",
        came or "no answer",
        f"{attempt.number}",
        attempt.request_id or "–",
    )
