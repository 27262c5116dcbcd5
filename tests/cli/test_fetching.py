import json
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import openpyxl
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
    known = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 150)
    ids.write_text("\n".join(known), "utf-8")
    demo_server.fault("key_revoked", Provider.BUILDWORKPRO, after=2, times=None)
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    result = program("fetch", "buildworkpro", ids, "--out", out, "--outcomes", outcomes)
    assert result.code == 4
    # Two of the three chunks arrived, whichever; what they brought is in pasted order.
    found = [row["id"] for row in read_rows(outcomes) if row["outcome"] == "found"]
    assert [row["provider_id"] for row in read_rows(out)] == found == [one for one in known if one in set(found)]
    assert Counter(row["outcome"] for row in read_rows(outcomes)) == {"found": 100, "queued": 50}
    assert "100 of 150 IDs" in result.said


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


def test_everything_that_is_not_fetched_is_counted_and_written(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    known = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 2)
    pieces = [*known, known[0], str(uuid.UUID(int=7)), "1,234", "n/a", "ada@lark.example", "linkedin.com/in/ada"]
    out, outcomes, left_out = tmp_path / "out.csv", tmp_path / "outcomes.csv", tmp_path / "left.csv"
    files = ("--out", out, "--outcomes", outcomes, "--left-out", left_out)
    result = program("fetch", "buildworkpro", "-", *files, "--json", source="\n".join(pieces))
    assert result.code == 0
    summary = json.loads(result.written)
    assert summary["pasted"] == {
        "pieces": 8, "ids": 2, "duplicates": 1, "other_ids": 1, "people": 1, "emails": 1, "questioned": 1,
        "unreadable": 1,
    }  # fmt: skip
    assert (summary["state"], summary["outcomes"], summary["contacts"]) == ("finished", {"found": 2}, 2)
    assert [(row["line"], row["text"], row["kind"]) for row in read_rows(left_out)] == [
        ("6", "n/a", "unreadable"),
        ("5", "1,234", "questioned"),
        ("", str(uuid.UUID(int=7)), "other_id"),
        ("", "https://www.linkedin.com/in/ada", "person"),
        ("", "ada@lark.example", "email"),
    ]
    assert "it may be 1234 or 1 and 234" in read_rows(left_out)[1]["reason"]
    assert "1 pieces may be IDs" in result.said


