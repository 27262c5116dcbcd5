"""Which contacts may be one human: who is compared with whom, how sure each pair is, and the reasons in words.

The method is that of Fellegi and Sunter. Every thing two people agree or differ in adds to, or takes from, a weight in
bits: how much likelier it is for one human than for two. Agreeing in what is rare weighs more, so a Smith at a large
company needs more than a Featherstonehaugh. How many pairs there are at all is learned from the library itself. Pure
rules, no I/O: the same people give the same pairs, in whatever order they come.
"""

from collections.abc import Callable, Collection, Sequence
from math import log2

from app.domain.match_candidates import MatchCandidate
from app.domain.matching_blocks import Blocks
from app.domain.matching_evidence import probability, reasons
from app.domain.matching_people import Entry, MatchPerson, entry
from app.domain.matching_score import Scorer

#: Pairs below this are not worth a rep's time.
LEAST_SCORE = 0.35

#: Told every so often: how many people are done, and of how many.
Progress = Callable[[int, int], None]

# Namesakes are met where nobody thought of them: with nothing but the names in common, no pair is surer.
_BY_NAME_ALONE = 0.9

# Pairs a person has on average, before the library has said better and at most.
_FIRST_GUESS, _FEWEST, _MOST = 0.05, 0.01, 2.0
_ROUNDS, _TEACHERS = 4, 200
_TELL_EVERY = 500


def find_matches(
    people: Sequence[MatchPerson],
    *,
    changed: Collection[int] | None = None,
    least_score: float = LEAST_SCORE,
    progress: Progress | None = None,
) -> list[MatchCandidate]:
    """All pairs that may be one human, the surest first.

    Args:
        people: Everybody in the library.
        changed: Only pairs with at least one of these contacts; None for all.
        least_score: Pairs below it are left out.
        progress: Told how many people were compared; what it raises ends the search.
    """
    entries = [entry(person) for person in sorted(people, key=lambda person: person.contact_id)]
    scorer, blocks = Scorer(entries), Blocks(entries)
    odds = -log2(max(len(entries), 2) / 2)
    found: list[tuple[float, Entry, Entry]] = []
    # Everything that could reach the least score with the most pairs there may be.
    least_bits = log2(least_score / (1 - least_score)) if least_score > 0 else -40.0
    floor = least_bits - (odds + log2(_MOST))
    for index, one in enumerate(entries):
        if progress is not None and index % _TELL_EVERY == 0:
            progress(index, len(entries))
        mine = changed is None or one.contact_id in changed
        for other_index in blocks.partners(index):
            if other_index < index:
                continue
            other = entries[other_index]
            if mine or (changed is not None and other.contact_id in changed):
                evidence = scorer.evidence(one, other, floor)
                if evidence and (bits := sum(item.bits for item in evidence)) >= floor:
                    found.append((bits, one, other))
    asked = len(entries) if changed is None else max(1, len(changed))
    odds += log2(_pairs_each([bits for bits, *_ in found], odds, asked))
    candidates = []
    for bits, one, other in found:
        if (score := probability(bits + odds)) >= least_score:
            # Weighed once more: to keep all the words meanwhile would take much memory.
            evidence = scorer.evidence(one, other, floor)
            if all(item.bits < 0.5 or item.field in ("first_name", "last_name") for item in evidence):
                score = min(score, _BY_NAME_ALONE)
            if score >= least_score:
                candidates.append(MatchCandidate(one.contact_id, other.contact_id, round(score, 4), reasons(evidence)))
    return sorted(candidates, key=lambda pair: (-pair.score, pair.low_id, pair.high_id))


def _pairs_each(weights: Sequence[float], odds: float, people: int) -> float:
    """How many pairs a person has on average, learned from the pairs themselves."""
    guess = _FIRST_GUESS
    for _ in range(_ROUNDS):
        expected = sum(probability(bits + odds + log2(guess)) for bits in weights)
        # Few people teach little: the first guess weighs as much as so many of them.
        guess = min(_MOST, max(_FEWEST, (expected + _FIRST_GUESS * _TEACHERS) / (people + _TEACHERS)))
    return guess
