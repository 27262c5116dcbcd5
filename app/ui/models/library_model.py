"""The model of the library's table: the order of all contacts as ids, and pages of ready rows as they come in sight."""

import asyncio
import math
import time
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal

from app.domain.library_view import Facet, SortField, ViewQuery
from app.qtbridge.tasks import TaskScope
from app.ui.models.contact_columns import COLUMNS
from app.ui.models.contact_model import SPECS, ContactModel, Entry, spans
from app.ui.models.row_cache import RowCache, neighbours

if TYPE_CHECKING:
    from app.services.library import LibraryService
    from app.services.library_views import LibraryViewService

FIRST_ROWS = 200
QUICK = 0.06
"""Where all contacts are known in so many seconds, showing the first ones before would only flicker."""
LEAST_PAUSE = 0.5
"""Seconds between two looks at what changed in the library."""
REST = 4
"""How much longer than a query it must rest until the next one that nobody asked for."""

_FIELDS = {column: SortField(spec.key) for column, spec in COLUMNS.items()}


class LibraryModel(ContactModel):
    """Contacts of the library, by a query that is answered off the event loop.

    After the rep's own change of the query the first rows are shown at once, and all of them when they are known.

    Signals:
        query_changed: The query is another one; what is shown follows.
        settled: What is shown is all that fits the query, and the count is exact.
    """

    query_changed = Signal()
    settled = Signal()

    def __init__(
        self,
        library: "LibraryService",
        views: "LibraryViewService",
        scope: TaskScope,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._views = views
        self._scope = scope
        self._query = ViewQuery()
        self._shown_query: ViewQuery | None = None
        self._news = self._shown_news = 0
        self._order: array[int] = array("q")
        # As sets too, made on another thread: what is selected is compared with them at every change.
        self._shown: frozenset[int] = frozenset()
        self._everything: frozenset[int] = frozenset()
        self._cache = RowCache()
        self._loaded = self._cache.entries
        self._sight = (0, 0)
        self._started = False
        self._everything_is_stale = True
        self._answered = False
        self.is_complete = False
        self._fetching = False
        self._fetch_soon = QTimer(self, singleShot=True, interval=0)
        self._fetch_soon.timeout.connect(self._fetch)
        self._look_soon = QTimer(self, singleShot=True)
        self._look_soon.timeout.connect(lambda: self._ask_anew(by_rep=False))
        self._rest = LEAST_PAUSE
        self._took = math.inf

    def start(self) -> None:
        """Begin to show contacts; what is set before is not asked for one by one."""
        self._started = True
        self._ask_anew(by_rep=True)

    def stop(self) -> None:
        """Ask for nothing any more."""
        self._started = False
        self._fetch_soon.stop()
        self._look_soon.stop()

    # The query

    @property
    def query(self) -> ViewQuery:
        """Which contacts, in which order."""
        return self._query

    def set_query(self, query: ViewQuery) -> None:
        """Show other contacts, or the same in another order."""
        if query != self._query:
            self._query = query
            self.query_changed.emit()
            self._ask_anew(by_rep=True)

    def set_filter(self, text: str) -> None:
        """Show the contacts that hold every word of `text`."""
        self.set_query(replace(self._query, text=" ".join(text.split())))

    def set_facets(self, facets: Mapping[Facet, frozenset[str]]) -> None:
        """Show the contacts that have one of the values of every facet named."""
        self.set_query(replace(self._query, facets={facet: values for facet, values in facets.items() if values}))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column, blanks always last; a column of -1 restores the order of entry, the newest first."""
        field = _FIELDS.get(column) if 0 <= column < len(SPECS) else None  # type: ignore[call-overload]
        descending = field is not None and order == Qt.SortOrder.DescendingOrder
        self.set_query(replace(self._query, sort=field, descending=descending))

    @property
    def is_filtered(self) -> bool:
        """Whether the query leaves contacts out."""
        return bool(self._query.text or self._query.facets)

    @property
    def is_answered(self) -> bool:
        """Whether anything has been shown yet: until then an empty table means nothing."""
        return self._answered

    @property
    def is_up_to_date(self) -> bool:
        """Whether what is shown is what the query asks for, with all that has changed since it was asked."""
        return self._shown_query == self._query and self._shown_news == self._news

    # What is shown

    @property
    def total(self) -> int:
        """How many contacts the library has."""
        return len(self._everything)

    def all_ids(self) -> Sequence[int]:
        """The contacts that fit the query; none while they are still being counted."""
        return self._order if self.is_complete else ()

    def position(self, contact_id: int) -> int | None:
        """The row of a contact, None where the query leaves it out."""
        try:
            return self._order.index(contact_id)
        except ValueError:
            return None

    def entry(self, contact_id: int) -> Entry | None:
        """A contact that is loaded."""
        return self._cache.get(contact_id)

    def holds(self, contact_ids: Collection[int]) -> set[int]:
        """Those of these contacts that the library has."""
        return set(contact_ids) & self._everything

    def count_hidden(self, contact_ids: AbstractSet[int]) -> int:
        """How many of these contacts the query leaves out."""
        return len(contact_ids - self._shown)

    def set_sight(self, first: int, last: int) -> None:
        """Rows from `first` to `last` are in sight; they are the first to follow a change."""
        self._sight = (first, last)

    # Changes

    def look_at(self, contact_ids: Iterable[int], *, at_once: bool = False) -> None:
        """These contacts changed, or any when none is named: rows in sight follow at once, the order soon."""
        if not self._started:
            return
        first, last = self._sight
        in_sight = set(self._order[first : last + 1])
        touched = list(contact_ids)
        mine = in_sight.intersection(touched) if touched else in_sight
        self._cache.forget(touched or None, but=in_sight)
        if mine := self._cache.known(mine):
            self._scope.start(self._read_again(list(mine)), "changed rows")
        self._everything_is_stale = True
        self._news += 1
        if at_once:
            self._look_soon.start(0)
        elif not self._look_soon.isActive():
            self._look_soon.start(int(self._rest * 1000))

    # Inside: the order

    def _ask_anew(self, *, by_rep: bool) -> None:
        if self._started:
            self._scope.replace("order", self._ask(by_rep=by_rep))

    async def _ask(self, *, by_rep: bool) -> None:
        query, news, started = self._query, self._news, time.perf_counter()
        if by_rep and not self.current_in_sight and self._took > QUICK:
            first = await self._views.first(query, FIRST_ROWS)
            self._show(array("q", first), by_rep=True, complete=False)
        asked = time.perf_counter()
        ids = await self._views.view(query)
        self._took = time.perf_counter() - asked
        found = await asyncio.to_thread(frozenset, ids)
        if self._everything_is_stale:
            self._everything_is_stale = False
            everything = await self._views.view(ViewQuery()) if self.is_filtered else ids
            self._everything = await asyncio.to_thread(frozenset, everything)
        self._shown_query, self._shown_news = query, news
        self._shown = found
        self._show(ids, by_rep=by_rep, complete=True)
        self._rest = max(LEAST_PAUSE, REST * (time.perf_counter() - started))
        self.settled.emit()

    def _show(self, ids: "array[int]", *, by_rep: bool, complete: bool) -> None:
        self._answered = True
        before = len(self._order)
        if ids == self._order:
            self.is_complete = complete
        elif not self.is_complete and before and ids[:before] == self._order:
            # The first rows are in place: the others come behind them, and nothing moves.
            self.beginInsertRows(QModelIndex(), before, len(ids) - 1)
            self._order = ids
            self.is_complete = complete
            self.endInsertRows()
        else:
            self._reset(ids, by_rep=by_rep, complete=complete)
        self.counts_changed.emit()

    def _reset(self, ids: "array[int]", *, by_rep: bool, complete: bool) -> None:
        self.reordered_by_rep = by_rep and not (complete and not self.is_complete)
        self.about_to_reorder.emit()
        self._cache.drop_wishes()
        self.beginResetModel()
        self._order = ids
        self.is_complete = complete
        self.endResetModel()
        self.reordered.emit()

    # Inside: the rows

    def _want(self, position: int) -> None:
        if self._cache.want(position):
            self._fetch_soon.start()

    def _fetch(self) -> None:
        if self._started and not self._fetching:
            self._fetching = True
            self._scope.start(self._fetch_pages(), "rows")

    async def _fetch_pages(self) -> None:
        try:
            ahead: list[int] = []
            while True:
                rows = self._cache.next_page()
                if rows is None and ahead:
                    self._cache.want(ahead.pop())
                    rows = self._cache.next_page()
                    wanted = False
                elif rows is not None:
                    wanted = True
                    ahead = list(neighbours(rows, len(self._order)))
                else:
                    return
                if rows is not None:
                    await self._fetch_page(rows, tell=wanted)
        finally:
            self._fetching = False

    async def _fetch_page(self, rows: range, *, tell: bool) -> None:
        page = self._order[rows.start : rows.stop]
        ids = [contact_id for contact_id in page if self._cache.get(contact_id) is None]
        if ids:
            await self._read(ids)
        # Also where nothing was left to read: a page fetched ahead may have been painted while it was on its way.
        # The order may be a longer one by now, with the same contacts in these rows.
        if tell and page and page == self._order[rows.start : rows.start + len(page)]:
            self._tell(rows.start, rows.start + len(page) - 1)

    async def _read(self, ids: list[int]) -> None:
        found = await self._library.rows(ids)
        self._cache.put((contact_id, Entry.of(row)) for contact_id, row in zip(ids, found, strict=True))

    async def _read_again(self, ids: list[int]) -> None:
        await self._read(ids)
        first, last = self._sight
        changed = set(ids)
        shown = self._order[first : last + 1]
        for start, end in spans([place for place, contact_id in enumerate(shown, first) if contact_id in changed]):
            self._tell(start, end)

    def _tell(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(SPECS) - 1))
