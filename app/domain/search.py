"""Searches: which filters a provider documents, and a query made of them.

Filters are data. The panes and the command line are both built from `FilterSpec`, so that a filter exists in
one place only, under the API's own parameter name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.contact import SourceRecord
from app.domain.provider import Provider


class FilterKind(StrEnum):
    """What a filter takes."""

    TEXT = "text"
    TEXT_LIST = "text_list"
    CHOICE = "choice"
    CHOICE_LIST = "choice_list"


class ChoiceSource(StrEnum):
    """Choices that only the service can name."""

    ACCOUNTS = "accounts"
    BUYER_PERSONAS = "buyer_personas"
    CONVERSATIONS = "conversations"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, with the words for it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FilterSpec:
    """One documented search filter.

    Attributes:
        name: The API's own parameter name; also the option's name on the command line.
        label: Its name in the window.
        kind: What it takes.
        help: One sentence, from the provider's documentation in our words.
        choices: The documented values of a choice.
        choice_source: Where the choices come from when only the service knows them.
        open_choices: Whether values beyond `choices` may be typed (the vendor's full list is not known).
        required: Whether a search cannot run without it.
        pattern: Regular expression each value must match in full, "" for any.
        stands_alone: Whether no other filter may be given along with it.
    """

    name: str
    label: str
    kind: FilterKind
    help: str
    choices: tuple[Choice, ...] = ()
    choice_source: ChoiceSource | None = None
    open_choices: bool = False
    required: bool = False
    pattern: str = ""
    stands_alone: bool = False

    @property
    def takes_many(self) -> bool:
        """Whether several values may be given."""
        return self.kind in (FilterKind.TEXT_LIST, FilterKind.CHOICE_LIST)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """One query to one provider: filter name → values, empty values left out."""

    provider: Provider
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The single value of a filter, "" when it is not set."""
        values = self.values.get(name, ())
        return values[0] if values else ""

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a filter."""
        return tuple(self.values.get(name, ()))

    @property
    def title(self) -> str:
        """A short name for the query's tab, made of its values."""
        words = [value for values in self.values.values() for value in values]
        return ", ".join(words) if words else "everyone"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row of an answer that could not be read: kept, counted, and named, while the other rows go on."""

    reason: str
    raw: bytes
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search's answer.

    Attributes:
        records: Its readable rows.
        next_cursor: Leads to the next page, None on the last.
        quarantined: Its other rows.
        total: Rows in all, None where not told.
        credits_charged: What the page cost.
        request_id: The provider's id of the answer.
        cut_off: Whether the provider says there is more without naming a page that was not asked for yet.
    """

    records: tuple[SourceRecord, ...]
    next_cursor: str | None
    quarantined: tuple[Quarantined, ...] = ()
    total: int | None = None
    credits_charged: int = 0
    request_id: str = ""
    cut_off: bool = False
