import asyncio
import os
import sys
import threading
from pathlib import Path

import pytest

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.errors import LibraryError
from app.storage.database import Connection, Database, one, rows, scalar
from app.storage.library import LibraryRepository
from tests.conftest import ExpectLog
from tests.storage.builders import make_record

ADD = "INSERT INTO run (kind) VALUES ('fetch')"


def add_run(conn: Connection) -> int:
    return int(scalar(conn, f"{ADD} RETURNING run_id"))


def count_runs(conn: Connection) -> int:
    return int(scalar(conn, "SELECT count(*) FROM run"))


async def test_a_committed_write_is_on_the_disk_when_its_await_returns(database: Database, library_path: Path) -> None:
    await database.write(add_run)
    other = await Database.open(library_path, read_only=True)
    assert await other.read(count_runs) == 1
    await other.close()


async def test_the_file_is_kept_so_that_a_power_cut_loses_no_commit(database: Database) -> None:
    pragmas = await database.write(
        lambda conn: [scalar(conn, f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")]
    )
    assert pragmas == ["wal", 2, 1]


async def test_a_write_that_raises_changes_nothing(database: Database) -> None:
    def work(conn: Connection) -> None:
        add_run(conn)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(work)
    assert await database.read(count_runs) == 0


async def test_neither_reads_nor_writes_run_on_the_loops_thread(database: Database) -> None:
    def where(conn: Connection) -> str:
        return threading.current_thread().name

    names = {await database.write(where), await database.read(where)}
    assert len(names) == 2
    assert threading.current_thread().name not in names


async def test_reads_see_one_unchanging_view_while_writes_go_on(database: Database) -> None:
    begun, written = threading.Event(), threading.Event()

    def look_twice(conn: Connection) -> tuple[int, int]:
        before = count_runs(conn)
        begun.set()
        assert written.wait(10)
        return before, count_runs(conn)

    reading = asyncio.create_task(database.read(look_twice))
    await asyncio.to_thread(begun.wait, 10)
    await database.write(add_run)
    written.set()
    assert await reading == (0, 0)
    assert await database.read(count_runs) == 1


async def test_a_read_cannot_change_anything(database: Database) -> None:
    with pytest.raises(LibraryError, match="cannot be written"):
        await database.read(add_run)


async def test_a_cancelled_write_still_completes_and_is_still_told(database: Database, told: list[Change]) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(conn: Connection) -> int:
        begun.set()
        assert go_on.wait(10)
        return add_run(conn)

    change = Change(ChangeKind.FETCH_RUNS, (1,))
    running = asyncio.create_task(database.write(slow, announce=lambda _: [change]))
    waiting = asyncio.create_task(database.write(add_run, announce=lambda _: [change]))
    await asyncio.to_thread(begun.wait, 10)
    running.cancel()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert told == []
    go_on.set()
    await database.write(add_run)
    assert await database.read(count_runs) == 3
    assert told == [change, change]


async def test_a_write_that_fails_after_its_caller_left_is_logged(database: Database, expected_log: ExpectLog) -> None:
    expected_log("A write failed after its caller had left")
    begun, go_on = threading.Event(), threading.Event()

    def fail(conn: Connection) -> None:
        begun.set()
        assert go_on.wait(10)
        raise ZeroDivisionError

    task = asyncio.create_task(database.write(fail))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    assert await database.write(count_runs) == 0


async def test_a_read_that_is_cancelled_before_its_turn_is_dropped(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ran: list[str] = []

    def slow(conn: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    first = asyncio.create_task(database.read(slow))
    second = asyncio.create_task(database.read(lambda conn: ran.append("second")))
    await asyncio.to_thread(begun.wait, 10)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go_on.set()
    await first
    await database.read(lambda conn: ran.append("third"))
    assert ran == ["third"]


async def test_changes_are_published_on_the_loops_thread_after_the_commit(
    database: Database, feed: ChangeFeed, library_path: Path
) -> None:
    threads = []
    feed.subscribe(lambda change: threads.append(threading.current_thread()))
    await database.write(add_run, announce=lambda run_id: [Change(ChangeKind.FETCH_RUNS, (run_id,))])
    assert threads == [threading.current_thread()]


async def test_closing_finishes_the_writes_that_were_begun(library_path: Path) -> None:
    database = await Database.open(library_path)
    writes = [asyncio.create_task(database.write(add_run)) for _ in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    again = await Database.open(library_path)
    assert await again.read(count_runs) == 20
    await again.close()


async def test_closing_twice_is_harmless_and_leaves_one_file_and_no_thread(library_path: Path) -> None:
    database = await Database.open(library_path)
    await database.close()
    await database.close()
    assert [path.name for path in library_path.parent.iterdir()] == [library_path.name]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("library-") and thread.is_alive()]


async def test_a_closed_library_says_so(library_path: Path) -> None:
    database = await Database.open(library_path)
    await database.close()
    with pytest.raises(LibraryError, match="already closed"):
        await database.read(count_runs)
    with pytest.raises(LibraryError, match="already closed"):
        await database.write(add_run)


async def test_reading_beside_the_program_that_has_the_library(database: Database, library_path: Path) -> None:
    await database.write(add_run)
    beside = await Database.open(library_path, read_only=True)
    await database.write(add_run)
    assert await beside.read(count_runs) == 2
    with pytest.raises(LibraryError, match="reading only") as raised:
        await beside.write(add_run)
    assert raised.value.next_step
    await beside.close()


async def test_looking_at_a_library_that_nobody_made_shows_an_empty_one(library_path: Path) -> None:
    database = await Database.open(library_path, read_only=True)
    assert (await LibraryRepository(database).stats())["contacts"] == 0
    await database.close()
    assert not library_path.exists()


async def test_reading_only_after_the_other_program_has_gone(library_path: Path) -> None:
    database = await Database.open(library_path)
    await database.write(add_run)
    await database.close()
    beside = await Database.open(library_path, read_only=True)
    assert await beside.read(count_runs) == 1
    await beside.close()


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_file_that_is_no_database(library_path: Path, read_only: bool) -> None:
    library_path.write_bytes(b"this is a letter to my aunt, not a library " * 100)
    with pytest.raises(LibraryError, match="damaged") as raised:
        await Database.open(library_path, read_only=read_only)
    assert "backup" in raised.value.next_step
    assert library_path.read_bytes().startswith(b"this is a letter")


async def test_a_library_damaged_in_the_middle(library_path: Path) -> None:
    database = await Database.open(library_path)
    await LibraryRepository(database).save([make_record(str(number)) for number in range(200)])
    await database.close()
    content = bytearray(library_path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    library_path.write_bytes(content)
    with pytest.raises(LibraryError, match="damaged"):
        database = await Database.open(library_path)
    assert not library_path.with_name("library.sqlite3-journal").exists()


async def test_a_database_of_another_program_is_left_alone(library_path: Path, tmp_path: Path) -> None:
    ours = await Database.open(tmp_path / "ours.sqlite3")
    await ours.write(lambda conn: rows(conn, "DROP TABLE schema_migration"))
    await ours.close()
    (tmp_path / "ours.sqlite3").rename(library_path)
    before = library_path.read_bytes()
    with pytest.raises(LibraryError, match="not a Contact Scout library"):
        await Database.open(library_path)
    assert library_path.read_bytes() == before


async def test_a_library_locked_by_another_program(database: Database, library_path: Path) -> None:
    held, go_on = threading.Event(), threading.Event()

    def hold(conn: Connection) -> None:
        held.set()
        assert go_on.wait(10)

    other = await Database.open(library_path, busy_timeout=0.01)
    holding = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(held.wait, 10)
    with pytest.raises(LibraryError, match="locked") as raised:
        await other.write(add_run)
    assert raised.value.next_step
    go_on.set()
    await holding
    await other.write(add_run)
    await other.close()


async def test_a_full_disk_changes_nothing_and_the_library_goes_on(database: Database) -> None:
    library = LibraryRepository(database)
    await library.save([make_record("kept")])
    await database.write(lambda conn: rows(conn, f"PRAGMA max_page_count = {scalar(conn, 'PRAGMA page_count') + 20}"))
    with pytest.raises(LibraryError, match="disk is full") as raised:
        await library.save([make_record(str(number), raw=b"x" * 5000) for number in range(100)])
    assert raised.value.next_step
    assert (await library.stats())["contacts"] == 1
    await database.write(lambda conn: rows(conn, "PRAGMA max_page_count = 1000000"))
    await library.save([make_record("after")])
    assert (await library.stats())["contacts"] == 2


@pytest.fixture
def unwritable_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        # Permissions do not bind an administrator; the kernel's own tree refuses everybody.
        folder = Path("/proc/self")
        if not sys.platform.startswith("linux"):
            pytest.skip("this user may write anywhere")
    return folder


async def test_a_folder_that_cannot_be_written(unwritable_folder: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be opened") as raised:
        await Database.open(unwritable_folder / "library.sqlite3")
    assert "may write" in raised.value.next_step


async def test_a_file_that_cannot_be_written(library_path: Path) -> None:
    await (await Database.open(library_path)).close()
    library_path.chmod(0o400)
    if os.access(library_path, os.W_OK):
        pytest.skip("this user may write anywhere")
    with pytest.raises(LibraryError, match="cannot be"):
        await Database.open(library_path)


async def test_a_folder_in_the_librarys_place(library_path: Path) -> None:
    library_path.mkdir()
    with pytest.raises(LibraryError, match="cannot be opened"):
        await Database.open(library_path)


async def test_our_own_mistakes_are_not_dressed_up_as_the_reps(database: Database) -> None:
    with pytest.raises(Exception, match="no such table") as raised:
        await database.write(lambda conn: rows(conn, "SELECT * FROM nowhere"))
    assert not isinstance(raised.value, LibraryError)


async def test_reading_one_row_or_none(database: Database) -> None:
    assert await database.read(lambda conn: one(conn, "SELECT 1 WHERE 0")) is None
    assert await database.read(lambda conn: one(conn, "SELECT 1, 'a'")) == (1, "a")
