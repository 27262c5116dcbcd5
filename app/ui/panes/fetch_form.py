"""The upper half of Bulk fetch: which service, which IDs, what it may cost."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError, MissingKeyError
from app.domain.provider import Provider
from app.qtbridge.dialogs import ask, open_file
from app.qtbridge.tasks import TaskScope
from app.services.credentials import KeySource
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.id_input import IdInput
from app.ui.widgets.labels import text_label
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services
    from app.services.fetching import FetchPlan

_LEAST_ACCOUNT_WIDTH = 90
_ACCOUNTS_FRESH_SECONDS = 5.0


class FetchForm(QWidget):
    """Collects a plan and stores it as a run.

    Signals:
        created: A run (its id) was stored and is to be executed.
        settings_requested: The rep wants to add a key.
    """

    created = Signal(int)
    settings_requested = Signal()

    def __init__(self, services: "Services", scope: TaskScope, banner: Banner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._scope = scope
        self._banner = banner
        self._plan: FetchPlan | None = None
        self._creating = False
        self._checked_at = -math.inf
        self._provider = QComboBox()
        self._account_label = QLabel("A&ccount")
        self._account = QComboBox()
        self._open = QPushButton("&Open file…")
        self._clear = QPushButton("Clear")
        self._cost = text_label(role="muted")
        self._fetch = QPushButton("Fetch")
        self._ids = IdInput(scope, services.fetching.id_kind(services.fetching.providers()[0]))
        self._build()
        self._provider_changed()

    @property
    def provider(self) -> Provider:
        """The chosen service."""
        return Provider(self._provider.currentData())

    def provider_news(self, change: Change) -> None:
        """A key or base URL may have changed: accounts read through the old one are stale."""
        fresh = time.monotonic() - self._checked_at < _ACCOUNTS_FRESH_SECONDS  # reading them publishes news too
        if change.kind is ChangeKind.PROVIDERS and self.isVisible() and not fresh:
            self._check_soon()

    def showEvent(self, event: QShowEvent) -> None:
        """The first look: nothing is asked of a provider before the rep comes here."""
        super().showEvent(event)
        if self._checked_at == -math.inf:
            self._check_soon()

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        fetching = self._services.fetching
        # One that needs no further choice comes first, so that a paste can be fetched at once.
        for provider in sorted(fetching.providers(), key=fetching.needs_account):
            self._provider.addItem(provider.label, provider.value)
        for widget, name, spoken in (
            (self._provider, "fetch_provider", "Service to fetch from"),
            (self._account, "fetch_account", "Account to fetch through"),
            (self._open, "fetch_open_file", "Open a file with IDs"),
            (self._clear, "fetch_clear", "Clear the pasted IDs"),
            (self._fetch, "fetch_start", "Fetch"),
            (self._cost, "fetch_cost", "Cost"),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(spoken)
        self._fetch.setProperty("primary", True)  # noqa: FBT003
        self._account.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._account.setMinimumContentsLength(22)
        self._account.setMinimumWidth(_LEAST_ACCOUNT_WIDTH)
        provider_label = QLabel("&Service")
        provider_label.setBuddy(self._provider)
        self._account_label.setBuddy(self._account)

        top = QHBoxLayout()
        top.setSpacing(SPACING.s)
        for widget in (provider_label, self._provider, self._account_label, self._account):
            top.addWidget(widget)
        top.addStretch()
        top.addWidget(self._open)
        top.addWidget(self._clear)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACING.m)
        bottom.addWidget(self._cost, 1)
        bottom.addWidget(self._fetch, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        column.addLayout(top)
        column.addWidget(self._ids, 1)
        column.addLayout(bottom)

        self._provider.currentIndexChanged.connect(self._provider_changed)
        self._account.currentIndexChanged.connect(self.plan_again)
        self._ids.parsed_changed.connect(self.plan_again)
        self._ids.file_dropped.connect(self._load_soon)
        self._open.clicked.connect(self._open_soon)
        self._clear.clicked.connect(self._ids.box.clear)
        self._fetch.clicked.connect(self._fetch_soon)

    # -- what the rep does ---------------------------------------------------------------------------------

    def _provider_changed(self) -> None:
        fetching = self._services.fetching
        self._banner.clear()
        self._ids.set_kind(fetching.id_kind(self.provider))
        self._account.clear()
        needs_account = fetching.needs_account(self.provider)
        self._account_label.setVisible(needs_account)
        self._account.setVisible(needs_account)
        if self.isVisible():
            self._check_soon()

    def _check_soon(self) -> None:
        self._checked_at = time.monotonic()
        self._scope.replace("check provider", self._check_provider(self.provider))

    def _open_soon(self) -> None:
        self._scope.replace("open", self._choose_file())

    def _load_soon(self, path: Path) -> None:
        self._scope.replace("open", self._load_file(path))

    def _fetch_soon(self) -> None:
        if not self._creating:
            self._creating = True
            self._show()
            self._scope.start(self._create(), "create a bulk fetch")

    async def _choose_file(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        path = await open_file(self, "Open a file with IDs", folder, "Text (*.txt *.csv *.tsv);;All files (*)")
        if path is not None:
            await self._load_file(path)

    async def _load_file(self, path: Path) -> None:
        try:
            await self._ids.load(path)
        except ContactScoutError as error:
            self._banner.show_error(error)

    async def _check_provider(self, provider: Provider) -> None:
        try:
            status = await self._services.providers.status(provider)
            if status.key_source is KeySource.NONE and not status.last_error:
                self._banner.show_error(
                    MissingKeyError(provider), action_text="Add key…", action=self.settings_requested.emit
                )
            elif self._services.fetching.needs_account(provider):
                await self._load_accounts(provider)
        except ContactScoutError as error:
            self._banner.show_error(error, action_text="Try again", action=self._check_soon)

    async def _load_accounts(self, provider: Provider) -> None:
        known = self._account.count() > 0
        if not known:
            self._account.setPlaceholderText("Loading…")
            self._account.setEnabled(False)
        try:
            accounts = await self._services.providers.accounts(provider)
        except ContactScoutError:
            self._account.setPlaceholderText("Not available")
            raise
        entries = [(account.name or account.account_id, account.account_id) for account in accounts]
        if known and entries == [(self._account.itemText(i), self._account.itemData(i)) for i in range(len(entries))]:
            return
        self._account.clear()
        self._account.setEnabled(bool(entries))
        self._account.setPlaceholderText("" if entries else "The key reaches no account")
        for name, account_id in entries:
            self._account.addItem(name, account_id)

    def plan_again(self) -> None:
        """Work out the cost anew, for instance because a run has just made some of the IDs free."""
        # No plan outlives what it was made for: another service, account or text means another plan.
        self._scope.cancel("plan")
        self._plan = None
        self._show()
        parsed = self._ids.parsed
        if parsed is not None and parsed.valid:
            account_id = self._account.currentData() or ""
            self._scope.replace("plan", self._make_plan(self.provider, parsed.valid, account_id))

    async def _make_plan(self, provider: Provider, ids: tuple[str, ...], account_id: str) -> None:
        try:
            self._plan = await self._services.fetching.plan(provider, ids, account_id)
        except ContactScoutError as error:
            self._banner.show_error(error)
        self._show()

    async def _create(self) -> None:
        try:
            plan = self._plan
            if plan is None or not await self._consent(plan):
                return
            limit = plan.estimate.maximum or None
            run_id = await self._services.fetching.create(plan, max_credits=limit)
            self._banner.clear()
            self.created.emit(run_id)
        except ContactScoutError as error:
            self._banner.show_error(error)
        finally:
            self._creating = False
            self._show()

    async def _consent(self, plan: "FetchPlan") -> bool:
        if not plan.estimate.maximum:
            return True
        return await ask(
            self,
            "Confirm the cost",
            f"Fetch {count(len(plan.ids), 'contact')} from {plan.provider.label} "
            f"for at most {count(plan.estimate.maximum, 'credit')}?",
            accept=f"Fetch for at most {count(plan.estimate.maximum, 'credit')}",
            details="Only contacts that are returned are charged." + _owned_text(plan),
        )

    # -- how it looks --------------------------------------------------------------------------------------

    def _show(self) -> None:
        blocked = self._why_not()
        ready = not blocked and self._plan is not None
        self._fetch.setEnabled(ready and not self._creating)
        number = len(self._plan.ids) if self._plan is not None else 0
        self._fetch.setText(f"Fetch {count(number, 'contact')}" if number else "Fetch")
        self._fetch.setAccessibleName(self._fetch.text())
        self._clear.setEnabled(not self._ids.box.document().isEmpty())
        self._cost.setText(blocked or (_cost_text(self._plan) if self._plan is not None else ""))

    def _why_not(self) -> str:
        parsed = self._ids.parsed
        if parsed is None:
            return ""
        if not parsed.valid:
            return "None of what was pasted can be read as an ID." if parsed.pieces else ""
        if self._services.fetching.needs_account(self.provider) and not self._account.currentData():
            return "Choose an account to fetch through."
        return ""


def _cost_text(plan: "FetchPlan") -> str:
    if plan.estimate.maximum:
        return f"Costs at most {count(plan.estimate.maximum, 'credit')}.{_owned_text(plan)}"
    return f"Costs no credits.{_owned_text(plan)}"


def _owned_text(plan: "FetchPlan") -> str:
    if not plan.owned:
        return ""
    if plan.owned == 1:
        return " 1 is in the library already."
    return f" {plan.owned:,} are in the library already."
