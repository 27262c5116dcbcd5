import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from app.domain.enrichment import EnrichField, PersonInput, SubmitItem
from app.domain.errors import (
    BadKeyError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
)
from app.domain.provider import Provider
from app.providers.breaker import BreakerState, CircuitBreaker, OpenError, Probe
from app.providers.capabilities import SupportsEnrichment
from app.providers.client import ApiClient
from app.providers.clock import Clock
from app.providers.limits import Limiter
from app.providers.registry import PROBES, build_service
from tests.providers.support import FakeClock, free_limiter, make_client, mock, run_virtually

BASE = "https://api.tamtam.ai/api"
OK = httpx.Response(200, json={})
DOWN = httpx.Response(503, json={})


class Outage:
    """A client, its limiter and clock, and a service that is down until it is mended."""

    def __init__(self, *, probe: Probe | None = None) -> None:
        self.fake = FakeClock()
        self.limiter = free_limiter(self.fake.clock)
        self.asked: list[str] = []
        self.answer: httpx.Response | Exception = DOWN
        router = respx.Router()
        router.route(url__startswith=BASE).mock(side_effect=self._respond)
        self.client: ApiClient = make_client(transport=mock(router), fake=self.fake, limiter=self.limiter, probe=probe)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/api')}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def fails(self, times: int = 5) -> None:
        """Let reads fail until nobody asks any more."""
        for _ in range(times):
            with pytest.raises(ServiceError):
                await self.client.get("/x")
        self.asked.clear()


@pytest.mark.parametrize(
    "trouble", [DOWN, httpx.Response(500, json={}), httpx.ConnectError("refused"), httpx.ReadTimeout("slow")]
)
async def test_after_repeated_failures_nobody_asks_in_vain(trouble: httpx.Response | Exception) -> None:
    outage = Outage()
    outage.answer = trouble
    await outage.fails()
    with pytest.raises(NetworkError) as caught:
        await outage.client.get("/x")
    assert outage.asked == []
    assert not caught.value.sent
    assert "is tried again in 15 s" in caught.value.text
    assert caught.value.retry_after == 15
    assert outage.limiter.status().text == "Not reached several times; trying again in 15 s"


async def test_one_read_made_once_tries_again_and_an_answer_ends_the_pause() -> None:
    outage = Outage()
    await outage.fails()
    outage.fake.time += 15
    assert outage.limiter.status().text == "Tried again with the next call"
    outage.answer = OK
    assert (await outage.client.get("/x")).status == 200
    assert (await outage.client.post("/buy", {}, paid=True)).status == 200
    assert outage.asked == ["GET /x", "POST /buy"]
    assert outage.limiter.status().text == ""


async def test_while_it_stays_down_the_pauses_grow_to_two_minutes() -> None:
    outage = Outage()
    await outage.fails()
    pauses = []
    for _ in range(6):
        pauses.append(outage.limiter.breaker.open_for)
        outage.fake.time += pauses[-1]
        with pytest.raises(TryLaterError):
            await outage.client.get("/x")
    assert pauses == [15, 30, 60, 120, 120, 120]
    assert outage.asked == ["GET /x"] * 6


async def test_an_hour_of_outage_is_a_few_dozen_requests() -> None:
    outage = Outage()
    end = outage.fake.time + 3600
    while outage.fake.time < end:
        with pytest.raises(ServiceError):
            await outage.client.get("/x")
        outage.fake.time += 1
    assert len(outage.asked) < 50


