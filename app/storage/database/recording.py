"""Changes of rows recorded, made again and taken back: SQLite's own sessions and changesets."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import apsw

from app.storage.database.connections import Connection, Row


@contextmanager
def recording(conn: Connection, tables: Iterable[str]) -> Iterator[Callable[[], bytes]]:
    """Record what changes in these tables while the context lasts, columns that keep their value left out.

    Yields:
        A function that gives what has changed so far, for `apply_recorded`; b"" for nothing. Where tables refer to each
        other, those that are referred to are named first.
    """
    assert isinstance(conn, apsw.Connection)
    session = apsw.Session(conn, "main")
    try:
        for table in tables:
            session.attach(table)
        yield partial(_taken_from, session)
    finally:
        session.close()


def apply_recorded(conn: Connection, changes: bytes, *, inverted: bool) -> int:
    """Make recorded changes again, or take them back.

    A row that was changed otherwise in the meantime is left as it is, and so is one that others still refer to.

    Returns:
        How many rows were left; those that are already as they would be are not counted.
    """
    assert isinstance(conn, apsw.Connection)
    deleting = "INSERT" if inverted else "DELETE"
    left = 0
    for part in _parts(changes, deleting):
        try:
            left += _apply_part(conn, part, inverted=inverted)
        except apsw.ConstraintError:
            # Something refers to a row that goes, or a row that is referred to is gone: the others are no worse for it.
            for single in _bundles(apsw.Changeset.iter(part), most=1):
                try:
                    left += _apply_part(conn, single, inverted=inverted)
                except apsw.ConstraintError:
                    left += 1
    return left


def recorded_keys(changes: bytes, table: str, operation: str) -> set[Row]:
    """The primary keys of the rows of a table that recorded changes insert ("INSERT") or delete ("DELETE")."""
    found = set()
    for change in apsw.Changeset.iter(changes):
        if change.name == table and change.op == operation:
            values = change.new if operation == "INSERT" else change.old
            assert values is not None
            found.add(tuple(values[place] for place in sorted(change.pk_columns)))
    return found


def _apply_part(conn: apsw.Connection, part: bytes, *, inverted: bool) -> int:
    left = 0

    def on_conflict(reason: int, _change: object) -> int:
        nonlocal left
        if reason == apsw.SQLITE_CHANGESET_FOREIGN_KEY:
            return apsw.SQLITE_CHANGESET_ABORT
        left += 1
        return apsw.SQLITE_CHANGESET_OMIT

    apsw.Changeset.apply(
        apsw.Changeset.invert(part) if inverted else part,
        conn,
        conflict=on_conflict,
        flags=apsw.SQLITE_CHANGESETAPPLY_IGNORENOOP,
    )
    return left


# The calls for changesets keep Python's lock until they are done: on fifty thousand rows at once the window would stand
# still. In parts, and in pieces handed to a Python function, others get their turn in between.
_PART = 200


def _taken_from(session: apsw.Session) -> bytes:
    taken = bytearray()

    def take(piece: memoryview) -> None:
        taken.extend(piece)

    session.changeset_stream(take)
    return bytes(taken)


def _parts(changes: bytes, deleting: str) -> Iterator[bytes]:
    """Changes in parts that can be applied one after the other.

    What deletes rows (`deleting`) comes last, the tables recorded last first: they refer to those before them.
    """
    yield from _bundles(change for change in apsw.Changeset.iter(changes) if change.op != deleting)
    tables = dict.fromkeys(change.name for change in apsw.Changeset.iter(changes) if change.op == deleting)
    for table in reversed(tables):
        yield from _bundles(
            change for change in apsw.Changeset.iter(changes) if change.op == deleting and change.name == table
        )


def _bundles(changes: Iterable[apsw.TableChange], most: int = _PART) -> Iterator[bytes]:
    builder, held = apsw.ChangesetBuilder(), 0  # type: ignore[no-untyped-call]
    for change in changes:
        # A change is gone with the next one: it is copied at once.
        builder.add_change(change)
        held += 1
        if held == most:
            yield builder.output()
            builder, held = apsw.ChangesetBuilder(), 0  # type: ignore[no-untyped-call]
    if held:
        yield builder.output()
