"""Which class serves which provider, and how one is built."""

from __future__ import annotations

import inspect
import ssl
from typing import Any

from app.deferred import httpx
from app.domain.provider import Provider
from app.providers import buildworkpro, leadfeeder, talktohumans, tamtam
from app.providers.addresses import validate_base_url
from app.providers.attempts import AttemptLog
from app.providers.breaker import Probe
from app.providers.buildworkpro import TEST_KEY_PREFIX, BuildWorkPro
from app.providers.capabilities import ProviderService
from app.providers.client import ApiClient, Timeouts
from app.providers.clock import Clock
from app.providers.leadfeeder import Leadfeeder
from app.providers.limits import Limiter
from app.providers.limits import new_limiter as new_limiter
from app.providers.proxies import Proxy
from app.providers.retries import RetryPolicy
from app.providers.talktohumans import TalkToHumans
from app.providers.tamtam import Tamtam
from app.providers.trust import build_ssl_context as build_ssl_context

DEFAULT_BASE_URLS: dict[Provider, str] = {
    Provider.TALKTOHUMANS: talktohumans.BASE_URL,
    Provider.LEADFEEDER: leadfeeder.BASE_URL,
    Provider.TAMTAM: tamtam.BASE_URL,
    Provider.BUILDWORKPRO: buildworkpro.BASE_URL,
}

_CLASSES: dict[Provider, type[Any]] = {
    Provider.TALKTOHUMANS: TalkToHumans,
    Provider.LEADFEEDER: Leadfeeder,
    Provider.TAMTAM: Tamtam,
    Provider.BUILDWORKPRO: BuildWorkPro,
}

# From the sheets: Tamtam section 8 (some calls pass through a slow step), BuildWorkPro sections 7 and 8.
_TIMEOUTS = {Provider.TAMTAM: Timeouts(read=60.0), Provider.LEADFEEDER: Timeouts(read=60.0)}
_RETRIES = {
    Provider.BUILDWORKPRO: RetryPolicy(longest=60.0, unhinted_429=30.0, once=frozenset({"internal_error"})),
}

#: Cheap reads that every key may make; the one of BuildWorkPro weighs one unit, the others nothing.
PROBES: dict[Provider, Probe] = {
    Provider.TALKTOHUMANS: Probe("/v1/accounts"),
    Provider.LEADFEEDER: Probe("/v1/accounts"),
    Provider.TAMTAM: Probe("/v2/credits"),
    Provider.BUILDWORKPRO: Probe("/contacts", (("limit", "1"),)),
}


def service_class(provider: Provider) -> type[Any]:
    """The class that serves a provider; its class attributes say what it can do without a key."""
    return _CLASSES[provider]


def supports(provider: Provider, protocol: type[Any]) -> bool:
    """Whether a provider has a capability, one of the protocols of `capabilities`."""
    members = {name for name in (*vars(protocol), *inspect.get_annotations(protocol)) if name[0] != "_"}
    return all(hasattr(_CLASSES[provider], name) for name in members)


def build_service(
    provider: Provider,
    key: str,
    *,
    base_url: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    limiter: Limiter | None = None,
    ssl_context: ssl.SSLContext | None = None,
    clock: Clock | None = None,
    timeouts: Timeouts | None = None,
    attempts: AttemptLog | None = None,
    proxy: Proxy | None = None,
) -> ProviderService:
    """Build the service for one key.

    Args:
        provider: The service.
        key: Its key; spaces around it are dropped.
        base_url: Another address than the vendor's.
        transport: Replaces the network.
        limiter: The limiter of the key, when it has one already: all users of a key share one.
        ssl_context: From `build_ssl_context`, made once per process.
        clock: Time.
        timeouts: Instead of the provider's own.
        attempts: Told of every HTTP attempt.
        proxy: From `find_proxy`, which takes a moment on some systems.

    Raises:
        InputError: The base URL is not allowed.
        NetworkError: The system's proxy setting cannot be used.
    """
    from app.providers.auth import KeyAuth  # a class of httpx's kind: whoever asks for a service loads that

    address = validate_base_url(base_url or DEFAULT_BASE_URLS[provider])
    bare_key = key.strip()
    client = ApiClient(
        provider,
        address,
        KeyAuth(provider, bare_key, address),
        limiter or new_limiter(provider, clock),
        transport=transport,
        clock=clock,
        ssl_context=ssl_context,
        timeouts=timeouts or _TIMEOUTS.get(provider),
        retries=_RETRIES.get(provider),
        attempts=attempts,
        proxy=proxy,
        probe=PROBES[provider],
    )
    if provider is Provider.BUILDWORKPRO:
        return BuildWorkPro(client, test_key=bare_key.startswith(TEST_KEY_PREFIX))
    service: ProviderService = _CLASSES[provider](client)
    return service
