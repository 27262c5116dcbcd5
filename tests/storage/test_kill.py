"""The program is killed in the middle of writing: what was committed is there, whole, and the library opens again."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.storage.database import Database, rows, scalar
from app.storage.library import LibraryRepository

WRITE_FOR_EVER = """
import asyncio, itertools, sys
from pathlib import Path
from app.storage.database import Database
from app.storage.library import LibraryRepository
from tests.storage.builders import make_record

async def main():
    library = LibraryRepository(await Database.open(Path(sys.argv[1])))
    for number in itertools.count():
        await library.save([make_record(f"{number}-{row}", first_name="Ada") for row in range(10)])
        print(number + 1, flush=True)

asyncio.run(main())
"""
RECORDS_PER_WRITE = 10


def write_then_kill(library_path: Path, commits: int) -> None:
    """Start a program that writes for ever, and kill it as soon as it has told of so many commits."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(library_path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as writer:
        assert writer.stdout is not None
        for number in range(commits):
            assert writer.stdout.readline() == f"{number + 1}\n"
        writer.kill()


@pytest.mark.parametrize("commits_seen", [1, 3, 8])
async def test_a_kill_loses_nothing_that_was_committed_and_leaves_no_half(
    library_path: Path, commits_seen: int
) -> None:
    write_then_kill(library_path, commits_seen)
    for _ in range(2):
        database = await Database.open(library_path)
        library = LibraryRepository(database)
        stored = (await library.stats())["contacts"]
        assert stored >= commits_seen * RECORDS_PER_WRITE
        assert stored % RECORDS_PER_WRITE == 0
        assert await database.read(lambda conn: scalar(conn, "SELECT count(*) FROM source_record")) == stored
        assert await database.read(lambda conn: rows(conn, "PRAGMA integrity_check")) == [("ok",)]
        assert await database.read(lambda conn: rows(conn, "PRAGMA foreign_key_check")) == []
        assert len(await library.rows(await library.all_ids())) == stored
        await database.close()
