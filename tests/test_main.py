"""The entry point: what goes to the command line, what opens the window, and what is said when it cannot."""

import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import app
from app.__main__ import main
from app.cli.options import build_parser
from app.commands import COMMANDS
from tests.conftest import ExpectLog
from tests.support.programs import run_python

if TYPE_CHECKING:
    from app.application import WindowOptions

IMPORTED = """
import sys
from app.__main__ import main
try:
    code = main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
print("Qt" if any(name.startswith(("PySide6", "qasync")) for name in sys.modules) else "no Qt")
sys.exit(code)
"""


class Opened:
    """Stands in for the window: remembers how it was asked for."""

    def __init__(self) -> None:
        self.options: WindowOptions | None = None
        self.error: Exception | None = None

    def run_window(self, options: "WindowOptions") -> int:
        self.options = options
        logging.getLogger("app.test").info("window")
        if self.error:
            raise self.error
        return 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    opened = Opened()
    monkeypatch.setattr("app.application.run_window", opened.run_window)
    return opened


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["nonsense"], ["keys", "--help"], ["search", "-h"]])
async def test_qt_is_not_loaded_for_commands(arguments: list[str]) -> None:
    ended = await run_python("-c", IMPORTED, *arguments)
    assert ended.out.splitlines()[-1] == "no Qt", ended.err
    assert ended.code == (2 if arguments == ["nonsense"] else 0)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"contact-scout {app.__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(f"  {command} " in out for command in COMMANDS)


def test_every_command_that_there_is_can_be_reached() -> None:
    told = build_parser().format_help()
    assert sorted(re.findall(r"^    ([a-z-]+)(?: |$)", told, re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["nonsense"], ["--profile"], ["--tour"]])
def test_wrong_usage_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    err = capsys.readouterr().err
    assert err.startswith("contact-scout: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("before", [[], ["--demo"], ["--profile", "PROFILE"], ["--debug", "--profile", "PROFILE"]])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_goes_to_the_command_line(
    monkeypatch: pytest.MonkeyPatch, before: list[str], command: str
) -> None:
    given: list[list[str]] = []

    def run_command(arguments: list[str]) -> int:
        given.append(arguments)
        return 5

    monkeypatch.setattr("app.cli.main", run_command)
    assert main([*before, command, "more"]) == 5
    assert given == [[*before, command, "more"]]


def test_the_window_gets_its_options_and_the_log_is_in_the_profile(tmp_path: Path, opened: Opened) -> None:
    assert main(["--demo", "--profile", str(tmp_path / "p"), "--tour", str(tmp_path / "t"), "--debug"]) == 0
    assert opened.options is not None
    assert opened.options.profile.directory == tmp_path / "p"
    assert (opened.options.demo, opened.options.tour, opened.options.debug) == (True, tmp_path / "t", True)
    assert "INFO app.test: window" in (tmp_path / "p/logs/contact-scout.log").read_text("utf-8")


def test_demo_people_do_not_get_into_the_reps_own_library(opened: Opened) -> None:
    directories: list[Path] = []
    for arguments in ([], ["--demo"]):
        main(arguments)
        assert opened.options is not None
        directories.append(opened.options.profile.directory)
    own, demo = directories
    assert own != demo


def test_a_profile_that_cannot_be_made_is_told_in_one_sentence(
    tmp_path: Path, opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["--profile", str(tmp_path / "file")]) == 2
    assert opened.options is None
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_the_tour_runs_offscreen_and_the_window_is_refused(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--profile", str(tmp_path)]) == 2
    assert "QT_QPA_PLATFORM=offscreen" in capsys.readouterr().err
    assert opened.options is None
    assert main(["--profile", str(tmp_path), "--tour", str(tmp_path / "t")]) == 0
    assert opened.options is not None


def test_a_qt_that_cannot_be_loaded_is_told_in_one_sentence(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtWidgets", None)
    assert main(["--profile", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "Qt cannot be loaded" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_one_sentence_and_a_report_in_the_log(
    tmp_path: Path, opened: Opened, capsys: pytest.CaptureFixture[str], expected_log: ExpectLog, debug: bool
) -> None:
    expected_log("app.__main__: Contact Scout .*")
    opened.error = KeyError("ann@example.com")
    log_file = tmp_path / "logs/contact-scout.log"
    assert main(["--profile", str(tmp_path), *(["--debug"] if debug else [])]) == 1
    err = capsys.readouterr().err
    assert err.splitlines()[-1] == (
        f"contact-scout: This is a fault of Contact Scout (KeyError). Details are in {log_file}."
    )
    assert ("Traceback" in err) is debug
    report = log_file.read_text("utf-8")
    assert "test_main.py" in report
    assert "ann" not in report
