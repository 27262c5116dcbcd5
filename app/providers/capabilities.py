"""What a provider can do, as protocols: a window asks `isinstance(service, SupportsSearch)`, never for a name.

All methods raise the `ServiceError` subclass that fits, and nothing else of their own.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.contact import SourceRecord
from app.domain.credits import Account, BalanceLine, KeyCheck
from app.domain.enrichment import EnrichmentAnswer, Submission, SubmitItem
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind
from app.domain.lists import ListSummary, ProviderList
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
    """Can search.

    Attributes:
        filters: All documented filters.
        page_size: The most rows a page holds.
        sizes_pages: Whether a page can be asked for with fewer rows.
        credits_per_row: What each row costs, in credits; 0 where searching is free.
    """

    filters: Sequence[FilterSpec]
    page_size: int
    sizes_pages: bool
    credits_per_row: int

    async def search(self, query: SearchQuery, *, cursor: str | None = None, limit: int | None = None) -> SearchPage:
        """One page: the first without a cursor, else the one after it; `limit` rows at most, page_size if None.

        Where a row costs credits the call is never repeated, and raises OutcomeUnknownError when its answer was not
        seen.
        """
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
class SupportsFetchWithCompany(SupportsFetchByIds, Protocol):
    """Can send each contact's company along. `credits_per_company`: the most that one ID then costs in addition."""

    credits_per_company: int

    async def fetch_by_ids(
        self, ids: Sequence[str], *, account_id: str = "", include_company: bool = False
    ) -> FetchAnswer:
        """As `SupportsFetchByIds`, with the companies' data where asked for."""
        ...


@runtime_checkable
class SupportsEnrichment(Protocol):
    """Can look up e-mails and phones: submit (paid, never repeated by the client), then poll (free, repeatable).

    Attributes:
        batch_size: The most people in one submit.
        enrichment_credit_kind: The line of the balance that pays for it.
        adapter: Which reading of the service's answers this is, such as `tamtam/1`.
    """

    batch_size: int
    enrichment_credit_kind: str
    adapter: str

    async def submit_enrichment(self, items: Sequence[SubmitItem]) -> Submission:
        """Buy. Raises OutcomeUnknownError when the request may have been accepted but its answer was not seen.

        Every other ServiceError means that nothing was accepted.
        """
        ...

    async def poll_enrichment(self, request_id: str) -> EnrichmentAnswer:
        """Ask for the results so far."""
        ...


@runtime_checkable
class SupportsCount(Protocol):
    """Can say how many rows a search would find, free of charge."""

    async def count(self, query: SearchQuery) -> int:
        """Rows in all."""
        ...


@runtime_checkable
class SupportsDetails(Protocol):
    """Can read one contact in full. `credits_per_id` as in `SupportsFetchByIds`."""

    credits_per_id: int

    async def details(self, provider_id: str, *, account_id: str = "") -> SourceRecord:
        """The full record. Raises NotFoundError for an ID the service does not know."""
        ...


@runtime_checkable
class SupportsTags(Protocol):
    """Can tag contacts at the service."""

    async def change_tags(
        self, provider_id: str, *, account_id: str, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> SourceRecord:
        """Put tags on a contact and take others off, by name; returns the contact as it is now.

        Not repeated once it may have arrived: OutcomeUnknownError when its answer was not seen.
        """
        ...


@runtime_checkable
class SupportsLists(Protocol):
    """Keeps lists of contacts. The calls that change something are like `SupportsTags.change_tags`."""

    async def lists(self, account_id: str) -> tuple[ProviderList, ...]:
        """All lists of contacts in an account."""
        ...

    async def get_list(self, list_id: str, *, account_id: str) -> ProviderList:
        """One list. Raises NotFoundError when there is none."""
        ...

    async def create_list(self, name: str, *, account_id: str) -> ProviderList:
        """Make an empty list."""
        ...

    async def add_to_list(self, list_id: str, provider_id: str, *, account_id: str) -> None:
        """Put a contact on a list."""
        ...

    async def remove_from_list(self, list_id: str, provider_id: str, *, account_id: str) -> None:
        """Take a contact off a list."""
        ...


@runtime_checkable
class SupportsListSummary(Protocol):
    """Can describe a list by its id, but neither find lists nor name their members."""

    async def contacts_list(self, list_id: str) -> ListSummary:
        """What is known of a list. Raises NotFoundError when there is none."""
        ...


@runtime_checkable
class SupportsCompanySearch(Protocol):
    """Can look companies up, free of charge. `companies_need_account`: an account must be named."""

    companies_need_account: bool

    async def find_companies(self, query: CompanyQuery, *, account_id: str = "") -> tuple[CompanyMatch, ...]:
        """Candidates, the best first; () when there are none."""
        ...


@runtime_checkable
class SupportsUsage(Protocol):
    """Can say how often an account's calls were used."""

    async def usage(self, account_id: str, start: str, end: str) -> bytes:
        """Calls per endpoint and month, as the service's own JSON: its layout is not documented.

        Args:
            account_id: The account.
            start: The first month, as `YYYY-MM`.
            end: The last month, not before `start`.
        """
        ...
