"""A provider in memory that is asked by ID."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from app.domain.contact import PersonFields, RecordKind, SourceRecord
from app.domain.errors import InvalidRequestError, ServiceError, TryLaterError
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind
from app.domain.provider import Provider
from app.domain.search import Quarantined


class FakeFetch:
    """Knows the integer IDs it is built with.

    `troubles` are raised in turn, None for a call that goes well. A request with one of the `malformed` IDs is
    refused as a whole; one with more than `bearable` IDs times out at the gateway. `renamed` maps IDs to those
    they come back as.
    """

    id_kind = IdKind.INTEGER
    needs_account = False

    def __init__(
        self,
        known: set[str],
        *,
        provider: Provider = Provider.BUILDWORKPRO,
        chunk_size: int = 50,
        credits_per_id: int = 0,
    ) -> None:
        self.known = known
        self.provider = provider
        self.chunk_size = chunk_size
        self.credits_per_id = credits_per_id
        self.troubles: list[ServiceError | None] = []
        self.quarantine: tuple[Quarantined, ...] = ()
        self.requests: list[tuple[str, ...]] = []
        self.hang: asyncio.Event | None = None
        self.malformed: set[str] = set()
        self.bearable = chunk_size
        self.renamed: dict[str, str] = {}

    @property
    def asked(self) -> Counter[str]:
        """How often each ID was asked for."""
        return Counter(provider_id for request in self.requests for provider_id in request)

    async def fetch_by_ids(self, ids: Sequence[str], *, account_id: str = "") -> FetchAnswer:
        self.requests.append(tuple(ids))
        if self.hang is not None:
            self.hang.set()
            await asyncio.Event().wait()
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        if self.malformed & set(ids):
            raise InvalidRequestError("It says an ID is malformed.", provider=self.provider, status=422)
        if len(ids) > self.bearable:
            raise TryLaterError("It takes too long.", provider=self.provider, status=504)
        unreadable = {row.provider_id for row in self.quarantine}
        found = [
            provider_id for provider_id in reversed(ids) if provider_id in self.known and provider_id not in unreadable
        ]
        records = tuple(
            SourceRecord(
                self.provider,
                self.renamed.get(provider_id, provider_id),
                RecordKind.FULL,
                datetime.now(UTC),
                PersonFields(first_name="Ada", last_name=f"Number{provider_id}"),
                b"{}",
                account_id=account_id,
                credits_charged=self.credits_per_id,
                request_id="r",
            )
            for provider_id in found
        )
        quarantined = tuple(row for row in self.quarantine if row.provider_id in ids or not row.provider_id)
        return FetchAnswer(
            records,
            quarantined,
            requested=len(ids),
            returned=len(records) + len(quarantined),
            credits_charged=len(records) * self.credits_per_id,
            request_id="r",
        )
