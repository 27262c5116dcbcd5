"""Each provider's published limits, enforced by a simulated service behind a network that delays every request anew."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from app.demo.limits import SlidingWindow, TokenBucket
from app.domain.changes import ChangeFeed
from app.domain.provider import Provider
from app.providers.capabilities import SupportsFetchByIds
from app.providers.clock import Clock
from app.providers.limits import Limiter, Pace, new_limiter
from app.services.connection import ConnectionService
from app.services.credentials import CredentialService
from app.services.providers import DemoBackend, ProviderDirectory
from app.storage.settings import SettingsStore
from tests.providers.support import run_virtually
from tests.support.memory_key_store import MemoryKeyStore

TAMTAM, LEADFEEDER = Provider.TAMTAM, Provider.LEADFEEDER
BUILDWORKPRO, TALKTOHUMANS = Provider.BUILDWORKPRO, Provider.TALKTOHUMANS


class Count(Protocol):
    """How a service counts; `admits` books the request if it is allowed."""

    def admits(self, now: float, units: int) -> bool: ...


class Bucket:
    def __init__(self, per_second: float, burst: int) -> None:
        self._bucket = TokenBucket(per_second, burst)

    def admits(self, now: float, units: int) -> bool:
        return self._bucket.take(now)


class Windows:
    """Sliding windows of (limit, seconds, counted in units)."""

    def __init__(self, *windows: tuple[int, float, bool]) -> None:
        self._windows = [(SlidingWindow(limit, seconds), in_units) for limit, seconds, in_units in windows]

    def admits(self, now: float, units: int) -> bool:
        # Frozen time and floats: a booking that leaves the window this very moment has left it.
        if any(window.is_full(now + 1e-6) for window, _ in self._windows):
            return False
        for window, in_units in self._windows:
            window.spend(now, units if in_units else 1)
        return True


class OneAtATime:
    """No published limit: at most one in flight, and a gap behind each."""

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._last = -gap

    def admits(self, now: float, units: int) -> bool:
        admitted = now >= self._last + self._gap - 1e-6
        self._last = now
        return admitted


@dataclass
class Service:
    """A service as its clients see it: a way there, a count, and a way back, each way of its own random length."""

    count: Count
    clock: Clock
    ways: tuple[float, float]
    rng: random.Random = field(default_factory=lambda: random.Random(4711))
    arrivals: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    retry_after: Callable[[float], Mapping[str, str]] = lambda _: {}

    async def ask(self, units: int = 1) -> bool:
        """Send a request; whether it was admitted."""
        await self.clock.sleep(self.rng.uniform(*self.ways))
        now = self.clock.now()
        admitted = self.count.admits(now, units)
        (self.arrivals if admitted else self.refused).append(now)
        await self.clock.sleep(self.rng.uniform(*self.ways))
        return admitted

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """The same over HTTP."""
        units = 5 if "get-many" in request.url.path else 1
        if await self.ask(units):
            is_a_list = request.url.path == "/tamtam/v1/contacts"
            return httpx.Response(200, json=[] if is_a_list else {"data": [], "credits": [], "meta": {}})
        return httpx.Response(429, json={}, headers=dict(self.retry_after(self.clock.now())))

    def rate(self) -> float:
        """Requests a second, over the whole run."""
        return (len(self.arrivals) - 1) / (self.arrivals[-1] - self.arrivals[0])


@dataclass(frozen=True)
class Published:
    """One provider's limits in one reading, the network they hold in, and the requests a second they allow."""

    provider: Provider
    count: Callable[[], Count]
    allowed: float
    ways: tuple[float, float] = (0.02, 0.25)
    units: int = 1
    requests: int = 2_000


READINGS = {
    "Leadfeeder: 10 a second, bucket of 15": Published(LEADFEEDER, lambda: Bucket(10, 15), 10),
    "Leadfeeder, on a network with delays up to a second": Published(
        LEADFEEDER, lambda: Bucket(10, 15), 10, ways=(0.0, 0.9)
    ),
    "Tamtam: 10 a second, as a bucket": Published(TAMTAM, lambda: Bucket(10, 10), 10, ways=(0.02, 0.45)),
    "Tamtam: 10 in any second, on a steady network": Published(
        TAMTAM, lambda: Windows((10, 1.0, False)), 10, ways=(0.08, 0.105)
    ),
    "BuildWorkPro: 60 in any minute, 10,000 units an hour": Published(
        BUILDWORKPRO, lambda: Windows((60, 60.0, False), (10_000, 3600.0, True)), 1, ways=(0.02, 0.6)
    ),
    "BuildWorkPro: fetches of 5 units": Published(
        BUILDWORKPRO,
        lambda: Windows((60, 60.0, False), (10_000, 3600.0, True)),
        2_000 / 3600,
        units=5,
        requests=8_001,
    ),
    "TalkToHumans: one at a time with a gap": Published(
        TALKTOHUMANS, lambda: OneAtATime(0.25), 1 / (0.25 + 2 * 0.06), ways=(0.02, 0.1)
    ),
}


@pytest.mark.parametrize("reading", READINGS)
def test_no_avoidable_refusal_and_97_percent_of_the_allowed_rate(reading: str) -> None:
    published = READINGS[reading]

    async def main(clock: Clock) -> Service:
        limiter = new_limiter(published.provider, clock)
        service = Service(published.count(), clock, published.ways)
        left = iter(range(published.requests))

        async def user() -> None:
            for _ in left:
                async with limiter.acquire(published.units):
                    await service.ask(published.units)

        await asyncio.gather(*(user() for _ in range(12)))
        return service

    service = run_virtually(main)
    assert service.refused == []
    assert len(service.arrivals) == published.requests
    assert service.rate() >= 0.97 * published.allowed


