"""One search's results: rows that stream in page by page, and all that can be done about more of them."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import BadKeyError, CapError, ContactScoutError, MissingKeyError, OutcomeUnknownError
from app.domain.search import ChoiceSource, FilterSpec, SearchQuery
from app.qtbridge.dialogs import ask
from app.qtbridge.tasks import TaskScope
from app.services.search import PageLoaded, SearchSession
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.save_as_list import save_as_list
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.number_box import NumberBox
from app.ui.widgets.result_table import ResultTable
from app.ui.widgets.table_place import TablePlace
from app.ui.wording import count, priced

if TYPE_CHECKING:
    from app.composition import Services

log = logging.getLogger(__name__)

DEFAULT_ROWS = 500
MOST_ROWS = 100_000
NARROW = 600
MOST_RESTORED_ROWS = 5_000


class ResultsPane(QWidget):
    """A result tab.

    Signals:
        running_changed: Loading has begun or ended.
        said: A sentence for the status bar.
        key_wanted: The rep wants to add the key of a `Provider`.
    """

    running_changed = Signal()
    said = Signal(str)
    key_wanted = Signal(object)

    def __init__(self, services: "Services", query: SearchQuery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._search = services.search
        self.query = query
        self._session: SearchSession = services.search.start(query)
        self._restored = 0
        self._total: int | None = None
        self._asked = False
        self._running = False
        self.banner = Banner()
        self.notice = Banner()
        self._scope = TaskScope("results", failure_handler(self._on_error))
        self.table = ResultTable(services)
        self.table.failed.connect(self.banner.show_error)
        self.title = query_title(query, services.search.filters(query.provider))
        self._build_footer()
        self._lay_out()
        self._show_state()

    async def shut_down(self) -> None:
        """Stop loading."""
        await self._scope.aclose()
        await self.table.shut_down()

    @property
    def is_running(self) -> bool:
        """Whether pages are being loaded."""
        return self._running

    @property
    def state_text(self) -> str:
        """Where the search stands, in words."""
        return self._state.text()

    @property
    def cost_of_first_page(self) -> int:
        """The most credits that searching again costs."""
        return self._search.cost_of_next_page(self._search.start(self.query))

    @property
    def cost_of_next_page(self) -> int:
        """The most credits that loading more costs; 0 where it is free or bought already."""
        return self._search.cost_of_next_page(self._session)

    @property
    def has_more(self) -> bool:
        """Whether more rows may be had."""
        return self._session.has_more and not self._restored

    def restore(self, contact_ids: Sequence[int], place: TablePlace = TablePlace(), words: object = "") -> None:  # noqa: B008
        """Show what an earlier session had found, from the library; nothing is asked of the service."""
        self._restored = len(contact_ids)
        if isinstance(words, str) and words:
            self.table.set_filter_text(words)
        self.table.set_contact_ids(contact_ids, place)
        self._show_state()

    def saved_rows(self) -> tuple[list[int], TablePlace]:
        """What `restore` needs of the table: its contacts, and where the rep is among them."""
        return self.table.arrived_ids()[:MOST_RESTORED_ROWS], self.table.place()

    def search_again(self) -> None:
        """Run the search from its beginning and show what it finds now."""
        self.stop()
        self._session = self._search.start(self.query)
        self._restored = 0
        self._asked = False
        self._total = None
        self.notice.clear()
        self.table.set_contact_ids([])
        self._show_state()
        self._scope.replace("load", self._load(None))

    def tell_bought(self) -> None:
        """Say that the same search was asked for once more, and that it cost nothing to find it here."""
        self.notice.show_info(
            "This search is open already, so nothing was asked and nothing spent.",
            action_text=priced("Search again", self.cost_of_first_page),
            action=self.search_again,
        )

    def load_more(self) -> None:
        """Load one more page."""
        self._start(None)

    def load_up_to(self, rows: int) -> None:
        """Load page after page until so many rows are there in all, or there are no more."""
        self._start(rows)

    def stop(self) -> None:
        """Stop loading; what has arrived stays."""
        self._scope.cancel("load")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave saving as a list to the menu where the other buttons need the room."""
        super().resizeEvent(event)
        self._list.setVisible(event.size().width() >= NARROW)

    def save_as_list(self) -> None:
        """Keep the contacts found so far as a list of the rep's own."""
        if self.table.all_count:
            self._scope.replace("list", self._save_as_list(list(self.table.all_ids())))

    async def _save_as_list(self, contact_ids: list[int]) -> None:
        name = f"{self.query.provider.label} · {self.title}"
        if done := await save_as_list(self.window(), self._services, contact_ids, name):
            self.notice.show_success(done)
            self.said.emit(done)

    def _start(self, up_to: int | None) -> None:
        if up_to is not None and up_to <= self._session.loaded:
            self.said.emit(f"{count(self._session.loaded, 'row')} are loaded already. Allow more to load more.")
        elif not self._running and self.has_more:
            self._scope.replace("load", self._load(up_to))

    async def _load(self, up_to: int | None) -> None:
        cost = 0 if up_to is None else self._cost_up_to(up_to)
        if up_to is not None and cost and not await self._consent(cost, up_to):
            self.said.emit("Not loaded; nothing was spent.")
            return
        self.banner.clear()
        self._set_running(running=True)
        completed = False
        try:
            if up_to is None:
                self._take(await self._session.next_page())
            else:
                spent = self._session.charged + self._session.uncertain
                async for page in self._session.pages(up_to, max_credits=spent + cost):
                    self._take(page)
            completed = True
        except ContactScoutError as error:
            completed = True
            self._on_error(error, up_to)
        finally:
            # A finished search says so; one that was stopped says that too.
            self._set_running(running=False)
            self.said.emit(self.state_text if completed else f"Stopped. {self.state_text}")

    def _cost_up_to(self, rows: int) -> int:
        """The most credits that loading so many rows in all can cost."""
        return self._search.estimate(self.query, rows - self._session.loaded).maximum

    async def _consent(self, cost: int, up_to: int) -> bool:
        """One question for all pages; the buttons for a single page name its cost, and pressing them is enough."""
        label = self.query.provider.label
        details = f"Each row that {label} returns costs {count(self._session.credits_per_row, 'credit')}."
        if self._session.charged:
            details += f" This search has cost {count(self._session.charged, 'credit')} so far."
        if self._session.uncertain:
            details += (
                f" An answer was not seen: {count(self._session.uncertain, 'credit')} may have been charged already, "
                "and the same page may be charged again."
            )
        return await ask(
            self.window(),
            "Search costs credits",
            f"Load up to {count(up_to, 'row')} from {label} for at most {count(cost, 'credit')}?",
            accept=f"Load for at most {count(cost, 'credit')}",
            details=details,
        )

    def _take(self, page: PageLoaded) -> None:
        self._asked = True
        self._total = page.total if page.total is not None else self._total
        self.table.append_rows(page.rows)
        warnings = [page.note] if page.note else []
        if self._session.quarantined:
            rows = count(self._session.quarantined, "row")
            warnings.append(
                f"{rows} of the answer could not be read and {'is' if self._session.quarantined == 1 else 'are'} "
                "left out. All others are here."
            )
        if warnings:
            self.notice.show_warning(" ".join(warnings))
        self._show_state()

    def _on_error(self, error: ContactScoutError, up_to: int | None = None) -> None:
        log.info("A search stopped: %s", type(error).__name__)
        provider = self.query.provider
        if isinstance(error, MissingKeyError):
            self.banner.show_error(error, action_text="Add a key…", action=lambda: self.key_wanted.emit(provider))
        elif isinstance(error, BadKeyError):
            self.banner.show_error(error, action_text="Settings…", action=lambda: self.key_wanted.emit(provider))
        elif isinstance(error, OutcomeUnknownError):
            # Only this page: who agreed to many pages did not agree to pay for one of them twice.
            cost = count(self.cost_of_next_page, "credit")
            words = f"Ask again (may cost up to {cost} more)"
            self.banner.show_error(error, action_text=words, action=self.load_more)
        elif isinstance(error, CapError):
            self.banner.show_error(error)
        elif up_to is None:
            self.banner.show_error(error, action_text=priced("Retry", self.cost_of_next_page), action=self.load_more)
        else:
            self.banner.show_error(error, action_text="Retry", action=lambda: self._start(up_to))
        self._show_state()

    def _set_running(self, *, running: bool) -> None:
        self._running = running
        self._show_state()
        self.running_changed.emit()

    def _show_state(self) -> None:
        loaded, more = len(self._session.contact_ids), self.has_more
        self._busy.setVisible(self._running)
        self._stop.setEnabled(self._running)
        self._list.setEnabled(bool(loaded or self._restored))
        self._again.setVisible(bool(self._restored))
        self._again.setText(priced("Search again", self.cost_of_first_page))
        self._more.setText(priced("Load more", self.cost_of_next_page))
        for control in (self._more, self._all, self._rows):
            control.setEnabled(more and not self._running)
            control.setVisible(not self._restored)
        self._stack.setCurrentIndex(1 if self._asked and not loaded and not more and not self._running else 0)
        self.table.set_hint("Searching…" if self._running else "No contacts loaded.")
        self._state.setText(self._describe(loaded, more=more))

    def _describe(self, loaded: int, *, more: bool) -> str:
        if self._restored:
            return f"{count(self._restored, 'contact')} of your last session, from the library"
        if self._running and not loaded:
            return "Searching…"
        if self._asked and not loaded and not more and not self._running:
            return "Nothing found"
        rows = self._session.loaded
        parts = [count(loaded, "contact")]
        if rows > loaded:
            parts = [f"{count(loaded, 'contact')} from {count(rows, 'row')}"]
        if self._total is not None:
            parts[0] += f" of {self._total:,}"
        if self._running:
            parts.append("loading more…")
        elif more and self._session.credits_per_row and not self.cost_of_next_page:
            parts.append("one more page is bought")  # the rep stopped while it was on its way
        elif more:
            parts.append("more available" if self._asked else "none loaded yet")
        elif self._asked:
            parts.append("that is all")
        if self._session.charged:
            parts.append(f"{count(self._session.charged, 'credit')} charged")
        if self._session.uncertain:
            parts.append(f"{count(self._session.uncertain, 'credit')} perhaps charged")
        return ", ".join(parts)

    def _build_footer(self) -> None:
        self._state = ElidedLabel(role="muted")
        self._state.setAccessibleName("State of this search")
        self._again = QPushButton("Search again")
        self._again.setToolTip("Ask the service again, from the first page (Ctrl+R)")
        self._again.clicked.connect(self.search_again)
        self._more = QPushButton("Load more")
        self._more.setToolTip("Load the next page (Ctrl+L)")
        self._more.clicked.connect(self.load_more)
        self._all = QPushButton("Load all up to")
        self._all.setToolTip("Load page after page until so many rows are here (Ctrl+Shift+L)")
        self._all.clicked.connect(lambda: self.load_up_to(self.row_limit))
        self._rows: NumberBox = NumberBox("Most rows to load", 1, MOST_ROWS, step=100)
        self._rows.setValue(DEFAULT_ROWS)
        self._list = QToolButton()
        self._list.setObjectName("results_save_list")
        self._list.setIcon(icon("list-add"))
        self._list.setIconSize(QSize(16, 16))
        self._list.setToolTip("Save these contacts as a list…")
        self._list.setAccessibleName("Save as list")
        self._list.clicked.connect(self.save_as_list)
        self._stop = QPushButton("Stop")
        self._stop.setIcon(icon("stop"))
        self._stop.setIconSize(QSize(14, 14))
        self._stop.setToolTip("Stop loading; what has arrived stays (Ctrl+.)")
        self._stop.clicked.connect(self.stop)

    @property
    def row_limit(self) -> int:
        """How many rows “Load all up to” loads."""
        return self._rows.value()

    def _lay_out(self) -> None:
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setFixedWidth(48)
        self._busy.setAccessibleName("Loading")
        footer = QHBoxLayout()
        footer.setSpacing(SPACING.s)
        footer.addWidget(self._state, 1)
        footer.addWidget(self._busy)
        for control in (self._list, self._stop, self._again, self._more, self._all, self._rows):
            footer.addWidget(control)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(
            EmptyState(
                "search",
                "Nothing found",
                "No contact matches all filters. Take one away, or write it more loosely, and search again.",
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING.m, SPACING.m, SPACING.m, SPACING.m)
        layout.setSpacing(SPACING.s)
        layout.addWidget(self.banner)
        layout.addWidget(self.notice)
        layout.addWidget(self._stack, 1)
        layout.addLayout(footer)


def query_title(query: SearchQuery, specs: tuple[FilterSpec, ...]) -> str:
    """A query's title without the account, which says nothing to a reader; choices by the words for them."""
    words: list[str] = []
    for spec in specs:
        if spec.choice_source is ChoiceSource.ACCOUNTS:
            continue
        labels = {choice.value: choice.label for choice in spec.choices}
        words += [labels.get(value, value) for value in query.many(spec.name)]
    return ", ".join(words) or "Everyone"
