"""What a search or a bulk fetch found, kept as a list of the rep's own."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services


async def save_as_list(parent: QWidget, services: "Services", contact_ids: Sequence[int], suggested: str) -> str:
    """Ask for a name and make a list of contacts, as one step that can be undone.

    Args:
        parent: The window the question belongs to.
        services: Where the lists are.
        contact_ids: The contacts.
        suggested: What the list may be called.

    Returns:
        A sentence on what was done, "" when the rep cancelled.

    Raises:
        LibraryError, InputError: The list cannot be made.
    """
    from app.ui.dialogs.name_dialog import ask_name

    taken = [each.name for each in await services.own_work.lists()]
    name = await ask_name(
        parent,
        "Save as list",
        f"Name of the list of {count(len(contact_ids), 'contact')}",
        accept="Save list",
        name=free_name(suggested, taken),
        taken=taken,
    )
    if not name:
        return ""
    made = await services.own_work.create_list(name, contact_ids)
    return f"“{made.name}” is a list of {count(made.contacts, 'contact')} now. Ctrl+Z undoes it."


def free_name(suggested: str, taken: Collection[str]) -> str:
    """A name that no list has, with a number behind it where one has it."""
    from app.ui.dialogs.name_dialog import LONGEST

    used = {each.casefold() for each in taken}
    plain = " ".join(suggested.split())[: LONGEST - 5].strip()
    name, number = plain, 2
    while name.casefold() in used:
        name, number = f"{plain} {number}", number + 1
    return name
