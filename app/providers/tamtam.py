"""Tamtam Public API: contacts by UUID, enrichment (submit, then poll) and balance. Contract sheet `tamtam`."""

import logging
from collections.abc import Sequence
from functools import partial

import msgspec

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.credits import BalanceLine, KeyCheck
from app.domain.enrichment import (
    BATCH_SIZE,
    AnswerEntry,
    AnswerStatus,
    EnrichField,
    EnrichmentAnswer,
    Submission,
    SubmitItem,
    missing_for_enrichment,
)
from app.domain.errors import BadKeyError, PermissionDeniedError, UnreadableAnswerError
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind, normalise_domain
from app.domain.provider import Provider
from app.providers.client import Answer, ApiClient
from app.providers.envelope import Envelope
from app.providers.errors import invalid_request, outcome_unknown, unreadable
from app.providers.keycheck import accepted, refused
from app.providers.wire import RowError, Scalar, identifier, opaque, part, profile_link, read_rows, rows, text, whole

log = logging.getLogger(__name__)

BASE_URL = "https://api.tamtam.ai/api"

# The API declares no limit for contacts by ID; this equals its limit for enrichment (sheet section 2).
_LARGEST_CHUNK = 100

_CLIENT_KEY = "client_key"
_FIELD_NAMES = {EnrichField.EMAILS: "contact.emails", EnrichField.PHONES: "contact.phones"}


class _Contact(msgspec.Struct):
    contact_id: Scalar = None
    first_name: Scalar = None
    last_name: Scalar = None
    job_title: Scalar = None
    company_name: Scalar = None
    company_linkedin_id: Scalar = None
    email: Scalar = None
    phone: Scalar = None
    linkedin_url: Scalar = None
    location: Scalar = None


class _Accepted(msgspec.Struct):
    request_id: Scalar = None
    status: Scalar = None
    item_count: Scalar = None


class _Email(msgspec.Struct):
    email: Scalar = None
    status: Scalar = None


class _Phone(msgspec.Struct):
    number: Scalar = None
    region: Scalar = None


class _Entry(msgspec.Struct):
    enrichment_type: Scalar = None
    status: Scalar = None
    custom: dict[str, Scalar] | None = None
    emails: list[_Email | str] | None = None
    most_probable_email: Scalar = None
    phones: list[_Phone | str] | None = None
    error: Scalar = None


class _Credit(msgspec.Struct):
    credit_type: Scalar = None
    total_credits: Scalar = None
    used_credits: Scalar = None
    remaining_credits: Scalar = None


class Tamtam:
    """One Tamtam key."""

    provider = Provider.TAMTAM
    id_kind = IdKind.UUID
    chunk_size = _LARGEST_CHUNK
    needs_account = False
    credits_per_id = 0
    batch_size = BATCH_SIZE
    enrichment_credit_kind = "MaxPeopleEnrichments"

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
            "/v2/people/enrich", {"requests": [_request(item) for item in items]}, paid=True
        )
        try:
            envelope = Envelope(self.provider, answer)
            taken = envelope.part(_Accepted)
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
        head = envelope.part(_Accepted)
        word = text(head.status)
        said = opaque(head.request_id)
        if not word:
            raise envelope.unreadable("it has no status")
        if said and said.casefold() != request_id.casefold():
            raise envelope.unreadable("it is about another request")
        status = _status(word)
        # While it runs a missing list is no news; at the end it would make everybody “not found”.
        running = status is AnswerStatus.PROCESSING
        raws = [] if running and envelope.at("results") is None else envelope.rows("results")
        return EnrichmentAnswer(
            request_id=said or request_id,
            status=status,
            raw_status=word,
            item_count=whole(head.item_count),
            entries=tuple(_entry(bytes(raw)) for raw in raws),
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


def _request(item: SubmitItem) -> dict[str, object]:
    """One person as the schema wants it: unknown or empty members are refused, so they are left out."""
    person = item.person
    request: dict[str, object] = {
        "firstname": person.first_name.strip(),
        "lastname": person.last_name.strip(),
        "domain": normalise_domain(person.domain),
        "enrich_fields": [_FIELD_NAMES[enrich_field] for enrich_field in sorted(item.fields)],
        "custom": {_CLIENT_KEY: item.client_key},
    }
    for name, value in (("company_name", person.company_name), ("linkedin_url", person.linkedin_url)):
        if value.strip():
            request[name] = value.strip()
    return request


def _status(word: str) -> AnswerStatus:
    """Only the two documented words, as they are written, end the polling (sheet section 4)."""
    if word in (AnswerStatus.COMPLETED, AnswerStatus.FAILED):
        return AnswerStatus(word)
    if word != AnswerStatus.PROCESSING:
        log.info("Tamtam's status “%s” is not documented; it counts as still running", text(word, longest=40))
    return AnswerStatus.PROCESSING


def _entry(raw: bytes) -> AnswerEntry:
    try:
        entry = part(raw, _Entry)
    except ValueError:
        return AnswerEntry("", error="This entry cannot be read.", raw=raw)
    emails = (
        EmailValue(text(one)) if isinstance(one, str) else EmailValue(text(one.email), verdict=text(one.status))
        for one in entry.emails or []
    )
    phones = (
        PhoneValue(text(one)) if isinstance(one, str) else PhoneValue(text(one.number), region=text(one.region))
        for one in entry.phones or []
    )
    return AnswerEntry(
        client_key=identifier((entry.custom or {}).get(_CLIENT_KEY)),
        enrichment_type=text(entry.enrichment_type),
        status=text(entry.status),
        emails=tuple(email for email in emails if email.address),
        most_probable_email=text(entry.most_probable_email),
        phones=tuple(phone for phone in phones if phone.number),
        error=text(entry.error, longest=300),
        raw=raw,
    )


def _record(answer: Answer, raw: bytes) -> SourceRecord:
    row = part(raw, _Contact)
    contact_id = identifier(row.contact_id).lower()
    if not contact_id:
        raise RowError("The row has no contact_id.")
    email, phone = text(row.email), text(row.phone)
    return SourceRecord(
        provider=Provider.TAMTAM,
        provider_id=contact_id,
        kind=RecordKind.FULL,
        fetched_at=answer.received_at,
        fields=PersonFields(
            first_name=text(row.first_name),
            last_name=text(row.last_name),
            job_title=text(row.job_title),
            company_name=text(row.company_name),
            company_linkedin_id=text(row.company_linkedin_id),
            location=text(row.location),
            linkedin_url=profile_link(text(row.linkedin_url)),
            emails=(EmailValue(email),) if email else (),
            phones=(PhoneValue(phone),) if phone else (),
        ),
        raw=raw,
        request_id=answer.request_id,
    )
