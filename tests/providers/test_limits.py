import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.provider import Provider
from app.providers.clock import Clock, spoken
from app.providers.limits import Limiter, Pace, PausedError, Window, new_limiter, tenant_pause
from tests.providers.support import run_virtually


async def grants(
    limiter: Limiter, clock: Clock, *, count: int, workers: int, latency: float, cost: int = 1
) -> list[float]:
    """When `count` requests started, made by workers that each take `latency` seconds a request."""
    starts: list[float] = []

    async def work() -> None:
        while len(starts) + waiting[0] < count:
            waiting[0] += 1
            async with limiter.acquire(cost):
                waiting[0] -= 1
                starts.append(clock.now())
                await clock.sleep(latency)

    waiting = [0]
    await asyncio.gather(*(work() for _ in range(workers)))
    return starts


def most_in(starts: Sequence[float], period: float) -> int:
    """The most starts in any half-open stretch of `period` seconds."""
    most = low = 0
    for high in range(len(starts)):
        while starts[high] - starts[low] >= period - 1e-9:
            low += 1
        most = max(most, high - low + 1)
    return most


@pytest.mark.parametrize(
    ("provider", "rate", "windows", "latency"),
    [
        (Provider.LEADFEEDER, 10, [(1.0, 15)], 0.15),
        (Provider.TAMTAM, 8, [(1.0, 10)], 0.15),
        (Provider.BUILDWORKPRO, 1, [(60.0, 60)], 0.15),
        (Provider.TALKTOHUMANS, 4 / (1 + 4 * 0.05), [(0.25, 1)], 0.05),
    ],
)
def test_the_allowed_rate_is_used_and_never_exceeded(
    provider: Provider, rate: float, windows: list[tuple[float, int]], latency: float
) -> None:
    async def main(clock: Clock) -> list[float]:
        return await grants(new_limiter(provider, clock), clock, count=600, workers=20, latency=latency)

    starts = run_virtually(main)

    for period, most in windows:
        assert most_in(starts, period) <= most
    assert (len(starts) - 1) / (starts[-1] - starts[0]) >= 0.97 * rate


def test_a_leadfeeder_key_never_takes_more_than_a_bucket_of_15_refilled_at_10_per_second_holds() -> None:
    async def main(clock: Clock) -> list[float]:
        return await grants(new_limiter(Provider.LEADFEEDER, clock), clock, count=300, workers=30, latency=0.2)

    tokens, last = 15.0, 0.0
    for start in run_virtually(main):
        tokens = min(15.0, tokens + (start - last) * 10) - 1
        last = start
        assert tokens >= -1e-6


def test_buildworkpro_may_burst_a_fresh_minute_and_then_waits_for_it_to_pass() -> None:
    async def main(clock: Clock) -> list[float]:
        return await grants(new_limiter(Provider.BUILDWORKPRO, clock), clock, count=61, workers=4, latency=0.1)

    starts = run_virtually(main)
    assert starts[59] < 2
    # The first request ended at 0.1: only a minute later is it certainly out of the service's window.
    assert 60.1 <= starts[60] < 60.2


def test_buildworkpros_hourly_units_hold_over_hours() -> None:
    async def main(clock: Clock) -> list[float]:
        limiter = new_limiter(Provider.BUILDWORKPRO, clock)
        return await grants(limiter, clock, count=4001, workers=4, latency=0.1, cost=5)

    starts = run_virtually(main)
    assert most_in(starts, 3600.0) <= 2000
    assert most_in(starts, 60.0) <= 60
    # The third hour's first request shows that no unit was left unused in the first two.
    assert 7200 <= starts[4000] < 7200 * 1.03


@settings(max_examples=50, deadline=None)
@given(
    limit=st.integers(1, 8),
    period=st.floats(0.1, 5),
    rate=st.floats(0.5, 20),
    burst=st.integers(1, 6),
    latencies=st.lists(st.floats(0, 2), min_size=1, max_size=30),
    early=st.floats(0.1, 1),
)
def test_no_window_is_broken_whatever_the_latencies_and_however_early_timers_fire(
    limit: int, period: float, rate: float, burst: int, latencies: list[float], early: float
) -> None:
    async def main(clock: Clock) -> list[float]:
        hasty = Clock(now=clock.now, sleep=lambda seconds: asyncio.sleep(seconds * early))
        limiter = Limiter([Window(limit, period), Pace(rate, burst)], in_flight=3, clock=hasty)
        starts: list[float] = []

        async def one(latency: float) -> None:
            async with limiter.acquire():
                starts.append(clock.now())
                await asyncio.sleep(latency)

        await asyncio.gather(*map(one, latencies))
        return starts

    starts = run_virtually(main)
    assert len(starts) == len(latencies)
    assert most_in(starts, period) <= limit
    for first, last in ((0, n) for n in range(1, len(starts))):
        assert last - first + 1 <= burst + (starts[last] - starts[first]) * rate + 1e-6


