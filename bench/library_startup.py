"""Opening a large library up to its first rows, its count and its facets, next to opening one with ten contacts.

Run as `python -m bench.library_startup [CONTACTS]`.
"""

import asyncio
from functools import partial
from pathlib import Path

from app.domain.library_view import ViewQuery
from app.storage.database import Database
from app.storage.library import LibraryRepository
from app.storage.library_view import LibraryViewRepository
from bench.large import Times, compare, contacts_asked_for, head, in_turns, library

ROUNDS = 9
SMALL = 10


async def _open(path: Path, what: str) -> None:
    database = await Database.open(path)
    views = LibraryViewRepository(database)
    first = await views.first_ids(ViewQuery(), 50)
    await LibraryRepository(database).rows(list(first))
    if what != "rows":
        await views.ids(ViewQuery())
    if what == "facets":
        await views.facets(ViewQuery())
    await database.close()


async def measure(large: Path, small: Path) -> None:
    """Print the figures for one library."""
    head("From closed to", f"the first rows of a library of {SMALL} contacts")
    reference = Times()
    times = {what: Times() for what in ("rows", "count", "facets")}
    pieces = [(times[what], partial(_open, large, what)) for what in times]
    await in_turns(ROUNDS, [(reference, partial(_open, small, "rows")), *pieces])
    compare("the first 50 rows", times["rows"], reference, ratio=1.8)
    compare("and all ids with their count", times["count"], reference)
    compare("and all facets", times["facets"], reference)


def main() -> None:
    """Print the figures."""
    contacts = contacts_asked_for(__doc__ or "")
    large, small = library(contacts), library(SMALL)
    print(f"Opening a library of {contacts:,} contacts")
    asyncio.run(measure(large, small))


if __name__ == "__main__":
    main()
