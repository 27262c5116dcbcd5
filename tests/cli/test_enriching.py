import signal
import subprocess
import sys
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from app.demo.samples import people_rows
from app.domain.provider import Provider
from tests.cli.conftest import Program, Result, read_rows, write_people
from tests.conftest import ExpectLog
from tests.support.demo_server import DemoServer
from tests.support.programs import START_SECONDS, started, until

ENRICHING = "/v2/people/enrich"
HELD = 60
"""Seconds that an answer is held back at most: until the faults are cleared."""


def enrich(program: Program, people: Path, *more: str, fields: str = "emails", cap: int = 2750) -> Result:
    files = ("--out", program.folder / "out.csv", "--outcomes", program.folder / "outcomes.csv")
    return program("enrich", people, "--fields", fields, *files, "--max-credits", str(cap), *more)


def some_people(server: DemoServer, folder: Path, count: int) -> Path:
    rows = [{"crm id": f"00{number}", **row} for number, row in enumerate(people_rows(server.data, count), start=1)]
    return write_people(folder / "people.csv", rows)


def test_250_rows_are_3_submits_and_come_back_in_order(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    people = some_people(demo_server, tmp_path, 250)
    result = enrich(program, people, "--yes", fields="emails,phones")
    assert result.code == 3  # some look-ups of the demo data fail
    assert [submit["item_count"] for submit in demo_server.ledger()["submits"]] == [100, 100, 50]
    given, rows = read_rows(people), read_rows(tmp_path / "out.csv")
    assert [{name: row[name] for name in given[0]} for row in rows] == given
    outcomes = read_rows(tmp_path / "outcomes.csv")
    assert [(line["row"], line["field"]) for line in outcomes] == [
        (str(number), field) for number in range(1, 251) for field in ("emails", "phones")
    ]
    assert set(Counter(line["outcome"] for line in outcomes)) == {"found", "not_found", "failed"}
    for line in outcomes:
        row = rows[int(line["row"]) - 1]
        assert bool(row[line["field"]]) is (line["outcome"] == "found")
        assert bool(line["reason"]) is (line["outcome"] == "failed") or line["outcome"] == "not_found"
    assert demo_server.ledger()["totals"]["paid_twice"] == []
    assert not list((program.profile / "cli_jobs").iterdir())


def test_what_cannot_be_sent_is_told_per_row_and_costs_nothing(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    good = people_rows(demo_server.data, 2)
    people = write_people(
        tmp_path / "people.csv", [good[0], {**good[1], "domain": "", "linkedin_url": ""}, good[0], good[1]]
    )
    enrich(program, people, "--yes")
    assert demo_server.ledger()["totals"]["submitted_items"] == 2
    rows = read_rows(tmp_path / "outcomes.csv")
    assert (rows[1]["outcome"], rows[1]["reason"]) == ("failed", "Missing company domain.")
    assert rows[2]["outcome"] == rows[0]["outcome"]
    written = read_rows(tmp_path / "out.csv")
    assert written[2]["email"] == written[0]["email"]


def test_nobody_to_send_is_an_answer_too(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    people = write_people(tmp_path / "people.csv", [{"first_name": "Ada", "last_name": "", "domain": "lark.example"}])
    assert enrich(program, people, "--yes").code == 3
    assert [line["reason"] for line in read_rows(tmp_path / "outcomes.csv")] == ["Missing last name."]
    assert demo_server.ledger()["submits"] == []


def test_nothing_is_spent_without_consent_or_above_the_cap(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    people = some_people(demo_server, tmp_path, 5)
    refused = enrich(program, people, cap=5)
    assert (refused.code, "--yes" in refused.said) == (2, True)
    assert enrich(program, people, "--yes", cap=4).code == 5
    assert enrich(program, people, "--yes", cap=54, fields="phones,emails").code == 5
    assert demo_server.ledger()["submits"] == []
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("fields", ["", "faxes", "emails,faxes"])
def test_unknown_fields_are_bad_usage(program: Program, demo_server: DemoServer, tmp_path: Path, fields: str) -> None:
    assert enrich(program, some_people(demo_server, tmp_path, 1), "--yes", fields=fields).code == 2


def test_too_few_credits_at_the_service_is_exit_code_5(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.set_credits(Provider.TAMTAM, 3)
    result = enrich(program, some_people(demo_server, tmp_path, 5), "--yes")
    assert result.code == 5
    assert "Only 3 credits are left" in result.said
    assert demo_server.ledger()["submits"] == []
    assert {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")} == {"queued"}
    demo_server.set_credits(Provider.TAMTAM, 100)
    assert program("queue", "resume").code in (0, 3)
    assert not {"queued", "in_flight"} & {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")}


def test_without_waiting_everything_is_submitted_and_resume_collects(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.options(enrichment_seconds=4.0)
    people = some_people(demo_server, tmp_path, 120)
    result = enrich(program, people, "--yes", "--no-wait")
    assert result.code == 0
    assert "queue resume" in result.said
    assert len(demo_server.ledger()["submits"]) == 2
    assert {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")} == {"in_flight"}
    assert program("queue", "resume").code == 3
    assert {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")} == {"found", "not_found", "failed"}
    assert len(demo_server.ledger()["submits"]) == 2


def test_the_same_file_again_waits_for_the_run_in_progress(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    people = some_people(demo_server, tmp_path, 20)
    assert enrich(program, people, "--yes", "--no-wait").code == 0
    result = enrich(program, people, "--yes")
    assert "Already in the queue." in result.said
    assert len(demo_server.ledger()["submits"]) == 1
    assert not {"queued", "in_flight"} & {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")}


def test_a_field_another_run_waits_for_is_waited_for_and_not_bought_again(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    people = some_people(demo_server, tmp_path, 3)
    assert enrich(program, people, "--yes", "--no-wait").code == 0
    enrich(program, people, "--yes", fields="emails,phones")
    outcomes = read_rows(tmp_path / "outcomes.csv")
    assert len(outcomes) == 6
    assert not {line["outcome"] for line in outcomes} & {"queued", "in_flight"}
    assert [submit["fields"] for submit in demo_server.ledger()["submits"]] == [["emails"], ["phones"]]
    assert demo_server.ledger()["totals"]["paid_twice"] == []


def test_a_submit_whose_answer_was_lost_is_unknown_and_not_sent_again(
    program: Program, demo_server: DemoServer, tmp_path: Path, expected_log: ExpectLog
) -> None:
    expected_log("Outcome of enrichment batch 1 is unknown")
    demo_server.fault("drop_reply", Provider.TAMTAM, method="POST", path=ENRICHING)
    people = some_people(demo_server, tmp_path, 5)
    asked = enrich(program, people, "--yes")
    assert asked.code == 3
    assert "queue retry RUN --unknown” (run 1)" in asked.said
    assert "Run 1, needs your decision" in program("queue", "status").written
    assert {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")} == {"unknown"}
    resumed = program("queue", "resume")
    assert "up to 5 credits once more" in resumed.said
    assert resumed.code == 3
    assert enrich(program, people, "--yes").code == 3
    assert len(demo_server.ledger()["submits"]) == 1


def start(program: Program, *argv: str | Path) -> AbstractContextManager[subprocess.Popen[str]]:
    return started(
        program.command_line(*argv),
        env={**program.environ, "HOME": str(program.folder), "PATH": "", "SYSTEMROOT": "C:\\Windows"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def batch_states(program: Program) -> list[str]:
    if not (program.profile / "library.sqlite3").exists():
        return []
    # Beside the running program, as the command line would.
    result = program("queue", "status")
    return [line.split(", ")[1].split(":")[0] for line in result.written.splitlines() if line.startswith("  Batch")]


def test_killed_while_it_runs_then_resumed_all_results_arrive_and_nothing_is_submitted_twice(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    # No result before it is killed, however slow the machine is.
    demo_server.fault("delay", Provider.TAMTAM, method="GET", path=ENRICHING, seconds=HELD, times=None)
    people = some_people(demo_server, tmp_path, 250)
    files = ("--out", tmp_path / "out.csv", "--outcomes", tmp_path / "outcomes.csv")
    with start(program, "enrich", people, "--fields", "emails", *files, "--max-credits", "250", "--yes") as process:
        until(process, lambda: batch_states(program) == ["submitted"] * 3)
        process.kill()
    demo_server.clear_faults()
    assert not (tmp_path / "out.csv").exists()
    program("queue", "resume")
    assert len(read_rows(tmp_path / "out.csv")) == 250
    outcomes = Counter(line["outcome"] for line in read_rows(tmp_path / "outcomes.csv"))
    assert set(outcomes) == {"found", "not_found", "failed"}
    ledger = demo_server.ledger()
    assert len(ledger["submits"]) == 3
    assert ledger["totals"]["paid_twice"] == []
    assert program("queue", "resume").said == "Nothing is waiting in the queue.\n"


def test_killed_in_the_middle_of_a_submit_that_batch_is_unknown_and_the_rest_goes_on(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.fault("delay", Provider.TAMTAM, method="POST", path=ENRICHING, after=1, seconds=HELD)
    people = some_people(demo_server, tmp_path, 250)
    files = ("--out", tmp_path / "out.csv", "--outcomes", tmp_path / "outcomes.csv")
    with start(program, "enrich", people, "--fields", "emails", *files, "--max-credits", "250", "--yes") as process:
        until(process, lambda: "submitting" in batch_states(program)[1:])
        process.kill()
    demo_server.clear_faults()
    result = program("queue", "resume")
    assert result.code == 3
    assert "up to 100 credits once more" in result.said
    outcomes = Counter(line["outcome"] for line in read_rows(tmp_path / "outcomes.csv"))
    assert outcomes["unknown"] == 100
    assert outcomes.total() == 250
    assert not {"queued", "in_flight"} & set(outcomes)
    assert demo_server.ledger()["totals"]["paid_twice"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_interrupted_in_the_middle_of_a_submit_its_answer_is_still_taken(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.fault("delay", Provider.TAMTAM, method="POST", path=ENRICHING, seconds=HELD)
    people = some_people(demo_server, tmp_path, 20)
    files = ("--out", tmp_path / "out.csv", "--outcomes", tmp_path / "outcomes.csv")
    with start(program, "enrich", people, "--fields", "emails", *files, "--max-credits", "20", "--yes") as process:
        until(process, lambda: batch_states(program) == ["submitting"])
        process.send_signal(signal.SIGINT)
        demo_server.clear_faults()
        process.communicate(timeout=START_SECONDS)
        assert process.returncode == 130
    assert {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")} == {"in_flight"}
    program("queue", "resume")
    ledger = demo_server.ledger()
    assert len(ledger["submits"]) == 1
    found = [line for line in read_rows(tmp_path / "outcomes.csv") if line["outcome"] == "found"]
    assert len(found) == ledger["totals"]["charged"]["tamtam"]


@pytest.mark.parametrize(
    ("out", "outcomes"), [("same.csv", "same.csv"), ("people.csv", "o.csv"), ("o.csv", "people.csv")]
)
def test_files_that_would_overwrite_each_other_are_refused_before_anything_is_bought(
    program: Program, demo_server: DemoServer, tmp_path: Path, out: str, outcomes: str
) -> None:
    people = some_people(demo_server, tmp_path, 5)
    before = people.read_bytes()
    files = ("--out", tmp_path / out, "--outcomes", tmp_path / outcomes)
    result = program("enrich", people, "--fields", "emails", *files, "--max-credits", "5", "--yes")
    assert result.code == 2
    assert "would be lost" in result.said
    assert people.read_bytes() == before
    assert demo_server.ledger()["submits"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_interrupted_it_stops_cleanly_and_resume_finishes(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    # No result before it is interrupted, however slow the machine is.
    demo_server.fault("delay", Provider.TAMTAM, method="GET", path=ENRICHING, seconds=HELD, times=None)
    people = some_people(demo_server, tmp_path, 20)
    files = ("--out", tmp_path / "out.csv", "--outcomes", tmp_path / "outcomes.csv")
    with start(program, "enrich", people, "--fields", "emails", *files, "--max-credits", "20", "--yes") as process:
        until(process, lambda: batch_states(program) == ["submitted"])
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=START_SECONDS)
        assert process.returncode == 130
    demo_server.clear_faults()
    assert said.endswith("Stopped.\n")
    assert "Traceback" not in said
    assert {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")} == {"in_flight"}
    program("queue", "resume")
    assert not {"queued", "in_flight"} & {line["outcome"] for line in read_rows(tmp_path / "outcomes.csv")}
    assert len(demo_server.ledger()["submits"]) == 1
