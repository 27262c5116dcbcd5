"""Views of the library: which contacts, in which order, and how many of which kind.

Each question is one read on the thread for queries, over one unchanging view of the library. Contacts that fit are
noted in a temporary table, which is gone with the end of the read.
"""

import asyncio
import threading
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from app.domain.library_view import FacetCounts, ViewQuery
from app.storage import search_text
from app.storage.database import Connection, Database
from app.storage.view_facets import FacetCounter
from app.storage.view_order import OrderedView

T = TypeVar("T")


class LibraryViewRepository:
    """Queries over all contacts that are neither merged into another nor removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ids(self, query: ViewQuery) -> "array[int]":
        """All contacts of a view, in order.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._ask(lambda conn, check: OrderedView(conn, query, check).all_ids())

    async def first_ids(self, query: ViewQuery, limit: int) -> "array[int]":
        """The first contacts of a view, the same as the beginning of `ids`.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._ask(lambda conn, check: OrderedView(conn, query, check).first_ids(limit))

    async def facets(self, query: ViewQuery) -> tuple[FacetCounts, ...]:
        """Counts for each facet, its own choice left out.

        Raises:
            LibraryError: The library cannot be read.
        """
        return await self._ask(lambda conn, check: FacetCounter(conn, query, check).count())

    async def not_searchable(self) -> int:
        """How many contacts were changed and cannot be found by their new text yet."""
        return await self._database.read(search_text.waiting)

    async def _ask(self, question: Callable[[Connection, Callable[[], None]], T]) -> T:
        left = threading.Event()

        def check() -> None:
            # An interruption stops a statement that runs, but not one that is about to begin.
            if left.is_set():
                raise _LeftError

        def work(conn: Connection) -> T:
            with _temporary_tables(conn):
                return question(conn, check)

        try:
            return await self._database.search(work)
        except asyncio.CancelledError:
            left.set()
            raise


class _LeftError(Exception):
    """Nobody waits for the answer any more."""


@contextmanager
def _temporary_tables(conn: Connection) -> Iterator[None]:
    """Let a connection for reading make temporary tables; the library itself is not written."""
    conn.execute("PRAGMA query_only = OFF")
    try:
        yield
    finally:
        conn.execute("PRAGMA query_only = ON")
