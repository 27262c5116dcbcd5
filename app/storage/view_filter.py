"""Which contacts a view shows: its words and its choices as SQL. No text ever becomes part of a statement."""

# ruff: noqa: S608 - statements are put together from names of our own; values are always bound.

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from app.domain.library_view import Facet, ViewQuery
from app.domain.text_fold import words
from app.storage.columns import json_list, to_json
from app.storage.database import Connection, SqlValue, scalar

#: A contact is neither merged into another nor removed.
LIVE = "merged_into IS NULL AND removed_at IS NULL"
GONE = "SELECT contact_id FROM contact WHERE merged_into IS NOT NULL OR removed_at IS NOT NULL"

#: The index on text knows runs of so many characters; shorter words are looked for in the text itself.
_RUN = 3
# More words, and longer ones, than anybody types: of a page that was pasted the index finds the longest words, and
# the others are looked for in what these have found.
_MOST_WORDS = 24
_LONGEST_PHRASE = 60
_MOST_COMPARED = 200
_PHONE = re.compile(r"[+(]*[0-9][0-9()./-]*")
_SEPARATORS = re.compile(r"[()./-]+")


class Word(NamedTuple):
    """One word of a filter: any of its spellings will do."""

    spellings: tuple[str, ...]

    @property
    def is_indexed(self) -> bool:
        """Whether the index can find it."""
        return all(len(spelling) >= _RUN for spelling in self.spellings)


def wanted(text: str) -> list[Word]:
    """The words of a filter, without those that another one contains; a phone number is also wanted as digits."""
    found = words(text)
    if len(found) <= _MOST_COMPARED:
        found = [word for word in found if not any(word in other and word != other for other in found)]
    return [Word(_spellings(word)) for word in found]


def _spellings(word: str) -> tuple[str, ...]:
    digits = _SEPARATORS.sub("", word)
    return (word, digits) if digits != word and len(digits) > _RUN and _PHONE.fullmatch(word) else (word,)


class Filter:
    """A query's words and choices as conditions, and the values that these name.

    Attributes:
        match: The expression for the index on text, "" where it cannot help.
        scan: Conditions on the text `t.text` itself that the index does not cover.
        text: Conditions on `t.text` for all words, for those who go without the index.
        choices: What each facet that is chosen by asks of a contact `c`.
        values: The values that the conditions name.
    """

    def __init__(self, query: ViewQuery) -> None:
        # A condition that nobody meets is no constant, so that SQLite plans as for any other.
        self.values: dict[str, SqlValue] = {"never": 0}
        found = sorted(wanted(query.text), key=_length, reverse=True)
        few, rest = found[:_MOST_WORDS], found[_MOST_WORDS:]
        by_index = [word for word in few if word.is_indexed]
        self.match = " AND ".join(map(_phrase, by_index))
        if self.match:
            self.values["match"] = self.match
        conditions = {word: self._in_text(number, word) for number, word in enumerate(few)}
        self.text = list(conditions.values())
        done = [word for word in by_index if max(map(len, word.spellings)) <= _LONGEST_PHRASE]
        self.scan = [condition for word, condition in conditions.items() if word not in done]
        if rest:
            self.values["rest"] = to_json([(word.spellings[0], word.spellings[-1]) for word in rest])
            self.text.append(_REST)
            self.scan.append(_REST)
        self.choices = {
            facet: condition
            for facet, values in query.facets.items()
            if values and (condition := self._chosen(facet, values))
        }

    @property
    def is_empty(self) -> bool:
        """Whether it lets all contacts through."""
        return not self.text and not self.choices

    def _in_text(self, number: int, word: Word) -> str:
        names = []
        for place, spelling in enumerate(word.spellings):
            names.append(f"w{number}_{place}")
            self.values[names[-1]] = spelling
        return "(" + " OR ".join(f"instr(t.text, :{name}) > 0" for name in names) + ")"

    def _chosen(self, facet: Facet, values: Collection[str]) -> str:
        condition = _CONDITIONS[facet]
        named = sorted(value for value in values if value)
        self.values[facet.value] = json_list(named)
        if facet in (Facet.HAS_EMAIL, Facet.HAS_PHONE):
            parts = [text for answer, text in (("yes", condition.given), ("no", condition.blank)) if answer in values]
        elif facet is Facet.PROVIDER:
            parts = [self._from_provider(number, name) for number, name in enumerate(named)]
        else:
            parts = [condition.given] if named else []
        if "" in values:
            parts.append(condition.blank)
        return f"({' OR '.join(parts)})" if parts else ":never"

    def _from_provider(self, number: int, name: str) -> str:
        self.values[f"p{number}"] = f",{name},"
        return f"instr(',' || c.providers || ',', :p{number}) > 0"


