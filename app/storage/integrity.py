"""Whether the library file is sound, as SQLite sees it. Looking takes a thread and a connection of its own."""

import asyncio
from functools import partial
from pathlib import Path

from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage import migrations
from app.storage.database import (
    Database,
    FileConnection,
    UnreadableError,
    connect,
    is_empty,
    readable_rows,
    rows,
    told_plainly,
)
from app.storage.lane import Lane

SOUND = "ok"
_COMPLAINTS = 5


async def check_integrity(database: Database) -> str:
    """Look through the file of an open library; a second per some hundred thousand contacts.

    Returns:
        `SOUND`, or what is wrong in SQLite's words, which name tables and pages and no data.
    """
    try:
        return await look_through(database.path)
    except LibraryError as error:
        return error.text


async def look_through(path: Path, *, thoroughly: bool = False) -> str:
    """Look through a library's file beside whoever uses it; cancelling the task stops it at once.

    Args:
        path: The file; one that is not there is sound.
        thoroughly: Read every row too, not the structure alone.

    Returns:
        `SOUND`, or what is wrong in SQLite's words, which name tables and pages and no data.

    Raises:
        LibraryError: It cannot be looked at, which does not say that it is damaged.
    """
    lane = Lane[FileConnection]("library-check")
    try:
        if not await asyncio.to_thread(path.exists):
            return SOUND
        await asyncio.wrap_future(lane.start(partial(connect, path)))
        return await asyncio.wrap_future(lane.submit(partial(_complaints, thoroughly=thoroughly)))
    except DamagedLibraryError as error:
        return error.text
    finally:
        lane.interrupt()
        lane.finish()


def _complaints(conn: FileConnection, *, thoroughly: bool) -> str:
    with told_plainly():
        if migrations.check(conn) == 0:
            return SOUND if is_empty(conn) else DamagedLibraryError().text
        found = "; ".join(str(row[0]) for row in rows(conn, f"PRAGMA quick_check({_COMPLAINTS})"))
        if found == SOUND and thoroughly:
            found = "; ".join(unreadable_tables(conn)) or SOUND
    return found


def unreadable_tables(conn: FileConnection) -> list[str]:
    """Read every row of every table, and name the tables that have one that cannot be read."""
    names = [name for (name,) in rows(conn, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    found = []
    for name in names:
        try:
            for _row in readable_rows(conn, f'SELECT * FROM "{name}"'):  # noqa: S608 - a table's name
                pass
        except UnreadableError:
            found.append(f"{name} cannot be read")
    return found
