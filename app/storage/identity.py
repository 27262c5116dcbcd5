"""Which contact a source record belongs to: hard keys only, and never against a contradiction.

A key is the provider's own id (per account), a LinkedIn slug, or an e-mail address of a person's own. Two contacts
that share one are merged, the older entry surviving, unless they contradict each other: two different slugs, two ids
of one provider account, or names that have nothing in common, because mailboxes are shared and profiles mistaken. What
the rep keeps apart stays apart, and what they removed takes nobody along. A record whose provider id is known belongs
there whatever else it says, because people rename their profiles.
"""

from app.domain.contact import SourceRecord
from app.domain.matching_names import Name, are_comparable, contradictions, first_and_last, is_latin, plain
from app.storage.columns import stamp
from app.storage.database import Connection, rows, scalar
from app.storage.identity_keys import EMAIL, ID, LINKEDIN, Key, contradiction, give, held, keys_of, owners
from app.storage.merging import are_kept_apart, merge
from app.storage.merging import survivor as survivor

_IN_WORDS = {
    ID: "the same ID at a provider",
    LINKEDIN: "the same LinkedIn profile",
    EMAIL: "the same e-mail address",
}


def place(conn: Connection, record: SourceRecord, pinned: int | None) -> int:
    """The contact a record belongs to: known, merged just now, or new. The record's keys become the contact's."""
    keys = keys_of(record)
    holders = [(key, owner) for key in keys for owner in owners(conn, key)]
    contact_id = _choose(conn, record, holders, pinned)
    if contact_id is None:
        contact_id = int(
            scalar(
                conn, "INSERT INTO contact (created_at) VALUES (?) RETURNING contact_id", (stamp(record.fetched_at),)
            )
        )
    for key, owner in holders:
        if (
            owner != contact_id
            and _is_shown(conn, owner)
            and _may_join(conn, contact_id, owner, keys)
            and not _names_speak_against(conn, record, owner, key)
        ):
            stays = min(contact_id, owner)
            merge(conn, stays, max(contact_id, owner), record.fetched_at, _IN_WORDS[key.kind])
            contact_id = stays
    give(conn, contact_id, keys)
    return contact_id


def _is_shown(conn: Connection, contact_id: int) -> bool:
    """Whether a contact is neither merged into another nor removed by the rep."""
    return bool(
        scalar(
            conn,
            "SELECT merged_into IS NULL AND removed_at IS NULL FROM contact WHERE contact_id = ?",
            (contact_id,),
        )
    )


def _may_join(conn: Connection, contact_id: int, other: int, keys: list[Key]) -> bool:
    # What the rep removed neither comes back by a merge nor takes others along.
    if not _is_shown(conn, contact_id):
        return False
    mine = {*keys, *held(conn, contact_id)}
    return not contradiction(mine, held(conn, other)) and not are_kept_apart(conn, contact_id, other)


def _choose(conn: Connection, record: SourceRecord, holders: list[tuple[Key, int]], pinned: int | None) -> int | None:
    if pinned is not None:
        return survivor(conn, pinned)
    by_id = [owner for key, owner in holders if key.kind == ID]
    if by_id:
        return survivor(conn, by_id[0])
    keys = keys_of(record)
    fitting = [
        owner
        for key, owner in holders
        if not contradiction(keys, held(conn, owner)) and not _names_speak_against(conn, record, owner, key)
    ]
    return next((owner for owner in fitting if _is_shown(conn, owner)), next(iter(fitting), None))


def _names_speak_against(conn: Connection, record: SourceRecord, owner: int, key: Key) -> bool:
    """Whether a record that shares a key with a contact is about somebody of quite another name.

    One mailbox may be read by several, and an address may be guessed from a pattern that suits two: there first and
    family name must go together. A profile is a person's own, whose name may change: there one of them is enough.
    """
    if key.kind == ID:
        return False
    most = 0 if key.kind == EMAIL else 1
    said = record.fields
    mine = first_and_last(said.first_name, said.last_name, said.full_name)
    if not any(mine):
        return False
    names = [
        first_and_last(*name)
        for name in rows(
            conn,
            "SELECT DISTINCT json_extract(fields, '$.first_name'), json_extract(fields, '$.last_name'),"
            " json_extract(fields, '$.full_name') FROM source_record WHERE contact_id = ? AND NOT masked",
            (owner,),
        )
    ]
    named = [name for name in names if any(name)]
    return bool(named) and all(
        contradictions(mine, name) > most
        or (key.kind == EMAIL and not are_comparable(mine, name) and not _is_named_after(key.value, mine, name))
        for name in named
    )


def _is_named_after(address: str, *names: Name) -> bool:
    """Whether a mailbox is called like somebody, which settles what two scripts leave open."""
    mailbox = plain(address.rpartition("@")[0]).replace(" ", "")
    return any(len(word) > 2 and word in mailbox for name in names if is_latin(name) for part in name for word in part)
