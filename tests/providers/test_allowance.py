from datetime import UTC, datetime, timedelta

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RateLimitedError
from app.domain.provider import Provider
from app.providers.allowance import MONTHLY_LIMITS, Allowance, UsedUpError, month_of
from app.providers.clock import Clock
from app.providers.limits import new_limiter
from tests.providers.support import FakeClock, make_client, mock

NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


class Calendar:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.clock = Clock(wall=lambda: self.now)


def test_the_months_requests_are_used_up_until_the_next_begins() -> None:
    calendar = Calendar(NEW_YEARS_EVE)
    allowance = Allowance(3, used=1, clock=calendar.clock)
    allowance.take()
    allowance.take()
    for _ in range(2):
        with pytest.raises(UsedUpError) as caught:
            allowance.take()
        assert caught.value.resets == datetime(2027, 1, 1, tzinfo=UTC)
    assert allowance.used == 3
    calendar.now += timedelta(minutes=1)
    assert allowance.used == 0
    allowance.take()
    assert allowance.used == 1


def test_a_count_of_an_earlier_month_is_none() -> None:
    allowance = Allowance(3, used=3, month="2026-11", clock=Calendar(NEW_YEARS_EVE).clock)
    assert allowance.used == 0
    allowance.take()


def test_months_are_those_of_utc() -> None:
    east = datetime.fromisoformat("2026-12-01T00:30:00+09:00")
    assert month_of(east) == "2026-11"


def test_the_count_is_shown_once_it_matters() -> None:
    clock = Calendar(NEW_YEARS_EVE).clock
    assert Allowance(100_000, used=79_999, clock=clock).text == ""
    assert Allowance(100_000, used=91_240, clock=clock).text == "91,240 of 100,000 requests this month"
    assert Allowance(None, used=10**9, clock=clock).text == ""


def test_leadfeeders_limit_is_in_its_limiter_and_the_others_have_none() -> None:
    clock = Calendar(NEW_YEARS_EVE).clock
    assert MONTHLY_LIMITS == {Provider.LEADFEEDER: 100_000}
    limiter = new_limiter(Provider.LEADFEEDER, allowance=Allowance(100_000, used=99_000, clock=clock))
    assert limiter.status().text == "10 requests a second, 99,000 of 100,000 requests this month"


async def test_a_call_that_the_month_has_no_request_for_is_not_sent_and_says_when_it_may_be() -> None:
    fake = FakeClock()  # 2026-11-01 12:00
    limiter = new_limiter(Provider.LEADFEEDER, fake.clock, allowance=Allowance(100_000, used=99_999, clock=fake.clock))
    router = respx.Router()
    route = router.get("https://api.leadfeeder.com/x").mock(return_value=httpx.Response(200, json={}))
    client = make_client(Provider.LEADFEEDER, transport=mock(router), fake=fake, limiter=limiter)
    await client.get("/x")
    for paid in (False, True):
        with pytest.raises(RateLimitedError) as caught:
            await client.request_json("GET", "/x", paid=paid)
        assert caught.value.text == (
            "The 100,000 requests that Leadfeeder allows a key each month are used up until 2026-12-01 (UTC)."
        )
        assert "2026-12-01" in caught.value.next_step
        assert caught.value.retry_after == 29.5 * 24 * 3600 - (fake.time - 1000)
    assert route.call_count == 1
    assert fake.slept == []
    # It is a matter of the count, not a pause: in the new month the next call simply goes.
    assert limiter.paused_for == 0
    fake.time += 30 * 24 * 3600
    await client.get("/x")
    await client.aclose()


async def test_each_attempt_counts() -> None:
    fake = FakeClock()
    limiter = new_limiter(Provider.LEADFEEDER, fake.clock)
    router = respx.Router()
    router.get("https://api.leadfeeder.com/x").mock(
        side_effect=[httpx.Response(503, json={}), httpx.ConnectError("x"), httpx.Response(200, json={})]
    )
    client = make_client(Provider.LEADFEEDER, transport=mock(router), fake=fake, limiter=limiter)
    await client.get("/x")
    assert limiter.allowance.used == 3


@given(st.integers(0, 20), st.lists(st.integers(0, 40 * 24 * 3600), max_size=60))
def test_no_month_ever_has_more_than_its_limit(limit: int, waits: list[int]) -> None:
    calendar = Calendar(NEW_YEARS_EVE)
    counted: list[str] = []
    allowance = Allowance(limit, clock=calendar.clock, on_request=counted.append)
    for wait in waits:
        calendar.now += timedelta(seconds=wait)
        try:
            allowance.take()
        except UsedUpError as end:
            assert counted.count(month_of(calendar.now)) == limit
            assert month_of(end.resets) > month_of(calendar.now)  # noqa: PT017
    assert all(counted.count(month) <= limit for month in counted)
