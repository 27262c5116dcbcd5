"""What a click on “Enrich” would do: who is sent, who is not and why, what is owned already, and what it may cost."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import count

from app.domain.contact import ContactRow
from app.domain.credits import Estimate
from app.domain.enrichment import PRICES, EnrichField, PersonInput, missing_for_enrichment, price, same_person
from app.domain.identifiers import domain_of_email, normalise_domain
from app.domain.outcomes import Outcome
from app.storage.enrichment_history import KnownPerson, PeopleIndex

#: Fewer finished look-ups than this say nothing about the hit rate to expect.
SMALLEST_SAMPLE = 20

DUPLICATE = "The same person is in this selection already."
IN_QUEUE = "Already in the queue."
OWNED = "Already in the library."
SUPPRESSED = "On the do-not-contact list."
REMOVED = "Removed from the library."

#: Ends of what was sent, or may have been, and never answered.
_UNANSWERED = (Outcome.UNKNOWN, Outcome.EXPIRED)


class Exclusion(StrEnum):
    """Why somebody is not sent."""

    OWNED = "owned"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"
    REMOVED = "removed"
    IN_QUEUE = "in_queue"
    NOT_ELIGIBLE = "not_eligible"


@dataclass(frozen=True, slots=True)
class Ineligible:
    """A row that will not be sent, and why. `row` counts from 1 in the order given."""

    name: str
    reason: str
    row: int
    contact_id: int | None
    kind: Exclusion = Exclusion.NOT_ELIGIBLE


@dataclass(frozen=True, slots=True)
class OwnedValue:
    """A value that need not be bought: whose, and since when it is known (UTC)."""

    row: int
    contact_id: int | None
    field: EnrichField
    value: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class EnrichmentPlan:
    """What a click on “Enrich” would do.

    `people` will be sent, `rows` are their rows, counted from 1 in the order given, and `wanted` is what is asked of
    each: less than `fields` where a value is owned already. `owned` are those values, with their age. `balance_left`
    is None when the provider could not be asked. `maybe_charged` counts those of `people` who were sent before without
    an answer that was seen. `named_anew` are the contacts among them whom the rep had removed from the library, and
    has named since: they come back with the consent.
    """

    fields: frozenset[EnrichField]
    people: tuple[PersonInput, ...]
    rows: tuple[int, ...]
    wanted: tuple[frozenset[EnrichField], ...]
    ineligible: tuple[Ineligible, ...]
    estimate: Estimate
    balance_left: int | None
    owned: tuple[OwnedValue, ...] = ()
    maybe_charged: int = 0
    named_anew: tuple[int, ...] = ()

    @property
    def maybe_charged_text(self) -> str:
        """What to say, before they are bought, of people who may have been charged before; "" where there are none."""
        if not self.maybe_charged:
            return ""
        who = "1 of them was" if self.maybe_charged == 1 else f"{self.maybe_charged:,} of them were"
        return f"{who} sent before, and the answer was not seen: a charge for that is not returned."

    @property
    def sent(self) -> tuple[tuple[PersonInput, frozenset[EnrichField]], ...]:
        """Who will be sent, with what is asked of each."""
        return tuple(zip(self.people, self.wanted, strict=True))

    @property
    def excluded_by_kind(self) -> dict[Exclusion, int]:
        """Rows that are not sent at all, by kind of reason."""
        return dict(Counter(row.kind for row in self.ineligible))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might be sent: what is wanted, what the library shows for them, and why they must not be asked for.

    `suppressed` is "" for everybody who is not on the do-not-contact list. `removed` says that the rep has removed the
    contact from the library.
    """

    person: PersonInput
    wanted: frozenset[EnrichField]
    owned: Mapping[EnrichField, tuple[str, datetime | None]] = field(default_factory=dict)
    suppressed: str = ""
    removed: bool = False


@dataclass(slots=True)
class Sorted:
    """Candidates sorted into who is sent and who is not."""

    sent: list[tuple[int, PersonInput, frozenset[EnrichField]]] = field(default_factory=list)
    ineligible: list[Ineligible] = field(default_factory=list)
    owned: list[OwnedValue] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    maybe_charged: int = 0

    def leave_out(
        self, number: int, person: PersonInput, reason: str, kind: Exclusion, *, counted_as: str = ""
    ) -> None:
        """Somebody is not sent; the estimate counts them under the reason, or a shorter one."""
        name = f"{person.first_name} {person.last_name}".strip() or person.company_name
        self.ineligible.append(Ineligible(name, reason, number, person.contact_id, kind))
        self.excluded[counted_as or reason] += 1


