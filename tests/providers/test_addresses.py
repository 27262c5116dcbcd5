from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InputError
from app.providers.addresses import is_loopback, origin, validate_base_url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.tamtam.ai/api/", "https://api.tamtam.ai/api"),
        (" https://proxy.example:8443 ", "https://proxy.example:8443"),
        ("http://127.0.0.1:8000/tamtam/api", "http://127.0.0.1:8000/tamtam/api"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("https://bücher.example", "https://bücher.example"),
    ],
)
def test_an_allowed_address(url: str, kept: str) -> None:
    assert validate_base_url(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.tamtam.ai",
        "http://api.tamtam.ai",
        "http://128.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "https://user:word@api.tamtam.ai",
        "https://api.tamtam.ai?x=1",
        "https://api.tamtam.ai#x",
        "https://api.tamtam.ai:99999",
        "https://api.tamtam.ai:0",
        "https://[broken",
        "https://" + "a" * 70 + ".example",
        "https://a..b",
        "ftp://api.tamtam.ai",
        "file:///etc/passwd",
        "https://",
        "https://good.example\\@evil.example",
        "https://good.example\\.evil.example",
        "http://127.0.0.1\t.evil.example",
        "http://127。0。0。1.evil.example",
        "http://0x7f000001",
        "http://127.1",
        "http://0.0.0.0",
        "javascript:alert(1)",
    ],
)
def test_a_refused_address(url: str) -> None:
    with pytest.raises(InputError, match="address must"):
        validate_base_url(url)


_PIECES = st.sampled_from(
    [
        *"https http ftp :// : / // @ . .. ? # \\ [ ] ::1 127.0.0.1 localhost evil.example 8443 443".split(),
        *["user", "%2e", "%00", "。", "ⓔ", "\t", "\n", " ", "xn--", "0", "é"],
    ]
)


@given(st.lists(_PIECES, max_size=10).map("".join) | st.text(max_size=40))
def test_whatever_is_allowed_is_safe_for_every_reader_of_the_address(url: str) -> None:
    try:
        kept = validate_base_url(url)
    except InputError:
        return
    parsed, split = httpx.URL(kept), urlsplit(kept)
    assert parsed.scheme in ("https", "http")
    assert parsed.scheme == "https" or is_loopback(parsed.raw_host.decode())
    assert (split.hostname or "").encode("idna") == parsed.raw_host
    assert not parsed.userinfo
    assert not parsed.query
    assert not parsed.fragment
    # A call's path behind it stays at the same origin.
    assert origin(httpx.URL(kept + "/v1/contacts")) == origin(parsed)
