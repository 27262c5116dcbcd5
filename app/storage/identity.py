"""Which contact a source record belongs to: hard keys only, and never against a contradiction.

A key is the provider's own id (per account), a LinkedIn slug, or an e-mail address of a person's own. Two contacts
that share one are merged, the older entry surviving, unless they contradict each other: two different slugs, or
two ids of one provider account. A record whose provider id is known belongs there whatever else it says, because
people rename their profiles.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from app.domain.contact import RecordKind, SourceRecord
from app.domain.identifiers import is_role_address, linkedin_slug, normalise_email
from app.storage.columns import stamp, to_json
from app.storage.database import Connection, rows, scalar

_ID, _LINKEDIN, _EMAIL = "id", "linkedin", "email"
_IN_WORDS = {
    _ID: "the same ID at a provider",
    _LINKEDIN: "the same LinkedIn profile",
    _EMAIL: "the same e-mail address",
}


class Key(NamedTuple):
    """One hard key. `scope` is the provider account of an id; a contact has one slug, and one id per scope."""

    kind: str
    scope: str
    value: str


def keys_of(record: SourceRecord) -> list[Key]:
    """The hard keys a record carries, the strongest first."""
    keys = []
    # An enrichment's provider id is our key for one request, not the person's.
    if record.provider_id and record.kind is not RecordKind.ENRICHMENT:
        keys.append(Key(_ID, f"{record.provider}/{record.account_id}", record.provider_id))
    if record.fields.masked:
        return keys
    if slug := linkedin_slug(record.fields.linkedin_url):
        keys.append(Key(_LINKEDIN, "", slug))
    for email in record.fields.emails:
        address = normalise_email(email.address)
        if address and not is_role_address(address):
            keys.append(Key(_EMAIL, "", address))
    return list(dict.fromkeys(keys))


def place(conn: Connection, record: SourceRecord, pinned: int | None) -> int:
    """The contact a record belongs to: known, merged just now, or new. The record's keys become the contact's."""
    keys = keys_of(record)
    owners = [(key, owner) for key in keys for owner in _owners(conn, key)]
    contact_id = _choose(conn, keys, owners, pinned)
    if contact_id is None:
        contact_id = scalar(
            conn, "INSERT INTO contact (created_at) VALUES (?) RETURNING contact_id", (stamp(record.fetched_at),)
        )
    for key, owner in owners:
        if owner != contact_id and is_live(conn, owner):
            mine = {*keys, *_keys_held(conn, contact_id)}
            if not _contradict(mine, _keys_held(conn, owner)):
                survivor = min(contact_id, owner)
                _merge(conn, survivor, max(contact_id, owner), key, record.fetched_at)
                contact_id = survivor
    conn.executemany(
        "INSERT OR IGNORE INTO identity_key (kind, scope, value, contact_id) VALUES (?, ?, ?, ?)",
        [(*key, contact_id) for key in keys],
    )
    return int(contact_id)


def survivor(conn: Connection, contact_id: int) -> int:
    """The contact that stands for `contact_id` now: itself, or the one it was merged into."""
    return int(
        scalar(conn, "SELECT coalesce(merged_into, contact_id) FROM contact WHERE contact_id = ?", (contact_id,))
    )


def is_live(conn: Connection, contact_id: int) -> bool:
    """Whether a contact has not been merged into another."""
    return survivor(conn, contact_id) == contact_id


def _owners(conn: Connection, key: Key) -> list[int]:
    return [
        owner
        for (owner,) in conn.execute(
            "SELECT contact_id FROM identity_key WHERE kind = ? AND scope = ? AND value = ? ORDER BY contact_id", key
        )
    ]


def _keys_held(conn: Connection, contact_id: int) -> list[Key]:
    return [
        Key(*row)
        for row in rows(conn, "SELECT kind, scope, value FROM identity_key WHERE contact_id = ?", (contact_id,))
    ]


def _choose(conn: Connection, keys: list[Key], owners: list[tuple[Key, int]], pinned: int | None) -> int | None:
    if pinned is not None:
        return survivor(conn, pinned)
    for key, owner in owners:
        if key.kind == _ID or not _contradict(keys, _keys_held(conn, owner)):
            return owner
    return None


def _contradict(ours: Iterable[Key], theirs: Iterable[Key]) -> bool:
    """Whether two sets of keys name two slugs, or two ids of one provider account."""
    mine, other = _exclusive(ours), _exclusive(theirs)
    return any(not mine[group] & other[group] for group in mine.keys() & other.keys())


def _exclusive(keys: Iterable[Key]) -> dict[tuple[str, str], set[str]]:
    groups: dict[tuple[str, str], set[str]] = {}
    for key in keys:
        if key.kind != _EMAIL:
            groups.setdefault((key.kind, key.scope), set()).add(key.value)
    return groups


def _merge(conn: Connection, survivor_id: int, merged_id: int, key: Key, at: datetime) -> None:
    moved = [row[0] for row in rows(conn, "SELECT record_id FROM source_record WHERE contact_id = ?", (merged_id,))]
    conn.execute("UPDATE source_record SET contact_id = ? WHERE contact_id = ?", (survivor_id, merged_id))
    conn.execute("UPDATE enrichment_item SET contact_id = ? WHERE contact_id = ?", (survivor_id, merged_id))
    conn.execute("UPDATE OR REPLACE identity_key SET contact_id = ? WHERE contact_id = ?", (survivor_id, merged_id))
    conn.execute(
        "UPDATE contact SET merged_into = ?1 WHERE contact_id = ?2 OR merged_into = ?2", (survivor_id, merged_id)
    )
    # The moved records are named so that the merge can be undone.
    conn.execute(
        "INSERT INTO contact_event (contact_id, at, text, detail) VALUES (?, ?, ?, ?)",
        (
            survivor_id,
            stamp(at),
            f"Merged with another entry: {_IN_WORDS[key.kind]}.",
            to_json({"merged": merged_id, "records": moved}),
        ),
    )
