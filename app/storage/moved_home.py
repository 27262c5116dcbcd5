"""After a merge was taken back: what arrived in the meantime finds the contact it is about."""

from collections.abc import Mapping

from app.domain.contact import RecordKind, SourceRecord
from app.storage.columns import json_list
from app.storage.contact_rows import read_records
from app.storage.database import Connection, one, rows
from app.storage.identity_keys import ID, carried, give, held, keys_of, take


def bring(conn: Connection, survivor_id: int, revived_id: int) -> None:
    """Move records that name the revived contact, and came while it was merged, from the survivor to it.

    A record names it by an id at a provider that is the revived contact's alone; the result of an enrichment by its
    queue item. Keys that only such records carry go along.
    """
    mine = {key for key in held(conn, revived_id) if key.kind == ID} - set(held(conn, survivor_id))
    items = {
        client_key
        for (client_key,) in rows(conn, "SELECT client_key FROM enrichment_item WHERE contact_id = ?", (revived_id,))
    }
    going: list[SourceRecord] = []
    staying: list[SourceRecord] = []
    for record in read_records(conn, survivor_id, with_raw=False):
        is_theirs = (
            record.provider_id in items
            if record.kind is RecordKind.ENRICHMENT
            else not mine.isdisjoint(keys_of(record))
        )
        (going if is_theirs else staying).append(record)
    # A contact without any record would show nothing.
    if not going or not staying:
        return
    conn.execute(
        "UPDATE source_record SET contact_id = ? WHERE record_id IN (SELECT value FROM json_each(?))",
        (revived_id, json_list(record.record_id for record in going)),
    )
    keys = carried(going)
    take(conn, survivor_id, keys - carried(staying))
    give(conn, revived_id, sorted(keys))


def keep_merged(conn: Connection, revived: Mapping[int, int]) -> None:
    """Merge again those whose records are elsewhere by now: contact → the contact it was merged into."""
    for contact_id, survivor_id in revived.items():
        if one(conn, "SELECT 1 FROM source_record WHERE contact_id = ? LIMIT 1", (contact_id,)) is None:
            conn.execute("UPDATE contact SET merged_into = ? WHERE contact_id = ?", (survivor_id, contact_id))
