"""What the rep writes on contacts, each change as a step that can be undone: status, rating, notes, tags.

Set by set: fifty thousand contacts are marked at one stroke. A merged contact stands for its survivor.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

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
        return _mark(conn, contact_ids, "status", "", lambda who: f"Clear the status of {who}", "Status cleared.", at)
    label = f"“{status.label}”"
    return _mark(
        conn, contact_ids, "status", status, lambda who: f"Mark {who} as {label}", f"Status set to {label}.", at
    )


def set_rating(conn: Connection, contact_ids: Sequence[int], rating: int, at: datetime) -> Recorded | None:
    """Give contacts a number of stars; 0 takes them away.

    Raises:
        InputError: There is no such rating.
    """
    if not 0 <= rating <= MOST_STARS:
        raise InputError(f"A rating is a number from 0 to {MOST_STARS}.")
    if not rating:
        return _mark(conn, contact_ids, "rating", 0, lambda who: f"Clear the rating of {who}", "Rating cleared.", at)
    stars = "1 star" if rating == 1 else f"{rating} stars"
    return _mark(
        conn, contact_ids, "rating", rating, lambda who: f"Rate {who} with {stars}", f"Rated with {stars}.", at
    )


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
    goes_on = continues is not None and reopen(conn, continues, live_ids(conn, [contact_id]))
    event = "" if goes_on else "Notes edited."
    done = _mark(conn, [contact_id], "notes", notes, lambda who: f"Edit the notes of {who}", event, at)
    if done is None and goes_on:  # back to what stood there at first
        refreshing.show_marks(conn, live_ids(conn, [contact_id]))
    return done


def add_tags(conn: Connection, contact_ids: Sequence[int], names: Iterable[str], at: datetime) -> Recorded | None:
    """Give contacts tags. A tag that differs from one in use by its case only is that one.

    Raises:
        InputError: A name is empty or too long.
    """
    known = {tag.casefold(): tag for tag in _all_tags(conn)}
    tags = list({name.casefold(): known.get(name.casefold(), name) for name in map(_tag_name, names)}.values())
    sql = (
        "INSERT OR IGNORE INTO contact_tag (contact_id, tag)"
        " SELECT c.value, t.value FROM json_each(?2) t, json_each(?1) c RETURNING contact_id"
    )
    quoted = _quoted(tags)
    return changed_rows(
        conn, contact_ids, sql, (json_list(tags),), lambda who: f"Tag {who} {quoted}", f"Tagged {quoted}.", at
    )


def remove_tags(conn: Connection, contact_ids: Sequence[int], names: Iterable[str], at: datetime) -> Recorded | None:
    """Take tags from contacts, whatever the case they are written in."""
    folded = {tidy(name).casefold() for name in names}
    tags = [tag for tag in _all_tags(conn) if tag.casefold() in folded]
    sql = (
        "DELETE FROM contact_tag WHERE contact_id IN (SELECT value FROM json_each(?1))"
        " AND tag IN (SELECT value FROM json_each(?2)) RETURNING contact_id"
    )
    quoted = _quoted(tags)
    return changed_rows(
        conn,
        contact_ids,
        sql,
        (json_list(tags),),
        lambda who: f"Take {quoted} from {who}",
        f"Tag {quoted} taken off.",
        at,
    )


def tags(conn: Connection) -> dict[str, int]:
    """All tags in alphabetical order, with the number of contacts that have each."""
    return dict(rows(conn, _TAG_COUNTS))


def changed_rows(
    conn: Connection,
    contact_ids: Sequence[int],
    sql: str,
    values: Sequence[int | str],
    name: Callable[[str], str],
    event: str,
    at: datetime,
    *,
    derived: Derived = Derived.MARKS,
) -> Recorded | None:
    """One statement over many contacts (`?1`, as JSON) that returns those it changed, as a step.

    `name` makes the step's name from how many they are in words.
    """
    ids = json_list(live_ids(conn, contact_ids))

    def work(conn: Connection) -> list[int]:
        return [contact_id for (contact_id,) in rows(conn, sql, (ids, *values))]

    return record(conn, lambda number: name(people(number)), work, at=at, derived=derived, event=event)


def _mark(
    conn: Connection,
    contact_ids: Sequence[int],
    column: str,
    value: int | str,
    name: Callable[[str], str],
    event: str,
    at: datetime,
) -> Recorded | None:
    """Write one of the rep's marks, or take it away where the value is blank; no row is made for that."""
    if value:
        sql = (
            f"INSERT INTO contact_mark (contact_id, {column}) SELECT value, ?2 FROM json_each(?1) WHERE true"  # noqa: S608 - a column of ours
            f" ON CONFLICT DO UPDATE SET {column} = excluded.{column} WHERE {column} <> excluded.{column}"
            " RETURNING contact_id"
        )
    else:
        sql = (
            f"UPDATE contact_mark SET {column} = ?2 WHERE {column} <> ?2"  # noqa: S608 - a column of ours
            " AND contact_id IN (SELECT value FROM json_each(?1)) RETURNING contact_id"
        )
    return changed_rows(conn, contact_ids, sql, (value,), name, event, at)


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
