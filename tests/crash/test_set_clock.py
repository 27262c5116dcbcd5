"""The computer's clock is set while the program, a process of its own, waits for paid results (libfaketime)."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo.samples import people_rows
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository
from tests.cli.conftest import write_people
from tests.support.books import compare
from tests.support.demo_server import DemoServer, demo_data, demo_server

__all__ = ["demo_data", "demo_server"]

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)

pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed; `make test` brings it with apt")


@pytest.mark.parametrize("jump", ["+2d", "-2d"])
def test_a_clock_set_by_days_while_results_are_awaited_costs_and_loses_nothing(
    tmp_path: Path, demo_server: DemoServer, jump: str
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    rows = people_rows(demo_server.data, 5)
    people = write_people(tmp_path / "people.csv", rows)
    demo_server.options(enrichment_seconds=1.0)
    environ = {
        **os.environ,
        **demo_server.environ(),
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    words = [sys.executable, "-m", "app", "--profile", str(tmp_path / "profile"), "enrich", str(people)]
    words += ["--fields", "emails", "--out", str(tmp_path / "out.csv"), "--outcomes", str(tmp_path / "outcomes.csv")]
    running = subprocess.Popen([*words, "--max-credits", "5", "--yes"], env=environ)
    try:
        while not demo_server.ledger()["submits"]:
            assert running.poll() is None
        clock.write_text(f"{jump}\n")  # the first poll is some seconds away
        assert running.wait(60) in (0, 3)
    finally:
        running.kill()
        running.wait()
    library = tmp_path / "profile" / "library.sqlite3"
    assert asyncio.run(compare(library, demo_server.ledger(), people=5)) == {"complete": 1}
    assert abs(asyncio.run(seconds_between(library))) > 86_400, "the program saw the clock jump"


async def seconds_between(library: Path) -> float:
    """By the program's own clock, from the queueing of the run to its end."""
    database = await Database.open(library)
    (run,) = await EnrichmentRepository(database, LibraryRepository(database)).runs()
    await database.close()
    return (run.batches[0].updated_at - run.created_at).total_seconds()
