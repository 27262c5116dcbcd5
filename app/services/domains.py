"""Domains of companies, without which nobody can be enriched: known, looked up free of charge, or told by the rep."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.contact import ContactRow
from app.domain.errors import InputError
from app.domain.identifiers import FREE_MAIL_HOSTS, domain_of_email, normalise_domain
from app.domain.provider import Provider
from app.services.companies import CompanyService
from app.services.slices import in_slices
from app.storage.company_domains import CompanyDomainRepository
from app.storage.library import LibraryRepository


@dataclass(frozen=True, slots=True)
class MissingDomain:
    """A company without a known domain, and the contacts that wait for it. `key` names it in `set_domains`."""

    key: str
    company_name: str
    linkedin_id: str
    contact_ids: tuple[int, ...]


class DomainService:
    """Remembers one domain per company."""

    def __init__(
        self,
        library: LibraryRepository,
        repository: CompanyDomainRepository,
        companies: CompanyService,
        changes: ChangeFeed,
    ) -> None:
        self._library = library
        self._repository = repository
        self._companies = companies
        self._changes = changes

    async def domains(self, rows: Sequence[ContactRow]) -> dict[int, str]:
        """The domain of each contact's company, where there is one: contact id → bare host.

        In this order: what the rep said of the company, the company's own domain and website, a company address.
        """
        known, keys = await self._look(rows)
        told = await self._repository.domains(set(keys.values()))
        domains = {}
        async for row in in_slices(rows):
            if domain := told.get(keys[row.contact_id], "") or known[row.contact_id]:
                domains[row.contact_id] = domain
        return domains

    async def missing_domains(self, contact_ids: Sequence[int]) -> list[MissingDomain]:
        """The companies of these contacts whose domain is not known, once each, in order of first appearance."""
        rows = await self._library.rows(contact_ids)
        domains = await self.domains(rows)
        lacking = [row for row in rows if row.contact_id not in domains]
        _, keys = await self._look(lacking)
        linkedin = await self._repository.companies_of([row.contact_id for row in lacking])
        named: dict[str, tuple[str, str]] = {}
        waiting: dict[str, list[int]] = {}
        async for row in in_slices(lacking):
            key = keys[row.contact_id]
            waiting.setdefault(key, []).append(row.contact_id)
            linkedin_id = linkedin.get(row.contact_id, ("", ""))[1] or named.get(key, ("", ""))[1]
            named[key] = row.company_name or row.display_name, linkedin_id
        return [MissingDomain(key, *named[key], tuple(contact_ids)) for key, contact_ids in waiting.items()]

    async def told(self, keys: Collection[str]) -> dict[str, str]:
        """What the rep said of companies before: key → domain, of those that are known."""
        return {key: domain for key, domain in (await self._repository.domains(set(keys))).items() if domain}

    async def set_domains(self, domains: Mapping[str, str]) -> None:
        """Remember what the rep says: `MissingDomain.key` → domain, website or address; empty ones are passed over.

        Raises:
            InputError: Some are no company domains; nothing was kept.
        """
        read = {key: normalise_domain(text) for key, text in domains.items() if text.strip()}
        wrong = [domains[key].strip() for key, domain in read.items() if not domain or domain in FREE_MAIL_HOSTS]
        if wrong:
            named = ", ".join(f"“{text}”" for text in wrong[:5])
            raise InputError(f"Not a company's domain: {named}.", next_step="Write it like lark.example.")
        await self._repository.remember(read)
        self._changes.publish(Change(ChangeKind.CONTACTS))

    async def suggest(self, missing: MissingDomain) -> tuple[CompanyMatch, ...]:
        """Candidates with a domain, the best first. Free; asked once per company and remembered.

        Raises:
            ServiceError, MissingKeyError: There is no answer.
        """
        kept = await self._repository.candidates(missing.key)
        if kept is None:
            query = CompanyQuery(
                name="" if missing.linkedin_id else missing.company_name, linkedin_id=missing.linkedin_id
            )
            if query.is_empty:
                return ()
            found = await self._companies.find(Provider.TAMTAM, query)
            kept = tuple(match for match in found if normalise_domain(match.domain))
            await self._repository.keep_candidates(missing.key, kept)
        return kept

    async def _look(self, rows: Sequence[ContactRow]) -> tuple[dict[int, str], dict[int, str]]:
        """What records say of each contact's domain ("" for nothing), and the key of its company."""
        records = await self._repository.companies_of([row.contact_id for row in rows])
        known, keys = {}, {}
        async for row in in_slices(rows):
            website, linkedin_id = records.get(row.contact_id, ("", ""))
            known[row.contact_id] = (
                normalise_domain(row.company_domain) or normalise_domain(website) or domain_of_email(row.email)
            )
            keys[row.contact_id] = company_key(row, linkedin_id)
        return known, keys


def company_key(row: ContactRow, linkedin_id: str) -> str:
    """What a contact's company is remembered by: its LinkedIn id, else its name, else the contact itself."""
    if linkedin_id:
        return f"linkedin:{linkedin_id}"
    return name_key(row.company_name) or f"contact:{row.contact_id}"


def name_key(company_name: str) -> str:
    """What a company is remembered by of which only the name is known; "" without one."""
    name = re.sub(r"\s+", " ", company_name).strip().casefold()
    return f"name:{name}" if name else ""
