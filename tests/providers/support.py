"""Time that tests command: a clock that jumps, an event loop whose sleeps take no time; services without a network."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import respx

from app.domain.provider import Provider
from app.providers.auth import KeyAuth
from app.providers.client import ApiClient, Timeouts
from app.providers.clock import Clock
from app.providers.limits import Limiter
from app.providers.registry import DEFAULT_BASE_URLS, build_service

T = TypeVar("T")

KEY = "test-key-4711"


class FakeClock:
    """A clock that only moves when something sleeps; `slept` are the sleeps in order."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self.time, sleep=self._sleep, wall=self._wall)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def _wall(self) -> datetime:
        return datetime(2026, 11, 1, 12, 0, tzinfo=UTC) + timedelta(seconds=self.time - 1000.0)


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for the next timer, moves the time there."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self.time += timeout
        return super().select(0)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.time


def run_virtually(main: Callable[[Clock], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine function on a loop whose sleeps are exact and take no time."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        loop = runner.get_loop()
        return runner.run(main(Clock(now=loop.time)))


def free_limiter(clock: Clock | None = None) -> Limiter:
    """A limiter without limits."""
    return Limiter([], in_flight=10, clock=clock)


def mock(router: respx.Router) -> httpx.MockTransport:
    """A transport that answers as a respx router says."""
    return httpx.MockTransport(router.async_handler)


def make_service(provider: Provider, router: respx.Router, *, key: str = KEY) -> Any:
    """A provider's service at its real address, without a network and without waiting."""
    clock = FakeClock().clock
    return build_service(provider, key, transport=mock(router), clock=clock, limiter=free_limiter(clock))


def make_client(
    provider: Provider = Provider.TAMTAM,
    *,
    base_url: str | None = None,
    fake: FakeClock | None = None,
    clock: Clock | None = None,
    limiter: Limiter | None = None,
    key: str = KEY,
    timeouts: Timeouts | None = None,
    **options: Any,
) -> ApiClient:
    """A client whose waits take no time, unless it is given a `clock`."""
    clock = clock or (fake or FakeClock()).clock
    address = base_url or DEFAULT_BASE_URLS[provider]
    return ApiClient(
        provider,
        address,
        KeyAuth(provider, key, address),
        limiter or free_limiter(clock),
        clock=clock,
        timeouts=timeouts,
        jitter=lambda: 0.5,
        **options,
    )
