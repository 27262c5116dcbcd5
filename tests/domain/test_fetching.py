from datetime import UTC, datetime

from app.domain.fetching import FetchRun, FetchRunState
from app.domain.outcomes import Outcome
from app.domain.provider import Provider


def test_ids_are_done_once_they_have_an_end() -> None:
    counts = {Outcome.QUEUED: 3, Outcome.IN_FLIGHT: 2, Outcome.FOUND: 4, Outcome.UNKNOWN: 1}
    run = FetchRun(1, Provider.TAMTAM, "", FetchRunState.RUNNING, datetime(2026, 1, 2, tzinfo=UTC), 10, counts)
    assert run.done == 5
