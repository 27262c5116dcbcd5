"""Changing many contacts at a service one after the other: what worked, what did not, and when to stop asking."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app.domain.errors import (
    BadKeyError,
    ContactScoutError,
    KeyringError,
    MissingKeyError,
    NetworkError,
    NoCreditsError,
    PermissionDeniedError,
    RateLimitedError,
    TryLaterError,
)

#: Told after each contact: how many are done, and of how many.
Progress = Callable[[int, int], None]

# After one of these the next contact would fail in the same way.
_STOPS_ALL = (
    BadKeyError,
    KeyringError,
    MissingKeyError,
    NetworkError,
    NoCreditsError,
    PermissionDeniedError,
    RateLimitedError,
    TryLaterError,
)


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """How a change of several contacts went.

    Attributes:
        changed: The contacts that were changed.
        failed: The contacts that were not, or of which it is not known (OutcomeUnknownError), with the reason.
    """

    changed: tuple[int, ...]
    failed: tuple[tuple[int, ContactScoutError], ...]


async def change_each(
    contact_ids: Sequence[int], change: Callable[[int], Awaitable[None]], progress: Progress | None = None
) -> ChangeReport:
    """Change contacts one by one; trouble that would meet all of them ends it, and the rest fail unasked.

    Cancelling stops before the next contact; what was changed stays changed.
    """
    changed: list[int] = []
    failed: list[tuple[int, ContactScoutError]] = []
    distinct = tuple(dict.fromkeys(contact_ids))
    stopped: ContactScoutError | None = None
    for done, contact_id in enumerate(distinct, start=1):
        try:
            if stopped is None:
                await change(contact_id)
                changed.append(contact_id)
        except ContactScoutError as error:
            failed.append((contact_id, error))
            stopped = error if isinstance(error, _STOPS_ALL) else None
        else:
            if stopped is not None:
                failed.append((contact_id, stopped))
        if progress is not None:
            progress(done, len(distinct))
    return ChangeReport(tuple(changed), tuple(failed))
