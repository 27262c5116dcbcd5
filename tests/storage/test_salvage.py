import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.enrichment import BatchState, PersonInput
from app.domain.errors import LibraryError
from app.domain.provider import Provider
from app.storage import migrations
from app.storage.database import Database, FileConnection, connect, rows, scalar
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.fetch_runs import FetchRunRepository
from app.storage.integrity import SOUND, look_through
from app.storage.library import LibraryRepository
from app.storage.salvage import Salvaged, salvage
from app.storage.salvage_repair import repair
from tests.storage.builders import EMAILS, make_person, make_record

PAGE = 4096
PEOPLE = 600

OWN = """
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 600)
INSERT INTO contact_mark (contact_id, status, rating, notes) SELECT i, 'called', 3, 'Ring again ' || i FROM n;
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 600)
INSERT INTO contact_tag (contact_id, tag) SELECT i, 'tag ' || i FROM n;
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 600)
INSERT INTO suppression (kind, value, added_at) SELECT 'email', 'person' || i || '@acme.example', 1 FROM n;
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A library with something in every large table."""
    import asyncio

    path = tmp_path_factory.mktemp("sound") / "library.sqlite3"
    asyncio.run(_fill(path))
    return path.read_bytes()


async def _fill(path: Path) -> None:
    database = await Database.open(path)
    library = LibraryRepository(database)
    records = [
        make_record(
            str(number),
            first_name=f"Given{number}",
            last_name="Family",
            email=f"person{number}@acme.example",
            raw=random.Random(number).randbytes(700),
        )
        for number in range(1, PEOPLE + 1)
    ]
    await library.save(records)
    fetches = FetchRunRepository(database, library)
    await fetches.create(Provider.TAMTAM, "", [str(number) for number in range(1_500)])
    queue = EnrichmentRepository(database, library)
    people = [make_person(number) for number in range(250)]
    await queue.create_run(people, EMAILS, cap=500, origin="people.csv")
    await database.write(lambda conn: rows(conn, OWN))
    await database.close()


@pytest.fixture
def library_path(tmp_path: Path, sound: bytes) -> Path:
    path = tmp_path / "library.sqlite3"
    path.write_bytes(sound)
    return path


@contextmanager
def opened(path: Path) -> Iterator[FileConnection]:
    conn = connect(path)
    try:
        yield conn
    finally:
        conn.close()


def contents(path: Path, table: str) -> set[tuple[object, ...]]:
    with opened(path) as conn:
        return set(rows(conn, f"SELECT * FROM {table}"))


def leaves(path: Path, table: str) -> dict[int, int]:
    """The pages that hold a table's rows, in order, with how many each holds."""
    with opened(path) as conn:
        found = rows(
            conn, "SELECT pageno, ncell FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", (table,)
        )
    return dict(found)


def spoil(path: Path, *pages: int) -> None:
    data = bytearray(path.read_bytes())
    for page in pages:
        data[(page - 1) * PAGE : page * PAGE] = b"\xff" * PAGE
    path.write_bytes(data)


def salvaged(path: Path) -> tuple[Path, Salvaged]:
    fresh = path.with_name("fresh.sqlite3")
    return fresh, salvage(path, fresh)


async def assert_sound(path: Path) -> None:
    assert await look_through(path, thoroughly=True) == SOUND
    with opened(path) as conn:
        assert rows(conn, "PRAGMA integrity_check") == [("ok",)]
        assert rows(conn, "PRAGMA foreign_key_check") == []
    database = await Database.open(path)
    library = LibraryRepository(database)
    ids = await library.all_ids()
    assert len(await library.rows(ids)) == len(ids)
    await database.close()


TABLES = (
    "contact",
    "source_record",
    "identity_key",
    "contact_event",
    "contact_mark",
    "contact_tag",
    "suppression",
    "fetch_item",
    "enrichment_item",
    "enrichment_field",
)


