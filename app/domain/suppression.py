"""People who must not be enriched or exported, named by an address, a domain, a number or a LinkedIn profile."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from app.domain.contact import PersonFields
from app.domain.enrichment import PersonInput
from app.domain.identifiers import (
    FREE_MAIL_HOSTS,
    INVISIBLE,
    email_key,
    linkedin_slug,
    normalise_domain,
    normalise_email,
    registrable_domain,
)
from app.domain.phones import e164


class SuppressionKind(StrEnum):
    """What an entry names."""

    EMAIL = "email"
    DOMAIN = "domain"
    PHONE = "phone"
    LINKEDIN = "linkedin"

    @property
    def label(self) -> str:
        """The kind in words."""
        return _LABELS[self]


_LABELS = {
    SuppressionKind.EMAIL: "E-mail",
    SuppressionKind.DOMAIN: "Domain",
    SuppressionKind.PHONE: "Phone",
    SuppressionKind.LINKEDIN: "LinkedIn",
}


@dataclass(frozen=True, slots=True)
class SuppressionEntry:
    """One entry, its value in canonical form: lower-case address, bare host, E.164 number, LinkedIn slug."""

    kind: SuppressionKind
    value: str
    note: str = ""
    added_at: datetime | None = None

    @property
    def reason(self) -> str:
        """Why somebody it names is left out, in words."""
        return f"Do not contact: {self.kind.label} {self.value}"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a person that an entry may name, in canonical forms."""

    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()

    def __or__(self, other: "Traits") -> "Traits":
        """What is known of one person from two sources."""
        return Traits(
            self.emails | other.emails,
            self.domains | other.domains,
            self.phones | other.phones,
            self.slugs | other.slugs,
        )

    @property
    def entries(self) -> tuple[SuppressionEntry, ...]:
        """Entries that name this person and nobody else: their domain, which colleagues share, is left out."""
        named = (
            (SuppressionKind.EMAIL, self.emails),
            (SuppressionKind.LINKEDIN, self.slugs),
            (SuppressionKind.PHONE, self.phones),
        )
        return tuple(SuppressionEntry(kind, value) for kind, values in named for value in sorted(values))


def traits_of_person(person: PersonInput) -> Traits:
    """What is known of somebody who may be enriched."""
    return _traits({person.email}, {person.domain}, set(), {person.linkedin_url})


def traits_of_fields(fields: PersonFields, *, with_phones: bool = True) -> Traits:
    """What a provider's record says of a person; hidden values say nothing, and numbers take a while to read."""
    return traits_of_records([fields], with_phones=with_phones)


def traits_of_records(records: Iterable[PersonFields], *, with_phones: bool = True) -> Traits:
    """What all records of one person say together."""
    emails, domains, urls = set[str](), set[str](), set[str]()
    phones = set[tuple[str, str]]()
    # Records mostly repeat each other: each value is made canonical once.
    for fields in records:
        domains.update((fields.company_domain, fields.company_website))
        urls.add(fields.linkedin_url)
        if not fields.masked:
            emails.update(email.address for email in fields.emails)
            if with_phones:
                phones.update((phone.number, phone.region) for phone in fields.phones)
    return _traits(emails, domains, phones, urls)


def _traits(emails: set[str], domains: set[str], phones: set[tuple[str, str]], linkedin_urls: set[str]) -> Traits:
    addresses = frozenset(filter(None, map(normalise_email, emails)))
    hosts = {_domain(address.rpartition("@")[2]) for address in addresses}
    return Traits(
        addresses,
        frozenset(filter(None, {*map(_domain, filter(None, domains)), *hosts})),
        frozenset(filter(None, (e164(number, region) for number, region in phones))),
        frozenset(filter(None, map(linkedin_slug, filter(None, linkedin_urls)))),
    )


# Colleagues share theirs, and whole libraries are looked through.
_domain = lru_cache(maxsize=10_000)(normalise_domain)


class SuppressionIndex:
    """All entries, to look people up in.

    Attributes:
        names_phones: Whether a number is named, so that numbers must be read.
    """

    def __init__(self, entries: Iterable[SuppressionEntry]) -> None:
        self._entries = {(entry.kind, _key(entry.kind, entry.value)): entry for entry in entries}
        self.names_phones = any(kind is SuppressionKind.PHONE for kind, _ in self._entries)

    def __bool__(self) -> bool:
        """Whether anybody at all is left out."""
        return bool(self._entries)

    def find(self, traits: Traits) -> SuppressionEntry | None:
        """The entry that names a person, None where there is none.

        A domain names its sub-domains too, and an address every spelling of its mailbox.
        """
        looked_up = (
            (SuppressionKind.EMAIL, traits.emails),
            (SuppressionKind.LINKEDIN, traits.slugs),
            (SuppressionKind.PHONE, traits.phones),
            (SuppressionKind.DOMAIN, {host for domain in traits.domains for host in _and_parents(domain)}),
        )
        for kind, values in looked_up:
            for value in sorted(values):
                if (entry := self._entries.get((kind, _key(kind, value)))) is not None:
                    return entry
        return None


def _key(kind: SuppressionKind, value: str) -> str:
    """What two values that name the same have in common."""
    return (email_key(value) or value) if kind is SuppressionKind.EMAIL else value


def _and_parents(domain: str) -> list[str]:
    """A host and what it is below, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]


def read_entry(text: str, kind: SuppressionKind | None = None, note: str = "") -> tuple[SuppressionEntry | None, str]:
    """One entry from what somebody wrote, and ""; else None and what is wrong with it.

    Args:
        text: An address, `@domain` or domain, number with country code, or LinkedIn profile.
        kind: What it must be; told by its looks where None.
        note: Kept with the entry.
    """
    bare = text.translate(INVISIBLE).strip().strip("\"'<>,;").removeprefix("mailto:").strip()
    for wanted, value in _readings(bare):
        if kind in (None, wanted) and value:
            if wanted is SuppressionKind.DOMAIN and (value in FREE_MAIL_HOSTS or not registrable_domain(value)):
                return None, f"“{value}” is what many people share; name the address or the company itself"
            return SuppressionEntry(wanted, value, note.strip()), ""
    if kind is not None:
        return None, _WRONG[kind]
    if re.fullmatch(r"[\d\s()/.+-]{5,}", bare):
        return None, _WRONG[SuppressionKind.PHONE]
    return None, "is no e-mail address, domain, phone number or LinkedIn profile"


_WRONG = {
    SuppressionKind.EMAIL: "is no e-mail address",
    SuppressionKind.DOMAIN: "is no domain such as acme.example",
    SuppressionKind.PHONE: "is no phone number with its country code, such as +44 20 7946 0018",
    SuppressionKind.LINKEDIN: "is no LinkedIn profile such as linkedin.com/in/name",
}


def _readings(bare: str) -> tuple[tuple[SuppressionKind, str], ...]:
    slug = linkedin_slug(bare)
    if slug or "linkedin.com" in bare.casefold():
        return ((SuppressionKind.LINKEDIN, slug),)
    if bare.startswith("@"):
        return ((SuppressionKind.DOMAIN, normalise_domain(bare[1:])),)
    if "@" in bare and "//" not in bare:
        return ((SuppressionKind.EMAIL, normalise_email(bare)),)
    if bare.startswith("+"):
        return ((SuppressionKind.PHONE, e164(bare)),)
    return ((SuppressionKind.DOMAIN, normalise_domain(bare) if not re.search(r"\s", bare) else ""),)
