"""A view of the library: which contacts, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SortField(StrEnum):
    """What contacts can be sorted by; the value is the key of the table column."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    JOB_TITLE = "job_title"
    COMPANY = "company"
    DOMAIN = "domain"
    EMAIL = "email"
    EMAIL_QUALITY = "email_quality"
    PHONE = "phone"
    LINKEDIN = "linkedin"
    LOCATION = "location"
    COUNTRY = "country"
    SOURCES = "sources"
    FETCHED = "fetched"
    STATUS = "status"
    RATING = "rating"
    TAGS = "tags"
    NOTES = "notes"
    PROVIDER_ID = "provider_id"
    ACCOUNT = "account"


class Facet(StrEnum):
    """What contacts can be narrowed by, value by value."""

    PROVIDER = "provider"
    HAS_EMAIL = "has_email"
    HAS_PHONE = "has_phone"
    OUTCOME = "outcome"
    STATUS = "status"
    LIST = "list"
    TAG = "tag"
    COMPANY = "company"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class ViewQuery:
    """Which contacts of the library, and in which order.

    Attributes:
        text: Words that must all stand somewhere in a contact; case and accents do not matter.
        facets: Facet → values: a contact needs one of the values of every facet named. "yes" and "no" for those that
            ask whether, list ids as text for lists, "" for contacts without any.
        sort: What to sort by; None is the order of entry, the newest first.
        descending: The other way round; blanks come last either way.
    """

    text: str = ""
    facets: Mapping[Facet, frozenset[str]] = field(default_factory=dict)
    sort: SortField | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: `label` for people, `count` the contacts that choosing it would show."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The values of one facet, the most frequent first; `more` is how many further values are left out."""

    facet: Facet
    values: tuple[FacetValue, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view that the rep has given a name; `columns` is the table's own state as JSON text, "" for none."""

    name: str
    query: ViewQuery
    columns: str = ""
