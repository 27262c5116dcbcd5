"""Leadfeeder's companies: the requests that look for one, and the candidates in the answers. Sheet section 7."""

from collections.abc import Sequence

import msgspec

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.identifiers import normalise_domain
from app.providers.wire import Scalar, company_domain, identifier, part, rows, text


class _Address(msgspec.Struct):
    country_code: Scalar = None
    country: Scalar = None


class _Attributes(msgspec.Struct):
    name: Scalar = None
    url: Scalar = None
    address: _Address | None = None
    match_score: Scalar = None


class _Summary(msgspec.Struct):
    id: Scalar = None
    attributes: _Attributes | None = None


class _Relationships(msgspec.Struct):
    company_summary: _Summary | list[_Summary] | None = None


class _Match(msgspec.Struct):
    id: Scalar = None
    attributes: _Attributes | None = None
    relationships: _Relationships | None = None


def match_request(query: CompanyQuery) -> dict[str, object]:
    """The body that matches one company; {} when neither name nor domain is known."""
    known = {"company_name": query.name.strip(), "url": normalise_domain(query.domain)}
    company = {name: value for name, value in known.items() if value}
    return {"companies": [company]} if company else {}


def search_request(query: CompanyQuery) -> dict[str, object]:
    """The body that searches companies by domain, or where there is none by name."""
    return {"search_terms": [normalise_domain(query.domain) or query.name.strip()]}


def read_companies(raws: Sequence[msgspec.Raw]) -> tuple[CompanyMatch, ...]:
    """Matches or summaries; a match's array may have one array of candidates per company asked for."""
    found: dict[str, CompanyMatch] = {}
    for raw in raws:
        for entry in _entries(raw):
            match = _company(entry)
            if match is not None:
                found.setdefault(match.company_id, match)
    return tuple(found.values())


def _entries(raw: msgspec.Raw) -> list[msgspec.Raw]:
    return rows(raw) if bytes(raw).lstrip().startswith(b"[") else [raw]


def _company(raw: msgspec.Raw) -> CompanyMatch | None:
    try:
        row = part(raw, _Match)
    except ValueError:
        return None
    related = row.relationships.company_summary if row.relationships else None
    summary = (related[0] if related else None) if isinstance(related, list) else related
    said = (summary.attributes if summary else None) or row.attributes or _Attributes()
    company_id = identifier(summary.id if summary else None) or identifier(row.id)
    if not company_id:
        return None
    address = said.address or _Address()
    return CompanyMatch(
        company_id=company_id,
        name=text(said.name),
        domain=company_domain(text(said.url)),
        score=_score(row.attributes),
        country=text(address.country_code).upper() or text(address.country),
    )


def _score(attributes: _Attributes | None) -> float | None:
    value = attributes.match_score if attributes else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1 else None
