"""Credits: estimates, caps and balances, in the provider's own units."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run may cost, in credits. `low` and `likely` are None while there is no history to judge by.

    `low` is the cost at the lowest hit rate that the history makes credible (19 times in 20). `excluded` counts rows
    that cost nothing, by reason.
    """

    low: int | None
    maximum: int
    likely: int | None = None
    sample_size: int = 0
    excluded: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spending:
    """Where a run stands, in credits; `cap` is the most it may spend."""

    cap: int
    reserved: int = 0
    charged: int = 0

    @property
    def free(self) -> int:
        """What may still be reserved under the cap."""
        return max(0, self.cap - self.reserved - self.charged)


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """One line of a provider's balance. `kind` is the provider's own name for the line, "" where it has one only."""

    total: int
    used: int
    remaining: int
    kind: str = ""
    resets_on: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """One account a key reaches at a provider (a Leadfeeder account, a LinkedIn account in TalkToHumans)."""

    account_id: str
    name: str


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What a service answered when its key was tried."""

    ok: bool
    text: str
    request_id: str = ""
    status: int | None = None
