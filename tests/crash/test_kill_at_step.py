"""The program is killed at every durable or network step of an enrichment, started again, and nothing is lost.

`make crash-test` goes through every step; without CRASH_SWEEP=full some of them are taken.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.provider import Provider
from tests.support.books import compare
from tests.support.demo_server import DemoServer, demo_data

__all__ = ["demo_data"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither fork nor SIGKILL")

ROOT = Path(__file__).parents[2]
PEOPLE = 5
EVERY = 1 if os.environ.get("CRASH_SWEEP") == "full" else 7
SUBMIT = {"method": "POST", "path": "/v2/people/enrich"}
POLL = {"method": "GET", "path": "/v2/people/enrich/"}

#: Faults met in turn by an undisturbed run. None of them may ever cost money twice or a result.
MIXES: dict[str, list[dict[str, Any]]] = {
    "all well": [],
    "hard to reach": [
        {"kind": "status", "status": 429, **SUBMIT},
        {"kind": "status", "status": 503, **POLL},
        {"kind": "reset", "after": 1, **POLL},
        {"kind": "reorder", "times": None, **POLL},
        {"kind": "html", "after": 2, **POLL},
    ],
    "answers lost": [
        {"kind": "drop_reply", "after": 1, **SUBMIT},
        {"kind": "drop_reply", **POLL},
        {"kind": "extra_rows", "times": None, **POLL},
    ],
    "odd answers": [
        {"kind": "status", "status": 500, "process": True, **SUBMIT},
        {"kind": "batch_failed", "after": 1, **SUBMIT},
        {"kind": "missing_rows", "rows": 1, "times": None, **POLL},
        {"kind": "duplicate_rows", "times": None, **POLL},
    ],
}


class Runner:
    """The process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.crash_runner"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, folder: Path, server: DemoServer, kill_at: int = 0) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        rows = people_rows(server.data, PEOPLE)
        names = ("first_name", "last_name", "domain", "company_name", "linkedin_url")
        people = [{name: row[name] for name in names} for row in rows]
        call = {"folder": str(folder), "environ": server.environ(), "people": people, "kill_at": kill_at}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    running = Runner()
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(demo_data: DemoData) -> Iterator[DemoServer]:
    with DemoServer(demo_data, enrichment_seconds=0) as running:
        yield running


def script(server: DemoServer, mix: str) -> None:
    """A server that has seen nothing yet, and will misbehave so."""
    server.clear_faults()
    server.ledger()  # settles what is still open
    server._ask("DELETE", "ledger")
    for fault in MIXES[mix]:
        server.fault(provider=Provider.TAMTAM, **fault)


async def check(folder: Path, server: DemoServer) -> Counter[str]:
    """Compare the library with the server's own books; returns how the batches ended."""
    return await compare(folder / "library.sqlite3", server.ledger(), people=PEOPLE)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mix", MIXES)
async def test_killed_at_any_step_nothing_is_lost_and_nothing_bought_twice(
    mix: str, runner: Runner, server: DemoServer, tmp_path: Path
) -> None:
    script(server, mix)
    steps = runner(tmp_path / "undisturbed", server)
    assert steps > 20
    await check(tmp_path / "undisturbed", server)

    ends: Counter[str] = Counter()
    for kill_at in range(1, steps + 1, EVERY):
        script(server, mix)
        folder = tmp_path / str(kill_at)
        assert runner(folder, server, kill_at) == -signal.SIGKILL, f"step {kill_at}"
        assert runner(folder, server) > 0, f"after step {kill_at}"
        try:
            ends += await check(folder, server)
        except AssertionError as error:
            raise AssertionError(f"killed at step {kill_at} of {steps}") from error
    print(f"{mix}: {steps} steps, batches ended {dict(ends)}")  # noqa: T201 - the figures of `make crash-test`
