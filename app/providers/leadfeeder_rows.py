"""Leadfeeder's rows: their wire shapes, and how they become source records. Contract sheet `leadfeeder` section 3."""

from collections.abc import Sequence

import msgspec

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.providers.client import Answer
from app.providers.wire import RowError, Scalar, company_domain, distinct, identifier, part, profile_link, text


class AccountCredits(msgspec.Struct):
    """An account's balance, in credits."""

    available: Scalar = None
    used: Scalar = None
    remaining: Scalar = None
    next_reset_on: Scalar = None


class _NamedAttributes(msgspec.Struct):
    name: Scalar = None
    credits: AccountCredits | None = None


class _Named(msgspec.Struct):
    id: Scalar = None
    attributes: _NamedAttributes | None = None


class _Position(msgspec.Struct):
    title: Scalar = None


class _Address(msgspec.Struct):
    city: Scalar = None
    country_code: Scalar = None
    country: Scalar = None


class _Email(msgspec.Struct):
    address: Scalar = None
    source: Scalar = None


class _Phone(msgspec.Struct):
    number: Scalar = None
    type: Scalar = None
    blacklisted: Scalar = None
    source: Scalar = None


class _Link(msgspec.Struct):
    url: Scalar = None


class _Profiles(msgspec.Struct):
    linkedin: list[_Link] | None = None


class _Attributes(msgspec.Struct):
    first_name: Scalar = None
    last_name: Scalar = None
    position: _Position | str | None = None
    hierarchy_level: Scalar = None
    departments: list[Scalar] | None = None
    address: _Address | None = None
    emails: list[_Email | str] | None = None
    phones: list[_Phone | str] | None = None
    social_media_profiles: _Profiles | None = None


class _CompanyAttributes(msgspec.Struct):
    name: Scalar = None
    url: Scalar = None
    employee_range: Scalar = None


class _Company(msgspec.Struct):
    attributes: _CompanyAttributes | None = None


class _Relationships(msgspec.Struct):
    company: _Company | list[_Company] | None = None


class _Contact(msgspec.Struct):
    id: Scalar = None
    type: Scalar = None
    attributes: _Attributes | None = None
    relationships: _Relationships | None = None


def named(raws: Sequence[msgspec.Raw]) -> list[tuple[str, str, AccountCredits | None]]:
    """Id, name and credits of things that have them (accounts, personas); those without an id are left out."""
    found = []
    for raw in raws:
        try:
            row = part(raw, _Named)
        except ValueError:
            continue
        row_id = identifier(row.id)
        attributes = row.attributes or _NamedAttributes()
        if row_id:
            found.append((row_id, text(attributes.name) or row_id, attributes.credits))
    return found


class _Reference(msgspec.Struct):
    id: Scalar = None


class _CompanyReference(msgspec.Struct):
    company: _Reference | list[_Reference] | None = None


class _Employed(msgspec.Struct):
    relationships: _CompanyReference | None = None


def company_ids(raws: Sequence[msgspec.Raw]) -> set[str]:
    """The distinct companies that rows refer to."""
    found: set[str] = set()
    for raw in raws:
        try:
            related = (part(raw, _Employed).relationships or _CompanyReference()).company
        except ValueError:
            continue
        references = related if isinstance(related, list) else [related or _Reference()]
        found.update(identifier(reference.id) for reference in references)
    return found - {""}


def contact_record(answer: Answer, account_id: str, kind: RecordKind, charged: int, raw: bytes) -> SourceRecord:
    """The source record that a row of a search or of a fetch is.

    Args:
        answer: The answer the row came in.
        account_id: The account it was read through.
        kind: Search summary or full record.
        charged: Credits that are known to have been charged for this row.
        raw: The row.

    Raises:
        RowError: It has no id.
        ValueError: It is no object.
    """
    row = part(raw, _Contact)
    contact_id = identifier(row.id)
    if not contact_id:
        raise RowError("The row has no id.")
    return SourceRecord(
        provider=Provider.LEADFEEDER,
        provider_id=contact_id,
        kind=kind,
        fetched_at=answer.received_at,
        fields=_fields(row),
        raw=raw,
        account_id=account_id,
        credits_charged=charged,
        request_id=answer.request_id,
    )


def _fields(row: _Contact) -> PersonFields:
    person = row.attributes or _Attributes()
    address = person.address or _Address()
    company = _company(row.relationships)
    website = text(company.url)
    return PersonFields(
        first_name=text(person.first_name),
        last_name=text(person.last_name),
        job_title=text(person.position.title if isinstance(person.position, _Position) else person.position),
        company_name=text(company.name),
        company_domain=company_domain(website),
        company_website=website,
        company_size=text(company.employee_range),
        location=", ".join(filter(None, (text(address.city), text(address.country)))),
        country_code=text(address.country_code).upper(),
        linkedin_url=_linkedin(person.social_media_profiles),
        seniority=text(person.hierarchy_level),
        departments=distinct(person.departments or []),
        emails=_emails(person.emails or []),
        phones=_phones(person.phones or []),
        masked=text(row.type).startswith("masked"),
    )


def _company(relationships: _Relationships | None) -> _CompanyAttributes:
    """The company's attributes, if they were sent along; the reference may stand alone or in a list."""
    related = relationships.company if relationships else None
    if isinstance(related, list):
        related = related[0] if related else None
    return (related.attributes if related else None) or _CompanyAttributes()


def _linkedin(profiles: _Profiles | None) -> str:
    """The person's page; the list also holds pages of companies."""
    links = (profiles.linkedin if profiles else None) or []
    return next(filter(None, (profile_link(text(link.url)) for link in links)), "")


def _emails(entries: Sequence[_Email | str]) -> tuple[EmailValue, ...]:
    emails = (
        EmailValue(text(entry))
        if isinstance(entry, str)
        else EmailValue(text(entry.address), source=text(entry.source))
        for entry in entries
    )
    return tuple(email for email in emails if email.address)


def _phones(entries: Sequence[_Phone | str]) -> tuple[PhoneValue, ...]:
    """Numbers that may be called come first."""
    phones = (
        PhoneValue(text(entry))
        if isinstance(entry, str)
        else PhoneValue(
            text(entry.number),
            kind=text(entry.type),
            source=text(entry.source),
            blocked=entry.blacklisted is True,
        )
        for entry in entries
    )
    return tuple(sorted((phone for phone in phones if phone.number), key=lambda phone: phone.blocked))
