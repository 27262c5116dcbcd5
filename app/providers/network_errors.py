"""The errors for calls that did not reach the service, or were answered by something else on the way.

A company's proxy, a hotel's sign-in page and an inspecting firewall each leave their own traces; the rep is told
which of them it is, and what to do. No certificate that was refused is ever accepted: there is no way round.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from app.deferred import httpx
from app.domain.errors import NetworkError, UntrustedConnectionError
from app.domain.provider import Provider
from app.providers.certificates import Certificate, is_certificate_trouble
from app.providers.clock import spoken
from app.providers.proxies import NO_PROXY, Proxy
from app.providers.wire import text

CHECK_NETWORK = "Check the internet connection, then try again."
CHECK_PROXY = "Check the network sign-in, the proxy, and the service's address in Settings."
CHECK_PROXY_SIGN_IN = (
    "Put them into the proxy's address in the system's settings (http://name:password@proxy:port), or ask your IT."
)
PROXY_WANTS_SIGN_IN = "The proxy wants a user name and password before it lets {name} through."

WEB_PAGE = "a web page"
_TITLE = re.compile(rb"<title[^>]*>([^<]*)", re.IGNORECASE)
_TITLE_WITHIN = 4096


def redirected(provider: Provider, status: int, headers: Mapping[str, str]) -> NetworkError:
    """The error for an answer that sends us to another address."""
    target = _host(headers.get("location", ""))
    elsewhere = f"to {target}" if target else "elsewhere"
    return NetworkError(
        f"The address of {provider.label} sent us {elsewhere} (HTTP {status}), which is never followed;"
        " it may be a sign-in page of the network.",
        provider=provider,
        status=status,
        next_step=CHECK_PROXY,
    )


def _host(url: str) -> str:
    try:
        return text(urlsplit(url).hostname or "", longest=80)
    except ValueError:
        return ""


def not_json(provider: Provider, status: int, content: str, body: bytes) -> NetworkError:
    """The error for an answer that is no JSON: `content` says what it is instead. A page's title names its maker."""
    title = _TITLE.search(body[:_TITLE_WITHIN]) if content == WEB_PAGE else None
    named = text(html.unescape(title[1].decode("utf-8", "replace")), longest=60) if title else ""
    called = f" titled “{named}”" if named else ""
    return NetworkError(
        f"Instead of {provider.label}'s answer came {content}{called} (HTTP {status}),"
        " perhaps from a proxy or sign-in page.",
        provider=provider,
        status=status,
        next_step=CHECK_PROXY,
    )


def transport_error(
    provider: Provider, error: httpx.RequestError | TimeoutError, *, proxy: Proxy = NO_PROXY
) -> NetworkError:
    """The error for a call that got no answer. `sent` is False only where no byte can have left.

    `proxy` is the one that leads to the service.
    """
    if is_certificate_trouble(error):
        return untrusted(provider, "", None, now=None)
    if isinstance(error, httpx.ProxyError):
        return _proxy_error(provider, str(error), given_password=bool(proxy.password))
    sent = not isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    )
    name = provider.label
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        sentence = f"{name} did not answer in time."
    elif not sent:
        sentence = f"{name} could not be reached{f' through the proxy {proxy.shown}' if proxy.url else ''}."
    else:
        sentence = f"The connection to {name} broke off."
    next_step = CHECK_PROXY if proxy.url and not sent else CHECK_NETWORK
    return NetworkError(sentence, provider=provider, sent=sent, next_step=next_step)


def _proxy_error(provider: Provider, said: str, *, given_password: bool) -> NetworkError:
    """A proxy's refusal to open a tunnel; `said` is its status and reason, or anything at all."""
    name, digits = provider.label, said[:3]
    status = int(digits) if digits.isascii() and digits.isdigit() else None
    if status == 407 and given_password:
        sentence = f"The proxy refused its user name and password, so {name} could not be reached."
        next_step = CHECK_PROXY_SIGN_IN.replace("Put them", "Correct them", 1).replace("into", "in", 1)
    elif status == 407:
        sentence, next_step = PROXY_WANTS_SIGN_IN.format(name=name), CHECK_PROXY_SIGN_IN
    elif status is not None and 400 <= status < 500:
        sentence = f"The proxy does not let connections to {name} through (HTTP {status})."
        next_step = "Ask your IT to allow the service's address."
    else:
        sentence = f"The proxy could not connect to {name}{f' (HTTP {status})' if status else ''}."
        status, next_step = None, CHECK_PROXY  # may pass, unlike a refusal
    return NetworkError(sentence, provider=provider, sent=False, status=status, next_step=next_step)


def untrusted(
    provider: Provider, host: str, certificate: Certificate | None, *, now: datetime | None
) -> UntrustedConnectionError:
    """The error for a certificate that this computer does not accept. There is no way round it, on purpose.

    Args:
        provider: The service.
        host: Whose certificate it should have been.
        certificate: The one that came, None when it could not be had.
        now: The date and time, to tell an expired one.
    """
    unsafe = f"The connection to {provider.label} is not safe: "
    next_step = "If your company inspects traffic, ask its IT to install its certificate on this computer."
    if certificate is None or now is None:
        sentence = "its certificate is not trusted by this computer."
    elif certificate.not_after < now:
        sentence = f"its certificate, issued by “{certificate.issuer}”, expired on {certificate.not_after:%Y-%m-%d}."
        next_step = "Check this computer's date. If it is right, the service or your network has to renew it."
    elif certificate.not_before > now:
        begins = f"{certificate.not_before:%Y-%m-%d}"
        sentence = f"its certificate, issued by “{certificate.issuer}”, is not valid before {begins}."
        next_step = "Check this computer's date."
    elif not certificate.is_for(host):
        whose = f"for {certificate.names[0]}" if certificate.names else "for nobody"
        sentence = f"the certificate, issued by “{certificate.issuer}”, is {whose}, not for {host}."
        next_step = "A sign-in page of the network may be in the way: open a web page in the browser, then try again."
    else:
        sentence = f"its certificate was issued by “{certificate.issuer}”, which this computer does not trust."
        next_step = (
            f"If your company inspects traffic, ask its IT to install the certificate of “{certificate.issuer}” here."
        )
    return UntrustedConnectionError(unsafe + sentence, provider=provider, sent=False, next_step=next_step)


def not_asked(provider: Provider, seconds: float, reason: str) -> NetworkError:
    """The error for a call that was not made, as the last ones found no service; `reason` is their last trouble."""
    when = f"in {spoken(seconds)}" if seconds else "with the next read"
    error = NetworkError(
        f"{provider.label} failed several times in a row and is tried again {when}. ({reason})",
        provider=provider,
        sent=False,
        next_step="It goes on by itself once the service answers; “Check connection” in Settings says more.",
    )
    error.retry_after = seconds or None
    return error
