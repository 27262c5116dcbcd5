"""What the rep does to one contact in the inspector, written to the library in the order it was done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.errors import ContactScoutError
from app.domain.marks import ContactStatus
from app.qtbridge.tasks import TaskScope

if TYPE_CHECKING:
    from app.composition import Services

_Work = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class _Writing:
    """The notes of one contact from entering the box to leaving it, and the step they are kept as."""

    contact_id: int | None = None
    step_id: int | None = None


class InspectorDeeds:
    """Runs one change after the other.

    Notes that are not saved yet, or cannot be, are kept by contact in `unsaved`; `saves` counts those that were, so
    that whoever read a contact meanwhile knows that it may be as it was before.

    Args:
        services: Where the rep's own work is kept.
        scope: What the work runs in.
        on_error: Hears of what could not be done, with what to call to try again (None: it makes no sense).
    """

    def __init__(
        self,
        services: "Services",
        scope: TaskScope,
        on_error: Callable[[ContactScoutError, Callable[[], None] | None], None],
    ) -> None:
        self._services = services
        self._scope = scope
        self._on_error = on_error
        self._turn = asyncio.Lock()
        self._writing = _Writing()
        self.unsaved: dict[int, str] = {}
        self.saves = 0

    async def flush(self) -> None:
        """Wait for what runs, and try once more to save notes that could not be saved."""
        for contact_id, text in list(self.unsaved.items()):
            await self._save_notes(contact_id, text, self._writing)
        async with self._turn:
            pass

    def set_status(self, contact_id: int, status: ContactStatus | None) -> None:
        """Say where the rep stands with a contact."""
        self._start(lambda: self._services.own_work.set_status([contact_id], status))

    def set_rating(self, contact_id: int, rating: int) -> None:
        """Give a contact stars."""
        self._start(lambda: self._services.own_work.set_rating([contact_id], rating))

    def add_tag(self, contact_id: int, name: str) -> None:
        """Put a tag on a contact."""
        self._start(lambda: self._services.own_work.add_tags([contact_id], [name]))

    def remove_tag(self, contact_id: int, name: str) -> None:
        """Take a tag off a contact."""
        self._start(lambda: self._services.own_work.remove_tags([contact_id], [name]))

    def add_to_list(self, contact_id: int, name: str) -> None:
        """Put a contact on the list of that name; a new one is made when there is none."""
        self._start(lambda: self._add_to_list(contact_id, name))

    def remove_from_list(self, contact_id: int, list_id: int) -> None:
        """Take a contact off a list."""
        self._start(lambda: self._services.own_work.remove_from_list(list_id, [contact_id]))

    def unmerge(self, contact_id: int, merged_id: int) -> None:
        """Let an entry that was merged into a contact stand for itself again."""
        self._start(lambda: self._services.own_work.unmerge(contact_id, merged_id))

    def split(self, contact_id: int, record_ids: Sequence[int]) -> None:
        """Give some source records of a contact to another one."""
        self._start(lambda: self._services.own_work.split(contact_id, record_ids))

    def choose_value(self, contact_id: int, field: str, value: str) -> None:
        """Show this value of a field, whatever services say later."""
        self._start(lambda: self._services.own_work.choose_value(contact_id, field, value))

    def clear_choice(self, contact_id: int, field: str) -> None:
        """Leave a field to the rule again."""
        self._start(lambda: self._services.own_work.clear_choice(contact_id, field))

    def save_notes(self, contact_id: int, text: str) -> None:
        """Save notes. Until they are, they are in `unsaved`."""
        self.unsaved[contact_id] = text
        if self._writing.contact_id != contact_id:
            self._writing = _Writing(contact_id)
        self._scope.start(self._save_notes(contact_id, text, self._writing), "notes")

    def end_writing(self) -> None:
        """The notes were left: what is written from now on is a step of its own."""
        self._writing = _Writing()

    async def _save_notes(self, contact_id: int, text: str, writing: "_Writing") -> None:
        async with self._turn:
            if self.unsaved.get(contact_id) != text:  # a newer text is on its way
                return
            try:
                step = await self._services.own_work.set_notes(contact_id, text, continues=writing.step_id)
            except ContactScoutError as error:
                self._on_error(error, lambda: self.save_notes(contact_id, text))
                return
            self.saves += 1
            writing.step_id = step.step_id if step is not None else None
            if self.unsaved.get(contact_id) == text:
                del self.unsaved[contact_id]

    def _start(self, work: _Work) -> None:
        self._scope.start(self._run(work), "own work")

    async def _run(self, work: _Work) -> None:
        async with self._turn:
            try:
                await work()
            except ContactScoutError as error:
                self._on_error(error, None)

    async def _add_to_list(self, contact_id: int, name: str) -> None:
        own_work = self._services.own_work
        known = {each.name.casefold(): each for each in await own_work.lists()}
        chosen = known.get(name.casefold())
        if chosen is None:
            await own_work.create_list(name, [contact_id])
        else:
            await own_work.add_to_list(chosen.list_id, [contact_id])