def test_where_the_network_makes_a_refusal_unavoidable_the_pace_sinks_and_there_are_no_more() -> None:
    async def main(clock: Clock) -> Service:
        limiter = new_limiter(TAMTAM, clock)
        service = Service(Windows((10, 1.0, False)), clock, ways=(0.02, 0.2))
        left = iter(range(2_000))

        async def user() -> None:
            for _ in left:
                async with limiter.acquire():
                    if not await service.ask():
                        limiter.refused()

        await asyncio.gather(*(user() for _ in range(12)))
        return service

    service = run_virtually(main)
    # All of them within the first seconds, among requests that were on their way already.
    assert len(service.refused) <= 10
    assert max(service.refused) < 10
    assert service.rate() >= 0.97 * 8


def test_a_pace_that_sank_rises_again() -> None:
    pace = Pace(10, burst=3, cautious_rate=5)
    pace.refused(0.0)
    pace.started(0.0, 1)
    assert pace.delay(0.0, 1) == pytest.approx(0.2)
    now = Pace.CAUTION
    for _ in range(3):
        assert pace.delay(now, 1) == 0
        pace.started(now, 1)
    assert pace.delay(now, 1) == pytest.approx(0.1)


class Office:
    """A provider directory over simulated services, as the window, its jobs and a command share it in one process."""

    def __init__(self, folder: Path, clock: Clock, handle: Callable[[httpx.Request], Any]) -> None:
        credentials = CredentialService(MemoryKeyStore(**{one.value: f"key-of-{one.value}" for one in Provider}), {})
        backend = DemoBackend(
            lambda: httpx.MockTransport(handle), {one: f"http://127.0.0.1/{one.value}" for one in Provider}
        )
        self.directory = ProviderDirectory(
            credentials, SettingsStore(folder / "settings.json"), ChangeFeed(), {}, demo=backend, clock=clock
        )
        self.connection = ConnectionService(self.directory, credentials)
        self.may_be_refused = False

    async def use(self, provider: Provider, calls: int) -> None:
        """So many calls by each of many users: panes, a check of the key typed in Settings, a bulk fetch, a check."""
        key = f"key-of-{provider.value}"

        async def pane() -> None:
            await self.directory.check_key(provider)

        async def settings() -> None:
            await self.directory.check_key(provider, f" {key} ")

        async def job() -> None:
            if provider in self.directory.supporting(SupportsFetchByIds):
                service = await self.directory.capable(provider, SupportsFetchByIds)
                await service.fetch_by_ids(["1"], account_id="1")
            else:
                await pane()

        async def check() -> None:
            report = await self.connection.check(provider)
            # It does not wait for minutes as the others do, and never goes out of turn.
            assert (
                report.problem in ("", "Other requests are using up the pace that is allowed.") or self.may_be_refused
            )

        async def again(user: Callable[[], Any]) -> None:
            for _ in range(calls):
                await user()

        await asyncio.gather(*(again(user) for user in (pane, pane, settings, job, job, check)))


@pytest.mark.parametrize(
    ("provider", "count", "allowed"),
    [
        (LEADFEEDER, lambda: Bucket(10, 15), 10),
        (TAMTAM, lambda: Bucket(10, 10), 10),
        (BUILDWORKPRO, lambda: Windows((60, 60.0, False), (10_000, 3600.0, True)), 1),
        (TALKTOHUMANS, lambda: OneAtATime(0.25), 1 / (0.25 + 2 * 0.06)),
    ],
)
def test_panes_jobs_settings_and_commands_of_one_process_share_one_pace(
    provider: Provider, count: Callable[[], Count], allowed: float, tmp_path: Path
) -> None:
    async def main(clock: Clock) -> Service:
        service = Service(count(), clock, ways=(0.02, 0.1))
        office = Office(tmp_path, clock, service.handle)
        await office.use(provider, 60)
        await office.directory.aclose()
        return service

    service = run_virtually(main)
    assert service.refused == []
    assert len(service.arrivals) >= 300
    assert service.rate() >= 0.97 * allowed


@pytest.mark.parametrize("spelling", ["seconds", "date"])
def test_a_retry_after_is_obeyed_to_the_second_by_everybody(spelling: str, tmp_path: Path) -> None:
    async def main(clock: Clock) -> tuple[float, list[float], list[float]]:
        began = clock.wall()

        def told(now: float) -> Mapping[str, str]:
            if spelling == "seconds":
                return {"Retry-After": "37"}
            # The service's clock is an hour ahead of ours; what it says is to be read by its own.
            here = began + timedelta(seconds=int(now), hours=1)
            return {
                "Date": format_datetime(here, usegmt=True),
                "Retry-After": format_datetime(here + timedelta(seconds=37), usegmt=True),
            }

        service = Service(Windows((100, 30.0, False)), clock, ways=(0.0, 0.0), retry_after=told)
        office = Office(tmp_path, clock, service.handle)
        office.may_be_refused = True
        await office.use(TAMTAM, 30)
        await office.directory.aclose()
        return clock.now(), service.refused, service.arrivals

    _, refused, arrivals = run_virtually(main)
    assert refused
    after = [moment for moment in arrivals if moment > refused[0]]
    assert refused[0] + 37 <= after[0] < refused[0] + 38


def test_every_key_of_a_provider_has_a_pace_of_its_own(tmp_path: Path) -> None:
    async def main(clock: Clock) -> tuple[Limiter, Limiter, Limiter]:
        office = Office(tmp_path, clock, lambda _: httpx.Response(200, json={}))
        limiter = office.directory.limiter
        found = await limiter(TAMTAM, "one"), await limiter(TAMTAM, "two"), await limiter(TAMTAM, "one")
        await office.directory.aclose()
        return found

    one, two, again = run_virtually(main)
    assert one is again
    assert one is not two
