"""Opens HTTP connections the one way this program does: proxy and trust as given, no redirects, no `.netrc`."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import msgspec

from app.deferred import httpx
from app.domain.errors import NetworkError
from app.domain.provider import Provider
from app.providers.proxies import Proxy
from app.providers.wire import Members, load, text


def open_http(
    provider: Provider,
    *,
    ssl_context: ssl.SSLContext,
    proxy: Proxy,
    timeout: httpx.Timeout,
    auth: httpx.Auth | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """An HTTP client for one provider; the caller closes it.

    Args:
        provider: Named in errors.
        ssl_context: Decides which certificates are accepted, of the service and of a proxy reached by TLS.
        proxy: The proxy to go through.
        timeout: Time-outs.
        auth: Puts the key on requests.
        transport: Replaces the network; proxy and `ssl_context` are then not used.

    Raises:
        NetworkError: The proxy's address cannot be used.
    """
    try:
        through = None
        if proxy.url and transport is None:
            through = httpx.Proxy(proxy.url, ssl_context=ssl_context if proxy.url.startswith("https:") else None)
        return httpx.AsyncClient(
            auth=auth,
            headers={"Accept": "application/json, application/problem+json", "User-Agent": "contact-scout"},
            timeout=timeout,
            limits=httpx.Limits(max_connections=10),
            verify=ssl_context,
            proxy=through,
            transport=transport,
            trust_env=False,  # the proxy is found by `find_proxy`, and a .netrc must never replace the key
            follow_redirects=False,
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise NetworkError(
            "The proxy set up on this computer cannot be used.",
            provider=provider,
            sent=False,
            next_step="Check the system's proxy settings (HTTPS_PROXY, ALL_PROXY); it must be an HTTP proxy.",
        ) from error


def read_request_id(headers: Mapping[str, str], body: bytes) -> str:
    """The service's id of an answer: `meta.request_id`, else a header, else ""."""
    try:
        said = load(load(body, Members).get("meta", msgspec.Raw(b"{}")), Members).get("request_id")
        named = load(said, str) if said is not None else ""
    except ValueError:
        named = ""
    return text(named or headers.get("x-request-id") or headers.get("request-id") or "", longest=100)
