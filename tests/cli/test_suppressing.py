import json
from pathlib import Path

from app.demo.samples import people_rows
from tests.cli.conftest import Program, fetch_some, read_rows, write_people
from tests.support.demo_server import DemoServer


def test_the_list_is_kept_from_the_command_line(program: Program, tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text("ada@acme.example\nnobody\n", encoding="utf-8")
    result = program("suppress", "add", source)
    assert result.code == 3
    assert "Line 2 is no e-mail address" in result.said
    assert "1 entries are new" in result.said
    assert program("suppress", "add", "-", source="linkedin.com/in/ada-hart\n").code == 0
    assert {each["value"] for each in json.loads(program("suppress", "list", "--json").written)} == {
        "ada@acme.example",
        "ada-hart",
    }
    assert "E-mail\tada@acme.example" in program("suppress", "list").written
    assert program("suppress", "remove", "ADA@acme.example").code == 0
    assert program("suppress", "remove", "ada@acme.example").code == 3
    assert program("suppress", "remove", "nobody").code == 2


def test_people_on_it_are_neither_bought_nor_written(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    rows = people_rows(demo_server.data, 3)
    people = write_people(tmp_path / "people.csv", rows)
    program("suppress", "add", "-", source=rows[0]["linkedin_url"])
    files = ("--out", tmp_path / "out.csv", "--outcomes", tmp_path / "outcomes.csv")
    result = program("enrich", people, "--fields", "emails", *files, "--max-credits", "9", "--yes")
    assert "1 rows are not sent. On the do-not-contact list." in result.said
    assert demo_server.ledger()["totals"]["submitted_items"] == 2
    first, *others = read_rows(tmp_path / "outcomes.csv")
    assert (first["outcome"], first["reason"].startswith("Do not contact")) == ("suppressed", True)
    assert "suppressed" not in {line["outcome"] for line in others}


def test_an_export_leaves_them_out_unless_told_otherwise(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    fetch_some(program, demo_server, 4)
    row = next(row for row in read_rows(tmp_path / "fetched.csv") if row["email"])
    program("suppress", "add", "-", source=row["email"])
    result = program("export", "--preset", "plain", "--out", tmp_path / "out.csv")
    assert "1 are left out: they are on the do-not-contact list." in result.said
    assert len(read_rows(tmp_path / "out.csv")) == 3
    result = program("export", "--preset", "plain", "--include-suppressed", "--out", tmp_path / "out.csv")
    assert "1 of them are on the do-not-contact list." in result.said
    assert len(read_rows(tmp_path / "out.csv")) == 4
