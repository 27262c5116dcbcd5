"""Diagnostics over the demo services: what a page would show, and a bundle that is what was read."""

import json
import zipfile
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows, sample_ids
from app.domain.enrichment import BatchState, EnrichField, PersonInput
from app.domain.errors import InputError, NotFoundError
from app.domain.fetching import FetchRunState
from app.domain.provider import Provider
from app.providers.breaker import BreakerState
from app.services.credentials import KeySource
from app.storage.integrity import SOUND
from app.storage.profile import Profile
from tests.support.demo_server import DemoServer, demo_data, demo_server
from tests.support.live_services import live_services
from tests.support.memory_key_store import MemoryKeyStore

__all__ = ["demo_data", "demo_server"]


async def test_before_anything_is_asked(services: Services) -> None:
    diagnostics = await services.diagnostics.snapshot(more_versions={"Qt": "6.11.1"})
    assert {"Contact Scout", "Python", "on", "Qt"} <= set(diagnostics.versions)
    assert [each.provider for each in diagnostics.providers] == list(Provider)
    for each in diagnostics.providers:
        assert each.key_source is KeySource.DEMO
        assert each.base_url_host.startswith("127.0.0.1")
        assert each.own_address
        assert each.breaker is BreakerState.CLOSED
        assert (each.last_errors, each.last_attempts, each.balance, each.requests_this_month) == ((), (), (), 0)
    assert diagnostics.library == await services.library.stats()
    assert diagnostics.integrity == ""
    assert diagnostics.open_batches == ()


async def test_requests_errors_and_balance_per_provider(tmp_path: Path, demo_server: DemoServer) -> None:
    async with live_services(tmp_path / "profile", demo_server) as services:
        lines = await services.providers.balance(Provider.TAMTAM)
        body = {"type": "https://docs.buildworkpro.com/errors#not_found", "request_id": "req-77"}
        demo_server.fault("status", Provider.BUILDWORKPRO, status=404, body=body)
        with pytest.raises(NotFoundError):
            await services.providers.check_key(Provider.BUILDWORKPRO)
        diagnostics = await services.diagnostics.snapshot(check_library=True)
        summary = dict(await services.diagnostics.preview())["summary.txt"]
    of = {each.provider: each for each in diagnostics.providers}
    assert of[Provider.TAMTAM].balance == lines
    assert of[Provider.TAMTAM].key_source is KeySource.KEYRING
    assert of[Provider.TAMTAM].pace
    assert [each.status for each in of[Provider.TAMTAM].last_attempts] == [200]
    assert of[Provider.TAMTAM].requests_this_month == 1
    (error,) = of[Provider.BUILDWORKPRO].last_errors
    assert (error.status, error.failure, error.request_id) == (404, "NotFoundError", "req-77")
    assert of[Provider.LEADFEEDER].last_attempts == ()
    assert diagnostics.integrity == SOUND
    assert "request_id=req-77" in summary
    assert f"balance {lines[0].kind}: {lines[0].remaining} left of {lines[0].total}" in summary


async def test_no_more_than_the_last_ten_errors(tmp_path: Path, demo_server: DemoServer) -> None:
    demo_server.fault("status", Provider.TAMTAM, status=404, body={"detail": "gone"}, times=None)
    async with live_services(tmp_path / "profile", demo_server) as services:
        for _ in range(12):
            with pytest.raises(NotFoundError):
                await services.providers.balance(Provider.TAMTAM)
        tamtam = (await services.diagnostics.snapshot()).providers[2]
    assert len(tamtam.last_errors) == 10
    assert len(tamtam.last_attempts) == 12
    assert tamtam.requests_this_month == 12
    assert tamtam.last_errors[0].at >= tamtam.last_errors[-1].at


async def test_work_that_is_not_done_is_counted_without_people(services: Services, data: DemoData) -> None:
    row = people_rows(data, 1)[0]
    people = [PersonInput(row["first_name"], row["last_name"], row["domain"])]
    plan = await services.enrichment.plan_people(people, frozenset(EnrichField))
    await services.enrichment.enqueue(plan, cap=11, origin="people of Ann.csv")
    fetch = await services.fetching.plan(Provider.TAMTAM, sample_ids(data, Provider.TAMTAM, 7))
    await services.fetching.create(fetch)
    diagnostics = await services.diagnostics.snapshot()
    (batch,) = diagnostics.open_batches
    assert (batch.state, batch.people, batch.polls, batch.charged) == (BatchState.DRAFT, 1, 0, 0)
    (run,) = diagnostics.open_fetches
    assert (run.provider, run.state, run.done, run.total) == (Provider.TAMTAM, FetchRunState.QUEUED, 0, 7)
    files = dict(await services.diagnostics.preview())
    assert "enrichment batch 1, draft: 1 people" in files["summary.txt"]
    assert "Tamtam, queued: 0 of 7 IDs" in files["summary.txt"]
    assert json.loads(files["diagnostics.json"])["open_batches"][0]["state"] == "draft"
    assert not any(row["last_name"] in text or "Ann" in text for text in files.values())


async def test_the_bundle_is_what_was_read(services: Services, tmp_path: Path) -> None:
    preview = await services.diagnostics.preview()
    await services.providers.balance(Provider.TAMTAM)  # would change a bundle made now
    path = await services.diagnostics.save_bundle(tmp_path / "for support")
    assert path == tmp_path / "for support.zip"
    with zipfile.ZipFile(path) as bundle:
        assert [(name, bundle.read(name).decode()) for name in bundle.namelist()] == preview
    readme = preview[0][1]
    assert all(name in readme for name, _ in preview if name != "README.txt")


async def test_without_a_preview_the_bundle_is_made_at_once(services: Services, tmp_path: Path) -> None:
    path = await services.diagnostics.save_bundle(tmp_path / "bundle.ZIP")
    assert path == tmp_path / "bundle.ZIP"
    assert zipfile.is_zipfile(path)


async def test_a_bundle_that_cannot_be_written_is_told(services: Services, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be saved as bundle\.zip"):
        await services.diagnostics.save_bundle(tmp_path / "none" / "bundle.zip")


async def test_older_logs_are_cleaned_once_more_and_only_their_end_is_taken(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = services.profile.log_dir
    (logs / "contact-scout.log.2").write_text("the oldest\n")
    (logs / "contact-scout.log.1").write_text("ann@example.com\nolder with demo-key\n")
    (logs / "contact-scout.log").write_text("newest\n")
    (logs / "unrelated.txt").write_text("no log\n")
    await services.providers.balance(Provider.TAMTAM)  # the key is known from its use on
    assert dict(await services.diagnostics.preview())["log.txt"] == "the oldest\n[email]\nolder with [key]\nnewest\n"
    monkeypatch.setattr("app.services.diagnostics.LOG_BYTES", 30)
    assert dict(await services.diagnostics.preview())["log.txt"] == "older with [key]\nnewest\n"


async def test_an_address_that_is_refused_and_no_log(tmp_path: Path) -> None:
    environ = {"CONTACT_SCOUT_TAMTAM_URL": "http://example.com"}
    async with open_services(Profile(tmp_path), environ=environ, key_store=MemoryKeyStore()) as services:
        tamtam = (await services.diagnostics.snapshot()).providers[2]
        files = dict(await services.diagnostics.preview())
    assert (tamtam.key_source, tamtam.base_url_host, tamtam.own_address) == (KeySource.NONE, "", True)
    assert "address: refused, see Settings" in files["summary.txt"]
    assert files["log.txt"] == "There is no log.\n"
