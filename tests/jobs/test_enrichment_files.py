"""The queue on a file that is locked or damaged: nothing is bought that could not be kept, and nothing is lost."""

import asyncio
from pathlib import Path

import apsw
import pytest

from app.domain.changes import ChangeFeed
from app.domain.enrichment import BatchState
from app.domain.errors import BadKeyError, LibraryError
from app.domain.outcomes import Outcome
from app.storage.database import Database
from app.storage.journal import RequestJournal
from tests.support.enrichment_desk import EMAILS, Desk, bad_key, people, person


class OtherProgram:
    """Another program with a hold on the file: in a write-ahead log that is the lock of the one writer."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))

    def lock(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


async def open_desk(folder: Path) -> tuple[Desk, Database]:
    database = await Database.open(folder / "library.db", busy_timeout=0.01)
    return Desk(database, ChangeFeed(), folder), database


async def test_while_another_program_has_the_file_locked_nothing_is_bought(tmp_path: Path) -> None:
    desk, database = await open_desk(tmp_path)
    run_id = await desk.queue(person("Hit"))
    other = OtherProgram(database.path)
    other.lock()
    with pytest.raises(LibraryError, match="locked"):
        await desk.engine.drain()
    assert desk.provider.submits == []
    other.unlock()
    desk.engine.wake()
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
    assert set(desk.provider.bought.values()) == {1}
    other.close()
    await database.close()


async def test_a_file_locked_during_the_submit_costs_neither_the_request_id_nor_a_second_purchase(
    tmp_path: Path,
) -> None:
    desk, database = await open_desk(tmp_path)
    other = OtherProgram(database.path)
    desk.provider.on_submit = other.lock
    run_id = await desk.queue(person("Hit"), person("Miss"))
    with pytest.raises(LibraryError, match="locked"):
        await desk.engine.drain()
    assert await desk.states(run_id) == [BatchState.SUBMITTING]
    assert [entry.request_id for entry in desk.journal.entries()] == ["request-1"]
    other.unlock()
    other.close()
    desk.engine.wake()
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND], "Miss": [Outcome.NOT_FOUND]}
    assert len(desk.provider.submits) == 1
    await database.close()


async def test_a_worker_waits_for_the_lock_to_go_by_itself(tmp_path: Path) -> None:
    desk, database = await open_desk(tmp_path)
    run_id = await desk.queue(person("Hit"))
    other = OtherProgram(database.path)
    other.lock()
    pause = desk.pause

    async def unlock_then_pause(event: asyncio.Event, seconds: float | None) -> None:
        if len(desk.waits) == 2:
            other.unlock()
        await pause(event, seconds)

    desk.pause = unlock_then_pause  # type: ignore[method-assign]  # time passes, and then the other program is done
    working = asyncio.create_task(desk.restart().work())
    await desk.idle.wait()
    assert any("locked" in note for note in desk.notes)
    assert desk.engine.lane_note == ""
    desk.engine.stop()
    await working
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}
    other.close()
    await database.close()


@pytest.mark.parametrize("table", ["enrichment_batch", "enrichment_item", "enrichment_field"])
async def test_a_damaged_page_stops_the_queue_before_it_buys_and_the_journal_still_collects(
    tmp_path: Path, table: str
) -> None:
    desk, database = await open_desk(tmp_path)
    desk.provider.poll_troubles = [bad_key()]
    await desk.queue(*people(3))
    with pytest.raises(BadKeyError):
        await desk.engine.drain()
    await desk.runs.create_run([person("Later")], EMAILS, cap=5, origin="")
    await database.close()
    damage(database.path, table)

    desk_after, database = await open_desk(tmp_path)
    desk_after.provider = desk.provider
    with pytest.raises(LibraryError, match="damaged"):
        await desk_after.engine.drain()
    assert len(desk.provider.submits) == 1
    await database.close()

    fresh = tmp_path / "fresh"
    fresh.mkdir()
    desk_new, database = await open_desk(fresh)
    desk_new.provider, desk_new.key = desk.provider, desk.key
    await desk_new.runs.take_up(RequestJournal(desk.journal_path).entries())
    await desk_new.engine.drain()
    (run,) = await desk_new.runs.runs()
    assert (run.batches[0].state, run.spending.charged) == (BatchState.COMPLETE, 3)
    assert len(desk.provider.submits) == 1
    await database.close()


def damage(path: Path, table: str) -> None:
    """Overwrite the first page of a table, as a failing disk might."""
    connection = apsw.Connection(str(path))
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
    ((size,),) = connection.execute("PRAGMA page_size")
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x5a" * size)
