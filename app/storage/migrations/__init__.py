"""Numbered migrations, each run once, in one transaction together with its own record.

A migration never imports current domain or repository code: it must do tomorrow what it does today. To add one,
write `m0002_….py` with an `apply(conn)` and append it to `_MIGRATIONS`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from app.domain.errors import DamagedLibraryError, LibraryError, OlderLibraryError
from app.storage.migrations import (
    m0001_first,
    m0002_quarantined_rows,
    m0003_fetch_money,
    m0004_enrichment_money,
    m0005_library_work,
    m0006_library_views,
)

_Value = None | int | float | str | bytes


class _Connection(Protocol):
    def execute(
        self, sql: str, values: Sequence[_Value] | Mapping[str, _Value] = ..., /
    ) -> Iterator[tuple[Any, ...]]: ...

    def executemany(
        self, sql: str, many: Iterable[Sequence[_Value] | Mapping[str, _Value]], /
    ) -> Iterator[tuple[Any, ...]]: ...


_MIGRATIONS: tuple[Callable[[_Connection], object], ...] = (
    m0001_first.apply,
    m0002_quarantined_rows.apply,
    m0003_fetch_money.apply,
    m0004_enrichment_money.apply,
    m0005_library_work.apply,
    m0006_library_views.apply,
)
LATEST = len(_MIGRATIONS)


def check(conn: _Connection) -> int:
    """The version of the open file, 0 when it is empty.

    Raises:
        LibraryError: The file is another program's, was written by a newer version of this one, or is damaged.
    """
    tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not tables:
        return 0
    if "schema_migration" not in tables:
        raise LibraryError(
            "This file is not a Contact Scout library.", next_step="Choose another profile, or move the file away."
        )
    numbers = {int(number) for (number,) in conn.execute("SELECT number FROM schema_migration")}
    version = max(numbers, default=0)
    if not numbers.issuperset(range(1, min(version, LATEST) + 1)):
        raise DamagedLibraryError
    if version > LATEST:
        raise LibraryError(
            "The library was written by a newer Contact Scout.",
            next_step="Install the newest version, then start again.",
        )
    return version


def require_latest(conn: _Connection) -> None:
    """Raise OlderLibraryError unless the file is of this very version, for those who may not migrate it."""
    if check(conn) < LATEST:
        raise OlderLibraryError


def migrate(conn: _Connection, back_up: Callable[[int], None], *, upto: int | None = None) -> None:
    """Bring the file to `LATEST`, or to `upto`. `back_up(version)` is called first when it already holds data."""
    version = check(conn)
    if 0 < version < LATEST:
        back_up(version)
    for number, apply in enumerate(_MIGRATIONS[version:upto], start=version + 1):
        conn.execute("BEGIN IMMEDIATE")
        try:
            if number == 1:
                conn.execute(
                    "CREATE TABLE schema_migration"
                    " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
                )
            apply(conn)
            conn.execute(
                "INSERT INTO schema_migration VALUES (?, ?, ?)",
                (number, apply.__module__.rpartition(".")[2], datetime.now(UTC).isoformat()),
            )
            conn.execute("COMMIT")
        except BaseException:
            conn.execute("ROLLBACK")
            raise
