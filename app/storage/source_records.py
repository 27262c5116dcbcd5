"""Source records as they arrive: each is kept under its contact and told in its history; it may bring one back."""

from collections.abc import Iterable, Sequence

from app.domain.contact import RecordKind, SourceRecord
from app.storage.columns import stamp, to_json
from app.storage.contact_events import note_event
from app.storage.contact_rows import removed_ids
from app.storage.database import Connection, one
from app.storage.suppressed import find_contacts

_EVENT_TEXT = {
    RecordKind.SUMMARY: "Found by a search at {}",
    RecordKind.FULL: "Fetched from {}",
    RecordKind.ENRICHMENT: "Enriched by {}",
}


def keep(conn: Connection, contact_id: int, record: SourceRecord) -> None:
    """Keep a record under its contact; one that says what its provider said last time only refreshes the date."""
    newest = one(
        conn,
        "SELECT record_id, raw FROM source_record WHERE provider = ? AND provider_id = ? AND kind = ?"
        " AND account_id = ? AND contact_id = ? ORDER BY fetched_at DESC, record_id DESC LIMIT 1",
        (record.provider, record.provider_id, record.kind, record.account_id, contact_id),
    )
    if newest is not None and record.provider_id and newest[1] == record.raw:
        conn.execute(
            "UPDATE source_record SET fetched_at = max(fetched_at, ?), fields = ?, masked = ?,"
            " credits_charged = credits_charged + ?, charged_at = coalesce(?, charged_at) WHERE record_id = ?",
            (
                stamp(record.fetched_at),
                to_json(record.fields),
                record.fields.masked,
                record.credits_charged,
                _charged_at(record),
                newest[0],
            ),
        )
        if record.credits_charged:  # a payment is told even where it told nothing new
            note_event(conn, [contact_id], _event(record), at=record.fetched_at, provider=record.provider)
        return
    conn.execute(
        "INSERT INTO source_record (contact_id, provider, account_id, provider_id, kind, fetched_at, masked,"
        " credits_charged, charged_at, request_id, fields, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            contact_id,
            record.provider,
            record.account_id,
            record.provider_id,
            record.kind,
            stamp(record.fetched_at),
            record.fields.masked,
            record.credits_charged,
            _charged_at(record),
            record.request_id,
            to_json(record.fields),
            record.raw,
        ),
    )
    note_event(conn, [contact_id], _event(record), at=record.fetched_at, provider=record.provider)


def bring_back(conn: Connection, placed: Sequence[tuple[int, SourceRecord]]) -> list[tuple[int, SourceRecord]]:
    """Show contacts again that the rep had removed, since a service has named them anew.

    Not so those on the do-not-contact list; and the result of an enrichment names nobody: it was under way already.

    Returns:
        Who is back, each with the record that names them.
    """
    naming = {contact_id: record for contact_id, record in placed if record.kind is not RecordKind.ENRICHMENT}
    removed = sorted(removed_ids(conn, naming))
    if not removed:
        return []
    unwanted = find_contacts(conn, removed)
    back = [(contact_id, naming[contact_id]) for contact_id in removed if contact_id not in unwanted]
    show_again(conn, [contact_id for contact_id, _ in back])
    for contact_id, record in back:
        note_event(
            conn,
            [contact_id],
            f"Back in the library: {record.provider.label} gave it again.",
            at=record.fetched_at,
            provider=record.provider,
        )
    return back


def show_again(conn: Connection, contact_ids: Iterable[int]) -> None:
    """Show contacts that the rep had removed."""
    conn.executemany(
        "UPDATE contact SET removed_at = NULL WHERE contact_id = ?", [(contact_id,) for contact_id in contact_ids]
    )


def _event(record: SourceRecord) -> str:
    service = record.provider.label
    if record.kind is RecordKind.ENRICHMENT and not record.fields.emails and not record.fields.phones:
        return f"{service} was asked to enrich it and found nothing."
    text = _EVENT_TEXT[record.kind].format(service)
    if not record.credits_charged:
        return f"{text}."
    return f"{text} for {'1 credit' if record.credits_charged == 1 else f'{record.credits_charged:,} credits'}."


def _charged_at(record: SourceRecord) -> int | None:
    return stamp(record.fetched_at) if record.credits_charged else None
