import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from app.composition import Services, open_services
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.reporter import ErrorReporter
from app.storage.profile import Profile
from app.ui.main_window import MainWindow
from app.ui.tour import run_tour
from tests.support.demo_services import demo_services
from tests.support.memory_key_store import MemoryKeyStore

# Longer than the tour itself may take, which tells better than a stack where it stood.
pytestmark = [pytest.mark.gui, pytest.mark.timeout(360)]


@asynccontextmanager
async def shown_window(services: Services) -> AsyncIterator[MainWindow]:
    window = MainWindow(services, reporter=ErrorReporter(), demo=True)
    window.show()
    try:
        yield window
    finally:
        await window.shut_down()
        window.deleteLater()


async def test_the_tour_shows_the_whole_main_job_and_keeps_pictures_file_and_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    async with demo_services(tmp_path / "profile", data=DemoData()) as services, shown_window(services) as window:
        services.enrichment.start()
        code = await run_tour(window, services, out)
    assert (code, capsys.readouterr().err) == (0, "")
    record = json.loads((out / "tour.json").read_text(encoding="utf-8"))
    assert record["ok"]
    pictures = [name for step in record["steps"] for name in step["pictures"]]
    assert sorted(path.name for path in out.glob("*.png")) == pictures
    assert all(not QImage(str(out / name)).isNull() for name in pictures)
    facts = {step["name"]: step["facts"] for step in record["steps"]}
    for provider in ("Leadfeeder", "Tamtam", "BuildWorkPro"):
        assert facts[f"bulk fetch from {provider}"]["not_found"] == 4
    with (out / "contacts.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == facts["export"]["rows"]


async def test_what_does_not_work_is_told_and_the_exit_code_is_not_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with demo_services(tmp_path / "profile") as services, shown_window(services) as window:
        await services.credentials.save(Provider.TALKTOHUMANS, "wrong-key", session_only=True)
        await services.providers.key_changed(Provider.TALKTOHUMANS)
        assert await run_tour(window, services, tmp_path / "out", patience=0.5) == 1
    told = capsys.readouterr().err
    assert "search TalkToHumans: expected that the search has no complaint" in told
    record = json.loads((tmp_path / "out" / "tour.json").read_text(encoding="utf-8"))
    assert not record["ok"]
    assert record["failures"]


async def test_it_refuses_to_spend_credits_outside_of_the_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        open_services(Profile(tmp_path / "profile"), environ={}, key_store=MemoryKeyStore()) as services,
        shown_window(services) as window,
    ):
        assert await run_tour(window, services, tmp_path / "out") == 2
    assert "would spend credits" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
