"""Lists of contacts that are kept at a service."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderList:
    """One list of contacts, by the service's id."""

    list_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ListSummary:
    """What a service tells of a list without naming its members.

    Attributes:
        list_id: The service's id.
        name: Its name.
        contacts: How many contacts it holds.
        is_managed: Whether only the service's own staff may change it.
        tags: Its tags.
    """

    list_id: str
    name: str
    contacts: int
    is_managed: bool = False
    tags: tuple[str, ...] = ()
