"""Views of the library: filter, order, counts by facet, and the views that the rep has named."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import msgspec

from app.domain.changes import Change, ChangeKind
from app.domain.library_view import Facet, FacetCounts, FacetValue, SavedView, SortField, ViewQuery
from app.domain.marks import ContactStatus
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.sort_order import sort_key
from app.domain.text_fold import fold, words
from app.storage.columns import json_texts, person_fields, stamp, to_json, utc_now
from app.storage.database import Connection, Database, rows

COMPANIES_SHOWN = 50

_COLUMNS = """
SELECT c.contact_id, display_name, first_name, last_name, job_title, company_name, company_domain, email,
    email_verdict, phone, linkedin_url, location, country, providers, fetched_at, status, rating, tags, notes,
    provider_id, account_id, email_outcome, phone_outcome,
    (SELECT json_group_array(fields) FROM source_record r WHERE r.contact_id = c.contact_id),
    (SELECT json_group_array(tag) FROM contact_tag t WHERE t.contact_id = c.contact_id),
    (SELECT json_group_array(cast(list_id AS TEXT)) FROM contact_list_member m WHERE m.contact_id = c.contact_id)
FROM contact c WHERE merged_into IS NULL AND removed_at IS NULL
"""


class _Contact(NamedTuple):
    contact_id: int
    name: str
    first_name: str
    last_name: str
    job_title: str
    company: str
    domain: str
    email: str
    email_quality: str
    phone: str
    linkedin: str
    location: str
    country: str
    sources: str
    fetched: int
    status: str
    rating: int
    tags: str
    notes: str
    provider_id: str
    account: str
    email_outcome: str
    phone_outcome: str
    said: str
    own_tags: str
    lists: str

    def text(self) -> str:
        parts = [*self[1:8], self.phone, self.location, self.country, self.tags, self.notes]
        for record in json_texts(self.said):
            fields = person_fields(record)
            parts += [fields.full_name, *(email.address for email in fields.emails), *fields.tags]
            for phone in fields.phones:
                parts += [phone.number, phone.raw, "".join(filter(str.isdigit, phone.number))]
        return "\n".join(map(fold, parts))

    def values(self, facet: Facet) -> set[str]:
        match facet:
            case Facet.PROVIDER:
                return set(self.sources.split(","))
            case Facet.HAS_EMAIL:
                return {"yes" if self.email else "no"}
            case Facet.HAS_PHONE:
                return {"yes" if self.phone else "no"}
            case Facet.OUTCOME:
                return {outcome for outcome in (self.email_outcome, self.phone_outcome) if outcome} or {""}
            case Facet.STATUS:
                return {self.status}
            case Facet.LIST:
                return set(json_texts(self.lists)) or {""}
            case Facet.TAG:
                return set(json_texts(self.own_tags)) or {""}
            case Facet.COMPANY:
                return {sort_key(self.company)}
            case Facet.COUNTRY:
                return {self.country}


class _View(msgspec.Struct, omit_defaults=True):
    """A named view as it is kept."""

    text: str = ""
    facets: dict[str, list[str]] = {}
    sort: str = ""
    descending: bool = False
    columns: str = ""


class LibraryViewRepository:
    """Queries over all contacts that are neither merged into another nor removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ids(self, query: ViewQuery, limit: int | None = None) -> "array[int]":
        """The contacts of a view in order, at most `limit`."""
        return await self._database.search(partial(_ids, query=query, limit=limit))

    async def facets(self, query: ViewQuery) -> tuple[FacetCounts, ...]:
        """Counts for each facet, its own choice left out."""
        return await self._database.search(partial(_facets, query=query))

    async def saved(self) -> tuple[SavedView, ...]:
        """Named views by name."""
        found = await self._database.read(
            lambda conn: rows(conn, "SELECT name, definition FROM saved_view ORDER BY name COLLATE NOCASE, name")
        )
        return tuple(_saved_view(name, msgspec.json.decode(text, type=_View)) for name, text in found)

    async def save(self, view: SavedView) -> None:
        """Keep a view under its name."""
        query = view.query
        kept = _View(
            text=query.text,
            facets={facet.value: sorted(values) for facet, values in query.facets.items() if values},
            sort=query.sort or "",
            descending=query.descending,
            columns=view.columns,
        )
        values = (view.name, to_json(kept), stamp(utc_now()))
        await self._database.write(
            lambda conn: rows(conn, "INSERT OR REPLACE INTO saved_view VALUES (?, ?, ?)", values),
            announce=_views_changed,
        )

    async def delete(self, name: str) -> None:
        """Forget a view."""
        await self._database.write(
            lambda conn: rows(conn, "DELETE FROM saved_view WHERE name = ?", (name,)), announce=_views_changed
        )


