"""Whose IDs they are, through which account, what is left out, the cap, and the button that names the cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.identifiers import IdKind
from app.domain.paste_review import Review
from app.domain.provider import Provider
from app.ui.panes.account_box import AccountBox
from app.ui.panes.paste_preview import EMAILS_AT
from app.ui.theme import SPACING
from app.ui.widgets.labels import set_role, text_label
from app.ui.widgets.number_box import NumberBox
from app.ui.wording import count, priced

if TYPE_CHECKING:
    from app.composition import Services
    from app.services.fetching import FetchPlan

_MOST_CREDITS = 1_000_000
_KINDS = {IdKind.UUID: "UUID", IdKind.INTEGER: "whole number"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the rep chose. `skip_owned` is None while that was left to the service."""

    provider: Provider
    account_id: str
    skip_owned: bool | None
    include_company: bool


class FetchOptions(QWidget):
    """The choices below the paste. UUIDs say by themselves whose they are; whole numbers are asked about once.

    Signals:
        provider_changed: Another service is chosen.
        changed: Another account, or whether to skip or include something.
        whole_numbers_are: The rep said whose whole numbers are (`Provider`).
        fetch_wanted: The button was pressed.

    Attributes:
        account: The account to fetch through.
    """

    provider_changed = Signal()
    changed = Signal()
    whole_numbers_are = Signal(object)
    fetch_wanted = Signal()

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._ids: Mapping[Provider, tuple[str, ...]] = {}
        self._has_emails = False
        self._skip_owned: bool | None = None
        fetching = services.fetching
        # Those that need no further choice come first.
        self._radios = {
            provider: QRadioButton(provider.label)
            for provider in sorted(fetching.providers(), key=fetching.needs_account)
        }
        self._group = QButtonGroup(self)
        self._hint = text_label(role="muted")
        self._account_label = QLabel("A&ccount")
        self.account = AccountBox()
        self._skip = QCheckBox("S&kip what is already owned")
        self._company = QCheckBox()
        self._cap_label = QLabel("Ca&p")
        self._cap = NumberBox("Cap in credits", 0, _MOST_CREDITS, step=10, suffix=" credits")
        self._cost = text_label(role="muted")
        self._fetch = QPushButton("Fetch")
        self._build()
        self._show_choices()

    # -- what is chosen ------------------------------------------------------------------------------------

    @property
    def provider(self) -> Provider | None:
        """The chosen service, None before there is one."""
        return next((provider for provider, radio in self._radios.items() if radio.isChecked()), None)

    @property
    def account_provider(self) -> Provider | None:
        """The service whose account is to be chosen here: for fetching, or for looking e-mail addresses up."""
        provider = self.provider
        if provider is not None and self._services.fetching.needs_account(provider):
            return provider
        return EMAILS_AT if self._has_emails else None

    @property
    def lacks_accounts(self) -> bool:
        """Whether accounts have to be asked for before one can be chosen."""
        return self.account_provider is not None and self.account_provider is not self.account.provider

    @property
    def cap(self) -> int | None:
        """The most credits a run may cost, None where nothing costs any."""
        provider = self.provider
        return self._cap.value() if provider is not None and self._costs(provider) else None

    def chosen(self) -> Options | None:
        """Everything that is chosen, None before a service is."""
        provider = self.provider
        if provider is None:
            return None
        needs_account = self._services.fetching.needs_account(provider)
        return Options(
            provider,
            self.account.chosen_of(provider) if needs_account else "",
            self._skip_owned,
            self._company.isChecked() and self._services.fetching.offers_company(provider),
        )

    # -- what is shown -------------------------------------------------------------------------------------

    def forget_ids(self) -> None:
        """Show no numbers while it is not known what there is to fetch."""
        self._ids = {}
        self._show_choices()

    def show_ids(self, review: Review, ids: Mapping[Provider, tuple[str, ...]]) -> None:
        """Show how many IDs there are for each service, and choose the service if the IDs say whose they are."""
        self._ids = ids
        self._has_emails = bool(review.paste.emails)
        current = self.provider
        if current is None or not ids.get(current):
            self._choose(self._owner())
        self._show_choices()

    def show_plan(self, plan: "FetchPlan | None", *, busy: bool) -> None:
        """Show what fetching would cost, and whether it can begin."""
        blocked = self._why_not(plan)
        text = blocked or (self._plan_text(plan) if plan is not None else "")
        self._cost.setText(text)
        self._cost.setVisible(bool(text))
        set_role(self._cost, "danger", value=bool(blocked))
        set_role(self._cost, "muted", value=not blocked)
        self._fetch.setEnabled(plan is not None and not blocked and not busy)
        self._fetch.setText(_fetch_text(plan) if plan is not None else "Fetch")
        self._fetch.setAccessibleName(self._fetch.text())

    def _why_not(self, plan: "FetchPlan | None") -> str:
        provider = self.provider
        if provider is None or not self._ids.get(provider):
            return ""
        if self._services.fetching.needs_account(provider) and not self.account.chosen_of(provider):
            return "Choose an account to fetch through."
        cap = self.cap
        if plan is not None and cap is not None and plan.estimate.maximum > cap:
            cost = count(plan.estimate.maximum, "credit")
            return f"This could cost {cost}, more than the cap of {cap:,}. Raise the cap or fetch fewer IDs."
        return ""

    def _plan_text(self, plan: "FetchPlan") -> str:
        maximum = plan.estimate.maximum
        parts = [f"Costs at most {count(maximum, 'credit')}." if maximum else "Costs no credits."]
        if plan.estimate.excluded:
            parts += [
                f"{number:,} {reason[:1].lower()}{reason[1:]}." for reason, number in plan.estimate.excluded.items()
            ]
        elif plan.skipped:
            parts.append(f"{len(plan.skipped):,} in the library already, not asked for again.")
        elif plan.owned:
            parts.append(f"{plan.owned:,} in the library already.")
        account = self.account.known(plan.account_id)
        if maximum and account is not None and account.remaining is not None and account.remaining < maximum:
            left = count(account.remaining, "credit")
            parts.append(f"The account has {left} left: the run pauses when they are used up.")
        return " ".join(parts)

    # -- inside --------------------------------------------------------------------------------------------

    def _costs(self, provider: Provider) -> bool:
        return self._services.fetching.prices(provider).per_id > 0

    def _owner(self) -> Provider | None:
        """The service that the IDs belong to, None when only the rep knows."""
        possible = [provider for provider in self._radios if self._ids.get(provider)]
        if len(possible) <= 1:
            return possible[0] if possible else None
        kinds = {self._services.fetching.id_kind(provider) for provider in possible}
        if IdKind.UUID in kinds:
            return next(one for one in possible if self._services.fetching.id_kind(one) is IdKind.UUID)
        remembered = self._services.settings.load().whole_numbers
        return next((provider for provider in possible if provider.value == remembered), None)

    def _choose(self, provider: Provider | None) -> None:
        if provider is self.provider:
            return
        self._group.setExclusive(False)  # an exclusive group cannot have none checked
        for each, radio in self._radios.items():
            radio.setChecked(each is provider)
        self._group.setExclusive(True)
        self.provider_changed.emit()

    def _clicked(self) -> None:
        provider = self.provider
        if provider is not None and self._asks_whose() and self._services.fetching.id_kind(provider) is IdKind.INTEGER:
            self.whole_numbers_are.emit(provider)
        self._show_choices()
        self.provider_changed.emit()

    def _asks_whose(self) -> bool:
        fetching = self._services.fetching
        return sum(bool(self._ids.get(one)) for one in fetching.providers_for(IdKind.INTEGER)) > 1

    def _skip_clicked(self) -> None:
        self._skip_owned = self._skip.isChecked()
        self.changed.emit()

    def _show_choices(self) -> None:
        provider = self.provider
        for each, radio in self._radios.items():
            number = len(self._ids.get(each, ()))
            radio.setText(f"{each.label} ({number:,})" if number else each.label)
        question = self._question()
        hint = question or self._remainder()
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        set_role(self._hint, "warning", value=bool(question))
        set_role(self._hint, "muted", value=not question)
        needed = self.account_provider
        self._account_label.setVisible(needed is not None)
        if needed is not None:
            self._account_label.setText("A&ccount" if needed is provider else f"{needed.label} a&ccount")
        self.account.setVisible(needed is not None)
        costs = provider is not None and self._costs(provider)
        self._cap_label.setVisible(costs)
        self._cap.setVisible(costs)
        self._skip.setVisible(provider is not None)
        self._skip.setChecked(costs if self._skip_owned is None else self._skip_owned)
        offers_company = provider is not None and self._services.fetching.offers_company(provider)
        self._company.setVisible(offers_company)
        if provider is not None and offers_company:
            price = self._services.fetching.prices(provider).per_company
            self._company.setText(f"&Include company (up to {price:,} more credit{'s' * (price != 1)} each)")

    def _question(self) -> str:
        """Whose the whole numbers are, "" where that is no question."""
        integers = self._services.fetching.providers_for(IdKind.INTEGER)
        if self.provider is not None or not self._asks_whose():
            return ""
        number = max(len(self._ids[one]) for one in integers)
        names = " or ".join(f"{one.label}’s" for one in self._radios if one in integers)
        whose = "Whose is this whole number" if number == 1 else f"Whose are these {number:,} whole numbers"
        return f"{whose}: {names}? You are asked once."

    def _remainder(self) -> str:
        """What of the paste is of another kind than the chosen service's IDs."""
        fetching, provider = self._services.fetching, self.provider
        if provider is None:
            return ""
        for kind, noun in _KINDS.items():
            owners = [one for one in self._radios if fetching.id_kind(one) is kind and self._ids.get(one)]
            if kind is not fetching.id_kind(provider) and owners:
                number = max(len(self._ids[one]) for one in owners)
                names = " or ".join(one.label for one in owners)
                rest = f"{count(number, noun)} {'is' if number == 1 else 'are'} not {provider.label}’s"
                return f"{rest}: choose {names} to fetch {'it' if number == 1 else 'them'} as well."
        return ""

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        for provider, radio in self._radios.items():
            radio.setObjectName(f"fetch_from_{provider.value}")
            radio.setAccessibleName(f"Fetch from {provider.label}")
            radio.clicked.connect(self._clicked)
            self._group.addButton(radio)
        for widget, name, spoken in (
            (self._hint, "fetch_hint", "About the service"),
            (self.account, "fetch_account", "Account to fetch through"),
            (self._skip, "fetch_skip_owned", "Skip what is already owned"),
            (self._company, "fetch_company", "Include the company of each contact"),
            (self._cap, "fetch_cap", "Cap in credits"),
            (self._cost, "fetch_cost", "Cost"),
            (self._fetch, "fetch_start", "Fetch"),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(spoken)
        self._fetch.setProperty("primary", True)  # noqa: FBT003
        self._cap.setValue(self._services.settings.load().run_cap)
        self._account_label.setBuddy(self.account)
        self._cap_label.setBuddy(self._cap)

        who = QHBoxLayout()
        who.setSpacing(SPACING.m)
        who.addWidget(QLabel("Fetch from"))
        for radio in self._radios.values():
            who.addWidget(radio)
        who.addStretch()
        who.addWidget(self._account_label)
        who.addWidget(self.account)
        how = QHBoxLayout()
        how.setSpacing(SPACING.m)
        how.addWidget(self._skip)
        how.addWidget(self._company)
        how.addStretch()
        how.addWidget(self._cap_label)
        how.addWidget(self._cap)
        last = QHBoxLayout()
        last.setSpacing(SPACING.m)
        last.addWidget(self._cost, 1)
        last.addStretch()
        last.addWidget(self._fetch, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        column.addLayout(who)
        column.addWidget(self._hint)
        column.addLayout(how)
        column.addLayout(last)

        self.account.chosen.connect(self.changed)
        self._skip.clicked.connect(self._skip_clicked)
        self._company.clicked.connect(self.changed)
        self._cap.valueChanged.connect(self.changed)
        self._fetch.clicked.connect(self.fetch_wanted)


def _fetch_text(plan: "FetchPlan") -> str:
    if not plan.asked:
        return f"List {count(len(plan.ids), 'owned contact')}"
    return priced(f"Fetch {count(plan.asked, 'contact')}", plan.estimate.maximum)
