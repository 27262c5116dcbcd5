"""Salvage: a new, sound library from what can still be read of a damaged one, which stays as it is."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import LibraryError
from app.storage import migrations
from app.storage.backups import flush, require_sound
from app.storage.database import FileConnection, Row, connect, insert, rows, scalar, told_plainly
from app.storage.salvage_opening import DamagedFile, open_damaged
from app.storage.salvage_reading import TableReading, read_table
from app.storage.salvage_repair import repair

log = logging.getLogger(__name__)

#: Hears of each table before it is read; whatever it raises calls the salvage off.
Progress = Callable[[str], object]

# Worked out again from the other tables, so that nobody misses a row of it.
_DERIVED = frozenset(
    {"contact_search", "contact_sort", "contact_stale", "match_waiting", "match_candidate", "match_run"}
)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What a salvage brought.

    Attributes:
        contacts: How many contacts the new library holds.
        saved: Table → its rows in the new library.
        lost: Table → rows known to be lost; tables that lost none are left out.
        uncertain: Tables with damage of which nobody can say how many rows they had.
    """

    contacts: int
    saved: dict[str, int]
    lost: dict[str, int]
    uncertain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: list[str]
    has_numbers: bool


def salvage(damaged: Path, fresh: Path, *, progress: Progress = lambda _table: None) -> Salvaged:
    """Write what can be read of `damaged` to a new library `fresh`, flushed to the disk; takes a minute for 1 GB.

    Raises:
        DamagedLibraryError: Nothing can be read.
        LibraryError: It was written by a newer program, or the new file cannot be written.
    """
    source = open_damaged(damaged, fresh.with_name(f".{fresh.name}.copy"))
    try:
        target = connect(fresh, writable=True)
        try:
            with told_plainly():
                # Each by itself: what follows a statement that answers waits until its rows are read.
                target.execute("PRAGMA journal_mode = MEMORY")
                target.execute("PRAGMA synchronous = OFF")
                salvaged = _fill(target, source, progress)
        finally:
            target.close()
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    finally:
        source.close()
    flush(fresh)
    return salvaged


def _fill(target: FileConnection, source: DamagedFile, progress: Progress) -> Salvaged:
    version = source.version()
    if version is not None and version > migrations.LATEST:
        raise LibraryError("The library was written by a newer Contact Scout.", next_step="Install the newest version.")
    migrations.migrate(target, lambda _: None, upto=version)
    lost: dict[str, int] = {}
    uncertain: list[str] = []
    read_from = {table.name: table for table in _tables(target)}
    target.execute("BEGIN")
    highest = source.sequences()
    for table in read_from.values():
        progress(table.name)
        refused, reading = _copy_table(target, source, table, highest.get(table.name, 0))
        if reading is None:
            uncertain.append(table.name)
            continue
        if reading.damaged and table.name in _DERIVED:
            rows(target, f'DELETE FROM "{table.name}"')  # noqa: S608 - a table of ours
        saved = int(scalar(target, f'SELECT count(*) FROM "{table.name}"'))  # noqa: S608 - a table of ours
        missing = max(0, (reading.expected or 0) - saved, 0 if reading.damaged else refused)
        if missing:
            lost[table.name] = missing
        if reading.damaged and (reading.expected is None or reading.given_up):
            uncertain.append(table.name)
    _keep_numbers(target, highest)
    target.execute("COMMIT")
    migrations.migrate(target, lambda _: None)
    progress("")
    target.execute("BEGIN")
    dropped = repair(target)
    for name, number in dropped.items():
        lost[name] = lost.get(name, 0) + number
    target.execute("COMMIT")
    _, contacts = require_sound(target)
    counted = {
        table.name: int(scalar(target, f'SELECT count(*) FROM "{table.name}"'))  # noqa: S608
        for table in _tables(target)
    }
    log.info("Salvaged %s; lost %s; uncertain %s", counted, lost, uncertain)
    return Salvaged(
        contacts,
        {name: number for name, number in counted.items() if name not in _DERIVED},
        {name: number for name, number in lost.items() if name not in _DERIVED and number},
        tuple(name for name in uncertain if name not in _DERIVED),
    )


def _tables(conn: FileConnection) -> list[_Table]:
    """The tables that hold data."""
    names = rows(
        conn,
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'schema_migration' ORDER BY name",
    )
    described = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
    return [
        _Table(name, [column for (column,) in rows(conn, described, (name,))], not without_numbers)
        for name, without_numbers in names
    ]


def _copy_table(
    target: FileConnection, source: DamagedFile, table: _Table, highest: int
) -> tuple[int, TableReading | None]:
    known = source.tables.get(table.name)
    if known is None:
        return 0, None
    columns = [column for column in table.columns if column in known]
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(columns))})'  # noqa: S608
    refused = 0

    def take(row: Row) -> None:
        nonlocal refused
        if not insert(target, sql, row):
            refused += 1

    reading = read_table(source, table.name, columns, take, has_numbers=table.has_numbers, highest=highest)
    return refused, reading


def _keep_numbers(target: FileConnection, highest: dict[str, int]) -> None:
    """A number that was given once is not given again: the journal and the services know it."""
    for name, number in highest.items():
        rows(target, "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, name))
        present = rows(target, "SELECT 1 FROM sqlite_sequence WHERE name = ?", (name,))
        if not present and rows(target, "SELECT 1 FROM sqlite_schema WHERE name = ? AND type = 'table'", (name,)):
            rows(target, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))
