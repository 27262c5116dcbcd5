"""The client in an office's network: proxies with and without a password, inspected traffic, refused certificates."""

import ssl
import sys
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import NetworkError, OutcomeUnknownError, UntrustedConnectionError
from app.providers import certificates
from app.providers.client import ApiClient
from app.providers.clock import Clock
from app.providers.trust import build_ssl_context
from tests.providers.support import KEY, FakeClock, make_client
from tests.support.office_network import DAY, Authority, connect_proxy, tls_server

HOST = "api.tamtam.ai"


def reply(body: bytes = b'{"meta":{"request_id":"r-1"}}', *, status: str = "200 OK", headers: bytes = b"") -> bytes:
    kind = b"text/html" if body.startswith(b"<") else b"application/json"
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode() + b"Content-Type: " + kind + b"\r\n"
    return head + headers + b"\r\n" + body


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "Example Inspection CA")


def client_behind(proxy: str, monkeypatch: pytest.MonkeyPatch, context: ssl.SSLContext, **options: Any) -> ApiClient:
    """A client whose system says to use a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    return make_client(ssl_context=context, **options)


async def test_traffic_inspected_under_a_certificate_that_it_installed_goes_through(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        tls_server(authority.server_context(HOST), [reply()]) as inspector,
        connect_proxy(inspector.port) as proxy,
    ):
        client = client_behind(f"http://127.0.0.1:{proxy.port}", monkeypatch, authority.client_context())
        assert (await client.get("/v2/credits")).request_id == "r-1"
        await client.aclose()
    assert proxy.heads[0].startswith(b"CONNECT api.tamtam.ai:443 HTTP/1.1\r\n")
    assert KEY.encode() not in b"".join(proxy.heads)
    assert inspector.heads[0].startswith(b"GET /api/v2/credits ")
    assert f"authorization: {KEY}".encode() in inspector.heads[0].lower()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the store is the system's own, which no test may change")
async def test_the_systems_trust_store_decides(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        tls_server(authority.server_context(HOST), [reply()]) as inspector,
        connect_proxy(inspector.port) as proxy,
    ):
        address = f"http://127.0.0.1:{proxy.port}"
        stranger = client_behind(address, monkeypatch, build_ssl_context())
        with pytest.raises(UntrustedConnectionError):
            await stranger.get("/v2/credits")
        await stranger.aclose()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
        colleague = client_behind(address, monkeypatch, build_ssl_context())
        assert (await colleague.get("/v2/credits")).status == 200
        await colleague.aclose()
    assert len(inspector.heads) == 1


REFUSALS = {
    "unknown issuer": (
        [HOST],
        {},
        "its certificate was issued by “Example Inspection CA”, which this computer does not trust",
        "IT to install the certificate of “Example Inspection CA”",
    ),
    "expired": (
        [HOST],
        {"begins": -30 * DAY, "ends": -DAY},
        "issued by “Example Inspection CA”, expired on 20",
        "date",
    ),
    "not yet valid": ([HOST], {"begins": 30 * DAY, "ends": 31 * DAY}, "is not valid before 20", "date"),
    "of another host": (
        ["wifi.hotel.example", "hotel.example"],
        {},
        "issued by “Example Inspection CA”, is for wifi.hotel.example, not for api.tamtam.ai",
        "open a web page in the browser",
    ),
}


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("paid", [False, True])
async def test_a_refused_certificate_is_named_and_nothing_is_sent(
    kind: str, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, paid: bool
) -> None:
    hosts, validity, sentence, next_step = REFUSALS[kind]
    # Expired and misplaced ones are refused although their issuer is trusted.
    trusting = Authority(tmp_path, "Somebody else") if kind == "unknown issuer" else authority
    async with (
        tls_server(authority.server_context(*hosts, **validity), [reply()]) as impostor,
        connect_proxy(impostor.port) as proxy,
    ):
        client = client_behind(f"http://127.0.0.1:{proxy.port}", monkeypatch, trusting.client_context(), clock=Clock())
        with pytest.raises(UntrustedConnectionError) as caught:
            await client.post("/x", {"secret": 1}, paid=paid)
        await client.aclose()
    assert sentence in caught.value.text
    assert next_step in caught.value.next_step
    assert not caught.value.sent
    assert impostor.heads == []
    # Asked once, and the certificate looked at once: another attempt would bring the same.
    assert len(proxy.heads) == 2


async def test_a_certificate_is_named_without_a_proxy_too(authority: Authority, tmp_path: Path) -> None:
    async with tls_server(authority.server_context("127.0.0.1"), [reply()]) as server:
        client = make_client(
            base_url=f"https://127.0.0.1:{server.port}",
            ssl_context=Authority(tmp_path, "Somebody else").client_context(),
            clock=Clock(),
        )
        with pytest.raises(UntrustedConnectionError, match="issued by “Example Inspection CA”, which this computer"):
            await client.get("/x")
        await client.aclose()
    assert server.heads == []


async def test_a_certificate_that_cannot_be_looked_at_is_refused_all_the_same(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "LOOK_TIMEOUT", 0.0)
    async with tls_server(authority.server_context("127.0.0.1"), [reply()]) as server:
        client = make_client(
            base_url=f"https://127.0.0.1:{server.port}",
            ssl_context=Authority(tmp_path, "Somebody else").client_context(),
        )
        with pytest.raises(UntrustedConnectionError, match="its certificate is not trusted by this computer"):
            await client.get("/x")
        await client.aclose()


async def test_the_proxys_password_goes_to_the_proxy_alone(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        tls_server(authority.server_context(HOST), [reply()]) as server,
        connect_proxy(server.port, password="rep:s3cret") as proxy,
    ):
        client = client_behind(f"http://rep:s3cret@127.0.0.1:{proxy.port}", monkeypatch, authority.client_context())
        assert (await client.get("/x")).status == 200
        await client.aclose()
    assert b"proxy-authorization" not in server.heads[0].lower()
    assert KEY.encode() not in proxy.heads[0]


@pytest.mark.parametrize(
    ("login", "sentence", "next_step"),
    [
        (
            "",
            "The proxy wants a user name and password before it lets Tamtam through",
            "http://name:password@proxy:port",
        ),
        ("rep:wrong@", "The proxy refused its user name and password", "Correct them in"),
    ],
)
async def test_a_proxy_that_wants_a_password_says_so_and_was_passed_nothing(
    login: str, sentence: str, next_step: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect_proxy(9, password="rep:s3cret") as proxy:
        client = client_behind(f"http://{login}127.0.0.1:{proxy.port}", monkeypatch, authority.client_context())
        with pytest.raises(NetworkError, match=sentence) as caught:
            await client.post("/buy", {}, paid=True)
        await client.aclose()
    assert next_step in caught.value.next_step
    assert not caught.value.sent
    assert "wrong" not in str(caught.value) + caught.value.next_step
    assert len(proxy.heads) == 1
    assert KEY.encode() not in proxy.heads[0]


@pytest.mark.parametrize(
    ("refusal", "sentence", "asked"),
    [
        (b"403 Forbidden", "does not let connections to Tamtam through", 1),
        (b"503 Service Unavailable", "could not connect to Tamtam", 3),
    ],
)
async def test_a_proxy_that_refuses_is_told_apart_from_one_in_trouble(
    refusal: bytes, sentence: str, asked: int, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect_proxy(9, refusal=refusal) as proxy:
        client = client_behind(f"http://127.0.0.1:{proxy.port}", monkeypatch, authority.client_context())
        with pytest.raises(NetworkError, match=sentence) as caught:
            await client.get("/x")
        await client.aclose()
    assert not caught.value.sent
    assert len(proxy.heads) == asked


async def test_a_proxy_reached_by_tls_is_held_to_the_same_trust(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with (
        tls_server(authority.server_context(HOST), [reply()]) as server,
        connect_proxy(server.port, context=authority.server_context("127.0.0.1")) as proxy,
    ):
        address = f"https://127.0.0.1:{proxy.port}"
        client = client_behind(address, monkeypatch, authority.client_context())
        assert (await client.get("/x")).status == 200
        await client.aclose()
        stranger = client_behind(address, monkeypatch, Authority(tmp_path, "Somebody else").client_context())
        with pytest.raises(UntrustedConnectionError):
            await stranger.get("/x")
        await stranger.aclose()
    assert len(server.heads) == 1


PORTALS = {
    "page": (
        reply(b"<html><head><title>Grand  Hotel &amp; Spa\n WiFi</title>"),
        "came a web page titled “Grand Hotel & Spa WiFi” (HTTP 200), perhaps from a proxy or sign-in page",
    ),
    "untitled page": (reply(b"<html>sign in"), "came a web page (HTTP 200), perhaps from"),
    "redirect": (
        reply(b"", status="302 Found", headers=b"Location: https://portal.hotel.example/login?u=1\r\n"),
        "sent us to portal.hotel.example (HTTP 302), which is never followed; it may be a sign-in page",
    ),
    "redirect to nowhere": (
        reply(b"", status="302 Found", headers=b"Location: http://[nonsense\r\n"),
        "sent us elsewhere (HTTP 302)",
    ),
    "511": (reply(b"<html>", status="511 X"), "The network wants a sign-in before it lets Tamtam through"),
}


@pytest.mark.parametrize("kind", PORTALS)
async def test_a_captive_portal_is_named(kind: str) -> None:
    answer, sentence = PORTALS[kind]
    async with tls_server(None, [answer]) as portal:
        client = make_client(base_url=f"http://127.0.0.1:{portal.port}")
        with pytest.raises(NetworkError) as caught:
            await client.get("/x")
        with pytest.raises((NetworkError, OutcomeUnknownError)):
            await client.post("/x", {}, paid=True)
        await client.aclose()
    assert sentence in caught.value.text
    assert "sign" in caught.value.next_step
    assert len(portal.heads) == 2


async def test_a_computer_that_moved_to_another_network_is_followed(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        tls_server(authority.server_context(HOST), [reply()]) as server,
        connect_proxy(server.port) as proxy,
    ):
        fake = FakeClock()
        client = client_behind("http://127.0.0.1:9", monkeypatch, authority.client_context(), fake=fake)
        for _ in range(5):
            with pytest.raises(NetworkError, match="could not be reached"):
                await client.get("/x")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(NetworkError, match="tried again in 15 s"):
            await client.get("/x")
        fake.time += 15
        assert (await client.get("/x")).status == 200
        await client.aclose()
