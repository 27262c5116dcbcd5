from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import (
    BadKeyError,
    InvalidRequestError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
    UnreadableAnswerError,
)
from app.domain.provider import Provider
from app.providers.retries import RetryPolicy, retry_after_seconds

P = Provider.TAMTAM
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("attempt", [1, 2])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_back_off_is_full_jitter_under_a_doubling_ceiling(attempt: int, jitter: float) -> None:
    wait = RetryPolicy().wait(TryLaterError("", provider=P, status=502), attempt, jitter)
    assert wait == jitter * 2 ** (attempt - 1)


def test_back_off_stops_growing() -> None:
    assert RetryPolicy(attempts=20, longest=30).wait(TryLaterError("", provider=P), 15, 1.0) == 30


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (NetworkError("", provider=P), 3),
        (TryLaterError("", provider=P, status=503), 3),
        (TryLaterError("", provider=P, status=500, code="internal_error"), 2),
        (RateLimitedError("", provider=P, status=429), 5),
        (NetworkError("", provider=P, status=200), 1),
        (BadKeyError("", provider=P), 1),
        (PermissionDeniedError("", provider=P), 1),
        (NoCreditsError("", provider=P, retry_after=1), 1),
        (NotFoundError("", provider=P), 1),
        (InvalidRequestError("", provider=P), 1),
        (UnreadableAnswerError("", provider=P), 1),
        (OutcomeUnknownError("", provider=P), 1),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(error: ServiceError, attempts: int) -> None:
    policy = RetryPolicy(once=frozenset({"internal_error"}))
    tries = 1
    while policy.wait(error, tries, 0.5) is not None:
        tries += 1
    assert tries == attempts


@given(asked=st.floats(0, 1e6), jitter=st.floats(0, 1), attempt=st.integers(1, 4))
def test_a_wait_the_service_asked_for_is_never_shortened(asked: float, jitter: float, attempt: int) -> None:
    error = RateLimitedError("", provider=P, status=429, retry_after=asked)
    assert RetryPolicy().wait(error, attempt, jitter) == asked


def test_a_429_without_a_hint_waits_as_the_vendor_advises() -> None:
    policy = RetryPolicy(unhinted_429=30)
    assert policy.wait(RateLimitedError("", provider=P, status=429), 1, 0.1) == 30
    assert policy.wait(TryLaterError("", provider=P, status=503), 1, 0.1) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 12.5 ", 12.5),
        ("-4", 0.0),
        ("90000", 90000.0),
        ("Sun, 01 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Nov 2026 11:59:30 GMT", 0.0),
        ("Sun, 01 Nov 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Nov 2026 12:00:30", 30.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=NOON) == seconds


def test_the_services_own_clock_counts_where_it_tells_it() -> None:
    wait = retry_after_seconds("Sun, 01 Nov 2026 12:10:30 GMT", now=NOON, date="Sun, 01 Nov 2026 12:10:00 GMT")
    assert wait == 30


@given(st.text())
def test_any_header_is_read_or_passed_over(header: str) -> None:
    seconds = retry_after_seconds(header, now=NOON, date=header)
    assert seconds is None or seconds >= 0
