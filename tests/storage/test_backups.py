import json
import threading
from pathlib import Path

import pytest

from app.domain.backups import BackupKind
from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage import backups, migrations
from app.storage.backups import (
    KEPT,
    Stop,
    backup_folder,
    delete_backup,
    describe_file,
    list_backups,
    make_backup,
)
from app.storage.database import Database, connect, rows, scalar
from app.storage.library import LibraryRepository
from tests.conftest import ExpectLog
from tests.storage.builders import make_record


async def fill(database: Database, people: int = 3, first: int = 0) -> None:
    records = [make_record(str(number), first_name="Ada") for number in range(first, first + people)]
    await LibraryRepository(database).save(records)


async def contacts_in(path: Path) -> int:
    database = await Database.open(path, read_only=True)
    counts = await LibraryRepository(database).stats()
    await database.close()
    return counts["contacts"]


async def test_a_backup_is_a_sound_library_in_one_file(database: Database, library_path: Path) -> None:
    await fill(database)
    made = make_backup(library_path, BackupKind.MANUAL)
    assert (made.contacts, made.version, made.kind) == (3, migrations.LATEST, BackupKind.MANUAL)
    assert made.size == made.path.stat().st_size
    assert list_backups(library_path) == [made]
    assert {path.name for path in made.path.parent.iterdir()} == {made.path.name, "manifest.jsonl"}
    assert await contacts_in(made.path) == 3


async def test_the_manifest_tells_of_each_without_opening_it(database: Database, library_path: Path) -> None:
    await fill(database)
    made = make_backup(library_path, BackupKind.MANUAL)
    (line,) = (backup_folder(library_path) / "manifest.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "file": made.path.name,
        "at": made.at.isoformat().replace("+00:00", "Z"),
        "kind": "manual",
        "version": migrations.LATEST,
        "contacts": 3,
        "size": made.size,
    }


@pytest.mark.parametrize("manifest", [None, b"", b"nonsense\n{}\n"])
async def test_without_the_manifest_the_names_tell_enough(
    database: Database, library_path: Path, manifest: bytes | None
) -> None:
    await fill(database)
    made = make_backup(library_path, BackupKind.DAILY)
    (made.path.parent / "library-notes.sqlite3").write_bytes(b"mine")
    file = made.path.parent / "manifest.jsonl"
    file.unlink() if manifest is None else file.write_bytes(manifest)
    (found,) = list_backups(library_path)
    assert (found.path, found.at, found.kind, found.version) == (made.path, made.at, made.kind, made.version)
    assert found.contacts is None


async def test_the_library_is_written_to_while_it_is_backed_up(
    database: Database, library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(database, 200)
    monkeypatch.setattr(backups, "STEP_PAGES", 1)
    begun, go_on = threading.Event(), threading.Event()
    steps: list[int] = []

    def progress(done: int, _total: int) -> None:
        steps.append(done)
        begun.set()
        assert go_on.wait(20)

    made = []
    thread = threading.Thread(
        target=lambda: made.append(make_backup(library_path, BackupKind.MANUAL, progress=progress))
    )
    thread.start()
    assert begun.wait(20)
    await fill(database, 50, first=1_000)
    go_on.set()
    thread.join()
    assert len(steps) > 10
    assert steps == sorted(set(steps))  # not begun anew by what was written meanwhile
    assert made[0].contacts == 200
    assert await contacts_in(made[0].path) == 200


async def test_the_oldest_daily_ones_go_and_those_made_by_hand_stay(database: Database, library_path: Path) -> None:
    await fill(database)
    by_hand = [make_backup(library_path, BackupKind.MANUAL) for _ in range(2)]
    daily = [make_backup(library_path, BackupKind.DAILY) for _ in range(KEPT[BackupKind.DAILY] + 2)]
    assert list_backups(library_path) == [*reversed(daily[2:]), *reversed(by_hand)]
    delete_backup(library_path, by_hand[0])
    assert by_hand[0] not in list_backups(library_path)
    assert not by_hand[0].path.exists()


async def test_a_backup_elsewhere_replaces_a_file_and_is_not_listed(
    database: Database, library_path: Path, tmp_path: Path
) -> None:
    await fill(database)
    target = tmp_path / "stick" / "mine.sqlite3"
    target.parent.mkdir()
    target.write_bytes(b"an older one")
    made = make_backup(library_path, BackupKind.MANUAL, target=target)
    assert made.path == target
    assert list_backups(library_path) == []
    assert [path.name for path in target.parent.iterdir()] == ["mine.sqlite3"]
    assert describe_file(target).contacts == 3


async def test_a_damaged_library_is_not_backed_up_and_costs_no_older_backup(
    database: Database, library_path: Path, expected_log: ExpectLog
) -> None:
    await fill(database, 300)
    kept = [make_backup(library_path, BackupKind.DAILY) for _ in range(KEPT[BackupKind.DAILY])]
    await database.close()
    conn = connect(library_path)
    page = scalar(conn, "SELECT max(pageno) FROM dbstat WHERE name = 'source_record' AND pagetype = 'leaf'")
    conn.close()
    data = bytearray(library_path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    library_path.write_bytes(data)
    expected_log(r"app\.storage\.backups: A copy of the library is damaged")
    with pytest.raises(DamagedLibraryError):
        make_backup(library_path, BackupKind.DAILY)
    assert list_backups(library_path) == kept[::-1]
    assert len(list(backup_folder(library_path).iterdir())) == len(kept) + 1


async def test_a_full_disk_is_told_and_leaves_nothing(
    database: Database, library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(database)
    monkeypatch.setattr(backups, "HEADROOM", 1 << 60)
    with pytest.raises(LibraryError, match="no room") as raised:
        make_backup(library_path, BackupKind.MANUAL)
    assert raised.value.next_step
    assert list(backup_folder(library_path).iterdir()) == []


async def test_a_backup_that_is_stopped_leaves_nothing(database: Database, library_path: Path) -> None:
    await fill(database)
    stop = Stop()
    with pytest.raises(LibraryError, match="stopped"):
        make_backup(library_path, BackupKind.MANUAL, progress=lambda _done, _total: stop.ask(), stop=stop)
    assert list(backup_folder(library_path).iterdir()) == []


def test_a_library_that_is_not_there(library_path: Path) -> None:
    assert list_backups(library_path) == []
    with pytest.raises(LibraryError, match="no library"):
        make_backup(library_path, BackupKind.MANUAL)


def test_a_folder_that_cannot_be_written(tmp_path: Path, library_path: Path) -> None:
    library_path.touch()
    (tmp_path / "backups").write_bytes(b"no folder")
    with pytest.raises(LibraryError, match="cannot be written"):
        make_backup(library_path, BackupKind.MANUAL)


async def test_contacts_that_the_rep_removed_are_not_counted(database: Database, library_path: Path) -> None:
    await fill(database)
    await database.write(lambda conn: rows(conn, "UPDATE contact SET removed_at = 5 WHERE contact_id = 1"))
    assert make_backup(library_path, BackupKind.MANUAL).contacts == 2
