"""The contact table of results: rows that arrive, or are named by id, and are all held in memory."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.contact import ContactRow
from app.qtbridge.changes import ChangeBridge
from app.ui.models.contact_table_model import ContactTableModel
from app.ui.widgets.contact_table import ContactTable
from app.ui.widgets.table_clipboard import CHUNK
from app.ui.widgets.table_place import TablePlace

if TYPE_CHECKING:
    from app.composition import Services


class ResultTable(ContactTable):
    """Shows what a search or a bulk fetch has found; rows follow the changes of their contacts by themselves.

    What the rep removes from the library leaves the rows too, and is back in its place when that is undone.
    """

    model: ContactTableModel

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(services, ContactTableModel(), parent)
        self.model.setParent(self)
        self._library = services.library
        self._place: TablePlace | None = None
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)

    async def shut_down(self) -> None:
        """Stop reading and listening."""
        self._changes.close()
        await super().shut_down()

    def set_contact_ids(self, contact_ids: Sequence[int], place: TablePlace | None = None) -> None:
        """Show these contacts of the library, in this order, instead of what was there; then go to a place."""
        self._place = place
        self._scope.replace("load", self._load(list(contact_ids)))

    def place(self) -> TablePlace:
        """Where the rep is, or will be once all is loaded."""
        return self._place or TablePlace.of(self)

    def arrived_ids(self) -> list[int]:
        """Every contact that came, also those removed since; `all_ids` are the others."""
        return self.model.arrived_ids()

    def append_rows(self, rows: Iterable[ContactRow]) -> None:
        """Add rows at the end, at most once in 100 ms; contacts already there are brought up to date."""
        self.model.append_rows(rows)

    def select_ids(self, contact_ids: Collection[int]) -> None:
        """Select exactly these contacts."""
        self.model.flush()
        super().select_ids(contact_ids)

    def refresh(self, contact_ids: Iterable[int] = ()) -> None:
        """Read contacts of this table again; all of them when none is named."""
        mine = self.model.arrived_ids()
        wanted = set(contact_ids)
        touched = [contact_id for contact_id in mine if contact_id in wanted] if wanted else mine
        if touched:
            self._scope.start(self._refresh(touched), "refresh")

    async def _load(self, contact_ids: list[int]) -> None:
        self.model.set_rows([])
        for start in range(0, len(contact_ids), CHUNK):
            asked = contact_ids[start : start + CHUNK]
            found = await self._library.rows(asked)
            removed = await self._library.removed(asked)
            self.model.append_rows(found)
            self.model.set_removed(removed, asked)
        place, self._place = self._place, None
        if place is not None:
            self.model.flush()
            place.restore(self)

    async def _refresh(self, contact_ids: list[int]) -> None:
        for start in range(0, len(contact_ids), CHUNK):
            asked = contact_ids[start : start + CHUNK]
            rows = await self._library.rows(asked)
            removed = await self._library.removed(asked)
            merged = [(old_id, row) for old_id, row in zip(asked, rows, strict=False) if old_id != row.contact_id]
            self.model.update_rows(rows)
            if len(rows) == len(asked):
                for old_id, row in merged:
                    self.model.replace(old_id, row)
            self.model.set_removed(removed, asked)

    def _on_change(self, change: Change) -> None:
        # Who is on the do-not-contact list is marked in the rows.
        if change.kind in (ChangeKind.CONTACTS, ChangeKind.SUPPRESSION):
            self.refresh(change.ids)
