"""Contacts and the source records they are merged from.

A *source record* is what one provider said about one person at one time. A *contact* is one human in the
library, merged from one or more source records; `ContactRow` is how tables show it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.domain.marks import ContactStatus, Marks
from app.domain.outcomes import Outcome
from app.domain.provider import Provider


@dataclass(frozen=True, slots=True)
class EmailValue:
    """One e-mail address; `verdict` is the provider's own word for its quality, "" where it gives none."""

    address: str
    verdict: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class PhoneValue:
    """One phone number; `blocked` numbers are flagged as not to be called.

    `raw` is the provider's own text where `number` was put into E.164, else "" and `number` is that text.
    """

    number: str
    region: str = ""
    kind: str = ""
    source: str = ""
    blocked: bool = False
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Experience:
    """One job in a person's history; dates are the provider's free text."""

    title: str = ""
    company_name: str = ""
    location: str = ""
    start: str = ""
    end: str = ""
    is_current: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Education:
    """One school in a person's history; dates are the provider's free text."""

    school_name: str = ""
    degree: str = ""
    field_of_study: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What a provider said about a person, in one shape for all providers; "" and () mean not said.

    `emails` and `phones` come best first. `masked` marks a summary whose values are hidden by the provider:
    they must never replace real ones.
    """

    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    job_title: str = ""
    headline: str = ""
    company_name: str = ""
    company_domain: str = ""
    company_website: str = ""
    company_size: str = ""
    company_industry: str = ""
    company_linkedin_id: str = ""
    location: str = ""
    country_code: str = ""
    linkedin_url: str = ""
    seniority: str = ""
    departments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    emails: tuple[EmailValue, ...] = ()
    phones: tuple[PhoneValue, ...] = ()
    experiences: tuple[Experience, ...] = ()
    educations: tuple[Education, ...] = ()
    about: str = ""
    profile_url: str = ""
    masked: bool = False

    @property
    def display_name(self) -> str:
        """The name to show: first and last, else the full name, else the company, else the e-mail address."""
        name = " ".join(part for part in (self.first_name, self.last_name) if part)
        if name or self.full_name:
            return name or self.full_name
        return self.company_name or (self.emails[0].address if self.emails else "")


class RecordKind(StrEnum):
    """How a source record was got."""

    SUMMARY = "summary"
    FULL = "full"
    ENRICHMENT = "enrichment"


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What one provider said about one person at one time.

    Attributes:
        provider: Who said it.
        provider_id: The person's id at that provider, as text; for enrichment the client key of the item.
        account_id: The provider account it was read through, "" where the provider has none.
        kind: Search summary, full record or enrichment result.
        fetched_at: When it arrived (UTC).
        fields: The normalised values.
        raw: The provider's own JSON for this person, byte for byte.
        credits_charged: Credits booked for this record, 0 where unknown or free.
        request_id: The provider's id of the answer it came in, "" where it gives none.
        record_id: Its number in the library, 0 for one that is not there.
    """

    provider: Provider
    provider_id: str
    kind: RecordKind
    fetched_at: datetime
    fields: PersonFields
    raw: bytes
    account_id: str = ""
    credits_charged: int = 0
    request_id: str = ""
    record_id: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact as a table row: the shown value per column, all text, "" where unknown.

    `provider`, `provider_id` and `account_id` name the newest source record that has a provider id; `providers`
    names all who spoke of the contact. `email_outcome` and `phone_outcome` are the last enrichment outcome
    of each field, None when it was never asked for. `country` is a two-letter code. `status`, `rating` (0 is none),
    `tags` and `notes` are the rep's own. `do_not_contact` is the reason in words where somebody is on that list.
    """

    contact_id: int
    first_name: str
    last_name: str
    display_name: str
    job_title: str
    company_name: str
    company_domain: str
    email: str
    email_verdict: str
    phone: str
    linkedin_url: str
    location: str
    provider: Provider
    provider_id: str
    account_id: str
    providers: tuple[Provider, ...]
    fetched_at: datetime
    masked: bool = False
    email_outcome: Outcome | None = None
    phone_outcome: Outcome | None = None
    country: str = ""
    status: ContactStatus | None = None
    rating: int = 0
    tags: tuple[str, ...] = ()
    notes: str = ""
    do_not_contact: str = ""


#: The note of a value that no provider gave.
ENTERED_BY_YOU = "entered by you"


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One value with its provenance.

    Attributes:
        field: A `PersonFields` name in the singular, such as `email`.
        value: The value as text.
        provider: Who said it; None for a value that the rep typed.
        kind: What kind of record it stands in; None for a value that the rep typed.
        fetched_at: When the record arrived, or the rep typed the value.
        verification: The provider's own word for its quality.
        note: What else the provider says of it.
        shown: Whether it is shown.
        record_id: The source record, 0 for a value that the rep typed.
        credits: What the whole record cost.
        chosen: Whether the rep picked it: it stays, whatever providers say later.
    """

    field: str
    value: str
    provider: Provider | None
    kind: RecordKind | None
    fetched_at: datetime
    verification: str = ""
    note: str = ""
    shown: bool = False
    record_id: int = 0
    credits: int = 0
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """One line of a contact's history: what happened, when, through whom."""

    at: datetime
    text: str
    provider: Provider | None = None


@dataclass(frozen=True, slots=True)
class MergedEntry:
    """A contact that was merged into another one: what it was called, when it was merged, and why in words."""

    contact_id: int
    name: str
    merged_at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """Everything the inspector shows about one contact.

    `fields` is the merged view, with the rep's picks on top; `choices` are these picks, by `FieldValue.field`.
    `marks` are the rep's own notes on the contact. `merged` are the ids of the contacts that were merged into it, and
    `entries` those of them that can be told apart again, the newest merge first. `removed` contacts are in no view.
    """

    row: ContactRow
    fields: PersonFields
    values: tuple[FieldValue, ...]
    records: tuple[SourceRecord, ...]
    history: tuple[ContactEvent, ...] = field(default=())
    marks: Marks = field(default_factory=Marks)
    choices: Mapping[str, str] = field(default_factory=dict)
    merged: tuple[int, ...] = ()
    entries: tuple[MergedEntry, ...] = ()
    removed: bool = False
