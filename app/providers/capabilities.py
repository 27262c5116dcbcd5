"""What a provider can do, as protocols: a window asks `isinstance(service, SupportsSearch)`, never for a name.

All methods raise the `ServiceError` subclass that fits, and nothing else of their own.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from app.domain.credits import Account, BalanceLine, KeyCheck
from app.domain.enrichment import EnrichmentAnswer, Submission, SubmitItem
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterSpec, SearchPage, SearchQuery


@runtime_checkable
class ProviderService(Protocol):
    """One provider account: built with its key, used for the whole session, closed at the end."""

    provider: Provider

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        ...


@runtime_checkable
class SupportsKeyCheck(Protocol):
    """Can say whether its key works."""

    async def check_key(self) -> KeyCheck:
        """Try the key with a free call. A refused key is an answer (`ok` False), not an exception."""
        ...


@runtime_checkable
class SupportsAccounts(Protocol):
    """Reaches several accounts with one key."""

    async def accounts(self) -> tuple[Account, ...]:
        """The accounts the key reaches."""
        ...


@runtime_checkable
class SupportsBalance(Protocol):
    """Can say how many credits are left."""

    async def balance(self, account_id: str = "") -> tuple[BalanceLine, ...]:
        """The balance, one line per kind of credit."""
        ...


@runtime_checkable
class SupportsSearch(Protocol):
    """Can search. `filters` are all documented ones; `page_size` is the most rows a page holds."""

    filters: Sequence[FilterSpec]
    page_size: int

    async def search(self, query: SearchQuery, *, cursor: str | None = None, limit: int | None = None) -> SearchPage:
        """One page: the first without a cursor, else the one after it; `limit` rows at most, page_size if None."""
        ...

    async def choices(self, source: ChoiceSource, *, account_id: str = "") -> tuple[Choice, ...]:
        """Choices only the service can name; () where the service does not offer them."""
        ...


@runtime_checkable
class SupportsFetchByIds(Protocol):
    """Can read contacts by ID. `needs_account`: an account must be named; `credits_per_id`: the most one ID costs."""

    id_kind: IdKind
    chunk_size: int
    needs_account: bool
    credits_per_id: int

    async def fetch_by_ids(self, ids: Sequence[str], *, account_id: str = "") -> FetchAnswer:
        """Up to `chunk_size` distinct IDs in one request. IDs that do not exist are absent from the answer."""
        ...


@runtime_checkable
class SupportsEnrichment(Protocol):
    """Can look up e-mails and phones: submit (paid, never repeated by the client), then poll (free, repeatable)."""

    batch_size: int
    enrichment_credit_kind: str

    async def submit_enrichment(self, items: Sequence[SubmitItem]) -> Submission:
        """Buy. Raises OutcomeUnknownError when the request may have been accepted but its answer was not seen.

        Every other ServiceError means that nothing was accepted.
        """
        ...

    async def poll_enrichment(self, request_id: str) -> EnrichmentAnswer:
        """Ask for the results so far."""
        ...
