"""Find: one form per provider that can be searched, or the card that adds its key."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.errors import ContactScoutError, InputError, MissingKeyError
from app.domain.provider import Provider
from app.domain.search import ChoiceSource, SearchQuery
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.services.credentials import KeySource
from app.ui.failures import failure_handler
from app.ui.panes.search_form import SearchForm
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.later import Later
from app.ui.wording import count, priced

if TYPE_CHECKING:
    from app.composition import Services


class SearchPane(QWidget):
    """One provider's search.

    Signals:
        search_requested: A checked `SearchQuery`.
        key_wanted: The rep wants to add a key for this provider.
    """

    search_requested = Signal(object)
    key_wanted = Signal()

    def __init__(self, services: "Services", provider: Provider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.provider = provider
        self._services = services
        self._key_source: KeySource | None = None
        self._account = ""
        self.banner = Banner()
        self._scope = TaskScope(f"search pane {provider}", failure_handler(self.banner.show_error))
        self.form = SearchForm(
            services.search.filters(provider), finds_companies=provider in services.companies.providers()
        )
        self.form.companies_wanted.connect(lambda name: self._scope.replace("company", self._find_company(name)))
        self.form.submitted.connect(self.search)
        self.form.choices_wanted.connect(self._load_choices)
        self.form.account_changed.connect(self._on_account)
        self.page_cost = services.search.cost_of_next_page(services.search.start(SearchQuery(provider)))
        self.search_button = QPushButton(priced("Search", self.page_cost))
        set_role(self.search_button, "primary")
        self.search_button.setToolTip("Run this search (Ctrl+Enter)")
        self.search_button.clicked.connect(self.search)
        rows = services.search.page_size(provider)
        self._price = text_label(
            f"Each page of up to {count(rows, 'person')} costs up to {count(self.page_cost, 'credit')}.", role="muted"
        )
        self._price.setVisible(self.page_cost > 0)
        self.clear_button = QPushButton("Clear")
        self.clear_button.setToolTip("Empty every filter")
        self.clear_button.clicked.connect(self.clear)
        self._lay_out()
        self.refresh()

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()

    def search(self) -> None:
        """Check the filters and ask for the search, or say what is missing."""
        try:
            query = self._services.search.build_query(self.provider, self.form.values())
        except InputError as error:
            self.banner.show_error(error)
            self.form.focus_missing()
            return
        self.banner.clear()
        self.search_requested.emit(query)

    def clear(self) -> None:
        """Empty every filter."""
        self.form.clear()
        self.banner.clear()
        self.form.focus_first()

    def reload(self) -> None:
        """Ask for every choice again: the key is another one."""
        self._key_source = None
        self.refresh()

    def refresh(self) -> None:
        """Look whether there is a key, and ask for the choices if it is another one."""
        self._scope.replace("refresh", self._refresh())

    async def _refresh(self) -> None:
        status = await self._services.providers.status(self.provider)
        source = status.key_source
        self._stack.setCurrentIndex(0 if source is KeySource.NONE else 1)
        if source is not self._key_source:
            self._key_source = source
            if source is not KeySource.NONE:
                for spec in self.form.specs:
                    if spec.choice_source is not None:
                        self._load_choices(spec.name)

    def _load_choices(self, name: str) -> None:
        self._scope.replace(f"choices of {name}", self._choices(name))

    async def _choices(self, name: str) -> None:
        source = next(spec.choice_source for spec in self.form.specs if spec.name == name)
        if source is None:
            return
        account = "" if source is ChoiceSource.ACCOUNTS else self._chosen_account()
        self.form.show_loading(name)
        try:
            choices = await self._services.search.choices(self.provider, source, account)
        except MissingKeyError:
            self.form.show_choices_error(name, "Add a key first.")
        except ContactScoutError as error:
            self.form.show_choices_error(name, f"{error.text} {error.next_step}".strip())
        else:
            self.form.show_choices(name, choices)
            if source is ChoiceSource.ACCOUNTS:
                self._on_account()

    async def _find_company(self, name: str) -> None:
        from app.ui.dialogs.company_dialog import COMPANY_FILTERS, run_company_dialog

        account = self._chosen_account()
        if self._services.companies.needs_account(self.provider) and not account:
            self.banner.show_error(InputError(f"Choose the {self.provider.label} account to look in first."))
            self.form.focus_missing()
            return
        self.banner.clear()
        found = await run_company_dialog(self, self._services, self.provider, account, COMPANY_FILTERS[name])
        self.form.add_values(name, found)

    def _chosen_account(self) -> str:
        for spec in self.form.specs:
            if spec.choice_source is ChoiceSource.ACCOUNTS:
                return "".join(self.form.values().get(spec.name, ())[:1])
        return ""

    def _on_account(self) -> None:
        account = self._chosen_account()
        if account == self._account:
            return
        self._account = account
        for spec in self.form.specs:
            if spec.choice_source not in (None, ChoiceSource.ACCOUNTS):
                self._load_choices(spec.name)

    def _lay_out(self) -> None:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.m)
        buttons.setSpacing(SPACING.s)
        buttons.addWidget(self.search_button, 2)
        buttons.addWidget(self.clear_button, 1)
        strip = QVBoxLayout()
        strip.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, 0)
        strip.addWidget(self.banner)
        filters = QWidget()
        column = QVBoxLayout(filters)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(strip)
        column.addWidget(scroll, 1)
        column.addWidget(rule())
        price = QHBoxLayout()
        price.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, 0)
        price.addWidget(self._price)
        column.addLayout(price)
        column.addLayout(buttons)
        label = self.provider.label
        no_key = EmptyState(
            "key",
            f"No key for {label} yet",
            f"Add your {label} key to search here. It is kept in the system keyring, never in a file.",
            action_text="Add a key…",
            action=self.key_wanted.emit,
            card=True,
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(no_key)
        self._stack.addWidget(filters)
        self._stack.setCurrentIndex(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)


class FindPane(QWidget):
    """The searches of all providers, one tab each.

    Signals:
        search_requested: A checked `SearchQuery`.
        key_wanted: The rep wants to add a key for a `Provider`.
        current_changed: Another provider's search is in front.
    """

    search_requested = Signal(object)
    key_wanted = Signal(object)
    current_changed = Signal()

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)
        self.setMinimumWidth(220)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setAccessibleName("Services to search")
        set_role(self._tabs.tabBar(), "narrow")
        self._services = services
        self._places: dict[Provider, Later[SearchPane]] = {}
        self._filled_in: dict[Provider, dict[str, list[str]]] = {}  # for searches that are not made yet
        for provider in services.search.providers():
            self._places[provider] = Later(partial(self._make, provider))
            self._tabs.addTab(self._places[provider], provider.label)
        self._tabs.currentChanged.connect(lambda _: self.current_changed.emit())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tabs)

    def save_state(self) -> dict[str, dict[str, list[str]]]:
        """What is filled in, by provider and filter, ready for JSON."""
        made = {
            provider: {name: list(values) for name, values in pane.form.values().items()}
            for provider, pane in self._made().items()
        }
        return {provider.value: made.get(provider, self._filled_in.get(provider, {})) for provider in self._places}

    def restore_state(self, state: object) -> None:
        """Fill in what `save_state` gave; what is unknown or damaged is left out."""
        if not isinstance(state, dict):
            return
        made = self._made()
        for provider in self._places:
            saved = state.get(provider.value)
            if isinstance(saved, dict):
                lists = {str(name): values for name, values in saved.items() if isinstance(values, list)}
                filled_in = {name: [str(value) for value in values] for name, values in lists.items()}
                if provider in made:
                    made[provider].form.set_values(filled_in)
                else:
                    self._filled_in[provider] = filled_in

    async def shut_down(self) -> None:
        """Stop what runs."""
        self._changes.close()
        for pane in self._made().values():
            await pane.shut_down()

    def pane(self, provider: Provider) -> SearchPane:
        """The search of one provider."""
        return self._places[provider].widget()

    def current(self) -> SearchPane | None:
        """The search in front."""
        place = self._tabs.currentWidget()
        return place.widget() if isinstance(place, Later) else None

    def show_provider(self, provider: Provider | None = None) -> None:
        """Bring a provider's search to the front, or leave the one in front, and put the cursor into it."""
        if provider is not None:
            self._tabs.setCurrentWidget(self._places[provider])
        pane = self.current()
        if pane is not None:
            pane.form.focus_first()

    def reload(self) -> None:
        """Ask for every choice again: keys may be other ones."""
        for pane in self._made().values():
            pane.reload()

    def _on_change(self, change: Change) -> None:
        if change.kind is ChangeKind.PROVIDERS:
            for pane in self._made().values():
                pane.refresh()

    def _make(self, provider: Provider) -> SearchPane:
        pane = SearchPane(self._services, provider)
        pane.search_requested.connect(self.search_requested)
        pane.key_wanted.connect(lambda: self.key_wanted.emit(provider))
        if provider in self._filled_in:
            pane.form.set_values(self._filled_in.pop(provider))
        return pane

    def _made(self) -> dict[Provider, SearchPane]:
        """The searches that were in front, or were asked for."""
        return {provider: place.made for provider, place in self._places.items() if place.made is not None}