class TestPaidCalls:
    async def test_while_open_they_are_refused_as_not_sent(self) -> None:
        outage = Outage(probe=Probe("/free"))
        await outage.fails()
        for paid in (True, False):
            with pytest.raises(NetworkError, match="tried again in") as caught:
                await outage.client.request_json("POST", "/buy", body={}, paid=paid, writes=not paid)
            assert not caught.value.sent
        assert outage.asked == []

    async def test_a_purchase_never_finds_out_whether_the_service_answers(self) -> None:
        outage = Outage()
        await outage.fails()
        outage.fake.time += 15
        outage.answer = OK
        with pytest.raises(NetworkError, match="tried again with the next read") as caught:
            await outage.client.post("/buy", {}, paid=True)
        assert not caught.value.sent
        assert outage.asked == []

    async def test_a_free_read_goes_first_where_there_is_one(self) -> None:
        outage = Outage(probe=Probe("/free", (("limit", "1"),)))
        await outage.fails()
        outage.fake.time += 15
        with pytest.raises(NetworkError) as caught:
            await outage.client.post("/buy", {}, paid=True)
        assert not caught.value.sent
        assert outage.asked == ["GET /free"]
        outage.fake.time += 30
        outage.answer = OK
        assert (await outage.client.post("/buy", {}, paid=True)).status == 200
        assert outage.asked == ["GET /free", "GET /free", "POST /buy"]

    async def test_doubts_count_as_failures(self) -> None:
        outage = Outage()
        for _ in range(5):
            with pytest.raises(OutcomeUnknownError):
                await outage.client.post("/buy", {}, paid=True)
        with pytest.raises(NetworkError, match="tried again in"):
            await outage.client.post("/buy", {}, paid=True)
        assert len(outage.asked) == 5

    async def test_an_enrichment_waits_for_tamtams_balance_to_be_readable_again(self) -> None:
        fake = FakeClock()
        limiter = free_limiter(fake.clock)
        router = respx.Router()
        balance = router.get(f"{BASE}/v2/credits").mock(return_value=DOWN)
        submit = router.post(f"{BASE}/v2/people/enrich").mock(
            return_value=httpx.Response(202, json={"request_id": "e-1", "status": "PROCESSING"})
        )
        service = build_service(Provider.TAMTAM, "k", transport=mock(router), limiter=limiter, clock=fake.clock)
        assert isinstance(service, SupportsEnrichment)
        person = PersonInput(first_name="Ada", last_name="Example", domain="example.com")
        items = [SubmitItem("k1", person, frozenset({EnrichField.EMAILS}))]
        for _ in range(5):
            with pytest.raises(TryLaterError):
                await service.balance()  # type: ignore[attr-defined]  # Tamtam's own
        fake.time += 15
        with pytest.raises(NetworkError) as caught:
            await service.submit_enrichment(items)
        assert not caught.value.sent
        balance.mock(return_value=httpx.Response(200, json={"credits": []}))
        fake.time += 30
        assert (await service.submit_enrichment(items)).request_id == "e-1"
        assert submit.call_count == 1
        await service.aclose()


class TestWhatCounts:
    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(400, json={}),
            httpx.Response(401, json={}),
            httpx.Response(404, json={}),
            httpx.Response(408, json={}),
            httpx.Response(422, json={}),
            httpx.Response(429, json={}, headers={"Retry-After": "1"}),
            httpx.Response(403, html="<html>blocked"),
        ],
    )
    async def test_a_service_that_refuses_is_there(self, answer: httpx.Response) -> None:
        outage = Outage()
        outage.answer = answer
        await outage.fails(8)
        assert outage.limiter.breaker.state is BreakerState.CLOSED

    async def test_a_success_or_a_refusal_in_between_starts_the_count_anew(self) -> None:
        outage = Outage()
        for answer in (OK, httpx.Response(404, json={})):
            await outage.fails(4)
            outage.answer = answer
            with suppress(NotFoundError):
                await outage.client.get("/x")
            outage.answer = DOWN
        await outage.fails(4)
        assert outage.limiter.breaker.state is BreakerState.CLOSED

    async def test_what_was_never_sent_says_nothing_of_the_service(self) -> None:
        outage = Outage()
        await outage.fails()
        outage.fake.time += 15
        outage.limiter.pause(600)
        with pytest.raises(RateLimitedError):
            await outage.client.get("/x")
        assert outage.limiter.breaker.state is BreakerState.HALF_OPEN
        assert outage.asked == []

    async def test_a_key_that_cannot_be_sent_says_nothing_either(self) -> None:
        breaker = CircuitBreaker(clock=FakeClock().clock, failures=2)
        await breakdown(breaker)
        with pytest.raises(BadKeyError):
            async with breaker.call(may_probe=True):
                raise BadKeyError("no key at all", provider=Provider.TAMTAM)
        await breakdown(breaker)
        assert breaker.state is BreakerState.OPEN

    async def test_a_call_that_began_before_does_not_lengthen_the_pause(self) -> None:
        fake = FakeClock()
        breaker = CircuitBreaker(clock=fake.clock, failures=1)
        begun = asyncio.Event()
        end = asyncio.Event()

        async def slow() -> None:
            async with breaker.call(may_probe=True):
                begun.set()
                await end.wait()
                raise NetworkError("late", provider=Provider.TAMTAM)

        late = asyncio.create_task(slow())
        await begun.wait()
        await breakdown(breaker)
        fake.time += 14
        end.set()
        with pytest.raises(NetworkError):
            await late
        assert breaker.open_for == 1
        assert breaker.reason == "down"


async def breakdown(breaker: CircuitBreaker) -> None:
    with pytest.raises(NetworkError):
        async with breaker.call(may_probe=True):
            raise NetworkError("down", provider=Provider.TAMTAM)


