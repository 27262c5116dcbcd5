"""Making two contacts one, and one two again: records, keys, queue items and the rep's own work go along.

Shown values are not worked out here, and steps to undo are not kept: callers do both. Every function runs inside the
caller's transaction. What a merge moved is written down with it, so that it can be taken back one day.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from app.domain.errors import InputError
from app.storage import own_work_merging
from app.storage.columns import json_list, stamp, to_json, utc_now
from app.storage.contact_rows import read_records
from app.storage.database import Connection, one, rows, scalar
from app.storage.identity_keys import carried, contradiction, give, held, take

_ENTRIES = "(SELECT contact_id FROM contact WHERE contact_id = {0} OR merged_into = {0})"
_BETWEEN = ("(low_id IN {0} AND high_id IN {1} OR low_id IN {1} AND high_id IN {0})").format(
    _ENTRIES.format("?1"), _ENTRIES.format("?2")
)


def survivor(conn: Connection, contact_id: int) -> int:
    """The contact that stands for `contact_id` now: itself, or the one it was merged into."""
    return int(
        scalar(conn, "SELECT coalesce(merged_into, contact_id) FROM contact WHERE contact_id = ?", (contact_id,))
    )


def are_kept_apart(conn: Connection, first: int, second: int) -> bool:
    """Whether the rep decided that two contacts, or any entries merged into them, are two people."""
    return bool(scalar(conn, f"SELECT EXISTS (SELECT 1 FROM kept_apart WHERE {_BETWEEN})", (first, second)))  # noqa: S608


def forget_apart(conn: Connection, first: int, second: int) -> None:
    """Drop the rep's decision that two contacts, or entries merged into them, are two people: they decided anew."""
    conn.execute(f"DELETE FROM kept_apart WHERE {_BETWEEN}", (first, second))  # noqa: S608


def why_not(conn: Connection, low: int, high: int, *, decided: bool = True) -> str:
    """Why two contacts may not be merged, in words; "" when they may. Merged entries speak for their survivors.

    Args:
        conn: The library.
        low: One contact.
        high: The other one.
        decided: Whether the rep's own decision to keep them apart counts; a newer decision of theirs goes first.
    """
    first, second = survivor(conn, low), survivor(conn, high)
    if first == second:
        return "They are one contact already."
    if reason := contradiction(held(conn, first), held(conn, second)):
        return reason
    return "You keep them apart." if decided and are_kept_apart(conn, first, second) else ""


def merge(conn: Connection, survivor_id: int, merged_id: int, at: datetime, why: str = "") -> None:
    """Make `merged_id` part of `survivor_id`, both live; it keeps its row and points to the survivor from now on.

    Whether they may be merged is the caller's question, see `why_not`.

    Args:
        conn: The library.
        survivor_id: The contact that stays.
        merged_id: The contact that goes into it.
        at: When, for the history.
        why: What they have in common, in words such as “the same e-mail address”.
    """
    detail = {
        "merged": merged_id,
        "entries": [row[0] for row in rows(conn, "SELECT contact_id FROM contact WHERE merged_into = ?", (merged_id,))],
        "own": own_work_merging.kept(conn, merged_id),
        **_move(conn, survivor_id, merged_id),
    }
    conn.execute(
        "UPDATE contact SET merged_into = ?1 WHERE contact_id = ?2 OR merged_into = ?2", (survivor_id, merged_id)
    )
    # Somebody whom the rep sees does not vanish in a merge with an entry that they removed.
    conn.execute(
        "UPDATE contact SET removed_at = NULL WHERE contact_id = ? AND removed_at IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM contact WHERE contact_id = ? AND removed_at IS NULL)",
        (survivor_id, merged_id),
    )
    conn.execute(
        "INSERT INTO contact_event (contact_id, at, text, detail) VALUES (?, ?, ?, ?)",
        (
            survivor_id,
            stamp(at),
            f"Merged with another entry: {why}." if why else "Merged with another entry.",
            to_json(detail),
        ),
    )


