import asyncio
import subprocess
import sys
import time

import httpx

from app.demo.app import DEMO_KEY, create_app
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from tests.demo.conftest import Demo


async def test_the_data_are_made_at_the_first_request_without_holding_up_the_loop() -> None:
    data = DemoData(5, 20_000)
    app = create_app(data)
    built_before = data.is_built
    turns: list[float] = []

    async def watch() -> None:
        while True:
            turns.append(time.perf_counter())
            await asyncio.sleep(0)

    watcher = asyncio.create_task(watch())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://demo") as client:
        headers = {"Authorization": f"Bearer {DEMO_KEY}"}
        answers = await asyncio.gather(
            *(client.get("/talktohumans/v1/contacts", params={"search": f"quill {n}"}, headers=headers) for n in "12")
        )
    watcher.cancel()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (built_before, data.is_built) == (False, True)
    assert len(turns) > 80  # the work was cut into that many pieces at least


async def test_latency_is_added(demo: Demo) -> None:
    demo.app.options.latency_ms = 30
    started = time.perf_counter()
    await demo[Provider.TAMTAM].get("/v2/credits")
    assert time.perf_counter() - started >= 0.03


async def test_paths_outside_the_services(demo: Demo) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=demo.app), base_url="http://demo") as client:
        assert (await client.get("/")).status_code == 404
        assert (await client.get("/_control/nothing")).status_code == 404


def test_it_needs_nothing_but_the_domain_and_a_web_server() -> None:
    program = (
        "import sys, app.demo.app; "
        "print(*(name for name in sys.modules if name.startswith('app.') or name in ('httpx', 'PySide6', 'apsw')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names = done.stdout.split()
    assert "app.demo.app" in names
    assert all(name.startswith(("app.demo", "app.domain")) for name in names), names
