"""Whose results are asked for, and when, while clocks are set, laptops sleep and programs are started again.

Times are kept in the library by the wall clock and measured here by one that only grows; so a clock that is set
neither delays nor hastens a poll. After a start, a sleep or a clock change every batch is asked about once, spread
over some seconds and the oldest deadline first; one that has run for too long then waits for the rep.
"""

import itertools
import random
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from app.domain.enrichment import EnrichmentBatch
from app.jobs.schedule import PollSchedule

#: The two clocks may differ by so many seconds between two looks before it counts as a sleep or a clock change.
CLOCK_JUMP = 60.0


class PollBook:
    """Remembers when each batch is due."""

    def __init__(
        self,
        schedule: PollSchedule,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._schedule = schedule
        self._now = now
        self._monotonic = monotonic
        self._rng = rng
        self._last_look: tuple[datetime, float] | None = None
        self._due: dict[int, tuple[datetime | None, float]] = {}
        self._age: dict[int, tuple[float, float]] = {}
        self._granted: dict[int, int] = {}
        self._grants = itertools.count(1)
        self._missing: dict[int, tuple[int, float]] = {}
        self._foreign: set[int] = set()

    def look(self) -> None:
        """Call before anything else of a step: notices that the computer slept or its clock was set."""
        now, ticks = self._now(), self._monotonic()
        if self._last_look is not None:
            then, ticks_then = self._last_look
            if abs((now - then).total_seconds() - (ticks - ticks_then)) > CLOCK_JUMP:
                self._due.clear()
        self._last_look = now, ticks

    def grant(self, batch_id: int) -> None:
        """Ask about a batch once more, however old it is."""
        self._grant_one(batch_id)
        if batch_id in self._due:
            self._due[batch_id] = (self._due[batch_id][0], self._monotonic())

    def seconds_until(self, batch: EnrichmentBatch) -> float:
        """Seconds until a batch is due, 0 or less when it is."""
        ticks = self._monotonic()
        known = self._due.get(batch.batch_id)
        if known is None or known[0] != batch.next_poll_at:
            known = self._due[batch.batch_id] = (batch.next_poll_at, ticks + self._wait(batch, first=known is None))
        return known[1] - ticks

    def is_late(self, batch: EnrichmentBatch) -> bool:
        """Whether it has been due for as long as the longest wait between two polls."""
        return self.seconds_until(batch) <= -self._schedule.longest

    def is_polled(self, batch: EnrichmentBatch) -> bool:
        """Whether it is asked about by itself: it is ours to ask for, and not stuck unless a poll was granted."""
        self.seconds_until(batch)  # a first look grants one poll
        if batch.batch_id in self._foreign:
            return False
        return batch.batch_id in self._granted or not self.is_stuck(batch)

    def is_stuck(self, batch: EnrichmentBatch) -> bool:
        """Whether it has run for so long that it is no longer asked about by itself."""
        ticks = self._monotonic()
        if batch.batch_id not in self._age:
            age = (self._now() - (batch.submitted_at or batch.updated_at)).total_seconds()
            self._age[batch.batch_id] = (max(0.0, age), ticks)
        age, since = self._age[batch.batch_id]
        return age + ticks - since >= self._schedule.give_up_after

    def submitted(self, batch_id: int) -> None:
        """It was submitted just now: whatever the clock is set to next, it is not old."""
        self._age[batch_id] = (0.0, self._monotonic())

    def asked(self, batch_id: int) -> int | None:
        """It is asked about now. Returns the grant this answers to, for `answered`."""
        return self._granted.get(batch_id)

    def answered(self, batch_id: int, grant: int | None) -> None:
        """Its poll was answered. One granted after it was sent is still to come."""
        if grant == self._granted.get(batch_id):
            self._granted.pop(batch_id, None)
        self._missing.pop(batch_id, None)

    def is_gone(self, batch: EnrichmentBatch) -> bool:
        """Count an answer that the request is not known; whether it was that for often and long enough to believe."""
        ticks = self._monotonic()
        tries, since = self._missing.get(batch.batch_id, (0, ticks))
        self._missing[batch.batch_id] = (tries + 1, since)
        # What answered so until now may be a copy of the service that has not heard of the request yet.
        overdue = batch.expires_at is not None and self._now() >= batch.expires_at
        enough = tries + 1 >= self._schedule.missing_tries and ticks - since >= self._schedule.missing_for
        if not (enough or overdue):
            self._grant_one(batch.batch_id)
        return enough or overdue

    def set_foreign(self, batch_id: int) -> None:
        """It was bought with another key than the present one."""
        self._foreign.add(batch_id)

    def forget_foreign(self) -> None:
        """The key may be another one now."""
        self._foreign.clear()

    @property
    def foreign(self) -> Collection[int]:
        """Batches bought with another key than the present one."""
        return self._foreign

    def _grant_one(self, batch_id: int) -> None:
        self._granted[batch_id] = next(self._grants)

    def _wait(self, batch: EnrichmentBatch, *, first: bool) -> float:
        """Seconds to the planned poll. Overdue by more than any planned wait, it was slept through: spread it."""
        planned = ((batch.next_poll_at or self._now()) - self._now()).total_seconds()
        longest = max(self._schedule.first, self._schedule.longest) * (1 + self._schedule.jitter)
        if not first:
            return min(max(planned, 0.0), longest)
        self._grant_one(batch.batch_id)
        if -longest <= planned <= longest:
            return max(planned, 0.0)
        return self._schedule.first * self._rng.random()


def deadline(batch: EnrichmentBatch) -> datetime:
    """By when its results should be collected."""
    return batch.expires_at or (batch.submitted_at or batch.created_at) + timedelta(days=365)
