"""One service object per provider for the whole session: built with its key, rebuilt when the key changes."""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from app.deferred import httpx, load
from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.credits import Account, BalanceLine, KeyCheck
from app.domain.errors import ContactScoutError, InputError, KeyringError, MissingKeyError, ServiceError
from app.domain.provider import Provider
from app.providers.addresses import validate_base_url
from app.providers.attempts import AttemptLog
from app.providers.capabilities import (
    ProviderService,
    SupportsAccounts,
    SupportsBalance,
    SupportsEnrichment,
    SupportsKeyCheck,
)
from app.providers.client import Timeouts
from app.providers.clock import Clock
from app.providers.limits import Limiter
from app.providers.proxies import NO_PROXY, Proxy, find_proxy
from app.providers.registry import (
    DEFAULT_BASE_URLS,
    build_service,
    build_ssl_context,
    new_limiter,
    service_class,
    supports,
)
from app.services.credentials import CredentialService, KeySource
from app.services.request_counts import RequestCounts
from app.storage.settings import SettingsStore

log = logging.getLogger(__name__)

_C = TypeVar("_C")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class DemoBackend:
    """Where demo services are: a transport that reaches them without a socket, and their base URLs."""

    transport: Callable[[], httpx.AsyncBaseTransport]
    base_urls: Mapping[Provider, str]


