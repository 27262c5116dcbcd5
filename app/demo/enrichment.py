"""Tamtam's enrichment: takes time, arrives bit by bit, and each person always ends the same way."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.demo.dataset import Person, stable_number
from app.demo.http import rfc3339
from app.demo.ledger import Charge, Submit
from app.demo.spelling import email_at, index_of_handle, phone_of, romanised_name, true_name
from app.demo.state import DemoState
from app.demo.text import fold, slug
from app.domain.enrichment import PRICES, EnrichField, PersonInput
from app.domain.identifiers import linkedin_slug, normalise_domain
from app.domain.outcomes import Outcome
from app.domain.provider import Provider

_VERDICTS = ("DELIVERABLE", "DELIVERABLE", "DELIVERABLE", "HIGH_PROBABILITY", "CATCH_ALL", "INVALID")
_WIRE_NAMES = {EnrichField.EMAILS: "contact.emails", EnrichField.PHONES: "contact.phones"}
# Of 100 people: so many found, then so many failed; the rest is not found.
_SHARES = {EnrichField.EMAILS: (72, 6), EnrichField.PHONES: (48, 8)}
_RESERVED_ENDINGS = (".example", ".test", ".invalid", "example.com", "example.net", "example.org")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one field of one person ends, with the values found."""

    field: EnrichField
    outcome: Outcome
    emails: tuple[tuple[str, str], ...] = ()
    phones: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One person of a batch: what was sent along, who it is, and how it will end."""

    custom: dict[str, str]
    person_key: str
    answers: tuple[Answer, ...]

    @property
    def client_key(self) -> str:
        """The client's own key, "" when it sent none."""
        return self.custom.get("client_key", "")


@dataclass(slots=True)
class Batch:
    """One accepted submit. `maximum` is its reservation in credits, `takes` its running time in seconds.

    `account` is "" for the first account, whose key everybody has.
    """

    request_id: str
    items: tuple[Item, ...]
    takes: float
    maximum: int
    per_field: bool
    fails: bool
    accepted_at: float = 0
    settled: bool = False
    account: str = ""


class Enricher:
    """All batches of a server."""

    def __init__(self, state: DemoState) -> None:
        self._state = state
        self._batches: dict[str, Batch] = {}
        self._names: dict[int, dict[str, Person]] = {}  # company → folded name → person, filled when asked for

    def batch(self, request_id: str) -> Batch | None:
        """The batch with a request id."""
        return self._batches.get(request_id)

    def open_batches(self) -> Iterator[Batch]:
        """Those whose credits are still held."""
        return (batch for batch in self._batches.values() if not batch.settled)

    def prepare(
        self, request_id: str, requests: Sequence[Mapping[str, object]], *, fails: bool, account: str = ""
    ) -> Batch:
        """A batch with its future, not accepted yet."""
        items = tuple(self._item(request) for request in requests)
        options = self._state.options
        spread = 0.6 + stable_number(items[0].person_key, 100) / 100
        layout = options.layout or ("person" if len(self._batches) % 2 else "field")
        return Batch(
            request_id=request_id,
            items=items,
            takes=options.enrichment_seconds * spread,
            maximum=sum(PRICES[answer.field] for item in items for answer in item.answers),
            per_field=layout == "field",
            fails=fails,
            account=account,
        )

    def accept(self, batch: Batch, *, dropped: bool) -> None:
        """Start the work and write the submit into the books."""
        batch.accepted_at = self._state.seconds()
        self._batches[batch.request_id] = batch
        self._state.ledger.submits.append(
            Submit(
                request_id=batch.request_id,
                client_keys=[item.client_key for item in batch.items],
                people=[item.person_key for item in batch.items],
                fields=sorted({answer.field.value for item in batch.items for answer in item.answers}),
                accepted_at=rfc3339(self._state.now()),
                reserved=batch.maximum,
                dropped=dropped,
            )
        )

    def settle(self) -> Counter[str]:
        """Charge for what finished since the last look; returns the credits to release, by account."""
        released: Counter[str] = Counter()
        for batch in list(self.open_batches()):
            if self._progress(batch) >= 1:
                batch.settled = True
                released[batch.account] += batch.maximum - (0 if batch.fails else self._charge(batch))
        return released

    def answer(self, batch: Batch) -> dict[str, object]:
        """What a poll says now."""
        progress = self._progress(batch)
        status = "PROCESSING" if progress < 1 else "FAILED" if batch.fails else "COMPLETED"
        results: list[dict[str, object]] = []
        if not batch.fails:
            ready = int(progress * len(batch.items))
            for item in _finishing_order(batch)[:ready]:
                results += _entries_per_field(item) if batch.per_field else [_entry_per_person(item)]
        return {
            "request_id": batch.request_id,
            "status": status,
            "item_count": len(batch.items),
            "results": results or None,
        }

    def _progress(self, batch: Batch) -> float:
        if batch.takes <= 0:
            return 1
        return min(1.0, (self._state.seconds() - batch.accepted_at) / batch.takes)

    def _charge(self, batch: Batch) -> int:
        charged = 0
        for item in batch.items:
            for answer in item.answers:
                if answer.outcome is Outcome.FOUND:
                    charged += PRICES[answer.field]
                    self._state.ledger.charges.append(
                        Charge(
                            provider=Provider.TAMTAM,
                            account=batch.account,
                            request_id=batch.request_id,
                            ids=[item.client_key],
                            credits=PRICES[answer.field],
                            at=rfc3339(self._state.now()),
                            field=answer.field,
                            person=item.person_key,
                        )
                    )
        return charged

    def _item(self, request: Mapping[str, object]) -> Item:
        custom = request.get("custom")
        person = PersonInput(
            first_name=str(request["firstname"]),
            last_name=str(request["lastname"]),
            domain=str(request["domain"]),
            company_name=str(request.get("company_name", "")),
            linkedin_url=str(request.get("linkedin_url", "")),
        )
        wanted = request["enrich_fields"]
        names = set(wanted) if isinstance(wanted, list) else set()
        known = self._who(person)
        answers = tuple(_look_up(person, known, field) for field, name in _WIRE_NAMES.items() if name in names)
        return Item(dict(custom) if isinstance(custom, dict) else {}, person.person_key, answers)

    def _who(self, person: PersonInput) -> Person | None:
        """The human of the data set who is meant: by LinkedIn profile, else by name and domain."""
        data = self._state.data
        index = index_of_handle(linkedin_slug(person.linkedin_url))
        if index is not None and index < data.contacts:
            return data.people[index]
        company = data.company_by_domain(normalise_domain(person.domain))
        if company is None:
            return None
        names = self._names.get(company.index)
        if names is None:
            names = self._names[company.index] = {}
            for candidate in company.people:
                names.setdefault(true_name(candidate).folded, candidate)
                names.setdefault(romanised_name(candidate).folded, candidate)
        return names.get(fold(f"{person.first_name} {person.last_name}"))


