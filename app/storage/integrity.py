"""Whether the library file is sound, as SQLite sees it."""

from app.domain.errors import LibraryError
from app.storage.database import Connection, Database, rows

SOUND = "ok"
_COMPLAINTS = 5


async def check_integrity(database: Database) -> str:
    """Look through the whole file on the reading thread: a second per some hundred thousand contacts.

    Returns:
        `SOUND`, or what is wrong in SQLite's words, which name tables and pages and no data.
    """

    def check(conn: Connection) -> str:
        return "; ".join(str(row[0]) for row in rows(conn, f"PRAGMA quick_check({_COMPLAINTS})"))

    try:
        return await database.read(check)
    except LibraryError as error:
        return error.text
