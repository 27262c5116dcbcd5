"""Start and stop of the window's process. Every test is a process of its own, because it ends the process."""

import signal
import sys
from pathlib import Path

import pytest

from tests.support.programs import Ended, Program, run_python

LOG = "logs/contact-scout.log"
STOP_SECONDS = 2.0

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")

STAND_IN = """
import asyncio, os, signal, sys, threading
from pathlib import Path
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QMainWindow
import app.application as application
from app.application import WindowOptions, run_window
from app.logs import logging_to
from app.storage.profile import Profile

def say(text):
    print(text, flush=True)

class Window(QMainWindow):
    close_requested = Signal()

    def closeEvent(self, event):
        event.ignore()
        self.close_requested.emit()

    def showEvent(self, event):
        QTimer.singleShot(0, self.shown)

    def hideEvent(self, event):
        say("hidden")

    def shown(self):
        self.close()

    def show_finishing(self):
        say("finishing")

    async def shut_down(self):
        say("shut down")

async def tour(window, services, directory):
    return 3

def run(window=Window, demo=True, **options):
    profile = Profile(Path(sys.argv[1]))
    with logging_to(profile.log_dir):
        return run_window(
            WindowOptions(profile, demo=demo, **options),
            create_window=lambda services, reporter, options: window(), tour=tour,
        )
"""


async def run_stand_in(profile: Path, script: str) -> Ended:
    return await run_python("-c", STAND_IN + script, str(profile))


def log_of(profile: Path) -> list[str]:
    return (profile / LOG).read_text("utf-8").splitlines()


def warnings_of(profile: Path) -> list[str]:
    return [line for line in log_of(profile) if line.split()[1] not in ("INFO", "DEBUG")]


# --- the program itself -----------------------------------------------------------------------------------------------


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_program_at_once_without_a_warning(tmp_path: Path, number: signal.Signals) -> None:
    async with Program("-m", "app", "--demo", "--profile", str(tmp_path)) as program:
        await program.until_logged(tmp_path / LOG, "started")
        ended = await program.ended(number)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert ended.seconds < STOP_SECONDS
    assert warnings_of(tmp_path) == []


async def test_a_library_that_cannot_be_read_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"this is not a library" * 1000)
    ended = await run_python("-m", "app", "--profile", str(tmp_path))
    assert ended.code == 2
    assert ended.err.startswith("contact-scout: ")
    assert ended.err.count("\n") == 1


async def test_a_display_that_qt_cannot_use_is_told_in_one_sentence(tmp_path: Path) -> None:
    ended = await run_python("-m", "app", "--profile", str(tmp_path), QT_QPA_PLATFORM="no-such-platform")
    assert ended.code == 2
    assert "QT_QPA_PLATFORM=offscreen" in ended.err
    assert ended.err.count("\n") == 1


# --- with a simpler window --------------------------------------------------------------------------------------------


async def test_closing_the_window_stops_everything_in_order(tmp_path: Path) -> None:
    ended = await run_stand_in(tmp_path, "sys.exit(run())")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.split("\n") == ["finishing", "shut down", "hidden", ""]
    assert [line.split(": ")[1] for line in log_of(tmp_path) if "application" in line][-2:] == [
        "Asked to end",
        "Ended with exit code 0",
    ]
    assert warnings_of(tmp_path) == []


async def test_a_window_that_does_not_stop_is_not_waited_for(tmp_path: Path) -> None:
    ended = await run_stand_in(
        tmp_path,
        """
class Slow(Window):
    async def shut_down(self):
        await asyncio.Event().wait()

sys.exit(run(Slow))
""",
    )
    assert (ended.code, ended.err) == (0, "")
    assert "did not stop within" in warnings_of(tmp_path)[0]


async def test_a_second_close_does_not_wait_for_the_window(tmp_path: Path) -> None:
    ended = await run_stand_in(
        tmp_path,
        """
class Slow(Window):
    async def shut_down(self):
        QTimer.singleShot(0, self.close)
        try:
            await asyncio.Event().wait()
        finally:
            say("cancelled")

application.WINDOW_STOP_SECONDS = 60
sys.exit(run(Slow))
""",
    )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.split() == ["finishing", "cancelled", "hidden"]


