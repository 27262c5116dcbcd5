import os
from pathlib import Path

import pytest

from app.domain.backups import BackupKind, Restored
from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage.backups import make_backup
from app.storage.database import Database
from app.storage.library import LibraryRepository
from app.storage.replacing import (
    Damage,
    collection_note,
    damage_note,
    prepare,
    replacement_note,
    restore,
    salvage_in_place,
    told_loss,
)
from tests.storage.builders import make_record


async def save(path: Path, *people: str) -> None:
    database = await Database.open(path)
    await LibraryRepository(database).save([make_record(name, first_name=name) for name in people])
    await database.close()


async def names(path: Path) -> set[str]:
    database = await Database.open(path)
    library = LibraryRepository(database)
    found = {row.first_name for row in await library.rows(await library.all_ids())}
    await database.close()
    return found


async def test_a_backup_takes_the_place_and_the_file_of_today_is_set_aside(library_path: Path) -> None:
    await save(library_path, "Ada")
    backup = make_backup(library_path, BackupKind.MANUAL)
    await save(library_path, "Bob")
    restored = restore(library_path, backup)
    assert restored.contacts == 1
    assert restored.set_aside is not None
    assert await names(library_path) == {"Ada"}
    assert await names(restored.set_aside) == {"Ada", "Bob"}
    said = collection_note(library_path).read()
    assert said is not None
    assert "set aside" in said.text


@pytest.mark.parametrize("failing", [0, 1])
async def test_a_kill_in_the_middle_is_ended_by_the_next_start(
    library_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    await save(library_path, "Ada")
    backup = make_backup(library_path, BackupKind.MANUAL)
    await save(library_path, "Bob")
    Path(f"{library_path}-wal").write_bytes(b"a log")  # as a kill leaves it
    moves = 0
    move = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal moves
        if not self.name.endswith(".json") and not self.name.startswith(".library.replacing"):
            if self.name.startswith("library.sqlite3") and moves == failing:
                raise KeyboardInterrupt
            moves += self.name.startswith("library.sqlite3")
        return move(self, target)

    with monkeypatch.context() as killed:
        killed.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            restore(library_path, backup)
    assert replacement_note(library_path).read() is not None
    prepare(library_path)
    assert replacement_note(library_path).read() is None
    assert not Path(f"{library_path}-wal").exists()
    assert await names(library_path) == {"Ada"}
    prepare(library_path)
    assert await names(library_path) == {"Ada"}


async def test_a_damaged_backup_changes_nothing(library_path: Path) -> None:
    await save(library_path, "Ada")
    backup = make_backup(library_path, BackupKind.MANUAL)
    data = bytearray(backup.path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    backup.path.write_bytes(data)
    before = sorted(library_path.parent.iterdir())
    with pytest.raises(LibraryError, match="This backup is damaged") as raised:
        restore(library_path, backup)
    assert not isinstance(raised.value, DamagedLibraryError)
    assert sorted(library_path.parent.iterdir()) == before
    assert await names(library_path) == {"Ada"}


@pytest.mark.skipif(os.name == "nt", reason="a folder's rights work otherwise there")
async def test_a_file_that_cannot_be_moved_is_told_and_nothing_is_left_behind(
    library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save(library_path, "Ada")
    backup = make_backup(library_path, BackupKind.MANUAL)
    move = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self == library_path:
            raise PermissionError
        return move(self, target)

    with monkeypatch.context() as locked:
        locked.setattr(Path, "replace", replace)
        with pytest.raises(LibraryError, match="cannot be moved"):
            restore(library_path, backup)
    prepare(library_path)
    assert await names(library_path) == {"Ada"}
    assert collection_note(library_path).read() is None
    assert [path.name for path in library_path.parent.iterdir() if path.name.startswith(".")] == []


async def test_a_salvaged_library_says_what_is_missing(library_path: Path) -> None:
    await save(library_path, *(f"Person{number}" for number in range(200)))
    data = library_path.read_bytes()
    library_path.write_bytes(bytes(100) + data[100:])
    restored = salvage_in_place(library_path)
    assert restored.contacts == 200
    assert len(await names(library_path)) == 200
    assert restored.set_aside is not None
    assert restored.set_aside.read_bytes()[:100] == bytes(100)
    said = collection_note(library_path).read()
    assert said is not None
    assert said.text == "The library was salvaged. Nothing is known to be lost."


def test_losses_are_told_in_words() -> None:
    restored = Restored(5, None, lost={"contact_tag": 1_200, "new_table": 3}, uncertain=("suppression",))
    assert told_loss(restored) == (
        "Lost: 1,200 of tags, 3 of new table. Something may be missing of: people not to contact."
    )


async def test_damage_that_was_seen_is_not_opened_again(library_path: Path) -> None:
    await save(library_path, "Ada")
    damage_note(library_path).write(Damage("The library file is damaged."))
    with pytest.raises(DamagedLibraryError):
        prepare(library_path)
    restored = salvage_in_place(library_path)
    assert restored.contacts == 1
    prepare(library_path)


async def test_an_empty_file_where_there_are_backups_is_damage(library_path: Path) -> None:
    library_path.touch()
    prepare(library_path)
    await save(library_path, "Ada")
    make_backup(library_path, BackupKind.MANUAL)
    library_path.write_bytes(b"")
    with pytest.raises(DamagedLibraryError):
        prepare(library_path)


async def test_what_a_kill_in_the_middle_of_copying_left_is_deleted(library_path: Path) -> None:
    await save(library_path, "Ada")
    left = [library_path.with_name(f".library.new.sqlite3{ending}") for ending in ("", "-journal")]
    for path in left:
        path.write_bytes(b"half a copy")
    prepare(library_path)
    assert not any(path.exists() for path in left)
    assert await names(library_path) == {"Ada"}
