"""Searching: a query is checked, its pages are asked for one by one, and every row is kept before it is shown.

Where rows cost credits, a page that was asked for is bought: it is awaited to its end even when the rep stops
waiting, its rows are kept until the library has them, and a page whose answer was not seen is never asked for again
unless the rep says so.
"""

import asyncio
import logging
import math
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from app.domain.contact import ContactRow
from app.domain.credits import Estimate
from app.domain.errors import CapError, InputError, OutcomeUnknownError, ServiceError
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec, SearchPage, SearchQuery
from app.providers.capabilities import SupportsCount, SupportsSearch
from app.providers.registry import service_class
from app.services.providers import ProviderDirectory
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository

log = logging.getLogger(__name__)

INITIATOR = "search"

#: So many pages without a readable row, one after the other, end a search that says there is more.
EMPTY_PAGES = 5

#: Seconds that closing waits for pages that are being bought.
CLOSING_SECONDS = 10.0


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
        note: Why loading ended although the provider says there is more, "" otherwise.
    """

    rows: tuple[ContactRow, ...]
    total_rows: int
    has_more: bool
    quarantined: int
    credits_charged: int
    total: int | None
    note: str = ""


class SearchSession:
    """One search as a result tab holds it. A page that failed can be asked for again: nothing is skipped.

    Attributes:
        query: What was asked.
        contact_ids: The distinct contacts found so far, in the provider's order.
        has_more: Whether another page can be asked for.
        loaded: Rows loaded so far.
        quarantined: Rows so far that could not be read.
        total: How many rows the provider says there are in all, None where it does not say.
        credits_per_row: What each row costs, in credits; 0 where searching is free.
        charged: Credits charged so far.
        uncertain: Credits that may have been charged, for pages whose answer was not seen.
        note: Why loading ended although the provider says there is more, "" otherwise.
    """

    def __init__(
        self,
        query: SearchQuery,
        directory: ProviderDirectory,
        library: LibraryRepository,
        ledger: LedgerRepository,
        purchases: "set[asyncio.Task[PageLoaded]] | None" = None,
    ) -> None:
        self.query = query
        self.contact_ids: list[int] = []
        self.has_more = True
        self.loaded = 0
        self.quarantined = 0
        self.total: int | None = None
        self.charged = 0
        self.uncertain = 0
        self.note = ""
        self._class: type[SupportsSearch] = service_class(query.provider)
        self.credits_per_row: int = self._class.credits_per_row
        self._directory = directory
        self._library = library
        self._ledger = ledger
        self._purchases = set() if purchases is None else purchases
        self._purchase: asyncio.Task[PageLoaded] | None = None
        self._unsaved: SearchPage | None = None
        self._cursor: str | None = None
        self._seen_cursors: set[str] = set()
        self._empty_pages = 0
        self._seen_contacts: set[int] = set()
        self._lock = asyncio.Lock()

    def cost_of_next_page(self, limit: int | None = None) -> int:
        """The most credits that `next_page(limit)` can cost; 0 where it is free, bought already, or the last."""
        if not self.has_more or self._purchase is not None or self._unsaved is not None:
            return 0
        return _rows_asked_for(self._class, limit) * self.credits_per_row

    async def next_page(self, limit: int | None = None) -> PageLoaded:
        """Ask for the next page, of at most `limit` rows, keep its rows in the library and return them.

        Where rows cost credits (`credits_per_row`) calling this is the rep's consent to `cost_of_next_page`. A page
        that was being bought when the caller was cancelled goes on; the next call returns that page and buys none.
        After OutcomeUnknownError nothing is skipped and nothing is asked again by itself: calling once more is the
        rep's consent to ask for the same page, and to pay for it, perhaps a second time.

        Raises:
            OutcomeUnknownError: The page costs credits and may have been charged, but its answer was not seen.
            ServiceError: The provider refused or did not answer.
            MissingKeyError: There is no key.
            LibraryError: The rows could not be stored; they are kept, and the next call tries to store them.
        """
        async with self._lock:
            if not self.credits_per_row:
                return await self._load(limit)
            if self._purchase is None:
                self._purchase = asyncio.get_running_loop().create_task(self._load(limit), name="paid search page")
                self._purchases.add(self._purchase)
                self._purchase.add_done_callback(self._bought)
            purchase = self._purchase
            try:
                page = await asyncio.shield(purchase)
            except asyncio.CancelledError:
                if purchase.cancelled():
                    self._purchase = None
                raise
            except BaseException:
                self._purchase = None
                raise
            self._purchase = None
            return page

    async def pages(self, up_to: int, *, max_credits: int | None = None) -> AsyncIterator[PageLoaded]:
        """Page after page until `up_to` rows are loaded in all, or there are no more.

        Raises:
            CapError: The next page could make the session's cost exceed `max_credits`; it was not asked for.
            ServiceError, MissingKeyError, LibraryError: As `next_page`.
        """
        while self.has_more and self.loaded < up_to:
            wanted = up_to - self.loaded
            spent = self.charged + self.uncertain
            if max_credits is not None and spent + self.cost_of_next_page(wanted) > max_credits:
                raise CapError(
                    f"The next page of {self.query.provider.label} could exceed the cap of {max_credits} credits;"
                    f" {spent} are spent. It was not asked for.",
                    next_step="Raise the cap to have more rows.",
                )
            yield await self.next_page(min(self._class.page_size, wanted))

    async def _load(self, limit: int | None) -> PageLoaded:
        page = self._unsaved or await self._ask(limit)
        self._unsaved = page
        ids = await self._library.save_page(self.query.provider, page, initiator=INITIATOR)
        shown = {row.contact_id: row for row in await self._library.rows(list(dict.fromkeys(ids)))}
        if page.credits_charged:  # once: what comes before may be repeated
            await self._ledger.charge(
                self.query.provider, page.credits_charged, request_id=page.request_id, note="Search"
            )
        self._unsaved = None
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
        self._advance(page)
        self.loaded += len(rows)
        self.quarantined += len(page.quarantined)
        self.charged += page.credits_charged
        if self.total is None:
            self.total = page.total
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
            total=self.total,
            note=self.note,
        )

    async def _ask(self, limit: int | None) -> SearchPage:
        service = await self._directory.capable(self.query.provider, SupportsSearch)
        try:
            page = await service.search(self.query, cursor=self._cursor, limit=limit)
        except OutcomeUnknownError as error:
            self.uncertain += _rows_asked_for(self._class, limit) * self.credits_per_row
            self._directory.note_error(self.query.provider, error)
            raise
        except ServiceError as error:
            self._directory.note_error(self.query.provider, error)
            raise
        self._directory.note_error(self.query.provider, None)
        if self._cursor is None and page.next_cursor and page.total is None and isinstance(service, SupportsCount):
            # Without the total the page is as good: whatever is wrong will show at the next page.
            with suppress(ServiceError):
                page = replace(page, total=await service.count(self.query))
        return page

    def _advance(self, page: SearchPage) -> None:
        """Go on to the next page, unless that would lead round in a circle or through empty pages for ever."""
        label = self.query.provider.label
        self._empty_pages = 0 if page.records else self._empty_pages + 1
        if page.cut_off or page.next_cursor in self._seen_cursors:
            self.note = f"{label} says there are more rows, but names no further page. Loading stopped here."
        elif page.next_cursor and self._empty_pages >= EMPTY_PAGES:
            self.note = (
                f"{label} says there are more rows, but {EMPTY_PAGES} pages in a row had none. Loading stopped here."
            )
        self.has_more = bool(page.next_cursor) and not self.note
        if page.next_cursor:
            self._seen_cursors.add(page.next_cursor)
        self._cursor = page.next_cursor

    def _bought(self, purchase: "asyncio.Task[PageLoaded]") -> None:
        self._purchases.discard(purchase)
        # Whoever asked may be gone: the error is told at the next call, and must not count as never looked at.
        if not purchase.cancelled() and (error := purchase.exception()):
            log.info("A paid search page ended with %s", type(error).__name__)


class SearchService:
    """Starts searches."""

    def __init__(self, directory: ProviderDirectory, library: LibraryRepository, ledger: LedgerRepository) -> None:
        self._directory = directory
        self._library = library
        self._ledger = ledger
        self._purchases: set[asyncio.Task[PageLoaded]] = set()

    async def aclose(self) -> None:
        """Give pages that are being bought some seconds to arrive; their rows are then in the library."""
        if self._purchases:
            _, late = await asyncio.wait(tuple(self._purchases), timeout=CLOSING_SECONDS)
            for purchase in late:
                log.warning("A paid search page was given up on closing: it may have been charged")
                purchase.cancel()
            if late:
                await asyncio.wait(late)

    def providers(self) -> tuple[Provider, ...]:
        """The providers that can be searched."""
        return self._directory.supporting(SupportsSearch)

    def filters(self, provider: Provider) -> tuple[FilterSpec, ...]:
        """A provider's documented filters."""
        return tuple(service_class(provider).filters)

    def page_size(self, provider: Provider) -> int:
        """The most rows that a page of a provider holds."""
        return int(service_class(provider).page_size)

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
        alone = next((specs[name] for name in cleaned if specs[name].stands_alone), None)
        if alone is not None and len(cleaned) > 1:
            raise InputError(f"“{alone.label}” cannot be combined with other filters.")
        required = {spec.name for spec in specs.values() if spec.required}
        if (required or service_class(provider).credits_per_row) and required.issuperset(cleaned):
            # Leadfeeder: what an empty search body does is not known (contract sheet 3.2); Tamtam: it costs credits.
            raise InputError("Fill in at least one filter.")
        return SearchQuery(provider, cleaned)

    def estimate(self, query: SearchQuery, up_to: int) -> Estimate:
        """What loading `up_to` rows can cost at most, in credits: whole pages where the page size is fixed."""
        kind: type[SupportsSearch] = service_class(query.provider)
        rows = up_to if kind.sizes_pages else math.ceil(up_to / kind.page_size) * kind.page_size
        return Estimate(low=0, maximum=rows * kind.credits_per_row)

    def cost_of_next_page(self, session: SearchSession, limit: int | None = None) -> int:
        """The most credits that the session's next page of `limit` rows can cost; 0 if free."""
        return session.cost_of_next_page(limit)

    def start(self, query: SearchQuery) -> SearchSession:
        """A session for a query; nothing is asked before its first page."""
        return SearchSession(query, self._directory, self._library, self._ledger, self._purchases)


def _rows_asked_for(kind: type[SupportsSearch], limit: int | None) -> int:
    return kind.page_size if limit is None or not kind.sizes_pages else min(limit, kind.page_size)


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
