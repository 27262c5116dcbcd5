from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.domain.errors import NetworkError
from app.domain.provider import Provider
from app.providers.breaker import BreakerState
from app.services.credentials import KeySource
from app.storage.profile import Profile
from tests.support.fault_server import answer, rude_server
from tests.support.memory_key_store import MemoryKeyStore

TAMTAM = Provider.TAMTAM


@pytest.mark.parametrize("provider", Provider)
async def test_every_demo_service_is_reached_without_a_network(provider: Provider, services: Services) -> None:
    report = await services.connection.check(provider)
    assert report.ok, report.problem
    assert report.http_status == 200
    assert (report.proxy, report.dns, report.tls_issuer) == ("", "", "")


async def test_an_answer_ends_the_pause_that_failures_caused(tmp_path: Path) -> None:
    async with rude_server(answer(b'{"credits":[]}')) as server:
        environ = {"CONTACT_SCOUT_TAMTAM_URL": f"{server.url}/api"}
        store = MemoryKeyStore(tamtam="k")
        async with open_services(Profile(tmp_path), environ=environ, key_store=store) as services:
            limiter = await services.providers.limiter(TAMTAM, "k")
            for _ in range(5):
                with pytest.raises(NetworkError):
                    async with limiter.breaker.call(may_probe=True):
                        raise NetworkError("down", provider=TAMTAM)
            await services.providers.service(TAMTAM)
            assert "trying again in" in (await services.providers.status(TAMTAM)).pace
            report = await services.connection.check(TAMTAM)
            assert report.ok
            assert limiter.breaker.state is BreakerState.CLOSED
            assert (await services.providers.status(TAMTAM)).pace == "10 requests a second"
    assert server.requests[0].startswith(b"GET /api/v2/credits ")


async def test_without_a_key_the_service_can_still_be_seen(tmp_path: Path) -> None:
    async with rude_server(answer(b"{}", status=401)) as server:
        environ = {"CONTACT_SCOUT_TAMTAM_URL": server.url}
        async with open_services(Profile(tmp_path), environ=environ, key_store=MemoryKeyStore()) as services:
            report = await services.connection.check(TAMTAM)
    assert report.ok
    assert report.http_status == 401
    assert b"authorization" not in server.requests[0].lower()


async def test_a_locked_keyring_hinders_no_check(tmp_path: Path) -> None:
    store = MemoryKeyStore(tamtam="k")
    store.refused = True
    async with rude_server(answer(b"{}", status=401)) as server:
        environ = {"CONTACT_SCOUT_TAMTAM_URL": server.url}
        async with open_services(Profile(tmp_path), environ=environ, key_store=store) as services:
            assert (await services.connection.check(TAMTAM)).ok
            assert (await services.providers.status(TAMTAM)).key_source is KeySource.NONE


async def test_an_address_that_is_not_allowed_is_the_problem(tmp_path: Path) -> None:
    environ = {"CONTACT_SCOUT_TAMTAM_URL": "http://api.tamtam.ai"}
    async with open_services(Profile(tmp_path), environ=environ, key_store=MemoryKeyStore(tamtam="k")) as services:
        report = await services.connection.check(TAMTAM)
    assert "must start with https://" in report.problem
    assert report.next_step == "It is set by the environment's CONTACT_SCOUT_TAMTAM_URL."
