"""Closing the real window while it works: the process ends at once, and nothing is logged as a warning."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.domain.provider import Provider
from tests.support.demo_server import PATIENCE, DemoServer
from tests.support.programs import PATIENT, Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the window is told to close by a signal")

# It takes 0.2 seconds on a quiet machine; the hanging server would hold it up for the others.
STOP_SECONDS, HELD_SECONDS = 30.0, 90

WINDOW = (
    PATIENT
    + """
import asyncio, signal
from pathlib import Path
from app.application import WindowOptions, run_window
from app.domain.enrichment import EnrichField, PersonInput
from app.domain.provider import Provider
from app.logs import logging_to
from app.storage.profile import Profile
from app.ui.main_window import MainWindow

async def enrich(services):
    people = [PersonInput("Ann", "Example", "example.com")]
    plan = await services.enrichment.plan_people(people, frozenset(EnrichField))
    await services.enrichment.enqueue(plan, cap=1000, origin="test")

def create(services, reporter, options):
    window = MainWindow(services, reporter=reporter, demo=options.demo)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, window.close)
    if "search" in sys.argv:
        window.open_search(services.search.build_query(Provider.TALKTOHUMANS, {"location": ["Berlin"]}))
    if "enrich" in sys.argv:
        window.work = loop.create_task(enrich(services))
    return window

profile = Profile(Path(sys.argv[1]))
with logging_to(profile.log_dir):
    sys.exit(run_window(WindowOptions(profile), create_window=create))
"""
)


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as server:
        yield server


@pytest.mark.parametrize(
    ("work", "provider", "method", "path"),
    [
        ("idle", Provider.TAMTAM, "GET", "/v2/credits"),
        ("search", Provider.TALKTOHUMANS, "GET", "/v1/contacts"),
        ("enrich", Provider.TAMTAM, "POST", "/v2/people/enrich"),
        ("enrich", Provider.TAMTAM, "GET", "/v2/people/enrich"),
    ],
)
async def test_closing_during_work_ends_the_process_at_once(
    tmp_path: Path, server: DemoServer, work: str, provider: Provider, method: str, path: str
) -> None:
    server.fault("delay", provider, method=method, path=path, seconds=HELD_SECONDS)
    log_file = tmp_path / "logs/contact-scout.log"
    async with (
        Program("-c", WINDOW, str(tmp_path), work, **server.environ()) as program,
        httpx.AsyncClient(base_url=server.base_url, trust_env=False, timeout=PATIENCE) as control,
    ):
        await program.until_logged(log_file, "started")
        async with asyncio.timeout(PATIENCE):
            # The fault is used up when its request has come in.
            while (await control.get("/_control/faults")).json()["faults"]:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)
        ended = await program.ended(signal.SIGUSR1)
    assert (ended.code, ended.err) == (0, "")
    assert ended.seconds < STOP_SECONDS
    lines = log_file.read_text("utf-8").splitlines()
    assert [line for line in lines if line.split()[1] not in ("INFO", "DEBUG")] == []
