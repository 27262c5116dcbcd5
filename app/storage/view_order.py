"""The order of a view: each key of a contact has an index of its own, and blanks come last whichever way one sorts.

The answer is one array of contact ids. SQLite writes it as one text, which is read in one go: Python's lock is held
for a few milliseconds per hundred thousand contacts, and nothing is made per row.
"""

# ruff: noqa: S608 - statements are put together from names of our own; values are always bound.

from array import array
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from app.domain.library_view import SortField, ViewQuery
from app.domain.marks import ContactStatus
from app.storage.database import Connection, scalar
from app.storage.search_text import KEYS
from app.storage.view_filter import GONE, LIVE, Filter, collect, matching

# Beyond so many hits the first ones are found sooner by walking through the order than by sorting them all.
_MOST_SORTED = 10_000
# Below this share of the library, sorting the hits is quicker than walking through the whole order.
_SMALL_SHARE = 8

_ids_decoder = msgspec.json.Decoder(list[int])


class _Key(NamedTuple):
    """What to sort by: in which table `k`, by which expression, when it is not blank, and in which index."""

    table: str
    expression: str
    filled: str
    index_name: str


_STATUS_ORDER = " ".join(f"WHEN '{status}' THEN {place}" for place, status in enumerate(ContactStatus))
_KEYS: dict[SortField, _Key] = {
    **{SortField(key): _Key("contact_sort", f"k.{key}", f"k.{key} <> ''", f"contact_sort_{key}") for key in KEYS},
    SortField.FETCHED: _Key("contact", "k.fetched_at", "k.fetched_at <> 0", "contact_fetched"),
    SortField.RATING: _Key("contact", "k.rating", "k.rating > 0", "contact_rating"),
    SortField.STATUS: _Key("contact", f"CASE k.status {_STATUS_ORDER} END", "k.status <> ''", "contact_status"),
}


class OrderedView:
    """One query over one view of the library.

    Args:
        conn: A connection that may write temporary tables, in a transaction that is rolled back afterwards.
        query: What is asked.
        check: Called between statements; raises to stop.
    """

    def __init__(self, conn: Connection, query: ViewQuery, check: Callable[[], None]) -> None:
        self._conn = conn
        self._check = check
        self._filter = Filter(query)
        self._by_entry_alone = query.sort is None
        self._key = _KEYS[query.sort or SortField.NAME]
        # By entry the newest comes first, unless the other way round is wanted.
        self._direction = "DESC" if query.descending is not self._by_entry_alone else "ASC"
        self._order = f"{self._key.expression} {self._direction}, k.contact_id {self._direction}"
        self._blank_order = f"contact_id {self._direction}"

    def all_ids(self) -> "array[int]":
        """All contacts that fit."""
        if self._by_entry_alone:
            return self._by_entry()
        if self._filter.is_empty:
            ids = self._ids(self._filled(f"k.contact_id NOT IN ({GONE})"))
            live = scalar(self._conn, f"SELECT count(*) FROM contact WHERE {LIVE}")
            if len(ids) < live:
                ids += self._ids(self._blank(self._is_blank("c", len(ids), live)))
            return ids
        found = self._collect()
        if found * _SMALL_SHARE < scalar(self._conn, "SELECT coalesce(max(contact_id), 0) FROM contact"):
            return self._sorted_hits()
        ids = self._ids(self._filled("1", "CROSS JOIN hit h ON h.contact_id = k.contact_id"))
        if len(ids) < found:
            blank = self._is_blank("h", len(ids), found)
            ids += self._ids(f"SELECT h.contact_id FROM hit h WHERE {blank} ORDER BY h.{self._blank_order}")
        return ids

    def first_ids(self, limit: int) -> "array[int]":
        """The beginning of `all_ids`, sooner."""
        if self._by_entry_alone:
            return self._by_entry(limit)
        asked = self._filter
        if not asked.is_empty and self._collect(_MOST_SORTED + 1) <= _MOST_SORTED:
            return self._sorted_hits(limit)
        joins = "CROSS JOIN contact_search t ON t.contact_id = {0}.contact_id" if asked.text else ""
        conditions = " AND ".join([*asked.text, *asked.choices.values()]) or "1"
        with_contact = " CROSS JOIN contact c ON c.contact_id = k.contact_id" if asked.choices else ""
        filled = self._filled(f"k.contact_id NOT IN ({GONE}) AND {conditions}", joins.format("k") + with_contact)
        ids = self._ids(filled, limit)
        if len(ids) < limit:
            blank = self._is_blank("c", len(ids), limit * _SMALL_SHARE)
            ids += self._ids(self._blank(f"{blank} AND {conditions}", joins.format("c")), limit - len(ids))
        return ids

    def _collect(self, limit: int | None = None) -> int:
        found = collect(self._conn, self._filter, choices=self._filter.choices.values(), limit=limit)
        self._check()
        return found

    def _by_entry(self, limit: int | None = None) -> "array[int]":
        """In the order in which they are found anyway."""
        source, conditions, key = matching(self._filter, self._filter.choices.values())
        return self._ids(
            f"SELECT {key} AS contact_id FROM {source} WHERE {conditions} ORDER BY {key} {self._direction}", limit
        )

    def _sorted_hits(self, limit: int | None = None) -> "array[int]":
        key = self._key
        # Those without a row of keys, or with a blank one, follow in one group.
        order = self._order.replace(key.expression, f"CASE WHEN {key.filled} THEN {key.expression} END")
        return self._ids(
            f"SELECT h.contact_id FROM hit h LEFT JOIN {key.table} k ON k.contact_id = h.contact_id"
            f" ORDER BY coalesce({key.filled}, 0) DESC, {order.replace('k.contact_id', 'h.contact_id')}",
            limit,
        )

    def _is_blank(self, alias: str, filled: int, of: int) -> str:
        """The condition that a contact has a blank key, in the form that suits how many have."""
        key = self._key
        if filled * 2 < of:
            return f"{alias}.contact_id NOT IN (SELECT k.contact_id FROM {key.table} k WHERE {key.filled})"
        return (
            f"NOT EXISTS (SELECT 1 FROM {key.table} k NOT INDEXED"
            f" WHERE k.contact_id = {alias}.contact_id AND {key.filled})"
        )

    def _filled(self, conditions: str, joins: str = "") -> str:
        key = self._key
        return (
            f"SELECT k.contact_id FROM {key.table} k INDEXED BY {key.index_name} {joins}"
            f" WHERE {key.filled} AND {conditions} ORDER BY {self._order}"
        )

    def _blank(self, conditions: str, joins: str = "") -> str:
        return (
            f"SELECT c.contact_id FROM contact c INDEXED BY contact_live {joins} WHERE {LIVE}"
            f" AND {conditions} ORDER BY c.{self._blank_order}"
        )

    def _ids(self, sql: str, limit: int | None = None) -> "array[int]":
        if limit is not None:
            sql += f" LIMIT {limit:d}"
        text = scalar(self._conn, f"SELECT json_group_array(contact_id) FROM ({sql})", self._filter.values)
        self._check()
        return array("q", _ids_decoder.decode(text))
