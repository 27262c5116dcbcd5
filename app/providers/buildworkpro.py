"""BuildWorkPro public API: contacts by integer ID, and as a list with filters. Contract sheet `buildworkpro`.

No Idempotency-Key is sent: get-many only reads, and a replayed answer could be a day old (sheet section 9).
"""

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.credits import KeyCheck
from app.domain.errors import BadKeyError, PermissionDeniedError
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec, SearchPage, SearchQuery
from app.providers.client import Answer, ApiClient
from app.providers.envelope import Envelope
from app.providers.errors import invalid_request
from app.providers.keycheck import accepted, refused
from app.providers.wire import RowError, Scalar, identifier, opaque, part, read_rows, text

log = logging.getLogger(__name__)

BASE_URL = "https://app.buildworkpro.com/api/v1"

TEST_KEY_PREFIX = "bwp_test_"

_LARGEST_CHUNK = 50

_NO_ID = "BuildWorkPro's IDs are whole numbers from 1."

# Both ends of a range of days are part of it (sheet section 6, stated for the summary).
_DAY_ENDS = {"dateFrom": "00:00:00.000", "dateTo": "23:59:59.999"}

# Units of the company's hourly budget (sheet section 8).
_GET_MANY_COST = 5


_LARGEST_PAGE = 100

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

FILTERS: tuple[FilterSpec, ...] = (
    FilterSpec("search", "Anywhere", FilterKind.TEXT, "Name, e-mail address, phone number, company or notes."),
    FilterSpec(
        "type",
        "Type",
        FilterKind.CHOICE,
        "What the contact is to your company.",
        choices=(
            Choice("customer", "Customer"),
            Choice("general_contractor", "General contractor"),
            Choice("architect", "Architect"),
            Choice("city", "City"),
            Choice("hoa", "Homeowners’ association"),
            Choice("vendor", "Vendor"),
            Choice("subcontractor", "Subcontractor"),
            Choice("supplier", "Supplier"),
            Choice("employee", "Employee"),
            Choice("partner", "Partner"),
            Choice("other", "Other"),
        ),
        open_choices=True,
    ),
    FilterSpec(
        "dateFrom",
        "Created from",
        FilterKind.TEXT,
        "The first day, such as 2026-03-01, or a moment with its time zone; days are UTC.",
        pattern=f"{_DATE}(T.+)?",
    ),
    FilterSpec(
        "dateTo",
        "Created until",
        FilterKind.TEXT,
        "The last day, such as 2026-03-31, or a moment with its time zone; days are UTC.",
        pattern=f"{_DATE}(T.+)?",
    ),
)


class _Contact(msgspec.Struct, rename="camel"):
    id: Scalar = None
    first_name: Scalar = None
    last_name: Scalar = None
    company_name: Scalar = None
    email: Scalar = None
    phone: Scalar = None
    type: Scalar = None


class _Counts(msgspec.Struct):
    requested: Scalar = None
    returned: Scalar = None


class _Pagination(msgspec.Struct):
    cursor: Scalar = None
    has_more: Scalar = None


class _Total(msgspec.Struct):
    total: Scalar = None


