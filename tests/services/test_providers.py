"""The directory: one service, pace and breaker per key; only safe addresses; news when a service fails or recovers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.domain.changes import Change, ChangeKind
from app.domain.errors import InputError, NetworkError
from app.domain.provider import Provider
from app.providers.breaker import BreakerState
from app.providers.capabilities import SupportsBalance
from app.storage.profile import Profile
from app.storage.settings import SettingsStore
from tests.support.fault_server import answer, rude_server
from tests.support.memory_key_store import MemoryKeyStore

TAMTAM = Provider.TAMTAM
UNSAFE = ["http://api.tamtam.ai", "ftp://api.tamtam.ai", "https://user:word@api.tamtam.ai", "api.tamtam.ai"]


@pytest.fixture
async def offline(tmp_path: Path) -> AsyncIterator[Services]:
    """Services whose providers are where nobody listens."""
    environ = {f"CONTACT_SCOUT_{provider.name}_URL": "http://127.0.0.1:9" for provider in Provider}
    store = MemoryKeyStore(tamtam="k", leadfeeder="k")
    async with open_services(Profile(tmp_path), environ=environ, key_store=store) as services:
        yield services


@pytest.mark.parametrize("url", UNSAFE)
@pytest.mark.parametrize("source", ["environment", "settings", "settings file"])
async def test_a_key_is_never_used_with_an_unsafe_address(source: str, url: str, tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    environ = {"CONTACT_SCOUT_TAMTAM_URL": url} if source == "environment" else {}
    if source == "settings file":
        store = SettingsStore(profile.settings_path)
        store.save(replace(store.load(), base_urls={"tamtam": url}))
    async with open_services(profile, environ=environ, key_store=MemoryKeyStore(tamtam="k")) as services:
        if source == "settings":
            with pytest.raises(InputError, match="address must"):
                await services.providers.set_base_url(TAMTAM, url)
            assert services.providers.base_url(TAMTAM) == "https://api.tamtam.ai/api"
            return
        with pytest.raises(InputError, match="address must"):
            await services.providers.service(TAMTAM)
        assert not (await services.connection.check(TAMTAM)).ok


async def fail_until_it_rests(services: Services) -> None:
    balance = await services.providers.capable(TAMTAM, SupportsBalance)
    limiter = await services.providers.limiter(TAMTAM, "k")
    for _ in range(5):
        with pytest.raises(NetworkError):
            async with limiter.breaker.call(may_probe=True):
                raise NetworkError("Tamtam could not be reached.", provider=TAMTAM)
    with pytest.raises(NetworkError, match="tried again in"):
        await balance.balance()


async def test_a_service_that_rests_is_told_and_the_others_go_on(offline: Services) -> None:
    told: list[Change] = []
    offline.changes.subscribe(told.append)
    await fail_until_it_rests(offline)
    assert Change(ChangeKind.PROVIDERS) in told
    assert "trying again in 15 s" in (await offline.providers.status(TAMTAM)).pace
    other = await offline.providers.limiter(Provider.LEADFEEDER, "k")
    assert other.breaker.state is BreakerState.CLOSED


async def test_another_address_is_tried_at_once(offline: Services) -> None:
    await fail_until_it_rests(offline)
    await offline.providers.key_changed(TAMTAM)
    assert (await offline.providers.limiter(TAMTAM, "k")).breaker.state is BreakerState.CLOSED


async def test_requests_of_the_month_are_those_that_were_made(tmp_path: Path) -> None:
    async with rude_server(answer(b'{"credits":[]}')) as server:
        environ = {"CONTACT_SCOUT_TAMTAM_URL": server.url}
        async with open_services(Profile(tmp_path), environ=environ, key_store=MemoryKeyStore(tamtam="k")) as services:
            for _ in range(3):
                await services.providers.balance(TAMTAM)
            assert await services.providers.requests_this_month(TAMTAM) == 3
            assert await services.providers.requests_this_month(Provider.LEADFEEDER) == 0


async def test_demo_requests_are_counted_for_the_session_only(services: Services) -> None:
    await services.providers.balance(TAMTAM)
    assert await services.providers.requests_this_month(TAMTAM) == 1
    assert not services.profile.request_counts_path.exists()


async def test_a_proxys_password_is_kept_out_of_every_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://rep:s3cret-word@127.0.0.1:9"})
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda _: False)
    async with open_services(Profile(tmp_path), environ={}, key_store=MemoryKeyStore(tamtam="k")) as services:
        await services.providers.service(TAMTAM)
        text = dict(await services.diagnostics.preview())
        report = await services.connection.check(TAMTAM)
    assert report.proxy == "http://127.0.0.1:9"
    assert "s3cret-word" not in str(report) + str(text)
