"""How many contacts each value of each facet would show, the facet's own choice left out.

Everything is counted by SQLite in four passes: one over all columns with few values together, one for each facet that
is not a column. Python adds up what comes back, at most some thousand rows.
"""

# ruff: noqa: S608 - statements are put together from names of our own; values are always bound.

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import msgspec

from app.domain.countries import country_name
from app.domain.library_view import Facet, FacetCounts, FacetValue, ViewQuery
from app.domain.marks import ContactStatus
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.sort_order import sort_key
from app.storage.columns import json_list
from app.storage.database import Connection, rows, scalar
from app.storage.view_filter import LIVE, Filter, collect

COMPANIES_SHOWN = 50

# Below this share of the library, counting from the hits is quicker than going through a whole index.
_SMALL_SHARE = 8
# What a contact may miss: a choice of one of the facets that are columns, or of one of the others.
_COLUMNS, _LIST, _TAG, _COMPANY = 1, 2, 4, 8
_MISSES = {Facet.LIST: _LIST, Facet.TAG: _TAG, Facet.COMPANY: _COMPANY}


class _Group(NamedTuple):
    """Contacts that have all these in common."""

    providers: str
    email_outcome: str
    phone_outcome: str
    status: str
    country: str
    has_email: int
    has_phone: int
    contacts: int

    def values(self, facet: Facet) -> Collection[str]:
        """The values that the group has of a facet that is a column."""
        match facet:
            case Facet.PROVIDER:
                return self.providers.split(",")
            case Facet.HAS_EMAIL:
                return ("yes",) if self.has_email else ("no",)
            case Facet.HAS_PHONE:
                return ("yes",) if self.has_phone else ("no",)
            case Facet.OUTCOME:
                return {self.email_outcome, self.phone_outcome} - {""} or {""}
            case Facet.STATUS:
                return (self.status,)
            case _:
                return (self.country,)


_BY_COLUMN = (Facet.PROVIDER, Facet.HAS_EMAIL, Facet.HAS_PHONE, Facet.OUTCOME, Facet.STATUS, Facet.COUNTRY)
_GROUPED = "c.providers, c.email_outcome, c.phone_outcome, c.status, c.country, c.email <> '', c.phone <> ''"
_groups_decoder = msgspec.json.Decoder(list[_Group])
_pairs_decoder = msgspec.json.Decoder(list[tuple[str, int]])