@dataclass(frozen=True, slots=True)
class Network:
    """How services are reached: through `transport` in demo runs, else by sockets that trust as `ssl_context` does."""

    transport: httpx.AsyncBaseTransport | None
    ssl_context: ssl.SSLContext | None
    clock: Clock | None


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What a chip in the toolbar shows. `credits` and `last_error` are "" while unknown.

    `paused_for` is how many whole seconds nothing is asked, because the service said so or did not answer. `degraded`
    says what of its answers could not be read, "" while all was.
    """

    provider: Provider
    key_source: KeySource
    pace: str
    credits: str
    last_error: str
    paused_for: int = 0
    degraded: str = ""


class ProviderDirectory:
    """Hands out provider services, and remembers what is known of each.

    Attributes:
        attempts: The HTTP attempts of all its services.
    """

    def __init__(
        self,
        credentials: CredentialService,
        settings: SettingsStore,
        changes: ChangeFeed,
        environ: Mapping[str, str],
        *,
        demo: DemoBackend | None = None,
        counts: RequestCounts | None = None,
        clock: Clock | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._credentials = credentials
        self._settings = settings
        self._changes = changes
        self._environ = environ
        self._demo = demo
        self._counts = counts
        self._clock = clock
        self._timeouts = timeouts
        self.attempts = AttemptLog()
        self._services: dict[Provider, ProviderService] = {}
        self._limiters: dict[tuple[Provider, str], Limiter] = {}
        self._keys: dict[Provider, str] = {}
        self._others: dict[tuple[Provider, str], ProviderService] = {}
        self._balances: dict[Provider, tuple[BalanceLine, ...]] = {}
        self._errors: dict[Provider, str] = {}
        self._degraded: dict[Provider, str] = {}
        self._lock = asyncio.Lock()
        self._blocking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="set-up")
        self._ssl_context: ssl.SSLContext | None = None
        self._demo_transport: httpx.AsyncBaseTransport | None = None

    def supporting(self, capability: type) -> tuple[Provider, ...]:
        """The providers that offer a capability, whether or not they have a key."""
        return tuple(provider for provider in Provider if supports(provider, capability))

    async def service(self, provider: Provider) -> ProviderService:
        """The provider's service, built on first use.

        Raises:
            MissingKeyError: There is no key.
            KeyringError: The keyring cannot be read.
            InputError: The configured base URL is not allowed.
        """
        async with self._lock:
            if provider not in self._services:
                key = await self._credentials.key(provider)
                if not key:
                    raise MissingKeyError(provider)
                self._services[provider] = await self._build(provider, key)
                self._keys[provider] = key
            return self._services[provider]

    async def capable(self, provider: Provider, capability: type[_C]) -> _C:
        """The provider's service as one that has a capability. Raises as `service`, and InputError without it."""
        if not supports(provider, capability):
            raise InputError(f"{provider.label} does not offer this.")
        service = await self.service(provider)
        assert isinstance(service, capability)
        return service

    async def key_in_use(self, provider: Provider) -> str:
        """The key the current service was built with."""
        await self.service(provider)
        return self._keys[provider]

    async def service_of(self, provider: Provider, key: str) -> ProviderService:
        """The service of another key than the one in use, built on first use. Raises InputError as `service`."""
        async with self._lock:
            if (provider, key) not in self._others:
                self._others[provider, key] = await self._build(provider, key)
            return self._others[provider, key]

    async def drop_others(self, provider: Provider) -> None:
        """Close the services of other keys; they are built again when they are wanted."""
        async with self._lock:
            dropped = [self._others.pop(each) for each in tuple(self._others) if each[0] is provider]
        for service in dropped:
            await service.aclose()

    async def check_key(self, provider: Provider, key: str | None = None) -> KeyCheck:
        """Try a key (the stored one if None) with a free call and say what the service answered.

        Raises:
            MissingKeyError: No key given and none stored.
            ServiceError: No answer about the key was to be had.
        """
        if key is None:
            checker = await self.capable(provider, SupportsKeyCheck)
            return await self.noting_errors(provider, checker.check_key)
        service = await self._build(provider, key.strip())
        try:
            assert isinstance(service, SupportsKeyCheck)
            return await service.check_key()
        finally:
            await service.aclose()

    async def accounts(self, provider: Provider) -> tuple[Account, ...]:
        """The accounts the key reaches; () for a provider without accounts."""
        if not supports(provider, SupportsAccounts):
            return ()
        service = await self.capable(provider, SupportsAccounts)
        return await self.noting_errors(provider, service.accounts)

    async def balance(self, provider: Provider, account_id: str = "") -> tuple[BalanceLine, ...]:
        """The provider's balance, remembered for the chip; () for a provider without one."""
        if not supports(provider, SupportsBalance):
            return ()
        service = await self.capable(provider, SupportsBalance)
        lines = await self.noting_errors(provider, lambda: service.balance(account_id))
        self._balances[provider] = lines
        self._changes.publish(Change(ChangeKind.PROVIDERS))
        return lines

    def known_balance(self, provider: Provider) -> tuple[BalanceLine, ...]:
        """The balance as last asked for, () while it was not."""
        return self._balances.get(provider, ())

    async def status(self, provider: Provider) -> ProviderStatus:
        """What is known of a provider without asking it."""
        try:
            source = await self._credentials.source(provider)
            error = self._errors.get(provider, "")
        except KeyringError as refused:
            source, error = KeySource.NONE, refused.text
        limiter = self.limiter_in_use(provider)
        return ProviderStatus(
            provider=provider,
            key_source=source,
            pace=limiter.status().text if limiter else "",
            credits=self._credits_text(provider),
            last_error=error,
            paused_for=math.ceil(max(limiter.paused_for, limiter.breaker.open_for)) if limiter else 0,
            degraded=self._degraded.get(provider, ""),
        )

    def limiter_in_use(self, provider: Provider) -> Limiter | None:
        """The pace, breaker and monthly count of the key in use, None before its first use."""
        return self._limiters.get((provider, self._keys.get(provider, "")))

    def note_error(self, provider: Provider, error: ContactScoutError | None) -> None:
        """Remember (or with None forget) the last trouble with a provider, for its chip."""
        text = error.text if error else ""
        if self._errors.get(provider, "") != text:
            self._errors[provider] = text
            self._changes.publish(Change(ChangeKind.PROVIDERS))

    def note_degraded(self, provider: Provider, text: str) -> None:
        """Remember what of a provider's answers could not be read, for its chip; "" once all can be."""
        if self._degraded.get(provider, "") != text:
            self._degraded[provider] = text
            self._changes.publish(Change(ChangeKind.PROVIDERS))

    async def key_changed(self, provider: Provider) -> None:
        """Forget the service built with the old key, so that the next use builds a new one."""
        async with self._lock:
            service = self._services.pop(provider, None)
            key = self._keys.pop(provider, "")
            if (provider, key) in self._limiters:  # its trouble was that of another key or address
                self._limiters[provider, key].breaker.reset()
            self._balances.pop(provider, None)
            self._errors.pop(provider, None)
        if service is not None:
            await service.aclose()
        await self.drop_others(provider)
        self._changes.publish(Change(ChangeKind.PROVIDERS))

    def base_url(self, provider: Provider) -> str:
        """The base URL in use: demo, else environment, else settings, else the vendor's. Raises InputError."""
        if self._demo is not None:
            return self._demo.base_urls[provider]
        variable = f"CONTACT_SCOUT_{provider.name}_URL"
        from_environment = self._environ.get(variable, "").strip()
        if not from_environment:
            return validate_base_url(
                self._settings.load().base_urls.get(provider.value, "").strip() or DEFAULT_BASE_URLS[provider]
            )
        try:
            return validate_base_url(from_environment)
        except InputError as error:
            raise InputError(error.text, next_step=f"It is set by the environment's {variable}.") from error

    async def set_base_url(self, provider: Provider, url: str) -> None:
        """Keep another base URL in the settings ("" for the vendor's own). Raises InputError."""
        settings = self._settings.load()
        base_urls = dict(settings.base_urls)
        if url.strip():
            base_urls[provider.value] = validate_base_url(url.strip())
        else:
            base_urls.pop(provider.value, None)
        self._settings.save(replace(settings, base_urls=base_urls))
        await self.key_changed(provider)

    async def aclose(self) -> None:
        """Close every connection."""
        services = [*self._services.values(), *self._others.values()]
        self._services.clear()
        self._others.clear()
        for service in services:
            await service.aclose()
        self._blocking.shutdown(wait=False, cancel_futures=True)

    async def network(self) -> Network:
        """How services are reached; made once, off the event loop."""
        loop = asyncio.get_running_loop()
        if self._demo is not None:
            if self._demo_transport is None:  # its data take a moment to make
                self._demo_transport = await loop.run_in_executor(self._blocking, self._demo.transport)
        elif self._ssl_context is None:  # reading the trust store would freeze the window
            self._ssl_context = await loop.run_in_executor(self._blocking, _trust)
        return Network(self._demo_transport, self._ssl_context, self._clock)

    async def limiter(self, provider: Provider, key: str) -> Limiter:
        """The limiter that every user of a key shares for the whole session."""
        if (provider, key) not in self._limiters:
            allowance = await self._counts.allowance(provider, key) if self._counts is not None else None
            limiter = self._limiters.setdefault(
                (provider, key), new_limiter(provider, self._clock, allowance=allowance)
            )
            for announce in (limiter.breaker.on_change, limiter.on_pause):
                announce(lambda: self._changes.publish(Change(ChangeKind.PROVIDERS)))
        return self._limiters[provider, key]

    async def requests_this_month(self, provider: Provider) -> int:
        """HTTP requests made in this calendar month (UTC), by this program on this profile."""
        if self._counts is not None:
            return await self._counts.this_month(provider)
        return sum(limiter.allowance.used for (owner, _), limiter in self._limiters.items() if owner is provider)

    async def _build(self, provider: Provider, key: str) -> ProviderService:
        self._credentials.protect(key)
        network = await self.network()
        base_url = self.base_url(provider)
        return build_service(
            provider,
            key,
            base_url=base_url,
            transport=network.transport,
            limiter=await self.limiter(provider, key),
            ssl_context=network.ssl_context,
            clock=self._clock,
            timeouts=self._timeouts,
            attempts=self.attempts,
            proxy=await self._find_proxy(base_url),
        )

    async def _find_proxy(self, base_url: str) -> Proxy:
        if self._demo is not None:
            return NO_PROXY
        proxy = await asyncio.get_running_loop().run_in_executor(self._blocking, find_proxy, base_url)
        if proxy.password:
            self._credentials.protect(proxy.password)
        return proxy

    def _credits_text(self, provider: Provider) -> str:
        lines = self._balances.get(provider, ())
        if supports(provider, SupportsEnrichment):
            kind = service_class(provider).enrichment_credit_kind
            lines = tuple(line for line in lines if line.kind == kind)
        return f"{sum(line.remaining for line in lines):,} credits left" if lines else ""

    async def noting_errors(self, provider: Provider, call: Callable[[], Awaitable[_R]]) -> _R:
        """Make a call and remember its trouble, or that there was none, for the provider's chip."""
        try:
            result = await call()
        except ServiceError as error:
            self.note_error(provider, error)
            raise
        self.note_error(provider, None)
        return result


def _trust() -> ssl.SSLContext:
    load("httpx")  # needed next, and as long in coming
    return build_ssl_context()
