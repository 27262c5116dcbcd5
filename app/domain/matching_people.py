"""People as they are compared: what is known of one, and the same in comparable form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.domain.identifiers import FREE_MAIL_HOSTS
from app.domain.matching_names import Name, company_words, first_and_last, is_latin, plain


@dataclass(frozen=True, slots=True)
class MatchPerson:
    """One contact as it is compared. Everything is as it came, but for keys, which are in canonical form.

    Attributes:
        contact_id: Whose it is.
        first_name: The first name, "" where only `full_name` is known.
        last_name: The family name.
        full_name: The whole name.
        job_title: What they do.
        companies: The names of their company today.
        past_companies: Companies they worked for.
        domains: Their companies' domains, registrable.
        location: Where they are.
        country: Two letters, upper case.
        emails: Keys of their own mailboxes, see `identifiers.email_key`; none of a function such as info@.
        phones: E.164.
        slugs: LinkedIn profiles.
        ids: Their ids at providers, each with the provider account.
    """

    contact_id: int
    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    job_title: str = ""
    companies: tuple[str, ...] = ()
    past_companies: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    location: str = ""
    country: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    slugs: tuple[str, ...] = ()
    ids: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, eq=False)
class Entry:
    """A person in comparable form. `spelt` is how it is said to the rep, everything else is folded."""

    spelt: MatchPerson
    first: str = ""
    last: str = ""
    firsts: tuple[str, ...] = ()
    lasts: tuple[str, ...] = ()
    companies: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    ids: dict[str, set[str]] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    where: frozenset[str] = frozenset()
    title: frozenset[str] = frozenset()
    #: The name in Latin letters as the profile or an address has it, where it is written in others.
    latin: Name | None = None
    name: Name = ((), ())
    is_latin: bool = True

    @property
    def contact_id(self) -> int:
        """Whose it is."""
        return self.spelt.contact_id


def entry(person: MatchPerson) -> Entry:
    """The comparable form of what is known of a person."""
    firsts, lasts = first_and_last(person.first_name, person.last_name, person.full_name)
    name, places = (firsts, lasts), tuple(dict.fromkeys(plain(person.location).split()))
    in_latin = is_latin(name)
    ids: dict[str, set[str]] = {}
    for scope, value in person.ids:
        ids.setdefault(scope, set()).add(value)
    return Entry(
        spelt=person,
        first=" ".join(firsts),
        last=" ".join(lasts),
        firsts=firsts,
        lasts=lasts,
        companies=_companies(person.companies) | {label_of(domain) for domain in person.domains},
        past=_companies(person.past_companies),
        domains=frozenset(person.domains),
        emails=frozenset(person.emails),
        handles=frozenset(filter(None, map(_handle, person.emails))),
        phones=frozenset(person.phones),
        slugs=frozenset(person.slugs),
        stems=frozenset(filter(None, map(_stem, person.slugs))),
        ids=ids,
        places=places,
        where=frozenset(places),
        title=frozenset(plain(person.job_title).split()),
        latin=None if in_latin else _latin_name(person),
        name=name,
        is_latin=in_latin,
    )


def _latin_name(person: MatchPerson) -> Name | None:
    for said in (*person.slugs, *(email.rpartition("@")[0] for email in person.emails)):
        words = [word for word in re.findall(r"[a-z0-9]+", said) if word.isalpha()]
        if len(words) > 1:
            return (words[0],), tuple(words[1:])
    return None


def label_of(domain: str) -> str:
    """What a domain is called without its suffix: "acme" of "acme.co.uk"; comparable with a company's name."""
    return plain(domain.partition(".")[0]).replace(" ", "")


def host_of(email: str) -> str:
    """The company's host in an e-mail address, "" for consumer hosts."""
    host = email.rpartition("@")[2]
    return "" if host in FREE_MAIL_HOSTS else host


def _companies(names: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, ("".join(company_words(name)) for name in names)))


def _handle(email: str) -> str:
    """What somebody likes to be called in addresses: it may go along to the next company."""
    handle = re.sub(r"[^0-9a-z]", "", plain(email.rpartition("@")[0]))
    return handle if len(handle) >= 5 else ""


def _stem(slug: str) -> str:
    """A profile's slug without the number that LinkedIn puts behind a name."""
    words = [word for word in re.split(r"[^\w]+", slug) if not any(letter.isdigit() for letter in word)]
    stem = "".join(plain(word) for word in words).replace(" ", "")
    return stem if len(stem) >= 5 else ""
