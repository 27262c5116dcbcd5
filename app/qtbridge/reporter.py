"""One place for everything that nobody caught: our errors become a sentence, all others a bug report.

Exceptions reach it through `sys.excepthook`, `threading.excepthook`, `sys.unraisablehook`, the event loop's handler
and task scopes; Qt's own messages go to the log. In a windowed build there is no stderr, so nothing else would show.
"""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from app.bug_report import bug_report, named
from app.domain.errors import ContactScoutError
from app.domain.redaction import Redact, Redactor

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")

QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

HARMLESS = ("This plugin does not support propagateSizeHints",)
"""What the offscreen platform says of each dialog."""


class _Hooks(NamedTuple):
    exception: Callable[[type[BaseException], BaseException, TracebackType | None], object]
    thread: Callable[[threading.ExceptHookArgs], object]
    unraisable: Callable[["sys.UnraisableHookArgs"], object]
    qt: Any


class ErrorReporter(QObject):
    """Tells apart what the rep can act on from our bugs, logs both, and lets the window show them.

    May be called from any thread. An exception raised while one is being reported is only logged.

    Args:
        parent: Qt's owner.
        redact: Takes private things out of a bug report; by default what it can do without knowing the keys.

    Signals:
        problem_found: One sentence about the environment (a `ContactScoutError` nobody handled).
        bug_found: A bug report: versions and traceback, without data. Fit for copying into an issue.
    """

    problem_found = Signal(str)
    bug_found = Signal(str)

    def __init__(self, parent: QObject | None = None, *, redact: Redact | None = None) -> None:
        super().__init__(parent)
        self._redact = redact or Redactor()
        self._previous: _Hooks | None = None
        self._thread = threading.local()

    def install(self) -> None:
        """Take over the hooks of the interpreter and of Qt. A second call changes nothing."""
        if self._previous is not None:
            return
        self._previous = _Hooks(
            sys.excepthook, threading.excepthook, sys.unraisablehook, qInstallMessageHandler(log_qt_message)
        )
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        sys.unraisablehook = self._on_unraisable

    def uninstall(self) -> None:
        """Put the earlier hooks back."""
        if self._previous is None:
            return
        sys.excepthook = self._previous.exception
        threading.excepthook = self._previous.thread
        sys.unraisablehook = self._previous.unraisable
        qInstallMessageHandler(self._previous.qt)
        self._previous = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear of exceptions in callbacks and of failed tasks that nobody awaited."""
        loop.set_exception_handler(self._on_loop_exception)

    def report(self, error: BaseException) -> None:
        """Report an exception; cancellation is no error and is left out."""
        if isinstance(error, asyncio.CancelledError):
            return
        if getattr(self._thread, "reporting", False):
            with contextlib.suppress(Exception):
                log.error("While an error was reported: %s", bug_report(error, self._redact))
            return
        self._thread.reporting = True
        try:
            self._report(error)
        except Exception as failure:  # noqa: BLE001 - raising here would call the reporter for its own failure
            with contextlib.suppress(Exception):
                log.error("An error could not be reported: %s", type(failure).__name__)  # noqa: TRY400
        finally:
            self._thread.reporting = False

    def _report(self, error: BaseException) -> None:
        if isinstance(error, ContactScoutError):
            log.info("Not handled where it happened: %s", named(error))
            self.problem_found.emit(f"{error.text} {error.next_step}".rstrip())
        else:
            report = bug_report(error, self._redact)
            log.error("%s", report)
            self.bug_found.emit(report)

    def _on_exception(self, _: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt) and self._previous is not None:
            self._previous.exception(type(error), error, error.__traceback__)
        else:
            self.report(error)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self.report(args.exc_value)

    def _on_unraisable(self, args: "sys.UnraisableHookArgs") -> None:
        if args.exc_value is not None:
            self.report(args.exc_value)

    def _on_loop_exception(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report(error)
        else:
            log.error("The event loop reports: %s", context.get("message", "no message"))


def log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Hand a message of Qt's to the logger `qt`."""
    level = logging.DEBUG if message.startswith(HARMLESS) else QT_LEVELS.get(kind, logging.WARNING)
    qt_log.log(level, "%s: %s", context.category or "default", message)
