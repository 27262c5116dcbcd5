"""“Check connection”: each step's finding, the one problem with its next step, and whom the key is shown."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from app.domain.errors import InputError
from app.domain.provider import Provider
from app.providers.allowance import Allowance
from app.providers.attempts import AttemptLog
from app.providers.auth import KeyAuth
from app.providers.breaker import Probe
from app.providers.connection import ConnectionReport, check_connection
from app.providers.limits import Limiter
from app.providers.proxies import NO_PROXY, Proxy
from app.providers.trust import build_ssl_context
from tests.providers.support import KEY, FakeClock, free_limiter, mock
from tests.support.office_network import DAY, Authority, connect_proxy, tls_server

TAMTAM = Provider.TAMTAM
BASE = "https://api.tamtam.ai/api"
PROBE = Probe("/v2/credits", (("limit", "1"),))


def reply(body: bytes = b'{"meta":{"request_id":"r-1"}}', *, status: str = "200 OK", headers: bytes = b"") -> bytes:
    kind = b"text/html" if body.startswith(b"<") else b"application/json"
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode() + b"Content-Type: " + kind + b"\r\n"
    return head + headers + b"\r\n" + body


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "Example Inspection CA")


async def resolve(host: str, port: int) -> Sequence[str]:
    return ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"]


async def check(base_url: str = BASE, *, key: str = KEY, proxy: Proxy = NO_PROXY, **options: Any) -> ConnectionReport:
    auth = KeyAuth(TAMTAM, key, base_url) if key else None
    options = {"resolve": resolve, "probe": PROBE, "deadline": 2.0, **options}
    return await check_connection(TAMTAM, base_url, auth=auth, find=lambda _: proxy, **options)


async def test_all_is_well_directly(authority: Authority) -> None:
    attempts = AttemptLog()
    async with tls_server(authority.server_context("127.0.0.1"), [reply()]) as server:
        url = f"https://127.0.0.1:{server.port}/api"
        report = await check(url, ssl_context=authority.client_context(), attempts=attempts)
    assert report.ok
    assert (report.problem, report.next_step) == ("", "")
    assert (report.address, report.proxy, report.dns) == (url, "", "127.0.0.1")
    assert report.tls_issuer == "Example Inspection CA"
    assert (report.http_status, report.request_id) == (200, "r-1")
    assert 0 < report.duration < 2
    assert server.heads[0].startswith(b"GET /api/v2/credits?limit=1 ")
    assert [(one.path, one.status, one.request_id) for one in attempts.last(TAMTAM)] == [("/v2/credits", 200, "r-1")]


async def test_all_is_well_behind_a_proxy_that_inspects(authority: Authority) -> None:
    async with (
        tls_server(authority.server_context("api.tamtam.ai"), [reply()]) as inspector,
        connect_proxy(inspector.port, password="rep:s3cret") as proxy,
    ):
        report = await check(
            proxy=Proxy(f"http://rep:s3cret@127.0.0.1:{proxy.port}"), ssl_context=authority.client_context()
        )
    assert report.ok
    assert report.proxy == f"http://127.0.0.1:{proxy.port}"
    # The name of the service is the proxy's to look up: in many offices this computer could not.
    assert report.dns == "127.0.0.1"
    assert report.tls_issuer == "Example Inspection CA"
    assert KEY.encode() not in b"".join(proxy.heads)
    assert KEY.encode() in inspector.heads[0]


async def test_names_are_shown_with_some_of_their_addresses(authority: Authority) -> None:
    async with connect_proxy(9, refusal=b"403 Forbidden") as proxy:
        report = await check(proxy=Proxy(f"http://localhost:{proxy.port}"), ssl_context=authority.client_context())
    assert report.dns == "localhost: 192.0.2.1, 192.0.2.2, 192.0.2.3 and 1 more"
    assert report.problem == "The proxy does not let connections to Tamtam through (HTTP 403)."
    assert report.next_step


async def test_a_real_name_is_looked_up_without_holding_up_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def slow(*_: Any, **__: Any) -> Any:
        threads.append(threading.current_thread().name)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    report = await check_connection(
        TAMTAM, BASE, probe=PROBE, find=lambda _: NO_PROXY, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    assert report.problem == "The name api.tamtam.ai was not found (DNS)."
    assert "VPN" in report.next_step
    assert threading.main_thread().name not in threads
    assert (report.http_status, report.tls_issuer) == (None, "")


async def test_a_name_that_is_found_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))] * 2

    monkeypatch.setattr(socket, "getaddrinfo", found)
    report = await check_connection(
        TAMTAM, "https://api.tamtam.ai:9", probe=PROBE, find=lambda _: NO_PROXY, ssl_context=build_ssl_context()
    )
    assert report.dns == "api.tamtam.ai: 127.0.0.1"
    assert report.problem == "Tamtam could not be reached."


async def test_a_proxys_name_that_is_not_found() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    report = await check(proxy=Proxy("http://proxy.example:8080"), resolve=unknown)
    assert report.problem == "The name proxy.example of the proxy was not found (DNS)."
    assert report.proxy == "http://proxy.example:8080"


class TestDeadlines:
    async def test_of_the_name(self) -> None:
        async def never(host: str, port: int) -> Sequence[str]:
            await asyncio.Event().wait()
            return []

        report = await check(resolve=never, deadline=0.02)
        assert report.problem == "The name api.tamtam.ai could not be looked up within 1 s."

    async def test_of_the_proxy_setting(self) -> None:
        release = threading.Event()

        def stuck(_url: str) -> Proxy:
            release.wait(5)
            return NO_PROXY

        report = await check_connection(TAMTAM, BASE, probe=PROBE, find=stuck, deadline=0.02)
        release.set()
        assert report.problem == "The system's proxy settings could not be read in time."

    @pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
    async def test_of_the_answer(self, answer: bytes) -> None:
        async with tls_server(None, [answer]) as server:
            report = await check(f"http://127.0.0.1:{server.port}", deadline=0.5)
        assert report.problem == "Tamtam did not answer in time."
        assert report.duration < 2

    async def test_of_the_turn(self) -> None:
        limiter = Limiter([], in_flight=1)
        async with limiter.acquire():
            report = await check(limiter=limiter, deadline=0.02)
        assert report.problem == "Other requests are using up the pace that is allowed."
        assert limiter.status().waiting == 0


async def test_a_paused_or_used_up_key_is_not_asked_with() -> None:
    fake = FakeClock()
    limiter = free_limiter(fake.clock)
    limiter.pause(600)
    transport = mock(respx.Router())
    report = await check(transport=transport, limiter=limiter, clock=fake.clock)
    assert (report.problem, report.next_step) == ("Tamtam asked us to wait.", "Try again in 10 min.")
    used_up = Limiter([], in_flight=1, clock=fake.clock, allowance=Allowance(5, used=5, clock=fake.clock))
    report = await check(transport=transport, limiter=used_up, clock=fake.clock)
    assert "used up until 2026-12-01" in report.problem


async def test_told_to_slow_down_it_slows_down_everybody() -> None:
    fake = FakeClock()
    limiter = free_limiter(fake.clock)
    transport = httpx.MockTransport(lambda _: httpx.Response(429, json={}, headers={"Retry-After": "40"}))
    report = await check(transport=transport, limiter=limiter, clock=fake.clock)
    assert report.problem == "Tamtam asked us to slow down."
    assert limiter.paused_for == 40
    assert limiter.allowance.used == 1


async def test_without_a_key_a_refusal_shows_that_the_service_is_there() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401, json={}, headers={"X-Request-Id": "h-1"}))
    report = await check(key="", transport=transport)
    assert report.ok
    assert (report.http_status, report.request_id) == (401, "h-1")
    assert "Add its key" in report.next_step
    with_key = await check(transport=transport)
    assert with_key.problem == "Tamtam refused the key."
    assert with_key.next_step


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reply(b"<html><title>Hotel WiFi</title>"), "titled “Hotel WiFi”"),
        (reply(b"", status="302 Found", headers=b"Location: https://portal.example/\r\n"), "sent us to portal.example"),
        (reply(b"<html>", status="511 Sign in"), "wants a sign-in"),
        (reply(status="503 Down"), "in trouble at the moment (HTTP 503)"),
        (reply(status="404 Not Found"), "does not know what was asked for"),
        (reply(b"<" + b"x" * 2_000_000), "a web page (HTTP 200)"),
    ],
)
async def test_what_answers_instead_of_the_service_is_the_problem(answer: bytes, problem: str) -> None:
    async with tls_server(None, [answer]) as server:
        report = await check(f"http://127.0.0.1:{server.port}")
    assert problem in report.problem
    assert report.next_step
    assert report.http_status == int(answer[9:12])
    assert report.tls_issuer == ""
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("hosts", "problem"),
    [
        (["api.tamtam.ai"], "was issued by “Example Inspection CA”, which this computer does not trust"),
        (["portal.example"], "is for portal.example, not for api.tamtam.ai"),
    ],
)
async def test_a_refused_certificate_is_shown_with_its_issuer(
    hosts: list[str], problem: str, authority: Authority, tmp_path: Path
) -> None:
    async with (
        tls_server(authority.server_context(*hosts, ends=DAY), [reply()]) as impostor,
        connect_proxy(impostor.port) as proxy,
    ):
        report = await check(
            proxy=Proxy(f"http://127.0.0.1:{proxy.port}"),
            ssl_context=Authority(tmp_path, "Somebody else").client_context(),
        )
    assert problem in report.problem
    assert report.tls_issuer == "Example Inspection CA"
    assert report.http_status is None
    assert impostor.heads == []


async def test_the_key_goes_to_its_own_origin_alone() -> None:
    async with tls_server(None, [reply()]) as thief:
        moved = reply(b"", status="307 X", headers=f"Location: http://127.0.0.1:{thief.port}/x\r\n".encode())
        async with tls_server(None, [moved]) as server:
            report = await check(f"http://127.0.0.1:{server.port}")
    assert not report.ok
    assert thief.heads == []
    assert KEY not in str(report)


async def test_a_key_of_another_address_stays_at_home() -> None:
    async with tls_server(None, [reply()]) as server:
        auth = KeyAuth(TAMTAM, KEY, BASE)
        await check_connection(TAMTAM, f"http://127.0.0.1:{server.port}", probe=PROBE, auth=auth)
    assert KEY.encode() not in server.heads[0]


async def test_a_proxy_that_cannot_be_used_is_the_problem() -> None:
    report = await check(proxy=Proxy("socks5://127.0.0.1:9"), ssl_context=build_ssl_context())
    assert report.problem == "The proxy set up on this computer cannot be used."
    broken = await check(proxy=Proxy("http://proxy.example:eighty"), ssl_context=build_ssl_context())
    assert broken.problem == "The proxy set up on this computer cannot be used."


async def test_an_address_that_is_not_allowed_is_bad_input() -> None:
    with pytest.raises(InputError):
        await check("http://api.tamtam.ai")


async def test_a_trust_store_is_made_when_none_is_given() -> None:
    report = await check("https://127.0.0.1:9")
    assert report.problem == "Tamtam could not be reached."
