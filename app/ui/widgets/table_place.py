"""Where the rep was in a contact table: selection, current row, scroll position; as JSON can hold it."""

import base64
import binascii
import zlib
from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from app.ui.widgets.contact_selection import Flag

if TYPE_CHECKING:
    from app.ui.widgets.contact_table import ContactTable

MOST_BYTES = 40_000_000
"""More than any selection takes: a damaged file must not fill the memory."""


@dataclass(frozen=True, slots=True)
class TablePlace:
    """A place.

    Attributes:
        selected: The selected contacts.
        current: The contact of the current row, None where there was none.
        top: The contact in the first row in sight, None at the very top.
    """

    selected: Collection[int] = ()
    current: int | None = None
    top: int | None = None

    @classmethod
    def of(cls, table: "ContactTable") -> "TablePlace":
        """Where the rep is now."""
        view, model = table.view, table.model
        current, top = view.currentIndex(), view.first_row
        return cls(
            frozenset(view.contacts.chosen()),
            model.contact_id(current.row()) if current.isValid() else None,
            model.contact_id(top) if 0 < top < model.rowCount() else None,
        )

    def restore(self, table: "ContactTable") -> None:
        """Take the rep back, as far as the contacts are still there; silently in a table behind another one.

        The inspector shows what is chosen in the tab in front, also where the table of another one is ready later.
        """
        from app.ui.widgets.contact_table import ContactTable  # which imports us

        is_behind = not table.isVisible() and any(
            other.isVisible() for other in table.window().findChildren(ContactTable)
        )
        was_silent = table.blockSignals(is_behind or table.signalsBlocked())
        try:
            self._restore(table)
        finally:
            table.blockSignals(was_silent)

    def _restore(self, table: "ContactTable") -> None:
        view, model = table.view, table.model
        if self.selected:
            view.contacts.select_ids(self.selected)
        row = model.position(self.current) if self.current is not None else None
        if row is not None:
            view.contacts.setCurrentIndex(model.index(row, 0), Flag.NoUpdate)
        row = model.position(self.top) if self.top is not None else None
        if row is not None:
            view.show_row_on_top(row)

    def save(self) -> dict[str, Any]:
        """Ready for JSON; takes a while for a large selection, and may be called on any thread."""
        return {"selected": pack_ids(self.selected), "current": self.current, "top": self.top}

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> "TablePlace":
        """What was saved; damage is left out."""
        current, top = state.get("current"), state.get("top")
        return cls(
            unpack_ids(state.get("selected")),
            current if isinstance(current, int) else None,
            top if isinstance(top, int) else None,
        )


def pack_ids(ids: Collection[int]) -> str:
    """Ids as short text: their distances, compressed."""
    ordered = sorted(ids)
    distances = array("q", (later - earlier for earlier, later in zip([0, *ordered], ordered, strict=False)))
    return base64.b64encode(zlib.compress(distances.tobytes(), 1)).decode("ascii") if ordered else ""


def unpack_ids(text: object) -> list[int]:
    """Ids from `pack_ids`, ascending; none when the text is damaged."""
    if not isinstance(text, str) or not text:
        return []
    distances = array("q")
    try:
        distances.frombytes(zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MOST_BYTES))
    except (binascii.Error, ValueError, zlib.error):
        return []
    return list(accumulate(distances))
