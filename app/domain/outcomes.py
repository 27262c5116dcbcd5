"""Outcomes: how the asking for one ID, or one field of one person, ended.

"No answer" must never look like "not found": `NOT_FOUND` is said only after a final answer without a value.
`SKIPPED` was not asked for, because the library has it already.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """The end, or the present state, of one ID or one enrichment field."""

    QUEUED = "queued"
    IN_FLIGHT = "in_flight"
    FOUND = "found"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SKIPPED = "skipped"

    @property
    def label(self) -> str:
        """The outcome in words for people."""
        return _LABELS[self]

    @property
    def is_open(self) -> bool:
        """Whether an answer is still to come."""
        return self in (Outcome.QUEUED, Outcome.IN_FLIGHT)

    @property
    def needs_attention(self) -> bool:
        """Whether it ended without an answer (exit code 3 on the command line)."""
        return self in (Outcome.FAILED, Outcome.UNKNOWN, Outcome.EXPIRED)


_LABELS = {
    Outcome.QUEUED: "Queued",
    Outcome.IN_FLIGHT: "In flight",
    Outcome.FOUND: "Found",
    Outcome.PARTIAL: "Partly found",
    Outcome.NOT_FOUND: "Not found",
    Outcome.FAILED: "Failed",
    Outcome.UNKNOWN: "Unknown",
    Outcome.SUPPRESSED: "Suppressed",
    Outcome.CANCELLED: "Cancelled",
    Outcome.EXPIRED: "Expired",
    Outcome.SKIPPED: "Already owned",
}


def combine(outcomes: "list[Outcome]") -> Outcome:
    """The outcome of a whole from its parts: a person from fields.

    An open part keeps the whole open; found and anything else together are partly found; a part without an
    answer outweighs "not found", because the whole is then not known to be absent.
    """
    parts = set(outcomes)
    if not parts:
        return Outcome.NOT_FOUND
    if len(parts) == 1:
        return parts.pop()
    for still_open in (Outcome.IN_FLIGHT, Outcome.QUEUED):
        if still_open in parts:
            return Outcome.IN_FLIGHT
    if Outcome.FOUND in parts or Outcome.PARTIAL in parts:
        return Outcome.PARTIAL
    # Two different parts are left, so at least one of them is no "not found".
    worst_first = (
        Outcome.UNKNOWN,
        Outcome.EXPIRED,
        Outcome.FAILED,
        Outcome.CANCELLED,
        Outcome.SUPPRESSED,
        Outcome.SKIPPED,
    )
    return next(worst for worst in worst_first if worst in parts)
