"""Searching: a query is checked, its pages are asked for one by one, and every row is kept before it is shown."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.contact import ContactRow
from app.domain.errors import InputError, ServiceError
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec, SearchQuery
from app.providers.capabilities import SupportsSearch
from app.providers.registry import service_class
from app.services.providers import ProviderDirectory
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository

INITIATOR = "search"


@dataclass(frozen=True, slots=True)
class PageLoaded:
    """One more page of a search.

    Attributes:
        rows: The page's rows in the provider's order, one per source record.
        total_rows: Rows loaded so far.
        has_more: Whether the provider has another page.
        quarantined: Rows of this page that could not be read.
        credits_charged: Credits this page cost.
        total: How many rows the provider says there are in all, None where it does not say.
    """

    rows: tuple[ContactRow, ...]
    total_rows: int
    has_more: bool
    quarantined: int
    credits_charged: int
    total: int | None


class SearchSession:
    """One search as a result tab holds it. A page that failed can be asked for again: nothing is skipped.

    Attributes:
        query: What was asked.
        contact_ids: The distinct contacts found so far, in the provider's order.
        has_more: Whether another page can be asked for.
        loaded: Rows loaded so far.
        quarantined: Rows so far that could not be read.
    """

    def __init__(
        self,
        query: SearchQuery,
        directory: ProviderDirectory,
        library: LibraryRepository,
        ledger: LedgerRepository,
    ) -> None:
        self.query = query
        self.contact_ids: list[int] = []
        self.has_more = True
        self.loaded = 0
        self.quarantined = 0
        self._directory = directory
        self._library = library
        self._ledger = ledger
        self._cursor: str | None = None
        self._seen_cursors: set[str] = set()
        self._seen_contacts: set[int] = set()
        self._lock = asyncio.Lock()

    async def next_page(self, limit: int | None = None) -> PageLoaded:
        """Ask for the next page, of at most `limit` rows, keep its rows in the library and return them.

        Raises:
            ServiceError: The provider refused or did not answer.
            MissingKeyError: There is no key.
        """
        async with self._lock:
            service = await self._directory.capable(self.query.provider, SupportsSearch)
            try:
                page = await service.search(self.query, cursor=self._cursor, limit=limit)
            except ServiceError as error:
                self._directory.note_error(self.query.provider, error)
                raise
            self._directory.note_error(self.query.provider, None)
            if page.credits_charged:
                await self._ledger.charge(
                    self.query.provider, page.credits_charged, request_id=page.request_id, note="Search"
                )
            ids = await self._library.save(page.records, initiator=INITIATOR)
            shown = {row.contact_id: row for row in await self._library.rows(list(dict.fromkeys(ids)))}
            rows = tuple(
                # A contact may have several records; this row speaks of the one just found.
                replace(
                    shown[contact_id],
                    provider=record.provider,
                    provider_id=record.provider_id,
                    account_id=record.account_id,
                )
                for contact_id, record in zip(ids, page.records, strict=True)
                if contact_id in shown
            )
            self._advance(page.next_cursor)
            self.loaded += len(rows)
            self.quarantined += len(page.quarantined)
            for contact_id in ids:
                if contact_id not in self._seen_contacts:
                    self._seen_contacts.add(contact_id)
                    self.contact_ids.append(contact_id)
            return PageLoaded(
                rows=rows,
                total_rows=self.loaded,
                has_more=self.has_more,
                quarantined=len(page.quarantined),
                credits_charged=page.credits_charged,
                total=page.total,
            )

    async def pages(self, up_to: int) -> AsyncIterator[PageLoaded]:
        """Page after page until `up_to` rows are loaded in all, or there are no more."""
        page_size = service_class(self.query.provider).page_size
        while self.has_more and self.loaded < up_to:
            yield await self.next_page(min(page_size, up_to - self.loaded))

    def _advance(self, next_cursor: str | None) -> None:
        # A cursor that comes back a second time would lead round in circles.
        self.has_more = bool(next_cursor) and next_cursor not in self._seen_cursors
        if next_cursor:
            self._seen_cursors.add(next_cursor)
        self._cursor = next_cursor


class SearchService:
    """Starts searches."""

    def __init__(self, directory: ProviderDirectory, library: LibraryRepository, ledger: LedgerRepository) -> None:
        self._directory = directory
        self._library = library
        self._ledger = ledger

    def providers(self) -> tuple[Provider, ...]:
        """The providers that can be searched."""
        return self._directory.supporting(SupportsSearch)

    def filters(self, provider: Provider) -> tuple[FilterSpec, ...]:
        """A provider's documented filters."""
        return tuple(service_class(provider).filters)

    async def choices(self, provider: Provider, source: ChoiceSource, account_id: str = "") -> tuple[Choice, ...]:
        """Choices only the service can name. Raises ServiceError, MissingKeyError."""
        service = await self._directory.capable(provider, SupportsSearch)
        return await service.choices(source, account_id=account_id)

    def build_query(self, provider: Provider, values: Mapping[str, Sequence[str]]) -> SearchQuery:
        """A query from filter values; empty ones are left out.

        Raises:
            InputError: A filter is unknown, a value is not allowed, a required one is missing, or none is given
                where the provider needs one.
        """
        specs = {spec.name: spec for spec in self.filters(provider)}
        cleaned: dict[str, tuple[str, ...]] = {}
        for name, given in values.items():
            if name not in specs:
                raise InputError(f"{provider.label} has no filter called “{name}”.")
            kept = tuple(dict.fromkeys(value.strip() for value in given if value.strip()))
            if kept:
                cleaned[name] = _checked(specs[name], kept)
        missing = [spec.label for spec in specs.values() if spec.required and spec.name not in cleaned]
        if missing:
            raise InputError(f"{provider.label} needs: {', '.join(missing)}.")
        required = {spec.name for spec in specs.values() if spec.required}
        if required and required.issuperset(cleaned):
            # Leadfeeder: what an empty search body does is not known (contract sheet 3.2), so none is sent.
            raise InputError("Fill in at least one filter.")
        return SearchQuery(provider, cleaned)

    def start(self, query: SearchQuery) -> SearchSession:
        """A session for a query; nothing is asked before its first page."""
        return SearchSession(query, self._directory, self._library, self._ledger)


def _checked(spec: FilterSpec, values: tuple[str, ...]) -> tuple[str, ...]:
    if not spec.takes_many and len(values) > 1:
        raise InputError(f"“{spec.label}” takes one value.")
    closed = spec.kind in (FilterKind.CHOICE, FilterKind.CHOICE_LIST) and spec.choices and not spec.open_choices
    allowed = {choice.value for choice in spec.choices}
    for value in values:
        if closed and spec.choice_source is None and value not in allowed:
            raise InputError(f"“{spec.label}” can be {', '.join(sorted(allowed))}; “{value}” is none of them.")
        if spec.pattern and not re.fullmatch(spec.pattern, value):
            raise InputError(f"“{value}” is not a valid value for “{spec.label}”.")
    return values
