"""The synthetic people and companies, the same for the same seed, and their ids at each service.

A person is a handful of references into the vocabulary (about 200 bytes); everything that a service says is
derived when it is asked for, so 100,000 people stay cheap. Ids can be turned back into the person without an index.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from app.demo.text import slug
from app.demo.vocabulary import (
    CITIES,
    COMPANY_FIRST_WORDS,
    COMPANY_SECOND_WORDS,
    COMPANY_THIRD_WORDS,
    GIVEN_NAMES,
    HEADCOUNTS,
    INDUSTRIES,
    LEGAL_FORMS,
    SURNAMES,
    TITLES,
    City,
    Title,
    Tongue,
    Word,
)
from app.domain.provider import Provider

FLAGSHIP_COMPANY = "Quillmark Lanterns"
"""The largest company of every data set: enough people for several pages at each service."""

LINKEDIN_ACCOUNTS: tuple[str, ...] = ("42", "57", "63")

_SERVICE_BITS = {
    Provider.TALKTOHUMANS: 1,
    Provider.LEADFEEDER: 2,
    Provider.TAMTAM: 4,
    Provider.BUILDWORKPRO: 8,
}
_COMPANIES_PER_CONTACT = 800 / 5000
_MASK = 0xFFFFFFFF
_ODD = 2654435761  # odd, so multiplication modulo 2**32 can be undone
_ODD_INVERSE = pow(_ODD, -1, _MASK + 1)
_NUMERIC_ID_BASE = {Provider.TALKTOHUMANS: 15001, Provider.LEADFEEDER: 3219700001, Provider.BUILDWORKPRO: 4101}
_NUMERIC_ID_STEP = {Provider.TALKTOHUMANS: 1, Provider.LEADFEEDER: 7, Provider.BUILDWORKPRO: 1}


@dataclass(slots=True, eq=False)
class Company:
    """One invented company; `domain` is "" where nobody knows it."""

    index: int
    name: str
    domain: str
    handle: str
    headcount: str
    employees: int
    industry: str
    city: City
    founded: int
    people: list["Person"] = field(default_factory=list)

    @property
    def leadfeeder_id(self) -> str:
        """Its id at Leadfeeder."""
        return str(129000 + self.index)

    @property
    def linkedin_id(self) -> str:
        """LinkedIn's number of its page."""
        return str(900_000_000 + self.index)


@dataclass(slots=True, eq=False)
class Person:
    """One invented human.

    Attributes:
        index: Position in the data set, from 0.
        given: First name.
        surname: Last name, None for people of one word.
        company: Present employer, None for freelancers.
        past: Former employer, if any.
        salt: 32 random bits from which the smaller quirks are taken, see `chance`.
        services: Bit set of the services that know the person.
        accounts: Bit set of the LinkedIn accounts whose network holds the person.
        twin: How many people before have the same name in the same company.
    """

    index: int
    given: Word
    surname: Word | None
    company: Company | None
    past: Company | None
    title: Title
    city: City
    salt: int
    services: int
    accounts: int
    twin: int

    def chance(self, what: str, percent: int) -> bool:
        """Whether the person has a quirk that `percent` of all people have; always the same answer."""
        return self.draw(what, 100) < percent

    def draw(self, what: str, sides: int) -> int:
        """A number below `sides` that depends on the person and on `what` alone."""
        mixed = (self.salt ^ _hash_word(what)) * _ODD & _MASK
        return ((mixed ^ mixed >> 15) * _ODD & _MASK) * sides >> 32

    def known_to(self, provider: Provider) -> bool:
        """Whether a service knows the person."""
        return bool(self.services & _SERVICE_BITS[provider])


@lru_cache(maxsize=4096)
def _hash_word(word: str) -> int:
    return stable_number(word, _MASK + 1)


