"""The program started twice on one profile. Every program is a process of its own."""

import os
import signal
import sys
from pathlib import Path

import pytest

from app.qtbridge.doorbell import bell_name, ring
from app.storage.database import Database, rows
from app.storage.profile import Profile
from tests.support.programs import Program, run_python

LOG = "logs/contact-scout.log"

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")

HOLD = """
import sys
from pathlib import Path
from app.storage.instance_lock import InstanceLock
from app.storage.profile import Profile
profile = Profile(Path(sys.argv[1]))
with InstanceLock(profile.lock_path, sys.argv[2]):
    (profile.directory / "held").write_text("held")
    sys.stdin.read()
"""

MINIMISED = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer, Qt, Signal
from PySide6.QtWidgets import QMainWindow
from app.application import WindowOptions, run_window
from app.logs import logging_to
from app.storage.profile import Profile

class Window(QMainWindow):
    close_requested = Signal()

    def showEvent(self, event):
        QTimer.singleShot(0, self.showMinimized)

    def changeEvent(self, event):
        if self.isMinimized():
            self.was = True
        elif getattr(self, "was", False):
            print("came forward", flush=True)
            self.was = False
            self.close_requested.emit()

    def show_finishing(self):
        pass

    async def shut_down(self):
        pass

profile = Profile(Path(sys.argv[1]))
with logging_to(profile.log_dir):
    sys.exit(run_window(WindowOptions(profile, demo=True), create_window=lambda *_: Window()))
"""


PATIENT_START = """
import sys
from app.qtbridge import doorbell
doorbell.ring.__defaults__ = (60.0,)
from app.__main__ import main
sys.exit(main(["--demo", "--profile", sys.argv[1]]))
"""
"""A second start that waits for the first as long as a busy machine needs, where an answer is sure to come."""


def window(profile: Path) -> Program:
    return Program("-m", "app", "--demo", "--profile", str(profile))


@needs_signals
async def test_a_second_start_brings_the_first_window_forward_and_ends_well(tmp_path: Path) -> None:
    async with Program("-c", MINIMISED, str(tmp_path)) as first:
        await first.until_logged(tmp_path / LOG, "started")
        second = await run_python("-c", PATIENT_START, str(tmp_path))
        ended = await first.ended()
    assert (second.code, second.err) == (0, "")
    assert "already open on this profile; its window was brought to the front" in second.out
    assert second.out.count("\n") == 1
    assert (ended.code, ended.out) == (0, "came forward\n")


@needs_signals
async def test_a_window_that_does_not_answer_is_named(tmp_path: Path) -> None:
    async with window(tmp_path) as first:
        await first.until_logged(tmp_path / LOG, "started")
        first.process.send_signal(signal.SIGSTOP)
        second = await run_python("-m", "app", "--demo", "--profile", str(tmp_path))
        first.process.send_signal(signal.SIGCONT)
    assert second.code == 2
    assert "does not answer" in second.err
    assert second.err.count("\n") == 1


@needs_signals
async def test_what_a_killed_window_left_does_not_keep_the_next_from_being_found(tmp_path: Path) -> None:
    async with window(tmp_path) as killed:
        await killed.until_logged(tmp_path / LOG, "started")
        await killed.ended(signal.SIGKILL)
    (tmp_path / LOG).unlink()
    async with window(tmp_path) as first:
        await first.until_logged(tmp_path / LOG, "started")
        second = await run_python("-c", PATIENT_START, str(tmp_path))
    assert second.code == 0
    assert "brought to the front" in second.out


async def test_a_command_that_has_the_profile_is_named(tmp_path: Path) -> None:
    async with Program("-c", HOLD, str(tmp_path), "queue resume").with_open_stdin() as first:
        await first.until_logged(tmp_path / "held", "held")
        second = await run_python("-m", "app", "--demo", "--profile", str(tmp_path))
        third = await run_python("-m", "app", "queue", "stop", "--demo", "--profile", str(tmp_path))
    for ended in (second, third):
        assert ended.code == 2
        assert "“contact-scout queue resume” is running on this profile" in ended.err
        assert ended.err.count("\n") == 1


@needs_signals
async def test_commands_beside_a_window_read_and_do_not_write(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    database = await Database.open(Profile(profile).library_path)
    await database.write(
        lambda conn: rows(
            conn,
            "INSERT INTO contact (created_at, first_name, provider, providers) VALUES (1, 'Ada', 'tamtam', 'tamtam')",
        )
    )
    await database.close()
    out = str(tmp_path / "out.csv")
    async with window(profile) as first:
        await first.until_logged(profile / LOG, "started")
        for command in (
            ("library", "stats"),
            ("library", "check"),
            ("library", "backup"),
            ("library", "backups"),
            ("queue", "status"),
            ("queue", "ledger", "--out", str(tmp_path / "ledger.csv")),
            ("export", "--out", out),
            ("diagnostics", "--show"),
        ):
            ended = await run_python("-m", "app", *command, "--demo", "--profile", str(profile))
            assert ended.code == 0, (command, ended.err)
        for writing in (
            ("queue", "stop"),
            ("library", "salvage", "--yes"),
            ("search", "talktohumans", "--query", "a", "--out", out),
        ):
            ended = await run_python("-m", "app", *writing, "--demo", "--profile", str(profile))
            assert ended.code == 2, (writing, ended.out)
            assert "already open on this profile" in ended.err
    assert "Ada" in Path(out).read_text("utf-8")


@pytest.mark.gui
async def test_nobody_answers_for_a_profile_that_is_not_open(tmp_path: Path) -> None:
    assert not await ring(tmp_path, patience=0.1)


def test_a_profile_has_one_bell_however_its_folder_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "profile").mkdir()
    monkeypatch.chdir(tmp_path)
    assert bell_name(Path("profile")) == bell_name(tmp_path / "profile")
    assert bell_name(tmp_path / "profile") != bell_name(tmp_path / "other")


def test_a_bell_has_a_short_name_wherever_the_runtime_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path.joinpath(*["folder"] * 20)
    deep.mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert os.sep not in bell_name(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/tmp")
    assert len(bell_name(tmp_path)) < 100
