"""The order of a whole large library by each column: the first rows, and all ids.

The reference sorts the ids by the same keys without an index. Run as `python -m bench.library_sort [CONTACTS]`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from app.domain.library_view import SortField, ViewQuery
from app.storage.database import Connection, Database, scalar
from app.storage.library_view import LibraryViewRepository
from bench.large import Times, compare, contacts_asked_for, head, in_turns, library

ROUNDS = 7
BY = (
    SortField.NAME,
    SortField.COMPANY,
    SortField.EMAIL,
    SortField.LOCATION,
    SortField.FETCHED,
    SortField.STATUS,
    SortField.TAGS,
)


def _sort_all(conn: Connection) -> None:
    # The sum keeps SQLite from leaving the sorting out, without making anything of the rows.
    scalar(
        conn, "SELECT sum(place) FROM (SELECT row_number() OVER (ORDER BY name) AS place FROM contact_sort NOT INDEXED)"
    )


async def measure(path: Path) -> None:
    """Print the figures for one library."""
    database = await Database.open(path)
    views = LibraryViewRepository(database)
    head("The order of all", "sorting all by name without an index")
    unindexed, first, both = Times(), Times(), Times()
    per_column = {field: Times() for field in BY}
    pieces: list[tuple[Times, Callable[[], Awaitable[object]]]] = [
        (unindexed, partial(database.search, _sort_all)),
        *(
            (first, partial(views.first_ids, ViewQuery(sort=field), 200))
            for field in BY
            if field is not SortField.STATUS
        ),
        *((per_column[field], partial(views.ids, ViewQuery(sort=field))) for field in BY),
        (both, partial(views.ids, ViewQuery(sort=SortField.NAME, descending=True))),
    ]
    await in_turns(ROUNDS, pieces)
    compare("first 200 ids by a text or a date", first, unindexed, ratio=0.005, most=16)
    for field, times in per_column.items():
        compare(f"all ids by {field.value}", times, unindexed)
    compare("all ids by name, the other way round", both, unindexed)
    await database.close()


def main() -> None:
    """Print the figures."""
    contacts = contacts_asked_for(__doc__ or "")
    path = library(contacts)
    print(f"Order, {contacts:,} contacts")
    asyncio.run(measure(path))


if __name__ == "__main__":
    main()
