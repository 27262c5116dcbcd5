from pathlib import Path

import pytest

from app.demo.dataset import DemoData
from app.domain.changes import Change, ChangeKind
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui import activity
from app.ui.main_window import MainWindow
from app.ui.widgets.provider_chip import ProviderChip
from tests.support.demo_server import DemoServer
from tests.support.live_services import live_services
from tests.support.windows import open_window

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=50)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "BALANCE_PAUSE_MS", 100)
    monkeypatch.setattr(activity, "PACE_INTERVAL_MS", 20)


def chip(window: MainWindow, provider: Provider) -> ProviderChip:
    return next(each for each in window.findChildren(ProviderChip) if each.provider is provider)


async def test_credits_are_read_again_after_spending_but_not_once_per_charge(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, open_window(services) as window:
            window.resize(1600, 900)
            tamtam = chip(window, Provider.TAMTAM)
            await wait_until(lambda: "credits" in tamtam.text())
            asked = len(server.requests(Provider.TAMTAM, "/v2/credits"))
            server.set_credits(Provider.TAMTAM, 7)
            for _ in range(20):
                services.changes.publish(Change(ChangeKind.LEDGER))
            await wait_until(lambda: "7 credits left" in tamtam.toolTip())
            assert len(server.requests(Provider.TAMTAM, "/v2/credits")) <= asked + 2


async def test_trouble_with_reading_credits_again_is_no_message(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, open_window(services) as window:
            await wait_until(lambda: "credits" in chip(window, Provider.TAMTAM).toolTip())
            window.status.say("As before")
            server.fault("status", Provider.TAMTAM, path="/v2/credits", status=403, times=None)
            services.changes.publish(Change(ChangeKind.LEDGER))
            await wait_until(lambda: "does not allow" in chip(window, Provider.TAMTAM).toolTip())
            assert window.status.message == "As before"
            assert window.banner.text == ""


async def test_a_chip_counts_a_pause_down_and_then_shows_credits_again(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, open_window(services) as window:
            window.resize(1900, 900)
            leadfeeder = chip(window, Provider.LEADFEEDER)
            await wait_until(lambda: "credits" in leadfeeder.text())
            limiter = services.providers.limiter_in_use(Provider.LEADFEEDER)
            assert limiter is not None
            limiter.pause(1.2)
            await wait_until(lambda: leadfeeder.text() == "Leadfeeder · paused 2 s")
            assert "as the service asked" in leadfeeder.toolTip()
            await wait_until(lambda: leadfeeder.text() == "Leadfeeder · paused 1 s")
            await wait_until(lambda: "credits" in leadfeeder.text())
