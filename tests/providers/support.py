"""Time and networks that tests command: a clock that jumps, an event loop whose sleeps take no time, a rude server."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
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
    limiter: Limiter | None = None,
    key: str = KEY,
    timeouts: Timeouts | None = None,
    **options: Any,
) -> ApiClient:
    """A client whose waits take no time."""
    clock = (fake or FakeClock()).clock
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


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RudeServer:
    """A server on loopback that meets each request with the next behaviour of its script, the last one for ever."""

    script: Sequence[Behaviour]
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    handlers: set[asyncio.Task[None]] = field(default_factory=set)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.handlers.add(task)
        try:
            while head := await _read_request(reader):
                self.requests.append(head)
                self.asked.set()
                behaviour = self.script[min(len(self.requests), len(self.script)) - 1]
                await behaviour(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            head += await reader.readexactly(int(line.split(b":")[1]))
    return head


@asynccontextmanager
async def rude_server(*script: Behaviour) -> AsyncIterator[RudeServer]:
    rude = RudeServer(script)
    server = await asyncio.start_server(rude.handle, "127.0.0.1", 0)
    rude.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield rude
    finally:
        server.close()
        await server.wait_closed()
        # They end when the client hangs up; a loop that closes before them would complain.
        await asyncio.gather(*rude.handlers)


def answer(
    body: bytes = b"{}", *, status: int = 200, headers: str = "", content_type: str = "application/json"
) -> Behaviour:
    """Answer properly."""

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return behave


def send(raw: bytes, *, then_close: bool = True) -> Behaviour:
    """Send bytes as they are, then close, or wait for the client to lose patience."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        if then_close:
            writer.close()
        else:
            await reader.read()

    return behave


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read the request and cut the line."""
    writer.transport.abort()


async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send an answer one byte at a time for ever, so that no read ever times out."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.005)
