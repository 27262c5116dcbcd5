import asyncio
import json
from pathlib import Path

from app.composition import open_services
from app.storage.profile import Profile
from tests.cli.conftest import Program, fetch_some, read_rows
from tests.support.demo_server import DemoServer
from tests.support.memory_key_store import MemoryKeyStore


def test_the_library_is_counted_and_exported(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    ids = fetch_some(program, demo_server, 7)
    counts = json.loads(program("library", "stats", "--json").written)
    assert (counts["contacts"], counts["source_records"]) == (7, 7)
    assert "contacts: 7\n" in program("library", "stats").written
    plain, excel = tmp_path / "plain.csv", tmp_path / "excel.csv"
    assert program("export", "--preset", "plain", "--out", plain).code == 0
    assert sorted(row["provider_id"] for row in read_rows(plain)) == sorted(ids)
    assert program("export", "--preset", "Excel", "--out", excel).code == 0
    assert excel.read_bytes().startswith(b"\xef\xbb\xbf")


def test_an_unknown_preset_and_an_empty_library_are_told(program: Program, tmp_path: Path) -> None:
    assert program("export", "--preset", "word", "--out", tmp_path / "x.csv").code == 2
    assert program("export", "--preset", "plain", "--out", tmp_path / "x.csv").code == 2
    assert program("library", "stats").written.startswith("contacts: 0\n")


def test_one_list_is_exported_by_its_name_in_any_case(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    fetch_some(program, demo_server, 5)

    async def work() -> None:
        async with open_services(Profile(program.profile), environ={}, key_store=MemoryKeyStore()) as services:
            contacts = await services.library.all_ids()
            chosen = await services.own_work.create_list("Fair in Bergen")
            await services.own_work.create_list("Later")
            await services.own_work.add_to_list(chosen.list_id, contacts[:3])
            await services.own_work.add_tags(contacts, ["met", "warm"])
            await services.own_work.remove(contacts[:1])

    asyncio.run(work())
    out = tmp_path / "list.csv"
    assert program("export", "--list", " fair  in BERGEN", "--out", out).code == 0
    assert len(read_rows(out)) == 2  # one of the three was removed from the library
    missing = program("export", "--list", "Nowhere", "--out", out)
    assert missing.code == 2
    assert "“Nowhere”" in missing.said
    assert "“Fair in Bergen”, “Later”" in missing.said
    assert program("export", "--list", "Later", "--out", out).code == 2
    counts = json.loads(program("library", "stats", "--json").written)
    assert {name: counts[name] for name in ("contacts", "removed", "lists", "tags")} == {
        "contacts": 4,
        "removed": 1,
        "lists": 2,
        "tags": 2,
    }


def test_a_library_without_lists_says_so(program: Program, tmp_path: Path) -> None:
    result = program("export", "--list", "Mine", "--out", tmp_path / "x.csv")
    assert result.code == 2
    assert "no lists yet" in result.said
