"""TalkToHumans: search of one's own LinkedIn network. Contract sheet `talktohumans`; the letters there are sources.

Rows carry no e-mail, no phone and no relationship status.
"""

import re
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

import msgspec

from app.domain.contact import Education, Experience, PersonFields, RecordKind, SourceRecord
from app.domain.credits import Account, KeyCheck
from app.domain.errors import BadKeyError, PermissionDeniedError
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec, SearchPage, SearchQuery
from app.providers.client import Answer, ApiClient
from app.providers.envelope import Envelope
from app.providers.keycheck import accepted, refused
from app.providers.wire import (
    RowError,
    Scalar,
    company_domain,
    distinct,
    identifier,
    opaque,
    paragraphs,
    part,
    profile_link,
    read_rows,
    text,
)

BASE_URL = "https://api.talktohumans.app"

# The stored copy of the page lost this parameter's heading; the sheet (section 2) says why it is most likely this.
# A wrong name would be ignored by the server, so nothing may depend on this filter alone.
WIDE_SEARCH = "search"

_LARGEST_PAGE = 25

FILTERS: tuple[FilterSpec, ...] = (
    FilterSpec(
        "query",
        "Person",
        FilterKind.TEXT,
        "Name, headline, company, role, LinkedIn handle or profile URL.",
    ),
    FilterSpec("company_name", "Company", FilterKind.TEXT, "A current or past employer."),
    FilterSpec("headline", "Headline", FilterKind.TEXT, "Words of the LinkedIn headline."),
    FilterSpec(
        WIDE_SEARCH,
        "Anywhere",
        FilterKind.TEXT,
        "Looks everywhere: profile, tags, notes, locations, work history, education and company.",
    ),
    FilterSpec("location", "Location", FilterKind.TEXT, "Words of the location."),
    FilterSpec("company_size", "Company size", FilterKind.TEXT, "Size or number of employees of the company."),
    FilterSpec("tag", "Tag", FilterKind.TEXT, "The name of a tag."),
    FilterSpec(
        "relationship_status",
        "Relationship",
        FilterKind.CHOICE,
        "Whether you are connected on LinkedIn; any unless chosen.",
        choices=(
            Choice("any", "Any"),
            Choice("connected", "Connected"),
            Choice("not_connected", "Not connected"),
            Choice("unknown", "Unknown"),
        ),
    ),
    FilterSpec(
        "invitation_status",
        "Invitation",
        FilterKind.CHOICE,
        "Only people with an invitation in this state.",
        choices=(Choice("pending", "Pending"),),
    ),
    FilterSpec(
        "account_id",
        "LinkedIn accounts",
        FilterKind.CHOICE_LIST,
        "Only the networks of these LinkedIn accounts; all unless chosen.",
        choice_source=ChoiceSource.ACCOUNTS,
        pattern=r"[1-9][0-9]*",
    ),
    FilterSpec(
        "conversation_id",
        "Conversation",
        FilterKind.TEXT,
        "Only members of the conversation with this ID.",
    ),
)


class _Named(msgspec.Struct):
    name: Scalar = None
    title: Scalar = None


class _Language(msgspec.Struct):
    language: Scalar = None


class _Account(msgspec.Struct):
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
    account: _Account | None = None
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


class _Pagination(msgspec.Struct):
    has_more: Scalar = None
    next_cursor: Scalar = None


class TalkToHumans:
    """One TalkToHumans key."""

    provider = Provider.TALKTOHUMANS
    filters: Sequence[FilterSpec] = FILTERS
    page_size = _LARGEST_PAGE
    sizes_pages = True
    credits_per_row = 0

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        await self._client.aclose()

    async def check_key(self) -> KeyCheck:
        """Try the key by listing the accounts it reaches."""
        try:
            answer = await self._client.get("/v1/accounts")
        except (BadKeyError, PermissionDeniedError) as error:
            return refused(error)
        count = len(self._read_accounts(answer))
        return accepted(answer, f"It reaches {count} LinkedIn account{'' if count == 1 else 's'}.")

    async def accounts(self) -> tuple[Account, ...]:
        """The LinkedIn accounts the key reaches."""
        return self._read_accounts(await self._client.get("/v1/accounts"))

    async def search(self, query: SearchQuery, *, cursor: str | None = None, limit: int | None = None) -> SearchPage:
        """One page of contacts."""
        size = max(1, min(limit or _LARGEST_PAGE, _LARGEST_PAGE))
        # A list of accounts is sent by repeating the name, which is what the published pattern allows.
        parameters = [(spec.name, value) for spec in FILTERS for value in query.many(spec.name) if value]
        parameters.append(("limit", str(size)))
        if cursor:
            parameters.append(("cursor", cursor))
        answer = await self._client.get("/v1/contacts", query=parameters)
        envelope = Envelope(self.provider, answer)
        records, quarantined = read_rows(envelope.rows("data", "contacts"), partial(_record, answer))
        pagination = envelope.part(_Pagination, "data", "pagination")
        following = opaque(pagination.next_cursor) if pagination.has_more is True else ""
        return SearchPage(
            records=records,
            next_cursor=following if following and following != cursor else None,
            quarantined=quarantined,
            request_id=answer.request_id,
        )

    async def choices(self, source: ChoiceSource, *, account_id: str = "") -> tuple[Choice, ...]:  # noqa: ARG002
        """Account choices; () for the rest. `account_id` plays no part here."""
        if source is not ChoiceSource.ACCOUNTS:
            return ()
        return tuple(Choice(account.account_id, account.name) for account in await self.accounts())

    def _read_accounts(self, answer: Answer) -> tuple[Account, ...]:
        """The sheet's section 3 assumes `data.accounts`, but takes a bare `data` array as well."""
        envelope = Envelope(self.provider, answer)
        raws = (
            envelope.rows("data", "accounts") if envelope.at("data", "accounts") is not None else envelope.rows("data")
        )
        accounts = []
        for raw in raws:
            try:
                account = part(raw, _Account)
            except ValueError:
                continue
            account_id = identifier(account.account_id)
            if account_id:
                accounts.append(Account(account_id, text(account.display_name) or account_id))
        return tuple(accounts)


def _record(answer: Answer, raw: bytes) -> SourceRecord:
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
