"""What the rep writes on contacts, each change as a step that can be undone: status, rating, notes, tags.

Set by set: fifty thousand contacts are marked at one stroke. A merged contact stands for its survivor.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from app.domain.errors import InputError
from app.domain.marks import MOST_STARS, ContactStatus
from app.storage import refreshing
from app.storage.columns import json_list
from app.storage.contact_rows import no_contact
from app.storage.database import Connection, rows
from app.storage.undo_log import Derived, Recorded, record, reopen

#: A longer name of a tag or list is refused.
NAME_LENGTH = 100
NOTES_LENGTH = 20_000

# The distinct tags, by hops along the index: there may be a million rows and ten tags.
_ALL_TAGS = """
WITH RECURSIVE hop (tag) AS (
    SELECT min(tag) FROM contact_tag
    UNION ALL SELECT (SELECT min(tag) FROM contact_tag WHERE tag > hop.tag) FROM hop WHERE hop.tag IS NOT NULL
)
SELECT tag FROM hop WHERE tag IS NOT NULL
"""

_TAG_COUNTS = """
SELECT t.tag, count(*) FROM contact_tag t JOIN contact c USING (contact_id)
WHERE c.merged_into IS NULL AND c.removed_at IS NULL
GROUP BY t.tag ORDER BY t.tag COLLATE NOCASE, t.tag
"""


def people(number: int) -> str:
    """A number of contacts in words."""
    return "1 contact" if number == 1 else f"{number:,} contacts"


def live_ids(conn: Connection, contact_ids: Sequence[int]) -> list[int]:
    """The contacts that stand for `contact_ids` now, each once, in ascending order.

    Raises:
        LibraryError: The library has no such contact.
    """
    wanted = sorted(set(contact_ids))
    found = rows(
        conn,
        "SELECT contact_id, coalesce(merged_into, contact_id) FROM contact"
        " WHERE contact_id IN (SELECT value FROM json_each(?))",
        (json_list(wanted),),
    )
    if len(found) < len(wanted):
        raise no_contact(min(set(wanted) - {asked for asked, _ in found}))
    return sorted({live for _, live in found})


def set_status(
    conn: Connection, contact_ids: Sequence[int], status: ContactStatus | None, at: datetime
) -> Recorded | None:
    """Give contacts a status, or take it from them."""
    if status is None:
        sql = (
            "UPDATE contact_mark SET status = ?2 WHERE status <> ?2"
            " AND contact_id IN (SELECT value FROM json_each(?1)) RETURNING contact_id"
        )
        name, event = "Clear the status of {}", "Status cleared."
    else:
        sql = (
            "INSERT INTO contact_mark (contact_id, status) SELECT value, ?2 FROM json_each(?1) WHERE true"
            " ON CONFLICT DO UPDATE SET status = excluded.status WHERE status <> excluded.status RETURNING contact_id"
        )
        name, event = f"Mark {{}} as “{status.label}”", f"Status set to “{status.label}”."
    return changed_rows(conn, contact_ids, sql, (status or "",), name, event, at)


def set_rating(conn: Connection, contact_ids: Sequence[int], rating: int, at: datetime) -> Recorded | None:
    """Give contacts a number of stars; 0 takes them away.

    Raises:
        InputError: There is no such rating.
    """
    if not 0 <= rating <= MOST_STARS:
        raise InputError(f"A rating is a number from 0 to {MOST_STARS}.")
    if rating:
        stars = "1 star" if rating == 1 else f"{rating} stars"
        sql = (
            "INSERT INTO contact_mark (contact_id, rating) SELECT value, ?2 FROM json_each(?1) WHERE true"
            " ON CONFLICT DO UPDATE SET rating = excluded.rating WHERE rating <> excluded.rating RETURNING contact_id"
        )
        name, event = f"Rate {{}} with {stars}", f"Rated with {stars}."
    else:
        sql = (
            "UPDATE contact_mark SET rating = ?2 WHERE rating <> ?2"
            " AND contact_id IN (SELECT value FROM json_each(?1)) RETURNING contact_id"
        )
        name, event = "Clear the rating of {}", "Rating cleared."
    return changed_rows(conn, contact_ids, sql, (rating,), name, event, at)


def set_notes(
    conn: Connection, contact_id: int, text: str, at: datetime, *, continues: int | None = None
) -> Recorded | None:
    """Write the notes on a contact anew; "" takes them away.

    Args:
        conn: The library.
        contact_id: The contact.
        text: The notes.
        at: When.
        continues: The step that an earlier part of the same writing was kept as: the two become one step.

    Raises:
        InputError: They are too long.
    """
    notes = storable(text).replace("\r\n", "\n").rstrip()
    if len(notes) > NOTES_LENGTH:
        raise InputError(f"Notes may have {NOTES_LENGTH:,} characters; these have {len(notes):,}.")
    if notes:
        sql = (
            "INSERT INTO contact_mark (contact_id, notes) SELECT value, ?2 FROM json_each(?1) WHERE true"
            " ON CONFLICT DO UPDATE SET notes = excluded.notes WHERE notes <> excluded.notes RETURNING contact_id"
        )
    else:
        sql = (
            "UPDATE contact_mark SET notes = ?2 WHERE notes <> ?2"
            " AND contact_id IN (SELECT value FROM json_each(?1)) RETURNING contact_id"
        )
    name = "Edit the notes of {}"
    if continues is None or not reopen(conn, continues, live_ids(conn, [contact_id])):
        return changed_rows(conn, [contact_id], sql, (notes,), name, "Notes edited.", at)
    done = changed_rows(conn, [contact_id], sql, (notes,), name, "", at)
    if done is None:  # back to what stood there at first
        refreshing.show_marks(conn, live_ids(conn, [contact_id]))
    return done


def add_tags(conn: Connection, contact_ids: Sequence[int], names: Iterable[str], at: datetime) -> Recorded | None:
    """Give contacts tags. A tag that differs from one in use by its case only is that one.

    Raises:
        InputError: A name is empty or too long.
    """
    known = {tag.casefold(): tag for tag in _all_tags(conn)}
    tags = list({name.casefold(): known.get(name.casefold(), name) for name in map(_tag_name, names)}.values())
    ids = json_list(live_ids(conn, contact_ids))

    def work(conn: Connection) -> set[int]:
        return {
            contact_id
            for tag in tags
            for (contact_id,) in rows(
                conn,
                "INSERT OR IGNORE INTO contact_tag (contact_id, tag) SELECT value, ?2 FROM json_each(?1)"
                " RETURNING contact_id",
                (ids, tag),
            )
        }

    quoted = _quoted(tags)
    return record(
        conn,
        lambda number: f"Tag {people(number)} {quoted}",
        work,
        at=at,
        derived=Derived.MARKS,
        event=f"Tagged {quoted}.",
    )


def remove_tags(conn: Connection, contact_ids: Sequence[int], names: Iterable[str], at: datetime) -> Recorded | None:
    """Take tags from contacts, whatever the case they are written in."""
    folded = {tidy(name).casefold() for name in names}
    tags = [tag for tag in _all_tags(conn) if tag.casefold() in folded]
    ids = json_list(live_ids(conn, contact_ids))

    def work(conn: Connection) -> set[int]:
        return {
            contact_id
            for (contact_id,) in rows(
                conn,
                "DELETE FROM contact_tag WHERE contact_id IN (SELECT value FROM json_each(?))"
                " AND tag IN (SELECT value FROM json_each(?)) RETURNING contact_id",
                (ids, json_list(tags)),
            )
        }

    quoted = _quoted(tags)
    return record(
        conn,
        lambda number: f"Take {quoted} from {people(number)}",
        work,
        at=at,
        derived=Derived.MARKS,
        event=f"Tag {quoted} taken off.",
    )


def tags(conn: Connection) -> dict[str, int]:
    """All tags in alphabetical order, with the number of contacts that have each."""
    return dict(rows(conn, _TAG_COUNTS))


def changed_rows(
    conn: Connection,
    contact_ids: Sequence[int],
    sql: str,
    values: Sequence[int | str],
    name: str,
    event: str,
    at: datetime,
    *,
    derived: Derived = Derived.MARKS,
) -> Recorded | None:
    """One statement over many contacts (`?1`, as JSON) that returns those it changed, as a step."""
    ids = json_list(live_ids(conn, contact_ids))

    def work(conn: Connection) -> list[int]:
        return [contact_id for (contact_id,) in rows(conn, sql, (ids, *values))]

    return record(conn, partial(_counted, name), work, at=at, derived=derived, event=event)


def _counted(name: str, number: int) -> str:
    return name.replace("{}", people(number), 1)


def _all_tags(conn: Connection) -> list[str]:
    return [tag for (tag,) in rows(conn, _ALL_TAGS)]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def tidy(name: str) -> str:
    """One line without needless blanks, as names are kept one a line, and with accents spelt in one way."""
    return " ".join(unicodedata.normalize("NFC", storable(name)).split())


def storable(text: str) -> str:
    """Text without what no file can hold: NUL, and halves of characters as a clipboard may bring them."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _tag_name(name: str) -> str:
    tag = tidy(name)
    if not tag:
        raise InputError("A tag needs a name.")
    if len(tag) > NAME_LENGTH:
        raise InputError(f"The name of a tag may have {NAME_LENGTH} characters.")
    return tag
