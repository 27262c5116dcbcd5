"""Steps of the rep's own work, each kept with what it changed, so that it can be taken back and done again.

A step holds the rows that the rep's decision changed, and nothing that follows from them: shown values, text to search
and the history are worked out, or written, after the recording ends. So undoing leaves alone what providers said since,
what was paid for, and the history itself.

Steps form one line. The newest that stands is undone first; a new step drops those that were undone. The newest
`STEPS_KEPT` are kept, and no more than `BYTES_KEPT` of them.
"""

import zlib
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from itertools import accumulate, pairwise
from typing import NamedTuple

from app.domain.errors import InputError
from app.domain.undo import UndoReport, UndoStep
from app.storage import merging, moved_home, refreshing
from app.storage.columns import json_list, moment, stamp
from app.storage.contact_events import note_event
from app.storage.database import Connection, Row, apply_recorded, one, recorded_keys, recording, rows, scalar
from app.storage.identity_keys import Key, contradiction, held

STEPS_KEPT = 500
BYTES_KEPT = 100_000_000

#: What a step may change: the rep's own tables, and where records, keys and items stand. Events are not among them.
TABLES = (
    "contact",
    "contact_mark",
    "contact_tag",
    "contact_list",
    "contact_list_member",
    "field_choice",
    "kept_apart",
    "suppression",
    "source_record",
    "identity_key",
    "enrichment_item",
)

_STEP = "SELECT step_id, at, name, contacts, undone, derived, touched, changes FROM undo_step"


class Derived(IntEnum):
    """What follows from a step and is worked out after it: each includes those before."""

    NOTHING = 0
    MARKS = 1
    VALUES = 2
    RECORDS = 3


class Recorded(NamedTuple):
    """A step that was just done, and the contacts that views should show anew."""

    step: UndoStep
    contact_ids: tuple[int, ...]


class Applied(NamedTuple):
    """What undoing or redoing did, and the contacts that views should show anew."""

    report: UndoReport
    contact_ids: tuple[int, ...]


def record(
    conn: Connection,
    name: str | Callable[[int], str],
    work: Callable[[Connection], Iterable[int]],
    *,
    at: datetime,
    derived: Derived = Derived.NOTHING,
    event: str = "",
    tables: Sequence[str] = TABLES,
) -> Recorded | None:
    """Do `work` as one named step inside the caller's transaction.

    Args:
        conn: The library, in a transaction.
        name: The step in words such as “Merge 2 contacts”, or what makes them from the number of contacts.
        work: Makes the changes and returns the contacts they touch. It must not write what is derived (see `Derived`)
            nor make contacts: a step that took them back would have to delete rows that others refer to by then.
        at: When.
        derived: What is to be worked out again for these contacts, after this step and whenever it is undone.
        event: A line for the history of each contact, "" for none.
        tables: What the work changes.

    Returns:
        The step, or None when nothing changed.
    """
    with recording(conn, tables) as changes:
        touched = sorted(set(work(conn)))
        changed = changes()
    if not changed:
        return None
    words = name if isinstance(name, str) else name(len(touched))
    conn.execute("DELETE FROM undo_step WHERE undone")
    step_id = scalar(
        conn,
        "INSERT INTO undo_step (at, name, contacts, derived, touched, changes) VALUES (?, ?, ?, ?, ?, ?)"
        " RETURNING step_id",
        (stamp(at), words, len(touched), derived, _pack_ids(touched), zlib.compress(changed, 1)),
    )
    _prune(conn)
    shown = _derive(conn, touched, derived)
    if event:
        note_event(conn, shown, event, at=at)
    return Recorded(UndoStep(step_id, at, words, len(touched)), tuple(dict.fromkeys((*touched, *shown))))


def reopen(conn: Connection, step_id: int, contact_ids: Sequence[int]) -> bool:
    """Take the newest step back for good, so that the one recorded next stands for both: typing goes on.

    What follows from it is not worked out: the caller records a step on the same contacts next.

    Returns:
        Whether that was done; not where the step is not the newest, was undone, or is about others.
    """
    found = one(conn, f"{_STEP} ORDER BY step_id DESC LIMIT 1")
    if found is None or found[0] != step_id or found[4] or _unpack_ids(found[6]) != sorted(contact_ids):
        return False
    apply_recorded(conn, zlib.decompress(found[7]), inverted=True)
    conn.execute("DELETE FROM undo_step WHERE step_id = ?", (step_id,))
    return True


def steps(conn: Connection) -> list[UndoStep]:
    """All steps, the newest first; those that were undone come first of all."""
    return [
        UndoStep(step_id, moment(at), name, contacts, bool(undone))
        for step_id, at, name, contacts, undone in rows(
            conn, "SELECT step_id, at, name, contacts, undone FROM undo_step ORDER BY step_id DESC"
        )
    ]


def undo(conn: Connection, at: datetime) -> Applied | None:
    """Take back the newest step that stands; None when there is none."""
    found = one(conn, f"{_STEP} WHERE NOT undone ORDER BY step_id DESC LIMIT 1")
    return None if found is None else _apply(conn, found, at, undo=True)


def redo(conn: Connection, at: datetime) -> Applied | None:
    """Do again the step that was undone last; None when there is none.

    Raises:
        InputError: It would merge contacts that must not be merged by now.
    """
    found = one(conn, f"{_STEP} WHERE undone ORDER BY step_id LIMIT 1")
    return None if found is None else _apply(conn, found, at, undo=False)


