"""The tabs in the middle: Bulk fetch, and one for every search."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QScrollArea, QTabBar, QTabWidget, QToolButton, QWidget

from app.domain.errors import InputError
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.qtbridge.tasks import TaskScope
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.panes.library_pane import LibraryPane
from app.ui.panes.results_pane import ResultsPane
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.labels import plain_tool_tip, set_role
from app.ui.widgets.table_place import TablePlace
from app.ui.wording import shortened

if TYPE_CHECKING:
    from app.composition import Services

TITLE_CHARACTERS = 28
MOST_RESTORED = 12


class ResultTabs(QTabWidget):
    """Holds the result tabs beside the permanent ones.

    Signals:
        contact_activated, contact_current: A contact id, from whichever result tab is in front.
        enrich_requested, export_requested: A list of contact ids, from a table's context menu.
        key_wanted: The rep wants to add the key of a `Provider`.
        said: A sentence for the status bar.
        remembered_changed: Columns, sorting, filter or the place in a result tab is another one.
        state_changed: The tab in front, its selection, its rows or what is running is another one.
    """

    contact_activated = Signal(int)
    contact_current = Signal(int)
    enrich_requested = Signal(object)
    export_requested = Signal(object)
    key_wanted = Signal(object)
    said = Signal(str)
    state_changed = Signal()
    remembered_changed = Signal()

    def __init__(self, services: "Services", scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._scope = scope
        self._columns: object = None
        self._row_actions: tuple[QAction, ...] = ()
        self._permanent: dict[QWidget, QScrollArea] = {}
        self.setDocumentMode(True)
        self.setMinimumSize(500, 200)
        self.setMovable(True)
        self.setUsesScrollButtons(True)
        self.setAccessibleName("Library, searches and bulk fetch")
        self.currentChanged.connect(lambda _: self.state_changed.emit())
        self.tabBar().tabMoved.connect(lambda *_: self.state_changed.emit())

    async def shut_down(self) -> None:
        """Stop every search."""
        for pane in self.results():
            await pane.shut_down()

    def add_permanent(self, widget: QWidget, title: str, drawing: str) -> None:
        """Add a tab that cannot be closed."""
        area = QScrollArea()  # a pane made for a large window stays usable at 200 %
        area.setWidgetResizable(True)
        area.setWidget(widget)
        area.setObjectName(f"{title.lower().replace(' ', '-')}-tab")
        self._permanent[widget] = area
        self.addTab(area, icon(drawing, Ink.MUTED), title)

    def rename_permanent(self, widget: QWidget, title: str) -> None:
        """Give a permanent tab another title."""
        self.setTabText(self.indexOf(self._permanent[widget]), title)

    def set_row_actions(self, actions: Sequence[QAction]) -> None:
        """Put actions into the context menu of the rows of every tab, of later ones too."""
        self._row_actions = tuple(actions)
        for table in self.findChildren(ContactTable):
            table.add_menu_actions(self._row_actions)

    def show_permanent(self, widget: QWidget) -> None:
        """Bring a permanent tab to the front."""
        self.setCurrentWidget(self._permanent[widget])

    def open_search(self, query: SearchQuery) -> ResultsPane:
        """Open a tab for a query, bring it to the front, and load its first page.

        A query whose rows cost credits and which has its tab already is not bought again.
        """
        same = next((pane for pane in self.results() if pane.query == query and pane.cost_of_first_page), None)
        if same is not None:
            self.setCurrentWidget(same)
            same.tell_bought()
            return same
        pane = self._add_results(query)
        self.setCurrentWidget(pane)
        pane.load_more()
        pane.table.view.setFocus()
        return pane

    def results(self) -> list[ResultsPane]:
        """The result tabs, left to right."""
        panes = (self.widget(number) for number in range(self.count()))
        return [pane for pane in panes if isinstance(pane, ResultsPane)]

    def current_results(self) -> ResultsPane | None:
        """The result tab in front, None when another tab is."""
        pane = self.currentWidget()
        return pane if isinstance(pane, ResultsPane) else None

    def current_library(self) -> LibraryPane | None:
        """The library, if it is in front."""
        pane = self._current_pane()
        return pane if isinstance(pane, LibraryPane) else None

    def current_table(self) -> ContactTable | None:
        """The contact table in front."""
        pane = self._current_pane()
        if isinstance(pane, ResultsPane | LibraryPane):
            return pane.table  # asked for with every step through the rows
        return next(iter(pane.findChildren(ContactTable)), None) if pane is not None else None

    def _current_pane(self) -> QWidget | None:
        tab = self.currentWidget() if self.count() else None
        return tab.widget() if isinstance(tab, QScrollArea) else tab

    def export_name(self) -> str:
        """A file name that suits the tab in front."""
        pane = self.current_results()
        own = self.currentWidget().objectName().removesuffix("-tab")
        title = f"{pane.query.provider.value} {pane.title}" if pane is not None else own
        kept = "".join(char if char.isalnum() or char in "-_" else " " for char in title)
        return f"{' '.join(kept.split())[:60] or 'contacts'}.csv"

    def close_current(self) -> None:
        """Close the result tab in front and stop its search."""
        pane = self.current_results()
        if pane is not None:
            self._close(pane)

    def save_state(self) -> Callable[[], dict[str, Any]]:
        """The tabs in their order, searches with what they found; made ready for JSON when the result is called."""
        panes = self.results()[:MOST_RESTORED]
        searches = [(_search_state(pane), *pane.saved_rows()) for pane in panes]
        names = {id(pane): number for number, pane in enumerate(panes)}
        order: list[str | int] = []
        for number in range(self.count()):
            tab = self.widget(number)
            order.append(names.get(id(tab), tab.objectName() if tab is not None else ""))
        pane = self.current_results() or next(iter(self.results()), None)
        state = {
            "order": order,
            "front": order[self.currentIndex()] if self.count() else "",
            "columns": pane.table.save_state() if pane is not None else self._columns,
        }
        return lambda: {
            **state,
            "searches": [{**saved, "contacts": ids, **place.save()} for saved, ids, place in searches],
        }

    def restore_state(self, state: object) -> None:
        """Bring back what `save_state` gave; what is unknown or damaged is left out."""
        if not isinstance(state, dict):
            return
        self._columns = state.get("columns")
        searches = state.get("searches")
        tabs: dict[object, QWidget] = {area.objectName(): area for area in self._permanent.values()}
        for number, saved in enumerate(searches[:MOST_RESTORED] if isinstance(searches, list) else ()):
            query, contacts = self._read(saved)
            if query is not None:
                pane = tabs[number] = self._add_results(query)
                pane.table.restore_state(saved.get("table"))
                pane.restore(contacts, TablePlace.read(saved), saved.get("filter"))
        order = state.get("order")
        for place, name in enumerate(name for name in order if name in tabs) if _is_order(order) else ():
            self.tabBar().moveTab(self.indexOf(tabs[name]), place)
        front = state.get("front")
        if isinstance(front, str | int) and front in tabs:
            self.setCurrentWidget(tabs[front])

    def _read(self, saved: object) -> tuple[SearchQuery | None, list[int]]:
        try:
            assert isinstance(saved, dict)
            provider = Provider(saved["provider"])
            values = {str(name): [str(value) for value in given] for name, given in saved["values"].items()}
            contacts = [int(contact_id) for contact_id in saved["contacts"]]
            return self._services.search.build_query(provider, values), contacts
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError, InputError):
            return None, []

    def _add_results(self, query: SearchQuery) -> ResultsPane:
        current = self.current_results()
        if current is not None:
            self._columns = current.table.save_state()
        pane = ResultsPane(self._services, query)
        table = pane.table
        table.restore_state(self._columns)
        table.add_menu_actions(self._row_actions)
        table.contact_activated.connect(self.contact_activated)
        table.contact_current.connect(self.contact_current)
        table.enrich_requested.connect(self.enrich_requested)
        table.export_requested.connect(self.export_requested)
        table.selection_changed.connect(self.state_changed)
        table.counts_changed.connect(self.state_changed)
        table.view_changed.connect(self.remembered_changed)
        table.said.connect(self.said)
        pane.running_changed.connect(self.state_changed)
        pane.said.connect(self.said)
        pane.key_wanted.connect(self.key_wanted)
        title = shortened(pane.title, TITLE_CHARACTERS)
        if any(other.title == pane.title for other in self.results()):
            title = f"{title} · {query.provider.label}"
        number = self.addTab(pane, icon("search", Ink.MUTED), title.replace("&", "&&"))
        self.setTabToolTip(number, plain_tool_tip(f"{query.provider.label}: {pane.title}"))
        self.tabBar().setTabButton(number, QTabBar.ButtonPosition.RightSide, self._close_button(pane))
        return pane

    def _close_button(self, pane: ResultsPane) -> QToolButton:
        button = QToolButton()
        set_role(button, "plain")
        button.setIcon(icon("close", Ink.MUTED))
        button.setIconSize(QSize(11, 11))
        button.setToolTip("Close this tab (Ctrl+W)")
        button.setAccessibleName(f"Close {pane.title}")
        button.clicked.connect(lambda: self._close(pane))
        return button

    def _close(self, pane: ResultsPane) -> None:
        self._columns = pane.table.save_state()
        self.removeTab(self.indexOf(pane))
        self._scope.start(_shut_down_and_delete(pane), "close tab")


def _search_state(pane: ResultsPane) -> dict[str, Any]:
    return {
        "provider": pane.query.provider.value,
        "values": {name: list(values) for name, values in pane.query.values.items()},
        "table": pane.table.save_state(),
        "filter": pane.table.filter_box.text(),
    }


def _is_order(order: object) -> TypeGuard[list[str | int]]:
    return isinstance(order, list) and all(isinstance(name, str | int) for name in order)


async def _shut_down_and_delete(pane: ResultsPane) -> None:
    await pane.shut_down()
    pane.deleteLater()
