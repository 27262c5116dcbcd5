"""Enrichment: people, fields, eligibility, prices, and the states a batch may take.

Prices and limits: Tamtam contract sheet section 3 (1 credit per person for emails, 10 for phones, 1 to 100
people per batch; reserved on submission, confirmed on completion).
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain.contact import EmailValue, PhoneValue
from app.domain.credits import Spending
from app.domain.identifiers import email_key, linkedin_slug, normalise_domain, normalise_email
from app.domain.outcomes import Outcome


class EnrichField(StrEnum):
    """A field that can be bought; the value is its name on the command line."""

    EMAILS = "emails"
    PHONES = "phones"

    @property
    def label(self) -> str:
        """The field in words."""
        return "E-mails" if self is EnrichField.EMAILS else "Phones"


PRICES: dict[EnrichField, int] = {EnrichField.EMAILS: 1, EnrichField.PHONES: 10}
BATCH_SIZE = 100

#: How long results are taken to be kept after a submit. The vendor names no limit; its neighbours keep them 30 days.
RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PersonInput:
    """A person to enrich. `contact_id` links to the library, None for a typed or imported person.

    `email` is an address already known; it is not sent, it only tells who this is.
    """

    first_name: str
    last_name: str
    domain: str
    company_name: str = ""
    linkedin_url: str = ""
    contact_id: int | None = None
    email: str = ""

    @property
    def person_key(self) -> str:
        """Identity for "not twice": the LinkedIn slug, else name and domain, folded."""
        slug = linkedin_slug(self.linkedin_url)
        if slug:
            return f"linkedin:{slug}"
        return self._name_key

    @property
    def identity_keys(self) -> frozenset[str]:
        """All keys this person goes by, see `same_person`: slug, name and domain, and a mailbox of their own."""
        keys = {self.person_key}
        if normalise_domain(self.domain) and self.first_name.strip() and self.last_name.strip():
            keys.add(self._name_key)
        if mailbox := email_key(self.email):
            # Older entries of the queue stand under the address as it was spelt.
            keys |= {f"email:{mailbox}", f"email:{normalise_email(self.email)}"}
        return frozenset(keys)

    @property
    def queue_keys(self) -> frozenset[str]:
        """All keys that the queue knows this person by: a contact stays one person, whatever is shown of it by then."""
        contact = () if self.contact_id is None else (contact_key(self.contact_id),)
        return self.identity_keys.union(contact)

    @property
    def _name_key(self) -> str:
        words = re.sub(r"\s+", " ", f"{self.first_name} {self.last_name}").strip().casefold()
        return f"name:{words}@{normalise_domain(self.domain)}"


def contact_key(contact_id: int) -> str:
    """The key of a contact of the library."""
    return f"contact:{contact_id}"


def same_person(keys: Collection[str], others: Collection[str]) -> bool:
    """Whether two people share an identity key and no two LinkedIn profiles speak against it."""
    if not set(keys) & set(others):
        return False
    mine, theirs = ({key for key in each if key.startswith("linkedin:")} for each in (keys, others))
    return not mine or not theirs or bool(mine & theirs)


def missing_for_enrichment(person: PersonInput) -> str:
    """Why a person cannot be enriched, in words for the rep; "" when it can."""
    missing = []
    if not person.first_name.strip():
        missing.append("first name")
    if not person.last_name.strip():
        missing.append("last name")
    if not normalise_domain(person.domain):
        missing.append("company domain")
    if not missing:
        return ""
    return "Missing " + (" and ".join([", ".join(missing[:-1]), missing[-1]]) if len(missing) > 1 else missing[0]) + "."


def price(fields: Iterable[EnrichField]) -> int:
    """The most that one person may cost, in credits."""
    return sum(PRICES[enrich_field] for enrich_field in set(fields))


class BatchState(StrEnum):
    """Where an enrichment batch stands.

    `draft` waits for its turn; `reserved` has its credits set aside; `submitting` is written before the request
    leaves; `submitted` has its request id; `collecting` has seen a first answer; the rest are ends.
    `unknown_outcome` waits for the rep: it is never resent unasked.
    """

    DRAFT = "draft"
    RESERVED = "reserved"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    COLLECTING = "collecting"
    COMPLETE = "complete"
    REJECTED = "rejected"
    UNKNOWN_OUTCOME = "unknown_outcome"
    EXPIRED = "expired"
    ABANDONED = "abandoned"

    @property
    def is_pollable(self) -> bool:
        """Whether the provider can be asked for its results."""
        return self in (BatchState.SUBMITTED, BatchState.COLLECTING)

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in (
            BatchState.COMPLETE,
            BatchState.REJECTED,
            BatchState.UNKNOWN_OUTCOME,
            BatchState.EXPIRED,
            BatchState.ABANDONED,
        )


#: Something is asked of the provider, or was bought from it and is still to be collected.
IN_FLIGHT = (BatchState.SUBMITTING, BatchState.SUBMITTED, BatchState.COLLECTING)

TRANSITIONS: dict[BatchState, frozenset[BatchState]] = {
    BatchState.DRAFT: frozenset({BatchState.RESERVED, BatchState.REJECTED, BatchState.ABANDONED}),
    BatchState.RESERVED: frozenset({BatchState.SUBMITTING, BatchState.DRAFT, BatchState.ABANDONED}),
    BatchState.SUBMITTING: frozenset(
        {BatchState.SUBMITTED, BatchState.REJECTED, BatchState.UNKNOWN_OUTCOME, BatchState.DRAFT}
    ),
    BatchState.SUBMITTED: frozenset(
        {BatchState.COLLECTING, BatchState.COMPLETE, BatchState.EXPIRED, BatchState.ABANDONED}
    ),
    BatchState.COLLECTING: frozenset({BatchState.COMPLETE, BatchState.EXPIRED, BatchState.ABANDONED}),
    # Submitted after all: its request id was found in the journal.
    BatchState.UNKNOWN_OUTCOME: frozenset({BatchState.DRAFT, BatchState.ABANDONED, BatchState.SUBMITTED}),
    BatchState.EXPIRED: frozenset({BatchState.DRAFT, BatchState.ABANDONED}),
    BatchState.REJECTED: frozenset({BatchState.DRAFT, BatchState.ABANDONED}),
    BatchState.COMPLETE: frozenset(),
    BatchState.ABANDONED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class SubmitItem:
    """One person of a submit. `client_key` is ours, unique, without personal data, and comes back in `custom`."""

    client_key: str
    person: PersonInput
    fields: frozenset[EnrichField]


@dataclass(frozen=True, slots=True)
class Submission:
    """A provider's acceptance of a batch; `request_id` is the only handle on paid work."""

    request_id: str
    status: str
    item_count: int


