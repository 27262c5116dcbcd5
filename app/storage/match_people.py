"""Everybody in the library as people are compared: shown values, all keys, and phones and employers of all records."""

import msgspec

from app.domain.identifiers import domain_of_email, registrable_domain
from app.domain.matching_people import MatchPerson
from app.storage.database import Connection

_SHOWN = """
SELECT contact_id, first_name, last_name, display_name, job_title, company_name, company_domain, location, country,
    email
FROM contact WHERE merged_into IS NULL AND removed_at IS NULL
"""
_KEYS = """
SELECT k.contact_id, k.kind, k.scope, k.value FROM identity_key k JOIN contact c USING (contact_id)
WHERE c.merged_into IS NULL AND c.removed_at IS NULL
"""
_SAID = """
SELECT r.contact_id, r.fields FROM source_record r JOIN contact c USING (contact_id)
WHERE c.merged_into IS NULL AND c.removed_at IS NULL AND NOT r.masked
"""


class _Phone(msgspec.Struct):
    number: str = ""


class _Job(msgspec.Struct):
    company_name: str = ""


class _Said(msgspec.Struct):
    """The few members of a record that are read here; the others are passed over, which is much faster."""

    company_name: str = ""
    company_domain: str = ""
    phones: tuple[_Phone, ...] = ()
    experiences: tuple[_Job, ...] = ()


_decoder = msgspec.json.Decoder(_Said)


def read_people(conn: Connection) -> list[MatchPerson]:
    """All contacts that are shown, in no particular order. Takes seconds in a large library: not for the reader's turn.

    The company is what the contact shows; what older records and the person's career name counts as past.
    """
    keys: dict[int, list[tuple[str, str, str]]] = {}
    for contact_id, kind, scope, value in conn.execute(_KEYS):
        keys.setdefault(contact_id, []).append((kind, scope, value))
    said: dict[int, list[_Said]] = {}
    for contact_id, fields in conn.execute(_SAID):
        said.setdefault(contact_id, []).append(_decoder.decode(fields))
    people = []
    for contact_id, first, last, name, title, company, domain, location, country, email in conn.execute(_SHOWN):
        held, records = keys.get(contact_id, ()), said.get(contact_id, ())
        domains = dict.fromkeys(filter(None, (registrable_domain(domain), registrable_domain(domain_of_email(email)))))
        companies = (company,) if company else ()
        past = dict.fromkeys(
            known
            for record in records
            for known in (record.company_name, *(job.company_name for job in record.experiences))
            if known and known not in companies
        )
        people.append(
            MatchPerson(
                contact_id=contact_id,
                first_name=first,
                last_name=last,
                # A contact without a name shows its company or address instead.
                full_name="" if name in (company, email) else name,
                job_title=title,
                companies=companies,
                past_companies=tuple(past),
                domains=tuple(domains),
                location=location,
                country=country,
                emails=tuple(sorted(value for kind, _, value in held if kind == "email")),
                phones=tuple(dict.fromkeys(phone.number for record in records for phone in record.phones)),
                slugs=tuple(sorted(value for kind, _, value in held if kind == "linkedin")),
                ids=tuple(sorted((scope, value) for kind, scope, value in held if kind == "id")),
            )
        )
    return people
