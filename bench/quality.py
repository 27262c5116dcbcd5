"""How good a matching is, against the truth: precision, recall, F1; and gates that are met or missed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Quality:
    """Pairs found against pairs that are true."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of what was found that is true; 1 where nothing was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of what is true that was found; 1 where nothing was to be found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.4f}  recall {self.recall:.4f}  F1 {self.f1:.4f}"
            f"  ({self.right:,} right, {self.wrong:,} wrong, {self.missed:,} missed)"
        )


def pairs_within(group_of: Iterable[tuple[int, int]]) -> set[Pair]:
    """All pairs of members of one group, from each member with its group."""
    groups: dict[int, list[int]] = {}
    for member, group in sorted(group_of):
        groups.setdefault(group, []).append(member)
    return {(low, high) for group in groups.values() for place, low in enumerate(group) for high in group[place + 1 :]}


def quality(found: Collection[Pair], true: Collection[Pair]) -> Quality:
    """Compare pairs, each with its lower member first."""
    mine, real = set(found), set(true)
    right = len(mine & real)
    return Quality(right, len(mine) - right, len(real) - right)


@dataclass(frozen=True, slots=True)
class Gate:
    """A promise: a figure and the bound it has to keep."""

    name: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"  {self.name:<66}{self.value:>10.4f}  gate {sign} {self.bound:g}: {'met' if self.is_met else 'MISSED'}"
