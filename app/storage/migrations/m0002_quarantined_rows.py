"""Rows of answers that could not be read: what was paid for can be read again by a later version."""

from collections.abc import Iterator
from typing import Any, Protocol


class _Connection(Protocol):
    def execute(self, sql: str, /) -> Iterator[tuple[Any, ...]]: ...


def apply(conn: _Connection) -> None:
    """Add the table."""
    conn.execute(_QUARANTINE)


_QUARANTINE = """
CREATE TABLE quarantined_row (
    row_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    provider TEXT NOT NULL,
    request_id TEXT NOT NULL,
    run_id INTEGER REFERENCES run (run_id),
    reason TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;
"""
