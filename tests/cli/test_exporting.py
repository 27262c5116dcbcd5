import json
from pathlib import Path

from app.demo.samples import sample_ids
from app.domain.provider import Provider
from tests.cli.conftest import Program, read_rows
from tests.support.demo_server import DemoServer


def test_the_library_is_counted_and_exported(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    ids = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 7)
    files = ("--out", tmp_path / "f.csv", "--outcomes", tmp_path / "o.csv")
    program("fetch", "buildworkpro", "-", *files, source=" ".join(ids))
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
