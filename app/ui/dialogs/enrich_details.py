"""What an enrichment leaves out: who cannot go and why, and which values are owned already, with their age."""

from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableView, QTabWidget, QWidget

from app.services.enrichment_plan import EnrichmentPlan, Exclusion, Ineligible, OwnedValue
from app.ui.models.text_table_model import RecordTableModel
from app.ui.wording import count

KIND_WORDS = {
    Exclusion.OWNED: "already owned",
    Exclusion.DUPLICATE: "twice in this selection",
    Exclusion.SUPPRESSED: "on the do-not-contact list",
    Exclusion.REMOVED: "removed from the library",
    Exclusion.IN_QUEUE: "in the queue already",
    Exclusion.NOT_ELIGIBLE: "incomplete",
}


def split_text(plan: EnrichmentPlan) -> str:
    """How many are left out for which kind of reason, such as “2 in the queue already, 1 incomplete”."""
    kinds = plan.excluded_by_kind
    return ", ".join(f"{kinds[kind]:,} {words}" for kind, words in KIND_WORDS.items() if kinds.get(kind))


def age_text(at: datetime | None, now: datetime) -> str:
    """How long a value is known."""
    if at is None:
        return "–"
    days = (now - at).days
    return "today" if days < 1 else f"{count(days, 'day')} ago"


class EnrichDetails(QTabWidget):
    """Two lists on two tabs; a list without rows has no tab, and the widget hides while it has none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = datetime.now(UTC)
        self._ineligible = RecordTableModel(("Row", "Person", "Why it cannot go"), _ineligible_texts, self)
        self._owned = RecordTableModel(("Row", "Field", "Value", "Known since"), self._owned_texts, self)
        self._ineligible_view = _table(self._ineligible, "enrich_ineligible", "Who cannot go, and why", (60, 200))
        self._owned_view = _table(self._owned, "enrich_owned", "Values you own, and their age", (60, 90, 260))
        self.addTab(self._ineligible_view, "")
        self.addTab(self._owned_view, "")
        self.setDocumentMode(True)
        self.hide()

    def show_plan(self, plan: EnrichmentPlan, now: datetime) -> None:
        """Show what this plan leaves out."""
        self._now = now
        self._ineligible.set_rows(plan.ineligible)
        self._owned.set_rows(plan.owned)
        for tab, words, number in ((0, "Cannot go", len(plan.ineligible)), (1, "You own already", len(plan.owned))):
            self.setTabText(tab, f"{words} ({number:,})")
            self.setTabVisible(tab, number > 0)
        self.setVisible(bool(plan.ineligible or plan.owned))

    def _owned_texts(self, own: OwnedValue) -> tuple[str, ...]:
        return f"{own.row:,}", own.field.label, own.value or "–", age_text(own.at, self._now)


def _ineligible_texts(row: Ineligible) -> tuple[str, ...]:
    return f"{row.row:,}", row.name or "–", row.reason


def _table(model: RecordTableModel[Any], name: str, spoken: str, widths: tuple[int, ...]) -> QTableView:
    table = QTableView()
    table.setObjectName(name)
    table.setAccessibleName(spoken)
    table.setModel(model)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setMinimumHeight(120)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    for column, width in enumerate(widths):
        header.resizeSection(column, width)
    header.setSectionResizeMode(model.columnCount() - 1, QHeaderView.ResizeMode.Stretch)
    return table
