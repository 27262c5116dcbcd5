"""Waits between polls and after troubles."""

import random

from hypothesis import given
from hypothesis import strategies as st

from app.jobs.schedule import Backoff, PollSchedule


def test_polls_come_at_the_contract_sheets_pace() -> None:
    schedule = PollSchedule(jitter=0)
    rng = random.Random(1)
    assert [schedule.wait(n, rng) for n in range(8)] == [3.0, 5.0, 7.5, 11.25, 16.875, 25.3125, 30.0, 30.0]


@given(st.integers(0, 10_000), st.integers())
def test_jitter_never_polls_earlier_than_planned(polls: int, seed: int) -> None:
    planned = PollSchedule(jitter=0).wait(polls, random.Random(seed))
    assert planned <= PollSchedule().wait(polls, random.Random(seed)) <= planned * 1.1


@given(st.integers(1, 10_000), st.integers())
def test_waits_after_trouble_grow_within_bounds(failures: int, seed: int) -> None:
    wait = Backoff(first=2.0, longest=60.0).wait(failures, random.Random(seed))
    assert 1.0 <= wait <= 60.0