def _views_changed(_result: object) -> list[Change]:
    return [Change(ChangeKind.VIEWS)]


def _saved_view(name: str, kept: _View) -> SavedView:
    """A view as it was kept; what this version does not know of it is left out."""
    known = {facet.value: facet for facet in Facet}
    facets = {known[facet]: frozenset(values) for facet, values in kept.facets.items() if facet in known}
    sort = SortField(kept.sort) if kept.sort in set(SortField) else None
    return SavedView(name, ViewQuery(kept.text, facets, sort, kept.descending), kept.columns)


def _read(conn: Connection, query: ViewQuery) -> list[_Contact]:
    wanted = words(query.text)
    found = (_Contact(*row) for row in conn.execute(_COLUMNS))
    return [each for each in found if not wanted or all(word in each.text() for word in wanted)]


def _fits(contact: _Contact, query: ViewQuery, but: Facet | None = None) -> bool:
    return all(not values or facet is but or contact.values(facet) & values for facet, values in query.facets.items())


def _ids(conn: Connection, query: ViewQuery, limit: int | None) -> "array[int]":
    found = sorted((each for each in _read(conn, query) if _fits(each, query)), key=lambda each: each.contact_id)
    if query.sort is None:
        found.sort(key=lambda each: each.contact_id, reverse=not query.descending)
    else:
        key = _key(query.sort)
        blank = [each for each in found if not key(each)]
        filled = sorted((each for each in found if key(each)), key=key)
        found = filled[::-1] + blank[::-1] if query.descending else filled + blank
    return array("q", [each.contact_id for each in found][:limit])


def _key(field: SortField) -> Callable[[_Contact], Any]:
    match field:
        case SortField.FETCHED | SortField.RATING:
            return lambda each: getattr(each, field)
        case SortField.STATUS:
            order = {status: place for place, status in enumerate(ContactStatus, start=1)}
            return lambda each: order.get(ContactStatus(each.status)) if each.status else 0
        case _:
            return lambda each: sort_key(getattr(each, field))


def _facets(conn: Connection, query: ViewQuery) -> tuple[FacetCounts, ...]:
    found = _read(conn, query)
    lists = {str(list_id): name for list_id, name in conn.execute("SELECT list_id, name FROM contact_list")}
    companies = {sort_key(each.company): each.company for each in reversed(found)}
    counts = []
    for facet in Facet:
        numbers = Counter(value for each in found if _fits(each, query, facet) for value in each.values(facet))
        labels = {Facet.LIST: lists, Facet.COMPANY: companies}.get(facet, {})
        chosen = query.facets.get(facet, frozenset())
        counts.append(_counts(facet, numbers, labels, chosen))
    return tuple(counts)


def _counts(facet: Facet, numbers: Counter[str], labels: dict[str, str], chosen: Iterable[str]) -> FacetCounts:
    wanted = {*numbers, *chosen, *(("yes", "no") if facet in (Facet.HAS_EMAIL, Facet.HAS_PHONE) else ())}
    values = [FacetValue(value, labels.get(value) or _label(facet, value), numbers[value]) for value in wanted]
    values.sort(key=lambda value: (-value.count, sort_key(value.label), value.value))
    if facet is not Facet.COMPANY:
        return FacetCounts(facet, tuple(values))
    shown = [v for place, v in enumerate(values) if place < COMPANIES_SHOWN or v.value in chosen]
    return FacetCounts(facet, tuple(shown), more=len(values) - len(shown))


_BLANK = {
    Facet.OUTCOME: "Not asked for",
    Facet.STATUS: "No status",
    Facet.LIST: "In no list",
    Facet.TAG: "No tags",
    Facet.COMPANY: "No company",
    Facet.COUNTRY: "No country",
    Facet.PROVIDER: "No service",
}


def _label(facet: Facet, value: str) -> str:
    if not value:
        return _BLANK.get(facet, "")
    match facet:
        case Facet.PROVIDER if value in set(Provider):
            return Provider(value).label
        case Facet.HAS_EMAIL:
            return "With email" if value == "yes" else "Without email"
        case Facet.HAS_PHONE:
            return "With phone" if value == "yes" else "Without phone"
        case Facet.OUTCOME if value in set(Outcome):
            return Outcome(value).label
        case Facet.STATUS if value in set(ContactStatus):
            return ContactStatus(value).label
        case _:
            return value
