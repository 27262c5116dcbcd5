"""`queue retry`, `give-up`, `ledger` and `recover`."""

from pathlib import Path

from app.demo.samples import people_rows
from app.domain.provider import Provider
from tests.cli.conftest import Program, read_rows, write_people
from tests.conftest import ExpectLog
from tests.support.demo_server import DemoServer


def enrich(program: Program, server: DemoServer, count: int, *more: str) -> None:
    people = write_people(program.folder / "people.csv", people_rows(server.data, count))
    files = ("--out", program.folder / "out.csv", "--outcomes", program.folder / "outcomes.csv")
    program("enrich", people, "--fields", "emails", *files, "--max-credits", str(count), "--yes", *more)


def test_what_failed_is_bought_again_only_with_consent(program: Program, demo_server: DemoServer) -> None:
    enrich(program, demo_server, 60)
    failed = [line for line in read_rows(program.folder / "outcomes.csv") if line["outcome"] == "failed"]
    assert failed
    refused = program("queue", "retry", "1")
    assert (refused.code, f"up to {len(failed)} credits" in refused.said) == (2, True)
    assert len(demo_server.ledger()["submits"]) == 1
    program("queue", "retry", "1", "--yes")
    assert demo_server.ledger()["submits"][1]["item_count"] == len(failed)


def test_an_unknown_outcome_is_sent_again_only_with_consent_or_given_up(
    program: Program, demo_server: DemoServer, expected_log: ExpectLog
) -> None:
    expected_log("is unknown")
    demo_server.fault("drop_reply", Provider.TAMTAM, method="POST", path="/v2/people/enrich")
    enrich(program, demo_server, 5)
    refused = program("queue", "retry", "1", "--unknown")
    assert (refused.code, "5 people again, who may have been accepted" in refused.said) == (2, True)
    assert len(demo_server.ledger()["submits"]) == 1
    demo_server.fault("drop_reply", Provider.TAMTAM, method="POST", path="/v2/people/enrich")
    again = program("queue", "retry", "1", "--unknown", "--yes")
    assert (again.code, "Whether 5 people were accepted is not known" in again.said) == (3, True)
    answered = program("queue", "retry", "1", "--unknown", "--yes")
    assert (answered.code, "1 failed" in answered.said) == (3, True)
    assert len(demo_server.ledger()["submits"]) == 3
    assert program("queue", "retry", "1", "--unknown").code == 2


def test_a_batch_can_be_given_up(program: Program, demo_server: DemoServer) -> None:
    demo_server.options(enrichment_seconds=60)
    enrich(program, demo_server, 5, "--no-wait")
    assert "is given up" in program("queue", "give-up", "1").said
    assert "Nothing was changed" in program("queue", "give-up", "1").said
    assert "abandoned" in program("queue", "status").written


def test_the_ledger_is_a_file_and_equals_the_services(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    enrich(program, demo_server, 20)
    assert program("queue", "ledger", "--out", tmp_path / "ledger.csv").code == 0
    charged = sum(int(line["credits"]) for line in read_rows(tmp_path / "ledger.csv") if line["kind"] == "charged")
    assert charged == demo_server.ledger()["totals"]["charged"]["tamtam"]


def test_a_lost_library_is_no_lost_money(program: Program, demo_server: DemoServer) -> None:
    enrich(program, demo_server, 5, "--no-wait")
    for file in program.profile.glob("library.sqlite3*"):
        file.unlink()
    result = program("queue", "recover")
    assert "1 requests were taken up again" in result.said
    assert "5 entries are about people who are not known" in result.said
    assert len(demo_server.ledger()["submits"]) == 1
    assert "knows every request" in program("queue", "recover").said