def _look_up(person: PersonInput, known: Person | None, field: EnrichField) -> Answer:
    """How the field ends: decided by who the person is, so that asking again ends the same way."""
    identity = f"person {known.index}" if known is not None else person.person_key
    draw = stable_number(f"{field} {identity}", 100)
    found, failed = _SHARES[field]
    domain = normalise_domain(person.domain)
    if found <= draw < found + failed:
        return Answer(field, Outcome.FAILED)
    # A made-up address at a domain that may exist could be somebody's.
    if draw >= found or not domain.endswith(_RESERVED_ENDINGS):
        return Answer(field, Outcome.NOT_FOUND)
    if field is EnrichField.PHONES:
        number = phone_of(known) if known is not None else f"+1-555-01{draw:02}"
        region = known.city.country_code if known is not None else "US"
        return Answer(field, Outcome.FOUND, phones=((number, region),))
    if known is not None:
        address = email_at(known, domain)
    else:
        address = f"{slug(person.first_name)}.{slug(person.last_name)}@{domain}".strip(".")
    verdict = _VERDICTS[stable_number(f"verdict {identity}", len(_VERDICTS))]
    emails = [(address, verdict)]
    if draw % 5 == 0:
        emails.append((f"{address[0]}.{address.partition('@')[0].rpartition('.')[2]}@{domain}", "CATCH_ALL"))
    return Answer(field, Outcome.FOUND, emails=tuple(emails))


def _finishing_order(batch: Batch) -> list[Item]:
    """Any order but the one that was sent."""
    numbered = list(enumerate(batch.items))
    mixed = sorted(numbered, key=lambda pair: stable_number(f"{batch.request_id} {pair[0]}", 1 << 32))
    if mixed == numbered:
        mixed.reverse()
    return [item for _, item in mixed]


def _entries_per_field(item: Item) -> list[dict[str, object]]:
    entries = []
    for answer in item.answers:
        entry: dict[str, object] = {"enrichment_type": _WIRE_NAMES[answer.field], "status": "COMPLETED"}
        if item.custom:
            entry["custom"] = item.custom
        if answer.outcome is Outcome.FAILED:
            entry |= {"status": "FAILED", "error": "upstream lookup failed"}
        else:
            entry |= _values(answer)
        entries.append(entry)
    return entries


def _entry_per_person(item: Item) -> dict[str, object]:
    """One entry for all fields; it counts as failed only when each of them failed."""
    failed = [answer for answer in item.answers if answer.outcome is Outcome.FAILED]
    entry: dict[str, object] = {
        "enrichment_type": ",".join(_WIRE_NAMES[answer.field] for answer in item.answers),
        "status": "FAILED" if len(failed) == len(item.answers) else "COMPLETED",
    }
    if item.custom:
        entry["custom"] = item.custom
    for answer in item.answers:
        if answer not in failed:
            entry |= _values(answer)
    if failed:
        entry["error"] = "upstream lookup failed for " + ", ".join(_WIRE_NAMES[answer.field] for answer in failed)
    return entry


def _values(answer: Answer) -> dict[str, object]:
    if answer.field is EnrichField.EMAILS:
        values: dict[str, object] = {
            "emails": [{"email": address, "status": verdict} for address, verdict in answer.emails] or None
        }
        if answer.emails and answer.emails[0][1] != "INVALID":
            values["most_probable_email"] = answer.emails[0][0]
        return values
    return {"phones": [{"number": number, "region": region} for number, region in answer.phones] or None}
