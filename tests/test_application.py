"""Start and stop of the window's process. Every test is a process of its own, because it ends the process."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.backups import BackupKind
from app.storage.backups import make_backup
from app.storage.database import Database
from app.storage.library import LibraryRepository
from app.storage.profile import Profile
from app.storage.replacing import Damage, damage_note
from tests.storage.builders import make_record
from tests.support.programs import PATIENT, Ended, Program, run_python

LOG = "logs/contact-scout.log"

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")

STAND_IN = (
    PATIENT
    + """
import asyncio, os, signal, sys, threading
from pathlib import Path
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QMainWindow
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
)


async def run_stand_in(profile: Path, script: str) -> Ended:
    return await run_python("-c", STAND_IN + script, str(profile))


def log_of(profile: Path) -> list[str]:
    return (profile / LOG).read_text("utf-8").splitlines()


def warnings_of(profile: Path) -> list[str]:
    return [line for line in log_of(profile) if line.split()[1] not in ("INFO", "DEBUG")]


# --- the program itself -----------------------------------------------------------------------------------------------


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_program_by_itself_without_a_warning(tmp_path: Path, number: signal.Signals) -> None:
    run = PATIENT + "from app.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    async with Program("-c", run, "--demo", "--profile", str(tmp_path)) as program:
        await program.until_logged(tmp_path / LOG, "started")
        ended = await program.ended(number)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert "Ended with exit code 0" in log_of(tmp_path)[-1]
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

application.WINDOW_STOP_SECONDS = 0.2
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

application.WINDOW_STOP_SECONDS = 0.2
application.STOP_SECONDS = 2.0  # time to close the library and to say so
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


PRESS = """
from PySide6.QtWidgets import QAbstractButton, QApplication

presses = []

def press():
    for window in QApplication.topLevelWidgets():
        for button in window.findChildren(QAbstractButton):
            if presses and button.isVisible() and button.isEnabled() and button.text() == presses[0]:
                say(window.windowTitle() + ": " + presses.pop(0))
                button.click()
                break
    QTimer.singleShot(10, press)

application.SILENT_PLATFORMS = ()
create = application._create_application
def create_and_watch():
    created = create()
    QTimer.singleShot(10, press)
    return created
application._create_application = create_and_watch
"""


async def test_an_error_at_the_start_is_shown_in_a_dialog_where_there_is_a_display(tmp_path: Path) -> None:
    (tmp_path / "profile.lock").mkdir()
    ended = await run_stand_in(tmp_path, PRESS + "presses.append('Close')\nsys.exit(run())")
    assert (ended.code, ended.err) == (2, "")
    assert ended.out.strip() == "Contact Scout: Close"


async def a_library(profile: Path) -> None:
    database = await Database.open(Profile(profile).library_path)
    await LibraryRepository(database).save([make_record("1", first_name="Ada")])
    await database.close()
    make_backup(Profile(profile).library_path, BackupKind.MANUAL)


async def test_the_way_out_of_damage_can_be_left_alone(tmp_path: Path) -> None:
    await a_library(tmp_path)
    (tmp_path / "library.sqlite3").write_bytes(b"this is not a library" * 1000)
    ended = await run_stand_in(tmp_path, PRESS + "presses.append('Quit')\nsys.exit(run())")
    assert (ended.code, ended.out, ended.err) == (2, "Contact Scout: Quit\n", "")
    assert (tmp_path / "library.sqlite3").read_bytes().startswith(b"this is not a library")


@pytest.mark.parametrize(
    ("choice", "spoil"),
    [
        ("Restore this backup", lambda _data: b"this is not a library" * 1000),
        ("Salvage what can be read", lambda data: bytes(100) + data[100:]),
    ],
)
async def test_the_way_out_of_damage_leads_to_the_window(
    tmp_path: Path, choice: str, spoil: Callable[[bytes], bytes]
) -> None:
    await a_library(tmp_path)
    path = tmp_path / "library.sqlite3"
    damaged = spoil(path.read_bytes())
    path.write_bytes(damaged)
    ended = await run_stand_in(tmp_path, PRESS + f"presses.append({choice!r})\nsys.exit(run())")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.split("\n") == [f"Contact Scout: {choice}", "finishing", "shut down", "hidden", ""]
    assert [each.read_bytes() for each in tmp_path.glob("library.set-aside-*.sqlite3")] == [damaged]
    database = await Database.open(path)
    assert (await LibraryRepository(database).stats())["contacts"] == 1
    await database.close()
    assert warnings_of(tmp_path) == []


async def test_damage_that_turns_out_to_be_none_is_not_asked_about(tmp_path: Path) -> None:
    await a_library(tmp_path)
    damage_note(tmp_path / "library.sqlite3").write(Damage("The library file is damaged."))
    ended = await run_stand_in(tmp_path, PRESS + "sys.exit(run())")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.split("\n") == ["finishing", "shut down", "hidden", ""]


async def test_a_backup_chosen_in_the_window_is_put_in_place_and_the_window_comes_back(tmp_path: Path) -> None:
    await a_library(tmp_path)
    ended = await run_stand_in(
        tmp_path,
        """
runs = []

class Restoring(Window):
    def shown(self):
        task = asyncio.get_running_loop().create_task(self.choose())
        runs.append(task)

    async def choose(self):
        say(f"{(await services_now.library.stats())['contacts']} contacts, {services_now.safekeeping.notice[:31]!r}")
        if len(runs) == 1:
            (backup,) = await services_now.safekeeping.backups()
            from tests.storage.builders import make_record
            from app.storage.library import LibraryRepository
            await LibraryRepository(services_now.safekeeping._database).save([make_record("2", first_name="Bob")])
            say(f"{(await services_now.library.stats())['contacts']} contacts")
            await services_now.safekeeping.restore(backup)
        self.close()

def create(services, reporter, options):
    global services_now
    services_now = services
    return Restoring()

profile = Profile(Path(sys.argv[1]))
application.STOP_SECONDS = 0.5
with logging_to(profile.log_dir):
    sys.exit(run_window(WindowOptions(profile, demo=True), create_window=create))
""",
    )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.split("\n") == [
        "1 contacts, ''",
        "2 contacts",
        "finishing",
        "shut down",
        "hidden",
        "1 contacts, 'The library is the backup of 20'",
        "finishing",
        "shut down",
        "hidden",
        "",
    ]
