"""Invented humans and companies for the B2B generator, more of them than the demo services have.

Surnames are put together from syllables that mean nothing, so that as many differ as in a real country; given names
and their short forms are the demo's, with further common ones that have no short form here. Frequencies fall like
those of real names: a few are everywhere, most are rare.
"""

import random
from dataclasses import dataclass, field
from itertools import accumulate

from app.demo.vocabulary import (
    CITIES,
    COMPANY_FIRST_WORDS,
    COMPANY_SECOND_WORDS,
    COMPANY_THIRD_WORDS,
    GIVEN_NAMES,
    LEGAL_FORMS,
    SURNAMES,
    TITLES,
    City,
    Tongue,
    Word,
)
from app.domain.text_fold import fold

_MORE_GIVEN = {
    Tongue.ENGLISH: """
        Adam Amy Beth Bruce Carl Claire Colin Craig Dawn Derek Diane Emma Erin Fiona Gavin Glen Hazel Heather
        Holly Howard Iris Ivy Joyce Keith Kelly Kirsty Leigh Lynn Malcolm Marcia Neil Nigel Owen Paige Phoebe
        Quentin Ralph Rhys Roy Ryan Scott Sean Shaun Sheila Stacey Stuart Tara Tracy Troy Trevor Vernon Wade
        Warren Wayne Zoe
    """,
    Tongue.GERMAN: """
        Anja Annika Axel Birgit Bodo Carsten Detlef Eike Falk Frauke Gerda Gudrun Heike Hella Holger Ingo Jana
        Kai Kerstin Lars Maike Nils Olaf Petra Ralf Silke Svenja Thorsten Uwe Volker Wiebke Dirk Henning Imke
    """,
    Tongue.FRENCH: """
        Alain Amandine Arnaud Bastien Camille Cédric Clément Coralie Damien Delphine Didier Elodie Fabrice
        Florence Gilles Hervé Joël Karine Lionel Lucie Mathilde Nadège Olivier Pascale Quentin Régis Sandrine
        Thierry
    """,
    Tongue.SPANISH: """
        Alba Alonso Blanca Carmen Clara Diego Elvira Esteban Gonzalo Hugo Irene Javier Leticia Marcos Nieves
        Olga Pilar Raquel Rocío Rubén Silvia Tomás Vicente Yolanda
    """,
    Tongue.NORDIC: """
        Astrid Birger Dagny Eivind Freja Geir Hilde Ingrid Jens Kari Leif Mette Nanna Oddvar Pernille Rune
        Solveig Tove Ulf Vidar
    """,
    Tongue.POLISH: """
        Bogdan Dorota Ewa Halina Iwona Jolanta Kamil Lech Marta Norbert Olga Paulina Robert Sylwia Teresa
        Urszula Wanda Zofia
    """,
}
_SYLLABLES = {
    Tongue.ENGLISH: (
        """
            Ash Bram Cald Dun Elder Farn Glen Hather Ingle Kess Lark Mar Nether Ox Pem Quar Rad Sel Thorn Under
            Ven Wex Yar Brin Cor Dray
        """,
        """
            bury combe den field gate hurst kirk low marsh ness over pool rigg shaw tree vale wark yard bridge
            thorpe
        """,
    ),
    Tongue.GERMAN: (
        """
            Alm Birn Distel Eich Flachs Ginst Hasel Immen Kien Linden Moor Nuss Otter Pappel Quell Reh Schilf
            Tann Ulm Wachol
        """,
        """
            acker bach camp eder feld graber hofer inger kamp leitner mann ner ort reuter stett wald zelter
        """,
    ),
    Tongue.FRENCH: (
        """
            Aub Bel Char Dor Esp Four Gran Haut Jol Lam Mont Nau Orm Pel Rous Sauv Tour Val Verd Vill
        """,
        """
            ac ain ard at aud eau elin ert et ier igny in oix on ot our
        """,
    ),
    Tongue.SPANISH: (
        """
            Alc Bar Cast Dom Esc Fuent Gal Herm Iba Lor Mend Nav Ort Pal Quint Rob Sal Tor Val Zam
        """,
        """
            aldo arte edo ego ente erio illo inar iza olla ona orio uela ujo
        """,
    ),
    Tongue.NORDIC: (
        """
            Berg Dal Ek Fjell Gran Holm Lind Myr Nord Ros Sol Sten Vik Ås
        """,
        """
            berg dahl gren lund man rud stad vik ström nes
        """,
    ),
    Tongue.POLISH: (
        """
            Bor Brzoz Czar Dąb Grab Jawor Kal Lip Mal Nowo Olsz Piotr Sos Wierz
        """,
        """
            ek ewicz iak icki ik ka owicz ski wa yński
        """,
    ),
}
#: How many of a hundred people have names of which tongue.
_SHARES = {
    Tongue.ENGLISH: 36, Tongue.GERMAN: 20, Tongue.FRENCH: 13, Tongue.SPANISH: 10, Tongue.NORDIC: 6, Tongue.POLISH: 6,
    Tongue.RUSSIAN: 2, Tongue.GREEK: 1, Tongue.ARABIC: 1, Tongue.HEBREW: 1, Tongue.CHINESE: 1, Tongue.JAPANESE: 1,
    Tongue.KOREAN: 1, Tongue.HINDI: 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """An employer. `pattern` is how it makes addresses of names, `mailbox` one that several people read, or ""."""

    name: str
    domain: str
    city: City
    switchboard: str
    pattern: str
    mailbox: str = ""


@dataclass(slots=True)
class Human:
    """Somebody. `jobs` has the employer of today last; `slugs` the profile's name of today last."""

    number: int
    first: Word
    last: Word
    city: City
    jobs: list[tuple[Company, str]]
    slugs: list[str]
    mobile: str
    private: str
    emails: dict[str, str] = field(default_factory=dict)


class People:
    """Draws humans and companies from one seed."""

    def __init__(self, rng: random.Random, companies: int) -> None:
        self._rng = rng
        self._given = {
            tongue: (*GIVEN_NAMES[tongue], *(Word(name, name) for name in _MORE_GIVEN.get(tongue, "").split()))
            for tongue in _SHARES
        }
        self._family = {tongue: self._surnames(tongue) for tongue in _SHARES}
        self._weights = {
            id(words): list(accumulate(1 / (place + 12) for place in range(len(words))))
            for words in (*self._given.values(), *self._family.values())
        }
        self._slugs: set[str] = set()
        self._emails: set[str] = set()
        self._companies = [self._company(number) for number in range(companies)]
        self._sizes = list(accumulate(1 / (place + 20) ** 0.8 for place in range(companies)))

    def company(self) -> Company:
        """Any employer; large ones more often."""
        return self._rng.choices(self._companies, cum_weights=self._sizes)[0]

    def human(self, number: int) -> Human:
        """Somebody new. One in eight changed jobs, one in forty the name of their profile."""
        rng = self._rng
        tongue = rng.choices(list(_SHARES), weights=list(_SHARES.values()))[0]
        first, last = self._pick(self._given[tongue]), self._pick(self._family[tongue])
        company = self.company()
        jobs = [(company, rng.choice(TITLES).text)]
        if rng.random() < 0.125:
            jobs.insert(0, (self.company(), rng.choice(TITLES).text))
        plain_first, plain_last = _letters(first.latin), _letters(last.latin)
        slugs = [self._slug(f"{plain_first}-{plain_last}")]
        if rng.random() < 0.025:
            slugs.insert(0, self._slug(f"{plain_first}-{plain_last}"))
        host = rng.choice(("gmail.com", "gmail.com", "outlook.com", "gmx.de", "yahoo.com", "icloud.com"))
        private = self._unique(f"{plain_first}{rng.choice(('.', '', '_'))}{plain_last}", host)
        return Human(number, first, last, company.city, jobs, slugs, f"+4479{number:08d}", private)

    def work_email(self, human: Human, company: Company) -> str:
        """Their own address at an employer, made once."""
        if company.domain not in human.emails:
            human.emails[company.domain] = self._unique(address(human, company.pattern), company.domain)
        return human.emails[company.domain]

    def _unique(self, local: str, host: str) -> str:
        number = 1
        while (found := f"{local}{number if number > 1 else ''}@{host}") in self._emails:
            number += 1
        self._emails.add(found)
        return found

    def _slug(self, wanted: str) -> str:
        slug = wanted
        while slug in self._slugs:
            slug = f"{wanted}-{self._rng.getrandbits(32):08x}"
        self._slugs.add(slug)
        return slug

    def _pick(self, words: tuple[Word, ...]) -> Word:
        return self._rng.choices(words, cum_weights=self._weights[id(words)])[0]

    def _surnames(self, tongue: Tongue) -> tuple[Word, ...]:
        starts, ends = _SYLLABLES.get(tongue, ("", ""))
        made = [Word(start + end, start + end) for start in starts.split() for end in ends.split()]
        # Names of two parts, as far as one goes with the other.
        longer = [
            Word(f"{one.native}-{other.native}", f"{one.latin}-{other.latin}")
            for one, other in zip(made, made[7:], strict=False)
        ]
        words = [*SURNAMES[tongue], *made]
        self._rng.shuffle(words)
        return (*words, *longer[: len(longer) // 3])

    def _company(self, number: int) -> Company:
        rng = self._rng
        words = [rng.choice(COMPANY_FIRST_WORDS), rng.choice(COMPANY_SECOND_WORDS)]
        if rng.random() < 0.5:
            words.append(rng.choice(COMPANY_THIRD_WORDS))
        base = "".join(_letters(word) for word in words) + (str(number) if rng.random() < 0.5 else "")
        domain = f"{base}{rng.choice(('', '-group', '-intl'))}{number % 97 or ''}.example"
        city = rng.choice(CITIES)
        mailbox = rng.choice(("werkstatt", "labor", "atelier", "praxis", "dispatch")) if rng.random() < 0.003 else ""
        name = " ".join([*words, rng.choice(LEGAL_FORMS)])
        return Company(name, domain, city, f"+4420{number:08d}", rng.choice(("f.l", "fl", "f_l", "il", "f")), mailbox)


def address(human: Human, pattern: str) -> str:
    """What an employer makes of a name, whether or not somebody else has it."""
    first, last = _letters(human.first.latin), _letters(human.last.latin)
    return {"f.l": f"{first}.{last}", "fl": first + last, "f_l": f"{first}_{last}", "il": first[:1] + last, "f": first}[
        pattern
    ]


def _letters(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isascii() and letter.isalnum())