def workbook(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def test_ids_come_from_the_column_of_a_spreadsheet_that_holds_them(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    first, second = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 2)
    rows: list[list[object]] = [["name", "contact_id", "size"], ["Ada", int(first), 12], ["Bea", float(second), 30]]
    path = workbook(tmp_path / "ids.xlsx", rows)
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    files = ("--out", out, "--outcomes", outcomes)
    result = program("fetch", "buildworkpro", path, *files)
    assert result.code == 0
    assert "column “contact_id”" in result.said
    assert [row["id"] for row in read_rows(outcomes)] == [first, second]
    assert program("fetch", "buildworkpro", path, *files, "--column", "size").code == 0
    assert [row["id"] for row in read_rows(outcomes)] == ["12", "30"]
    assert program("fetch", "buildworkpro", path, *files, "--skip-owned").code == 0
    assert [row["outcome"] for row in read_rows(outcomes)] == ["skipped", "skipped"]
    assert [row["provider_id"] for row in read_rows(out)] == [first, second]
    missing = program("fetch", "buildworkpro", path, *files, "--column", "phone")
    assert missing.code == 2
    assert "“name”, “contact_id”, “size”" in missing.said


def test_columns_that_are_equally_likely_have_to_be_named(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("first,second\n4101,4102\n4103,4104\n", "utf-8")
    files = ("--out", tmp_path / "o.csv", "--outcomes", tmp_path / "x.csv")
    result = program("fetch", "buildworkpro", path, *files)
    assert result.code == 2
    assert "--column" in result.said


def test_a_run_cut_short_is_resumed_by_its_number(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    # Chunks of one size, since they are under way side by side and any two may be the ones that arrive.
    known = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 150)
    demo_server.fault("key_revoked", Provider.BUILDWORKPRO, after=2, times=None)
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    files = ("--out", out, "--outcomes", outcomes)
    cut = program("fetch", "buildworkpro", "-", *files, "--json", source=" ".join(known))
    assert cut.code == 4
    summary = json.loads(cut.written)
    assert (summary["state"], summary["outcomes"]) == ("paused", {"found": 100, "queued": 50})
    assert f"--resume {summary['run']}" in cut.said
    listed = json.loads(program("fetch", "runs", "--json").written)["runs"]
    assert [(run["run"], run["state"]) for run in listed] == [(summary["run"], "paused")]
    assert "paused, 100 of 150 IDs" in program("fetch", "runs").written

    demo_server.clear_faults()
    stored = {row["id"] for row in read_rows(outcomes) if row["outcome"] == "found"}
    before = len(demo_server.requests(Provider.BUILDWORKPRO, "/contacts/get-many"))
    resumed = program("fetch", "buildworkpro", *files, "--resume", str(summary["run"]))
    assert resumed.code == 0
    assert [row["provider_id"] for row in read_rows(out)] == known
    asked = demo_server.requests(Provider.BUILDWORKPRO, "/contacts/get-many")[before:]
    assert stored.isdisjoint(str(one) for request in asked for one in request["ids"])
    # A finished run can be written again, and asks nothing.
    assert program("fetch", "buildworkpro", *files, "--resume", str(summary["run"])).code == 0
    assert len(demo_server.requests(Provider.BUILDWORKPRO, "/contacts/get-many")) == before + len(asked)


def test_failed_ids_are_asked_for_again_on_request(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    known = sample_ids(demo_server.data, Provider.BUILDWORKPRO, 2)
    demo_server.fault("status", Provider.BUILDWORKPRO, status=422, times=3)
    out, outcomes = tmp_path / "out.csv", tmp_path / "outcomes.csv"
    files = ("--out", out, "--outcomes", outcomes)
    assert program("fetch", "buildworkpro", "-", *files, source=" ".join(known)).code == 3
    assert {row["outcome"] for row in read_rows(outcomes)} == {"failed"}
    assert program("fetch", "buildworkpro", *files, "--resume", "1").code == 3
    assert program("fetch", "buildworkpro", *files, "--resume", "1", "--retry").code == 0
    assert {row["outcome"] for row in read_rows(outcomes)} == {"found"}


def test_what_a_resumed_run_was_made_with_cannot_be_given_again(program: Program, tmp_path: Path) -> None:
    files = ("--out", tmp_path / "o.csv", "--outcomes", tmp_path / "x.csv")
    assert program("fetch", "buildworkpro", *files).code == 2
    assert program("fetch", "buildworkpro", "-", *files, "--retry", source="4101").code == 2
    assert "leave IDS, --column out" in program("fetch", "tamtam", "-", *files, "--resume", "1", "--column", "x").said
    assert program("fetch", "tamtam", *files, "--resume", "77").code == 2
    assert program("fetch", "buildworkpro", "-", *files, source="4101").code == 0
    assert "is from BuildWorkPro, not Tamtam" in program("fetch", "tamtam", *files, "--resume", "1").said


def test_owned_ids_are_skipped_where_fetching_costs_and_asked_for_again_on_request(
    program: Program, demo_server: DemoServer, leadfeeder_ids: Path
) -> None:
    account = ("--account", an_account(demo_server))
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, "--yes") == 0
    asked = len(demo_server.requests(Provider.LEADFEEDER, "/v1/contacts"))
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, "--max-credits", "0") == 0
    assert len(demo_server.requests(Provider.LEADFEEDER, "/v1/contacts")) == asked
    told = read_rows(leadfeeder_ids.with_name("outcomes.csv"))
    assert {(row["outcome"], row["reason"]) for row in told} == {
        ("skipped", "In the library already; it was not asked for again.")
    }
    assert len(read_rows(leadfeeder_ids.with_name("out.csv"))) == 12
    # Free for twelve months from the charge, so it needs no consent.
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, "--refetch") == 0
    assert {row["outcome"] for row in read_rows(leadfeeder_ids.with_name("outcomes.csv"))} == {"found"}
    assert demo_server.ledger()["totals"]["charged"] == {"leadfeeder": 12}


def test_companies_along_cost_up_to_two_credits_an_id_and_are_reconciled(
    program: Program, demo_server: DemoServer, leadfeeder_ids: Path
) -> None:
    account = ("--account", an_account(demo_server), "--include", "company")
    assert fetch_leadfeeder(program, leadfeeder_ids, *account, "--yes", "--max-credits", "23") == 5
    files = ("--out", leadfeeder_ids.with_name("out.csv"), "--outcomes", leadfeeder_ids.with_name("outcomes.csv"))
    more = ("--yes", "--max-credits", "24", "--json")
    result = program("fetch", "leadfeeder", leadfeeder_ids, *files, *account, *more)
    assert result.code == 0
    summary = json.loads(result.written)
    charged = demo_server.ledger()["totals"]["charged"]["leadfeeder"]
    assert 12 < charged <= 24
    assert (summary["charged"], summary["include_company"]) == (charged, True)
    (reconciled,) = summary["reconciled"]
    assert reconciled["booked"] == reconciled["before"] - reconciled["after"] == charged
    assert reconciled["difference"] == 0
    assert reconciled["request_ids"] == [charge["request_id"] for charge in demo_server.ledger()["charges"]]
    assert any(row["company_name"] for row in read_rows(leadfeeder_ids.with_name("out.csv")))


def test_a_charge_whose_answer_was_lost_shows_against_the_balance(
    program: Program, demo_server: DemoServer, leadfeeder_ids: Path
) -> None:
    demo_server.fault("drop_reply", Provider.LEADFEEDER, path="/v1/contacts")
    files = ("--out", leadfeeder_ids.with_name("out.csv"), "--outcomes", leadfeeder_ids.with_name("outcomes.csv"))
    account = ("--account", an_account(demo_server))
    result = program("fetch", "leadfeeder", leadfeeder_ids, *files, *account, "--yes", "--json")
    assert result.code == 0
    summary = json.loads(result.written)
    assert demo_server.ledger()["totals"]["charged"] == {"leadfeeder": 12}
    (reconciled,) = summary["reconciled"]
    assert (summary["charged"], reconciled["difference"]) == (0, 12)
    assert "The balance fell by 12 credits, 0 were booked" in result.said
