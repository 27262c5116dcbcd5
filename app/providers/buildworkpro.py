"""BuildWorkPro public API: contacts by integer ID. Contract sheet `buildworkpro`.

No Idempotency-Key is sent: get-many only reads, and a replayed answer could be a day old (sheet section 9).
"""

import logging
from collections.abc import Sequence
from functools import partial

import msgspec

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.credits import KeyCheck
from app.domain.errors import BadKeyError, PermissionDeniedError
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind
from app.domain.provider import Provider
from app.providers.client import Answer, ApiClient
from app.providers.envelope import Envelope
from app.providers.errors import invalid_request
from app.providers.keycheck import accepted, refused
from app.providers.wire import RowError, Scalar, identifier, part, read_rows, text

log = logging.getLogger(__name__)

BASE_URL = "https://app.buildworkpro.com/api/v1"

TEST_KEY_PREFIX = "bwp_test_"

_LARGEST_CHUNK = 50

# Units of the company's hourly budget (sheet section 8).
_GET_MANY_COST = 5


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

    async def fetch_by_ids(self, ids: Sequence[str], *, account_id: str = "") -> FetchAnswer:  # noqa: ARG002
        """Contacts, free of charge. IDs of other companies are absent like those that do not exist."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return FetchAnswer(())
        if len(wanted) > _LARGEST_CHUNK:
            raise invalid_request(self.provider, f"BuildWorkPro reads at most {_LARGEST_CHUNK} IDs at a time.")
        if not all(one.isascii() and one.isdigit() and int(one) > 0 for one in wanted):
            raise invalid_request(self.provider, "BuildWorkPro's IDs are whole numbers from 1.")
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