async def test_a_failing_shut_down_is_reported_and_the_rest_still_stops(tmp_path: Path) -> None:
    ended = await run_stand_in(
        tmp_path,
        """
class Broken(Window):
    async def shut_down(self):
        raise TypeError("broken")

sys.exit(run(Broken))
""",
    )
    assert (ended.code, ended.out.split()) == (0, ["finishing", "hidden"])
    (fault,) = warnings_of(tmp_path)
    assert fault.endswith("TypeError: broken")


async def test_a_loop_that_hangs_is_ended_by_force(tmp_path: Path) -> None:
    ended = await run_stand_in(
        tmp_path,
        """
class Hanging(Window):
    async def shut_down(self):
        threading.Event().wait()

application.STOP_SECONDS = application.FLUSH_SECONDS = 0.2
sys.exit(run(Hanging))
""",
    )
    assert ended.code == 1
    assert "ended by force; library closed: False" in warnings_of(tmp_path)[0]


@pytest.mark.parametrize("start", ["await asyncio.to_thread(hang)", "threading.Thread(target=hang).start()"])
async def test_a_thread_that_hangs_is_ended_by_force_after_the_library_is_closed(tmp_path: Path, start: str) -> None:
    ended = await run_stand_in(
        tmp_path,
        f"""
def hang():
    threading.Event().wait()

class Hanging(Window):
    async def shut_down(self):
        {start}

application.STOP_SECONDS = 1
sys.exit(run(Hanging))
""",
    )
    assert ended.code == 0
    assert "Ended with exit code 0" in log_of(tmp_path)[-2 if "Thread(" not in start else -1]


async def test_the_result_of_the_tour_is_the_exit_code(tmp_path: Path) -> None:
    ended = await run_stand_in(tmp_path, "Window.shown = lambda self: None\nsys.exit(run(tour=Path('pictures')))")
    assert ended.code == 3
    assert ended.out.split("\n") == ["finishing", "shut down", "hidden", ""]


@needs_signals
async def test_a_tour_that_is_interrupted_has_not_worked(tmp_path: Path) -> None:
    ended = await run_stand_in(
        tmp_path,
        """
async def tour(window, services, directory):
    signal.raise_signal(signal.SIGTERM)
    await asyncio.Event().wait()

Window.shown = lambda self: None
sys.exit(run(tour=Path('pictures')))
""",
    )
    assert ended.code == 1
    assert warnings_of(tmp_path) == []


async def test_a_bug_in_the_start_is_raised_after_the_library_is_closed(tmp_path: Path) -> None:
    ended = await run_stand_in(
        tmp_path,
        """
def broken():
    raise NameError("broken")

try:
    run(broken)
except NameError as error:
    say(error)
application._create_application = application.QApplication.instance  # there can be only one
sys.exit(run())
""",
    )
    assert ended.code == 0
    assert ended.out.split("\n") == ["broken", "finishing", "shut down", "hidden", ""]


async def test_signals_are_polled_where_the_loop_cannot_wait_for_them(tmp_path: Path) -> None:
    ended = await run_stand_in(
        tmp_path,
        """
def not_implemented(self, *arguments):
    raise NotImplementedError

qt = application.QApplication([])
from app.qtbridge.loop import AccurateEventLoop
AccurateEventLoop.add_signal_handler = not_implemented
application._create_application = application.QApplication.instance

class Idle(Window):
    def shown(self):
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

sys.exit(run(Idle))
""",
    )
    assert (ended.code, ended.err) == (0, "")
    assert warnings_of(tmp_path) == []


async def test_an_error_at_the_start_is_shown_in_a_dialog_where_there_is_a_display(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"this is not a library" * 1000)
    ended = await run_stand_in(
        tmp_path,
        """
from PySide6.QtWidgets import QApplication, QMessageBox

def press():
    for box in QApplication.topLevelWidgets():
        if isinstance(box, QMessageBox) and box.isVisible():
            say(box.text())
            box.buttons()[0].click()
            return
    QTimer.singleShot(10, press)

application.SILENT_PLATFORMS = ()
create = application._create_application
def create_and_watch():
    created = create()
    QTimer.singleShot(10, press)
    return created
application._create_application = create_and_watch
sys.exit(run())
""",
    )
    assert (ended.code, ended.err) == (2, "")
    assert ended.out.strip()
