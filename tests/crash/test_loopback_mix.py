"""The whole program against the demo server in a process of its own, over loopback, with each fault on one call in 20.

`make crash-test` takes 10,000 people; without CRASH_SWEEP=full there are fewer.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.composition import open_services
from app.domain.enrichment import EnrichField, PersonInput
from app.domain.errors import ContactScoutError
from app.domain.provider import Provider
from app.providers.client import Timeouts
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository
from app.storage.profile import Profile
from tests.crash.test_kill_at_step import POLL, SUBMIT
from tests.providers.support import FakeClock
from tests.support.books import compare
from tests.support.crash_runner import SCHEDULE
from tests.support.demo_server import DemoServerProcess
from tests.support.memory_key_store import MemoryKeyStore

FULL = os.environ.get("CRASH_SWEEP") == "full"
PEOPLE = 10_000 if FULL else 400
BATCH = 10
SHARE = 0.05
#: Seconds: how long a call may take, how long one in twenty answers is held back, how long an enrichment takes.
PATIENCE, HELD_BACK, TAKES = 0.5, 1.0, 0.01

FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 429, "retry_after": 1, **SUBMIT},
    {"kind": "status", "status": 500, "process": True, **SUBMIT},
    {"kind": "drop_reply", **SUBMIT},
    {"kind": "delay", "seconds": HELD_BACK, **SUBMIT},
    {"kind": "status", "status": 429, "retry_after": 1, **POLL},
    {"kind": "status", "status": 503, **POLL},
    {"kind": "delay", "seconds": HELD_BACK, **POLL},
    {"kind": "drop_reply", **POLL},
    {"kind": "reorder", **POLL},
    {"kind": "missing_rows", "rows": 1, **POLL},
    {"kind": "extra_rows", "rows": 1, **POLL},
]


@pytest.mark.timeout(3600)
async def test_the_ledger_equals_the_servers_to_the_credit(tmp_path: Path, expected_log: Callable[[str], None]) -> None:
    expected_log("is unknown")
    with DemoServerProcess(contacts=500, enrichment_seconds=TAKES) as server:
        for fault in FAULTS:
            server.fault(provider=Provider.TAMTAM, times=None, share=SHARE, **fault)
        server.set_credits(Provider.TAMTAM, PEOPLE)
        started, profile = time.monotonic(), Profile(tmp_path)
        async with open_services(
            profile,
            environ=server.environ(),
            key_store=MemoryKeyStore(),
            schedule=SCHEDULE,
            clock=FakeClock().clock,
            timeouts=Timeouts(connect=PATIENCE, read=PATIENCE, total=PATIENCE),
        ) as services:
            await queue_people(profile.library_path)
            (run,) = await services.enrichment.runs()
            while run.is_open:
                with suppress(ContactScoutError):  # as a rep who clicks “Resume”
                    await services.enrichment.drain()
                run = await services.enrichment.run(run.run_id)
        books = server.ledger()
        ends = await compare(profile.library_path, books, people=PEOPLE)
        statuses = {str(line["status"]) for line in server.requests(Provider.TAMTAM, "/v2/people/enrich")}
    assert not FULL or {"202", "429", "500", "503", "None"} <= statuses
    assert ends["complete"] > ends["unknown_outcome"]
    seconds = time.monotonic() - started
    print(  # noqa: T201 - the figures of `make crash-test`
        f"{PEOPLE} people over loopback: batches ended {dict(ends)}, counts {dict(run.counts)},"
        f" server charged {books['totals']['charged']}, requests {books['totals']['requests']}, {seconds:.0f} s"
    )


async def queue_people(library_path: Path) -> None:
    """One run in small batches, so that there are many submits."""
    database = await Database.open(library_path)
    queue = EnrichmentRepository(database, LibraryRepository(database))
    people = [PersonInput(f"Given{number}", "Family", "acme.example") for number in range(PEOPLE)]
    await queue.create_run(people, {EnrichField.EMAILS}, cap=PEOPLE, origin="mix", batch_size=BATCH)
    await database.close()
