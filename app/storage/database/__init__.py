"""The library file: one SQLite database, WAL, synchronous=FULL, foreign keys. The only package that imports apsw.

Three threads, each with one connection: all writes wait their turn on one, short reads go on beside them, and queries
that may take long, and may be called off, have a third. Callers hand in plain functions and await their result; the
event loop never touches the file.

What a caller may rely on:

* A write is one transaction. It is committed whole or not at all, and no cancellation changes that: when the
  awaiting task is cancelled the write still completes, and its change records are still published.
* Change records go out on the loop's thread, after the commit, before the awaiting task goes on.
* Failures that a person can do something about are `LibraryError`; anything else is our bug and passes through.
"""

from app.storage.database.connections import (
    Connection,
    FileConnection,
    Row,
    SqlValue,
    UnreadableError,
    Values,
    connect,
    copy_pages,
    insert,
    is_empty,
    one,
    readable_rows,
    rows,
    scalar,
)
from app.storage.database.failures import told_plainly
from app.storage.database.library_file import Database
from app.storage.database.recording import apply_recorded, recorded_keys, recording

__all__ = [
    "Connection",
    "Database",
    "FileConnection",
    "Row",
    "SqlValue",
    "UnreadableError",
    "Values",
    "apply_recorded",
    "connect",
    "copy_pages",
    "insert",
    "is_empty",
    "one",
    "readable_rows",
    "recorded_keys",
    "recording",
    "rows",
    "scalar",
    "told_plainly",
]
