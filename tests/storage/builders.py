"""Source records and people who do not exist, for the tests of storage."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.enrichment import EnrichField, EnrichmentItem, FieldResult, ItemResult, PersonInput
from app.domain.outcomes import Outcome
from app.domain.provider import Provider

NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def make_record(
    provider_id: str = "1",
    *,
    provider: Provider = Provider.LEADFEEDER,
    account: str = "",
    kind: RecordKind = RecordKind.FULL,
    at: datetime = NOON,
    raw: bytes | None = None,
    charged: int = 0,
    email: str = "",
    verdict: str = "",
    phone: str = "",
    slug: str = "",
    **fields: Any,
) -> SourceRecord:
    """A record whose raw JSON follows its values, so that other values make another raw."""
    if email:
        fields["emails"] = (EmailValue(email, verdict),)
    if phone:
        fields["phones"] = (PhoneValue(phone),)
    if slug:
        fields["linkedin_url"] = f"https://www.linkedin.com/in/{slug}/"
    said = PersonFields(**fields)
    return SourceRecord(
        provider=provider,
        provider_id=provider_id,
        kind=kind,
        fetched_at=at,
        fields=said,
        raw=repr((provider_id, said)).encode() if raw is None else raw,
        account_id=account,
        credits_charged=charged,
        request_id="req-1",
    )


def make_person(number: int = 1, *, contact_id: int | None = None, slug: str = "") -> PersonInput:
    return PersonInput(
        first_name=f"Given{number}",
        last_name="Family",
        domain="acme.example",
        company_name="Acme",
        linkedin_url=f"https://www.linkedin.com/in/{slug}" if slug else "",
        contact_id=contact_id,
    )


def make_result(
    item: EnrichmentItem, outcome: Outcome = Outcome.FOUND, *, email: str = "", phone: str = "", reason: str = ""
) -> ItemResult:
    """The same outcome for each field the item asks for."""
    return ItemResult(
        client_key=item.client_key,
        results=tuple(FieldResult(asked, outcome, reason) for asked in sorted(item.fields)),
        emails=(EmailValue(email, "DELIVERABLE"),) if email else (),
        phones=(PhoneValue(phone),) if phone else (),
        raw=b'{"status":"done"}',
    )


EMAILS = frozenset({EnrichField.EMAILS})
BOTH = frozenset(EnrichField)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = field(default=NOON)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)
