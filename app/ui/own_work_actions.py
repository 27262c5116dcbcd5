"""What the rep does with the selected contacts: status, rating, tags, lists, edits, merging, removal. All undoable."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.domain.errors import ContactScoutError
from app.domain.marks import MOST_STARS, ContactStatus
from app.domain.undo import UndoStep
from app.qtbridge.dialogs import ask
from app.qtbridge.tasks import TaskScope
from app.ui.actions import ActionRegistry
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.result_tabs import ResultTabs
from app.ui.undo_history import UndoHistory
from app.ui.widgets.banner import Banner
from app.ui.widgets.progress_strip import ProgressStrip
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

MENU = "&Contacts"
STATUS, RATING, TAGS, LISTS = f"{MENU}/Status", f"{MENU}/Rating", f"{MENU}/Tags", f"{MENU}/Lists"
#: From here on removing asks first.
MANY = 100
#: More contacts than this are no two spellings of one person.
MOST_MERGED = 50
#: Work that takes longer shows that it runs.
PATIENCE_MS = 300

_Ids = Sequence[int]
_Work = Callable[[_Ids], Awaitable[UndoStep | None]]
_NONE_SELECTED = "Select contacts first."


class OwnWorkActions(QObject):
    """Makes these actions and runs them on the table in front, one at a time.

    Attributes:
        banner: What was removed, with its Undo, and what went wrong.
        strip: What takes long.
        for_many: The actions that make sense for several contacts at once.
    """

    def __init__(
        self,
        registry: ActionRegistry,
        tabs: ResultTabs,
        services: "Services",
        history: UndoHistory,
        *,
        window: QWidget,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(registry)
        self._registry = registry
        self._tabs = tabs
        self._services = services
        self._history = history
        self._window = window
        self._say = say
        self._running = ""
        self._told_step: int | None = None
        self.banner = Banner()
        self.strip = ProgressStrip()
        self.strip.stop_button.hide()  # a step is done as a whole or not at all
        self._scope = TaskScope("own work", failure_handler(self.banner.show_error))
        self._pause = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._pause.timeout.connect(lambda: self.strip.begin(self._running, 0))
        self._keys: list[str] = []
        self.for_many: tuple[QAction, ...] = ()
        self._add_marks()
        self._add_the_rest()
        self._place()
        history.changed.connect(self._on_history)
        self.update()

    async def shut_down(self) -> None:
        """Let what runs end, and close dialogs."""
        self._pause.stop()
        await self._scope.aclose()

    def update(self) -> None:
        """Enable what makes sense now."""
        table = self._tabs.current_table()
        selected = table.selected_count if table is not None else 0
        busy = f"{self._running} is not finished yet." if self._running else ""
        for key in self._keys:
            self._registry.set_available(key, busy or ("" if selected else _NONE_SELECTED))
        reason = busy or ("" if selected == 1 else "Select one contact." if selected else _NONE_SELECTED)
        self._registry.set_available("own.edit", reason)
        self._registry.set_available("own.merge", busy or _why_not_merge(selected))
        self._registry.set_available("own.lists", busy)
        for menu in (STATUS, RATING):
            self._registry.menu(menu).menuAction().setEnabled(bool(selected) and not busy)
        words = f"Remove {count(selected, 'contact')} from library" if selected > 1 else "Remove from library"
        self._registry["own.remove"].setText(words)

    def remove(self, contact_ids: _Ids) -> None:
        """Take contacts out of the library; asks first where there are many."""
        self._start(self._remove(list(contact_ids)))

    # What is done

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._scope.replace("work", work)

    async def _do(self, doing: str, ids: _Ids, work: _Work) -> UndoStep | None:
        """Run one change: say that it runs, then that it is done and can be undone."""
        self.banner.clear()
        self._set_running(doing)
        try:
            step = await work(ids)
        except ContactScoutError as error:
            self.banner.show_error(error)
            return None
        finally:
            self._set_running("")
        self._tell(step)
        return step

    def _tell(self, step: UndoStep | None) -> None:
        if step is None:
            self._say("Nothing to change: it is so already.")
        else:
            self._say(f"Done: {step.name}. Ctrl+Z undoes it.")

    def _set_running(self, doing: str) -> None:
        self._running = doing
        if doing:
            self._pause.start()
        else:
            self._pause.stop()
            self.strip.end()
        self.update()

    async def _mark(self, doing: str, ids: _Ids, work: _Work) -> None:
        await self._do(f"{doing} {count(len(ids), 'contact')}", ids, work)

    async def _tag(self, ids: _Ids, *, removing: bool) -> None:
        from app.ui.dialogs.own_tag_dialog import run_own_tag_dialog

        names = await run_own_tag_dialog(self._window, self._services, ids, removing=removing)
        if names:
            own_work = self._services.own_work
            change = own_work.remove_tags if removing else own_work.add_tags
            await self._mark("Removing tags of" if removing else "Tagging", ids, lambda ids: change(ids, names))

    async def _list(self, ids: _Ids, *, removing: bool) -> None:
        from app.ui.dialogs.own_list_dialog import run_own_list_dialog

        chosen = await run_own_list_dialog(self._window, self._services, ids, removing=removing)
        if chosen is None:
            return
        own_work = self._services.own_work
        if chosen.list_id is None:
            await self._make_list(chosen.name, ids)
            return
        list_id = chosen.list_id
        change = own_work.remove_from_list if removing else own_work.add_to_list
        await self._mark("Changing a list of", ids, lambda ids: change(list_id, ids))

    async def _new_list(self, ids: _Ids) -> None:
        from app.ui.dialogs.name_dialog import ask_name

        taken = [each.name for each in await self._services.own_work.lists()]
        name = await ask_name(
            self._window,
            "New list",
            f"Name of the list that {count(len(ids), 'contact')} {'goes' if len(ids) == 1 else 'go'} on",
            accept="Make the list",
            taken=taken,
        )
        if name:
            await self._make_list(name, ids)

    async def _make_list(self, name: str, ids: _Ids) -> None:
        async def work(ids: _Ids) -> UndoStep | None:
            await self._services.own_work.create_list(name, ids)
            return (await self._services.own_work.steps())[0]

        await self._mark("Changing a list of", ids, work)

    async def _edit(self, ids: _Ids) -> None:
        from app.ui.dialogs.edit_value_dialog import run_edit_value_dialog

        details = await self._services.library.details(ids[0])
        chosen = await run_edit_value_dialog(self._window, details)
        if chosen is None:
            return
        own_work, field, value = self._services.own_work, chosen.field, chosen.value
        if value is None:
            await self._mark("Editing", ids, lambda ids: own_work.clear_choice(ids[0], field))
        else:
            await self._mark("Editing", ids, lambda ids: own_work.choose_value(ids[0], field, value))

    async def _merge(self, ids: _Ids) -> None:
        from app.ui.dialogs.merge_dialog import run_merge_dialog

        rows = {row.contact_id: row for row in await self._services.library.rows(ids)}
        if len(rows) > 1:
            step = await run_merge_dialog(self._window, self._services, list(rows.values()))
            if step is not None:
                self._tell(step)

    async def _remove(self, ids: list[int]) -> None:
        contacts = count(len(ids), "contact")
        if len(ids) > MANY and not await ask(
            self._window,
            "Remove contacts",
            f"Remove {contacts} from the library?",
            accept="Remove",
            details="Nothing that was paid for is lost: Undo brings them back, and so does a service that finds them.",
        ):
            return
        step = await self._do(f"Removing {contacts}", ids, self._services.own_work.remove)
        if step is not None:
            self._told_step = step.step_id
            self.banner.show_success(
                f"Removed {count(step.contacts, 'contact')} from the library.",
                action_text="Undo",
                action=self._history.undo,
            )

    def _on_history(self) -> None:
        """The banner's Undo is for the removal it tells of, not for what is done after it."""
        told, steps, newest = self._told_step, self._history.steps, self._history.to_undo
        known = any(step.step_id == told for step in steps)  # else the steps are those of before
        if told is not None and known and (newest is None or newest.step_id != told):
            self._told_step = None
            self.banner.clear()

    # Making the actions

    def _add_marks(self) -> None:
        own_work = self._services.own_work

        def status_work(status: ContactStatus | None) -> _Work:
            return lambda ids: own_work.set_status(ids, status)

        def rating_work(stars: int) -> _Work:
            return lambda ids: own_work.set_rating(ids, stars)

        for status in (*ContactStatus, None):
            key = f"own.status.{status.value if status is not None else 'none'}"
            text = status.label if status is not None else "No status"
            self._on_selection(key, STATUS, text, partial(self._mark, "Marking", work=status_work(status)))
        for stars in (*range(MOST_STARS, 0, -1), 0):
            text = count(stars, "star") if stars else "No rating"
            rate = partial(self._mark, "Rating", work=rating_work(stars))
            self._on_selection(f"own.rating.{stars}", RATING, text, rate)

    def _add_the_rest(self) -> None:
        from app.ui.dialogs.own_lists_dialog import run_own_lists_dialog

        on, add = self._on_selection, self._registry.add
        on("own.add_tag", TAGS, "Add tag…", partial(self._tag, removing=False), shortcut="Ctrl+T", drawing="tag")
        on("own.remove_tag", TAGS, "Remove tag…", partial(self._tag, removing=True), drawing="tag-remove")
        add_to, take_off = partial(self._list, removing=False), partial(self._list, removing=True)
        on("own.add_to_list", LISTS, "Add to list…", add_to, shortcut="Ctrl+Shift+T", drawing="list-add")
        on("own.remove_from_list", LISTS, "Remove from list…", take_off, drawing="list-remove")
        on("own.new_list", LISTS, "New list from selection…", self._new_list, drawing="plus")
        manage = partial(run_own_lists_dialog, self._window, self._services)
        tip = "Make, rename and delete your lists"
        add("own.lists", LISTS, "Manage lists…", lambda: self._start(manage()), drawing="list", tip=tip)
        on("own.edit", MENU, "Edit a field…", self._edit, shortcut="F2", drawing="edit")
        tip = "Make one contact of the selected ones; it can be undone"
        on("own.merge", MENU, "Merge contacts…", self._merge, shortcut="Ctrl+M", drawing="merge", tip=tip)
        remove = on("own.remove", MENU, "Remove from library", self._remove, shortcut="Del", drawing="remove")
        # Elsewhere Delete deletes something else.
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        for key in ("own.edit", "own.merge"):  # these need a number of contacts
            self._keys.remove(key)

    def _on_selection(
        self,
        key: str,
        menu: str,
        text: str,
        deed: Callable[[list[int]], Coroutine[Any, Any, None]],
        *,
        shortcut: str | None = None,
        drawing: str = "",
        tip: str = "",
    ) -> QAction:
        def run() -> None:
            table = self._tabs.current_table()
            ids = table.selected_ids() if table is not None else []
            if ids and not self._running:
                self._start(deed(ids))

        self._keys.append(key)
        return self._registry.add(key, menu, text, run, shortcut=shortcut, drawing=drawing, tip=tip)

    def _place(self) -> None:
        """Together in the menu, the rep's own before what services keep, and into the menu of the rows."""
        menu = self._registry.menu(MENU)
        menu.setToolTipsVisible(True)  # a disabled action's tells why
        marks = []
        for title, drawing in ((STATUS, "status"), (RATING, "star"), (TAGS, "tag"), (LISTS, "list")):
            submenu = self._registry.menu(title)
            submenu.setIcon(icon(drawing))
            submenu.setToolTipsVisible(True)
            marks.append(submenu.menuAction())
        for title in (TAGS, LISTS):
            submenu = self._registry.menu(title)
            own = [self._registry[key] for key in self._registry_keys(title)]
            services = [action for action in submenu.actions() if action not in own]
            submenu.addActions(own)
            if services:
                submenu.addSeparator()
                submenu.addActions(services)
        deeds = [self._registry[key] for key in ("own.edit", "own.merge", "own.remove")]
        menu.addSeparator()
        menu.addActions(marks)
        menu.addSeparator()
        menu.addActions(deeds)
        self._tabs.set_row_actions([*marks, *deeds])
        self.for_many = (*marks, *deeds[1:])

    def _registry_keys(self, title: str) -> list[str]:
        plain = title.replace("&", "")
        return [entry.key for entry in self._registry if entry.menu == plain and entry.key.startswith("own.")]


def _why_not_merge(selected: int) -> str:
    if selected < 2:
        return "Select two or more contacts that are one person."
    if selected > MOST_MERGED:
        return f"At most {MOST_MERGED} contacts are merged at once."
    return ""
