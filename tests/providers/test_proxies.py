import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers.proxies import NO_PROXY, Proxy, find_proxy

URL = "https://api.tamtam.ai/api"


@pytest.mark.parametrize(
    ("settings", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://proxy.example:8080"}, "http://proxy.example:8080"),
        ({"https_proxy": "proxy.example:8080"}, "http://proxy.example:8080"),
        ({"ALL_PROXY": "http://all.example:1"}, "http://all.example:1"),
        ({"ALL_PROXY": "http://all.example:1", "HTTPS_PROXY": "http://own.example:2"}, "http://own.example:2"),
        ({"HTTP_PROXY": "http://plain.example:1"}, ""),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "tamtam.ai"}, ""),
        ({"HTTPS_PROXY": "http://p.example", "no_proxy": "other.example, .tamtam.ai"}, ""),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "api.tamtam.ai:443"}, ""),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "api.tamtam.ai:8443"}, "http://p.example"),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "*"}, ""),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "tam.ai"}, "http://p.example"),
    ],
)
def test_the_environment_says_which_proxy(
    settings: dict[str, str], proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert find_proxy(URL).url == proxy


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "localhost", "[::1]"])
def test_this_computer_itself_is_never_reached_through_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:8080")
    for scheme in ("http", "https"):
        assert find_proxy(f"{scheme}://{host}:8000/x") == NO_PROXY


def test_an_address_of_version_6_may_be_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv("NO_PROXY", "[2001:db8::1]")
    assert find_proxy("https://[2001:db8::1]/x") == NO_PROXY
    assert find_proxy("https://[2001:db8::2]/x") != NO_PROXY


def test_settings_of_the_system_count_where_the_environment_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    # As Windows and macOS answer through urllib.
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://system.example:3128"})
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda host: host == "intranet.example:443")
    assert find_proxy(URL).url == "http://system.example:3128"
    assert find_proxy("https://intranet.example") == NO_PROXY


@pytest.mark.parametrize(
    ("url", "shown", "password"),
    [
        ("http://proxy.example:8080", "http://proxy.example:8080", ""),
        ("http://rep:s3%40cret@proxy.example:8080/", "http://proxy.example:8080", "s3@cret"),
        ("http://rep@proxy.example", "http://proxy.example", ""),
        ("http://[broken", "http://[broken", ""),
        ("", "", ""),
    ],
)
def test_what_is_shown_of_a_proxy_has_no_password(url: str, shown: str, password: str) -> None:
    proxy = Proxy(url)
    assert (proxy.shown, proxy.password) == (shown, password)
    assert "s3" not in repr(proxy)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_stands_before_the_last_at_sign_is_never_shown(login: str, host: str) -> None:
    shown = Proxy(f"http://{login}-s3cret@{host.replace('@', '')}").shown
    assert "s3cret" not in shown
