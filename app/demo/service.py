"""What every service has to say for itself, and the gate each of its requests goes through."""

import asyncio
import os
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.demo.faults import Fault, FaultKind, FaultScript
from app.demo.http import Call, Endpoint, RefusalError, Reply
from app.demo.state import DemoState
from app.domain.provider import Provider

HANG_UP = "contact_scout.transport"
"""Name of the ASGI extension under which our server hands out a connection's transport."""

# Close with a reset: on, after no time. Windows has two short integers, other systems two of usual size.
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

_PORTAL = """<!doctype html><html><head><title>Guest network</title></head>
<body><h1>Welcome</h1><p>Please accept the terms of use.</p></body></html>"""


class ConnectionDroppedError(TimeoutError):
    """A scripted fault withholds the answer; raised where there is no connection to close (in-process).

    A `TimeoutError`, because that is what an HTTP client reports when an answer never comes.
    """


class Service(ABC):
    """One vendor's API."""

    provider: Provider

    def __init__(self, state: DemoState) -> None:
        self.state = state

    @abstractmethod
    def endpoints(self) -> Sequence[Endpoint]:
        """All calls the service knows, the more specific paths first."""

    @abstractmethod
    def refuse_key(self, call: Call) -> Reply | None:
        """The vendor's answer to a missing or wrong key, None when the key is right."""

    @abstractmethod
    def bad_key(self) -> Reply:
        """The vendor's answer to a key that it does not know."""

    @abstractmethod
    def error(self, status: int) -> Reply:
        """The vendor's body for an error status."""

    @abstractmethod
    def out_of_credits(self) -> Reply:
        """The vendor's answer when credits do not suffice."""

    @abstractmethod
    def enter(self, call: Call, /) -> Reply | None:
        """Count the request against the rate limits; an answer when it is one too many."""

    def leave(self, reply: Reply, /) -> None:  # noqa: B027 - most services have nothing to do
        """The request that `enter` let through is done; add what headers belong on its answer."""

    @abstractmethod
    def rows(self, payload: object) -> list[object] | None:
        """The list of rows inside an answer, None when it has none."""

    def unknown_route(self, path_exists: bool) -> Reply:
        """The answer to a path, or a method of a known path, that the service does not have."""
        return self.error(405 if path_exists else 404)


class HangUp(Response):
    """Closes the connection without an answer; `reset` makes the client see a reset instead of an end."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Close, and wait until the server has noticed, so that it does not send a 500 of its own."""
        transport = scope.get("extensions", {}).get(HANG_UP)
        if not isinstance(transport, asyncio.Transport):
            raise ConnectionDroppedError("The demo server closed the connection without an answer")
        connection = transport.get_extra_info("socket")
        if self._reset and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class Gate:
    """Turns a service's handlers into Starlette endpoints: faults, key, limits, work, books."""

    def __init__(self, service: Service, faults: FaultScript) -> None:
        self._service = service
        self._state = service.state
        self._faults = faults

    def endpoint(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """The Starlette endpoint for one of the service's calls."""

        async def respond(request: Request) -> Response:
            return await self._respond(await self._call(request), endpoint)

        return respond

    def fallback(self, paths: Sequence[str]) -> Callable[[Request], Awaitable[Response]]:
        """The Starlette endpoint for everything else; `paths` are known with other methods."""

        async def respond(request: Request) -> Response:
            call = await self._call(request)
            known = any(_fits(path, call.path) for path in paths)

            async def refuse(_: Call) -> Reply:
                return self._service.unknown_route(known)

            return await self._respond(call, Endpoint(call.method, call.path, refuse))

        return respond

    async def _call(self, request: Request) -> Call:
        base = request.scope.get("root_path", "")
        return Call(
            provider=self._service.provider,
            method=request.method,
            path=request.url.path.removeprefix(base),
            query=tuple(request.query_params.multi_items()),
            headers=request.headers,
            body=await request.body(),
            path_params=request.path_params,
            at=self._state.now(),
        )

    async def _respond(self, call: Call, endpoint: Endpoint) -> Response:
        fault = self._faults.take(call)
        kind = fault.kind if fault else None
        await self._wait(fault)
        if kind is FaultKind.RESET:
            self._state.ledger.note_request(call, None)
            return HangUp(reset=True)
        call.drops_reply = kind is FaultKind.DROP_REPLY
        call.fails_batch = kind is FaultKind.BATCH_FAILED
        reply = await self._work(call, endpoint, fault)
        if fault is not None:
            reply = self._spoil(fault, reply)
        self._state.ledger.note_request(call, None if call.drops_reply else reply.status)
        if call.drops_reply:
            return HangUp(reset=False)
        return Response(reply.encoded(), reply.status, reply.headers, reply.media_type)

    async def _wait(self, fault: Fault | None) -> None:
        if self._state.options.latency_ms > 0:
            await asyncio.sleep(self._state.options.latency_ms / 1000)
        if fault is not None and fault.kind is FaultKind.DELAY:
            await self._faults.delay(fault.seconds)

    async def _work(self, call: Call, endpoint: Endpoint, fault: Fault | None) -> Reply:
        kind = fault.kind if fault else None
        if kind is FaultKind.KEY_REVOKED:
            return self._service.bad_key()
        refusal = self._service.refuse_key(call)
        if refusal is not None:
            return refusal
        if kind is FaultKind.OUT_OF_CREDITS:
            return self._service.out_of_credits()
        if fault is not None and _answers_itself(fault) and not fault.process:
            return Reply()
        refusal = self._service.enter(call)
        if refusal is not None:
            return refusal
        reply = Reply()
        try:
            await self._state.ready()
            reply = await endpoint.handler(call)
        except RefusalError as error:
            reply = error.reply
        finally:
            self._service.leave(reply)
        return reply

    def _spoil(self, fault: Fault, reply: Reply) -> Reply:
        """Change a finished answer as the fault says."""
        rows = self._service.rows(reply.payload) if reply.status < 300 else None
        match fault.kind:
            case FaultKind.STATUS:
                reply = self._service.error(fault.status or 500)
                if fault.body is not None:
                    reply = _scripted(fault, reply.status)
            case FaultKind.BODY:
                reply = _scripted(fault, fault.status or 200)
            case FaultKind.HTML:
                reply = Reply(fault.status or 200, media_type="text/html", body=_PORTAL.encode())
            case FaultKind.MISSING_ROWS if rows:
                del rows[: fault.rows]
            case FaultKind.DUPLICATE_ROWS if rows:
                rows.extend(rows[: fault.rows])
            case FaultKind.EXTRA_ROWS if rows is not None:
                rows.extend({"unexpected": number} for number in range(fault.rows))
            case FaultKind.REORDER if rows:
                rows.reverse()
            case _:
                pass
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = str(fault.retry_after)
        return reply


def _answers_itself(fault: Fault) -> bool:
    return fault.kind in (FaultKind.STATUS, FaultKind.BODY, FaultKind.HTML)


def _scripted(fault: Fault, status: int) -> Reply:
    if isinstance(fault.body, str):
        return Reply(status, body=fault.body.encode())
    return Reply(status, fault.body)


def _fits(pattern: str, path: str) -> bool:
    """Whether a path has the shape of an endpoint's pattern."""
    wanted, got = pattern.split("/"), path.split("/")
    return len(wanted) == len(got) and all(w.startswith("{") or w == g for w, g in zip(wanted, got, strict=True))
