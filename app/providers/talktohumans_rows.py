"""TalkToHumans' rows: their wire shapes, and how they become source records. Contract sheet section 2."""

import re
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from app.domain.contact import Education, Experience, PersonFields, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.providers.client import Answer
from app.providers.wire import (
    RowError,
    Scalar,
    company_domain,
    distinct,
    identifier,
    paragraphs,
    part,
    profile_link,
    text,
)


class _Named(msgspec.Struct):
    name: Scalar = None
    title: Scalar = None


class _Language(msgspec.Struct):
    language: Scalar = None


class LinkedInAccount(msgspec.Struct):
    """A LinkedIn account, as it is listed and as rows name it."""

    account_id: Scalar = None
    display_name: Scalar = None


class _Experience(msgspec.Struct):
    is_current: Scalar = None
    company_name: Scalar = None
    title: Scalar = None
    location: Scalar = None
    start_at: Scalar = None
    end_at: Scalar = None
    description: Scalar = None


class _Education(msgspec.Struct):
    school_name: Scalar = None
    degree: Scalar = None
    field_of_study: Scalar = None
    start_at: Scalar = None
    end_at: Scalar = None


class _Location(msgspec.Struct):
    is_primary: Scalar = None
    linkedin_text: Scalar = None
    display_text: Scalar = None
    country_code: Scalar = None
    country: Scalar = None
    country_full: Scalar = None
    state: Scalar = None
    city: Scalar = None
    geographic_area: Scalar = None


class _Company(msgspec.Struct):
    name: Scalar = None
    provider_participant_id: Scalar = None
    industries: list[_Named] | None = None
    headcount: Scalar = None
    employee_count: Scalar = None
    website_url: Scalar = None


class _Contact(msgspec.Struct):
    contact_id: Scalar = None
    account: LinkedInAccount | None = None
    name: Scalar = None
    first_name: Scalar = None
    last_name: Scalar = None
    headline: Scalar = None
    primary_role_title: Scalar = None
    primary_company_name: Scalar = None
    about: Scalar = None
    public_identifier: Scalar = None
    linkedin_url: Scalar = None
    app_url: Scalar = None
    tags: list[_Named] | None = None
    languages: list[_Language] | None = None
    experiences: list[_Experience] | None = None
    educations: list[_Education] | None = None
    locations: list[_Location] | None = None
    company: _Company | None = None


def contact_record(answer: Answer, raw: bytes) -> SourceRecord:
    """The source record that a row is.

    Raises:
        RowError: It has no id.
        ValueError: It is no object.
    """
    row = part(raw, _Contact)
    contact_id = identifier(row.contact_id)
    if not contact_id:
        raise RowError("The row has no contact_id.")
    return SourceRecord(
        provider=Provider.TALKTOHUMANS,
        provider_id=contact_id,
        kind=RecordKind.FULL,
        fetched_at=answer.received_at,
        fields=_fields(row),
        raw=raw,
        account_id=identifier(row.account.account_id) if row.account else "",
        request_id=answer.request_id,
    )


def _fields(row: _Contact) -> PersonFields:
    experiences = row.experiences or []
    job = next((job for job in experiences if job.is_current is True), _Experience())
    company = row.company or _Company()
    website = text(company.website_url)
    where = _main_location(row.locations or [])
    return PersonFields(
        first_name=text(row.first_name),
        last_name=text(row.last_name),
        full_name=text(row.name),
        job_title=text(row.primary_role_title) or text(job.title),
        headline=text(row.headline),
        company_name=text(row.primary_company_name) or text(company.name) or text(job.company_name),
        company_domain=company_domain(website),
        company_website=website,
        company_size=text(company.headcount) or text(company.employee_count),
        company_industry=next((text(one.name) or text(one.title) for one in company.industries or []), ""),
        company_linkedin_id=_company_number(text(company.provider_participant_id)),
        location=_place(where),
        country_code=text(where.country_code).upper(),
        linkedin_url=_linkedin(row),
        tags=distinct(tag.name for tag in row.tags or []),
        languages=distinct(one.language for one in row.languages or []),
        experiences=tuple(map(_experience, experiences)),
        educations=tuple(map(_education, row.educations or [])),
        about=paragraphs(row.about),
        profile_url=text(row.app_url),
    )


def _experience(job: _Experience) -> Experience:
    return Experience(
        title=text(job.title),
        company_name=text(job.company_name),
        location=text(job.location),
        start=text(job.start_at),
        end=text(job.end_at),
        is_current=job.is_current is True,
        description=paragraphs(job.description),
    )


def _education(school: _Education) -> Education:
    return Education(
        school_name=text(school.school_name),
        degree=text(school.degree),
        field_of_study=text(school.field_of_study),
        start=text(school.start_at),
        end=text(school.end_at),
    )


def _main_location(locations: Sequence[_Location]) -> _Location:
    first = locations[0] if locations else _Location()
    return next((place for place in locations if place.is_primary is True), first)


def _place(where: _Location) -> str:
    written = text(where.display_text) or text(where.linkedin_text)
    pieces = (text(where.city), text(where.state), text(where.country_full) or text(where.country))
    return written or ", ".join(filter(None, pieces)) or text(where.geographic_area)


def _linkedin(row: _Contact) -> str:
    handle = text(row.public_identifier)
    return profile_link(text(row.linkedin_url)) or (
        f"https://www.linkedin.com/in/{quote(handle, safe='')}" if handle else ""
    )


def _company_number(participant: str) -> str:
    """LinkedIn's number of a company, bare or at the end of a URN; "" for anything else."""
    match = re.fullmatch(r"(?:urn:li:\w+:)?(\d+)", participant)
    return match[1] if match else ""