class BuildWorkPro:
    """One BuildWorkPro key.

    Args:
        client: The connection.
        test_key: Whether the key is a `bwp_test_` one, which acts on live data all the same.
    """

    provider = Provider.BUILDWORKPRO
    id_kind = IdKind.INTEGER
    chunk_size = _LARGEST_CHUNK
    needs_account = False
    credits_per_id = 0
    filters: Sequence[FilterSpec] = FILTERS
    page_size = _LARGEST_PAGE
    sizes_pages = True
    credits_per_row = 0

    def __init__(self, client: ApiClient, *, test_key: bool = False) -> None:
        self._client = client
        self._test_key = test_key

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        await self._client.aclose()

    async def check_key(self) -> KeyCheck:
        """Try the key by reading one contact, which also proves the scope that is needed."""
        try:
            answer = await self._client.get("/contacts", query=[("limit", "1")])
        except (BadKeyError, PermissionDeniedError) as error:
            return refused(error)
        return accepted(answer, "It is a test key, but it reads live data." if self._test_key else "")

    async def search(self, query: SearchQuery, *, cursor: str | None = None, limit: int | None = None) -> SearchPage:
        """One page of the list, free of charge; without filters it is everybody."""
        size = max(1, min(limit or _LARGEST_PAGE, _LARGEST_PAGE))
        parameters = [*self._filters(query), ("limit", str(size))]
        if cursor:
            parameters.append(("cursor", cursor))
        answer = await self._client.get("/contacts", query=parameters)
        envelope = Envelope(self.provider, answer)
        records, quarantined = read_rows(envelope.rows("data"), partial(_record, answer))
        pagination = envelope.part(_Pagination, "meta", "pagination")
        following = opaque(pagination.cursor) if pagination.has_more is True else ""
        next_cursor = following if following and following != cursor else None
        return SearchPage(
            records=records,
            next_cursor=next_cursor,
            quarantined=quarantined,
            request_id=answer.request_id,
            cut_off=next_cursor is None and pagination.has_more is True,
        )

    async def choices(self, source: ChoiceSource, *, account_id: str = "") -> tuple[Choice, ...]:  # noqa: ARG002
        """None: every choice is in the filters."""
        return ()

    async def count(self, query: SearchQuery) -> int:
        """How many contacts a search would find."""
        answer = await self._client.get("/contacts/count", query=self._filters(query))
        envelope = Envelope(self.provider, answer)
        total = _count(envelope.part(_Total, "data").total)
        if total is None:
            raise envelope.unreadable("it has no total")
        return total

    async def details(self, provider_id: str, *, account_id: str = "") -> SourceRecord:  # noqa: ARG002
        """One contact, free of charge.

        Raises:
            NotFoundError: There is none of this ID, or it belongs to another company.
            ServiceError: No answer was to be had.
        """
        if not _is_id(provider_id):
            raise invalid_request(self.provider, _NO_ID)
        answer = await self._client.get("/contacts/{id}", values={"id": provider_id})
        envelope = Envelope(self.provider, answer)
        try:
            return _record(answer, bytes(envelope.one("data")))
        except RowError as error:
            raise envelope.unreadable("its contact has no id") from error

    async def fetch_by_ids(self, ids: Sequence[str], *, account_id: str = "") -> FetchAnswer:  # noqa: ARG002
        """Contacts, free of charge. IDs of other companies are absent like those that do not exist."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return FetchAnswer(())
        if len(wanted) > _LARGEST_CHUNK:
            raise invalid_request(self.provider, f"BuildWorkPro reads at most {_LARGEST_CHUNK} IDs at a time.")
        if not all(map(_is_id, wanted)):
            raise invalid_request(self.provider, _NO_ID)
        answer = await self._client.post(
            "/contacts/get-many", {"ids": [int(one) for one in wanted]}, cost=_GET_MANY_COST
        )
        envelope = Envelope(self.provider, answer)
        records, quarantined = read_rows(envelope.rows("data"), partial(_record, answer))
        counts = envelope.part(_Counts, "meta")
        returned = _count(counts.returned)
        if returned is not None and returned != len(records) + len(quarantined):
            log.info("BuildWorkPro says it returned %d rows, but sent %d", returned, len(records) + len(quarantined))
        return FetchAnswer(
            records=records,
            quarantined=quarantined,
            requested=_count(counts.requested),
            returned=returned,
            request_id=answer.request_id,
        )

    def _filters(self, query: SearchQuery) -> list[tuple[str, str]]:
        parameters = []
        for spec in FILTERS:
            value = query.one(spec.name).strip()
            if value and spec.name in _DAY_ENDS:
                value = self._moment(value, _DAY_ENDS[spec.name])
            if value:
                parameters.append((spec.name, value))
        return parameters

    def _moment(self, value: str, day_end: str) -> str:
        """A day or moment as the service has them: UTC with milliseconds and `Z`."""
        try:
            moment = datetime.fromisoformat(f"{value}T{day_end}+00:00" if re.fullmatch(_DATE, value) else value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            in_utc = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise invalid_request(self.provider, "A date must be like 2026-03-01.") from None
        return f"{in_utc:%Y-%m-%dT%H:%M:%S}.{in_utc.microsecond // 1000:03}Z"


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) > 0


def _count(value: Scalar) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _record(answer: Answer, raw: bytes) -> SourceRecord:
    row = part(raw, _Contact)
    contact_id = identifier(row.id)
    if not contact_id:
        raise RowError("The row has no id.")
    email, phone, kind = text(row.email), text(row.phone), text(row.type)
    return SourceRecord(
        provider=Provider.BUILDWORKPRO,
        provider_id=contact_id,
        kind=RecordKind.FULL,
        fetched_at=answer.received_at,
        fields=PersonFields(
            first_name=text(row.first_name),
            last_name=text(row.last_name),
            company_name=text(row.company_name),
            emails=(EmailValue(email),) if email else (),
            phones=(PhoneValue(phone),) if phone else (),
            tags=(kind,) if kind else (),
        ),
        raw=raw,
        request_id=answer.request_id,
    )
