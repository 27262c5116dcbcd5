"""Which tags of a service to put on contacts or to take off them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.ui.dialogs.run_to_end import run_to_end
from app.ui.dialogs.tag_question import TagQuestion, TagWords
from app.ui.wording import count, left_out_text

if TYPE_CHECKING:
    from app.composition import Services

_WORDS = TagWords(
    name="tag",
    known="Known tags",
    looking="Looking for known tags…",
    nobody_has_one="None of them has a tag.",
    first="No tag is known yet. The first one is yours.",
    add="Add to {}",
)


class TagDialog(TagQuestion):
    """Asks for tags that a service keeps.

    Args:
        services: Where the known tags are.
        contact_ids: The contacts to be changed.
        left_out: How many more were selected that the service with the tags does not know.
        removing: Whether tags are taken off.
        parent: The window it belongs to.
    """

    def __init__(
        self,
        services: "Services",
        contact_ids: Sequence[int],
        *,
        left_out: int,
        removing: bool,
        parent: QWidget | None = None,
    ) -> None:
        label = services.tags.provider.label
        told = [f"The change is made at {label} and costs nothing.", left_out_text(left_out, label)]
        super().__init__(
            _WORDS,
            len(contact_ids),
            count(len(contact_ids), f"{label} contact"),
            " ".join(filter(None, told)),
            removing=removing,
            parent=parent,
        )
        self._tags = services.tags
        self._scope.start(self._load(list(contact_ids)), "known tags")

    async def _load(self, contact_ids: list[int]) -> None:
        self.offer(await self._tags.known(contact_ids if self._removing else None))


async def run_tag_dialog(
    parent: QWidget, services: "Services", contact_ids: Sequence[int], *, left_out: int, removing: bool
) -> tuple[str, ...]:
    """Ask for tags to add or to remove; () when the rep cancelled. Arguments as for `TagDialog`."""
    dialog = TagDialog(services, contact_ids, left_out=left_out, removing=removing, parent=parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.tags
