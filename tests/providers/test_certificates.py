import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers.certificates import (
    Certificate,
    certificate_in,
    is_certificate_trouble,
    look_at_certificate,
    read_certificate,
)
from app.providers.proxies import Proxy
from tests.support.office_network import DAY, Authority, connect_proxy, tls_server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "Bücher & Söhne CA")


@pytest.fixture(scope="module")
def der(authority: Authority) -> bytes:
    return authority.issue("api.example.com", "*.example.org", "10.1.2.3", "2001:db8::1")


def test_the_members_that_explain_a_refusal_are_read(der: bytes) -> None:
    certificate = read_certificate(der)
    assert certificate.issuer == "Bücher & Söhne CA"
    assert certificate.names == ("api.example.com", "*.example.org", "10.1.2.3", "2001:db8::1")
    now = datetime.now(UTC)
    assert abs(certificate.not_before - (now - DAY)) < timedelta(minutes=1)
    assert abs(certificate.not_after - (now + DAY)) < timedelta(minutes=1)


@pytest.mark.parametrize("ends", [timedelta(days=365 * 20), timedelta(days=365 * 40)])
def test_both_spellings_of_a_date_are_read(ends: timedelta, authority: Authority) -> None:
    # Up to 2049 a date has two digits for its year, after that four.
    certificate = read_certificate(authority.issue("a.example", ends=ends))
    assert abs(certificate.not_after - (datetime.now(UTC) + ends)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("api.example.com", True),
        ("API.example.com.", True),
        ("x.example.org", True),
        ("example.org", False),
        ("a.b.example.org", False),
        ("example.com", False),
        ("10.1.2.3", True),
        ("10.1.2.4", False),
        ("2001:db8::1", True),
        ("localhost", False),
    ],
)
def test_whose_it_is(host: str, own: bool, der: bytes) -> None:
    assert read_certificate(der).is_for(host) is own


def test_an_issuer_without_a_common_name_goes_by_its_organisation_or_by_none() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert Certificate("x", moment, moment, ()).is_for("x") is False


@given(data=st.data())
def test_a_damaged_certificate_is_none(data: st.DataObject, der: bytes) -> None:
    at = data.draw(st.integers(0, len(der) - 1))
    damaged = der[:at] + data.draw(st.binary(max_size=4)) + der[data.draw(st.integers(at, len(der))) :]
    try:
        read_certificate(damaged)
    except ValueError as error:
        assert "no certificate" in str(error)  # noqa: PT017 - most damage is not even noticed


@given(st.binary(max_size=100))
def test_anything_else_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        read_certificate(data)


def test_trouble_with_a_certificate_is_recognised_down_the_chain_of_causes() -> None:
    error = httpx.ConnectError("x")
    assert not is_certificate_trouble(error)
    error.__context__ = OSError("y")
    error.__context__.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert is_certificate_trouble(error)
    assert is_certificate_trouble(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"))


def test_a_chain_of_causes_that_bites_its_tail_ends() -> None:
    error, other = httpx.ConnectError("x"), OSError("y")
    error.__cause__, other.__cause__ = other, error
    assert not is_certificate_trouble(error)


async def test_a_look_at_a_certificate_sends_no_request(authority: Authority) -> None:
    async with tls_server(authority.server_context("127.0.0.1"), []) as server:
        certificate = await look_at_certificate(httpx.URL(f"https://127.0.0.1:{server.port}/secret?q=1"))
    assert certificate is not None
    assert certificate.issuer == "Bücher & Söhne CA"
    assert server.heads == []


async def test_a_look_through_a_proxy(authority: Authority, tmp_path: Path) -> None:
    proxys_own = Authority(tmp_path, "The proxy's own")
    async with (
        tls_server(authority.server_context("api.example.com"), []) as server,
        connect_proxy(server.port) as plain,
        connect_proxy(server.port, context=proxys_own.server_context("127.0.0.1")) as safe,
    ):
        url = httpx.URL("https://api.example.com/x")
        for scheme, proxy in (("http", plain), ("https", safe)):
            certificate = await look_at_certificate(url, Proxy(f"{scheme}://127.0.0.1:{proxy.port}"))
            if certificate is not None:
                assert certificate.issuer == "Bücher & Söhne CA"
    assert server.heads == []


async def test_where_there_is_no_certificate_there_is_nothing_to_see() -> None:
    async with connect_proxy(9, refusal=b"403 Forbidden") as proxy:
        refused = Proxy(f"http://127.0.0.1:{proxy.port}")
        assert await look_at_certificate(httpx.URL("https://api.example.com/"), refused) is None
    assert await look_at_certificate(httpx.URL("https://127.0.0.1:9/")) is None


class _Stream:
    def __init__(self, host: str, der: bytes) -> None:
        self.server_hostname = host
        self._der = der

    def get_extra_info(self, _name: str) -> "_Stream":
        return self

    def getpeercert(self, *, binary_form: bool) -> bytes:
        assert binary_form
        return self._der


def test_only_the_certificate_of_the_host_asked_for_is_taken() -> None:
    def events() -> Iterator[tuple[str, dict[str, object]]]:
        yield "connection.connect_tcp.complete", {}
        yield "connection.start_tls.started", {}
        yield "connection.start_tls.complete", {"return_value": _Stream("proxy.example", b"proxy")}
        yield "http_proxy.start_tls.complete", {"return_value": _Stream("api.example.com", b"service")}

    assert [certificate_in(name, info, "api.example.com") for name, info in events()] == [None, None, None, b"service"]
