"""Which of the rep's own tags to put on contacts or to take off them."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.dialogs.run_to_end import run_to_end
from app.ui.dialogs.tag_question import TagQuestion, TagWords
from app.ui.widgets.completion import complete_from
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

#: Up to here the contacts themselves are asked which tags they have.
MOST_ASKED = 5_000
_WORDS = TagWords(
    name="own_tag",
    known="Tags in use",
    looking="Looking for tags…",
    nobody_has_one="None of them has a tag of yours.",
    first="You have no tag yet. The first one is made here.",
    add="Tag {}",
)


class OwnTagDialog(TagQuestion):
    """Asks for tags of the rep's own; names in use are completed.

    Args:
        services: Where the tags are.
        contact_ids: The contacts to be changed.
        removing: Whether tags are taken off.
        parent: The window it belongs to.
    """

    def __init__(
        self, services: "Services", contact_ids: Sequence[int], *, removing: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            _WORDS,
            len(contact_ids),
            count(len(contact_ids), "contact"),
            "These tags are your own. They stay in this library, and no service changes them.",
            removing=removing,
            parent=parent,
        )
        self._services = services
        self._contact_ids = list(contact_ids)
        self._names = QStringListModel(self)
        box = self.edit.findChild(QLineEdit)
        if isinstance(box, QLineEdit):
            complete_from(self._names, box)
        self._scope.start(self._load(), "tags")

    async def _load(self) -> None:
        found = await self._tags_of_contacts() if self._removing else await self._services.own_work.tags()
        ordered = dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0].casefold())))
        self._names.setStringList(list(ordered))
        self.offer(ordered)

    async def _tags_of_contacts(self) -> dict[str, int]:
        if len(self._contact_ids) > MOST_ASKED:
            return await self._services.own_work.tags()
        rows = await self._services.library.rows(self._contact_ids)
        return Counter(tag for row in rows for tag in row.tags)


async def run_own_tag_dialog(
    parent: QWidget, services: "Services", contact_ids: Sequence[int], *, removing: bool
) -> tuple[str, ...]:
    """Ask for tags to add or to remove; () when the rep cancelled."""
    dialog = OwnTagDialog(services, contact_ids, removing=removing, parent=parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.tags
