"""What it costs to keep every contact searchable, sorted and counted while it is written.

Live: pages of 25 search results, a commit each, into a large library, next to the same rows by a plain `executemany`
into one table with five indexes, committed as often; and next to the same pages with text and keys left for later.
Bulk: contacts in transactions of 500, next to a plain insert in one.

Run as `python -m bench.library_ingest [CONTACTS]`.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import apsw

from app.storage import search_text
from app.storage.database import Connection, Database, rows
from app.storage.library import LibraryRepository
from bench.large import contacts_asked_for, library
from bench.measure import ratio_of
from bench.page_write import INSERT, PAGE, PAGES, _record, _shown

BULK = 2_000
BULK_AT_ONCE = 500
BULK_ROUNDS = 3
LIVE_TARGET = 5.0
BULK_TARGET = 7.0
# Numbers that no contact of the large library has.
FIRST = 50_000_000


class _Desk:
    """A copy of a large library, and a plain table beside it."""

    def __init__(self, database: Database, plain: apsw.Connection) -> None:
        self._library = LibraryRepository(database)
        self._database = database
        self._plain = plain
        self._numbers = itertools.count(FIRST)

    async def pages(self, size: int, number: int) -> None:
        """Write pages of new contacts to the library."""
        for _ in range(number):
            await self._library.save([_record(next(self._numbers)) for _ in range(size)])

    async def plain_pages(self, size: int, number: int) -> None:
        """Write as many rows to the plain table."""
        for _ in range(number):
            with self._plain:
                self._plain.executemany(INSERT, [_shown(_record(next(self._numbers))) for _ in range(size)])

    async def pages_without_search(self) -> None:
        """Write pages whose text and keys are left for later; the note of it is thrown away."""
        refresh, search_text.refresh = search_text.refresh, _forget
        try:
            await self.pages(PAGE, PAGES)
        finally:
            search_text.refresh = refresh


def _forget(conn: Connection, contact_ids: Iterable[int]) -> None:  # noqa: ARG001 - stands in for `refresh`
    """Leave contacts unsearchable, however many."""
    rows(conn, "DELETE FROM contact_stale")


async def _measure(folder: Path, large: Path) -> None:
    copy = Path(shutil.copy(large, folder / "library.sqlite3"))
    async with AsyncExitStack() as stack:
        database = await Database.open(copy)
        stack.push_async_callback(database.close)
        plain = apsw.Connection(str(folder / "plain.sqlite3"))
        stack.callback(plain.close)
        plain.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        plain.execute("CREATE TABLE shown (a, b, c, d, e, f, g, h, i, j, k, l, m)")
        for column in "abdgh":
            plain.execute(f"CREATE INDEX shown_{column} ON shown ({column})")
        desk = _Desk(database, plain)

        async def live() -> None:
            await desk.pages(PAGE, PAGES)

        async def plainly() -> None:
            await desk.plain_pages(PAGE, PAGES)

        async def bulk() -> None:
            await desk.pages(BULK_AT_ONCE, BULK // BULK_AT_ONCE)

        async def plain_bulk() -> None:
            await desk.plain_pages(BULK, 1)

        print(await ratio_of("live pages, against plain ones with five indexes", live, plainly, target=LIVE_TARGET))
        print(await ratio_of("live pages, against the same left unsearchable", live, desk.pages_without_search))
        print(
            await ratio_of(
                "bulk, against one plain insert with five indexes",
                bulk,
                plain_bulk,
                target=BULK_TARGET,
                rounds=BULK_ROUNDS,
            )
        )


def main() -> None:
    """Print the ratios."""
    contacts = contacts_asked_for(__doc__ or "")
    large = library(contacts)
    print(f"Written to a library of {contacts:,} contacts: {PAGES} pages of {PAGE}, and {BULK:,} in bulk")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder), large))


if __name__ == "__main__":
    main()