async def test_a_sound_library_is_salvaged_whole(library_path: Path) -> None:
    before = {table: contents(library_path, table) for table in TABLES}
    fresh, report = salvaged(library_path)
    assert report.contacts == PEOPLE
    assert (report.lost, report.uncertain) == ({}, ())
    assert {table: contents(fresh, table) for table in TABLES} == before
    await assert_sound(fresh)


@pytest.mark.parametrize("table", TABLES)
async def test_around_damaged_pages_every_row_is_saved(library_path: Path, table: str) -> None:
    before = contents(library_path, table)
    pages = leaves(library_path, table)
    assert len(pages) > 2
    damaged = {next(iter(pages)), *list(pages)[:: len(pages) // 2 + 1], list(pages)[-1]}
    spoil(library_path, *damaged)
    fresh, _ = salvaged(library_path)
    saved = contents(fresh, table)
    # Contacts are made up again for the sake of their records, with the values that these give.
    assert table != "contact" or {row[0] for row in saved} == {row[0] for row in before}
    assert len(saved & before) >= len(before) - sum(pages[page] for page in damaged)
    await assert_sound(fresh)


async def test_rows_between_two_damaged_pages_are_saved(library_path: Path) -> None:
    before = contents(library_path, "source_record")
    pages = leaves(library_path, "source_record")
    damaged = list(pages)[1:-1:7]
    assert len(damaged) > 3
    spoil(library_path, *damaged)
    fresh, report = salvaged(library_path)
    saved = contents(fresh, "source_record")
    assert len(saved) == len(before) - sum(pages[page] for page in damaged)
    assert report.lost["source_record"] == len(before) - len(saved)
    assert saved <= before
    await assert_sound(fresh)


async def test_a_contact_whose_row_is_lost_comes_back_from_its_records(library_path: Path) -> None:
    spoil(library_path, *leaves(library_path, "contact"))
    fresh, report = salvaged(library_path)
    assert report.contacts == PEOPLE
    database = await Database.open(fresh)
    library = LibraryRepository(database)
    names = {row.first_name for row in await library.rows(await library.all_ids())}
    assert names == {f"Given{number}" for number in range(1, PEOPLE + 1)}
    await database.close()


async def test_hard_keys_come_back_from_the_records(library_path: Path) -> None:
    before = contents(library_path, "identity_key")
    with opened(library_path) as conn:
        pages = rows(conn, "SELECT pageno FROM dbstat WHERE name IN ('identity_key', 'identity_key_contact')")
    spoil(library_path, *(page for (page,) in pages))
    fresh, _ = salvaged(library_path)
    assert contents(fresh, "identity_key") == before


async def test_people_of_a_lost_batch_are_never_sent_again_unasked(library_path: Path) -> None:
    with opened(library_path) as conn:
        pages = [page for (page,) in rows(conn, "SELECT pageno FROM dbstat WHERE name = 'enrichment_batch'")]
    spoil(library_path, *pages)
    fresh, report = salvaged(library_path)
    database = await Database.open(fresh)
    queue = EnrichmentRepository(database, LibraryRepository(database))
    (run,) = await queue.runs()
    assert {batch.state for batch in run.batches} == {BatchState.UNKNOWN_OUTCOME}
    assert sum(batch.item_count for batch in run.batches) == 250
    assert "enrichment_batch" in report.uncertain
    await database.close()


async def test_text_that_is_broken_keeps_its_other_letters(library_path: Path) -> None:
    data = library_path.read_bytes()
    assert data.count(b"Ring again 300") == 1
    library_path.write_bytes(data.replace(b"Ring again 300", b"Ring ag\xffin 300"))
    assert await look_through(library_path) == SOUND
    assert "contact_mark" in await look_through(library_path, thoroughly=True)
    fresh, report = salvaged(library_path)
    assert (300, "called", 3, "Ring ag\ufffdin 300") in contents(fresh, "contact_mark")
    assert report.lost == {}
    await assert_sound(fresh)


@pytest.mark.parametrize("size", [16, 100])
async def test_a_head_of_zeros_is_made_up_again(library_path: Path, size: int) -> None:
    before = contents(library_path, "source_record")
    data = library_path.read_bytes()
    library_path.write_bytes(bytes(size) + data[size:])
    with pytest.raises(LibraryError, match="damaged"):
        await Database.open(library_path)
    fresh, report = salvaged(library_path)
    assert contents(fresh, "source_record") == before
    assert report.contacts == PEOPLE
    assert [path for path in library_path.parent.iterdir() if path.name.startswith(".")] == []
    await assert_sound(fresh)


@pytest.mark.parametrize("part", [0.9, 0.6, 0.4])
async def test_a_file_that_ends_too_early(library_path: Path, part: float) -> None:
    data = library_path.read_bytes()
    library_path.write_bytes(data[: int(len(data) * part)])
    fresh, report = salvaged(library_path)
    assert 0 < report.contacts <= PEOPLE
    await assert_sound(fresh)


@pytest.mark.parametrize("content", [b"", b"\0" * 40_000, b"a letter to my aunt " * 5_000])
def test_where_nothing_can_be_read_nothing_is_left_behind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.sqlite3"
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="Nothing can be read"):
        salvaged(path)
    assert [each.name for each in tmp_path.iterdir()] == ["library.sqlite3"]
    assert path.read_bytes() == content


@pytest.mark.parametrize("seed", range(6))
async def test_bytes_flipped_anywhere(library_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(library_path.read_bytes())
    for _ in range(chance.choice((1, 5, 60))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    library_path.write_bytes(data)
    fresh, report = salvaged(library_path)
    assert report.contacts > PEOPLE // 2
    assert library_path.read_bytes() == data
    await assert_sound(fresh)


async def test_a_damaged_log_gives_up_only_what_it_held(library_path: Path) -> None:
    database = await Database.open(library_path)
    library = LibraryRepository(database)
    await library.save([make_record(f"late{number}", first_name="Late") for number in range(50)])
    copy = library_path.with_name("copy") / "library.sqlite3"
    copy.parent.mkdir()
    copy.write_bytes(library_path.read_bytes())
    log = bytearray(Path(f"{library_path}-wal").read_bytes())
    await database.close()
    log[len(log) // 3 : len(log) // 2] = b"\0" * (len(log) // 2 - len(log) // 3)
    Path(f"{copy}-wal").write_bytes(log)
    fresh, report = salvaged(copy)
    assert PEOPLE <= report.contacts <= PEOPLE + 50
    await assert_sound(fresh)


async def test_an_older_library_is_salvaged_as_it_is_and_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.sqlite3"
    with monkeypatch.context() as older:
        older.setattr(migrations, "_MIGRATIONS", migrations._MIGRATIONS[:3])
        older.setattr(migrations, "LATEST", 3)
        database = await Database.open(path)
        await database.write(
            lambda conn: rows(
                conn,
                "INSERT INTO contact (contact_id, created_at, first_name, provider, providers)"
                " VALUES (1, 5, 'Ada', 'tamtam', 'tamtam')",
            )
        )
        await database.close()
    fresh, report = salvaged(path)
    assert report.contacts == 1
    with opened(fresh) as conn:
        assert scalar(conn, "SELECT max(number) FROM schema_migration") == migrations.LATEST
    await assert_sound(fresh)


async def test_numbers_are_not_given_twice(library_path: Path) -> None:
    spoil(library_path, list(leaves(library_path, "enrichment_item"))[-1])
    fresh, _ = salvaged(library_path)
    database = await Database.open(fresh)
    queue = EnrichmentRepository(database, LibraryRepository(database))
    person = PersonInput("New", "Person", "new.example")
    run_id = await queue.create_run([person], EMAILS, cap=5, origin="")
    (item,) = await queue.items(run_id=run_id)
    assert item.item_id > 250
    await database.close()


def test_the_new_file_is_flushed_at_the_end_and_not_at_every_step(
    library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []

    def look_and_repair(conn: FileConnection) -> Counter[str]:
        waits.append(scalar(conn, "PRAGMA synchronous"))
        return repair(conn)

    monkeypatch.setattr("app.storage.salvage.repair", look_and_repair)
    salvaged(library_path)
    assert waits == [0]
