"""The history of contacts: what happened to each, line by line. Nothing ever deletes a line."""

from collections.abc import Collection
from datetime import datetime

from app.domain.provider import Provider
from app.storage.columns import json_list, stamp
from app.storage.database import Connection


def note_event(
    conn: Connection, contact_ids: Collection[int], text: str, *, at: datetime, provider: Provider | None = None
) -> None:
    """Write one line into the history of each contact, all in one statement."""
    conn.execute(
        "INSERT INTO contact_event (contact_id, at, text, provider) SELECT value, ?2, ?3, ?4 FROM json_each(?1)",
        (json_list(contact_ids), stamp(at), text, provider),
    )
