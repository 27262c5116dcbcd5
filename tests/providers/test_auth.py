import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import BadKeyError
from app.domain.provider import Provider
from app.providers.auth import KeyAuth


def sent_headers(provider: Provider, url: str, key: str = "k-4711") -> httpx.Headers:
    auth = KeyAuth(provider, key, "https://api.example.com/base")
    return next(auth.auth_flow(httpx.Request("GET", url))).headers


@pytest.mark.parametrize(
    ("provider", "header", "value"),
    [
        (Provider.TAMTAM, "Authorization", "k-4711"),
        (Provider.BUILDWORKPRO, "Authorization", "Bearer k-4711"),
        (Provider.TALKTOHUMANS, "Authorization", "Bearer k-4711"),
        (Provider.LEADFEEDER, "X-Api-Key", "k-4711"),
    ],
)
def test_each_service_gets_its_key_as_it_wants_it(provider: Provider, header: str, value: str) -> None:
    assert sent_headers(provider, "https://api.example.com/base/v1/contacts")[header] == value


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com.evil.example/base",
        "https://api.example.com:8443/base",
        "http://api.example.com/base",
        "https://evil.example/base",
    ],
)
def test_no_other_origin_ever_gets_the_key(url: str) -> None:
    assert "k-4711" not in str(sent_headers(Provider.TAMTAM, url).raw)


_SCHEMES = st.sampled_from(["https", "http"])
_HOSTS = st.sampled_from(
    ["api.example.com", "API.example.com", "api.example.com.", "api.example.com.evil.example", "evil.example", "[::1]"]
)
_PORTS = st.sampled_from(["", ":443", ":80", ":8443", ":0443"])


@given(
    st.sampled_from(Provider),
    _SCHEMES,
    _HOSTS,
    _PORTS,
    st.sampled_from(["", "/base", "/@api.example.com", "?api.example.com"]),
)
def test_the_key_is_on_a_request_if_and_only_if_scheme_host_and_port_are_its_own(
    provider: Provider, scheme: str, host: str, port: str, rest: str
) -> None:
    number = int(port[1:] or 0) or (443 if scheme == "https" else 80)
    own = (scheme, host.lower(), number) == ("https", "api.example.com", 443)
    headers = sent_headers(provider, f"{scheme}://{host}{port}{rest}")
    assert ("k-4711" in str(headers.raw)) is own


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel", "\u200bk"])
def test_what_cannot_be_a_key_is_refused_before_anything_is_sent(key: str) -> None:
    with pytest.raises(BadKeyError, match="cannot be a Tamtam key"):
        sent_headers(Provider.TAMTAM, "https://api.example.com/", key)


def test_the_key_shows_in_no_repr_and_is_taken_out_of_texts() -> None:
    auth = KeyAuth(Provider.TAMTAM, "k-4711", "https://api.example.com")
    assert "k-4711" not in repr(auth)
    assert auth.redact("unknown key k-4711!") == "unknown key …!"
