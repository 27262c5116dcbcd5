"""How many contacts each value of each facet would show, the facet's own choice left out.

Everything is counted by SQLite in four passes: one over all columns with few values together, one for each facet that
is not a column. Python adds up what comes back, at most some thousand rows.
"""

# ruff: noqa: S608 - statements are put together from names of our own; values are always bound.

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import itemgetter
from typing import Any

import msgspec

from app.domain.countries import country_name
from app.domain.library_view import Facet, FacetCounts, FacetValue, ViewQuery
from app.domain.marks import ContactStatus
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.sort_order import sort_key
from app.storage.columns import json_list
from app.storage.database import Connection, rows, scalar
from app.storage.view_filter import GONE, LIVE, Filter, collect

COMPANIES_SHOWN = 50

# Below this share of the library, counting from the hits is quicker than going through a whole index.
_SMALL_SHARE = 8
# What a contact may miss: a choice of one of the facets that are columns, or of one of the others.
_COLUMNS, _LIST, _TAG, _COMPANY = 1, 2, 4, 8
_MISSES = {Facet.LIST: _LIST, Facet.TAG: _TAG, Facet.COMPANY: _COMPANY}


# Contacts that have all these in common, and how many they are.
_Group = tuple[str, str, str, str, str, int, int, int]
_GROUPED = "c.providers, c.email_outcome, c.phone_outcome, c.status, c.country, c.email <> '', c.phone <> ''"
_groups_decoder = msgspec.json.Decoder(list[_Group])


def _yes_or_no(has: int) -> Collection[str]:
    return ("yes",) if has else ("no",)


def _outcomes(both: tuple[str, str]) -> Collection[str]:
    return {*both} - {""} or {""}


# What a group has of each facet that is a column, and which values that is.
_BY_COLUMN: Mapping[Facet, tuple[Callable[[_Group], Any], Callable[[Any], Collection[str]]]] = {
    Facet.PROVIDER: (itemgetter(0), lambda providers: providers.split(",")),
    Facet.HAS_EMAIL: (itemgetter(5), _yes_or_no),
    Facet.HAS_PHONE: (itemgetter(6), _yes_or_no),
    Facet.OUTCOME: (itemgetter(1, 2), _outcomes),
    Facet.STATUS: (itemgetter(3), lambda status: (status,)),
    Facet.COUNTRY: (itemgetter(4), lambda country: (country,)),
}


def _add_up(groups: Iterable[_Group], chosen: Mapping[Facet, Collection[str]]) -> dict[Facet, Counter[str]]:
    """Count by each facet that is a column the groups that miss none of the others' choices."""
    met: dict[Facet, Counter[Any]] = {facet: Counter() for facet in _BY_COLUMN}
    tests: list[tuple[Facet, Any, set[str], dict[Any, bool]]] = [
        (facet, _BY_COLUMN[facet], set(values), {}) for facet, values in chosen.items() if facet in _BY_COLUMN
    ]
    for group in groups:
        missed = None
        for facet, (part, values_of), wanted, known in tests:
            key = part(group)
            if key not in known:
                known[key] = wanted.isdisjoint(values_of(key))
            if known[key]:
                if missed is not None:
                    break
                missed = facet
        else:
            for facet, (part, _) in _BY_COLUMN.items() if missed is None else ((missed, _BY_COLUMN[missed]),):
                met[facet][part(group)] += group[-1]
    numbers: dict[Facet, Counter[str]] = {facet: Counter() for facet in _BY_COLUMN}
    for facet, (_, values_of) in _BY_COLUMN.items():
        for key, contacts in met[facet].items():
            for value in values_of(key):
                numbers[facet][value] += contacts
    return numbers


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

    def _from(self, source: str, alias: str, index: str, bit: int) -> tuple[str, str]:
        """Where to count from, so that only contacts come that miss nothing but the choice of one facet."""
        if self._hits is None:
            return f"{source} {alias} {index}", f"{alias}.contact_id NOT IN ({GONE})"
        fits, join = f"h.misses IN (0, {bit})", f"ON h.contact_id = {alias}.contact_id"
        if self._hits * _SMALL_SHARE < self._contacts:
            return f"hit h CROSS JOIN {source} {alias} {join}", fits
        return f"{source} {alias} {index} CROSS JOIN hit h {join}", fits

    def _count_columns(self) -> dict[Facet, Counter[str]]:
        source, fits = "contact c INDEXED BY contact_facets", "1"
        # Choices among these very facets are sorted out afterwards, group by group.
        if self._filter.text or not _MISSES.keys().isdisjoint(self._filter.choices):
            source, fits = self._from("contact", "c", "INDEXED BY contact_facets", _COLUMNS)
        text = scalar(
            self._conn,
            "SELECT json_group_array(json_array(g1, g2, g3, g4, g5, g6, g7, n)) FROM (SELECT"
            " c.providers AS g1, c.email_outcome AS g2, c.phone_outcome AS g3, c.status AS g4, c.country AS g5,"
            # These are the same for all of a group; asked for as aggregates they are read from the index.
            f" max(c.email <> '') AS g6, max(c.phone <> '') AS g7, count(*) AS n FROM {source}"
            f" WHERE {LIVE} AND {fits} GROUP BY {_GROUPED})",
        )
        return _add_up(_groups_decoder.decode(text), self._chosen)

    def _count_companies(self) -> tuple[Counter[str], int]:
        """The largest companies and those that are chosen, and how many further ones there are."""
        source, fits = self._from("contact_sort", "k", "INDEXED BY contact_sort_company", _COMPANY)
        grouped = (
            f"SELECT k.company AS name, count(*) AS n FROM {source} WHERE k.company <> '' AND {fits}{{}}"
            " GROUP BY k.company"
        )
        found = rows(
            self._conn,
            "SELECT name, n, count(*) OVER (), sum(n) OVER ()"
            f" FROM ({grouped.format('')}) ORDER BY n DESC, name LIMIT {COMPANIES_SHOWN}",
        )
        numbers = Counter({name: n for name, n, _, _ in found})
        companies, contacts = found[0][2:] if found else (0, 0)
        if chosen := [name for name in self._chosen.get(Facet.COMPANY, ()) if name and name not in numbers]:
            asked_for = grouped.format(" AND k.company IN (SELECT value FROM json_each(?))")
            numbers.update(dict(rows(self._conn, asked_for, (json_list(chosen),))))
        shown = len(numbers)
        numbers[""] = self._fitting(_COMPANY) - contacts
        return numbers, companies - shown

    def _count_members(self, table: str, value: str, bit: int) -> Counter[str]:
        """Counts for a facet of which a contact may have several values, each a row of a table of its own."""
        source, fits = self._from(table, "m", "", bit)
        found = rows(self._conn, f"SELECT {value}, count(*) FROM {source} WHERE {fits} GROUP BY 1")
        with_any = scalar(self._conn, f"SELECT count(DISTINCT m.contact_id) FROM {source} WHERE {fits}")
        return Counter({**dict(found), "": self._fitting(bit) - with_any})

    def _fitting(self, bit: int) -> int:
        """How many contacts miss nothing but the choice of one facet."""
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