class TestProbing:
    def test_everybody_else_waits_for_what_the_probe_finds(self) -> None:
        async def main(clock: Clock) -> tuple[list[float], list[float]]:
            breaker = CircuitBreaker(clock=clock, failures=1)
            await breakdown(breaker)
            await asyncio.sleep(15)
            starts: list[float] = []
            probes: list[float] = []

            async def read() -> None:
                async with breaker.call(may_probe=True) as probing:
                    (probes if probing else starts).append(clock.now())
                    await asyncio.sleep(2)

            await asyncio.gather(*(read() for _ in range(4)))
            return probes, starts

        assert run_virtually(main) == ([15], [17, 17, 17])

    def test_a_probe_that_fails_is_told_to_all_who_waited(self) -> None:
        async def main(clock: Clock) -> list[object]:
            breaker = CircuitBreaker(clock=clock, failures=1)
            await breakdown(breaker)
            await asyncio.sleep(15)
            texts = []

            async def read() -> None:
                async with breaker.call(may_probe=True):
                    texts.append(breaker.text)
                    await asyncio.sleep(2)
                    raise NetworkError("still down", provider=Provider.TAMTAM)

            ends = await asyncio.gather(*(read() for _ in range(3)), return_exceptions=True)
            assert texts == ["Trying whether the service answers again"]
            return [type(end) for end in ends]

        assert run_virtually(main) == [NetworkError, OpenError, OpenError]

    def test_a_probe_that_is_stopped_leaves_it_to_the_next(self) -> None:
        async def main(clock: Clock) -> bool:
            breaker = CircuitBreaker(clock=clock, failures=1)
            await breakdown(breaker)
            await asyncio.sleep(15)

            async def read(seconds: float) -> bool:
                async with breaker.call(may_probe=True) as probing:
                    await asyncio.sleep(seconds)
                    return probing

            stuck = asyncio.create_task(read(1000))
            await asyncio.sleep(0)
            waiting = asyncio.create_task(read(0))
            await asyncio.sleep(1)
            stuck.cancel()
            return await waiting

        assert run_virtually(main)

    async def test_whoever_shows_it_is_told_of_each_turn(self) -> None:
        fake = FakeClock()
        breaker = CircuitBreaker(clock=fake.clock, failures=2)
        states: list[BreakerState] = []
        breaker.on_change(lambda: states.append(breaker.state))
        await breakdown(breaker)
        await breakdown(breaker)
        breaker.reset()
        breaker.reset()
        assert states == [BreakerState.OPEN, BreakerState.CLOSED]

    async def test_retries_of_a_call_end_where_others_have_found_no_service(self) -> None:
        outage = Outage()
        slept: list[float] = []

        async def break_down_meanwhile(seconds: float) -> None:
            slept.append(seconds)
            outage.fake.time += seconds
            while outage.limiter.breaker.state is BreakerState.CLOSED:
                await breakdown(outage.limiter.breaker)

        outage.client._clock = Clock(outage.fake.clock.now, break_down_meanwhile, outage.fake.clock.wall)
        with pytest.raises(TryLaterError):
            await outage.client.get("/x")
        # The second attempt found it open, so a third would be in vain.
        assert outage.asked == ["GET /x", "GET /x"]
        assert len(slept) == 1


def test_each_provider_has_a_read_that_finds_out() -> None:
    assert set(PROBES) == set(Provider)


_ENDS: st.SearchStrategy[Callable[[], Any]] = st.sampled_from(
    [
        lambda: None,
        lambda: NetworkError("n", provider=Provider.TAMTAM),
        lambda: TryLaterError("t", provider=Provider.TAMTAM, status=503),
        lambda: BadKeyError("b", provider=Provider.TAMTAM, status=401),
        lambda: RateLimitedError("r", provider=Provider.TAMTAM),
    ]
)


@given(st.lists(st.tuples(_ENDS, st.floats(0, 200), st.booleans()), max_size=60))
def test_whatever_happens_no_purchase_passes_while_it_is_not_closed(steps: list[tuple[Any, float, bool]]) -> None:
    async def main() -> None:
        fake = FakeClock()
        breaker = CircuitBreaker(clock=fake.clock, failures=3)
        for make_end, later, reads in steps:
            fake.time += later
            before = breaker.state
            refused = None
            try:
                async with breaker.call(may_probe=reads) as probing:
                    assert before is not BreakerState.OPEN
                    assert reads or before is BreakerState.CLOSED
                    assert probing is (before is BreakerState.HALF_OPEN)
                    if (end := make_end()) is not None:
                        raise end
            except OpenError as error:
                refused = error.seconds
            except ServiceError:
                pass
            assert refused is None or (before is not BreakerState.CLOSED and 0 <= refused <= 120)

    asyncio.run(main())


async def test_limiters_of_two_keys_fail_apart() -> None:
    one, other = Limiter([], in_flight=1), Limiter([], in_flight=1)
    for _ in range(5):
        await breakdown(one.breaker)
    assert (one.breaker.state, other.breaker.state) == (BreakerState.OPEN, BreakerState.CLOSED)
