import json
from pathlib import Path

from app.cli import jobs
from app.demo.samples import people_rows
from app.domain.provider import Provider
from app.storage.profile import Profile
from tests.cli.conftest import Program, read_rows, write_people
from tests.support.demo_server import DemoServer


def queue_people(program: Program, server: DemoServer, count: int, *more: str) -> int:
    people = write_people(program.folder / "people.csv", people_rows(server.data, count))
    files = ("--out", program.folder / "out.csv", "--outcomes", program.folder / "outcomes.csv")
    return program("enrich", people, "--fields", "emails", *files, "--max-credits", str(count), "--yes", *more).code


def test_an_empty_queue_says_so(program: Program) -> None:
    assert program("queue", "status").written == "The queue is empty.\n"
    assert json.loads(program("queue", "status", "--json").written) == {"runs": []}
    assert program("queue", "resume").said == "Nothing is waiting in the queue.\n"
    assert "nothing is in flight" in program("queue", "stop").said


def test_the_status_tells_runs_batches_and_credits(program: Program, demo_server: DemoServer) -> None:
    demo_server.options(enrichment_seconds=60)
    assert queue_people(program, demo_server, 120, "--no-wait") == 0
    (run,) = json.loads(program("queue", "status", "--json").written)["runs"]
    assert (run["people"], run["fields"], run["origin"], run["open"]) == (120, ["emails"], "people.csv", True)
    assert run["credits"] == {"cap": 120, "reserved": 120, "charged": 0}
    assert run["outcomes"] == {"in_flight": 120}
    assert [batch["people"] for batch in run["batches"]] == [100, 20]
    submits = demo_server.ledger()["submits"]
    assert [batch["request_id"] for batch in run["batches"]] == [submit["request_id"] for submit in submits]
    told = program("queue", "status").written
    assert told.startswith("Run 1, open: 120 people, emails, from people.csv. 120 in flight.")
    assert submits[1]["request_id"] in told


def test_stop_forbids_new_spending_until_resume(program: Program, demo_server: DemoServer) -> None:
    demo_server.set_credits(Provider.TAMTAM, 0)
    assert queue_people(program, demo_server, 5) == 5
    demo_server.set_credits(Provider.TAMTAM, 100)
    assert program("queue", "stop").code == 0
    (run,) = json.loads(program("queue", "status", "--json").written)["runs"]
    assert (run["stopped"], run["open"]) == (True, False)
    assert program("queue", "status").written.startswith("Run 1, stopped: 5 people")
    assert demo_server.ledger()["submits"] == []
    resumed = program("queue", "resume")
    assert "The queue is done: " in resumed.said
    assert len(demo_server.ledger()["submits"]) == 1
    assert len(read_rows(program.folder / "out.csv")) == 5


def test_stop_tells_what_is_in_flight_and_may_still_cost(program: Program, demo_server: DemoServer) -> None:
    demo_server.options(enrichment_seconds=60)
    queue_people(program, demo_server, 5, "--no-wait")
    assert "5 people are in flight and can cost up to 5 credits" in program("queue", "stop").said


def test_resume_writes_the_files_of_a_run_that_had_finished_already(program: Program, demo_server: DemoServer) -> None:
    """As after a kill between the last result and the file."""
    queue_people(program, demo_server, 5, "--no-wait")
    profile = Profile(program.profile)
    (stored,) = jobs.kept(profile)
    program("queue", "resume")
    out = program.folder / "out.csv"
    before = out.read_bytes()
    out.unlink()
    jobs.keep(profile, stored.job)
    program("queue", "resume")
    assert out.read_bytes() == before
    assert jobs.kept(profile) == []


def test_a_target_that_cannot_be_written_keeps_the_job_for_another_resume(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    queue_people(program, demo_server, 5, "--no-wait")
    out = tmp_path / "out.csv"
    out.unlink()
    out.mkdir()
    refused = program("queue", "resume")
    assert refused.code == 2
    assert "is a folder" in refused.said
    out.rmdir()
    program("queue", "resume")
    assert len(read_rows(out)) == 5
    assert len(demo_server.ledger()["submits"]) == 1


def test_a_server_that_is_down_leaves_the_queue_for_later(program: Program, demo_server: DemoServer) -> None:
    demo_server.options(enrichment_seconds=0.2)
    queue_people(program, demo_server, 5, "--no-wait")
    demo_server.fault("key_revoked", Provider.TAMTAM, times=None)
    assert program("queue", "resume").code == 4
    demo_server.clear_faults()
    program("queue", "resume")
    assert not {"queued", "in_flight"} & {line["outcome"] for line in read_rows(program.folder / "outcomes.csv")}
