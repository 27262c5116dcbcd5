import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NoReturn

import pytest

from app.cli import main
from app.composition import Services
from app.domain.provider import Provider
from app.storage.instance_lock import InstanceLock
from app.storage.profile import Profile
from tests.cli.conftest import Program, an_account, read_rows
from tests.cli.streams import TestConsole
from tests.conftest import ExpectLog
from tests.support.demo_server import DemoServer
from tests.support.programs import started, until


def ways_to_ask(server: DemoServer, folder: Path) -> list[Sequence[str | Path]]:
    """One command per service and kind of work."""
    ids = folder / "ids.txt"
    ids.write_text("4101 b3c6f5e2-1234-4abc-9def-0123456789ab")
    people = folder / "people.csv"
    people.write_text("first_name,last_name,domain\nAda,Lark,lark.example\n")
    out = ("--out", folder / "out.csv")
    files = (*out, "--outcomes", folder / "outcomes.csv")
    return [
        ("search", "talktohumans", "--query", "a", *out),
        ("search", "leadfeeder", "--positions", "a", *out),
        ("search", "leadfeeder", "--account_id", an_account(server), "--positions", "a", *out),
        ("fetch", "buildworkpro", ids, *files),
        ("fetch", "tamtam", ids, *files),
        ("enrich", people, "--fields", "emails", *files, "--max-credits", "5", "--yes"),
    ]


def test_a_wrong_key_is_one_sentence_and_exit_code_4(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    for provider in Provider:
        program.environ[f"CONTACT_SCOUT_{provider.name}_KEY"] = "wrong-key"
    for argv in ways_to_ask(demo_server, tmp_path):
        result = program(*argv)
        assert result.code == 4, argv
        assert "key" in result.said.splitlines()[-1]
        assert "Traceback" not in result.said
        assert "wrong-key" not in result.said


def test_a_missing_key_is_exit_code_4(program: Program, demo_server: DemoServer, tmp_path: Path) -> None:
    program.environ = {name: value for name, value in program.environ.items() if not name.endswith("_KEY")}
    result = program("search", "talktohumans", "--query", "a", "--out", tmp_path / "o.csv")
    assert (result.code, result.said.count("\n")) == (4, 1)
    assert "There is no key for TalkToHumans yet." in result.said


@pytest.fixture
def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def test_a_server_that_is_down_is_one_sentence_and_exit_code_6(
    program: Program, closed_port: str, tmp_path: Path
) -> None:
    program.environ["CONTACT_SCOUT_TALKTOHUMANS_URL"] = closed_port
    result = program("search", "talktohumans", "--query", "a", "--out", tmp_path / "o.csv")
    assert result.code == 6
    assert result.said.count("\n") == 1
    assert not (tmp_path / "o.csv").exists()


def test_a_page_instead_of_an_answer_is_network_trouble(
    program: Program, demo_server: DemoServer, tmp_path: Path
) -> None:
    demo_server.fault("html", Provider.TALKTOHUMANS, times=None)
    assert program("search", "talktohumans", "--query", "a", "--out", tmp_path / "o.csv").code == 6


def test_plain_http_beyond_this_machine_is_refused(program: Program, tmp_path: Path) -> None:
    program.environ["CONTACT_SCOUT_TALKTOHUMANS_URL"] = "http://talktohumans.example"
    assert program("search", "talktohumans", "--query", "a", "--out", tmp_path / "o.csv").code == 2


def test_a_profile_in_use_is_refused_but_can_be_looked_at(program: Program) -> None:
    program("queue", "status")
    lock = InstanceLock(Profile(program.profile).lock_path)
    lock.acquire()
    try:
        result = program("queue", "resume")
        assert result.code == 2
        assert "already open" in result.said
        assert program("queue", "status").code == 0
        assert program("library", "stats", "--json").code == 0
    finally:
        lock.release()


def test_a_damaged_library_is_one_sentence(program: Program, expected_log: ExpectLog) -> None:
    program("queue", "status")
    Profile(program.profile).library_path.write_bytes(b"no database" * 1000)
    result = program("queue", "resume")
    assert (result.code, result.said.count("\n")) == (2, 1)


def test_a_fault_of_ours_is_one_sentence_with_the_log_that_tells_more(tmp_path: Path, expected_log: ExpectLog) -> None:
    expected_log(r"(?s)app\.cli\.program.*ZeroDivisionError")

    def opener(*_args: object, **_kwargs: object) -> AbstractAsyncContextManager[Services]:
        raise ZeroDivisionError

    console = TestConsole()
    assert main(["queue", "stop", "--profile", str(tmp_path)], console=console, opener=opener) == 1
    assert "fault of Contact Scout (ZeroDivisionError)" in console.said
    (log,) = (tmp_path / "logs").iterdir()
    assert str(log) in console.said
    assert "ZeroDivisionError" in log.read_text("utf-8")


def test_interrupting_a_question_stops_with_130(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_self: TestConsole, _question: str) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(TestConsole, "confirm", interrupt)
    people = program.folder / "people.csv"
    people.write_text("first_name,last_name,domain\nAda,Lark,lark.example\n")
    files = ("--out", program.folder / "o.csv", "--outcomes", program.folder / "x.csv")
    argv = ("enrich", people, "--fields", "emails", *files, "--max-credits", "5")
    result = program(*argv, terminal=True)
    assert result.code == 130
    assert "Stopped." in result.said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to one process")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_search_and_keeps_the_rows_received(
    program: Program, demo_server: DemoServer, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    demo_server.fault("delay", Provider.TALKTOHUMANS, path="/v1/contacts", after=1, seconds=60)
    out = tmp_path / "out.csv"
    argv = program.command_line("search", "talktohumans", "--company_name", "a", "--limit", "500", "--out", out)
    with started(argv, env=program.environ, stderr=subprocess.PIPE) as process:
        until(process, lambda: not demo_server.faults())  # the second page is asked for
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert process.returncode == code
    assert "Traceback" not in said
    assert len(read_rows(out)) == 25


def test_the_command_line_loads_no_qt() -> None:
    probe = (
        "import sys, app.cli; app.cli.main(['queue', '--help']);"
        "sys.exit(any(name.startswith(('PySide6', 'qasync')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False, stdout=subprocess.DEVNULL).returncode == 0


def test_synthetic_people_do_not_mix_with_the_reps_own() -> None:
    console = TestConsole()
    assert main(["library", "stats", "--demo"], console=console) == 0
    assert (Profile.default().directory / "demo" / "library.sqlite3").exists()
    assert not Profile.default().library_path.exists()
    assert main(["library", "stats"], console=console) == 0
    assert Profile.default().library_path.exists()


def test_the_built_in_services_need_no_server(tmp_path: Path) -> None:
    console = TestConsole()
    out = tmp_path / "out.csv"
    argv = ["search", "talktohumans", "--company_name", "a", "--limit", "20", "--out", str(out), "--demo"]
    assert main([*argv, "--profile", str(tmp_path / "p")], console=console) == 0
    assert len(read_rows(out)) == 20
