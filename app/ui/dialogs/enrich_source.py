"""Who is to be enriched: contacts of the library, or people who were typed or read from a file."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.domain.enrichment import EnrichField, PersonInput
from app.domain.identifiers import normalise_domain
from app.services.domains import MissingDomain, name_key

if TYPE_CHECKING:
    from app.composition import Services
    from app.services.enrichment_plan import EnrichmentPlan


class EnrichSource(Protocol):
    """What the enrichment dialog plans for. `origin` is where they come from, in words, `noun` what one is called."""

    origin: str
    noun: str

    def __len__(self) -> int:
        """How many there are."""
        ...

    async def plan(self, fields: Collection[EnrichField], *, refresh: bool) -> "EnrichmentPlan":
        """What enriching them would do."""
        ...

    async def missing_domains(self) -> list[MissingDomain]:
        """Companies whose domain is not known, once each."""
        ...

    def people_of(self, missing: Sequence[MissingDomain]) -> dict[str, int]:
        """How many wait for each company's domain, by its key."""
        ...

    def set_domains(self, domains: Mapping[str, str]) -> None:
        """Take domains over that the rep has filled in, by the companies' keys."""
        ...


class ContactSource:
    """Contacts of the library. Their companies' domains are remembered there."""

    noun = "contact"

    def __init__(self, services: "Services", contact_ids: Sequence[int], origin: str) -> None:
        self.origin = origin
        self._services = services
        self._contact_ids = list(contact_ids)

    def __len__(self) -> int:
        """How many contacts."""
        return len(self._contact_ids)

    async def plan(self, fields: Collection[EnrichField], *, refresh: bool) -> "EnrichmentPlan":
        """What enriching them would do."""
        return await self._services.enrichment.plan_contacts(self._contact_ids, fields, refresh=refresh)

    async def missing_domains(self) -> list[MissingDomain]:
        """Companies whose domain is not known, once each."""
        return await self._services.domains.missing_domains(self._contact_ids)

    def people_of(self, missing: Sequence[MissingDomain]) -> dict[str, int]:
        """How many contacts wait for each company's domain, by its key."""
        return {each.key: len(each.contact_ids) for each in missing}

    def set_domains(self, domains: Mapping[str, str]) -> None:
        """Nothing to do: the next plan reads what was remembered."""


class PeopleSource:
    """People who are in no library yet, in the order of their file."""

    noun = "person"

    def __init__(self, services: "Services", people: Sequence[PersonInput], origin: str) -> None:
        self.origin = origin
        self._services = services
        self._people = list(people)

    def __len__(self) -> int:
        """How many people."""
        return len(self._people)

    async def plan(self, fields: Collection[EnrichField], *, refresh: bool) -> "EnrichmentPlan":
        """What enriching them would do, with what the rep has said of their companies' domains before."""
        self.set_domains(await self._services.domains.told({key for key in map(_key, self._lacking()) if key}))
        return await self._services.enrichment.plan_people(self._people, fields, refresh=refresh)

    async def missing_domains(self) -> list[MissingDomain]:
        """Companies whose domain is not known, once each."""
        named = {_key(person): person.company_name.strip() for person in self._lacking()}
        return [MissingDomain(key, name, "", ()) for key, name in named.items() if key]

    def people_of(self, missing: Sequence[MissingDomain]) -> dict[str, int]:
        """How many people wait for each company's domain, by its key."""
        waiting = Counter(map(_key, self._lacking()))
        return {each.key: waiting[each.key] for each in missing}

    def set_domains(self, domains: Mapping[str, str]) -> None:
        """Give the people of these companies their domain."""
        self._people = [
            replace(person, domain=domains[_key(person)])
            if not normalise_domain(person.domain) and _key(person) in domains
            else person
            for person in self._people
        ]

    def _lacking(self) -> list[PersonInput]:
        return [person for person in self._people if not normalise_domain(person.domain)]


def _key(person: PersonInput) -> str:
    return name_key(person.company_name)
