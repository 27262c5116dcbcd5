"""Leadfeeder's objects: summaries, open or masked, and full records."""

from collections.abc import Sequence

from app.demo.companies import ranked
from app.demo.dataset import Company, DemoData, Person
from app.demo.leadfeeder_filters import PERSONAS, affiliation_of, persona_matcher
from app.demo.spelling import email_known_to, linkedin_url, name_at, phone_known_to
from app.domain.provider import Provider

_HERE = Provider.LEADFEEDER


def summary(person: Person, identifier: str, *, bought: bool) -> dict[str, object]:
    """A search result: open for two in three and for what the account has bought; else with starred names."""
    is_open = bought or person.chance("open summary", 65)
    name = name_at(person, _HERE)
    attributes: dict[str, object] = {
        "first_name": name.first if is_open else _starred(name.first),
        "last_name": (name.last or None) if is_open else _starred(name.last),
        "position": {"title": person.title.text, "language_code": person.title.language},
        "departments": [person.title.department],
    }
    summary: dict[str, object] = {
        "type": "contact_summary" if is_open else "masked_contact_summary",
        "id": identifier,
        "attributes": attributes,
    }
    if is_open:
        attributes |= {
            "hierarchy_level": None if person.chance("no level", 15) else person.title.level,
            "affiliation": affiliation_of(person),
            "address": _address(person),
        }
        if person.company:
            inlined = person.chance("inlined company", 50)
            summary["relationships"] = {"company": _company(person.company, inlined=inlined)}
    return summary


def record(
    person: Person, identifier: str, includes: frozenset[str], lists: Sequence[dict[str, object]]
) -> dict[str, object]:
    """A full record; one in ten has members missing or null where others have them empty."""
    name = name_at(person, _HERE)
    email, phone, url = email_known_to(person, _HERE), phone_known_to(person, _HERE), linkedin_url(person)
    source = None if person.chance("no source", 30) else "fullenrich"
    profiles: dict[str, list[dict[str, object]]] = {
        kind: [] for kind in ("facebook", "instagram", "linkedin", "pinterest", "twitter", "xing", "youtube")
    }
    if url:
        profiles["linkedin"].append({"url": url, "source": source})
    attributes: dict[str, object] = {
        "address": _address(person),
        "affiliation": affiliation_of(person),
        "custom_fields": {},
        "departments": [person.title.department],
        "emails": [{"address": email, "source": source}] if email else [],
        "first_name": name.first,
        "gender": None if person.chance("no gender", 20) else person.given.gender,
        "hierarchy_level": None if person.chance("no level", 15) else person.title.level,
        "last_name": name.last or None,
        "phones": [_phone(person, phone, source)] if phone else [],
        "position": {"title": person.title.text, "language_code": person.title.language},
        "public_sources": [],
        "social_media_profiles": profiles,
        "title": "Dr." if person.chance("doctor", 7) else None,
    }
    if person.company and person.company.domain:
        attributes["public_sources"] = [{"type": "homepage", "url": f"https://www.{person.company.domain}/team"}]
        if email and person.chance("role address", 10):
            info = {"address": f"info@{person.company.domain}", "source": None}
            attributes["emails"] = [info, {"address": email, "source": source}]
    relationships: dict[str, object] = {"lists": list(lists), "buyer_personas": []}
    if person.company:
        relationships = {"company": _company(person.company, inlined="company" in includes), **relationships}
    if "buyer_personas" in includes:
        relationships["buyer_personas"] = [dict(p) for p in PERSONAS if persona_matcher(p)(person)]
    if person.chance("sparse record", 10):
        # Absent, null and empty all mean the same to a reader.
        for member in ("custom_fields", "public_sources", "gender", "title"):
            attributes.pop(member)
        attributes |= {"phones": attributes["phones"] or None, "social_media_profiles": profiles if url else None}
    return {
        "type": "contact",
        "id": identifier,
        "attributes": attributes,
        "relationships": relationships,
    }


def company_matches(data: DemoData, name: str, url: str) -> list[dict[str, object]]:
    """What the matching of one company finds, the best first."""
    return [
        {
            "type": "company_match",
            "id": company.leadfeeder_id,
            "attributes": {"match_score": score},
            "relationships": {"company_summary": _company(company, inlined=True) | {"type": "company_summary"}},
        }
        for score, company in ranked(data, name=name, domain=url)
    ]


def company_summaries(data: DemoData, terms: Sequence[str]) -> list[dict[str, object]]:
    """The companies of which a name or domain has one of the terms."""
    found = {company.index: company for term in terms for _, company in ranked(data, name=term, domain=term)}
    return [_company(company, inlined=True) | {"type": "company_summary"} for company in found.values()]


def _starred(word: str) -> str | None:
    return f"{word[0]}***" if word else None


def _address(person: Person) -> dict[str, object]:
    city = None if person.chance("no city", 15) else person.city.native
    return {"city": city, "country_code": person.city.country_code, "country": person.city.country}


def _phone(person: Person, number: str, source: str | None) -> dict[str, object]:
    kind = "mobile" if person.chance("mobile", 40) else "landline"
    return {"number": number, "type": kind, "blacklisted": person.chance("blacklisted", 6), "source": source}


def _company(company: Company, *, inlined: bool) -> dict[str, object]:
    reference: dict[str, object] = {"type": "company", "id": company.leadfeeder_id}
    if inlined:
        city = company.city
        reference["attributes"] = {
            "name": company.name,
            "url": f"https://www.{company.domain}" if company.domain else None,
            "address": {"city": city.native, "country_code": city.country_code, "country": city.country},
            "employee_range": company.headcount,
        }
    return reference
