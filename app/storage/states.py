"""Transitions that the program must never ask for. Meeting one is our bug, so it is no `ContactScoutError`."""

from app.domain.enrichment import TRANSITIONS, BatchState


class IllegalTransitionError(ValueError):
    """Something durable was told to go where it cannot go from its present state. Nothing was changed."""


class GivenUpError(IllegalTransitionError):
    """The rep gave a batch up while a step of it was under way. This may happen, and nothing more is to be done."""


def check_transition(batch_id: int, before: BatchState, after: BatchState) -> None:
    """Raise IllegalTransitionError unless a batch may go from `before` to `after`, GivenUpError if it was given up."""
    if after not in TRANSITIONS[before]:
        if before is BatchState.ABANDONED:
            raise GivenUpError(f"Batch {batch_id} cannot go from {before} to {after}: it was given up")
        raise IllegalTransitionError(f"Batch {batch_id} cannot go from {before} to {after}")
