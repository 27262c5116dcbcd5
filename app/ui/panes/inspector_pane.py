"""The contact inspector: everything known of one contact, and the rep's own work on it."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.contact import ContactDetails
from app.domain.errors import ContactScoutError
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.ui.failures import failure_handler
from app.ui.panes import inspector_sections as parts
from app.ui.panes.inspector_deeds import InspectorDeeds
from app.ui.panes.inspector_header import ContactHeader
from app.ui.panes.inspector_own_work import OwnWorkBox
from app.ui.panes.inspector_summary import MOST_SUMMED, SelectionSummary
from app.ui.panes.inspector_values import ValueDeeds, no_margins
from app.ui.panes.inspector_words import COMPANY_FIELDS, CONTACT_FIELDS, NAME_FIELDS, ROLE_FIELDS, Costs
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.scrolled import ScrolledContent, scroll_area

if TYPE_CHECKING:
    from app.composition import Services

_T = TypeVar("_T")
ENRICHMENT, ABOUT, EXPERIENCE, EDUCATION = "Enrichment", "About", "Experience", "Education"
SUM_PAUSE = 0.12
HISTORY, MERGED, RECORDS = "What happened", "Merged", "Source records"


class InspectorPane(QWidget):
    """Shows one contact and follows its changes.

    Signals:
        enrich_requested: A list with the id of the contact shown.
        remove_requested: The same, to be removed from the library.
    """

    enrich_requested = Signal(object)
    remove_requested = Signal(object)

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.setMinimumWidth(220)
        self._shown_id: int | None = None
        self._selection: tuple[int, list[int]] = (0, [])
        self._many = False
        self._details: ContactDetails | None = None
        self.banner = Banner()
        self._scope = TaskScope("inspector", failure_handler(self._on_error))
        self._deeds = InspectorDeeds(services, self._scope, self._on_failed_deed)
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)
        self.header = ContactHeader()
        self.own_work = OwnWorkBox()
        self.summary = SelectionSummary()
        deeds = ValueDeeds(self._choose, self._clear, self.edit_field)
        self._field_sections = [
            parts.FieldSection(title, names, deeds)
            for title, names in (
                ("Contact", CONTACT_FIELDS),
                ("Role", ROLE_FIELDS),
                ("Company", COMPANY_FIELDS),
                ("Name", NAME_FIELDS),
            )
        ]
        self._line_sections = {
            title: parts.Section(title)
            for title in (ENRICHMENT, ABOUT, EXPERIENCE, EDUCATION, MERGED, HISTORY, RECORDS)
        }
        self._build()
        self._connect()

    async def shut_down(self) -> None:
        """Save what is being written, and stop what runs."""
        self.own_work.notes.commit()
        await self._deeds.flush()
        self.own_work.finish()
        self._changes.close()
        await self._scope.aclose()

    @property
    def details(self) -> ContactDetails | None:
        """The contact shown, None while there is none."""
        return self._details

    def show_contact(self, contact_id: int) -> None:
        """Read a contact and show it; a later call overtakes an earlier one."""
        self._many = False
        self.follow(contact_id)

    def follow(self, contact_id: int) -> None:
        """The same for the row that the cursor moved to: while several are selected, what they share stays shown."""
        self._shown_id = contact_id
        self._scope.replace("read", self._read(contact_id))

    def show_selection(self, selected: int, ids: Callable[[], Collection[int]]) -> None:
        """Show what several selected contacts have in common, instead of one of them.

        Args:
            selected: How many are selected.
            ids: Tells which, in any order.
        """
        known = sorted(ids()) if selected <= MOST_SUMMED else []
        if (selected, known) == self._selection:
            return  # a contact that was opened since stays
        self._selection = (selected, known)
        before, self._many = self._many, selected > 1
        if self._many:
            self.summary.show_count(selected)
            self._stack.setCurrentWidget(self._summary_scroll)
            self._scope.replace("sum", self._sum_up(known))
        elif before:
            self._leave_summary(known)

    def _leave_summary(self, ids: Sequence[int]) -> None:
        self._stack.setCurrentIndex(0 if self._details is None else self._stack.indexOf(self._scroll))
        if ids:
            self.follow(ids[0])

    def edit_field(self, field: str = "") -> None:
        """Let the rep type a value of the contact shown, for the field named or for one they choose."""
        if self._details is not None:
            self._scope.replace("dialog", self._edit_field(self._details, field))

    def split(self) -> None:
        """Let the rep choose source records of the contact shown that belong to somebody else."""
        if self._details is not None:
            self._scope.replace("dialog", self._split(self._details))

    # Reading

    async def _read(self, contact_id: int) -> None:
        details = await self._read_details(contact_id)
        for make in (row for section in self._field_sections for row in section.rows_to_make()):
            make()  # for the first contact only
            await asyncio.sleep(0)
        before = self._details
        same = before is not None and before.row.contact_id == details.row.contact_id
        if not same:
            self.banner.clear()
        self._details = details
        self.header.show_contact(details)
        shown_id = details.row.contact_id
        self.own_work.show_marks(shown_id, details.marks, notes=self._deeds.unsaved.get(shown_id))
        if not same:
            for section in self._line_sections.values():
                section.hide()  # until it is this contact's
            self._scroll.verticalScrollBar().setValue(0)
        if not self._many:
            self._stack.setCurrentWidget(self._scroll)
        await self._show_sections(details, same=same)

    async def _read_details(self, contact_id: int) -> ContactDetails:
        """A contact with all notes that were saved by now, however long ago the reading of it began."""
        while True:
            saves = self._deeds.saves
            details = await self._services.library.details(contact_id)
            if saves == self._deeds.saves:
                return details

    async def _sum_up(self, ids: list[int]) -> None:
        await asyncio.sleep(SUM_PAUSE)  # the selection may still be growing
        if ids:
            self.summary.show_rows(await self._services.library.rows(ids))

    async def _show_sections(self, details: ContactDetails, *, same: bool) -> None:
        """Show again what has changed, section by section, so that nothing else waits for long."""
        costs = Costs(details.records)
        for section in self._field_sections:
            await asyncio.sleep(0)
            section.show_fields(details, costs, same_contact=same)
        fields, row = details.fields, details.row
        lines = self._line_sections
        built: dict[str, tuple[Hashable, Callable[[], list[QWidget]]]] = {
            ENRICHMENT: ((row.email_outcome, row.phone_outcome), lambda: parts.outcome_rows(details)),
            ABOUT: (fields.about, lambda: [parts.long_text(fields.about)] if fields.about else []),
            EXPERIENCE: (fields.experiences, lambda: _lines(parts.experience_row, fields.experiences)),
            EDUCATION: (fields.educations, lambda: _lines(parts.education_row, fields.educations)),
            MERGED: (details.entries, lambda: self._merged_lines(details)),
            HISTORY: (details.history, lambda: _lines(parts.history_row, details.history)),
            RECORDS: (details.records, lambda: _lines(partial(parts.source_row, costs=costs), details.records)),
        }
        for title, (signature, make) in built.items():
            if lines[title].show_lines((row.contact_id, signature), make):
                await asyncio.sleep(0)

    def _merged_lines(self, details: ContactDetails) -> list[QWidget]:
        if not details.entries:
            return []
        self._line_sections[MERGED].set_title(f"Merged from {len(details.entries) + 1} entries")
        take_apart = partial(self._deeds.unmerge, details.row.contact_id)
        split = parts.link_button("Split…", "Choose yourself which source records form the other contact", self.split)
        return [*_lines(partial(parts.entry_row, take_apart=take_apart), details.entries), split]

    def _on_error(self, error: ContactScoutError) -> None:
        self.banner.show_error(error)

    def _on_failed_deed(self, error: ContactScoutError, again: Callable[[], None] | None) -> None:
        self.banner.show_error(error, action_text="Save the notes again" if again else "", action=again)

    def _on_change(self, change: Change) -> None:
        if change.kind not in (ChangeKind.CONTACTS, ChangeKind.SUPPRESSION):
            return
        known = self._selection[1]
        if self._many and known and not (change.ids and set(known).isdisjoint(change.ids)):
            self._scope.replace("sum", self._sum_up(known))
        shown = self._shown_id
        mine = {shown} | ({self._details.row.contact_id, *self._details.merged} if self._details else set())
        if shown is not None and (not change.ids or not mine.isdisjoint(change.ids)):
            self.follow(shown)

    # What the rep does

    def _choose(self, field: str, value: str) -> None:
        if self._details is not None:
            self._deeds.choose_value(self._details.row.contact_id, field, value)

    def _clear(self, field: str) -> None:
        if self._details is not None:
            self._deeds.clear_choice(self._details.row.contact_id, field)

    def _remove_from_list(self, name: str) -> None:
        if self._details is not None:
            for each in self._details.marks.lists:
                if each.name == name:
                    self._deeds.remove_from_list(self._details.row.contact_id, each.list_id)

    async def _edit_field(self, details: ContactDetails, field: str) -> None:
        from app.ui.dialogs.edit_value_dialog import run_edit_value_dialog

        chosen = await run_edit_value_dialog(self.window(), details, field)
        if chosen is None:
            return
        if chosen.value is not None:
            self._deeds.choose_value(details.row.contact_id, chosen.field, chosen.value)
        else:
            self._deeds.clear_choice(details.row.contact_id, chosen.field)

    async def _split(self, details: ContactDetails) -> None:
        from app.ui.dialogs.split_dialog import run_split_dialog

        record_ids = await run_split_dialog(self.window(), details)
        if record_ids:
            self._deeds.split(details.row.contact_id, record_ids)

    async def _offer_tags(self) -> None:
        self.own_work.set_known_tags(await self._services.own_work.tags())

    async def _offer_lists(self) -> None:
        self.own_work.set_known_lists(each.name for each in await self._services.own_work.lists())

    def _for_shown(self, deed: Callable[..., None]) -> Callable[..., None]:
        """A deed on a contact as a slot: for the contact shown, with what the signal brings."""

        def do(*values: object) -> None:
            if self._details is not None:
                deed(self._details.row.contact_id, *values)

        return do

    # Building

    def _connect(self) -> None:
        box, deeds, of_shown = self.own_work, self._deeds, self._for_shown
        box.status_chosen.connect(of_shown(deeds.set_status))
        box.rating_chosen.connect(of_shown(deeds.set_rating))
        box.tag_added.connect(of_shown(deeds.add_tag))
        box.tag_removed.connect(of_shown(deeds.remove_tag))
        box.list_added.connect(of_shown(deeds.add_to_list))
        box.list_removed.connect(self._remove_from_list)
        box.notes_changed.connect(deeds.save_notes)
        box.notes.left.connect(deeds.end_writing)
        box.tags_wanted.connect(lambda: self._scope.replace("tags", self._offer_tags()))
        box.lists_wanted.connect(lambda: self._scope.replace("lists", self._offer_lists()))
        self.header.enrich_requested.connect(of_shown(lambda contact_id: self.enrich_requested.emit([contact_id])))
        self.header.remove_requested.connect(of_shown(lambda contact_id: self.remove_requested.emit([contact_id])))
        self.header.edit_requested.connect(self.edit_field)
        self.header.split_requested.connect(self.split)

    def _build(self) -> None:
        content = ScrolledContent()
        column = QVBoxLayout(content)
        column.setContentsMargins(SPACING.m, SPACING.xs, SPACING.m, SPACING.l)
        column.setSpacing(SPACING.m)
        column.addWidget(self.header)
        column.addWidget(self.own_work)
        contact, *others = self._field_sections
        for section in (contact, self._line_sections[ENRICHMENT], *others):
            column.addWidget(section)
        for title in (ABOUT, EXPERIENCE, EDUCATION, MERGED, HISTORY, RECORDS):
            column.addWidget(self._line_sections[title])
        column.addStretch(1)
        self._scroll = scroll_area(content, "Contact details")
        self._summary_scroll = scroll_area(self.summary, "Selected contacts")
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState(
                "person",
                "No contact chosen",
                "Choose a row to see all that is known of that person, and where each value comes from.",
            )
        )
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self._summary_scroll)
        layout = QVBoxLayout(self)
        no_margins(layout, SPACING.s)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)


def _lines(make: Callable[[_T], QWidget], things: Iterable[_T]) -> list[QWidget]:
    lines = [partial(make, thing) for thing in things]
    return [parts.LongList(lines)] if lines else []