def test_requests_start_in_the_order_they_asked_even_when_one_gives_up() -> None:
    async def main(clock: Clock) -> list[int]:
        limiter = Limiter([Pace(10)], in_flight=10, clock=clock)
        order: list[int] = []

        async def one(number: int) -> None:
            async with limiter.acquire():
                order.append(number)

        tasks = [asyncio.create_task(one(number)) for number in range(8)]
        await asyncio.sleep(0.15)
        tasks[3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return order

    assert run_virtually(main) == [0, 1, 2, 4, 5, 6, 7]


def test_a_pause_holds_everybody_to_the_second_and_a_longer_one_stays() -> None:
    async def main(clock: Clock) -> tuple[float, str]:
        limiter = Limiter([Pace(10, burst=5)], in_flight=5, clock=clock)
        limiter.pause(30)
        limiter.pause(5)
        status = limiter.status()
        assert status.paused_until == 30
        async with limiter.acquire() as waited:
            assert waited == pytest.approx(30)
        return clock.now(), status.text

    now, text = run_virtually(main)
    assert 30 <= now < 30.01
    assert text == "Paused for 30 s, as the service asked"


def test_a_pause_that_comes_while_somebody_waits_holds_that_one_too() -> None:
    async def main(clock: Clock) -> float:
        limiter = Limiter([Pace(1)], in_flight=5, clock=clock)
        async with limiter.acquire():
            pass
        waiter = asyncio.create_task(grants(limiter, clock, count=1, workers=1, latency=0))
        await asyncio.sleep(0.5)
        limiter.pause(10)
        return (await waiter)[0]

    assert run_virtually(main) == pytest.approx(10.5, abs=0.01)


def test_a_pause_longer_than_the_caller_can_wait_is_told_at_once() -> None:
    async def main(clock: Clock) -> float:
        limiter = Limiter([], in_flight=5, clock=clock)
        limiter.pause(600)
        with pytest.raises(PausedError) as caught:
            async with limiter.acquire(max_pause=120):
                pass
        assert caught.value.seconds == 600
        return clock.now()

    assert run_virtually(main) == 0


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    async def main(clock: Clock) -> int:
        limiter = Limiter([], in_flight=3, clock=clock)
        now_running = most = 0

        async def one() -> None:
            nonlocal now_running, most
            async with limiter.acquire():
                now_running += 1
                most = max(most, now_running)
                await asyncio.sleep(1)
                now_running -= 1

        await asyncio.gather(*(one() for _ in range(10)))
        return most

    assert run_virtually(main) == 3


def test_a_request_that_fails_gives_its_place_back() -> None:
    async def main(clock: Clock) -> None:
        limiter = Limiter([], in_flight=1, clock=clock)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                async with limiter.acquire():
                    raise RuntimeError
        async with asyncio.timeout(1), limiter.acquire():
            pass

    run_virtually(main)


def test_a_call_larger_than_the_whole_budget_waits_for_an_empty_window_instead_of_for_ever() -> None:
    async def main(clock: Clock) -> list[float]:
        limiter = Limiter([Window(10, 60.0, in_units=True)], in_flight=5, clock=clock)
        return await grants(limiter, clock, count=2, workers=1, latency=0, cost=25)

    assert run_virtually(main) == [0, pytest.approx(60, abs=0.01)]


def test_the_status_says_what_is_waited_for() -> None:
    async def main(clock: Clock) -> list[str]:
        limiter = Limiter([Pace(0.1)], in_flight=1, text="slow and steady", clock=clock)
        texts = [limiter.status().text]
        async with limiter.acquire():
            second = asyncio.create_task(grants(limiter, clock, count=1, workers=1, latency=0))
            await asyncio.sleep(1)
            texts.append(limiter.status().text)
        await asyncio.sleep(1)
        texts.append(limiter.status().text)
        await second
        return [*texts, limiter.status().text]

    assert run_virtually(main) == [
        "slow and steady",
        "1 waiting for an answer to come in",
        "1 waiting, next in 8 s",
        "slow and steady",
    ]


@pytest.mark.parametrize(
    ("remaining", "reset", "pause"),
    [
        ("0", "90", 90.0),
        ("-3", "12.5", 12.5),
        ("4", "90", 0.0),
        ("0", "1790000000", 0.0),
        ("0", "soon", 0.0),
        ("", "90", 0.0),
        ("0", "nan", 0.0),
    ],
)
def test_a_used_up_company_budget_pauses_until_its_reset(remaining: str, reset: str, pause: float) -> None:
    assert tenant_pause({"RateLimit-Tenant-Remaining": remaining, "RateLimit-Tenant-Reset": reset}) == pause


def test_waits_are_spoken_without_being_shortened() -> None:
    assert [spoken(0.2), spoken(45), spoken(99.5), spoken(121), spoken(7200)] == [
        "1 s",
        "45 s",
        "2 min",
        "3 min",
        "120 min",
    ]
