"""Tamtam Public API: people and company search, contacts by UUID, enrichment, balance. Contract sheet `tamtam`."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.credits import BalanceLine, KeyCheck
from app.domain.enrichment import (
    BATCH_SIZE,
    AnswerStatus,
    EnrichmentAnswer,
    Submission,
    SubmitItem,
    missing_for_enrichment,
)
from app.domain.errors import BadKeyError, InvalidRequestError, PermissionDeniedError, UnreadableAnswerError
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind, normalise_domain
from app.domain.lists import ListSummary
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterSpec, SearchPage, SearchQuery
from app.providers.client import Answer, ApiClient
from app.providers.envelope import Envelope
from app.providers.errors import invalid_request, outcome_unknown, unreadable
from app.providers.keycheck import accepted, refused
from app.providers.tamtam_companies import MOST_CANDIDATES, candidates
from app.providers.tamtam_enrichment import ADAPTER, Accepted, read_entry, read_status, request
from app.providers.tamtam_rows import PersonRow, row_record
from app.providers.tamtam_search import FILTERS, PROMPT, first_page, person_record
from app.providers.wire import (
    Scalar,
    distinct,
    identifier,
    load,
    opaque,
    part,
    profile_link,
    read_rows,
    rows,
    text,
    whole,
)

log = logging.getLogger(__name__)

BASE_URL = "https://api.tamtam.ai/api"

# The API declares no limit for contacts by ID; this equals its limit for enrichment (sheet section 2).
_LARGEST_CHUNK = 100

_LARGEST_PAGE = 25


class _Contact(PersonRow):
    email: Scalar = None
    phone: Scalar = None
    linkedin_url: Scalar = None


class _Credit(msgspec.Struct):
    credit_type: Scalar = None
    total_credits: Scalar = None
    used_credits: Scalar = None
    remaining_credits: Scalar = None


class _Page(msgspec.Struct):
    has_more: Scalar = None
    next_cursor: Scalar = None
    total_count: Scalar = None


class _List(msgspec.Struct):
    id: Scalar = None
    name: Scalar = None
    contacts_count: Scalar = None
    is_managed: Scalar = None
    tags: list[Scalar] | None = None


class Tamtam:
    """One Tamtam key."""

    provider = Provider.TAMTAM
    id_kind = IdKind.UUID
    chunk_size = _LARGEST_CHUNK
    needs_account = False
    credits_per_id = 0
    batch_size = BATCH_SIZE
    enrichment_credit_kind = "MaxPeopleEnrichments"
    adapter = ADAPTER
    filters: Sequence[FilterSpec] = FILTERS
    page_size = _LARGEST_PAGE
    sizes_pages = False
    credits_per_row = 1
    companies_need_account = False

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        await self._client.aclose()

    async def check_key(self) -> KeyCheck:
        """Try the key by reading the balance, which is free and changes nothing."""
        try:
            answer = await self._client.get("/v2/credits")
        except (BadKeyError, PermissionDeniedError) as error:
            return refused(error)
        lines = self._read_balance(answer)
        left = sum(line.remaining for line in lines if line.kind == self.enrichment_credit_kind)
        return accepted(answer, f"{left:,} credits are left for e-mails and phones." if lines else "")

    async def balance(self, account_id: str = "") -> tuple[BalanceLine, ...]:  # noqa: ARG002 - one account per key
        """The credits of the account, added up per kind over its subscriptions."""
        return self._read_balance(await self._client.get("/v2/credits"))

    async def search(self, query: SearchQuery, *, cursor: str | None = None, limit: int | None = None) -> SearchPage:  # noqa: ARG002
        """One page of up to 25 people, each of whom costs a credit; `limit` cannot make the page smaller.

        Never repeated by itself. The token of the page before stands for the whole query.

        Raises:
            OutcomeUnknownError: The page may have been charged, but its answer was not seen or makes no sense.
            ServiceError: Nothing was charged.
        """
        body: dict[str, object] = {"next_cursor": cursor} if cursor else first_page(query)
        if not body:
            # What an empty body finds is not documented; it would be charged all the same.
            raise invalid_request(self.provider, "Tamtam needs at least one filter.")
        if PROMPT in body and len(body) > 1:
            raise invalid_request(self.provider, "Tamtam takes a sentence or filters, not both.")
        try:
            answer = await self._client.post("/v2/people/search", body, paid=True)
        except InvalidRequestError as error:
            if cursor and error.status == 400:
                raise _search_ended(error) from error
            raise
        try:
            return self._read_page(answer, cursor)
        except UnreadableAnswerError as error:
            raise outcome_unknown(error) from error

    async def choices(self, source: ChoiceSource, *, account_id: str = "") -> tuple[Choice, ...]:  # noqa: ARG002
        """None: every choice is in the filters."""
        return ()

    async def find_companies(self, query: CompanyQuery, *, account_id: str = "") -> tuple[CompanyMatch, ...]:  # noqa: ARG002
        """Up to five candidates, the best first, free of charge."""
        known = (
            ("name", query.name.strip()),
            ("domain", normalise_domain(query.domain)),
            ("linkedin_url", query.linkedin_url.strip()),
            ("linkedin_id", query.linkedin_id.strip()),
        )
        body = {name: value for name, value in known if value}
        if not body:
            raise invalid_request(self.provider, "Tamtam needs a company's name, domain or LinkedIn page.")
        answer = await self._client.post("/v2/companies/search", body)
        try:
            found = candidates(load(answer.body, Any))
        except ValueError:
            found = None
        if found is None:
            reason = "it shows no companies"
            raise unreadable(self.provider, reason, status=answer.status, request_id=answer.request_id)
        return tuple(found[:MOST_CANDIDATES])

    async def contacts_list(self, list_id: str) -> ListSummary:
        """Name and size of a contacts list, free of charge; the API does not tell who is on it.

        Raises:
            NotFoundError: There is no such list.
            ServiceError: No answer was to be had.
        """
        answer = await self._client.get("/v2/contacts-lists/{contactsListID}", values={"contactsListID": list_id})
        envelope = Envelope(self.provider, answer)
        row = envelope.part(_List)
        said = identifier(row.id)
        if not said:
            raise envelope.unreadable("it has no id")
        return ListSummary(
            list_id=said,
            name=text(row.name) or said,
            contacts=whole(row.contacts_count),
            is_managed=row.is_managed is True,
            tags=distinct(row.tags or []),
        )

    async def fetch_by_ids(self, ids: Sequence[str], *, account_id: str = "") -> FetchAnswer:  # noqa: ARG002
        """Stored contacts, free of charge."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return FetchAnswer(())
        if len(wanted) > _LARGEST_CHUNK:
            raise invalid_request(self.provider, f"Tamtam reads at most {_LARGEST_CHUNK} IDs at a time.")
        answer = await self._client.post("/v1/contacts", {"contact_ids": wanted})
        try:
            raws = rows(answer.body)
        except ValueError as error:
            raise unreadable(
                self.provider, "it is not a list", status=answer.status, request_id=answer.request_id
            ) from error
        records, quarantined = read_rows(raws, partial(_record, answer))
        return FetchAnswer(records=records, quarantined=quarantined, request_id=answer.request_id)

    async def submit_enrichment(self, items: Sequence[SubmitItem]) -> Submission:
        """Buy e-mails and phones for 1 to 100 people: 1 credit per person for e-mails, 10 for phones.

        Raises:
            OutcomeUnknownError: It may have been accepted, but its answer was not seen or names no request.
            ServiceError: Nothing was accepted.
        """
        if not 1 <= len(items) <= BATCH_SIZE:
            raise invalid_request(self.provider, f"Tamtam enriches 1 to {BATCH_SIZE} people at a time.")
        if any(missing_for_enrichment(item.person) or not item.fields for item in items):
            # One such row would sink the whole batch (sheet section 0, point 6).
            raise invalid_request(self.provider, "Tamtam needs first name, last name and company domain of everybody.")
        answer = await self._client.post(
            "/v2/people/enrich", {"requests": [request(item) for item in items]}, paid=True
        )
        try:
            envelope = Envelope(self.provider, answer)
            taken = envelope.part(Accepted)
            request_id = opaque(taken.request_id)
            if not request_id:
                raise envelope.unreadable("it names no request")
        except UnreadableAnswerError as error:
            raise outcome_unknown(error) from error
        return Submission(request_id, text(taken.status), whole(taken.item_count) or len(items))

    async def poll_enrichment(self, request_id: str) -> EnrichmentAnswer:
        """The results so far. Free, and may be repeated.

        Raises:
            NotFoundError: Tamtam does not know the request (any more).
            ServiceError: No answer was to be had.
        """
        answer = await self._client.get("/v2/people/enrich/{RequestID}", values={"RequestID": request_id})
        envelope = Envelope(self.provider, answer)
        head = envelope.part(Accepted)
        word = text(head.status)
        said = opaque(head.request_id)
        if not word:
            raise envelope.unreadable("it has no status")
        if said and said.casefold() != request_id.casefold():
            raise envelope.unreadable("it is about another request")
        status = read_status(word)
        # While it runs a missing list is no news; at the end it would make everybody “not found”.
        running = status is AnswerStatus.PROCESSING
        raws = [] if running and envelope.at("results") is None else envelope.rows("results")
        return EnrichmentAnswer(
            request_id=said or request_id,
            status=status,
            raw_status=word,
            item_count=whole(head.item_count),
            entries=tuple(read_entry(bytes(raw)) for raw in raws),
        )

    def _read_page(self, answer: Answer, cursor: str | None) -> SearchPage:
        envelope = Envelope(self.provider, answer)
        raws = envelope.rows("results")
        records, quarantined = read_rows(raws, partial(person_record, answer))
        page = envelope.part(_Page)
        following = opaque(page.next_cursor)
        # Only an older version of the API leaves `has_more` out and goes by the token (sheet section 5).
        goes_on = bool(following) if envelope.at("has_more") is None else page.has_more is True and bool(following)
        next_cursor = following if goes_on and following != cursor else None
        return SearchPage(
            records=records,
            next_cursor=next_cursor,
            quarantined=quarantined,
            total=None if cursor or not isinstance(page.total_count, int) else whole(page.total_count),
            # Not told in the answer: one for each person returned, readable or not.
            credits_charged=len(raws),
            request_id=answer.request_id,
            cut_off=next_cursor is None and (goes_on or page.has_more is True),
        )

    def _read_balance(self, answer: Answer) -> tuple[BalanceLine, ...]:
        totals: dict[str, BalanceLine] = {}
        for raw in Envelope(self.provider, answer).rows("credits"):
            try:
                line = part(raw, _Credit)
            except ValueError:
                continue
            kind = text(line.credit_type)
            before = totals.get(kind, BalanceLine(0, 0, 0, kind))
            totals[kind] = BalanceLine(
                total=before.total + whole(line.total_credits),
                used=before.used + whole(line.used_credits),
                remaining=before.remaining + whole(line.remaining_credits),
                kind=kind,
            )
        return tuple(totals.values())


def _search_ended(error: InvalidRequestError) -> InvalidRequestError:
    return InvalidRequestError(
        "Tamtam does not know any more where this search was.",
        provider=error.provider,
        status=error.status,
        request_id=error.request_id,
        findings=error.findings,
        next_step="Search again; the pages you have are then charged again.",
    )


def _record(answer: Answer, raw: bytes) -> SourceRecord:
    row = part(raw, _Contact)
    email, phone = text(row.email), text(row.phone)
    more = PersonFields(
        linkedin_url=profile_link(text(row.linkedin_url)),
        emails=(EmailValue(email),) if email else (),
        phones=(PhoneValue(phone),) if phone else (),
    )
    return row_record(answer, raw, row, RecordKind.FULL, more)
