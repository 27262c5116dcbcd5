"""“Check connection”: how far a request to a service gets, step by step, and the one thing that is wrong.

Each step has a deadline of its own. The key goes with the one request that is made, to the service's own origin; the
proxy and whoever else is on the way never see it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from app.deferred import httpx
from app.domain.errors import BadKeyError, NetworkError, PermissionDeniedError, ServiceError
from app.domain.provider import Provider
from app.providers import errors, network_errors
from app.providers.addresses import validate_base_url
from app.providers.allowance import UsedUpError
from app.providers.attempts import Attempt, AttemptLog
from app.providers.breaker import Probe
from app.providers.certificates import (
    certificate_in,
    is_certificate_trouble,
    look_at_certificate,
    read_certificate,
)
from app.providers.clock import Clock, spoken
from app.providers.http import open_http, read_request_id
from app.providers.limits import Limiter, PausedError
from app.providers.proxies import NO_PROXY, Proxy, find_proxy
from app.providers.retries import retry_after_seconds
from app.providers.trust import build_ssl_context

if TYPE_CHECKING:
    from app.providers.auth import KeyAuth

_T = TypeVar("_T")

#: Seconds that each step may take.
STEP_DEADLINE = 10.0
# More than any service's probe answers; the rest of a page that a network sends instead is of no interest.
_MAX_BODY = 256 * 1024
_MOST_ADDRESSES = 3

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(slots=True)
class ConnectionReport:
    """What a check found; texts are "" for steps that were not reached or do not apply.

    Attributes:
        provider: The service.
        address: Its base URL.
        proxy: The proxy used, without name and password.
        dns: The name that was looked up, and its addresses.
        tls_issuer: Who issued the certificate at the other end; an inspecting proxy's own issuer shows here.
        http_status: Status of the answer, None when none came.
        duration: Seconds from connecting to the end of the answer.
        request_id: The service's id of the answer.
        problem: The one thing that is wrong, "" when all is well.
        next_step: What to do about it; without a problem, what is still missing.
    """

    provider: Provider
    address: str
    proxy: str = ""
    dns: str = ""
    tls_issuer: str = ""
    http_status: int | None = None
    duration: float = 0.0
    request_id: str = ""
    problem: str = ""
    next_step: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service can be used from here."""
        return not self.problem


async def check_connection(
    provider: Provider,
    base_url: str,
    *,
    probe: Probe,
    auth: KeyAuth | None = None,
    limiter: Limiter | None = None,
    ssl_context: ssl.SSLContext | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
    attempts: AttemptLog | None = None,
    deadline: float = STEP_DEADLINE,
    find: Callable[[str], Proxy] = find_proxy,
    resolve: Resolve | None = None,
) -> ConnectionReport:
    """Try to reach a service, and say how far that got. Trouble is in the report, never raised.

    Args:
        provider: The service.
        base_url: Its address.
        probe: The read to make.
        auth: The key; without one the service's refusal shows all the same that it is there.
        limiter: The key's, so that the check keeps to its pace too.
        ssl_context: From `build_ssl_context`; None makes one.
        transport: Replaces the network; then there is neither proxy nor name to look up.
        clock: Time.
        attempts: Told of the attempt.
        deadline: Seconds each step may take.
        find: Finds the proxy.
        resolve: Looks up a name.

    Raises:
        InputError: The base URL is not allowed.
    """
    address = validate_base_url(base_url)
    report = ConnectionReport(provider, address)
    check = _Check(report, clock or Clock(), deadline)
    try:
        proxy = NO_PROXY
        if transport is None:
            proxy = await check.find_proxy(find)
            await check.look_up(proxy, resolve or _resolve)
            if ssl_context is None:
                ssl_context = await asyncio.to_thread(build_ssl_context)
        await check.ask(
            probe,
            proxy,
            auth,
            limiter,
            ssl_context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            transport,
            attempts or AttemptLog(),
        )
    except ServiceError as error:
        report.problem, report.next_step = error.text, error.next_step or network_errors.CHECK_PROXY
    return report


