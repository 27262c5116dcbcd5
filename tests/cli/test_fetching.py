import uuid
from collections import Counter
from pathlib import Path

import pytest

from app.demo.samples import sample_ids
from app.domain.provider import Provider
from tests.cli.conftest import Program, an_account, read_rows
from tests.support.demo_server import DemoServer


def test_1000_ids_are_20_requests_960_rows_and_1000_outcomes(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    known = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 960)
    unknown = [str(900_000_000 + number) for number in range(40)]
    pasted = [*known[:500], *unknown, *known[500:]]
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(pasted), "utf-8")
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    result = program("fetch", "buildworkpro", ids, "--out", out, "--outcomes", outcomes)
    assert result.code == 0
    assert [row["provider_id"] for row in read_rows(out)] == known
    told = read_rows(outcomes)
    assert [row["id"] for row in told] == pasted
    assert Counter(row["outcome"] for row in told) == {"found": 960, "not_found": 40}
    assert all(row["reason"] for row in told if row["outcome"] == "not_found")
    assert len(demo_server.requests(Provider.BUILDWORKPRO, "/contacts/get-many")) == 20


def test_uuids_come_from_standard_input_in_any_spelling(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    first, second = sample_ids(demo_server.data, Provider.TAMTAM, 2)
    stranger = str(uuid.UUID(int=7))
    source = f"id\n“{first.upper()}”, {first}; {second.replace('-', '')}\n{stranger}"
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    result = program("fetch", "tamtam", "-", "--out", out, "--outcomes", outcomes, source=source)
    assert result.code == 0
    assert [row["provider_id"] for row in read_rows(out)] == [first, second]
    assert [(row["id"], row["outcome"]) for row in read_rows(outcomes)] == [
        (first, "found"),
        (second, "found"),
        (stranger, "not_found"),
    ]
    assert "1 pieces of text are no IDs" in result.said
    assert "1 IDs are there more than once" in result.said


@pytest.fixture
def leadfeeder_ids(demo_server: DemoServer, tmp_path: Path) -> Path:
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(sample_ids(demo_server.data, Provider.LEADFEEDER, 12)), "utf-8")
    return ids


def fetch_leadfeeder(program: Program, ids: Path, *more: str, terminal: bool = False, source: str = "") -> int:
    files = ("--out", ids.with_name("out.csv"), "--outcomes", ids.with_name("outcomes.csv"))
    return program("fetch", "leadfeeder", ids, *files, *more, terminal=terminal, source=source).code


def test_credits_are_spent_only_with_consent_and_below_the_cap(
    program: Program, demo_server: DemoServer, leadfeeder_ids: Path
) -> None:
    account = ("--account", an_account(demo_server))
    assert fetch_leadfeeder(program, leadfeeder_ids, *account) == 2
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, terminal=True, source="n\n") == 2
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, "--yes", "--max-credits", "11") == 5
    assert demo_server.ledger()["charges"] == []
    assert not leadfeeder_ids.with_name("out.csv").exists()
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, terminal=True, source="y\n") == 0
    assert demo_server.ledger()["totals"]["charged"] == {"leadfeeder": 12}
    assert len(read_rows(leadfeeder_ids.with_name("out.csv"))) == 12


def test_records_owned_already_cost_nothing_again(
    program: Program, demo_server: DemoServer, leadfeeder_ids: Path
) -> None:
    account = ("--account", an_account(demo_server))
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, "--yes", "--max-credits", "12") == 0
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, "--max-credits", "0") == 0
    assert demo_server.ledger()["totals"]["charged"] == {"leadfeeder": 12}


def test_one_of_several_accounts_must_be_named(program: Program, leadfeeder_ids: Path) -> None:
    files = ("--out", leadfeeder_ids.with_name("o.csv"), "--outcomes", leadfeeder_ids.with_name("x.csv"))
    result = program("fetch", "leadfeeder", leadfeeder_ids, *files, "--yes")
    assert result.code == 2
    assert "several Leadfeeder accounts" in result.said
    assert "--account" in result.said


def test_what_came_before_the_trouble_is_written(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    known = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 120)
    ids.write_text("\n".join(known), "utf-8")
    demo_server.fault("key_revoked", Provider.BUILDWORKPRO, after=2, times=None)
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    result = program("fetch", "buildworkpro", ids, "--out", out, "--outcomes", outcomes)
    assert result.code == 4
    assert [row["provider_id"] for row in read_rows(out)] == known[:100]
    assert Counter(row["outcome"] for row in read_rows(outcomes)) == {"found": 100, "queued": 20}
    assert "100 of 120 IDs" in result.said


def test_rows_that_cannot_be_read_make_exit_code_3(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    known = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 2)
    good = {"id": int(known[0]), "firstName": "Ada", "lastName": "Lark", "companyName": None, "email": None}
    good |= {"phone": None, "type": "customer", "createdAt": "2026-01-02T00:00:00Z", "updatedAt": ""}
    body = {"data": [good, 5], "meta": {"requested": 2, "returned": 2}}
    demo_server.fault("body", Provider.BUILDWORKPRO, status=200, body=body)
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    source = " ".join(known)
    assert program("fetch", "buildworkpro", "-", "--out", out, "--outcomes", outcomes, source=source).code == 3
    assert [row["outcome"] for row in read_rows(outcomes)] == ["found", "unknown"]


def test_a_file_without_ids_and_a_needless_account_are_bad_usage(program: Program, tmp_path: Path) -> None:
    files = ("--out", tmp_path / "o.csv", "--outcomes", tmp_path / "x.csv")
    nothing = program("fetch", "buildworkpro", "-", *files, source="no ids here")
    assert nothing.code == 2
    assert "no BuildWorkPro ID in standard input" in nothing.said
    assert program("fetch", "buildworkpro", "-", *files, "--account", "7", source="4101").code == 2
    assert program("fetch", "buildworkpro", tmp_path / "none.txt", *files).code == 2


def test_the_list_of_ids_is_not_overwritten(program: Program, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("4101", "utf-8")
    result = program("fetch", "buildworkpro", ids, "--out", ids, "--outcomes", tmp_path / "o.csv")
    assert (result.code, ids.read_text("utf-8")) == (2, "4101")
