"""`search tamtam`: the cost is agreed to before anything is bought, and never exceeded."""

from pathlib import Path

import pytest

from app.domain.provider import Provider
from tests.cli.conftest import Program, read_rows
from tests.support.demo_server import DemoServer

TAMTAM = Provider.TAMTAM
SALES = ("--job_titles_includes", "Sales")


def spent(server: DemoServer) -> int:
    total: int = server.ledger()["totals"]["charged"].get("tamtam", 0)
    return total


def test_the_rows_that_were_agreed_to_are_bought_and_written(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    result = program("search", "tamtam", *SALES, "--limit", "60", "--max-credits", "75", "--yes", "--out", out)
    assert result.code == 0
    held = demo_server.rows(TAMTAM, job_titles_includes="Sales")
    assert [row["provider_id"] for row in read_rows(out)] == held[:60]
    assert spent(demo_server) == 75
    assert "can cost up to 75 credits" in result.said
    assert "75 credits were charged" in result.said
    assert "15 more came with the last page" in result.said


def test_without_consent_nothing_is_bought(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    argv = ("search", "tamtam", *SALES, "--limit", "30", "--out", out)
    result = program(*argv)
    assert result.code == 2
    assert "up to 50 credits" in result.said
    assert "--yes" in result.said
    declined = program(*argv, source="n\n", terminal=True)
    assert declined.code == 2
    assert demo_server.requests() == []
    assert not out.exists()
    assert program(*argv, source="y\n", terminal=True).code == 0
    assert spent(demo_server) == 50


def test_an_estimate_above_the_cap_is_refused(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    argv = ("search", "tamtam", *SALES, "--limit", "100", "--max-credits", "99", "--yes", "--out", out)
    result = program(*argv)
    assert result.code == 5
    assert "100 credits, more than --max-credits 99" in result.said
    assert demo_server.requests() == []


def test_it_stops_before_a_page_that_could_exceed_the_cap(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.fault("missing_rows", TAMTAM, path="/v2/people/search", rows=10, times=None)
    out = tmp_path / "out.csv"
    result = program("search", "tamtam", *SALES, "--limit", "50", "--max-credits", "50", "--yes", "--out", out)
    assert result.code == 5
    assert "could exceed the cap of 50 credits" in result.said
    assert len(read_rows(out)) == 30
    assert len(demo_server.requests(TAMTAM, "/v2/people/search")) == 2
    assert "30 credits were charged" in result.said


def test_an_answer_that_was_not_seen_ends_it_and_is_not_asked_again(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.fault("drop_reply", TAMTAM, path="/v2/people/search", after=1)
    out = tmp_path / "out.csv"
    result = program("search", "tamtam", *SALES, "--limit", "50", "--yes", "--out", out)
    assert result.code == 3
    assert "may or may not have accepted" in result.said
    assert len(read_rows(out)) == 25
    assert len(demo_server.requests(TAMTAM, "/v2/people/search")) == 2


def test_nobody_found_costs_nothing(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    result = program("search", "tamtam", "--prompt", "lighthouse keepers", "--limit", "25", "--yes", "--out", out)
    assert result.code == 0
    assert read_rows(out) == []
    assert spent(demo_server) == 0


@pytest.mark.parametrize(
    "filters",
    [
        (),
        ("--prompt", "heads of sales", "--countries", "FR"),
        ("--company_headcounts", "11-50"),
        ("--recently_changed_jobs", "maybe"),
        ("--seniority_includes", "head"),
    ],
)
def test_a_query_that_would_be_refused_is_told_before_its_price(
    program: Program, demo_server: DemoServer, tmp_path: Path, filters: tuple[str, ...]
) -> None:
    assert program("search", "tamtam", *filters, "--yes", "--out", tmp_path / "out.csv").code == 2
    assert demo_server.requests() == []


def test_buildworkpro_is_searched_free_of_charge(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    filters = ("--type", "vendor", "--dateFrom", "2026-02-01", "--dateTo", "2026-03-31")
    result = program("search", "buildworkpro", *filters, "--limit", "5000", "--out", out)
    assert result.code == 0
    held = demo_server.rows(
        Provider.BUILDWORKPRO, type="vendor", dateFrom="2026-02-01T00:00:00Z", dateTo="2026-03-31T23:59:59.999Z"
    )
    assert [row["provider_id"] for row in read_rows(out)] == held
    assert held
    assert "credits" not in result.said
    assert program("search", "buildworkpro", "--dateFrom", "March", "--out", out).code == 2
