"""What the rep writes on contacts: status, rating, notes, tags, lists. No provider ever changes these."""

from dataclasses import dataclass
from enum import StrEnum

#: The best rating; 0 is none.
MOST_STARS = 5


class ContactStatus(StrEnum):
    """Where the rep stands with a contact."""

    TO_CALL = "to_call"
    CALLED = "called"
    IN_TALKS = "in_talks"
    MEETING = "meeting"
    CUSTOMER = "customer"
    NOT_INTERESTED = "not_interested"

    @property
    def label(self) -> str:
        """The status in words."""
        return _LABELS[self]


_LABELS = {
    ContactStatus.TO_CALL: "To call",
    ContactStatus.CALLED: "Called",
    ContactStatus.IN_TALKS: "In talks",
    ContactStatus.MEETING: "Meeting set",
    ContactStatus.CUSTOMER: "Customer",
    ContactStatus.NOT_INTERESTED: "Not interested",
}


@dataclass(frozen=True, slots=True)
class ContactList:
    """A named set of contacts chosen by the rep; `contacts` is how many it holds."""

    list_id: int
    name: str
    contacts: int = 0


@dataclass(frozen=True, slots=True)
class Marks:
    """All that the rep wrote on one contact."""

    status: ContactStatus | None = None
    rating: int = 0
    notes: str = ""
    tags: tuple[str, ...] = ()
    lists: tuple[ContactList, ...] = ()