_REST = (
    "NOT EXISTS (SELECT 1 FROM json_each(:rest) word"
    " WHERE instr(t.text, word.value ->> 0) = 0 AND instr(t.text, word.value ->> 1) = 0)"
)


class _Condition(NamedTuple):
    given: str
    blank: str


_CHOSEN = "(SELECT value FROM json_each(:{}))"
_CONDITIONS: Mapping[Facet, _Condition] = {
    Facet.PROVIDER: _Condition("", "c.providers = ''"),
    Facet.HAS_EMAIL: _Condition("(c.email <> '')", "NOT (c.email <> '')"),
    Facet.HAS_PHONE: _Condition("(c.phone <> '')", "NOT (c.phone <> '')"),
    Facet.OUTCOME: _Condition(
        f"c.email_outcome IN {_CHOSEN.format('outcome')} OR c.phone_outcome IN {_CHOSEN.format('outcome')}",
        "(c.email_outcome = '' AND c.phone_outcome = '')",
    ),
    Facet.STATUS: _Condition(f"c.status IN {_CHOSEN.format('status')}", "c.status = ''"),
    Facet.COUNTRY: _Condition(f"c.country IN {_CHOSEN.format('country')}", "c.country = ''"),
    Facet.LIST: _Condition(
        "c.contact_id IN (SELECT contact_id FROM contact_list_member WHERE list_id IN"
        " (SELECT cast(value AS INTEGER) FROM json_each(:list)))",
        "c.contact_id NOT IN (SELECT contact_id FROM contact_list_member)",
    ),
    Facet.TAG: _Condition(
        f"c.contact_id IN (SELECT contact_id FROM contact_tag WHERE tag IN {_CHOSEN.format('tag')})",
        "c.contact_id NOT IN (SELECT contact_id FROM contact_tag)",
    ),
    Facet.COMPANY: _Condition(
        "c.contact_id IN (SELECT contact_id FROM contact_sort WHERE company <> '' AND company IN"
        f" {_CHOSEN.format('company')})",
        "c.contact_id NOT IN (SELECT contact_id FROM contact_sort WHERE company <> '')",
    ),
}


def _length(word: Word) -> int:
    return min(map(len, word.spellings))


def _phrase(word: Word) -> str:
    quoted = ['"' + spelling[:_LONGEST_PHRASE].replace('"', '""') + '"' for spelling in word.spellings]
    return f"({' OR '.join(quoted)})" if len(quoted) > 1 else quoted[0]


def matching(asked: Filter, choices: Iterable[str], *, with_contact: bool = False) -> tuple[str, str, str]:
    """How to find the contacts that fit: from which tables, under which conditions, and by which name of their id.

    They come by id in order, whichever way is asked for, without sorting.

    Args:
        asked: The words, and the values of all conditions.
        choices: The conditions on the contact `c` that they must meet.
        with_contact: Whether `c` is needed for something else.
    """
    chosen = list(choices)
    if not asked.match and not asked.scan:
        return "contact c INDEXED BY contact_live", " AND ".join([LIVE, *chosen]), "c.contact_id"
    if asked.match:
        source, key, conditions = "contact_fts f", "f.rowid", ["f.contact_fts MATCH :match", *asked.scan]
        if asked.scan:
            source += " CROSS JOIN contact_search t ON t.contact_id = f.rowid"
    else:
        source, key, conditions = "contact_search t", "t.contact_id", list(asked.scan)
    if chosen or with_contact:
        source += f" CROSS JOIN contact c ON c.contact_id = {key}"
    return source, " AND ".join([*conditions, f"{key} NOT IN ({GONE})", *chosen]), key


def collect(
    conn: Connection, asked: Filter, *, misses: str = "0", choices: Iterable[str], limit: int | None = None
) -> int:
    """Put the contacts that fit into the temporary table `hit`; returns how many there are.

    Args:
        conn: A connection that may write temporary tables.
        asked: The words, and the values of all conditions.
        misses: What to note with each contact in `hit.misses`, an expression over `c`.
        choices: The conditions on `c` that contacts must meet.
        limit: The most contacts to look for; then they are any.
    """
    conn.execute("CREATE TEMP TABLE hit (contact_id INTEGER PRIMARY KEY, misses INTEGER NOT NULL)")
    source, conditions, key = matching(asked, choices, with_contact=misses != "0")
    sql = f"INSERT INTO hit SELECT {key}, {misses} FROM {source} WHERE {conditions}"
    if limit is not None:
        sql += f" LIMIT {limit:d}"
    conn.execute(sql, asked.values)
    return int(scalar(conn, "SELECT count(*) FROM hit"))
