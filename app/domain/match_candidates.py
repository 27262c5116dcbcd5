"""Two contacts that may be one human: how sure that is, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchReason:
    """One thing that speaks for (`weight` > 0) or against (< 0) two contacts being one; `text` says it in words.

    `field` is the `PersonFields` name it is about, such as `phones`.
    """

    field: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class MatchCandidate:
    """A pair for the rep to review. `score` is from 0 to 1; `blocked` says why the two may never be merged, or ""."""

    low_id: int
    high_id: int
    score: float
    reasons: tuple[MatchReason, ...]
    blocked: str = ""
