from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from app.domain.backups import BackupKind
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage import migrations
from app.storage.backups import KEPT, list_backups
from app.storage.columns import moment
from app.storage.database import Database, rows, scalar
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository
from tests.storage.builders import make_record

VERSION = "SELECT max(number) FROM schema_migration"


class Connection(Protocol):
    def execute(self, sql: str, /) -> Iterator[tuple[Any, ...]]: ...


@pytest.fixture
def add_migration(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Connection], object]], None]:
    """Add a migration to the program, as its next version would."""

    def add(apply: Callable[[Connection], object]) -> None:
        monkeypatch.setattr(migrations, "_MIGRATIONS", (*migrations._MIGRATIONS, apply))
        monkeypatch.setattr(migrations, "LATEST", migrations.LATEST + 1)

    return add


def add_colour(conn: Connection) -> None:
    conn.execute("ALTER TABLE contact ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'")


def fail_half_way(conn: Connection) -> None:
    add_colour(conn)
    raise ZeroDivisionError


async def make_library(path: Path) -> None:
    database = await Database.open(path)
    await LibraryRepository(database).save([make_record("1", first_name="Ada")])
    await database.close()


async def test_an_empty_file_gets_every_table_and_no_backup(library_path: Path) -> None:
    library_path.touch()
    database = await Database.open(library_path)
    assert await database.read(lambda conn: scalar(conn, VERSION)) == migrations.LATEST
    recorded = await database.read(lambda conn: rows(conn, "SELECT number, name FROM schema_migration"))
    assert [number for number, _ in recorded] == list(range(1, migrations.LATEST + 1))
    assert all(name.startswith(f"m{number:04d}_") for number, name in recorded)
    await database.close()
    assert list_backups(library_path) == []


async def test_opening_again_migrates_nothing(library_path: Path) -> None:
    await make_library(library_path)
    await make_library(library_path)
    assert list_backups(library_path) == []


async def test_an_older_library_is_backed_up_then_migrated_with_its_data(
    library_path: Path, add_migration: Callable[[Callable[[Connection], object]], None]
) -> None:
    await make_library(library_path)
    add_migration(add_colour)
    database = await Database.open(library_path)
    assert await database.read(lambda conn: rows(conn, "SELECT first_name, colour FROM contact")) == [("Ada", "blue")]
    assert await database.read(lambda conn: scalar(conn, VERSION)) == migrations.LATEST
    await database.close()
    (backup,) = list_backups(library_path)
    assert (backup.kind, backup.version, backup.contacts) == (BackupKind.MIGRATION, migrations.LATEST - 1, 1)
    assert {path.name for path in backup.path.parent.iterdir()} == {backup.path.name, "manifest.jsonl"}


