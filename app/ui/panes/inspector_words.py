"""What the inspector says of a value: what it is called, where it comes from, how old it is, what it cost."""

from collections.abc import Iterable
from datetime import UTC, datetime

from app.domain.contact import FieldValue, RecordKind, SourceRecord
from app.domain.enrichment import PRICES, EnrichField
from app.domain.provider import Provider
from app.providers.registry import service_class
from app.ui.wording import count, moment

KINDS = {
    RecordKind.SUMMARY: "search summary",
    RecordKind.FULL: "full record",
    RecordKind.ENRICHMENT: "enrichment",
}
_SHORT_KINDS = {RecordKind.SUMMARY: " search", RecordKind.FULL: "", RecordKind.ENRICHMENT: " enrichment"}
_ENRICHED = {"email": EnrichField.EMAILS, "phone": EnrichField.PHONES}
FIELD_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name",
    "email": "Email",
    "phone": "Phone",
    "linkedin_url": "LinkedIn",
    "profile_url": "Profile",
    "location": "Location",
    "country_code": "Country",
    "job_title": "Job title",
    "headline": "Headline",
    "seniority": "Seniority",
    "department": "Department",
    "tag": "Service tags",
    "language": "Language",
    "company_name": "Company",
    "company_domain": "Domain",
    "company_website": "Website",
    "company_size": "Size",
    "company_industry": "Industry",
    "company_linkedin_id": "Company LinkedIn",
    "about": "About",
}
CONTACT_FIELDS = ("email", "phone", "linkedin_url", "profile_url", "location", "country_code")
NAME_FIELDS = ("first_name", "last_name", "full_name")
ROLE_FIELDS = ("job_title", "headline", "seniority", "department", "tag", "language")
COMPANY_FIELDS = (
    "company_name",
    "company_domain",
    "company_website",
    "company_size",
    "company_industry",
    "company_linkedin_id",
)
URL_FIELDS = ("linkedin_url", "profile_url", "company_website")
#: Fields with several values side by side: none of them stands for the others.
LIST_FIELDS = ("department", "tag", "language")


def age_text(moment_then: datetime, now: datetime | None = None) -> str:
    """How long ago something was, in the coarsest unit that still says something."""
    seconds = ((now or datetime.now(UTC)) - moment_then).total_seconds()
    if seconds < 90:
        return "just now"
    for size, noun in (
        (86_400 * 365, "year"),
        (86_400 * 30, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ):
        if seconds >= size:
            return f"{count(int(seconds // size), noun)} ago"
    return "just now"


class Costs:
    """What the records of one contact cost. A record without a charge is free only where we know that it was."""

    def __init__(self, records: Iterable[SourceRecord]) -> None:
        self._records = {record.record_id: record for record in records if record.record_id}
        self._paid = {_person(record) for record in self._records.values() if record.credits_charged}

    def of_value(self, value: FieldValue) -> str:
        """What the record that a value came with cost; "" for a value that the rep typed.

        What an enrichment found is priced field by field.
        """
        if value.provider is None or value.kind is None:
            return ""
        if value.kind is RecordKind.ENRICHMENT and value.field in _ENRICHED:
            charged = min(value.credits, PRICES[_ENRICHED[value.field]])
            return _words(value.provider, value.kind, charged)
        record = self._records.get(value.record_id)
        return self.of_record(record) if record is not None else _words(value.provider, value.kind, value.credits)

    def of_record(self, record: SourceRecord) -> str:
        """What a record cost: credits, “free”, or that nobody knows."""
        paid_before = _person(record) in self._paid
        return _words(record.provider, record.kind, record.credits_charged, paid_before=paid_before)


def _words(provider: Provider, kind: RecordKind, charged: int, *, paid_before: bool = False) -> str:
    if charged:
        return count(charged, "credit")
    service = service_class(provider)
    if kind is RecordKind.SUMMARY:
        free = not getattr(service, "credits_per_row", 0)
    elif kind is RecordKind.FULL:
        free = paid_before or not getattr(service, "credits_per_id", 0)
    else:
        free = True  # what an enrichment found is priced field by field
    return "free" if free else "cost not known"


def _person(record: SourceRecord) -> tuple[str, ...]:
    return (record.provider, record.provider_id, record.account_id)


def provenance(value: FieldValue, costs: Costs, *, chosen: bool = False, now: datetime | None = None) -> str:
    """Where a value comes from, in short: source, age, quality as the source has it, cost, and whose choice it was."""
    if value.provider is None or value.kind is None:
        return f"Entered by you · {age_text(value.fetched_at, now)}"
    source = f"{value.provider.label}{_SHORT_KINDS[value.kind]}"
    parts = [source, age_text(value.fetched_at, now), _quality(value), value.note, costs.of_value(value)]
    return " · ".join(part for part in (*parts, "your choice" if chosen or value.chosen else "") if part)


def full_provenance(value: FieldValue, costs: Costs) -> str:
    """The same at length, for a tooltip: with the kind of record and the moment."""
    if value.provider is None or value.kind is None:
        return f"Entered by you, {moment(value.fetched_at)}"
    parts = [value.provider.label, KINDS[value.kind], moment(value.fetched_at), _quality(value), value.note]
    cost = costs.of_value(value)
    by_field = value.kind is RecordKind.ENRICHMENT and value.field in _ENRICHED
    whole = f"{cost} for the whole record" if cost[:1].isdigit() and not by_field else cost
    return ", ".join(part for part in (*parts, whole, "your choice" if value.chosen else "") if part)


def _quality(value: FieldValue) -> str:
    return value.verification.replace("_", " ").lower()
