"""Transitions that the program must never ask for. Meeting one is our bug, so it is no `ContactScoutError`."""

from app.domain.enrichment import TRANSITIONS, BatchState


class IllegalTransitionError(ValueError):
    """Something durable was told to go where it cannot go from its present state. Nothing was changed."""


def check_transition(batch_id: int, before: BatchState, after: BatchState) -> None:
    """Raise IllegalTransitionError unless a batch may go from `before` to `after`."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransitionError(f"Batch {batch_id} cannot go from {before} to {after}")