async def test_a_backup_is_a_library_as_it_was(library_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_library(library_path)
    with monkeypatch.context() as newer:
        newer.setattr(migrations, "_MIGRATIONS", (*migrations._MIGRATIONS, add_colour))
        newer.setattr(migrations, "LATEST", migrations.LATEST + 1)
        await (await Database.open(library_path)).close()
    database = await Database.open(list_backups(library_path)[0].path)
    library = LibraryRepository(database)
    assert [row.first_name for row in await library.rows(await library.all_ids())] == ["Ada"]
    await database.close()


async def test_a_migration_that_fails_leaves_the_library_as_it_was(
    library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_library(library_path)
    with monkeypatch.context() as newer:
        newer.setattr(migrations, "_MIGRATIONS", (*migrations._MIGRATIONS, fail_half_way))
        newer.setattr(migrations, "LATEST", migrations.LATEST + 1)
        with pytest.raises(ZeroDivisionError):
            await Database.open(library_path)
    database = await Database.open(library_path)
    assert await database.read(lambda conn: scalar(conn, VERSION)) == migrations.LATEST
    columns = await database.read(lambda conn: rows(conn, "SELECT name FROM pragma_table_info('contact')"))
    assert ("colour",) not in columns
    await database.close()


async def test_only_the_newest_backups_are_kept(library_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_library(library_path)
    for _ in range(KEPT[BackupKind.MIGRATION] + 2):
        monkeypatch.setattr(migrations, "_MIGRATIONS", (*migrations._MIGRATIONS, lambda conn: None))
        monkeypatch.setattr(migrations, "LATEST", migrations.LATEST + 1)
        await (await Database.open(library_path)).close()
    newest = migrations.LATEST - 1
    kept = [backup.version for backup in list_backups(library_path)]
    assert kept == [newest - age for age in range(KEPT[BackupKind.MIGRATION])]


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_newer_library_is_refused_politely_and_left_alone(library_path: Path, read_only: bool) -> None:
    await make_library(library_path)
    database = await Database.open(library_path)
    await database.write(
        lambda conn: rows(conn, "INSERT INTO schema_migration VALUES (99, 'm0099_later', '2031-01-01')")
    )
    await database.close()
    before = library_path.read_bytes()
    with pytest.raises(LibraryError, match="newer Contact Scout") as raised:
        await Database.open(library_path, read_only=read_only)
    assert "Install" in raised.value.next_step
    assert library_path.read_bytes() == before


async def test_an_older_library_cannot_be_read_beside_until_it_is_migrated(
    library_path: Path, add_migration: Callable[[Callable[[Connection], object]], None]
) -> None:
    await make_library(library_path)
    add_migration(add_colour)
    with pytest.raises(LibraryError, match="older Contact Scout") as raised:
        await Database.open(library_path, read_only=True)
    assert raised.value.next_step


FIRST_VERSION = """
INSERT INTO contact (contact_id, created_at, first_name, provider, providers, provider_id) VALUES
    (1, 5, 'Ada', 'leadfeeder', 'leadfeeder', '71');
INSERT INTO source_record (contact_id, provider, account_id, provider_id, kind, fetched_at, masked, credits_charged,
    request_id, fields, raw) VALUES
    (1, 'leadfeeder', '7', '71', 'full', 900, 0, 1, 'req-1', '{"company_name": "Acme"}', x'7b7d'),
    (1, 'leadfeeder', '7', '72', 'full', 900, 0, 0, 'req-1', '{}', x'7b7d');
INSERT INTO run (run_id, kind) VALUES (3, 'fetch');
INSERT INTO fetch_run (run_id, provider, account_id, state, created_at, charged) VALUES
    (3, 'leadfeeder', '7', 'finished', 5, 1);
INSERT INTO fetch_item (run_id, position, provider_id, outcome, contact_id) VALUES (3, 0, '71', 'found', 1);
INSERT INTO ledger_line (at, provider, kind, credits, request_id, run_id) VALUES
    (100, 'leadfeeder', 'charged', 1, 'req-1', 3);
"""


async def test_a_library_of_the_first_version_opens_with_all_it_held(
    library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(migrations, "_MIGRATIONS", migrations._MIGRATIONS[:1])
        older.setattr(migrations, "LATEST", 1)
        database = await Database.open(library_path)
        await database.write(lambda conn: rows(conn, FIRST_VERSION))
        await database.close()
    database = await Database.open(library_path)
    library = LibraryRepository(database)
    assert [row.first_name for row in await library.rows(await library.all_ids())] == ["Ada"]
    assert (await library.stats())["quarantined_rows"] == 0
    owned = await library.owned(Provider.LEADFEEDER, ["71", "72"], "7")
    # When it was charged, not when it was refreshed last.
    assert (owned["71"].charged_at, owned["71"].with_company) == (moment(100), True)
    assert (owned["72"].charged_at, owned["72"].with_company) == (None, False)
    (run,) = await FetchRunRepository(database, library).runs()
    assert (run.counts, run.charged, run.include_company) == ({Outcome.FOUND: 1}, 1, False)
    await database.close()