class AnswerStatus(StrEnum):
    """A poll's aggregate status, as far as it ends the polling; any other word counts as processing."""

    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    """One entry of a poll's `results`: about a person, or about one field of a person (the vendor does not say).

    `client_key` is "" when the entry carries none of ours. `raw` is the entry's own JSON. `unreadable` says that it
    has another shape than any known one.
    """

    client_key: str
    enrichment_type: str = ""
    status: str = ""
    emails: tuple[EmailValue, ...] = ()
    most_probable_email: str = ""
    phones: tuple[PhoneValue, ...] = ()
    error: str = ""
    raw: bytes = b""
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class EnrichmentAnswer:
    """A poll's answer. `raw_status` is the provider's own word."""

    request_id: str
    status: AnswerStatus
    raw_status: str
    item_count: int
    entries: tuple[AnswerEntry, ...]


@dataclass(frozen=True, slots=True)
class FieldResult:
    """How one field of one person ended."""

    field: EnrichField
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """How one person ended: values found, and an outcome per field asked for."""

    client_key: str
    results: tuple[FieldResult, ...]
    emails: tuple[EmailValue, ...] = ()
    phones: tuple[PhoneValue, ...] = ()
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class EnrichmentItem:
    """One person of a run as the queue stores it. `outcomes` has one entry per field asked for."""

    item_id: int
    run_id: int
    batch_id: int | None
    row: int
    client_key: str
    person: PersonInput
    fields: frozenset[EnrichField]
    outcomes: dict[EnrichField, FieldResult]
    emails: tuple[EmailValue, ...] = ()
    phones: tuple[PhoneValue, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrichmentBatch:
    """One submit. `reserved` and `charged` in credits; `note` says in words why it is where it is.

    Attributes:
        held: Whether it waits until the rep has seen how the run's sample went.
        taken: How many people the provider said it took, None where it did not say.
        expires_at: When the provider may drop the results (our limit, the vendor names none).
        short: Credits that were missing when the provider refused it, 0 otherwise.
        adapter: Which reading of the provider's answers it was sent under, "" before it was sent.
        unreadable: Entries of its answers that could not be made out, which are kept byte for byte.
    """

    batch_id: int
    run_id: int
    state: BatchState
    item_count: int
    created_at: datetime
    updated_at: datetime
    request_id: str = ""
    submitted_at: datetime | None = None
    next_poll_at: datetime | None = None
    polls: int = 0
    reserved: int = 0
    charged: int = 0
    note: str = ""
    key_fingerprint: str = ""
    unmatched: int = 0
    held: bool = False
    taken: int | None = None
    expires_at: datetime | None = None
    short: int = 0
    adapter: str = ""
    unreadable: int = 0

    def is_expiring(self, now: datetime) -> bool:
        """Whether four fifths of the time to collect its results are over."""
        if self.expires_at is None or self.submitted_at is None or not self.state.is_pollable:
            return False
        return now - self.submitted_at >= (self.expires_at - self.submitted_at) * 0.8


@dataclass(frozen=True, slots=True)
class EnrichmentRun:
    """One click on “Enrich”, or one PEOPLE.csv: its batches, what it may spend, and how its fields stand.

    `counts` maps outcome → person-field pairs; `stopped` is True when the rep forbade new spend; `origin` is
    where it came from, for example a file name.
    """

    run_id: int
    created_at: datetime
    fields: frozenset[EnrichField]
    people: int
    spending: Spending
    batches: tuple[EnrichmentBatch, ...]
    counts: dict[Outcome, int] = field(default_factory=dict)
    stopped: bool = False
    origin: str = ""

    @property
    def is_open(self) -> bool:
        """Whether work remains that goes on by itself."""
        return any(
            batch.state.is_pollable
            or batch.state is BatchState.SUBMITTING
            or (not self.stopped and not batch.held and batch.state in (BatchState.DRAFT, BatchState.RESERVED))
            for batch in self.batches
        )

    @property
    def held_people(self) -> int:
        """People who wait for the rep's consent after the sample."""
        return sum(batch.item_count for batch in self.batches if batch.held and batch.state is BatchState.DRAFT)


@dataclass(frozen=True, slots=True)
class QueueEvent:
    """One line of an item's log: what happened to it or to the batch it is in."""

    at: datetime
    text: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An entry of an answer that is about nobody we asked for, byte for byte."""

    unmatched_id: int
    batch_id: int
    request_id: str
    raw: bytes


class LedgerKind(StrEnum):
    """A line of the ledger."""

    RESERVED = "reserved"
    CHARGED = "charged"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One append-only line: `credits` is always positive; `kind` says which way it goes."""

    line_id: int
    at: datetime
    provider: str
    kind: LedgerKind
    credits: int
    request_id: str = ""
    batch_id: int | None = None
    run_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which lines of the ledger: those that fit all that is given. Days are UTC, both ends included."""

    provider: str | None = None
    kind: LedgerKind | None = None
    run_id: int | None = None
    since: date | None = None
    until: date | None = None
