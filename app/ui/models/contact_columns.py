"""The columns of every contact table: what each shows, how it sorts, and how wide it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from app.domain.contact import ContactRow
from app.domain.marks import MOST_STARS, ContactStatus
from app.domain.outcomes import Outcome
from app.ui.wording import moment


class Column(IntEnum):
    """Columns by name; the numbers are the model's and may change from version to version."""

    NAME = 0
    JOB_TITLE = 1
    COMPANY = 2
    EMAIL = 3
    PHONE = 4
    LOCATION = 5
    SOURCES = 6
    FETCHED = 7
    DOMAIN = 8
    LINKEDIN = 9
    EMAIL_QUALITY = 10
    FIRST_NAME = 11
    LAST_NAME = 12
    PROVIDER_ID = 13
    ACCOUNT = 14
    COUNTRY = 15
    STATUS = 16
    RATING = 17
    TAGS = 18
    NOTES = 19


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column.

    Attributes:
        key: Its name in saved window state; never changes.
        title: Its heading.
        width: Its first width in device-independent pixels.
        text: What a row shows in it.
        shown: Whether it is shown until the rep decides otherwise.
        sort_text: What it sorts by, where that is not its text.
        spoken: What a screen reader says of it, where that is not its text.
    """

    key: str
    title: str
    width: int
    text: Callable[[ContactRow], str]
    shown: bool = True
    sort_text: Callable[[ContactRow], str] | None = None
    spoken: Callable[[ContactRow], str] | None = None


def _bought(value: str, outcome: Outcome | None) -> str:
    """A value that can be bought: the value itself, else how the asking for it stands."""
    return value or (outcome.label if outcome is not None else "")


def _sources(row: ContactRow) -> str:
    return ", ".join(provider.label for provider in row.providers)


def _status(row: ContactRow) -> str:
    return row.status.label if row.status is not None else ""


def _status_order(row: ContactRow) -> str:
    return str(_STATUS_ORDER[row.status]) if row.status is not None else ""


_STATUS_ORDER = {status: number for number, status in enumerate(ContactStatus, start=1)}
_STARS = tuple("★" * stars + "☆" * (MOST_STARS - stars) if stars else "" for stars in range(MOST_STARS + 1))


COLUMNS: dict[Column, ColumnSpec] = {
    Column.NAME: ColumnSpec("name", "Name", 150, lambda row: row.display_name),
    Column.JOB_TITLE: ColumnSpec("job_title", "Job title", 165, lambda row: row.job_title),
    Column.COMPANY: ColumnSpec("company", "Company", 160, lambda row: row.company_name),
    Column.EMAIL: ColumnSpec(
        "email", "Email", 200, lambda row: _bought(row.email, row.email_outcome), sort_text=lambda row: row.email
    ),
    Column.PHONE: ColumnSpec(
        "phone", "Phone", 130, lambda row: _bought(row.phone, row.phone_outcome), sort_text=lambda row: row.phone
    ),
    Column.LOCATION: ColumnSpec("location", "Location", 130, lambda row: row.location),
    Column.SOURCES: ColumnSpec("sources", "Sources", 120, _sources),
    Column.FETCHED: ColumnSpec(
        "fetched",
        "Fetched",
        145,
        lambda row: moment(row.fetched_at),
        sort_text=lambda row: f"{row.fetched_at.timestamp():020.3f}",
    ),
    Column.DOMAIN: ColumnSpec("domain", "Company domain", 150, lambda row: row.company_domain, shown=False),
    Column.LINKEDIN: ColumnSpec("linkedin", "LinkedIn", 220, lambda row: row.linkedin_url, shown=False),
    Column.EMAIL_QUALITY: ColumnSpec("email_quality", "Email quality", 110, lambda row: row.email_verdict, shown=False),
    Column.FIRST_NAME: ColumnSpec("first_name", "First name", 120, lambda row: row.first_name, shown=False),
    Column.LAST_NAME: ColumnSpec("last_name", "Last name", 120, lambda row: row.last_name, shown=False),
    Column.PROVIDER_ID: ColumnSpec("provider_id", "Provider ID", 160, lambda row: row.provider_id, shown=False),
    Column.ACCOUNT: ColumnSpec("account", "Account", 120, lambda row: row.account_id, shown=False),
    Column.COUNTRY: ColumnSpec("country", "Country", 80, lambda row: row.country, shown=False),
    Column.STATUS: ColumnSpec("status", "Status", 110, _status, shown=False, sort_text=_status_order),
    Column.RATING: ColumnSpec(
        "rating",
        "Rating",
        95,
        lambda row: _STARS[row.rating],
        shown=False,
        sort_text=lambda row: str(row.rating or ""),
        spoken=lambda row: f"{row.rating} of {MOST_STARS} stars" if row.rating else "",
    ),
    Column.TAGS: ColumnSpec("tags", "Tags", 140, lambda row: ", ".join(row.tags), shown=False),
    Column.NOTES: ColumnSpec("notes", "Notes", 180, lambda row: row.notes.strip().partition("\n")[0], shown=False),
}
