"""Filter as you type over a large library: first rows, all ids with the exact count, and both in name order.

The reference is what one writes first: `LIKE '%word%'` over the shown columns, the first 200 rows and the count; in
name order, with `ORDER BY`. Ours searches more: all e-mails and phones, tags and notes, in any script, without case
and accents. Run as `python -m bench.library_filter [CONTACTS]`.
"""

import asyncio
from functools import partial
from pathlib import Path

from app.domain.library_view import SortField, ViewQuery
from app.storage.database import Connection, Database, rows
from app.storage.library_view import LibraryViewRepository
from bench.large import Times, compare, contacts_asked_for, head, in_turns, library

# Beginnings of common, medium, rare and absent words, as they are typed.
WORDS = (
    "mar", "mari", "sal", "sales", "hea", "head", "ber", "berlin", "exa", "example", "quill", "quillmark", "gmbh",
    "müll", "zoë", "елк", "ключ", "김", "lantern", "xyz", "qqqq", "head sales", "anna berlin", "+49 30",
    "30231", "hot lead", "vertrieb gmbh", "swiet",
)  # fmt: skip
SHORT_WORDS = ("a", "e", "mü", "qx", "9", "é", "田中", "sø")
ROUNDS = 3
_COLUMNS = (
    "display_name", "first_name", "last_name", "job_title", "company_name", "company_domain", "email", "phone",
    "location",
)  # fmt: skip
_LIKE = " OR ".join(f"{column} LIKE ?1" for column in _COLUMNS)


def _like(conn: Connection, word: str, order: str) -> None:
    pattern = f"%{word}%"
    rows(conn, f"SELECT contact_id FROM contact WHERE {_LIKE} {order} LIMIT 200", (pattern,))
    rows(conn, f"SELECT count(*) FROM contact WHERE {_LIKE}", (pattern,))


async def measure(path: Path) -> None:
    """Print the figures for one library."""
    database = await Database.open(path)
    views = LibraryViewRepository(database)
    for title, words, ratio in (
        ("Words of three letters and more", WORDS, 0.03),
        ("One and two letters", SHORT_WORDS, None),
    ):
        head(title, "LIKE over the shown columns")
        times = {name: Times() for name in ("first", "all", "like", "first by name", "all by name", "like by name")}
        for word in words:
            entry, name = ViewQuery(word), ViewQuery(word, sort=SortField.NAME)
            order = "ORDER BY display_name"
            await in_turns(
                ROUNDS,
                [
                    (times["first"], partial(views.first_ids, entry, 200)),
                    (times["all"], partial(views.ids, entry)),
                    (times["like"], partial(database.search, partial(_like, word=word, order=""))),
                    (times["first by name"], partial(views.first_ids, name, 200)),
                    (times["all by name"], partial(views.ids, name)),
                    (times["like by name"], partial(database.search, partial(_like, word=word, order=order))),
                ],
            )
        most = 16 if ratio else None
        compare("first 200 ids", times["first"], times["like"], ratio=ratio, most=most)
        compare("all ids, and so the exact count", times["all"], times["like"], most=50 if ratio else None)
        compare(
            "first 200 ids in name order",
            times["first by name"],
            times["like by name"],
            ratio=0.15 if ratio else None,
            most=most,
        )
        compare("all ids in name order", times["all by name"], times["like by name"])
    await database.close()


def main() -> None:
    """Print the figures."""
    contacts = contacts_asked_for(__doc__ or "")
    path = library(contacts)
    print(f"Filter as you type, {contacts:,} contacts")
    asyncio.run(measure(path))


if __name__ == "__main__":
    main()
