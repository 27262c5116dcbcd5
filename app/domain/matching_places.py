"""What it says that two people are in one place, or in two: a country says nothing beside its city."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from math import log2

from rapidfuzz.distance import Indel

from app.domain.matching_evidence import Evidence
from app.domain.matching_people import Entry

_alike: Callable[..., float] = Indel.normalized_similarity

# How many people tell which words come together, at least and at most.
_ENOUGH, _SAMPLE = 12, 60


class Places:
    """Weighs the places of the people it was made with: a rare word of an address says more than a common one."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._people = max(len(entries), 2)
        self._counts = Counter(word for entry in entries for word in entry.places)
        # Some of those who are where a word says, to learn which words come with it.
        self._whose: dict[str, list[tuple[str, ...]]] = {}
        for entry in entries:
            for word in entry.places:
                found = self._whose.setdefault(word, [])
                if len(found) < _SAMPLE:
                    found.append(entry.places)
        self._besides: dict[tuple[str, str], float] = {}

    def evidence(self, one: Entry, other: Entry, *, colleagues: bool) -> Evidence | None:
        """What the places of two people say; None for nothing."""
        if not one.places or not other.places:
            return None
        if one.spelt.country and other.spelt.country and one.spelt.country != other.spelt.country:
            return Evidence("country_code", "Different countries", -2.0)
        weights = self._weight
        common = set(one.places).intersection(other.places)
        mine = [word for word in one.places if word not in common]
        theirs = [word for word in other.places if word not in common]
        whole = min(self._bits(one.places), self._bits(other.places))
        agreed = self._bits(common)
        if mine and theirs:
            # Slips of the pen, and words written together.
            left = min(sum(map(weights, mine)), sum(map(weights, theirs)))
            alike = _alike("".join(mine), "".join(theirs))
            agreed += left * max(0.0, 2 * alike - 1.0)
        share = agreed / whole if whole else 0.0
        if share >= 0.4:
            text = "Same location" if share > 0.95 else "Similar locations"
            # Colleagues sit in one place anyway.
            return Evidence("location", text, min(14.0, (0.1 if colleagues else 0.7) * agreed * share))
        if share < 0.2:
            # Two street addresses say more than two cities.
            return Evidence("location", "Different locations", -max(1.0, min(6.0, 0.15 * whole)))
        return None

    def _bits(self, words: Collection[str]) -> float:
        """What a number of words of one place say together: a country says nothing beside its city."""
        if not words:
            return 0.0
        rarest, *others = sorted(words, key=lambda word: (self._counts[word], word))
        return self._weight(rarest) + sum(self._beside(rarest, word) for word in others)

    def _beside(self, rarest: str, word: str) -> float:
        """How much a word says beside a rarer one, in bits."""
        known = self._besides.get((rarest, word))
        if known is None:
            found = self._whose[rarest]
            known = self._weight(word)
            if len(found) >= _ENOUGH:
                known = min(known, log2(len(found) / max(1, sum(word in places for places in found))))
            self._besides[rarest, word] = known
        return known

    def _weight(self, word: str) -> float:
        return max(0.1, log2(self._people / max(self._counts[word], 1)))
