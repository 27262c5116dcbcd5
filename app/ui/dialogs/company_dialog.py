"""Find a company: a name or domain becomes the ids that a search filters by."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.errors import ContactScoutError
from app.domain.identifiers import normalise_domain
from app.domain.provider import Provider
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.models.text_table_model import TextTableModel
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column, name_widgets
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.plain_table import dress_table
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

COMPANY_FILTERS: dict[str, Callable[[CompanyMatch], str]] = {
    "company_ids": lambda match: match.company_id,
    "company_linkedin_ids": lambda match: match.linkedin_id,
}
"""Filters that take ids of companies, by the API's own names, and which id of a match each of them takes."""

_COLUMNS = ("Company", "Domain", "Country", "Match", "ID")


def company_query(text: str) -> CompanyQuery:
    """What is typed, as a LinkedIn page, a domain or a name."""
    cleaned = text.strip()
    if "linkedin.com/company/" in cleaned.casefold():
        return CompanyQuery(linkedin_url=cleaned)
    if " " not in cleaned and "." in cleaned and (domain := normalise_domain(cleaned)):
        return CompanyQuery(domain=domain)
    return CompanyQuery(name=cleaned)


class CompanyDialog(QDialog):
    """Asks the service, shows its candidates with how well they match, and takes the chosen ones over.

    Attributes:
        chosen: Id → name of the chosen companies, {} when cancelled.
    """

    def __init__(
        self,
        services: "Services",
        provider: Provider,
        account_id: str,
        id_of: Callable[[CompanyMatch], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.chosen: dict[str, str] = {}
        self._companies = services.companies
        self._provider = provider
        self._account_id = account_id
        self._id_of = id_of
        self._matches: list[CompanyMatch] = []
        self.banner = Banner()
        self._scope = TaskScope("company dialog", failure_handler(self._on_error))
        self.box = QLineEdit()
        self._find = QPushButton("Find")
        self._model = TextTableModel(_COLUMNS, self)
        self.table = QTableView()
        self._state = text_label(role="muted")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build()
        self._show()

    async def shut_down(self) -> None:
        """Stop asking."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Take the selected companies over and close."""
        selected = self._selected()
        if selected:
            self.chosen = {self._id_of(match): match.name or match.domain for match in selected}
            super().accept()

    def _start_finding(self) -> None:
        if self.box.text().strip():
            self._scope.replace("find", self._ask(self.box.text()))

    async def _ask(self, text: str) -> None:
        self.banner.clear()
        self._take(())
        self._state.setText(f"Asking {self._provider.label}…")
        found = await self._companies.find(self._provider, company_query(text), self._account_id)
        self._take(found)
        told = f"{count(len(self._matches), 'candidate')}, the best first" if self._matches else "No company fits."
        without = len(found) - len(self._matches)
        if without:
            told += f" · {count(without, 'candidate')} without an ID cannot be used"
        self._state.setText(told)
        if self._matches:
            self.table.selectRow(0)
            self.table.setFocus()

    def _take(self, found: Sequence[CompanyMatch]) -> None:
        self._matches = [match for match in found if self._id_of(match)]
        self._model.set_rows(
            [
                (match.name or "–", match.domain or "–", match.country or "–", _score(match), self._id_of(match))
                for match in self._matches
            ]
        )
        self._show()

    def _on_error(self, error: ContactScoutError) -> None:
        self._state.setText("")
        self.banner.show_error(error, action_text="Try again", action=self._start_finding)

    def _selected(self) -> list[CompanyMatch]:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self._matches[row] for row in rows if row < len(self._matches)]

    def _show(self) -> None:
        selected = self._selected()
        words = "Use this company" if len(selected) < 2 else f"Use {len(selected):,} companies"
        self._confirm.setText(words)
        self._confirm.setAccessibleName(words)
        self._confirm.setEnabled(bool(selected))
        self._find.setEnabled(bool(self.box.text().strip()))

    def _build(self) -> None:
        self.setWindowTitle("Find company")
        self.setMinimumSize(480, 360)
        self.resize(760, 440)
        name_widgets(
            (
                (self, "company_dialog", ""),
                (self.box, "company_text", "Company name or domain"),
                (self._find, "company_find", "Find companies"),
                (self.table, "company_matches", "Candidates"),
                (self._confirm, "company_confirm", ""),
                (self._cancel, "company_cancel", "Cancel"),
            )
        )
        self.box.setPlaceholderText("Quillmark Lanterns, or quillmark.example")
        self.box.setClearButtonEnabled(True)
        self.box.textChanged.connect(self._show)
        self.box.returnPressed.connect(self._start_finding)
        self._find.clicked.connect(self._start_finding)
        set_role(self._confirm, "primary")
        self._confirm.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        for button in (self._find, self._confirm, self._cancel):
            button.setAutoDefault(False)
        self._set_up_table()
        self._lay_out()
        self.box.setFocus()

    def _set_up_table(self) -> None:
        self.table.setModel(self._model)
        dress_table(self.table)
        self.table.activated.connect(self.accept)
        selection: QItemSelectionModel = self.table.selectionModel()
        selection.selectionChanged.connect(self._show)
        header = self.table.horizontalHeader()
        for column, width in enumerate((0, 210, 72, 68, 96)):
            if width:
                header.resizeSection(column, width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setSpacing(SPACING.xs)
        head.addWidget(text_label(f"Find a company at {self._provider.label}", role="heading"))
        head.addWidget(text_label("Type its name or domain. Looking it up costs nothing.", role="muted"))
        asking = QHBoxLayout()
        asking.setSpacing(SPACING.s)
        label = QLabel("&Company")
        label.setBuddy(self.box)
        asking.addWidget(label)
        asking.addWidget(self.box, 1)
        asking.addWidget(self._find)
        buttons = button_row(self._cancel, self._confirm, between=self._state)
        column = dialog_column(self)
        column.addLayout(head)
        column.addWidget(self.banner)
        column.addLayout(asking)
        column.addWidget(self.table, 1)
        column.addWidget(rule())
        column.addLayout(buttons)


def _score(match: CompanyMatch) -> str:
    return "–" if match.score is None else f"{match.score:.0%}"


async def run_company_dialog(
    parent: QWidget,
    services: "Services",
    provider: Provider,
    account_id: str,
    id_of: Callable[[CompanyMatch], str],
) -> dict[str, str]:
    """Ask for companies.

    Returns:
        Id → name of the chosen ones, {} when the rep cancelled.
    """
    dialog = CompanyDialog(services, provider, account_id, id_of, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.chosen