def split(conn: Connection, contact_id: int, record_ids: Sequence[int], new_contact_id: int) -> None:
    """Give some of a contact's records to another contact, and keep the two apart from now on.

    Keys that only these records carry go with them; those that both carry stay with both. The results of enrichment
    follow their records. The other contact may be a fresh row, or an entry merged into this one, which then stands for
    itself again and gets its tags, lists and marks back.

    Raises:
        InputError: They are not all records of this contact, or none of it would be left.
    """
    ids = json_list(record_ids)
    mine = {row[0] for row in rows(conn, "SELECT record_id FROM source_record WHERE contact_id = ?", (contact_id,))}
    if not set(record_ids) <= mine:
        raise InputError("These records belong to another contact by now.")
    if not record_ids or set(record_ids) == mine:
        raise InputError("Some records must stay with the contact, and some must go.")
    conn.execute(
        "UPDATE enrichment_item SET contact_id = ?1 WHERE contact_id = ?2 AND client_key IN (SELECT provider_id"
        " FROM source_record WHERE kind = 'enrichment' AND record_id IN (SELECT value FROM json_each(?3)))",
        (new_contact_id, contact_id, ids),
    )
    conn.execute(
        "UPDATE source_record SET contact_id = ? WHERE record_id IN (SELECT value FROM json_each(?))",
        (new_contact_id, ids),
    )
    going, staying = (carried(read_records(conn, each, with_raw=False)) for each in (new_contact_id, contact_id))
    take(conn, contact_id, going - staying)
    give(conn, new_contact_id, sorted(going))
    before = _merge_detail(conn, contact_id, new_contact_id)
    conn.execute("UPDATE contact SET merged_into = NULL WHERE contact_id = ?", (new_contact_id,))
    conn.execute(
        "UPDATE contact SET merged_into = ? WHERE merged_into = ? AND contact_id IN (SELECT value FROM json_each(?))",
        (new_contact_id, contact_id, json_list(before.get("entries", []))),
    )
    # Also what is still under way: it was asked for that entry.
    conn.execute(
        "UPDATE enrichment_item SET contact_id = ?"
        " WHERE contact_id = ? AND item_id IN (SELECT value FROM json_each(?))",
        (new_contact_id, contact_id, json_list(before.get("items", []))),
    )
    own_work_merging.give_back(conn, new_contact_id, before.get("own", {}))
    low, high = sorted((contact_id, new_contact_id))
    conn.execute(
        "INSERT OR IGNORE INTO kept_apart (low_id, high_id, decided_at) VALUES (?, ?, ?)", (low, high, stamp(utc_now()))
    )


def merged_records(conn: Connection, contact_id: int, merged_id: int) -> list[int]:
    """The records that an entry brought along when it was merged, and what came in about the same person since.

    Only those that the contact still has; empty when it is not known.
    """
    detail = _merge_detail(conn, contact_id, merged_id)
    return [
        row[0]
        for row in rows(
            conn,
            "SELECT DISTINCT r.record_id FROM source_record r JOIN source_record b"
            " ON b.record_id IN (SELECT value FROM json_each(?2)) AND (r.record_id = b.record_id OR r.provider_id <> ''"
            " AND (r.provider, r.account_id, r.provider_id) = (b.provider, b.account_id, b.provider_id))"
            " WHERE r.contact_id = ?1"
            " UNION SELECT record_id FROM source_record WHERE contact_id = ?1 AND kind = 'enrichment'"
            " AND provider_id IN (SELECT client_key FROM enrichment_item"
            " WHERE contact_id = ?1 AND item_id IN (SELECT value FROM json_each(?3)))"
            " ORDER BY 1",
            (contact_id, json_list(detail.get("records", [])), json_list(detail.get("items", []))),
        )
    ]


def settle(conn: Connection, ids: Iterable[int]) -> set[int]:
    """Let everything that stands on merged entries stand on their survivors, as after undoing and redoing.

    Returns:
        The live contacts among `ids` and those that stand for the others: what they show is to be worked out again.
    """
    live = set()
    for contact_id in set(ids):
        known = one(conn, "SELECT coalesce(merged_into, contact_id) FROM contact WHERE contact_id = ?", (contact_id,))
        if known is None:
            continue
        target = _end_of_chain(conn, known[0])
        if target != known[0]:
            conn.execute("UPDATE contact SET merged_into = ? WHERE contact_id = ?", (target, contact_id))
        if target != contact_id:
            _move(conn, target, contact_id)
        live.add(target)
    return live


def _merge_detail(conn: Connection, contact_id: int, merged_id: int) -> dict[str, Any]:
    """What was written down when an entry was merged into a contact, or into one that was merged into it."""
    found = one(
        conn,
        f"SELECT detail FROM contact_event WHERE contact_id IN {_ENTRIES.format('?1')}"  # noqa: S608
        " AND detail <> '' AND json_extract(detail, '$.merged') = ?2 ORDER BY event_id DESC LIMIT 1",
        (contact_id, merged_id),
    )
    return {} if found is None else dict(json.loads(found[0]))


def _end_of_chain(conn: Connection, contact_id: int) -> int:
    """Undoing steps out of order can leave a survivor that was merged itself."""
    seen = {contact_id}
    while (following := survivor(conn, contact_id)) not in seen:
        seen.add(following)
        contact_id = following
    return contact_id


def _move(conn: Connection, survivor_id: int, merged_id: int) -> dict[str, list[int]]:
    records = [row[0] for row in rows(conn, "SELECT record_id FROM source_record WHERE contact_id = ?", (merged_id,))]
    items = [row[0] for row in rows(conn, "SELECT item_id FROM enrichment_item WHERE contact_id = ?", (merged_id,))]
    conn.execute("UPDATE source_record SET contact_id = ? WHERE contact_id = ?", (survivor_id, merged_id))
    conn.execute("UPDATE enrichment_item SET contact_id = ? WHERE contact_id = ?", (survivor_id, merged_id))
    conn.execute("UPDATE OR REPLACE identity_key SET contact_id = ? WHERE contact_id = ?", (survivor_id, merged_id))
    own_work_merging.unite(conn, survivor_id, merged_id)
    return {"records": records, "items": items}
