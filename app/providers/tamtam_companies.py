"""Tamtam's company search: its answer's layout is published nowhere (sheet section 9, number 15), so it is searched.

Candidates are the first array whose entries show a company; of each, members count by what their names say.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.companies import CompanyMatch
from app.providers.wire import company_domain, identifier, text, whole

MOST_CANDIDATES = 5

_DEEPEST = 3

_NAMES = ("name", "companyname", "displayname", "legalname")
_IDS = ("companyid", "id", "uuid")
_LINKEDIN_IDS = ("linkedinid", "companylinkedinid", "linkedincompanyid")
_COUNTRIES = ("countrycode", "country", "hqcountry", "headquarterscountry")
_SCORES = ("score", "matchscore", "confidence")


def candidates(document: object) -> list[CompanyMatch] | None:
    """The companies in an answer, in its order; None when it says something, but shows no company.

    Only an answer that is empty, or has nothing but empty arrays, means that there is none.
    """
    if document in (None, [], {}):
        return []
    for found in _lists(document, _DEEPEST):
        matches = [match for match in map(_company, found) if match is not None]
        if matches:
            return matches
    single = _company(document)
    if single is not None:
        return [single]
    return [] if _is_hollow(document) else None


def _lists(value: object, depth: int) -> Iterator[list[object]]:
    """The arrays in an answer, those further out first."""
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict) and depth > 0:
        inner = sorted(value.values(), key=lambda member: not isinstance(member, list))
        for member in inner:
            yield from _lists(member, depth - 1)


def _company(entry: object) -> CompanyMatch | None:
    """A candidate; None when it shows neither a name nor a domain."""
    if not isinstance(entry, dict):
        return None
    match = _read(entry)
    return match if match.name or match.domain else None


def _is_hollow(document: object) -> bool:
    """Whether there is an empty array, or null for one, and no other that has something in it."""
    lists = list(_lists(document, _DEEPEST))
    nothing = isinstance(document, dict) and any(member is None for member in document.values())
    return not any(lists) and (bool(lists) or nothing)


def _read(entry: Mapping[str, Any]) -> CompanyMatch:
    members = list(_members(entry, _DEEPEST))
    return CompanyMatch(
        company_id=_first_id(members, _IDS),
        name=_first_text(members, _NAMES),
        domain=next((domain for name, value in members if (domain := _domain(name, value))), ""),
        linkedin_id=_linkedin_id(members),
        score=_score(members),
        country=_first_text(members, _COUNTRIES),
    )


def _members(entry: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """Names and values, the object's own first, then those of objects inside it."""
    inner = []
    for name, value in entry.items():
        if isinstance(value, dict):
            inner.append(value)
        elif isinstance(value, list):
            yield from ((_plain(name), one) for one in value if not isinstance(one, dict | list))
        else:
            yield _plain(name), value
    if depth > 1:
        for value in inner:
            yield from _members(value, depth - 1)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.casefold())


def _first_text(members: list[tuple[str, Any]], names: tuple[str, ...]) -> str:
    return next((text(value) for wanted in names for name, value in members if name == wanted and value), "")


def _first_id(members: list[tuple[str, Any]], names: tuple[str, ...]) -> str:
    return next((identifier(value) for wanted in names for name, value in members if name == wanted and value), "")


def _linkedin_id(members: list[tuple[str, Any]]) -> str:
    said = _first_id(members, _LINKEDIN_IDS)
    return said if said.isascii() and said.isdigit() else ""


def _domain(name: str, value: object) -> str:
    if not isinstance(value, str) or not ("domain" in name or "website" in name or name in ("url", "homepage")):
        return ""
    return company_domain(value)


def _score(members: list[tuple[str, Any]]) -> float | None:
    for name, value in members:
        if name in _SCORES and (isinstance(value, float) or whole(value)):
            return float(value) if 0 <= value <= 1 else None
    return None
