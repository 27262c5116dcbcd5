"""A bulk fetch is killed at ten random moments: what was stored is never asked for again, and nothing is missing."""

import asyncio
import os
import random
import subprocess
from functools import partial
from pathlib import Path

import httpx

from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.provider import Provider
from app.storage.database import Database
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository
from app.storage.profile import Profile
from tests.cli.conftest import Program, read_rows
from tests.support.demo_server import PATIENCE, DemoServer
from tests.support.programs import ROOT, started, until

KILLS = 10
CHUNKS = 80
GET_MANY = "/contacts/get-many"


def asked(server: DemoServer) -> list[list[str]]:
    """The IDs of each request that the server saw, in order."""
    return [[str(one) for one in request["ids"]] for request in server.requests(Provider.BUILDWORKPRO, GET_MANY)]


def is_asked(server: DemoServer, times: int) -> bool:
    return len(asked(server)) >= times


def answer_all(server: DemoServer) -> None:
    """Ask once more: requests that came in before are in the server's books when this is answered."""
    headers = {"Authorization": f"Bearer {server.key}"}
    url = server.url(Provider.BUILDWORKPRO) + "/contacts/count"
    assert httpx.get(url, headers=headers, trust_env=False, timeout=PATIENCE).is_success


async def ended(profile: Path) -> set[str]:
    """The IDs whose outcome the library has."""
    database = await Database.open(Profile(profile).library_path, read_only=True)
    items = await FetchRunRepository(database, LibraryRepository(database)).items(1)
    await database.close()
    return {item.provider_id for item in items if not item.outcome.is_open}


def test_ten_kills_cost_no_stored_chunk_a_second_request(tmp_path: Path, demo_data: DemoData) -> None:
    known = sample_ids(demo_data, Provider.BUILDWORKPRO, 500)
    pasted = known + [str(900_000_000 + number) for number in range(CHUNKS * 50 - len(known))]
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(pasted), "utf-8")
    files = ("--out", tmp_path / "out.csv", "--outcomes", tmp_path / "outcomes.csv")
    chance = random.Random(6)
    stored: set[str] = set()
    with DemoServer(demo_data, latency_ms=40) as server:
        program = Program(tmp_path, server.environ())
        command = program.command_line("fetch", "buildworkpro", ids, *files)
        for kill in range(KILLS):
            before = len(asked(server))
            with started(
                command,
                cwd=ROOT,
                env=os.environ | program.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as process:
                # The first time more than can be under way at once, so that something is stored for sure.
                wanted = before + (chance.randint(1, 6) if kill else 12)
                until(process, partial(is_asked, server, wanted))
                process.kill()
            answer_all(server)
            assert stored.isdisjoint(one for request in asked(server)[before:] for one in request)
            stored = asyncio.run(ended(program.profile))
            command = program.command_line("fetch", "buildworkpro", *files, "--resume", "1")
        assert 0 < len(stored) < len(pasted)
        before = len(asked(server))
        assert program("fetch", "buildworkpro", *files, "--resume", "1").code == 0
        again = asked(server)[before:]
    assert stored.isdisjoint(one for request in again for one in request)
    assert sorted(one for request in again for one in request) == sorted(set(pasted) - stored)
    told = read_rows(tmp_path / "outcomes.csv")
    assert [row["id"] for row in told] == pasted
    assert [row["id"] for row in told if row["outcome"] == "found"] == known
    assert [row["provider_id"] for row in read_rows(tmp_path / "out.csv")] == known
