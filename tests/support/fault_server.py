"""A server on loopback sockets that does to a client whatever a network, a proxy or a hostile service can do.

Each request is met by the next behaviour of its script, the last one for ever. The server counts its connections, so
that a test can say that none is left open.
"""

import asyncio
import socket
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

#: The script for requests that no other is meant for.
ANY = "*"

#: Seconds after which a connection that a client should have closed counts as leaked.
PATIENCE = 60.0


@dataclass
class RudeServer:
    """Scripts by `METHOD /path`, or by `ANY`; other calls are told that there is no such thing.

    Attributes:
        scripts: Behaviours in the order of the requests.
        url: Where it listens.
        requests: The requests so far, head and body.
        asked: Set by the first request.
        connections: Connections accepted so far.
        open_now: Those that are open.
    """

    scripts: Mapping[str, Sequence[Behaviour]]
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    open_now: int = 0
    handlers: set[asyncio.Task[None]] = field(default_factory=set)
    _met: Counter[str] = field(default_factory=Counter)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.handlers.add(task)
        self.connections += 1
        self.open_now += 1
        try:
            while request := await _read_request(reader):
                self.requests.append(request)
                self.asked.set()
                await self._next(request)(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    def count(self, call: str) -> int:
        """How often a call, `METHOD /path`, was made."""
        return sum(_call(request) == call for request in self.requests)

    def script(self, call: str, *behaviours: Behaviour) -> None:
        """Set what happens from now on to a call, `METHOD /path`."""
        self.scripts = {**self.scripts, call: behaviours}
        self._met[call] = 0

    async def all_closed(self) -> None:
        """Wait until every client has hung up. Raises TimeoutError when one does not."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self.handlers)

    def _next(self, request: bytes) -> Behaviour:
        call = _call(request)
        name = call if call in self.scripts else ANY
        script = self.scripts.get(name) or [answer(status=404)]
        self._met[name] += 1
        return script[min(self._met[name], len(script)) - 1]


def _call(request: bytes) -> str:
    method, target = request.decode("latin-1").split(" ", 2)[:2]
    return f"{method} {target.partition('?')[0]}"


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
async def rude_server(*script: Behaviour, **scripts: Sequence[Behaviour]) -> AsyncIterator[RudeServer]:
    """A server with one script for everything, or with `scripts` by call. At the end every client must have hung up."""
    rude = RudeServer({ANY: script, **scripts} if script else scripts)
    server = await asyncio.start_server(rude.handle, "127.0.0.1", 0)
    rude.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield rude
    finally:
        server.close()
        await rude.all_closed()
        await server.wait_closed()


def nobody_there() -> str:
    """The address of a port on which nobody listens: connections are refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def answer(
    body: bytes = b"{}", *, status: int = 200, headers: str = "", content_type: str = "application/json"
) -> Behaviour:
    """Answer properly."""

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return behave


def packed(body: bytes) -> Behaviour:
    """Answer with a body that is already gzip."""
    return answer(body, headers="Content-Encoding: gzip\r\n")


@cache
def gzip_bomb(megabytes: int = 100) -> bytes:
    """A small gzip file that is large when unpacked: one stream, as readers stop after the first."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    pieces = [packer.compress(b" " * (1 << 20)) for _ in range(megabytes)]
    return b"".join([*pieces, packer.flush()])


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


def reset_after(raw: bytes) -> Behaviour:
    """Send the beginning of an answer, then cut the line."""

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.transport.abort()

    return behave


async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send an answer one byte at a time for ever, so that no read ever times out."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.005)
