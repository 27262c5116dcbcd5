"""Keeps the provider chips and the status bar true: keys, pace, credits, running work, and why work waits."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError
from app.domain.fetching import FetchRunState
from app.domain.provider import Provider
from app.providers.capabilities import SupportsBalance
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.services.credentials import KeySource
from app.ui.contact_changes import ContactChanges
from app.ui.refresher import Refresher
from app.ui.result_tabs import ResultTabs
from app.ui.widgets.provider_chip import ProviderChip
from app.ui.widgets.status_line import StatusLine
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

PACE_INTERVAL_MS = 1000
BALANCE_PAUSE_MS = 2000
"""A run spends many times a minute; asking for the credits left after each would be rude."""


class Activity(QObject):
    """Watches services and searches and tells chips and status bar."""

    def __init__(
        self,
        services: "Services",
        scope: TaskScope,
        *,
        tabs: ResultTabs,
        chips: Mapping[Provider, ProviderChip],
        status: StatusLine,
        changes: ContactChanges,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._scope = scope
        self._tabs = tabs
        self._chips = chips
        self._status = status
        self._contact_changes = changes
        self._is_working = False
        self._is_paused = False
        self._work = Refresher(scope, "running work", self._show_work)
        self._providers = Refresher(scope, "provider chips", self._show_chips)
        self._balances = Refresher(scope, "balances after spending", self._ask_balances_silently)
        # A provider's pace changes without anybody telling; nobody needs to know it while nothing runs or is paused.
        self._pace = QTimer(self, interval=PACE_INTERVAL_MS)
        self._pace.timeout.connect(self._providers.request)
        self._spent = QTimer(self, interval=BALANCE_PAUSE_MS, singleShot=True)
        self._spent.timeout.connect(self._balances.request)
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)
        tabs.state_changed.connect(self._work.request)
        changes.running_changed.connect(self._work.request)
        self._providers.request()
        self._work.request()
        self.ask_balances()

    def close(self) -> None:
        """Stop watching."""
        self._pace.stop()
        self._spent.stop()
        self._changes.close()

    def ask_balances(self) -> None:
        """Ask every provider that has a key and can say so for its credits; this is free."""
        self._scope.replace("balances", self._ask_balances())

    async def _ask_balances_silently(self) -> None:
        await self._ask_balances(silently=True)

    async def _ask_balances(self, *, silently: bool = False) -> None:
        directory = self._services.providers
        for provider in directory.supporting(SupportsBalance):
            if (await directory.status(provider)).key_source is KeySource.NONE:
                continue
            try:
                await directory.balance(provider)
            except ContactScoutError as error:
                if not silently:
                    self._status.say(f"{provider.label}: {error.text}")

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.PROVIDERS:
            self._providers.request()
        if change.kind is ChangeKind.LEDGER and not self._spent.isActive():
            self._spent.start()
        if change.kind in (ChangeKind.ENRICHMENT, ChangeKind.FETCH_RUNS):
            self._work.request()

    async def _show_chips(self) -> None:
        paused = False
        for provider, chip in self._chips.items():
            status = await self._services.providers.status(provider)
            paused = paused or status.paused_for > 0
            chip.show_status(status)
        self._is_paused = paused
        self._tick()

    async def _show_work(self) -> None:
        parts = [f"searching {pane.query.provider.label}" for pane in self._tabs.results() if pane.is_running]
        fetches = await self._services.fetching.runs()
        running = [run for run in fetches if run.state is FetchRunState.RUNNING]
        parts += [f"fetching {run.done:,} of {count(run.total, 'ID')}" for run in running]
        enriching = [run for run in await self._services.enrichment.runs() if run.is_open]
        if enriching:
            parts.append(f"enriching {count(sum(run.people for run in enriching), 'person')}")
        if doing := self._contact_changes.running:
            parts.append(doing[:1].lower() + doing[1:])
        text = ", ".join(parts)
        self._status.show_running(text[:1].upper() + text[1:])
        self._status.show_waiting(self._services.enrichment.lane_note)
        if self._is_working and not parts:
            self._providers.request()  # the pace as it is at rest
        self._is_working = bool(parts)
        self._tick()

    def _tick(self) -> None:
        """Look at the pace once a second for as long as it may change."""
        if not (self._is_working or self._is_paused):
            self._pace.stop()
        elif not self._pace.isActive():
            self._pace.start()
