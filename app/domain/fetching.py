"""Bulk fetch: what a chunk's answer is, and how each pasted ID ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.contact import SourceRecord
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined

NOT_RETURNED = "The service knows no such ID; one that was deleted, or is another company's, looks the same."

#: A record stays free for 12 months after it was charged (Leadfeeder contract sheet, section 4).
FREE_REPEATS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """A provider's answer to one chunk of IDs.

    `records` are matched by `provider_id`; `requested` and `returned` are the provider's own counts where it
    gives them (BuildWorkPro `meta`), else None. `companies` counts the distinct companies that came along with the
    records and may cost a credit of their own.
    """

    records: tuple[SourceRecord, ...]
    quarantined: tuple[Quarantined, ...] = ()
    requested: int | None = None
    returned: int | None = None
    credits_charged: int = 0
    request_id: str = ""
    companies: int = 0


class FetchRunState(StrEnum):
    """Where a bulk fetch stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class IdOutcome:
    """How one ID ended: exactly one outcome, with the reason in words, and the contact it led to.

    `returned_id` is the ID under which the provider returned it, "" when that is the same.
    """

    provider_id: str
    outcome: Outcome
    reason: str = ""
    contact_id: int | None = None
    returned_id: str = ""


@dataclass(frozen=True, slots=True)
class OwnedRecord:
    """A full record that the library has.

    `charged_at` is when the account was last known to be charged for it, None when it never was as far as we know.
    """

    contact_id: int
    fetched_at: datetime
    charged_at: datetime | None = None
    with_company: bool = False

    def is_free(self, now: datetime) -> bool:
        """Whether the provider gives it again without a charge."""
        return self.charged_at is not None and now - self.charged_at < FREE_REPEATS


@dataclass(frozen=True, slots=True)
class FetchRun:
    """One bulk fetch.

    Attributes:
        counts: Outcome → distinct IDs.
        charged: Credits booked so far.
        max_credits: The cap, None without one.
        note: Why it paused or waits, and what was odd about its answers.
        include_company: Whether the company's data are fetched along with each contact.
        remarks: What was odd about its answers, in the order it was noticed.
    """

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
    include_company: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """IDs that have their outcome."""
        return self.total - sum(n for outcome, n in self.counts.items() if outcome.is_open)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The provider's balance over one stretch of a run, beside what we booked for it (credits).

    `after` and `ended_at` are None while the stretch lasts. `request_ids` are those of the calls that were charged.
    `runs` maps the runs of the stretch to what was booked for each, where several share an account's balance.
    """

    began_at: datetime
    before: int
    booked: int
    request_ids: tuple[str, ...] = ()
    ended_at: datetime | None = None
    after: int | None = None
    runs: Mapping[int, int] = field(default_factory=dict)

    @property
    def difference(self) -> int | None:
        """Credits taken from the balance beyond those booked; below zero when it fell by less. None while it lasts."""
        return None if self.after is None else self.before - self.after - self.booked

    @property
    def text(self) -> str:
        """The difference in one sentence, "" when there is none."""
        if not self.difference or self.after is None:
            return ""
        requests = f" (requests {', '.join(self.request_ids)})" if self.request_ids else ""
        return (
            f"The balance fell by {self.before - self.after} credits, {self.booked} were booked{requests}; "
            "somebody else may have used the account, or an answer was lost on its way."
        )
