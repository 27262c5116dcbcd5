"""The one HTTP core: address, key, pace, retries, error typing and the request log of one provider account.

Vendor modules name calls and read answers; everything between is here. Who retries: this client, and only reads and
polls (`paid=False`). A paid submit is sent once: what is certain not to have been accepted is raised as its own
error, everything else as `OutcomeUnknownError`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from app.deferred import httpx
from app.domain.errors import NetworkError, RateLimitedError, ServiceError
from app.domain.provider import Provider
from app.providers import errors, network_errors
from app.providers.addresses import validate_base_url
from app.providers.allowance import UsedUpError
from app.providers.attempts import Attempt, AttemptLog
from app.providers.breaker import BreakerState, OpenError, Probe
from app.providers.certificates import is_certificate_trouble, look_at_certificate
from app.providers.clock import Clock
from app.providers.http import open_http, read_request_id
from app.providers.limits import Limiter, PausedError, tenant_pause
from app.providers.proxies import NO_PROXY, Proxy, find_proxy
from app.providers.retries import RetryPolicy, retry_after_seconds
from app.providers.trust import build_ssl_context

if TYPE_CHECKING:
    from app.providers.auth import KeyAuth

# httpx logs whole URLs at INFO, and with them what a rep searches for.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

MAX_BODY = 64 * 1024 * 1024

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for one call with all its retries and waits.

    Waiting for our own pace does not count towards `total`: it is planned, and shown.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its JSON body as it came, decompressed."""

    status: int
    body: bytes
    headers: httpx.Headers
    request_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    template: str
    url: httpx.URL
    content: bytes | None
    cost: int


@dataclass(slots=True)
class _Budget:
    """Seconds that a call may still take."""

    left: float