class FacetCounter:
    """Counts for one query over one view of the library.

    Args:
        conn: A connection that may write temporary tables, in a transaction that is rolled back afterwards.
        query: What is asked; its order does not matter.
        check: Called between statements; raises to stop.
    """

    def __init__(self, conn: Connection, query: ViewQuery, check: Callable[[], None]) -> None:
        self._conn = conn
        self._check = check
        self._filter = Filter(query)
        self._chosen = {facet: values for facet, values in query.facets.items() if values}
        self._contacts: int = scalar(conn, f"SELECT count(*) FROM contact WHERE {LIVE}")
        self._hits: int | None = None

    def count(self) -> tuple[FacetCounts, ...]:
        """All facets in the order of `Facet`."""
        if not self._filter.is_empty:
            self._hits = collect(self._conn, self._filter, misses=self._misses(), choices=())
            self._check()
        numbers = self._count_columns()
        self._check()
        companies, more = self._count_companies()
        numbers[Facet.COMPANY] = companies
        self._check()
        numbers[Facet.LIST] = self._count_members("contact_list_member", "cast(m.list_id AS TEXT)", _LIST)
        self._check()
        numbers[Facet.TAG] = self._count_members("contact_tag", "m.tag", _TAG)
        self._check()
        named = {*companies, *self._chosen.get(Facet.COMPANY, ())}
        labels = {Facet.COMPANY: self._company_names(named), Facet.LIST: self._list_names()}
        return tuple(
            FacetCounts(
                facet,
                _values(facet, numbers[facet], labels.get(facet, {}), self._chosen.get(facet, frozenset())),
                more if facet is Facet.COMPANY else 0,
            )
            for facet in Facet
        )

    def _misses(self) -> str:
        choices = self._filter.choices
        by_column = [condition for facet, condition in choices.items() if facet in _BY_COLUMN]
        parts = [f"(NOT ({' AND '.join(by_column)}))"] if by_column else []
        parts += [f"{bit} * (NOT ({choices[facet]}))" for facet, bit in _MISSES.items() if facet in choices]
        return " + ".join(parts) or "0"

    @property
    def _is_small(self) -> bool:
        return self._hits is not None and self._hits * _SMALL_SHARE < self._contacts

    def _from(self, source: str, alias: str, index: str, bit: int) -> tuple[str, str]:
        """Where to count from, so that only contacts come that miss nothing but the choice of one facet."""
        if self._hits is None:
            return f"{source} {alias} {index}", "1"
        fits = f"h.misses IN (0, {bit})"
        join = f"ON h.contact_id = {alias}.contact_id"
        if self._is_small:
            return f"hit h CROSS JOIN {source} {alias} {join}", fits
        return f"{source} {alias} {index} CROSS JOIN hit h {join}", fits

    def _count_columns(self) -> dict[Facet, Counter[str]]:
        source, fits = self._from("contact", "c", "INDEXED BY contact_facets", _COLUMNS)
        text = scalar(
            self._conn,
            "SELECT json_group_array(json_array(g1, g2, g3, g4, g5, g6, g7, n)) FROM (SELECT"
            " c.providers AS g1, c.email_outcome AS g2, c.phone_outcome AS g3, c.status AS g4, c.country AS g5,"
            f" c.email <> '' AS g6, c.phone <> '' AS g7, count(*) AS n FROM {source}"
            f" WHERE c.merged_into IS NULL AND c.removed_at IS NULL AND {fits} GROUP BY {_GROUPED})",
        )
        numbers: dict[Facet, Counter[str]] = {facet: Counter() for facet in _BY_COLUMN}
        chosen = {facet: values for facet, values in self._chosen.items() if facet in _BY_COLUMN}
        for group in _groups_decoder.decode(text):
            missed = [facet for facet, values in chosen.items() if values.isdisjoint(group.values(facet))]
            if len(missed) > 1:
                continue
            for facet in missed or _BY_COLUMN:
                for value in group.values(facet):
                    numbers[facet][value] += group.contacts
        return numbers

    def _count_companies(self) -> tuple[Counter[str], int]:
        """The largest companies and those that are chosen, and how many further ones there are."""
        source, fits = self._from("contact_sort", "k", "INDEXED BY contact_sort_company", _COMPANY)
        gone = (
            ""
            if self._hits is not None
            else f" AND k.contact_id NOT IN (SELECT contact_id FROM contact WHERE NOT ({LIVE}))"
        )
        sql = (
            f"SELECT k.company AS name, count(*) AS n FROM {source} WHERE k.company <> '' AND {fits}{gone}"
            "{} GROUP BY k.company"
        )
        found = rows(
            self._conn,
            f"SELECT name, n, count(*) OVER (), sum(n) OVER () FROM ({sql.format('')}) ORDER BY n DESC, name LIMIT ?",
            (COMPANIES_SHOWN,),
        )
        numbers = Counter({name: n for name, n, _, _ in found})
        companies, contacts = found[0][2:] if found else (0, 0)
        if chosen := [name for name in self._chosen.get(Facet.COMPANY, ()) if name and name not in numbers]:
            asked_for = sql.format(" AND k.company IN (SELECT value FROM json_each(?))")
            numbers.update(dict(rows(self._conn, asked_for, (json_list(chosen),))))
        shown = len(numbers)
        numbers[""] = self._fitting(_COMPANY) - contacts
        return numbers, companies - shown

    def _count_members(self, table: str, value: str, bit: int) -> Counter[str]:
        """Counts for a facet of which a contact may have several values, each a row of a table of its own."""
        source, fits = self._from(table, "m", "", bit)
        gone = (
            "1"
            if self._hits is not None
            else f"m.contact_id NOT IN (SELECT contact_id FROM contact WHERE NOT ({LIVE}))"
        )
        found = rows(self._conn, f"SELECT {value}, count(*) FROM {source} WHERE {fits} AND {gone} GROUP BY 1")
        with_any = scalar(self._conn, f"SELECT count(DISTINCT m.contact_id) FROM {source} WHERE {fits} AND {gone}")
        return Counter(dict(found)) + Counter({"": self._fitting(bit) - with_any})

    def _fitting(self, bit: int) -> int:
        if self._hits is None:
            return self._contacts
        return int(scalar(self._conn, "SELECT count(*) FROM hit WHERE misses IN (0, ?)", (bit,)))

    def _company_names(self, companies: Collection[str]) -> dict[str, str]:
        """How each company is written by the contact that came first."""
        found = rows(
            self._conn,
            "SELECT key.value, (SELECT company_name FROM contact WHERE contact_id ="
            " (SELECT min(k.contact_id) FROM contact_sort k WHERE k.company = key.value AND k.company <> ''))"
            " FROM json_each(?) key",
            (json_list(name for name in companies if name),),
        )
        return {name: label for name, label in found if label}

    def _list_names(self) -> dict[str, str]:
        return dict(rows(self._conn, "SELECT cast(list_id AS TEXT), name FROM contact_list"))


def _values(
    facet: Facet, numbers: Counter[str], labels: Mapping[str, str], chosen: Collection[str]
) -> tuple[FacetValue, ...]:
    """The values to show, the most frequent first: those that any contact has, and those that are chosen."""
    always = ("yes", "no") if facet in (Facet.HAS_EMAIL, Facet.HAS_PHONE) else ()
    shown = {*(value for value, count in numbers.items() if count), *chosen, *always}
    values = [FacetValue(value, labels.get(value) or _label(facet, value), numbers[value]) for value in shown]
    return tuple(sorted(values, key=lambda value: (-value.count, sort_key(value.label), value.value)))


_BLANK = {
    Facet.PROVIDER: "No service",
    Facet.OUTCOME: "Never enriched",
    Facet.STATUS: "No status",
    Facet.LIST: "In no list",
    Facet.TAG: "No tags",
    Facet.COMPANY: "No company",
    Facet.COUNTRY: "No country",
}
_YES_NO = {
    (Facet.HAS_EMAIL, "yes"): "With email",
    (Facet.HAS_EMAIL, "no"): "Without email",
    (Facet.HAS_PHONE, "yes"): "With phone",
    (Facet.HAS_PHONE, "no"): "Without phone",
}
_LABELS = {
    Facet.PROVIDER: {provider.value: provider.label for provider in Provider},
    Facet.OUTCOME: {outcome.value: outcome.label for outcome in Outcome},
    Facet.STATUS: {status.value: status.label for status in ContactStatus},
}


def _label(facet: Facet, value: str) -> str:
    if not value:
        return _BLANK.get(facet, "")
    if facet is Facet.COUNTRY:
        return country_name(value)
    return _LABELS.get(facet, {}).get(value) or _YES_NO.get((facet, value), value)