def stable_number(text: str, sides: int) -> int:
    """A number below `sides` that depends on the text alone, in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % sides


class DemoData:
    """The data set. Nothing is made before it is asked for; `build_some` makes it in small steps.

    Args:
        seed: Another seed, other people.
        contacts: How many people; companies follow at 800 per 5,000.
    """

    def __init__(self, seed: int = 1, contacts: int = 5000) -> None:
        if contacts < 1:
            raise ValueError("The data set needs at least one contact")
        self.seed = seed
        self.contacts = contacts
        self.company_count = max(1, round(contacts * _COMPANIES_PER_CONTACT))
        self._people: list[Person] = []
        self._companies: list[Company] = []
        self._by_domain: dict[str, Company] = {}
        self._builder = self._build()
        self._built = False

    def build_some(self) -> bool:
        """Do up to a few milliseconds of the building; True while more is left. Safe to call from several tasks."""
        if not self._built:
            self._built = next(self._builder, None) is None
        return not self._built

    @property
    def is_built(self) -> bool:
        """Whether asking for people costs no more time."""
        return self._built

    @property
    def people(self) -> list[Person]:
        """Everybody, by index."""
        self._finish()
        return self._people

    @property
    def companies(self) -> list[Company]:
        """All companies, the largest first."""
        self._finish()
        return self._companies

    def company_by_domain(self, domain: str) -> Company | None:
        """The company with a domain (bare host, lower case)."""
        self._finish()
        return self._by_domain.get(domain)

    def id_of(self, person: Person, provider: Provider) -> str:
        """A person's id at a service: a UUID at Tamtam, digits elsewhere (the contact id at TalkToHumans)."""
        if provider is Provider.TAMTAM:
            return self._uuid(person.index)
        return str(_NUMERIC_ID_BASE[provider] + person.index * _NUMERIC_ID_STEP[provider])

    def by_id(self, provider: Provider, identifier: str) -> Person | None:
        """The person whom a service knows by an id, None when it knows no such id."""
        index = self._uuid_index(identifier) if provider is Provider.TAMTAM else _numeric_index(provider, identifier)
        if index is None or not 0 <= index < self.contacts:
            return None
        person = self.people[index]
        if not person.known_to(provider) or self.id_of(person, provider) != identifier:
            return None
        return person

    def members(self, provider: Provider) -> Iterator[Person]:
        """Everybody whom a service knows, by index."""
        bit = _SERVICE_BITS[provider]
        return (person for person in self.people if person.services & bit)

    def _uuid(self, index: int) -> str:
        digest = bytearray(hashlib.blake2b(f"{self.seed}:{index}".encode(), digest_size=16).digest())
        digest[0:4] = ((index + self.seed) * _ODD & _MASK).to_bytes(4, "big")
        digest[6] = digest[6] & 0x0F | 0x40
        digest[8] = digest[8] & 0x3F | 0x80
        text = digest.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _uuid_index(self, identifier: str) -> int | None:
        try:
            return (int(identifier[:8], 16) * _ODD_INVERSE - self.seed) & _MASK
        except ValueError:
            return None

    def _finish(self) -> None:
        while self.build_some():
            pass

    def _build(self) -> Iterator[bool]:
        rng = random.Random(self.seed)  # noqa: S311 - people are drawn, not secrets
        for index in range(self.company_count):
            company = _make_company(rng, index)
            self._companies.append(company)
            if company.domain:
                self._by_domain[company.domain] = company
            if index % 200 == 199:
                yield True
        namesakes: dict[tuple[int, str, str], int] = {}
        for index in range(self.contacts):
            person = self._make_person(rng, index, namesakes)
            self._people.append(person)
            if index % 250 == 249:
                yield True

    def _make_person(self, rng: random.Random, index: int, namesakes: dict[tuple[int, str, str], int]) -> Person:
        company = self._draw_company(rng, index)
        past = self._draw_company(rng, self.contacts) if rng.random() < 0.6 else None
        city = company.city if company is not None and rng.random() < 0.7 else CITIES[_low(rng, len(CITIES))]
        tongue = city.tongue if rng.random() < 0.8 else _ANY_TONGUE[int(rng.random() * len(_ANY_TONGUE))]
        givens, surnames = GIVEN_NAMES[tongue], SURNAMES[tongue]
        given = givens[int(rng.random() * len(givens))]
        surname = surnames[int(rng.random() * len(surnames))] if rng.random() < 0.985 else None
        key = (company.index if company else -1, given.latin, surname.latin if surname else "")
        twin = namesakes.get(key, 0)
        namesakes[key] = twin + 1
        services = rng.getrandbits(4) | rng.getrandbits(4)  # three in four, independently
        person = Person(
            index=index,
            given=given,
            surname=surname,
            company=company,
            past=None if past is company else past,
            title=TITLES[int(rng.random() * len(TITLES))],
            city=city,
            salt=rng.getrandbits(32),
            services=services or 15,
            accounts=(1, 2, 4, 1, 2, 3, 5, 7)[rng.getrandbits(3)],
            twin=twin,
        )
        if company is not None:
            company.people.append(person)
        return person

    def _draw_company(self, rng: random.Random, index: int) -> Company | None:
        """Everyone of the first rounds fills one company each, so that none is empty; later ones crowd the large."""
        if index < self.company_count:
            return self._companies[index]
        if rng.random() < 0.03:
            return None
        return self._companies[int(self.company_count * rng.random() ** 2)]


_ANY_TONGUE = tuple(Tongue)


def _low(rng: random.Random, count: int) -> int:
    return int(count * rng.random() ** 1.5)


def _make_company(rng: random.Random, index: int) -> Company:
    firsts, seconds, thirds = COMPANY_FIRST_WORDS, COMPANY_SECOND_WORDS, COMPANY_THIRD_WORDS
    combinations = len(firsts) * len(seconds) * len(thirds)
    generation, place = divmod(index, combinations)
    mixed = place * 7919 % combinations  # 7919 shares no factor with the word counts: no name comes twice
    first = firsts[mixed % len(firsts)]
    second = seconds[mixed // len(firsts) % len(seconds)]
    third = thirds[mixed // (len(firsts) * len(seconds))]
    words = " ".join(word for word in (first, second, third, str(generation + 1) if generation else "") if word)
    band, fewest, most = HEADCOUNTS[_low(rng, len(HEADCOUNTS)) if index else 5]
    handle = slug(words)
    endings = ("example", "example", "example", "test", "co.example", "com.test")
    ending = endings[int(rng.random() * len(endings))] if index else "example"
    has_domain = rng.random() < 0.94
    legal_form = LEGAL_FORMS[int(rng.random() * len(LEGAL_FORMS))]
    return Company(
        index=index,
        name=FLAGSHIP_COMPANY if index == 0 else words + legal_form,
        domain=f"{handle}.{ending}" if has_domain or index == 0 else "",
        handle=f"{handle}-demo",
        headcount=band,
        employees=fewest + int(rng.random() * (most - fewest + 1)),
        industry=INDUSTRIES[int(rng.random() * len(INDUSTRIES))],
        city=CITIES[_low(rng, len(CITIES))],
        founded=1951 + int(rng.random() * 70),
    )


def _numeric_index(provider: Provider, identifier: str) -> int | None:
    if not identifier.isascii() or not identifier.isdigit() or len(identifier) > 19:
        return None
    index, rest = divmod(int(identifier) - _NUMERIC_ID_BASE[provider], _NUMERIC_ID_STEP[provider])
    return None if rest else index
