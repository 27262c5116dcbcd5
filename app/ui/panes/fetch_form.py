"""The set-up of a bulk fetch: what was pasted, whose IDs they are, what fetching them may cost."""

import asyncio
import math
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QStandardPaths, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError, InputError, MissingKeyError
from app.domain.paste import Paste
from app.domain.paste_review import Review, review
from app.domain.provider import Provider
from app.qtbridge.dialogs import open_file
from app.qtbridge.tasks import TaskScope
from app.services.credentials import KeySource
from app.ui.panes.fetch_options import FetchOptions, Options
from app.ui.panes.paste_preview import EMAILS_AT, PEOPLE_AT, PastePreview
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.id_input import IdInput

if TYPE_CHECKING:
    from app.composition import Services
    from app.services.fetching import FetchPlan

_ACCOUNTS_FRESH_SECONDS = 5.0
_FILES = "Text, CSV and XLSX (*.txt *.csv *.tsv *.xlsx);;All files (*)"


class FetchForm(QWidget):
    """Collects a plan and stores it as a run.

    Signals:
        created: A run (its id) was stored and is to be executed.
        settings_requested: The rep wants to add a key.
        search_requested: A `SearchQuery` for a page or for addresses that were pasted.
    """

    created = Signal(int)
    settings_requested = Signal()
    search_requested = Signal(object)

    def __init__(self, services: "Services", scope: TaskScope, banner: Banner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._scope = scope
        self._banner = banner
        self._review: Review | None = None
        self._ids: Mapping[Provider, tuple[str, ...]] = {}
        self._answers: dict[str, int] = {}
        self._plan: FetchPlan | None = None
        self._creating = False
        self._checked_at = -math.inf
        self._input = IdInput(scope)
        self._preview = PastePreview()
        self._options = FetchOptions(services)
        self._open = QPushButton("&Open file…")
        self._clear = QPushButton("C&lear")
        self._build()
        self._show()

    def provider_news(self, change: Change) -> None:
        """A key or base URL may have changed: accounts read through the old one are stale."""
        fresh = time.monotonic() - self._checked_at < _ACCOUNTS_FRESH_SECONDS  # reading them publishes news too
        if change.kind is ChangeKind.PROVIDERS and self.isVisible() and not fresh:
            self._check_soon()

    def showEvent(self, event: QShowEvent) -> None:
        """Credits and keys may have changed while another page was shown."""
        super().showEvent(event)
        self._check_soon()

    def take(self, source: QMimeData) -> bool:
        """Take what was dropped on the view; whether it was of use."""
        return self._input.take(source)

    # -- from text to plan ---------------------------------------------------------------------------------

    def _paste_changed(self) -> None:
        self._forget_plan()
        self._scope.cancel("review")
        paste = self._input.paste
        if paste is None:
            self._review, self._ids = None, {}
            if self._input.waits_for_column:
                self._options.forget_ids()  # not at every keystroke: the numbers would flicker
            self._show()
        else:
            self._review_soon(paste)

    def _review_soon(self, paste: Paste) -> None:
        self._scope.replace("review", self._review_paste(paste, dict(self._answers)))

    async def _review_paste(self, paste: Paste, answers: Mapping[str, int]) -> None:
        fetching = self._services.fetching
        kinds = {provider: fetching.id_kind(provider) for provider in fetching.providers()}

        def work() -> tuple[Review, dict[Provider, tuple[str, ...]]]:
            seen = review(paste, answers)
            return seen, {provider: seen.ids_for(provider, kind) for provider, kind in kinds.items()}

        seen, self._ids = await asyncio.to_thread(work)
        self._review = seen
        self._preview.show_owned({})
        self._options.show_ids(seen, self._ids)
        self._check_if_needed()
        self.plan_again()

    def _answered(self, texts: Collection[str], reading: int) -> None:
        self._answers.update(dict.fromkeys(texts, reading))
        self._answers_changed()

    def _ask_again(self) -> None:
        self._answers.clear()
        self._answers_changed()

    def _answers_changed(self) -> None:
        if self._input.paste is not None:
            self._forget_plan()
            self._review_soon(self._input.paste)

    def _forget_plan(self) -> None:
        # No plan outlives what it was made for: another text, service, account or choice means another plan.
        self._scope.cancel("plan")
        self._plan = None

    def plan_again(self) -> None:
        """Work out the cost anew, for instance because a run has just made some of the IDs free."""
        self._forget_plan()
        self._show()
        chosen = self._options.chosen()
        if chosen is not None and self._ids.get(chosen.provider):
            self._scope.replace("plan", self._make_plan(chosen, self._ids[chosen.provider]))

    async def _make_plan(self, chosen: Options, ids: tuple[str, ...]) -> None:
        fetching = self._services.fetching
        try:
            owned = await fetching.owned(chosen.provider, ids)
            self._plan = await fetching.plan(
                chosen.provider,
                ids,
                chosen.account_id,
                skip_owned=chosen.skip_owned,
                include_company=chosen.include_company,
            )
            self._preview.show_owned(owned)
        except ContactScoutError as error:
            self._banner.show_error(error)
        self._show()

    # -- what the rep does ---------------------------------------------------------------------------------

    def _provider_changed(self) -> None:
        self._banner.clear()
        self._preview.show_owned({})
        if self.isVisible():
            self._check_soon()
        self.plan_again()

    def _check_if_needed(self) -> None:
        if self.isVisible() and self._options.lacks_accounts:
            self._check_soon()

    def _check_soon(self) -> None:
        provider = self._options.provider or self._options.account_provider
        if provider is not None:
            self._checked_at = time.monotonic()
            self._scope.replace("check provider", self._check_provider(provider))

    def _open_soon(self) -> None:
        self._scope.replace("open", self._choose_file())

    def _fetch_soon(self) -> None:
        if not self._creating and self._plan is not None:
            self._creating = True
            self._show()
            self._scope.start(self._create(self._plan), "create a bulk fetch")

    async def _choose_file(self) -> None:
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        path = await open_file(self, "Open a file with IDs", folder, _FILES)
        if path is not None:
            self._banner.clear()
            self._input.open(path)

    async def _check_provider(self, provider: Provider) -> None:
        try:
            status = await self._services.providers.status(provider)
            if status.key_source is KeySource.NONE and not status.last_error:
                self._banner.show_error(
                    MissingKeyError(provider), action_text="Add key…", action=self.settings_requested.emit
                )
            elif self._options.account_provider is not None:
                await self._load_accounts(self._options.account_provider)
        except ContactScoutError as error:
            self._banner.show_error(error, action_text="Try again", action=self._check_soon)

    async def _load_accounts(self, provider: Provider) -> None:
        self._options.account.show_loading(provider)
        try:
            accounts = await self._services.fetching.accounts(provider)
        except ContactScoutError:
            self._options.account.show_none()
            raise
        self._options.account.show_accounts(provider, accounts)

    async def _create(self, plan: "FetchPlan") -> None:
        try:
            run_id = await self._services.fetching.create(plan, max_credits=self._options.cap)
            self._banner.clear()
            self.created.emit(run_id)
        except ContactScoutError as error:
            self._banner.show_error(error)
        finally:
            self._creating = False
            self._show()

    def _search(self, provider: Provider, values: Mapping[str, Collection[str]]) -> None:
        try:
            lists = {name: tuple(each) for name, each in values.items()}
            self.search_requested.emit(self._services.search.build_query(provider, lists))
        except ContactScoutError as error:
            self._banner.show_error(error)

    def _search_person(self, page: str) -> None:
        self._search(PEOPLE_AT, {"query": [page]})

    def _search_emails(self, emails: Collection[str]) -> None:
        account = self._options.account.chosen_of(EMAILS_AT)
        if account:
            self._search(EMAILS_AT, {"account_id": [account], "emails": emails})
        else:
            self._banner.show_error(InputError(f"Choose the {EMAILS_AT.label} account to search in first."))

    # -- how it looks --------------------------------------------------------------------------------------

    def _show(self) -> None:
        if self._input.waits_for_column:
            state = "Choose the column with the IDs"
        else:
            state = "Reading…" if self._review is None and not self._input.is_empty else ""
        self._preview.show_review(self._review, state)
        self._options.show_plan(self._plan, busy=self._creating)
        self._clear.setEnabled(not self._input.is_empty)

    # -- set-up --------------------------------------------------------------------------------------------

    def _build(self) -> None:
        for button, name, spoken in (
            (self._open, "fetch_open_file", "Open a file with IDs"),
            (self._clear, "fetch_clear", "Clear the pasted IDs"),
        ):
            button.setObjectName(name)
            button.setAccessibleName(spoken)
        left = QWidget()
        under = QVBoxLayout(left)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(SPACING.s)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING.s)
        buttons.addWidget(self._open)
        buttons.addWidget(self._clear)
        buttons.addStretch()
        under.addWidget(self._input, 1)
        under.addLayout(buttons)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.setHandleWidth(SPACING.m)
        halves.addWidget(left)
        halves.addWidget(self._preview)
        halves.setSizes([400, 600])
        halves.setStretchFactor(0, 2)
        halves.setStretchFactor(1, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.m)
        column.addWidget(halves, 1)
        column.addWidget(self._options)

        self._input.changed.connect(self._paste_changed)
        self._input.failed.connect(self._banner.show_error)
        self._preview.answered.connect(self._answered)
        self._preview.asked_again.connect(self._ask_again)
        self._preview.person_wanted.connect(self._search_person)
        self._preview.emails_wanted.connect(self._search_emails)
        self._options.provider_changed.connect(self._provider_changed)
        self._options.changed.connect(self.plan_again)
        self._options.whole_numbers_are.connect(self._remember)
        self._options.fetch_wanted.connect(self._fetch_soon)
        self._open.clicked.connect(self._open_soon)
        self._clear.clicked.connect(self._input.clear)

    def _remember(self, provider: Provider) -> None:
        settings = self._services.settings.load()
        if settings.whole_numbers != provider.value:
            self._services.settings.save(replace(settings, whole_numbers=provider.value))
