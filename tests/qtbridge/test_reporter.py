import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject, Signal, qDebug, qWarning

from app.domain.errors import InputError, MissingKeyError
from app.domain.provider import Provider
from app.qtbridge.reporter import ErrorReporter
from app.qtbridge.tasks import TaskScope
from app.qtbridge.waiting import wait_until
from tests.conftest import ExpectLog

# pytest-qt's own hooks would take the exceptions and Qt messages that these tests cause on purpose.
pytestmark = [pytest.mark.gui, pytest.mark.qt_no_exception_capture, pytest.mark.no_qt_log]


class Listener:
    """What the window would hear."""

    def __init__(self, reporter: ErrorReporter) -> None:
        self.bugs: list[str] = []
        self.problems: list[str] = []
        reporter.bug_found.connect(self.bugs.append)
        reporter.problem_found.connect(self.problems.append)


@pytest.fixture
def reporter() -> Iterator[ErrorReporter]:
    reporter = ErrorReporter()
    reporter.install()
    yield reporter
    reporter.uninstall()


@pytest.fixture
def listener(reporter: ErrorReporter) -> Listener:
    return Listener(reporter)


class Source(QObject):
    happened = Signal()


def fail() -> None:
    raise ValueError("ann@example.com")


async def in_a_task(reporter: ErrorReporter) -> None:
    async def work() -> None:
        fail()

    await asyncio.wait([TaskScope("test", reporter.report).start(work())])


async def in_a_slot(_: ErrorReporter) -> None:
    source = Source()
    source.happened.connect(fail)
    source.happened.emit()


async def in_a_callback(_: ErrorReporter) -> None:
    asyncio.get_running_loop().call_soon(fail)


async def in_a_task_nobody_awaits(_: ErrorReporter) -> None:
    async def work() -> None:
        fail()

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    del task
    gc.collect()


async def in_a_thread(_: ErrorReporter) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    await asyncio.to_thread(thread.join)


async def in_a_finalizer(_: ErrorReporter) -> None:
    class Broken:
        def __del__(self) -> None:
            fail()

    Broken()
    gc.collect()


@pytest.mark.parametrize(
    "cause", [in_a_task, in_a_slot, in_a_callback, in_a_task_nobody_awaits, in_a_thread, in_a_finalizer]
)
async def test_a_bug_is_reported_once_wherever_it_happens(
    reporter: ErrorReporter, listener: Listener, expected_log: ExpectLog, cause: Callable[[ErrorReporter], object]
) -> None:
    expected_log(r"app\.qtbridge\.reporter: Contact Scout .*\n(.*\n)*ValueError$")
    reporter.watch(asyncio.get_running_loop())
    done = cause(reporter)
    assert asyncio.iscoroutine(done)
    await done
    await wait_until(lambda: bool(listener.bugs))
    (report,) = listener.bugs
    assert report.splitlines()[-1] == "ValueError"
    assert "test_reporter.py" in report
    assert "ann@example.com" not in report
    assert not listener.problems


def test_our_errors_are_one_sentence_without_a_warning(reporter: ErrorReporter, listener: Listener) -> None:
    reporter.report(InputError("This file has no column “domain”."))
    reporter.report(MissingKeyError(Provider.TAMTAM))
    assert listener.problems == [
        "This file has no column “domain”.",
        "There is no key for Tamtam yet. Add one in Settings, or with “keys set”.",
    ]
    assert not listener.bugs


def test_cancellation_is_not_reported(reporter: ErrorReporter, listener: Listener) -> None:
    reporter.report(asyncio.CancelledError())
    assert not listener.bugs
    assert not listener.problems


def test_a_listener_that_fails_itself_is_logged_and_not_reported_again(
    reporter: ErrorReporter, listener: Listener, expected_log: ExpectLog
) -> None:
    expected_log("(?s)TypeError: first")
    expected_log("(?s)While an error was reported: .*ValueError")
    reporter.bug_found.connect(fail)
    reporter.report(TypeError("first"))
    assert len(listener.bugs) == 1


def test_an_error_that_cannot_be_described_is_logged_by_its_type(
    reporter: ErrorReporter, listener: Listener, expected_log: ExpectLog
) -> None:
    class MuteError(TypeError):
        def __str__(self) -> str:
            raise ValueError("no words")

    expected_log("An error could not be reported: ValueError")
    reporter.report(MuteError())
    reporter.report(InputError("The next one is."))
    assert listener.problems == ["The next one is."]


async def test_what_the_loop_reports_without_an_exception_is_logged(
    reporter: ErrorReporter, listener: Listener, expected_log: ExpectLog
) -> None:
    expected_log("The event loop reports: something odd")
    reporter.watch(asyncio.get_running_loop())
    asyncio.get_running_loop().call_exception_handler({"message": "something odd"})
    assert not listener.bugs


def test_interrupting_is_left_to_the_interpreter(
    reporter: ErrorReporter, listener: Listener, capsys: pytest.CaptureFixture[str]
) -> None:
    error = KeyboardInterrupt()
    sys.excepthook(type(error), error, None)
    assert not listener.bugs
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_messages_of_qt_go_to_the_log(
    reporter: ErrorReporter, caplog: pytest.LogCaptureFixture, expected_log: ExpectLog
) -> None:
    expected_log("qt: default: QTimer is unhappy")
    with caplog.at_level(logging.DEBUG, "qt"):
        qWarning("QTimer is unhappy")
        qDebug("This plugin does not support propagateSizeHints()")
        qWarning("This plugin does not support propagateSizeHints()")
    levels = [record.levelno for record in caplog.records if record.name == "qt"]
    assert levels == [logging.WARNING, logging.DEBUG, logging.DEBUG]


def test_uninstalling_puts_the_earlier_hooks_back() -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    reporter = ErrorReporter()
    reporter.install()
    reporter.install()
    assert sys.excepthook != before[0]
    reporter.uninstall()
    reporter.uninstall()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
