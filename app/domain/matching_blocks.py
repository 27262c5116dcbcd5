"""Who is compared with whom: only people who have something in common, in groups that stay small.

Comparing everybody with everybody would take days. Each person gets a number of keys; people with a common key are
compared. A key that too many have, such as a common name, is made narrower with something else; one that is still too
common says nothing about who is who and is passed over.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from app.domain.matching_names import roots_of, sound
from app.domain.matching_people import Entry

#: People with a common key, at most.
LARGEST = 40

# A location of so many words is an address with a street, not a city.
_STREET_WORDS = 6


class Blocks:
    """The keys of all people, and who shares them."""

    def __init__(self, entries: Sequence[Entry], largest: int = LARGEST) -> None:
        self._largest = largest
        wide: dict[int, list[int]] = {}
        keys = [self._wide(entry) for entry in entries]
        for index, own in enumerate(keys):
            for key in own:
                wide.setdefault(key, []).append(index)
        shared: dict[int, list[int]] = {}
        for key, members in wide.items():
            if len(members) > largest:
                for index in members:
                    for detail in _details(entries[index]):
                        shared.setdefault(hash((key, detail)), []).append(index)
            elif len(members) > 1:
                shared[key] = members
        del wide, keys
        self._blocks: list[list[list[int]]] = [[] for _ in entries]
        for members in shared.values():
            if 1 < len(members) <= largest:
                for index in members:
                    self._blocks[index].append(members)

    def partners(self, index: int) -> set[int]:
        """Whom a person is compared with."""
        found: set[int] = set()
        found.update(*self._blocks[index])
        found.discard(index)
        return found

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Everybody who is compared, each pair once."""
        for index in range(len(self._blocks)):
            for other in self.partners(index):
                if other > index:
                    yield index, other

    def _wide(self, entry: Entry) -> set[int]:
        return {hash(key) for key in _keys(entry)}


def _keys(entry: Entry) -> Iterator[tuple[str, ...]]:
    yield from _name_keys(entry, entry.firsts, entry.lasts)
    if entry.latin:
        yield from _name_keys(entry, *entry.latin)
    for email in entry.emails:
        yield "email", email
    for handle in entry.handles:
        yield "handle", handle
    for phone in entry.phones:
        yield "phone", phone
    for stem in (*entry.slugs, *entry.stems):
        yield "handle", stem
    if len(entry.places) >= _STREET_WORDS:
        for pair in pairwise(entry.places):
            yield "street", *pair
    for scope, values in entry.ids.items():
        for value in values:
            yield "id", scope, value


def _name_keys(entry: Entry, firsts: tuple[str, ...], family: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    first, last = firsts[0] if firsts else "", family[-1] if family else ""
    lasts = {sound(word) for word in family}
    roots = {sound(root) for root in roots_of(first)} if first else set()
    # Both ways round: first and family names are often swapped.
    for heard in lasts:
        yield "name", heard, first[:1]
    if first:
        yield "name", sound(first), last[:1]
    for root in roots:
        for heard in lasts:
            yield "whole", *sorted((root, heard))
    for company in (*entry.companies, *entry.past):
        for heard in lasts:
            yield "colleague", company, heard
        for root in roots:
            yield "colleague", company, root
        if last:
            yield "colleague", company, last[:3]
    if first and last:
        yield "handle", first + last
        yield "start", *sorted((first[:3], last[:3]))
    for place in entry.places:
        if len(place) > 2:
            yield "place", place, first[:1], last[:1]
            yield "place", place, first[:3]
            yield "place", place, last[:3]


def _details(entry: Entry) -> Iterable[tuple[str, ...]]:
    """What makes a common key narrower."""
    yield "both", entry.first, entry.last
    for company in (*entry.companies, *entry.past):
        yield "company", company
    for phone in entry.phones:
        yield "phone", phone
    for place in entry.places:
        yield "place", place, entry.last[:2]
