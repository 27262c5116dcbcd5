"""Counts by all nine facets at once, without a filter, with one, and with choices.

The reference counts the same nine by plain `GROUP BY` over the tables, each scanned anew. Run as
`python -m bench.library_facets [CONTACTS]`.
"""

import asyncio
from functools import partial
from pathlib import Path

from app.domain.library_view import Facet, ViewQuery
from app.storage.database import Connection, Database, rows
from app.storage.library_view import LibraryViewRepository
from bench.large import Times, compare, contacts_asked_for, head, in_turns, library

ROUNDS = 7
QUERIES = {
    "the whole library": ViewQuery(),
    "a common word": ViewQuery("example"),
    "a rare word": ViewQuery("swiet"),
    "one letter": ViewQuery("a"),
    "one service": ViewQuery(facets={Facet.PROVIDER: frozenset({"tamtam"})}),
    "two countries, with email, in no list": ViewQuery(
        facets={
            Facet.COUNTRY: frozenset({"DE", "FR"}),
            Facet.HAS_EMAIL: frozenset({"yes"}),
            Facet.LIST: frozenset({""}),
        }
    ),
    "a word and a tag": ViewQuery("sales", {Facet.TAG: frozenset({"Hot lead"})}),
}
_SHOWN = "merged_into IS NULL AND removed_at IS NULL"
_PLAIN = (
    *(
        f"SELECT {column}, count(*) FROM contact NOT INDEXED WHERE {_SHOWN} GROUP BY 1"
        for column in (
            "providers", "email <> ''", "phone <> ''", "email_outcome || phone_outcome", "status", "company_name",
            "country",
        )
    ),
    f"SELECT list_id, count(*) FROM contact_list_member JOIN contact USING (contact_id) WHERE {_SHOWN} GROUP BY 1",
    f"SELECT tag, count(*) FROM contact_tag JOIN contact USING (contact_id) WHERE {_SHOWN} GROUP BY 1",
)  # fmt: skip


def _count_plainly(conn: Connection) -> None:
    for sql in _PLAIN:
        rows(conn, sql)


async def measure(path: Path) -> None:
    """Print the figures for one library."""
    database = await Database.open(path)
    views = LibraryViewRepository(database)
    head("All facets", "nine plain GROUP BY over the whole library")
    plain = Times()
    times = {name: Times() for name in QUERIES}
    pieces = [(times[name], partial(views.facets, query)) for name, query in QUERIES.items()]
    await in_turns(ROUNDS, [(plain, partial(database.search, _count_plainly)), *pieces])
    for name, measured in times.items():
        compare(name, measured, plain, most=200)
    await database.close()


def main() -> None:
    """Print the figures."""
    contacts = contacts_asked_for(__doc__ or "")
    path = library(contacts)
    print(f"Facets, {contacts:,} contacts")
    asyncio.run(measure(path))


if __name__ == "__main__":
    main()
