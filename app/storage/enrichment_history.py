"""What the enrichment queue remembers: who waits, what was bought before, and how often a field is found."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import EnrichField
from app.domain.outcomes import Outcome
from app.storage.columns import emails, json_list, moment, phones
from app.storage.database import Connection, rows


@dataclass(frozen=True, slots=True)
class Bought:
    """A field that was bought before: how it ended, when, and the values, so that it need not be bought again."""

    outcome: Outcome
    at: datetime
    contact_id: int | None
    emails: tuple[EmailValue, ...]
    phones: tuple[PhoneValue, ...]


def open_person_keys(conn: Connection) -> set[tuple[str, EnrichField]]:
    """Who waits for an answer, or was in a submit that may have gone through unseen."""
    found = rows(
        conn,
        "SELECT person_key, field FROM enrichment_field WHERE outcome IN ('queued', 'in_flight')"
        " UNION SELECT f.person_key, f.field FROM enrichment_batch b"
        " JOIN enrichment_item i ON i.batch_id = b.batch_id JOIN enrichment_field f ON f.item_id = i.item_id"
        " WHERE b.state = 'unknown_outcome'",
    )
    return {(person_key, EnrichField(field)) for person_key, field in found}


def bought(conn: Connection, person_keys: Collection[str], field: EnrichField) -> dict[str, Bought]:
    """The newest purchase that found something, per person key."""
    found = rows(
        conn,
        "SELECT f.person_key, f.outcome, max(f.finished_at), coalesce(c.merged_into, c.contact_id), i.emails, i.phones"
        " FROM enrichment_field f JOIN enrichment_item i ON i.item_id = f.item_id"
        " LEFT JOIN contact c ON c.contact_id = i.contact_id"
        " WHERE f.person_key IN (SELECT value FROM json_each(?)) AND f.field = ?"
        " AND f.outcome IN ('found', 'partial') GROUP BY f.person_key",
        (json_list(person_keys), field),
    )
    return {
        key: Bought(Outcome(outcome), moment(at), contact_id, emails(email_json), phones(phone_json))
        for key, outcome, at, contact_id, email_json, phone_json in found
    }


def hit_rate(conn: Connection, field: EnrichField) -> tuple[int, int]:
    """How often a field was found: (found, answered)."""
    ((found, answered),) = rows(
        conn,
        "SELECT count(*) FILTER (WHERE outcome IN ('found', 'partial')), count(*) FROM enrichment_field"
        " WHERE field = ? AND outcome IN ('found', 'partial', 'not_found')",
        (field,),
    )
    return found, answered
