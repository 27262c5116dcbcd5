"""Storing what an enrichment brought: values, outcomes and source records, inside a caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.contact import PersonFields, RecordKind, SourceRecord
from app.domain.enrichment import EnrichmentBatch, EnrichmentItem, ItemResult, price
from app.domain.outcomes import Outcome
from app.storage.columns import stamp, to_json
from app.storage.database import Connection, one
from app.storage.enrichment_moves import PROVIDER
from app.storage.enrichment_rows import read_items
from app.storage.library import LibraryRepository
from app.storage.refreshing import show_outcomes
from app.storage.states import IllegalTransitionError

_BOUGHT = (Outcome.FOUND, Outcome.PARTIAL)
_ANSWERED = (*_BOUGHT, Outcome.NOT_FOUND)


def store_values(conn: Connection, batch_id: int, results: Sequence[ItemResult]) -> None:
    """Keep the values found so far with the people of a batch.

    Raises:
        IllegalTransitionError: A result is about nobody in the batch.
    """
    for result in results:
        conn.execute(
            "UPDATE enrichment_item SET emails = ?, phones = ? WHERE batch_id = ? AND client_key = ?",
            (to_json(result.emails), to_json(result.phones), batch_id, result.client_key),
        )
        if not conn.changes():
            raise IllegalTransitionError(f"Batch {batch_id} holds no item {result.client_key}")


def finish_fields(conn: Connection, batch_id: int, results: Sequence[ItemResult], at: datetime) -> None:
    """Give the fields that were in flight their final outcomes.

    Raises:
        IllegalTransitionError: An outcome is not final, or nobody waits for it.
    """
    for result in results:
        for part in result.results:
            if part.outcome.is_open:
                raise IllegalTransitionError(f"Batch {batch_id} cannot complete with {part.field} {part.outcome}")
            conn.execute(
                "UPDATE enrichment_field SET outcome = ?, reason = ?, finished_at = ?"
                " WHERE field = ? AND outcome = 'in_flight'"
                " AND item_id = (SELECT item_id FROM enrichment_item WHERE client_key = ?)",
                (part.outcome, part.reason, stamp(at), part.field, result.client_key),
            )
            if not conn.changes():
                raise IllegalTransitionError(f"Batch {batch_id} does not wait for {part.field} of {result.client_key}")


def store_answer(conn: Connection, batch_id: int, raw: bytes, unmatched: Sequence[bytes], fetched_at: datetime) -> None:
    """Keep an answer byte for byte, and its entries about nobody in the batch."""
    conn.execute(
        "INSERT INTO enrichment_answer (batch_id, fetched_at, raw) VALUES (?, ?, ?)", (batch_id, stamp(fetched_at), raw)
    )
    conn.executemany(
        "INSERT INTO enrichment_unmatched (batch_id, raw) VALUES (?, ?)", [(batch_id, entry) for entry in unmatched]
    )


def store_contacts(
    conn: Connection,
    library: LibraryRepository,
    batch: EnrichmentBatch,
    results: Sequence[ItemResult],
    fetched_at: datetime,
) -> list[int]:
    """Put what was answered into the library, and the contacts on the items; returns the contacts."""
    items = {item.client_key: item for item in read_items(conn, batch_id=batch.batch_id)}
    answered = [
        (items[result.client_key], result)
        for result in results
        if any(part.outcome in _ANSWERED for part in result.results)
    ]
    contact_ids = library.store_records(
        conn,
        [_source_record(item, result, batch.request_id, fetched_at) for item, result in answered],
        contact_ids=[_known_contact(conn, item) for item, _ in answered],
    )
    conn.executemany(
        "UPDATE enrichment_item SET contact_id = ? WHERE item_id = ?",
        [(contact_id, item.item_id) for contact_id, (item, _) in zip(contact_ids, answered, strict=True)],
    )
    show_outcomes(conn, contact_ids)
    return contact_ids


def _known_contact(conn: Connection, item: EnrichmentItem) -> int | None:
    """The contact of a person, also when an earlier enrichment of the same typed person made it."""
    if item.person.contact_id is not None:
        return item.person.contact_id
    earlier = one(
        conn,
        "SELECT contact_id FROM enrichment_item WHERE person_key = ? AND contact_id IS NOT NULL"
        " ORDER BY item_id DESC LIMIT 1",
        (item.person.person_key,),
    )
    return None if earlier is None else int(earlier[0])


def _source_record(item: EnrichmentItem, result: ItemResult, request_id: str, fetched_at: datetime) -> SourceRecord:
    said = PersonFields(emails=result.emails, phones=result.phones)
    person = item.person
    if person.contact_id is None:
        # Nobody else has spoken of this person: the contact takes the name the rep typed.
        said = replace(
            said,
            first_name=person.first_name,
            last_name=person.last_name,
            company_name=person.company_name,
            company_domain=person.domain,
            linkedin_url=person.linkedin_url,
        )
    return SourceRecord(
        provider=PROVIDER,
        provider_id=item.client_key,
        kind=RecordKind.ENRICHMENT,
        fetched_at=fetched_at,
        fields=said,
        raw=result.raw,
        credits_charged=price(part.field for part in result.results if part.outcome in _BOUGHT),
        request_id=request_id,
    )
