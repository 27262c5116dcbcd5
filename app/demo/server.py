"""The demo services over HTTP on the loopback interface."""

import socket
import sys
from asyncio import BaseTransport, Transport
from types import FrameType
from typing import TextIO, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.demo.app import create_app
from app.demo.dataset import DemoData
from app.demo.service import HANG_UP

_HOST = "127.0.0.1"
_GRACE_SECONDS = 1


class _Protocol(H11Protocol):
    """HTTP/1.1 that hands its transport to the app, so that a scripted fault can close the connection."""

    def connection_made(self, transport: BaseTransport) -> None:
        connection = cast("Transport", transport)
        super().connection_made(connection)
        app = cast("ASGIApp", self.app)

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[HANG_UP] = connection
            await app(scope, receive, send)

        self.app = with_transport


class LoopbackServer(uvicorn.Server):
    """A server that says where it listens, and ends without a signal's aftermath.

    Args:
        app: What to serve.
        port: Port on 127.0.0.1; 0 for any free one.
        announce: Where to write `listening on http://127.0.0.1:PORT` once connections are accepted, None for nowhere.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, app: ASGIApp, port: int = 0, *, announce: TextIO | None = None) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        super().__init__(config)
        self._socket = socket.create_server((_HOST, port))
        self._announce = announce
        self.base_url = f"http://{_HOST}:{self._socket.getsockname()[1]}"

    def serve_until_stopped(self) -> None:
        """Serve until a signal comes or `should_exit` is set."""
        try:
            self.run(sockets=[self._socket])
        finally:
            self._socket.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then say so."""
        await super().startup(sockets)
        if self._announce is not None:
            self._announce.write(f"listening on {self.base_url}\n")
            self._announce.flush()

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        """End in good order; uvicorn would raise the signal a second time afterwards."""
        self.should_exit = True


def run_demo_server(
    port: int,
    contacts: int = 5000,
    seed: int = 1,
    latency_ms: float = 0,
    strict_limits: bool = False,
    enrichment_seconds: float = 5.0,
) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code: 0, or 2 when the port cannot be had."""
    app = create_app(
        DemoData(seed, contacts),
        latency_ms=latency_ms,
        strict_limits=strict_limits,
        enrichment_seconds=enrichment_seconds,
    )
    try:
        server = LoopbackServer(app, port, announce=sys.stdout)
    except OSError as error:
        sys.stderr.write(f"The demo server cannot listen on port {port}: {error.strerror}.\n")
        return 2
    server.serve_until_stopped()
    return 0
