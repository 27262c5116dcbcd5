import ssl
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import UntrustedConnectionError
from app.domain.provider import Provider
from app.providers import network_errors
from app.providers.certificates import Certificate
from app.providers.proxies import Proxy

TAMTAM = Provider.TAMTAM
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cause", "sent", "words"),
    [
        (httpx.ConnectError("refused"), False, "could not be reached"),
        (httpx.ConnectTimeout("slow"), False, "in time"),
        (httpx.PoolTimeout("full"), False, "in time"),
        (httpx.ProxyError("407"), False, "proxy"),
        (httpx.ReadTimeout("slow"), True, "in time"),
        (TimeoutError(), True, "in time"),
        (httpx.WriteTimeout("slow"), True, "in time"),
        (httpx.ReadError("reset"), True, "broke off"),
        (httpx.WriteError("reset"), True, "broke off"),
        (httpx.CloseError("reset"), True, "broke off"),
        (httpx.RemoteProtocolError("garbage"), True, "broke off"),
        (httpx.DecodingError("gzip"), True, "broke off"),
    ],
)
def test_only_a_connection_that_never_was_proves_that_nothing_was_sent(
    cause: httpx.RequestError | TimeoutError, sent: bool, words: str
) -> None:
    error = network_errors.transport_error(TAMTAM, cause)
    assert error.sent is sent
    assert words in error.text


def test_a_certificate_that_is_not_trusted_is_named() -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert "certificate is not trusted" in network_errors.transport_error(TAMTAM, error).text


def test_a_proxy_that_is_not_there_is_named_without_its_password() -> None:
    proxy = Proxy("http://rep:secret@proxy.example:3128")
    error = network_errors.transport_error(TAMTAM, httpx.ConnectError("refused"), proxy=proxy)
    assert error.text == "Tamtam could not be reached through the proxy http://proxy.example:3128."
    assert "the proxy" in error.next_step
    assert not error.sent


@given(st.text(max_size=30), st.booleans())
def test_whatever_a_proxy_says_is_one_sentence_and_nothing_was_sent(said: str, given_password: bool) -> None:
    proxy = Proxy("http://rep:secret@proxy.example:3128" if given_password else "http://proxy.example:3128")
    error = network_errors.transport_error(TAMTAM, httpx.ProxyError(said), proxy=proxy)
    assert error.text.endswith(".")
    assert "proxy" in error.text
    assert not error.sent


def test_a_certificate_without_names_is_for_nobody() -> None:
    certificate = Certificate("Some CA", NOW - timedelta(1), NOW + timedelta(1), ())
    error = network_errors.untrusted(TAMTAM, "api.tamtam.ai", certificate, now=NOW)
    assert isinstance(error, UntrustedConnectionError)
    assert "is for nobody, not for api.tamtam.ai" in error.text


@given(st.binary(max_size=200), st.text(max_size=200))
def test_whatever_came_instead_of_an_answer_is_one_line_of_sane_length(body: bytes, location: str) -> None:
    page = network_errors.not_json(TAMTAM, 200, network_errors.WEB_PAGE, b"<title>" + body)
    moved = network_errors.redirected(TAMTAM, 302, {"location": location})
    for error in (page, moved):
        assert len(error.text.splitlines()) == 1
        assert len(error.text) < 300


def test_a_call_that_is_not_made_says_when_the_service_is_tried_again() -> None:
    error = network_errors.not_asked(TAMTAM, 12.2, "Tamtam could not be reached.")
    assert (
        error.text == "Tamtam failed several times in a row and is tried again in 13 s. (Tamtam could not be reached.)"
    )
    assert (error.sent, error.retry_after) == (False, 12.2)
    assert "with the next read" in network_errors.not_asked(TAMTAM, 0, "x").text
