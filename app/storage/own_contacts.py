"""What the rep decides about contacts themselves, each decision as a step: picks, removal, merging, splitting."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.domain.errors import InputError
from app.domain.identifiers import normalise_email, safe_url
from app.storage import merging
from app.storage.columns import json_list, stamp
from app.storage.contact_events import note_event
from app.storage.database import Connection, rows, scalar
from app.storage.own_work import live_ids, people, storable
from app.storage.shown import PICKED
from app.storage.undo_log import Derived, Recorded, record

_VALUE_LENGTH = 5_000
_URLS = ("linkedin_url", "profile_url", "company_website")


def choose_value(conn: Connection, contact_id: int, field: str, value: str, at: datetime) -> Recorded | None:
    """Let a contact show a value in a field, whatever providers say later: one of those known, or one typed.

    An e-mail address or phone number becomes the first of its kind. "" shows nothing in a field of text.

    Raises:
        InputError: There is no such field, or the value cannot stand in it.
    """
    (live,) = live_ids(conn, [contact_id])
    chosen = _checked(field, value)

    def work(conn: Connection) -> list[int]:
        return [
            found
            for (found,) in rows(
                conn,
                "INSERT INTO field_choice (contact_id, field, value, chosen_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET value = excluded.value, chosen_at = excluded.chosen_at"
                " WHERE value <> excluded.value RETURNING contact_id",
                (live, field, chosen, stamp(at)),
            )
        ]

    words = _in_words(field)
    return record(
        conn, f"Pick the {words} of 1 contact", work, at=at, derived=Derived.VALUES, event=f"You picked the {words}."
    )


def clear_choice(conn: Connection, contact_id: int, field: str, at: datetime) -> Recorded | None:
    """Let a field show what the rules choose again."""
    (live,) = live_ids(conn, [contact_id])

    def work(conn: Connection) -> list[int]:
        return [
            found
            for (found,) in rows(
                conn,
                "DELETE FROM field_choice WHERE contact_id = ? AND field = ? RETURNING contact_id",
                (live, field),
            )
        ]

    words = _in_words(field)
    return record(
        conn,
        f"Drop the pick of the {words} of 1 contact",
        work,
        at=at,
        derived=Derived.VALUES,
        event=f"Your pick of the {words} was dropped.",
    )


def remove(conn: Connection, contact_ids: Sequence[int], at: datetime) -> Recorded | None:
    """Hide contacts from the library. What was paid for stays, and a service that names one again brings it back."""
    ids = json_list(live_ids(conn, contact_ids))

    def work(conn: Connection) -> list[int]:
        return [
            found
            for (found,) in rows(
                conn,
                "UPDATE contact SET removed_at = ?2 WHERE removed_at IS NULL"
                " AND contact_id IN (SELECT value FROM json_each(?1)) RETURNING contact_id",
                (ids, stamp(at)),
            )
        ]

    return record(conn, lambda number: f"Remove {people(number)}", work, at=at, event="Removed from the library.")


def merge(conn: Connection, contact_ids: Sequence[int], survivor_id: int | None, at: datetime) -> Recorded | None:
    """Make several contacts one. The survivor is the one named, else the oldest entry.

    Raises:
        InputError: Two of them cannot be one person, or the survivor is not among them.
    """
    ids = live_ids(conn, contact_ids)
    (survivor,) = ids[:1] if survivor_id is None else live_ids(conn, [survivor_id])
    if survivor not in ids:
        raise InputError("The contact to keep is none of those to merge.")
    others = [contact_id for contact_id in ids if contact_id != survivor]
    if not others:
        return None

    def work(conn: Connection) -> list[int]:
        for other in others:
            # What the rep decides now goes before what they decided earlier.
            merging.forget_apart(conn, survivor, other)
            if reason := merging.why_not(conn, survivor, other):
                raise InputError(f"These contacts cannot be merged: {reason}")
            merging.merge(conn, survivor, other, at, "your own decision")
        return ids

    return record(conn, f"Merge {people(len(ids))}", work, at=at, derived=Derived.RECORDS)


def split(conn: Connection, contact_id: int, record_ids: Sequence[int], at: datetime) -> Recorded | None:
    """Give some of a contact's source records to a new contact, and keep the two apart from now on.

    Raises:
        InputError: They are not all this contact's, or none would stay with it.
    """
    (live,) = live_ids(conn, [contact_id])
    # The new row is no part of the step: undoing it must not delete a row that later records may stand on.
    new = scalar(
        conn, "INSERT INTO contact (created_at, merged_into) VALUES (?, ?) RETURNING contact_id", (stamp(at), live)
    )

    def work(conn: Connection) -> list[int]:
        merging.split(conn, live, record_ids, new)
        return [live, new]

    done = record(conn, "Split 1 contact", work, at=at, derived=Derived.RECORDS)
    note_event(conn, [live], "Split: some records went to another contact.", at=at)
    note_event(conn, [new], "Split off from another contact.", at=at)
    return done


def unmerge(conn: Connection, contact_id: int, merged_id: int, at: datetime) -> Recorded | None:
    """Let an entry that was merged into a contact stand for itself again, and keep the two apart from now on.

    Raises:
        InputError: It is not merged into this contact, or it is not known any more what it brought along.
    """
    (live,) = live_ids(conn, [contact_id])
    if merged_id == live or live_ids(conn, [merged_id]) != [live]:
        raise InputError("These are two contacts already.")
    record_ids = merging.merged_records(conn, live, merged_id)
    if not record_ids:
        raise InputError(
            "It is not known any more which records came with that entry.",
            next_step="Choose the records yourself, with “Split…”.",
        )

    def work(conn: Connection) -> list[int]:
        merging.split(conn, live, record_ids, merged_id)
        return [live, merged_id]

    done = record(conn, "Take 2 merged contacts apart", work, at=at, derived=Derived.RECORDS)
    note_event(conn, [live, merged_id], "Taken apart from another contact again.", at=at)
    return done


def keep_apart(conn: Connection, pairs: Iterable[tuple[int, int]], at: datetime) -> Recorded | None:
    """Remember that the two of each pair are two people.

    Raises:
        InputError: The two are one contact.
    """
    apart = []
    for pair in pairs:
        ids = live_ids(conn, pair)
        if len(ids) < 2:
            raise InputError("These are one contact already.")
        apart.append((ids[0], ids[1]))

    def work(conn: Connection) -> list[int]:
        for low, high in apart:
            conn.execute(
                "INSERT OR IGNORE INTO kept_apart (low_id, high_id, decided_at) VALUES (?, ?, ?)",
                (low, high, stamp(at)),
            )
        return [contact_id for pair in apart for contact_id in pair]

    name = "Keep 2 contacts apart" if len(apart) == 1 else f"Keep {len(apart):,} pairs of contacts apart"
    return record(conn, name, work, at=at)


def _checked(field: str, value: str) -> str:
    if field not in PICKED:
        raise InputError(f"There is no field “{field}” to pick a value for.")
    text = storable(value).strip()
    if len(text) > _VALUE_LENGTH:
        raise InputError(f"The value may have {_VALUE_LENGTH:,} characters.")
    if field == "email" and not normalise_email(text):
        raise InputError("This is not an e-mail address.")
    if field == "phone" and not any(character.isdigit() for character in text):
        raise InputError("This is not a phone number.")
    if field in _URLS and text and not safe_url(text):
        raise InputError("This is not a web address; it should begin with “https://”.")
    return text


def _in_words(field: str) -> str:
    special = {"email": "e-mail address", "phone": "phone number", "linkedin_url": "LinkedIn address"}
    return special.get(field, field.replace("_", " "))
