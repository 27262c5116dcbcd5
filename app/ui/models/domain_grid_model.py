"""The companies whose domain is missing, as a grid to type or paste domains into."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from app.domain.companies import CompanyMatch
from app.domain.identifiers import FREE_MAIL_HOSTS, normalise_domain
from app.services.domains import MissingDomain
from app.ui.models.titled_table_model import Index, TitledTableModel

NO_DOMAIN = "This is no company's domain. Write it like lark.example."


class Column(IntEnum):
    """Columns of the grid."""

    COMPANY = 0
    PEOPLE = 1
    DOMAIN = 2
    REMARK = 3


_TITLES = ("Company", "People", "Domain", "Remark")


class DomainGridModel(TitledTableModel):
    """One row per company; only the domain can be changed.

    Args:
        missing: The companies.
        people: How many wait for each company's domain, by its key.
        parent: Its owner.
    """

    def __init__(
        self, missing: Sequence[MissingDomain], people: Mapping[str, int], parent: QObject | None = None
    ) -> None:
        super().__init__(_TITLES, parent)
        self._missing = list(missing)
        self._people = people
        self._texts = [""] * len(self._missing)
        self._remarks = [""] * len(self._missing)
        self._candidates: list[tuple[CompanyMatch, ...]] = [()] * len(self._missing)

    @property
    def missing(self) -> tuple[MissingDomain, ...]:
        """The companies, in the grid's order."""
        return tuple(self._missing)

    def domains(self) -> dict[str, str]:
        """Key of a company → its bare domain, of those that have a valid one."""
        read = {each.key: _domain(text) for each, text in zip(self._missing, self._texts, strict=True)}
        return {key: domain for key, domain in read.items() if domain}

    def wrong_rows(self) -> int:
        """Rows in which something stands that is no company's domain."""
        return sum(1 for text in self._texts if text and not _domain(text))

    def text(self, row: int) -> str:
        """What stands in a row's domain."""
        return self._texts[row]

    def candidates(self, row: int) -> tuple[CompanyMatch, ...]:
        """What the service suggested for a row."""
        return self._candidates[row]

    def paste(self, text: str, row: int) -> int:
        """Fill in pasted lines from `row` on; lines of “company, tab, domain” go to the company they name.

        Returns:
            How many rows were filled.
        """
        lines = [line for line in text.splitlines() if line.strip()]
        names = {each.company_name.strip().casefold(): place for place, each in enumerate(self._missing)}
        filled = 0
        for offset, line in enumerate(lines):
            name, tab, domain = line.partition("\t")
            place = names.get(name.strip().casefold()) if tab else row + offset
            if place is not None and place < len(self._missing):
                self._set(place, domain if tab else line)
                filled += 1
        return filled

    def suggest(self, row: int, candidates: Sequence[CompanyMatch]) -> None:
        """Fill in the best candidate where nothing stands yet, and say how well it fits."""
        self._candidates[row] = tuple(candidates)
        if not candidates:
            self._remarks[row] = "No suggestion."
        else:
            best = candidates[0]
            fit = "" if best.score is None else f", {best.score:.0%} match"
            self._remarks[row] = f"“{best.name or best.domain}”{fit}: please check"
            if not self._texts[row]:
                self._texts[row] = normalise_domain(best.domain)
        self._row_changed(row)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Companies."""
        return 0 if parent.isValid() else len(self._missing)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Only the domain can be typed."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == Column.DOMAIN else flags

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """A cell's text."""
        if not index.isValid():
            return None
        row, column = index.row(), Column(index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole and column is Column.DOMAIN:
            return f"Domain of {self._missing[row].company_name}: {self._texts[row] or 'empty'}"
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.ToolTipRole):
            return None
        cells: Mapping[Column, str] = {
            Column.COMPANY: self._missing[row].company_name or "–",
            Column.PEOPLE: f"{self._people.get(self._missing[row].key, 0):,}",
            Column.DOMAIN: self._texts[row],
            Column.REMARK: NO_DOMAIN if self._texts[row] and not _domain(self._texts[row]) else self._remarks[row],
        }
        return cells[column]

    def setData(self, index: Index, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        """Take a typed domain."""
        if role != Qt.ItemDataRole.EditRole or index.column() != Column.DOMAIN:
            return False
        self._set(index.row(), str(value))
        return True

    def _set(self, row: int, text: str) -> None:
        cleaned = text.strip()
        self._texts[row] = _domain(cleaned) or cleaned
        self._remarks[row] = ""
        self._row_changed(row)

    def _row_changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))


def _domain(text: str) -> str:
    host = normalise_domain(text)
    return "" if host in FREE_MAIL_HOSTS else host
