"""The enrichment dialog: who can go, what it may cost, and one confirmation that names the maximum."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.enrichment import PRICES, EnrichField
from app.domain.errors import ContactScoutError
from app.qtbridge.dialogs import run_dialog
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.models.text_table_model import TextTableModel
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.labels import rule, text_label
from app.ui.widgets.number_box import NumberBox
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services
    from app.services.enrichment_plan import EnrichmentPlan

_MOST_CREDITS = 1_000_000


class EnrichDialog(QDialog):
    """Plans while the rep chooses, and queues on confirmation. `run_id` is the queued run, None when cancelled."""

    def __init__(self, services: "Services", contact_ids: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run_id: int | None = None
        self._services = services
        self._contact_ids = list(contact_ids)
        self._plan: EnrichmentPlan | None = None
        self._queueing = False
        self.banner = Banner(self)
        self._scope = TaskScope("enrich dialog", failure_handler(self._tell))
        self._fields = {name: QCheckBox(_field_label(name)) for name in EnrichField}
        self._who = text_label(role="heading")
        self._held_back = text_label(role="section")
        self._ineligible = TextTableModel(("Row", "Person", "Why it cannot go"), self)
        self._table = QTableView()
        self._estimate = text_label(wrap=False)
        self._basis = text_label(role="muted", wrap=False)
        self._balance = text_label(wrap=False)
        self.cap = NumberBox("Cap in credits", 0, _MOST_CREDITS, step=10, suffix=" credits")
        self._why_not = text_label(role="danger")
        self._confirm = QPushButton("Enrich")
        self._cancel = QPushButton("Cancel")
        self._build()
        self._plan_soon()

    async def shut_down(self) -> None:
        """Stop planning."""
        await self._scope.aclose()

    def _chosen(self) -> frozenset[EnrichField]:
        return frozenset(name for name, box in self._fields.items() if box.isChecked())

    def _plan_soon(self) -> None:
        self._plan = None
        self._show()
        fields = self._chosen()
        if fields:
            self._scope.replace("plan", self._make_plan(fields))
        else:
            self._scope.cancel("plan")

    async def _make_plan(self, fields: frozenset[EnrichField]) -> None:
        self._plan = await self._services.enrichment.plan_contacts(self._contact_ids, fields)
        self._show()

    def _confirm_soon(self) -> None:
        if self._plan is not None and not self._queueing:
            self._queueing = True
            self._show()
            self._scope.start(self._queue(self._plan), "queue")

    async def _queue(self, plan: "EnrichmentPlan") -> None:
        try:
            self.run_id = await self._services.enrichment.enqueue(plan, cap=self.cap.value(), origin="")
        finally:
            self._queueing = False
            self._show()
        self.accept()

    def _tell(self, error: ContactScoutError) -> None:
        self.banner.show_error(error, action_text="Try again", action=self._plan_soon)

    # -- how it looks --------------------------------------------------------------------------------------

    def _show(self) -> None:
        plan = self._plan
        reason = self._reason()
        self._confirm.setEnabled(plan is not None and not reason and not self._queueing)
        self._why_not.setText(reason)
        self._why_not.setVisible(bool(reason))
        if plan is None:
            self._confirm.setText("Enrich")
            self._estimate.setText("Working it out…" if self._chosen() else "–")
            self._balance.setText("–")
            return
        estimate = plan.estimate
        total = len(plan.people) + len(plan.ineligible)
        self._who.setText(f"{len(plan.people):,} of {count(total, 'contact')} can be enriched")
        self._held_back.setText(f"{count(len(plan.ineligible), 'contact')} cannot go and will cost nothing")
        self._ineligible.set_rows([(f"{row.row:,}", row.name or "–", row.reason) for row in plan.ineligible])
        for widget in (self._held_back, self._table):
            widget.setVisible(bool(plan.ineligible))
        likely = "not known yet" if estimate.likely is None else f"{estimate.likely:,}"
        self._estimate.setText(
            f"Lowest {estimate.low:,} · likely {likely} · at most {count(estimate.maximum, 'credit')}"
        )
        self._basis.setText(f"“Likely” is judged by {count(estimate.sample_size, 'earlier look-up')} of yours.")
        self._basis.setVisible(estimate.likely is not None)
        self._balance.setText(_balance_text(plan))
        self._confirm.setText(
            f"Enrich {count(len(plan.people), 'person')} for at most {count(estimate.maximum, 'credit')}"
            if plan.people
            else "Enrich"
        )
        self._confirm.setAccessibleName(self._confirm.text())

    def _reason(self) -> str:
        if not self._chosen():
            return "Choose e-mails, phones, or both."
        plan = self._plan
        if plan is None:
            return ""
        if not plan.people:
            return "None of these contacts can be enriched. The reasons are listed above."
        if plan.estimate.maximum > self.cap.value():
            cost = count(plan.estimate.maximum, "credit")
            return f"This could cost {cost}, more than the cap of {self.cap.value():,}. Raise the cap or choose less."
        return ""

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("enrich_dialog")
        self.setWindowTitle("Enrich contacts")
        self.setMinimumWidth(600)
        for name, box in self._fields.items():
            box.setObjectName(f"enrich_{name.value}")
            box.setChecked(name is EnrichField.EMAILS)  # phones cost ten times as much: only when asked for
            box.toggled.connect(self._plan_soon)
        for widget, object_name, spoken in (
            (self._table, "enrich_ineligible", "Contacts that cannot go, and why"),
            (self.cap, "enrich_cap", "Cap in credits"),
            (self._confirm, "enrich_confirm", "Enrich"),
            (self._cancel, "enrich_cancel", "Cancel"),
        ):
            widget.setObjectName(object_name)
            widget.setAccessibleName(spoken)
        self.cap.setValue(self._services.settings.load().run_cap)
        self.cap.valueChanged.connect(self._show)
        self._confirm.setProperty("primary", True)  # noqa: FBT003
        self._confirm.setDefault(True)
        self._confirm.clicked.connect(self._confirm_soon)
        self._cancel.clicked.connect(self.reject)
        self._set_up_table()

        choice = QHBoxLayout()
        choice.setSpacing(SPACING.l)
        for box in self._fields.values():
            choice.addWidget(box)
        choice.addStretch()
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING.l)
        form.setVerticalSpacing(SPACING.s)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Look up", choice)
        form.addRow("Estimate", self._estimate)
        form.addRow("", self._basis)
        form.addRow("Balance", self._balance)
        form.addRow("&Cap for this run", self.cap)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING.s)
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._confirm)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.l)
        column.setSpacing(SPACING.m)
        column.addWidget(self._who)
        column.addWidget(self.banner)
        column.addLayout(form)
        column.addWidget(self._held_back)
        column.addWidget(self._table, 1)
        column.addWidget(rule())
        column.addWidget(self._why_not)
        column.addLayout(buttons)
        self._who.setText(count(len(self._contact_ids), "contact"))
        self._held_back.hide()
        self._table.hide()
        self._basis.hide()

    def _set_up_table(self) -> None:
        self._table.setModel(self._ineligible)
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        self._table.setTabKeyNavigation(False)
        self._table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self._table.setMinimumHeight(140)
        header = self._table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.resizeSection(0, 60)
        header.resizeSection(1, 200)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)


def _field_label(name: EnrichField) -> str:
    return f"&{name.value.capitalize()} ({count(PRICES[name], 'credit')} each)"


def _balance_text(plan: "EnrichmentPlan") -> str:
    if plan.balance_left is None:
        return "The service did not say how many credits are left."
    text = f"{count(plan.balance_left, 'credit')} left"
    if plan.balance_left < plan.estimate.maximum:
        text += ". That may not suffice; what it does not cover will wait."
    return text


async def run_enrich_dialog(parent: QWidget, services: "Services", contact_ids: Sequence[int]) -> int | None:
    """Ask what to look up for these contacts and queue it.

    Returns:
        The id of the queued run, None when the rep cancelled.
    """
    dialog = EnrichDialog(services, contact_ids, parent)
    try:
        await run_dialog(dialog)
        return dialog.run_id
    finally:
        await dialog.shut_down()
        dialog.deleteLater()
