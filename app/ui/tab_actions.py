"""The actions that concern the tab in front: its search, its contacts, and what is selected there."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject

from app.domain.provider import Provider
from app.ui.actions import ActionRegistry
from app.ui.contact_changes import ContactChanges
from app.ui.models.contact_text import TextForm
from app.ui.panes.library_pane import LibraryPane
from app.ui.panes.results_pane import ResultsPane
from app.ui.result_tabs import ResultTabs
from app.ui.widgets.contact_table import ContactTable
from app.ui.wording import priced

TAG_CHANGES = ("contacts.add_tag", "contacts.remove_tag")
LIST_CHANGES = ("contacts.add_to_list", "contacts.remove_from_list")

ON_SELECTION = (
    "contacts.enrich",
    "contacts.show",
    "contacts.linkedin",
    "contacts.website",
    "export.selected",
    "edit.copy",
    "edit.copy_cell",
    "edit.copy_markdown",
    "edit.copy_emails",
    "edit.copy_phones",
)
ON_TABLE = ("edit.filter", "view.choose_columns", "view.freeze", "view.sort", "view.columns")
ON_LIBRARY = ("view.facets", "view.views", "view.save_view")
MOST_ASKED = 2_000
"""Selected contacts whose services are looked up for the menus; of more than these, every service may know one."""

ForContacts = Callable[[Sequence[int]], None]
_OnTable = Callable[[ContactTable], object]
_OnResults = Callable[[ResultsPane], object]


class TabActions(QObject):
    """Makes these actions, runs them on whichever tab is in front, and enables those that make sense there."""

    def __init__(
        self,
        registry: ActionRegistry,
        tabs: ResultTabs,
        *,
        enrich: ForContacts,
        export: ForContacts,
        changes: ContactChanges,
    ) -> None:
        super().__init__(registry)
        self._changes = changes
        self._registry = registry
        self._tabs = tabs
        self._enrich = enrich
        self._export = export
        self._add_export()
        self._add_edit()
        self._add_search()
        self._add_contacts()
        self._add_library()
        self._add_columns()
        self._add_changes()
        changes.running_changed.connect(self.update)

    def update(self) -> None:
        """Enable what makes sense now."""
        table, pane = self._tabs.current_table(), self._tabs.current_results()
        selected = table.selected_count if table is not None else 0
        everything = table.all_count if table is not None else 0
        for key in ON_SELECTION:
            self._registry[key].setEnabled(selected > 0)
        providers = _providers(table) if table is not None and selected else set()
        for key in TAG_CHANGES:
            self._registry.set_available(key, self._changes.why_no_tags(providers))
        for key in LIST_CHANGES:
            self._registry.set_available(key, self._changes.why_no_lists(providers))
        for key in ("export.all", "edit.select_all"):
            self._registry[key].setEnabled(everything > 0)
        for key in ON_TABLE:
            self._registry[key].setEnabled(table is not None)
        for key in ("search.more", "search.all"):
            self._registry[key].setEnabled(pane is not None and pane.has_more and not pane.is_running)
        self._registry["search.again"].setEnabled(pane is not None and not pane.is_running)
        for key, words, cost in (
            ("search.more", "Load more", pane.cost_of_next_page if pane is not None else 0),
            ("search.again", "Search again", pane.cost_of_first_page if pane is not None else 0),
        ):
            self._registry[key].setText(priced(words, cost))
        self._registry["search.stop"].setEnabled(any(each.is_running for each in self._tabs.results()))
        self._registry["tabs.close"].setEnabled(pane is not None)
        self._registry["results.save_list"].setEnabled(pane is not None and everything > 0)
        self._registry["export.selected"].setText(f"Export {selected:,} selected…" if selected else "Export selected…")
        self._registry["export.all"].setText(f"Export all {everything:,} of this tab…" if everything else "Export tab…")
        library = self._tabs.current_library()
        for key in ON_LIBRARY:
            self._registry[key].setEnabled(library is not None)
        self._registry["view.facets"].setChecked(library is not None and library.shows_facets)
        freeze = self._registry["view.freeze"]
        freeze.setChecked(table is not None and table.view.frozen.is_on)

    def _add_export(self) -> None:
        self._on_table(
            "export.selected",
            "&File",
            "Export selected…",
            lambda table: self._export(table.selected_ids()),
            shortcut="Ctrl+E",
            drawing="export",
        )
        self._on_table(
            "export.all",
            "&File",
            "Export tab…",
            lambda table: self._export(table.all_ids()),
            shortcut="Ctrl+Shift+E",
            drawing="export",
        )
        self._registry.add(
            "results.save_list",
            "&File",
            "Save results as list…",
            partial(self._with_results, ResultsPane.save_as_list),
            drawing="list-add",
            tip="Keep the contacts of the search in front as a list of your own",
        )
        self._registry.add_separator("&File")
        self._registry.add(
            "tabs.close", "&File", "Close tab", self._tabs.close_current, shortcut="Ctrl+W", drawing="close"
        )

    def _add_edit(self) -> None:
        rows: tuple[tuple[str, str, _OnTable, str | None, str], ...] = (
            ("edit.copy_cell", "Copy cell", lambda table: table.clipboard.copy_cell(), "Ctrl+Alt+C", ""),
            ("edit.copy", "Copy rows", lambda table: table.clipboard.copy_rows(), "Ctrl+Shift+C", "copy"),
            ("edit.copy_markdown", "Copy as Markdown table", _copy_markdown, None, ""),
            ("edit.copy_emails", "Copy emails", lambda table: table.clipboard.copy_emails(), None, "mail"),
            ("edit.copy_phones", "Copy phones", lambda table: table.clipboard.copy_phones(), None, "phone"),
            ("edit.select_all", "Select all contacts", lambda table: table.view.selectAll(), "Ctrl+Shift+A", ""),
            ("edit.filter", "Filter contacts", ContactTable.focus_filter, "Ctrl+F", "search"),
        )
        for key, text, deed, keys, drawing in rows:
            self._on_table(key, "&Edit", text, deed, shortcut=keys, drawing=drawing)

    def _add_search(self) -> None:
        self._registry.add_separator("&Search")
        rows: tuple[tuple[str, str, _OnResults, str, str], ...] = (
            ("search.more", "Load more", ResultsPane.load_more, "Ctrl+L", "more"),
            ("search.all", "Load all up to the limit", _load_all, "Ctrl+Shift+L", ""),
            ("search.again", "Search again", ResultsPane.search_again, "Ctrl+R", "refresh"),
        )
        for key, text, deed, keys, drawing in rows:
            run = partial(self._with_results, deed)
            self._registry.add(key, "&Search", text, run, shortcut=keys, drawing=drawing)
        self._registry.add(
            "search.stop",
            "&Search",
            "Stop",
            self._stop,
            shortcut="Ctrl+.",
            drawing="stop",
            tip="Stop loading; what has arrived stays",
        )

    def _add_contacts(self) -> None:
        self._on_table(
            "contacts.enrich",
            "&Contacts",
            "Enrich…",
            lambda table: self._enrich(table.selected_ids()),
            shortcut="Ctrl+Shift+N",
            drawing="enrich",
            tip="Look up emails and phones of the selected contacts; the cost is shown first",
        )
        self._registry["contacts.enrich"].setIconText("Enrich…")
        self._on_table(
            "contacts.show", "&Contacts", "Show details", ContactTable.open_current, shortcut="Ctrl+I", drawing="person"
        )
        self._on_table(
            "contacts.linkedin", "&Contacts", "Open LinkedIn profile", ContactTable.open_linkedin, drawing="link"
        )
        self._on_table(
            "contacts.website", "&Contacts", "Open company website", ContactTable.open_website, drawing="globe"
        )

    def _add_library(self) -> None:
        rows: tuple[tuple[str, str, Callable[[LibraryPane], None], str | None, str, str], ...] = (
            (
                "view.facets",
                "Facets",
                LibraryPane.toggle_facets,
                "Ctrl+Shift+F",
                "filter",
                "Show or hide the panel that narrows the library down",
            ),
            ("view.views", "Saved views…", LibraryPane.open_views, None, "pin", "Choose a view of the library"),
            (
                "view.save_view",
                "Save this view…",
                lambda pane: pane.views.save_as(),
                None,
                "",
                "Keep the library's filter, facets, sorting and columns under a name",
            ),
        )
        for key, text, deed, keys, drawing, tip in rows:
            run = partial(self._with_library, deed)
            self._registry.add(key, "&View", text, run, shortcut=keys, drawing=drawing, tip=tip)
        self._registry["view.facets"].setCheckable(True)

    def _add_columns(self) -> None:
        self._on_table(
            "view.choose_columns", "&View", "Choose columns…", ContactTable.choose_columns, drawing="columns"
        )
        self._on_table(
            "view.freeze",
            "&View",
            "Freeze first column",
            lambda table: table.columns.freeze(on=not table.view.frozen.is_on),
            tip="Hold the first column in its place while the others are scrolled",
        )
        self._registry["view.freeze"].setCheckable(True)
        self._on_table(
            "view.sort",
            "&View",
            "Sort by this column",
            ContactTable.sort_by_current,
            shortcut="Ctrl+Shift+S",
            tip="Sort by the column of the current cell: ascending, descending, as they came",
        )
        self._on_table("view.columns", "&View", "Reset columns", ContactTable.reset_columns)

    def _add_changes(self) -> None:
        tag, lists = self._changes.change_tags, self._changes.change_list
        where, tagging = self._changes.list_service, self._changes.tag_service
        rows: tuple[tuple[str, str, _OnTable, str | None, str], ...] = (
            ("contacts.add_tag", f"Add {tagging} tag…", lambda table: tag(table.selected_ids()), None, "tag"),
            (
                "contacts.remove_tag",
                f"Remove {tagging} tag…",
                lambda table: tag(table.selected_ids(), removing=True),
                None,
                "tag-remove",
            ),
            (
                "contacts.add_to_list",
                f"Add to {where} list…",
                lambda table: lists(table.selected_ids()),
                None,
                "list-add",
            ),
            (
                "contacts.remove_from_list",
                f"Remove from {where} list…",
                lambda table: lists(table.selected_ids(), removing=True),
                None,
                "list-remove",
            ),
        )
        for key, text, deed, keys, drawing in rows:
            menu = "&Contacts/Tags" if key in TAG_CHANGES else "&Contacts/Lists"
            self._on_table(key, menu, text, deed, shortcut=keys, drawing=drawing)

    def _on_table(
        self,
        key: str,
        menu: str,
        text: str,
        deed: _OnTable,
        *,
        shortcut: str | None = None,
        drawing: str = "",
        tip: str = "",
    ) -> None:
        run = partial(self._with_table, deed)
        self._registry.add(key, menu, text, run, shortcut=shortcut, drawing=drawing, tip=tip)

    def _with_table(self, deed: _OnTable) -> None:
        table = self._tabs.current_table()
        if table is not None:
            deed(table)

    def _with_library(self, deed: Callable[[LibraryPane], None]) -> None:
        pane = self._tabs.current_library()
        if pane is not None:
            deed(pane)
        self.update()

    def _with_results(self, deed: _OnResults) -> None:
        pane = self._tabs.current_results()
        if pane is not None:
            deed(pane)

    def _stop(self) -> None:
        """Stop the search in front, or every one when the tab in front has none that runs."""
        current = self._tabs.current_results()
        running = [pane for pane in self._tabs.results() if pane.is_running]
        for pane in [current] if current is not None and current.is_running else running:
            pane.stop()


def _copy_markdown(table: ContactTable) -> None:
    table.clipboard.copy_rows(TextForm.MARKDOWN)


def _providers(table: ContactTable) -> set[Provider]:
    """The services that may know a selected contact."""
    return table.model.providers(table.chosen_ids()) if table.selected_count <= MOST_ASKED else set(Provider)


def _load_all(pane: ResultsPane) -> None:
    pane.load_up_to(pane.row_limit)
