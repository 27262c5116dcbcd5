"""Lists: named sets of contacts that the rep makes. Every change is a step that can be undone."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.domain.errors import InputError
from app.domain.marks import ContactList
from app.storage.columns import json_list, stamp
from app.storage.database import Connection, one, rows, scalar
from app.storage.own_work import NAME_LENGTH, changed_rows, live_ids, people, tidy
from app.storage.undo_log import Derived, Recorded, record

_LISTS = """
SELECT l.list_id, l.name, (SELECT count(*) FROM contact_list_member m JOIN contact c USING (contact_id)
    WHERE m.list_id = l.list_id AND c.merged_into IS NULL AND c.removed_at IS NULL)
FROM contact_list l ORDER BY l.name COLLATE NOCASE, l.list_id
"""

_MEMBERS = """
SELECT m.contact_id FROM contact_list_member m JOIN contact c USING (contact_id)
WHERE m.list_id = ? AND c.merged_into IS NULL AND c.removed_at IS NULL ORDER BY m.added_at, m.contact_id
"""


def lists(conn: Connection) -> tuple[ContactList, ...]:
    """All lists in alphabetical order."""
    return tuple(ContactList(*row) for row in rows(conn, _LISTS))


def named(conn: Connection, name: str) -> ContactList | None:
    """The list of a name, however its case and blanks are typed; None when there is none."""
    wanted = tidy(name).casefold()
    return next((each for each in lists(conn) if each.name.casefold() == wanted), None)


def members(conn: Connection, list_id: int) -> list[int]:
    """The contacts of a list, in the order they came to it."""
    return [contact_id for (contact_id,) in rows(conn, _MEMBERS, (list_id,))]


def create_list(
    conn: Connection, name: str, at: datetime, contact_ids: Sequence[int] = ()
) -> tuple[ContactList, Recorded]:
    """Make a list, with contacts on it from the start if there are any.

    Raises:
        InputError: The name is empty or too long, or there is such a list.
    """
    chosen = _free_name(conn, name)
    ids = live_ids(conn, contact_ids)
    made: list[int] = []

    def work(conn: Connection) -> Iterable[int]:
        made.append(
            scalar(
                conn,
                "INSERT INTO contact_list (name, created_at) VALUES (?, ?) RETURNING list_id",
                (chosen, stamp(at)),
            )
        )
        conn.execute(
            "INSERT INTO contact_list_member (list_id, contact_id, added_at) SELECT ?1, value, ?2 FROM json_each(?3)",
            (made[0], stamp(at), json_list(ids)),
        )
        return ids

    step = f"Make the list “{chosen}” of {people(len(ids))}" if ids else f"Make the list “{chosen}”"
    recorded = record(conn, step, work, at=at, event=f"Put on the list “{chosen}”.")
    assert recorded is not None, "a list was made"
    return ContactList(made[0], chosen, len(ids)), recorded


def rename_list(conn: Connection, list_id: int, name: str, at: datetime) -> Recorded | None:
    """Give a list another name.

    Raises:
        InputError: The name is empty or too long, or another list has it; or the list is gone.
    """
    old = _list_name(conn, list_id)
    chosen = _free_name(conn, name, apart_from=list_id)

    def work(conn: Connection) -> Iterable[int]:
        conn.execute("UPDATE contact_list SET name = ?2 WHERE list_id = ?1", (list_id, chosen))
        return ()

    return record(conn, f"Rename the list “{old}” to “{chosen}”", work, at=at)


def delete_list(conn: Connection, list_id: int, at: datetime) -> Recorded | None:
    """Delete a list; its contacts stay.

    Raises:
        InputError: The list is gone.
    """
    name = _list_name(conn, list_id)

    def work(conn: Connection) -> list[int]:
        found = rows(conn, "DELETE FROM contact_list_member WHERE list_id = ? RETURNING contact_id", (list_id,))
        conn.execute("DELETE FROM contact_list WHERE list_id = ?", (list_id,))
        return [contact_id for (contact_id,) in found]

    return record(conn, f"Delete the list “{name}”", work, at=at, event=f"The list “{name}” was deleted.")


def add_to_list(conn: Connection, list_id: int, contact_ids: Sequence[int], at: datetime) -> Recorded | None:
    """Put contacts on a list.

    Raises:
        InputError: The list is gone.
    """
    name = _list_name(conn, list_id)
    sql = (
        "INSERT OR IGNORE INTO contact_list_member (list_id, contact_id, added_at)"
        " SELECT ?2, value, ?3 FROM json_each(?1) RETURNING contact_id"
    )
    return changed_rows(
        conn,
        contact_ids,
        sql,
        (list_id, stamp(at)),
        lambda who: f"Put {who} on the list “{name}”",
        f"Put on the list “{name}”.",
        at,
        derived=Derived.NOTHING,
    )


def remove_from_list(conn: Connection, list_id: int, contact_ids: Sequence[int], at: datetime) -> Recorded | None:
    """Take contacts off a list.

    Raises:
        InputError: The list is gone.
    """
    name = _list_name(conn, list_id)
    sql = (
        "DELETE FROM contact_list_member WHERE list_id = ?2"
        " AND contact_id IN (SELECT value FROM json_each(?1)) RETURNING contact_id"
    )
    return changed_rows(
        conn,
        contact_ids,
        sql,
        (list_id,),
        lambda who: f"Take {who} off the list “{name}”",
        f"Taken off the list “{name}”.",
        at,
        derived=Derived.NOTHING,
    )


def _free_name(conn: Connection, name: str, apart_from: int | None = None) -> str:
    chosen = tidy(name)
    if not chosen:
        raise InputError("A list needs a name.")
    if len(chosen) > NAME_LENGTH:
        raise InputError(f"The name of a list may have {NAME_LENGTH} characters.")
    for list_id, other in rows(conn, "SELECT list_id, name FROM contact_list"):
        if list_id != apart_from and other.casefold() == chosen.casefold():
            raise InputError(f"There is already a list “{other}”.", next_step="Choose another name.")
    return chosen


def _list_name(conn: Connection, list_id: int) -> str:
    found = one(conn, "SELECT name FROM contact_list WHERE list_id = ?", (list_id,))
    if found is None:
        raise InputError("This list is gone.")
    return str(found[0])