def go_to(conn: Connection, step_id: int, at: datetime) -> Applied | None:
    """Undo everything down to a step and the step itself; or, where it was undone, redo everything up to it.

    Returns:
        The report of that step, with all rows that were left on the way; None when there is no such step.

    Raises:
        InputError: A step on the way would merge contacts that must not be merged by now.
    """
    found = one(conn, "SELECT undone FROM undo_step WHERE step_id = ?", (step_id,))
    if found is None:
        return None
    left, contact_ids = 0, dict[int, None]()
    while True:
        done = redo(conn, at) if found[0] else undo(conn, at)
        assert done is not None, "the step itself is still to come"
        left += done.report.left
        contact_ids |= dict.fromkeys(done.contact_ids)
        if done.report.step.step_id == step_id:
            return Applied(UndoReport(done.report.step, left), tuple(contact_ids))


def _apply(conn: Connection, row: Row, at: datetime, *, undo: bool) -> Applied:
    step_id, done_at, name, contacts, _, derived, packed, changes = row
    touched = _unpack_ids(packed)
    before = _merged_into(conn, touched)
    keys = {} if undo or derived < Derived.RECORDS else {one_id: held(conn, one_id) for one_id in touched}
    recorded = zlib.decompress(changes)
    _empty_lists(conn, recorded, "INSERT" if undo else "DELETE")
    left = apply_recorded(conn, recorded, inverted=undo)
    after = _merged_into(conn, touched)
    if derived == Derived.RECORDS:
        _check_merges(name, keys, before, after)
        moved_home.keep_merged(conn, {one_id: into for one_id, into in before.items() if into and not after[one_id]})
        for one_id, into in before.items():
            if into and not after[one_id]:
                moved_home.bring(conn, into, one_id)
    else:
        # A provider's record has merged them since: what the rep had on them stands on another contact.
        left = max(left, sum(into is not None for into in before.values()))
    conn.execute("UPDATE undo_step SET undone = ? WHERE step_id = ?", (undo, step_id))
    others = [into for into in (*before.values(), *after.values()) if into]
    shown = _derive(conn, [*touched, *others] if derived == Derived.RECORDS else touched, Derived(derived))
    partly = ", but for what has changed since" if left else ""
    note_event(conn, shown, f"{'Undone' if undo else 'Done again'}{partly}: {name}.", at=at)
    step = UndoStep(step_id, moment(done_at), name, contacts, undone=undo)
    return Applied(UndoReport(step, left), tuple(dict.fromkeys((*touched, *shown))))


def _empty_lists(conn: Connection, changes: bytes, deleting: str) -> None:
    """Take off lists that are about to go whom only a merge in the meantime has put on them, in place of another."""
    going = {list_id for (list_id,) in recorded_keys(changes, "contact_list", deleting)}
    if not going:
        return
    known = recorded_keys(changes, "contact_list_member", deleting)
    members = rows(
        conn,
        "SELECT list_id, contact_id FROM contact_list_member WHERE list_id IN (SELECT value FROM json_each(?))",
        (json_list(going),),
    )
    conn.executemany(
        "DELETE FROM contact_list_member WHERE list_id = ? AND contact_id = ?",
        [member for member in members if member not in known],
    )


def _check_merges(
    name: str, keys: dict[int, list[Key]], before: dict[int, int | None], after: dict[int, int | None]
) -> None:
    for merged, into in after.items():
        if into and not before[merged] and into in keys and (reason := contradiction(keys[into], keys[merged])):
            raise InputError(f"“{name}” cannot be done again: {reason}")


def _derive(conn: Connection, touched: Collection[int], derived: Derived) -> list[int]:
    """Work out what follows from a step; returns the live contacts."""
    merged = {one_id: into for one_id, into in _merged_into(conn, touched).items() if into}
    settled = merging.settle(conn, {*merged, *merged.values()}) if merged else set()
    live = sorted({*touched, *settled} - merged.keys())
    if derived is Derived.RECORDS:
        refreshing.show_moved(conn, live)
    elif derived is Derived.VALUES:
        refreshing.show(conn, live)
    elif derived is Derived.MARKS:
        refreshing.show_marks(conn, live)
    return live


def _merged_into(conn: Connection, contact_ids: Collection[int]) -> dict[int, int | None]:
    return dict(
        rows(
            conn,
            "SELECT contact_id, merged_into FROM contact WHERE contact_id IN (SELECT value FROM json_each(?))",
            (json_list(contact_ids),),
        )
    )


def _prune(conn: Connection) -> None:
    # The newest step stays, however large it is.
    conn.execute(
        "DELETE FROM undo_step WHERE step_id IN (SELECT step_id FROM (SELECT step_id,"
        " row_number() OVER newest AS place, sum(length(changes) + length(touched)) OVER newest AS size FROM undo_step"
        " WINDOW newest AS (ORDER BY step_id DESC)) WHERE place > 1 AND (place > ? OR size > ?))",
        (STEPS_KEPT, BYTES_KEPT),
    )


def _pack_ids(ascending: Sequence[int]) -> bytes:
    """Ids as their distances, which compress well: bulk work touches neighbours."""
    return zlib.compress(array("q", (b - a for a, b in pairwise((0, *ascending)))).tobytes(), 1)


def _unpack_ids(packed: bytes) -> list[int]:
    return list(accumulate(array("q", zlib.decompress(packed))))
