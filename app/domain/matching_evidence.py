"""Evidence that two people are one, in bits and in words, and what it comes to."""

from collections.abc import Iterable
from math import exp2
from typing import NamedTuple

from app.domain.match_candidates import MatchReason


class Evidence(NamedTuple):
    """One thing two people agree or differ in. `field` is a `PersonFields` name; `text` says it in words."""

    field: str
    text: str
    bits: float


def probability(bits: float) -> float:
    """How likely two people are one whose evidence, the starting odds included, is so many bits."""
    return 1.0 / (1.0 + exp2(-max(-60.0, min(60.0, bits))))


def reasons(evidence: Iterable[Evidence]) -> tuple[MatchReason, ...]:
    """The evidence as it is told to the rep, what weighs most first."""
    told = [MatchReason(one.field, one.text, round(one.bits, 1)) for one in evidence if abs(one.bits) >= 0.5]
    return tuple(sorted(told, key=lambda reason: (-abs(reason.weight), reason.field, reason.text)))
