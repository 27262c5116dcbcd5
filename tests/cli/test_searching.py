from pathlib import Path

from app.domain.provider import Provider
from app.exchange.presets import PLAIN_HEADERS
from tests.cli.conftest import Program, an_account, read_rows
from tests.support.demo_server import DemoServer


def test_a_search_writes_exactly_the_rows_that_the_server_holds(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    held = demo_server.rows(Provider.TALKTOHUMANS, company_name="a")
    answer = demo_server._control.get("rows", params={"provider": "talktohumans", "company_name": "a"}).json()
    assert len(held) > 60
    out = tmp_path / "out.csv"
    result = program("search", "talktohumans", "--company_name", "a", "--limit", "60", "--out", out)
    assert result.code == 0
    rows = read_rows(out)
    assert tuple(rows[0]) == PLAIN_HEADERS
    assert [row["provider_id"] for row in rows] == answer["contact_ids"][:60]
    assert {row["provider"] for row in rows} == {"talktohumans"}
    assert len(demo_server.requests(Provider.TALKTOHUMANS, "/v1/contacts")) == 3
    assert "60 rows from TalkToHumans" in result.said
    assert "There are more" in result.said


def test_a_search_with_fewer_rows_than_the_limit_has_all_of_them(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    account = an_account(demo_server)
    held = demo_server.rows(Provider.LEADFEEDER, positions=["Manager"])
    filters = ("--account-id", account, "--positions", "Manager")
    out = tmp_path / "out.csv"
    result = program("search", "leadfeeder", *filters, "--limit", "5000", "--out", out)
    assert result.code == 0
    assert [row["provider_id"] for row in read_rows(out)] == held
    assert "There are more" not in result.said


def test_a_search_that_finds_nobody_writes_the_header(program: Program, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert program("search", "talktohumans", "--query", "nobody-is-called-so", "--out", out).code == 0
    assert out.read_text("utf-8") == ",".join(PLAIN_HEADERS) + "\n"


def test_rows_received_are_written_even_when_a_later_page_fails(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.fault("key_revoked", Provider.TALKTOHUMANS, path="/v1/contacts", after=2, times=None)
    out = tmp_path / "out.csv"
    result = program("search", "talktohumans", "--company_name", "a", "--limit", "100", "--out", out)
    assert result.code == 4
    assert len(read_rows(out)) == 50
    assert "received before the trouble" in result.said


def test_a_failed_search_leaves_an_older_file_alone(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("older")
    demo_server.fault("key_revoked", Provider.TALKTOHUMANS, times=None)
    assert program("search", "talktohumans", "--company_name", "a", "--out", out).code == 4
    assert out.read_text() == "older"


def test_a_storm_of_429_is_waited_out(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    demo_server.fault("status", Provider.TALKTOHUMANS, path="/v1/contacts", status=429, retry_after=0, times=3)
    out = tmp_path / "out.csv"
    assert program("search", "talktohumans", "--company_name", "a", "--limit", "20", "--out", out).code == 0
    assert len(read_rows(out)) == 20
    statuses = [line["status"] for line in demo_server.requests(Provider.TALKTOHUMANS, "/v1/contacts")]
    assert statuses == [429, 429, 429, 200]


def test_an_account_is_asked_for_only_where_there_is_a_choice(program: Program, tmp_path: Path) -> None:
    result = program("search", "leadfeeder", "--positions", "Manager", "--out", tmp_path / "out.csv")
    assert result.code == 2
    assert "several Leadfeeder accounts" in result.said
    assert "--account_id" in result.said


def test_the_only_account_need_not_be_named(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    account = an_account(demo_server)
    accounts = [{"type": "account_summary", "id": account, "attributes": {"name": "Only one"}}]
    demo_server.fault("body", Provider.LEADFEEDER, path="/v1/accounts", status=200, body={"data": accounts, "meta": {}})
    demo_server.fault("body", Provider.LEADFEEDER, path="/v1/accounts", status=200, body={"data": [], "meta": {}})
    argv = ("search", "leadfeeder", "--positions", "Manager", "--limit", "10", "--out", out)
    assert program(*argv).code == 0
    assert len(read_rows(out)) == 10
    result = program(*argv)
    assert (result.code, "reaches no Leadfeeder account" in result.said) == (2, True)


def test_rows_that_cannot_be_read_are_counted_and_make_exit_code_3(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.fault("extra_rows", Provider.TALKTOHUMANS, path="/v1/contacts", rows=2)
    out = tmp_path / "out.csv"
    result = program("search", "talktohumans", "--company_name", "a", "--limit", "20", "--out", out)
    assert result.code == 3
    assert "2 rows could not be read" in result.said
    assert len(read_rows(out)) == 20


def test_bad_filters_and_bad_targets_are_told_before_anything_is_asked(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    commands: tuple[list[str | Path], ...] = (
        ["talktohumans", "--relationship_status", "friends", "--out", out],
        ["talktohumans", "--query", "a", "--query", "b", "--out", out],
        ["talktohumans", "--query", "a", "--out", tmp_path / "none" / "out.csv"],
        ["tamtam", "--company_headcounts", "Z", "--limit", "5", "--yes", "--out", out],
    )
    for argv in commands:
        result = program("search", *argv)
        assert result.code == 2
        assert result.said.count("\n") == 1
    assert demo_server.requests() == []
    assert not out.exists()
