"""The enrichment dialog: who can go, what it may cost, and one confirmation that names the maximum."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from app.domain.enrichment import PRICES, EnrichField, price
from app.domain.errors import ContactScoutError
from app.qtbridge.tasks import TaskScope
from app.services.domains import MissingDomain
from app.services.enrichment_plan import EnrichmentPlan
from app.ui.dialogs.domain_editor import run_domain_editor
from app.ui.dialogs.enrich_details import EnrichDetails, split_text
from app.ui.dialogs.enrich_source import EnrichSource
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.number_box import NumberBox
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

SAMPLE = 25
"""People who are sent first where the rep wants to see the hit rate before the rest."""
_NO_CAP = -1
_MOST_CREDITS = 1_000_000


class EnrichDialog(QDialog):
    """Plans while the rep chooses, and queues on confirmation. `run_id` is the queued run, None when cancelled."""

    def __init__(self, services: "Services", source: EnrichSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run_id: int | None = None
        self._services = services
        self._source = source
        self._plan: EnrichmentPlan | None = None
        self._missing: list[MissingDomain] = []
        self._spent_today = 0
        self._refreshable: tuple[int, int] = (0, 0)
        self._queueing = False
        self.banner = Banner(self)
        self._scope = TaskScope("enrich dialog", failure_handler(self._tell))
        self._fields = {name: QCheckBox(_field_label(name)) for name in EnrichField}
        self._who = text_label(role="heading")
        self._held_back = text_label(role="muted")
        self._fill_in = QPushButton()
        self._details = EnrichDetails()
        self._refresh = QCheckBox()
        self._estimate = text_label(wrap=False)
        self._basis = text_label(role="muted", wrap=False)
        self._balance = text_label(wrap=False)
        self.cap = NumberBox("Cap for this run in credits", 0, _MOST_CREDITS, step=10, suffix=" credits")
        self.day_cap = NumberBox("Cap per day in credits", _NO_CAP, _MOST_CREDITS, step=100, suffix=" credits")
        self._day_left = text_label(role="muted")
        self._sample = QCheckBox(f"&Try {SAMPLE} first, then show hit rate and cost")
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
        refresh = self._refresh.isChecked()
        plan = await self._source.plan(fields, refresh=refresh)
        self._missing = await self._source.missing_domains()
        self._spent_today = await self._services.ledger.spent_today()
        if not refresh:
            self._refreshable = len(plan.owned), sum(PRICES[own.field] for own in plan.owned)
        self._plan = plan
        self._show()

    def _confirm_soon(self) -> None:
        if self._plan is not None and not self._queueing:
            self._queueing = True
            self._show()
            self._scope.start(self._queue(self._plan), "queue")

    async def _queue(self, plan: EnrichmentPlan) -> None:
        try:
            self._keep_day_cap()
            self.run_id = await self._services.enrichment.enqueue(
                plan,
                cap=self.cap.value(),
                origin=self._source.origin,
                sample=SAMPLE if self._samples(plan) else None,
            )
        finally:
            self._queueing = False
            self._show()
        self.accept()

    def _keep_day_cap(self) -> None:
        settings = self._services.settings.load()
        if settings.day_cap != self._day_cap():
            self._services.settings.save(replace(settings, day_cap=self._day_cap()))

    def _day_cap(self) -> int | None:
        return None if self.day_cap.value() == _NO_CAP else self.day_cap.value()

    def _samples(self, plan: EnrichmentPlan) -> bool:
        return self._sample.isChecked() and len(plan.people) > SAMPLE

    def _fill_in_soon(self) -> None:
        self._scope.replace("domains", self._fill_domains_in())

    async def _fill_domains_in(self) -> None:
        people = self._source.people_of(self._missing)
        domains = await run_domain_editor(self, self._services, self._missing, people)
        if domains:
            self._source.set_domains(domains)
            self._plan_soon()

    def _tell(self, error: ContactScoutError) -> None:
        self.banner.show_error(error, action_text="Try again", action=self._plan_soon)

    # -- how it looks --------------------------------------------------------------------------------------

    def _show(self) -> None:
        plan = self._plan
        reason = self._reason()
        self._confirm.setEnabled(plan is not None and not reason and not self._queueing)
        self._why_not.setText(reason)
        self._why_not.setVisible(bool(reason))
        self._show_day()
        if plan is None:
            self._confirm.setText("Enrich")
            self._estimate.setText("Working it out…" if self._chosen() else "–")
            self._balance.setText("–")
            return
        self._show_people(plan)
        estimate = plan.estimate
        likely = "not known yet" if estimate.likely is None else f"{estimate.likely:,}"
        lowest = "not known yet" if estimate.low is None else f"{estimate.low:,}"
        self._estimate.setText(f"Lowest {lowest} · likely {likely} · at most {count(estimate.maximum, 'credit')}")
        sample = count(estimate.sample_size, "earlier look-up")
        self._basis.setText(
            f"“Likely” is judged by {sample} of yours."
            if estimate.likely is not None
            else f"{sample} of yours: too few to say what is likely."
        )
        self._balance.setText(_balance_text(plan))
        self._sample.setVisible(len(plan.people) > SAMPLE)
        self._confirm.setText(self._confirm_text(plan))
        self._confirm.setAccessibleName(self._confirm.text())

    def _confirm_text(self, plan: EnrichmentPlan) -> str:
        if not plan.people:
            return "Enrich"
        if self._samples(plan):
            most = count(sum(price(asked) for asked in plan.wanted[:SAMPLE]), "credit")
            return f"Try {SAMPLE} people for at most {most}"
        return f"Enrich {count(len(plan.people), 'person')} for at most {count(plan.estimate.maximum, 'credit')}"

    def _show_people(self, plan: EnrichmentPlan) -> None:
        total = len(plan.people) + len(plan.ineligible)
        self._who.setText(f"{len(plan.people):,} of {count(total, self._source.noun)} can be enriched")
        held_back = f"Not sent, and free of charge: {split_text(plan)}." if plan.ineligible else ""
        self._held_back.setText(" ".join(filter(None, (held_back, plan.maybe_charged_text))))
        self._held_back.setVisible(bool(self._held_back.text()))
        self._details.show_plan(plan, datetime.now(UTC))
        waiting = sum(self._source.people_of(self._missing).values())
        verb = "has" if waiting == 1 else "have"
        self._fill_in.setText(f"{waiting:,} {verb} no company domain: fill in…")
        self._fill_in.setAccessibleName(self._fill_in.text().rstrip("…"))
        self._fill_in.setVisible(waiting > 0)
        values, cost = self._refreshable
        self._refresh.setText(f"&Refresh {count(values, 'value')} I own (up to {count(cost, 'credit')} more)")
        self._refresh.setVisible(values > 0)

    def _show_day(self) -> None:
        cap = self._day_cap()
        if cap is None:
            self._day_left.setText(f"{count(self._spent_today, 'credit')} spent today")
        else:
            left = max(0, cap - self._spent_today)
            text = f"{left:,} of {count(cap, 'credit')} left today"
            if self._plan is not None and self._plan.estimate.maximum > left:
                text += ". What does not fit waits until tomorrow."
            self._day_left.setText(text)

    def _reason(self) -> str:
        if not self._chosen():
            return "Choose e-mails, phones, or both."
        plan = self._plan
        if plan is None:
            return ""
        if not plan.people:
            return (
                f"None of these {count(2, self._source.noun).split()[1]} can be enriched. The reasons are listed above."
            )
        if plan.estimate.maximum > self.cap.value():
            cost = count(plan.estimate.maximum, "credit")
            return f"This could cost {cost}, more than the cap of {self.cap.value():,}. Raise the cap or choose less."
        return ""

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("enrich_dialog")
        self.setWindowTitle("Enrich contacts")
        self.setMinimumWidth(640)
        for name, box in self._fields.items():
            box.setObjectName(f"enrich_{name.value}")
            box.setChecked(name is EnrichField.EMAILS)  # phones cost ten times as much: only when asked for
            box.toggled.connect(self._plan_soon)
        for widget, object_name, spoken in (
            (self.cap, "enrich_cap", "Cap for this run in credits"),
            (self.day_cap, "enrich_day_cap", "Cap per day in credits"),
            (self._refresh, "enrich_refresh", ""),
            (self._sample, "enrich_sample", ""),
            (self._fill_in, "enrich_fill_in", ""),
            (self._confirm, "enrich_confirm", "Enrich"),
            (self._cancel, "enrich_cancel", "Cancel"),
        ):
            widget.setObjectName(object_name)
            if spoken:
                widget.setAccessibleName(spoken)
        settings = self._services.settings.load()
        self.cap.setValue(settings.run_cap)
        self.cap.valueChanged.connect(self._show)
        self.day_cap.setSpecialValueText("No cap")
        self.day_cap.setValue(_NO_CAP if settings.day_cap is None else settings.day_cap)
        self.day_cap.valueChanged.connect(self._show)
        self._refresh.toggled.connect(self._plan_soon)
        self._sample.toggled.connect(self._show)
        self._fill_in.setAutoDefault(False)
        self._fill_in.clicked.connect(self._fill_in_soon)
        set_role(self._confirm, "primary")
        self._confirm.setDefault(True)
        self._confirm.clicked.connect(self._confirm_soon)
        self._cancel.clicked.connect(self.reject)
        self._lay_out()
        self._who.setText(count(len(self._source), self._source.noun))
        for hidden in (self._held_back, self._fill_in, self._refresh, self._sample):
            hidden.hide()

    def _lay_out(self) -> None:
        choice = QHBoxLayout()
        choice.setSpacing(SPACING.l)
        for box in self._fields.values():
            choice.addWidget(box)
        choice.addStretch()
        day = QHBoxLayout()
        day.setSpacing(SPACING.m)
        day.addWidget(self.day_cap)
        day.addWidget(self._day_left, 1)
        day_label = QLabel("Cap per &day")
        day_label.setBuddy(self.day_cap)
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING.l)
        form.setVerticalSpacing(SPACING.s)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Look up", choice)
        form.addRow("", self._refresh)
        form.addRow("Estimate", self._estimate)
        form.addRow("", self._basis)
        form.addRow("Balance", self._balance)
        form.addRow("Cap for this &run", self.cap)
        form.addRow(day_label, day)
        form.addRow("", self._sample)
        held = QHBoxLayout()
        held.setSpacing(SPACING.s)
        held.addWidget(self._held_back, 1)
        held.addWidget(self._fill_in)
        buttons = button_row(self._cancel, self._confirm)
        column = dialog_column(self)
        column.addWidget(self._who)
        column.addWidget(self.banner)
        column.addLayout(form)
        column.addLayout(held)
        column.addWidget(self._details, 1)
        column.addWidget(rule())
        column.addWidget(self._why_not)
        column.addLayout(buttons)


def _field_label(name: EnrichField) -> str:
    return f"&{name.value.capitalize()} ({count(PRICES[name], 'credit')} each)"


def _balance_text(plan: EnrichmentPlan) -> str:
    if plan.balance_left is None:
        return "The service did not say how many credits are left."
    text = f"{count(plan.balance_left, 'credit')} left"
    if plan.balance_left < plan.estimate.maximum:
        text += ". That may not suffice; what it does not cover will wait."
    return text


async def run_enrich_dialog(parent: QWidget, services: "Services", source: EnrichSource) -> int | None:
    """Ask what to look up for these people and queue it.

    Returns:
        The id of the queued run, None when the rep cancelled.
    """
    dialog = EnrichDialog(services, source, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.run_id