def sort_one_by_one(
    candidates: Sequence[Candidate], known: Sequence[KnownPerson], done: Sorted, *, refresh: bool = False
) -> Iterator[None]:
    """Keep everybody out who cannot go, need not go, or is on the way already; comes up for air after each.

    Args:
        candidates: In the order given.
        known: What the queue remembers of people who share a key with them.
        done: Gets them.
        refresh: Buy again what is owned; who waits for an answer is never sent twice.
    """
    waiting = PeopleIndex([(each.keys, each.field) for each in known if each.waits])
    unanswered = PeopleIndex(
        [(each.keys, each.field) for each in known if each.outcome in _UNANSWERED and not each.waits]
    )
    bought: dict[str, list[KnownPerson]] = {}
    for each in known:
        if each.outcome in (Outcome.FOUND, Outcome.PARTIAL):
            for key in each.keys:
                bought.setdefault(key, []).append(each)
    taken = PeopleIndex()
    for number, candidate in zip(count(1), candidates):
        yield
        person, keys = candidate.person, candidate.person.queue_keys
        if candidate.suppressed:
            done.leave_out(number, person, candidate.suppressed, Exclusion.SUPPRESSED, counted_as=SUPPRESSED)
            continue
        if candidate.removed:
            done.leave_out(number, person, REMOVED, Exclusion.REMOVED)
            continue
        has = {} if refresh else _owned_by(candidate, keys, bought)
        waits = {name for name in candidate.wanted - set(has) if waiting.find(keys, name)}
        wanted = candidate.wanted - set(has) - waits
        twice = {name for name in wanted if taken.find(keys, name)}
        reason, kind = missing_for_enrichment(person), Exclusion.NOT_ELIGIBLE
        if not wanted:
            reason, kind = (IN_QUEUE, Exclusion.IN_QUEUE) if waits else (OWNED, Exclusion.OWNED)
        elif not reason and twice == wanted:
            reason, kind = DUPLICATE, Exclusion.DUPLICATE
        done.owned += [
            OwnedValue(number, person.contact_id, name, value, at) for name, (value, at) in sorted(has.items())
        ]
        if reason:
            done.leave_out(number, person, reason, kind)
            continue
        done.excluded.update(f"{name.label} already in the library." for name in has)
        for asked in wanted - twice:
            taken.add(keys, asked)
        done.maybe_charged += any(unanswered.find(keys, asked) for asked in wanted - twice)
        done.sent.append((number, replace(person, domain=normalise_domain(person.domain)), wanted - twice))


def estimate_of(
    wanted: Sequence[frozenset[EnrichField]], rates: Mapping[EnrichField, tuple[int, int]], excluded: Counter[str]
) -> Estimate:
    """Low, likely and maximum in credits; `rates` are found and finished look-ups of the past per field."""
    sample = min((finished for _, finished in rates.values()), default=0)
    low = likely = 0.0
    for name, (found, finished) in rates.items():
        most = sum(name in asked for asked in wanted) * PRICES[name]
        low += most * lowest_rate(found, finished)
        likely += most * found / finished if finished else 0
    known = sample >= SMALLEST_SAMPLE
    return Estimate(
        low=math.floor(low) if known else None,
        maximum=sum(price(asked) for asked in wanted),
        likely=round(likely) if known else None,
        sample_size=sample,
        excluded=dict(excluded),
    )


def lowest_rate(found: int, answered: int) -> float:
    """The lowest hit rate that is credible after so many found of so many answered: Wilson's bound, 19 times in 20."""
    if not answered:
        return 0.0
    share, z2 = found / answered, 1.645**2
    centre = share + z2 / (2 * answered)
    spread = math.sqrt(z2 * (share * (1 - share) + z2 / (4 * answered)) / answered)
    return max(0.0, (centre - spread) / (1 + z2 / answered))


def person_of(row: ContactRow, domain: str = "") -> PersonInput:
    """A contact as a person to enrich; the domain is the one given, its company's, or its company address's."""
    return PersonInput(
        first_name=row.first_name,
        last_name=row.last_name,
        domain=domain or normalise_domain(row.company_domain) or domain_of_email(row.email),
        company_name=row.company_name,
        linkedin_url=row.linkedin_url,
        contact_id=row.contact_id,
        email=row.email,
    )


def owned_values(row: ContactRow) -> dict[EnrichField, tuple[str, datetime | None]]:
    """What the library shows for a contact, per field, with the age of the contact's newest record."""
    shown = {EnrichField.EMAILS: row.email, EnrichField.PHONES: row.phone}
    return {name: (value, row.fetched_at) for name, value in shown.items() if value and not row.masked}


def _owned_by(
    candidate: Candidate, keys: frozenset[str], bought: Mapping[str, Sequence[KnownPerson]]
) -> dict[EnrichField, tuple[str, datetime | None]]:
    has = {name: value for name, value in candidate.owned.items() if name in candidate.wanted}
    for each in (known for key in keys for known in bought.get(key, ())):
        if each.field not in candidate.wanted or not same_person(keys, each.keys):
            continue
        value = next((email.address for email in each.emails), "")
        if each.field is EnrichField.PHONES:
            value = next((phone.number for phone in each.phones), "")
        if candidate.owned.get(each.field) is None:
            has[each.field] = (value, each.at)
    return has
