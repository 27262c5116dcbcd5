"""Thousands of people through a service of which one answer in three goes wrong, on a clock that tests move."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from app.domain.enrichment import AnswerStatus, BatchState, EnrichmentAnswer, Submission, SubmitItem
from app.domain.errors import (
    ContactScoutError,
    NetworkError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
)
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from tests.support.enrichment_desk import EMAILS, Desk, desk, people
from tests.support.fake_enrichment import FakeEnrichment

__all__ = ["desk"]

PEOPLE = 10_000 if os.environ.get("CRASH_SWEEP") == "full" else 1_000
BATCH = 10
SHARE = 0.05
HERE = Provider.TAMTAM


class Stormy(FakeEnrichment):
    """Each fault hits every twentieth call: 429, 5xx, time-out, reply dropped, order, rows missing, answer late."""

    def __init__(self) -> None:
        super().__init__(polls_needed=2)
        self.rng = random.Random(5)
        self.met: Counter[str] = Counter()
        self.cut: set[str] = set()

    def hit(self, fault: str) -> bool:
        self.met[fault] += (struck := self.rng.random() < SHARE)
        return struck

    async def submit_enrichment(self, items: Sequence[SubmitItem]) -> Submission:
        if self.hit("submit: 429"):
            raise RateLimitedError("Slow down.", provider=HERE, status=429, retry_after=2)
        if self.hit("submit: not reached"):
            raise NetworkError("Not reached.", provider=HERE, sent=False)
        accepted = await super().submit_enrichment(items)
        if self.hit("submit: 5xx, time-out or reply dropped after acceptance"):
            raise OutcomeUnknownError("Not seen.", provider=HERE)
        return accepted

    async def poll_enrichment(self, request_id: str) -> EnrichmentAnswer:
        troubles: dict[str, Callable[[], ServiceError]] = {
            "poll: 429": lambda: RateLimitedError("Slow down.", provider=HERE, status=429, retry_after=2),
            "poll: 5xx": lambda: TryLaterError("In trouble.", provider=HERE, status=503),
            "poll: time-out or reply dropped": lambda: NetworkError("Timed out.", provider=HERE, sent=True),
        }
        for fault, trouble in troubles.items():
            if self.hit(fault):
                raise trouble()
        answer = await super().poll_enrichment(request_id)
        if self.hit("poll: answer late"):
            return replace(answer, status=AnswerStatus.PROCESSING, raw_status="PROCESSING", entries=())
        entries = list(answer.entries)
        if self.hit("poll: order"):
            self.rng.shuffle(entries)
        if request_id in self.cut or self.hit("poll: rows missing for good"):
            self.cut.add(request_id)
            entries = entries[1:]
        return replace(answer, entries=tuple(entries))


@pytest.mark.timeout(1800)
async def test_every_person_ends_in_a_named_state_and_nobody_is_paid_twice(
    desk: Desk, expected_log: Callable[[str], None]
) -> None:
    expected_log("is unknown")
    desk.provider = stormy = Stormy()
    desk.stop_after_waits = 10**9
    desk.restart()
    run_id = await desk.runs.create_run(people(PEOPLE), EMAILS, cap=PEOPLE, origin="", batch_size=BATCH)
    while (await desk.runs.run(run_id)).is_open:
        with suppress(ContactScoutError):
            await desk.engine.drain()
        await asyncio.sleep(0)
    run = await desk.runs.run(run_id)
    assert sum(run.counts.values()) == PEOPLE
    assert not any(outcome.is_open for outcome in run.counts)
    assert set(stormy.bought.values()) == {1}
    assert all(stormy.met.values()), "every fault was met"
    unknown = [batch for batch in run.batches if batch.state is BatchState.UNKNOWN_OUTCOME]
    complete = [batch for batch in run.batches if batch.state is BatchState.COMPLETE]
    assert len(unknown) + len(complete) == len(run.batches) == PEOPLE // BATCH
    assert len(unknown) == stormy.met["submit: 5xx, time-out or reply dropped after acceptance"]
    # Everybody is found here, so each accepted person was charged a credit: to the credit.
    assert run.spending.charged == BATCH * len(complete)
    assert run.spending.charged + run.spending.reserved == sum(stormy.bought.values()) == PEOPLE
    assert run.counts[Outcome.UNKNOWN] == BATCH * len(unknown) + len(
        stormy.cut & {batch.request_id for batch in complete}
    )
    print(f"{PEOPLE} people: {dict(run.counts)}, faults {dict(stormy.met)}")  # noqa: T201 - for `make crash-test`