class ApiClient:
    """The connection to one provider account, for the whole session.

    Args:
        provider: The service.
        base_url: As `validate_base_url` allows; paths are put behind it.
        auth: The key.
        limiter: Shared with every other user of the key.
        transport: Replaces the network (demo, tests); proxies and `ssl_context` are then not used.
        clock: Time.
        ssl_context: Made once per process by `build_ssl_context`, as making one takes long; None makes one here.
        timeouts: Time-outs.
        retries: When reads are asked again.
        max_body: The largest decompressed answer that is read, in bytes.
        jitter: Draws from 0 to 1.
        attempts: Told of every HTTP attempt.
        proxy: The proxy to begin with; None finds it here, which on Windows may take a moment.
        probe: The read made before something is paid for or changed while nobody knows whether the service answers;
            without it such calls wait for somebody else's read.

    Raises:
        InputError: The base URL is not allowed.
        NetworkError: The system's proxy setting cannot be used.
    """

    def __init__(
        self,
        provider: Provider,
        base_url: str,
        auth: KeyAuth,
        limiter: Limiter,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        retries: RetryPolicy | None = None,
        max_body: int = MAX_BODY,
        jitter: Callable[[], float] = random.random,
        attempts: AttemptLog | None = None,
        proxy: Proxy | None = None,
        probe: Probe | None = None,
    ) -> None:
        self.provider = provider
        self._base_url = validate_base_url(base_url)
        self._auth = auth
        self._limiter = limiter
        self._clock = clock or Clock()
        self._timeouts = timeouts or Timeouts()
        self._retries = retries or RetryPolicy()
        self._max_body = max_body
        self._jitter = jitter
        self._attempts = attempts or AttemptLog()
        self._closed = False
        self._probe = probe
        self._transport = transport
        needs_network = transport is None and self._base_url.startswith("https")
        if ssl_context is None:
            # Without a trust store this one accepts nobody; it only spares httpx the making of its own.
            ssl_context = build_ssl_context() if needs_network else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._ssl_context = ssl_context
        if proxy is None:
            proxy = find_proxy(self._base_url) if needs_network else NO_PROXY
        self._proxy = proxy
        self._http = self._open()
        self._retired: list[httpx.AsyncClient] = []

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        self._closed = True
        for http in (self._http, *self._retired):
            await http.aclose()

    async def get(
        self, path: str, *, values: Mapping[str, str] | None = None, query: Query = (), cost: int = 1
    ) -> Answer:
        """Read; see `request_json`."""
        return await self.request_json("GET", path, values=values, query=query, cost=cost)

    async def post(self, path: str, body: object, *, query: Query = (), cost: int = 1, paid: bool = False) -> Answer:
        """Post a JSON body; see `request_json`. Not `paid` means that it only reads and may be repeated."""
        return await self.request_json("POST", path, query=query, body=body, cost=cost, paid=paid)

    async def request_json(
        self,
        method: str,
        path: str,
        *,
        values: Mapping[str, str] | None = None,
        query: Query = (),
        body: object = None,
        cost: int = 1,
        paid: bool = False,
        writes: bool = False,
    ) -> Answer:
        """Make one call, with its retries, and return its 2xx JSON answer.

        Args:
            method: HTTP method.
            path: Path template such as `/v2/people/enrich/{RequestID}`; this is what the log shows.
            values: Values for the template; they are percent-encoded.
            query: Query parameters in order; a name may come several times.
            body: Sent as JSON, unless None.
            cost: Units the call weighs at the service.
            paid: It spends credits: never repeated, and in doubt `OutcomeUnknownError`.
            writes: It changes something: repeated only while it is certain not to have been accepted, and in doubt
                `OutcomeUnknownError`.

        Raises:
            ServiceError: The subclass that fits.
        """
        call = self._call(method, path, values or {}, query, body, cost)
        reads = not (paid or writes)
        if not reads:
            await self._find_out()
        try:
            async with self._limiter.breaker.call(may_probe=reads) as probing:
                if probing:
                    await self._follow_the_network()
                return await self._repeated(call, paid=paid, writes=writes, once=paid or probing)
        except OpenError as closed:
            raise network_errors.not_asked(self.provider, closed.seconds, closed.reason) from None

    async def _find_out(self) -> None:
        """Let a read find out whether the service answers again, so that a call that pays never has to."""
        if self._probe is not None and self._limiter.breaker.state is BreakerState.HALF_OPEN:
            with suppress(ServiceError):
                await self.get(self._probe.path, query=self._probe.query)

    async def _follow_the_network(self) -> None:
        """The computer may be on another network by now: look again which proxy leads to the service."""
        if self._transport is not None:
            return
        proxy = await asyncio.to_thread(find_proxy, self._base_url)
        if proxy != self._proxy:
            self._retired.append(self._http)
            self._proxy = proxy
            self._http = self._open()

    def _open(self) -> httpx.AsyncClient:
        return open_http(
            self.provider,
            ssl_context=self._ssl_context,
            proxy=self._proxy,
            timeout=httpx.Timeout(self._timeouts.read, connect=self._timeouts.connect),
            auth=self._auth,
            transport=self._transport,
        )

    async def _repeated(self, call: _Call, *, paid: bool, writes: bool, once: bool) -> Answer:
        budget = _Budget(self._timeouts.total)
        attempt = 1
        while True:
            try:
                return await self._paced(call, attempt, budget, paid=paid, writes=writes)
            except ServiceError as error:
                wait = None if once else self._retries.wait(error, attempt, self._jitter())
                if wait is None or wait > budget.left or self._limiter.breaker.state is not BreakerState.CLOSED:
                    raise
                if isinstance(error, RateLimitedError):
                    self._limiter.pause(wait)
            await self._clock.sleep(wait)
            budget.left -= wait
            attempt += 1

    def _call(self, method: str, path: str, values: Mapping[str, str], query: Query, body: object, cost: int) -> _Call:
        try:
            url = httpx.URL(self._base_url + _fill(path, values), params=list(query) or None)
            content = None if body is None else msgspec.json.encode(body)
        except httpx.InvalidURL as error:
            raise errors.invalid_request(
                self.provider, f"The text is too long to be sent to {self.provider.label}."
            ) from error
        except UnicodeEncodeError as error:
            raise errors.invalid_request(
                self.provider, f"The text has characters that cannot be sent to {self.provider.label}."
            ) from error
        return _Call(method, path, url, content, cost)

    async def _paced(self, call: _Call, attempt: int, budget: _Budget, *, paid: bool, writes: bool) -> Answer:
        """One attempt at its turn; only the attempt itself is taken from the budget."""
        try:
            async with self._limiter.acquire(call.cost, max_pause=budget.left) as waited:
                self._limiter.allowance.take()
                began = self._clock.now()
                try:
                    return await self._attempt(call, attempt, budget.left, waited)
                finally:
                    budget.left -= self._clock.now() - began
        except PausedError as pause:
            raise errors.paused_error(self.provider, pause.seconds) from None
        except UsedUpError as end:
            raise errors.used_up(self.provider, end, self._clock.wall()) from None
        except ServiceError as error:
            if (paid or writes) and errors.may_have_been_accepted(error):
                raise errors.outcome_unknown(error, paid=paid) from error
            raise

    async def _attempt(self, call: _Call, attempt: int, left: float, waited: float) -> Answer:
        if self._closed:
            raise NetworkError(
                f"The connection to {self.provider.label} was closed, because its key or address changed.",
                provider=self.provider,
                sent=False,
                next_step="Try again.",
            )
        began = self._clock.now()
        status: int | None = None
        body, request_id, failure = b"", "", ""
        headers = {"Content-Type": "application/json"} if call.content is not None else {}
        try:
            async with (
                asyncio.timeout(left),
                self._http.stream(call.method, call.url, content=call.content, headers=headers) as response,
            ):
                status = response.status_code
                body = await self._read(response)
            request_id = read_request_id(response.headers, body)
            return self._judge(response, body, request_id)
        except (httpx.RequestError, TimeoutError) as error:
            failure = type(error).__name__
            raise await self._no_answer(call.url, error) from error
        except ServiceError as error:
            failure, request_id = type(error).__name__, error.request_id
            raise
        except asyncio.CancelledError as error:
            failure = type(error).__name__
            raise
        finally:
            self._attempts.note(
                Attempt(
                    self.provider,
                    call.method,
                    call.template,
                    attempt,
                    self._clock.wall(),
                    status=status,
                    failure=failure,
                    request_id=request_id,
                    wait=waited,
                    duration=self._clock.now() - began,
                    size=len(body),
                )
            )

    async def _no_answer(self, url: httpx.URL, error: httpx.RequestError | TimeoutError) -> NetworkError:
        if is_certificate_trouble(error):
            certificate = await look_at_certificate(url, self._proxy)
            return network_errors.untrusted(self.provider, url.host, certificate, now=self._clock.wall())
        return network_errors.transport_error(self.provider, error, proxy=self._proxy)

    async def _read(self, response: httpx.Response) -> bytes:
        """The decompressed body, as long as it is of a sane size."""
        if "," in response.headers.get("content-encoding", ""):
            # Each layer may be a thousand times larger than the one around it, before any of it can be counted.
            raise errors.unreadable(self.provider, "it is packed more than once", status=response.status_code)
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > self._max_body:
                raise errors.unreadable(self.provider, "it is far too large", status=response.status_code)
        return bytes(body)

    def _judge(self, response: httpx.Response, body: bytes, request_id: str) -> Answer:
        """The answer if it is a success; heeds what it says about our pace."""
        asked_to_wait = retry_after_seconds(
            response.headers.get("retry-after"), now=self._clock.wall(), date=response.headers.get("date")
        )
        error = errors.error_in(
            self.provider,
            response.status_code,
            response.headers,
            body,
            retry_after=asked_to_wait if response.status_code >= 400 else None,
            redact=self._auth.redact,
        )
        if error is None:
            self._limiter.pause(tenant_pause(response.headers))
            return Answer(response.status_code, body, response.headers, request_id, self._clock.wall())
        error.request_id = error.request_id or request_id
        if response.status_code == 429:
            self._limiter.refused()
        if error.retry_after:
            self._limiter.pause(error.retry_after)
        raise error


def _fill(template: str, values: Mapping[str, str]) -> str:
    """A path from its template. A value of dots only would climb to another path, so its dots are encoded too."""
    path = template
    for name, value in values.items():
        encoded = quote(value, safe="")
        path = path.replace(f"{{{name}}}", encoded if encoded.strip(".") else encoded.replace(".", "%2E"))
    return path
