import asyncio
import ssl
import time
from typing import Any

import httpx
import pytest
import respx

from app.domain.errors import InputError
from app.domain.provider import Provider
from app.providers.capabilities import (
    ProviderService,
    SupportsAccounts,
    SupportsBalance,
    SupportsCompanySearch,
    SupportsCount,
    SupportsDetails,
    SupportsEnrichment,
    SupportsFetchByIds,
    SupportsKeyCheck,
    SupportsLists,
    SupportsListSummary,
    SupportsSearch,
    SupportsTags,
    SupportsUsage,
)
from app.providers.clock import Clock
from app.providers.registry import (
    DEFAULT_BASE_URLS,
    build_service,
    build_ssl_context,
    new_limiter,
    service_class,
    supports,
)
from app.providers.trust import build_ssl_context as trusted
from tests.providers.support import mock, run_virtually
from tests.support.fault_server import answer, rude_server

CAPABILITIES: dict[type[Any], set[Provider]] = {
    SupportsKeyCheck: set(Provider),
    SupportsAccounts: {Provider.TALKTOHUMANS, Provider.LEADFEEDER},
    SupportsBalance: {Provider.LEADFEEDER, Provider.TAMTAM},
    SupportsSearch: set(Provider),
    SupportsCount: {Provider.BUILDWORKPRO},
    SupportsDetails: {Provider.LEADFEEDER, Provider.BUILDWORKPRO},
    SupportsTags: {Provider.TALKTOHUMANS},
    SupportsLists: {Provider.LEADFEEDER},
    SupportsListSummary: {Provider.TAMTAM},
    SupportsCompanySearch: {Provider.LEADFEEDER, Provider.TAMTAM},
    SupportsUsage: {Provider.LEADFEEDER},
    SupportsFetchByIds: {Provider.LEADFEEDER, Provider.TAMTAM, Provider.BUILDWORKPRO},
    SupportsEnrichment: {Provider.TAMTAM},
}


@pytest.mark.parametrize("protocol", CAPABILITIES)
async def test_classes_and_services_agree_on_what_they_can(protocol: type[Any]) -> None:
    assert {provider for provider in Provider if supports(provider, protocol)} == CAPABILITIES[protocol]
    for provider in Provider:
        service = build_service(provider, "k", transport=mock(respx.Router()))
        assert isinstance(service, ProviderService)
        assert service.provider is provider
        assert isinstance(service, service_class(provider))
        assert isinstance(service, protocol) is (provider in CAPABILITIES[protocol])
        await service.aclose()
        await service.aclose()


def test_the_vendors_addresses() -> None:
    assert DEFAULT_BASE_URLS == {
        Provider.TALKTOHUMANS: "https://api.talktohumans.app",
        Provider.LEADFEEDER: "https://api.leadfeeder.com",
        Provider.TAMTAM: "https://api.tamtam.ai/api",
        Provider.BUILDWORKPRO: "https://app.buildworkpro.com/api/v1",
    }


def test_another_address_must_be_safe() -> None:
    with pytest.raises(InputError):
        build_service(Provider.TAMTAM, "k", base_url="http://api.tamtam.ai")


async def test_a_service_speaks_to_the_address_it_is_given_with_the_key_trimmed() -> None:
    async with rude_server(answer(b'{"credits":null}')) as server:
        service = build_service(Provider.TAMTAM, " demo-key\n", base_url=f"{server.url}/tamtam/api/")
        assert isinstance(service, SupportsKeyCheck)
        assert (await service.check_key()).ok
        await service.aclose()
    assert server.requests[0].startswith(b"GET /tamtam/api/v2/credits HTTP/1.1\r\n")
    assert b"authorization: demo-key\r\n" in server.requests[0].lower()


async def test_a_key_that_no_service_can_have_is_an_answer_of_the_check() -> None:
    service = build_service(Provider.TAMTAM, "two words", transport=mock(respx.Router()))
    assert isinstance(service, SupportsKeyCheck)
    check = await service.check_key()
    assert (check.ok, check.status) == (False, None)
    await service.aclose()


def test_services_of_one_key_share_its_pace() -> None:
    async def main(clock: Clock) -> float:
        router = respx.Router()
        router.get(url__startswith="https://api.tamtam.ai").mock(return_value=httpx.Response(200, json={"credits": []}))
        limiter = new_limiter(Provider.TAMTAM, clock)
        services = [
            build_service(Provider.TAMTAM, "k", transport=mock(router), limiter=limiter, clock=clock) for _ in range(2)
        ]
        checkers = [service for service in services if isinstance(service, SupportsKeyCheck)]
        await asyncio.gather(*(checker.check_key() for checker in checkers * 8))
        for service in services:
            await service.aclose()
        return clock.now()

    # The first of 16 calls goes at once.
    assert run_virtually(main) == pytest.approx(15 / 9.75, abs=0.02)


def test_the_trust_store_checks_certificates_and_outlives_a_bad_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere/at/all")
    context = build_ssl_context()
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert build_ssl_context is trusted


async def test_a_service_on_a_shared_trust_store_is_built_without_a_pause() -> None:
    context = build_ssl_context()
    durations = []
    for _ in range(10):
        began = time.perf_counter()
        service = build_service(Provider.TAMTAM, "k", ssl_context=context)
        durations.append(time.perf_counter() - began)
        await service.aclose()
    # The making of a context of its own takes 14 ms or more; the best of ten is free of other programs' noise.
    assert min(durations) < 0.005
