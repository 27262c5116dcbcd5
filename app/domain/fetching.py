"""Bulk fetch: what a chunk's answer is, and how each pasted ID ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.contact import SourceRecord
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined

NOT_RETURNED = "The provider knows no such ID, or it belongs to another tenant."


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """A provider's answer to one chunk of IDs.

    `records` are matched by `provider_id`; `requested` and `returned` are the provider's own counts where it
    gives them (BuildWorkPro `meta`), else None.
    """

    records: tuple[SourceRecord, ...]
    quarantined: tuple[Quarantined, ...] = ()
    requested: int | None = None
    returned: int | None = None
    credits_charged: int = 0
    request_id: str = ""


class FetchRunState(StrEnum):
    """Where a bulk fetch stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class IdOutcome:
    """How one ID ended: exactly one outcome, with the reason in words, and the contact it led to."""

    provider_id: str
    outcome: Outcome
    reason: str = ""
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class FetchRun:
    """One bulk fetch. `counts` maps outcome → distinct IDs; `charged` is in credits; `note` says why it paused."""

    run_id: int
    provider: Provider
    account_id: str
    state: FetchRunState
    created_at: datetime
    total: int
    counts: dict[Outcome, int]
    charged: int = 0
    max_credits: int | None = None
    note: str = ""

    @property
    def done(self) -> int:
        """IDs that have their outcome."""
        return self.total - sum(n for outcome, n in self.counts.items() if outcome.is_open)