class _Check:
    """The steps of one check, each written into the report."""

    def __init__(self, report: ConnectionReport, clock: Clock, deadline: float) -> None:
        self._report = report
        self._provider = report.provider
        self._url = httpx.URL(report.address)
        self._clock = clock
        self._deadline = deadline

    async def find_proxy(self, find: Callable[[str], Proxy]) -> Proxy:
        proxy = await self._within(
            asyncio.to_thread(find, self._report.address),
            "The system's proxy settings could not be read in time.",
            "Check the system's proxy settings.",
        )
        self._report.proxy = proxy.shown
        return proxy

    async def look_up(self, proxy: Proxy, resolve: Resolve) -> None:
        """Look up the name that this computer has to know: the proxy's if there is one, as that looks up the rest."""
        target = _url_or_none(proxy.url) if proxy.url else self._url
        if target is None or not target.host:
            return  # opening the connection says better what is wrong with it
        host = target.host
        if _is_address(host):
            self._report.dns = host
            return
        try:
            found = await self._within(
                resolve(host, target.port or 443),
                f"The name {host} could not be looked up within {spoken(self._deadline)}.",
                network_errors.CHECK_NETWORK,
            )
        except OSError as error:
            whose = " of the proxy" if proxy.url else ""
            raise self._trouble(
                f"The name {host}{whose} was not found (DNS).",
                "Check the internet connection, the VPN, and the address in Settings.",
            ) from error
        shown = ", ".join(found[:_MOST_ADDRESSES])
        more = f" and {len(found) - _MOST_ADDRESSES} more" if len(found) > _MOST_ADDRESSES else ""
        self._report.dns = f"{host}: {shown}{more}"

    async def ask(
        self,
        probe: Probe,
        proxy: Proxy,
        auth: KeyAuth | None,
        limiter: Limiter | None,
        ssl_context: ssl.SSLContext,
        transport: httpx.AsyncBaseTransport | None,
        attempts: AttemptLog,
    ) -> None:
        """Make the one request, and judge its answer."""
        timeout = httpx.Timeout(self._deadline)
        async with AsyncExitStack() as stack:
            http = open_http(
                self._provider, ssl_context=ssl_context, proxy=proxy, timeout=timeout, auth=auth, transport=transport
            )
            await stack.enter_async_context(http)
            if limiter is not None:
                await self._take_turn(stack, limiter)
            url = httpx.URL(self._report.address + probe.path, params=list(probe.query) or None)
            began, failure = self._clock.now(), ""
            try:
                response, body = await self._exchange(http, url)
            except (httpx.RequestError, TimeoutError) as error:
                failure = type(error).__name__
                raise await self._no_answer(error, proxy) from error
            finally:
                report = self._report
                report.duration = self._clock.now() - began
                attempts.note(
                    Attempt(
                        self._provider,
                        "GET",
                        probe.path,
                        1,
                        self._clock.wall(),
                        status=report.http_status,
                        failure=failure,
                        request_id=report.request_id,
                        duration=report.duration,
                    )
                )
        self._judge(response, body, auth, limiter)

    async def _take_turn(self, stack: AsyncExitStack, limiter: Limiter) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                await stack.enter_async_context(limiter.acquire(max_pause=self._deadline))
            limiter.allowance.take()
        except TimeoutError:
            raise self._trouble(
                "Other requests are using up the pace that is allowed.", "Check again when they are done."
            ) from None
        except PausedError as pause:
            raise errors.paused_error(self._provider, pause.seconds) from None
        except UsedUpError as end:
            raise errors.used_up(self._provider, end, self._clock.wall()) from None

    async def _exchange(self, http: httpx.AsyncClient, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        async def note_issuer(event: str, info: dict[str, Any]) -> None:
            if (der := certificate_in(event, info, url.host)) is not None:
                with suppress(ValueError):
                    self._report.tls_issuer = read_certificate(der).issuer

        body = bytearray()
        async with (
            asyncio.timeout(self._deadline),
            http.stream("GET", url, extensions={"trace": note_issuer}) as response,
        ):
            self._report.http_status = response.status_code
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MAX_BODY:
                    break
        self._report.request_id = read_request_id(response.headers, bytes(body))
        return response, bytes(body)

    async def _no_answer(self, error: httpx.RequestError | TimeoutError, proxy: Proxy) -> NetworkError:
        if not is_certificate_trouble(error):
            return network_errors.transport_error(self._provider, error, proxy=proxy)
        certificate = await look_at_certificate(self._url, proxy)
        self._report.tls_issuer = certificate.issuer if certificate else ""
        return network_errors.untrusted(self._provider, self._url.host, certificate, now=self._clock.wall())

    def _judge(self, response: httpx.Response, body: bytes, auth: KeyAuth | None, limiter: Limiter | None) -> None:
        asked_to_wait = retry_after_seconds(
            response.headers.get("retry-after"), now=self._clock.wall(), date=response.headers.get("date")
        )
        error = errors.error_in(
            self._provider,
            response.status_code,
            response.headers,
            body,
            retry_after=asked_to_wait,
            redact=auth.redact if auth else str,
        )
        if error is None:
            return
        if limiter is not None and error.retry_after:
            limiter.pause(error.retry_after)
        if auth is None and isinstance(error, BadKeyError | PermissionDeniedError):
            self._report.next_step = "The service answers. Add its key to use it."
            return
        raise error

    async def _within(self, step: Awaitable[_T], too_late: str, next_step: str) -> _T:
        try:
            async with asyncio.timeout(self._deadline):
                return await step
        except TimeoutError:
            raise self._trouble(too_late, next_step) from None

    def _trouble(self, sentence: str, next_step: str) -> NetworkError:
        return NetworkError(sentence, provider=self._provider, sent=False, next_step=next_step)


async def _resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, looked up in a thread."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _url_or_none(url: str) -> httpx.URL | None:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        return None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
