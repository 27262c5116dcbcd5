"""The hard keys by which a person is known: what they are, who holds them, and when two sets contradict each other."""

from collections.abc import Iterable
from typing import NamedTuple

from app.domain.contact import RecordKind, SourceRecord
from app.domain.identifiers import email_key, linkedin_slug
from app.domain.provider import Provider
from app.storage.database import Connection, rows

ID, LINKEDIN, EMAIL = "id", "linkedin", "email"


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
        keys.append(Key(ID, f"{record.provider}/{record.account_id}", record.provider_id))
    if record.fields.masked:
        return keys
    if slug := linkedin_slug(record.fields.linkedin_url):
        keys.append(Key(LINKEDIN, "", slug))
    addresses = filter(None, (email_key(email.address) for email in record.fields.emails))
    return list(dict.fromkeys((*keys, *(Key(EMAIL, "", address) for address in addresses))))


def owners(conn: Connection, key: Key) -> list[int]:
    """The contacts that hold a key, the oldest entry first."""
    return [
        owner
        for (owner,) in conn.execute(
            "SELECT contact_id FROM identity_key WHERE kind = ? AND scope = ? AND value = ? ORDER BY contact_id", key
        )
    ]


def held(conn: Connection, contact_id: int) -> list[Key]:
    """The keys that a contact holds."""
    return [
        Key(*row)
        for row in rows(conn, "SELECT kind, scope, value FROM identity_key WHERE contact_id = ?", (contact_id,))
    ]


def give(conn: Connection, contact_id: int, keys: Iterable[Key]) -> None:
    """Let a contact hold keys, beside whoever else holds them."""
    conn.executemany(
        "INSERT OR IGNORE INTO identity_key (kind, scope, value, contact_id) VALUES (?, ?, ?, ?)",
        [(*key, contact_id) for key in keys],
    )


def take(conn: Connection, contact_id: int, keys: Iterable[Key]) -> None:
    """Let a contact hold keys no more."""
    conn.executemany(
        "DELETE FROM identity_key WHERE kind = ? AND scope = ? AND value = ? AND contact_id = ?",
        [(*key, contact_id) for key in keys],
    )


def carried(records: Iterable[SourceRecord]) -> set[Key]:
    """The keys that any of these records carries."""
    return {key for record in records for key in keys_of(record)}


def contradiction(ours: Iterable[Key], theirs: Iterable[Key]) -> str:
    """Why two sets of keys cannot be one person's: two profiles, or two ids of one account; "" when they can."""
    mine, other = _exclusive(ours), _exclusive(theirs)
    for kind, scope in sorted(mine.keys() & other.keys()):
        if not mine[kind, scope] & other[kind, scope]:
            return (
                "They have different LinkedIn profiles."
                if kind == LINKEDIN
                else f"{Provider(scope.partition('/')[0]).label} knows them as two people."
            )
    return ""


def _exclusive(keys: Iterable[Key]) -> dict[tuple[str, str], set[str]]:
    groups: dict[tuple[str, str], set[str]] = {}
    for key in keys:
        if key.kind != EMAIL:
            groups.setdefault((key.kind, key.scope), set()).add(key.value)
    return groups
