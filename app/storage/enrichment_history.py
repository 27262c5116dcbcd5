"""What the enrichment queue remembers: who waits, what was bought before, and how often a field is found."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import EnrichField, contact_key, same_person
from app.domain.outcomes import Outcome
from app.storage.columns import emails, json_list, json_texts, optional_moment, phones
from app.storage.database import Connection, rows

_KEYS_AT_ONCE = 5_000
_WITH_KEY = (
    "SELECT item_id FROM enrichment_key WHERE key IN (SELECT value FROM json_each(?1))"
    " UNION SELECT n.item_id FROM (SELECT CAST(substr(value, 9) AS INTEGER) AS contact_id FROM json_each(?1)"
    " WHERE value LIKE 'contact:%') asked JOIN contact m ON m.contact_id = asked.contact_id"
    " OR m.merged_into = asked.contact_id JOIN enrichment_item n ON n.contact_id = m.contact_id"
)
_KNOWN = (
    "SELECT f.item_id, f.field, f.outcome, f.finished_at, b.state, coalesce(c.merged_into, c.contact_id),"  # noqa: S608 - no value from outside
    " i.emails, i.phones, (SELECT json_group_array(key) FROM enrichment_key k WHERE k.item_id = f.item_id)"
    " FROM enrichment_field f JOIN enrichment_item i ON i.item_id = f.item_id"
    " JOIN enrichment_batch b ON b.batch_id = i.batch_id"
    " LEFT JOIN contact c ON c.contact_id = i.contact_id"
    f" WHERE f.item_id IN ({_WITH_KEY})"
)


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """One field that was asked of somebody: who, by all keys; how it stands or ended, when; and the values.

    `waits` says that it must not be asked again: an answer is to come, or a submit may have gone through unseen.
    """

    keys: frozenset[str]
    field: EnrichField
    outcome: Outcome
    waits: bool
    at: datetime | None
    contact_id: int | None
    emails: tuple[EmailValue, ...]
    phones: tuple[PhoneValue, ...]


class PeopleIndex:
    """People with a field, to be found by any of their keys."""

    def __init__(self, people: Iterable[tuple[Collection[str], EnrichField]] = ()) -> None:
        self._by_key: dict[tuple[str, EnrichField], list[Collection[str]]] = {}
        for keys, field in people:
            self.add(keys, field)

    def add(self, keys: Collection[str], field: EnrichField) -> None:
        """Put somebody in."""
        for key in keys:
            self._by_key.setdefault((key, field), []).append(keys)

    def find(self, keys: Collection[str], field: EnrichField) -> bool:
        """Whether that person is in."""
        return any(same_person(keys, other) for key in keys for other in self._by_key.get((key, field), ()))


def known_people(conn: Connection, keys: Collection[str]) -> list[KnownPerson]:
    """All that was ever asked of people who share a key with these (`PersonInput.queue_keys`), oldest first."""
    wanted, found = sorted(keys), {}
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        for item_id, field, outcome, at, state, contact_id, email_json, phone_json, joined in rows(
            conn,
            _KNOWN,
            (json_list(wanted[start : start + _KEYS_AT_ONCE]),),
        ):
            contact = () if contact_id is None else (contact_key(contact_id),)
            found[item_id, field] = KnownPerson(
                keys=frozenset((*json_texts(joined), *contact)),
                field=EnrichField(field),
                outcome=Outcome(outcome),
                waits=Outcome(outcome).is_open or state == "unknown_outcome",
                at=optional_moment(at),
                contact_id=contact_id,
                emails=emails(email_json),
                phones=phones(phone_json),
            )
    return [found[item] for item in sorted(found)]


def hit_rate(conn: Connection, field: EnrichField) -> tuple[int, int]:
    """How often a field was found: (found, answered)."""
    ((found, answered),) = rows(
        conn,
        "SELECT count(*) FILTER (WHERE outcome IN ('found', 'partial')), count(*) FROM enrichment_field"
        " WHERE field = ? AND outcome IN ('found', 'partial', 'not_found')",
        (field,),
    )
    return found, answered
