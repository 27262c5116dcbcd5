import asyncio
import json
from pathlib import Path

from app.storage import migrations
from app.storage.database import Database, connect
from app.storage.instance_lock import InstanceLock
from app.storage.library import LibraryRepository
from app.storage.profile import Profile
from app.storage.replacing import Damage, damage_note
from tests.cli.conftest import Program, read_rows
from tests.storage.builders import make_record


def library(program: Program) -> Path:
    return Profile(program.profile).library_path


def save(program: Program, *names: str) -> None:
    async def work() -> None:
        database = await Database.open(library(program))
        await LibraryRepository(database).save([make_record(name, first_name=name) for name in names])
        await database.close()

    asyncio.run(work())


def first_names(program: Program) -> set[str]:
    out = program.folder / "all.csv"
    assert program("export", "--out", out).code == 0
    return {row["first_name"] for row in read_rows(out)}


def spoil_head(program: Program) -> bytes:
    data = bytes(100) + library(program).read_bytes()[100:]
    library(program).write_bytes(data)
    return data


def test_back_up_list_and_go_back(program: Program) -> None:
    save(program, "Ada")
    made = program("library", "backup")
    assert made.code == 0
    assert made.said.startswith("1 contacts are in ")
    save(program, "Bob")
    listed = json.loads(program("library", "backups", "--json").written)["backups"]
    assert [(each["kind"], each["contacts"]) for each in listed] == [("manual", 1)]
    assert listed[0]["path"] in program("library", "backups").written
    result = program("library", "restore", "newest", "--yes")
    assert result.code == 0
    assert "set-aside" in result.said
    assert first_names(program) == {"Ada"}


def test_a_backup_elsewhere(program: Program) -> None:
    save(program, "Ada")
    out = program.folder / "stick.sqlite3"
    assert program("library", "backup", "--out", out).code == 0
    assert "no backups yet" in program("library", "backups").written
    save(program, "Bob")
    assert program("library", "restore", out, "--yes").code == 0
    assert first_names(program) == {"Ada"}


def test_going_back_is_agreed_to(program: Program) -> None:
    save(program, "Ada")
    program("library", "backup")
    save(program, "Bob")
    refused = program("library", "restore", "newest")
    assert refused.code == 2
    assert "--yes" in refused.said
    assert program("library", "restore", "newest", source="no\n", terminal=True).code == 2
    assert first_names(program) == {"Ada", "Bob"}
    assert program("library", "restore", "newest", source="y\n", terminal=True).code == 0
    assert first_names(program) == {"Ada"}


def test_what_is_no_backup_is_told_in_one_sentence(program: Program) -> None:
    save(program, "Ada")
    letter = program.folder / "letter.sqlite3"
    letter.write_bytes(b"a letter to my aunt " * 1_000)
    for given in ("newest", "missing.sqlite3", letter):
        result = program("library", "restore", given, "--yes")
        assert (result.code, result.said.count("\n")) == (2, 1), given
    assert first_names(program) == {"Ada"}


def test_check_says_whether_the_library_is_sound(program: Program) -> None:
    assert program("library", "check").code == 0
    save(program, "Ada")
    assert "sound" in program("library", "check").written
    spoil_head(program)
    result = program("library", "check")
    assert (result.code, result.written) == (2, "")
    assert "damaged" in result.said
    assert ".." not in result.said
    assert "library restore" in result.said


def test_salvage_sets_the_damaged_file_aside_and_counts(program: Program) -> None:
    save(program, "Ada", "Bob")
    damaged = spoil_head(program)
    assert program("export", "--out", program.folder / "o.csv").code == 2
    refused = program("library", "salvage")
    assert refused.code == 2
    assert library(program).read_bytes() == damaged
    result = program("library", "salvage", "--yes")
    assert result.code == 0
    assert "contact: 2 saved, 0 lost" in result.written
    assert first_names(program) == {"Ada", "Bob"}
    (aside,) = program.profile.glob("library.set-aside-*.sqlite3")
    assert aside.read_bytes() == damaged


def test_what_cannot_be_salvaged_is_left_as_it_is(program: Program) -> None:
    save(program, "Ada")
    assert program("library", "salvage").code == 2
    library(program).write_bytes(b"a letter to my aunt " * 1_000)
    before = sorted(program.profile.iterdir())
    result = program("library", "salvage", "--yes")
    assert result.code == 2
    assert "Nothing can be read" in result.said
    assert [path for path in sorted(program.profile.iterdir()) if path not in before] == []


def test_there_is_nothing_to_salvage_or_back_up(program: Program) -> None:
    assert program("library", "salvage", "--yes").code == 2
    assert program("library", "backup").code == 2


def test_damage_that_was_seen_is_told_until_it_is_mended(program: Program) -> None:
    save(program, "Ada")
    damage_note(library(program)).write(Damage("The library file is damaged."))
    result = program("queue", "stop")
    assert (result.code, result.said.count("\n")) == (2, 1)
    assert program("library", "salvage", "--yes").code == 0
    assert program("queue", "stop").code == 0


def test_a_profile_in_use_is_backed_up_but_not_set_back(program: Program) -> None:
    save(program, "Ada")
    with InstanceLock(Profile(program.profile).lock_path):
        assert program("library", "backup").code == 0
        assert program("library", "check").code == 0
        assert first_names(program) == {"Ada"}
        for command in (("restore", "newest"), ("salvage",)):
            result = program("library", *command, "--yes")
            assert result.code == 2
            assert "already open" in result.said


def test_a_library_of_an_older_version_is_brought_up_to_date_also_by_who_only_looks(program: Program) -> None:
    Profile(program.profile)
    conn = connect(library(program), writable=True)
    migrations.migrate(conn, lambda _version: None, upto=4)
    conn.close()
    result = program("library", "stats", "--json")
    assert result.code == 0
    assert "brought up to date" in result.said
    assert json.loads(result.written)["contacts"] == 0
    assert json.loads(program("library", "backups", "--json").written)["backups"][0]["version"] == 4
    assert "up to date" not in program("library", "stats").said
