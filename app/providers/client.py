"""The one HTTP core: address, key, pace, retries, error typing and the request log of one provider account.

Vendor modules name calls and read answers; everything between is here. Who retries: this client, and only reads and
polls (`paid=False`). A paid submit is sent once: what is certain not to have been accepted is raised as its own
error, everything else as `OutcomeUnknownError`.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from app.domain.errors import InputError, NetworkError, RateLimitedError, ServiceError
from app.domain.provider import Provider
from app.providers import errors
from app.providers.attempts import Attempt, AttemptLog
from app.providers.auth import KeyAuth
from app.providers.clock import Clock
from app.providers.limits import Limiter, PausedError, tenant_pause
from app.providers.retries import RetryPolicy, retry_after_seconds
from app.providers.trust import build_ssl_context
from app.providers.wire import Members, load, text

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


def validate_base_url(url: str) -> str:
    """Check a base URL and return it without a slash at its end.

    Raises:
        InputError: It is not https (http is allowed on this computer itself), or carries a password, query or fragment.
    """
    bare = url.strip().rstrip("/")
    try:
        parts = urlsplit(bare)
        host = (parts.hostname or "").encode("idna").decode()
        port_is_fine = parts.port != 0
        httpx.URL(bare)
    except (ValueError, UnicodeError, httpx.InvalidURL):
        host, port_is_fine, parts = "", False, urlsplit("")
    if not host or not port_is_fine or parts.username is not None or parts.query or parts.fragment:
        raise InputError("A service's address must look like https://api.example.com/path.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise InputError("A service's address must start with https:// (http:// only for this computer itself).")
    return bare


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class ApiClient:
    """The connection to one provider account, for the whole session.

    Args:
        provider: The service.
        base_url: As `validate_base_url` allows; paths are put behind it.
        auth: The key.
        limiter: Shared with every other user of the key.
        transport: Replaces the network (demo, tests); system proxies and `ssl_context` are then not used.
        clock: Time.
        ssl_context: Made once per process by `build_ssl_context`, as making one takes long; None makes one here.
        timeouts: Time-outs.
        retries: When reads are asked again.
        max_body: The largest decompressed answer that is read, in bytes.
        jitter: Draws from 0 to 1.
        attempts: Told of every HTTP attempt.

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
        if ssl_context is None:
            needs_trust = transport is None and self._base_url.startswith("https")
            # Without a trust store this one accepts nobody; it only spares httpx the making of its own.
            ssl_context = build_ssl_context() if needs_trust else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            self._http = httpx.AsyncClient(
                auth=auth,
                headers={"Accept": "application/json, application/problem+json", "User-Agent": "contact-scout"},
                timeout=httpx.Timeout(self._timeouts.read, connect=self._timeouts.connect),
                limits=httpx.Limits(max_connections=10),
                verify=ssl_context,
                transport=transport,
                trust_env=True,
                follow_redirects=False,
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            raise NetworkError(
                "The proxy set up on this computer cannot be used.",
                provider=provider,
                sent=False,
                next_step="Check the system's proxy settings (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY).",
            ) from error

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        self._closed = True
        await self._http.aclose()

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
        budget = _Budget(self._timeouts.total)
        attempt = 1
        while True:
            try:
                return await self._paced(call, attempt, budget, paid=paid, writes=writes)
            except ServiceError as error:
                wait = None if paid else self._retries.wait(error, attempt, self._jitter())
                if wait is None or wait > budget.left:
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
                began = self._clock.now()
                try:
                    return await self._attempt(call, attempt, budget.left, waited)
                finally:
                    budget.left -= self._clock.now() - began
        except PausedError as pause:
            raise errors.paused_error(self.provider, pause.seconds) from None
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
            request_id = _request_id(response.headers, body)
            return self._judge(response, body, request_id)
        except (httpx.RequestError, TimeoutError) as error:
            failure = type(error).__name__
            raise errors.transport_error(self.provider, error) from error
        except (ServiceError, asyncio.CancelledError) as error:
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

    async def _read(self, response: httpx.Response) -> bytes:
        """The decompressed body, as long as it is of a sane size."""
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


def _request_id(headers: httpx.Headers, body: bytes) -> str:
    """The service's id of an answer: `meta.request_id`, else a header."""
    try:
        said = load(load(body, Members).get("meta", msgspec.Raw(b"{}")), Members).get("request_id")
        named = load(said, str) if said is not None else ""
    except ValueError:
        named = ""
    return text(named or headers.get("x-request-id") or headers.get("request-id") or "", longest=100)
