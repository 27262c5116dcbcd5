"""When a batch is asked about, whatever the computer's clock is set to."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.enrichment import BatchState, EnrichmentBatch
from app.jobs.polling import PollBook
from app.jobs.schedule import PollSchedule

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clocks:
    def __init__(self) -> None:
        self.now = START
        self.ticks = 0.0
        self.book = PollBook(PollSchedule(), now=lambda: self.now, monotonic=lambda: self.ticks, rng=random.Random(1))

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds


def submitted(at: datetime) -> EnrichmentBatch:
    return EnrichmentBatch(1, 1, BatchState.SUBMITTED, 1, at, at, submitted_at=at, next_poll_at=at)


@pytest.mark.parametrize("days", [2, -2, 400])
def test_a_clock_set_right_after_a_submit_makes_no_batch_old(days: int) -> None:
    clocks = Clocks()
    clocks.book.submitted(1)
    clocks.now += timedelta(days=days)
    assert not clocks.book.is_stuck(submitted(START))
    clocks.passes(PollSchedule().give_up_after)
    assert clocks.book.is_stuck(submitted(START))


def test_a_batch_of_an_earlier_start_is_as_old_as_the_clock_says() -> None:
    clocks = Clocks()
    assert clocks.book.is_stuck(submitted(START - timedelta(seconds=PollSchedule().give_up_after + 1)))
    assert clocks.book.is_polled(submitted(START)), "one look is granted after a start, however old it is"
