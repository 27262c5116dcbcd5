"""The window's composition root: builds everything in order, runs, and takes it down again.

Stopping happens in this order, within `STOP_SECONDS` overall: the window's tasks, the enrichment worker, the
connections, the library, the window itself. All that matters is committed as it happens, so that even a kill is safe.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QMessageLogContext, QtMsgType, SignalInstance, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from app import __version__, first_moments
from app.bug_report import named
from app.composition import Services, open_services
from app.domain.errors import ContactScoutError, DamagedLibraryError, LibraryError, ProfileInUseError
from app.domain.redaction import Redactor
from app.last_resort import LastResort
from app.qtbridge.dialogs import tell
from app.qtbridge.loop import create_loop
from app.qtbridge.reporter import ErrorReporter, log_qt_message
from app.qtbridge.tasks import TaskScope
from app.qtbridge.termination import termination_signals
from app.services.safekeeping import WayOut
from app.storage.instance_lock import InstanceLock
from app.storage.profile import Profile
from app.ui.main_window import MainWindow
from app.ui.opening import told_to_wait

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0
WINDOW_STOP_SECONDS = 0.5
FLUSH_SECONDS = 3.0

EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2

NO_PLATFORM = (
    "The window cannot be opened, because Qt cannot use the display. Set QT_QPA_PLATFORM=offscreen to run without one, "
    "or use the commands (see --help)."
)

SILENT_PLATFORMS = ("offscreen", "minimal")

BROUGHT_FORWARD = "Contact Scout is already open on this profile; its window was brought to the front."
NO_ANSWER = LibraryError(
    "Contact Scout is already open on this profile, but does not answer.",
    next_step="Wait a moment, or end it, then start again.",
)


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How the window was asked for.

    Attributes:
        profile: Where library, settings and logs are.
        demo: Use the built-in synthetic services.
        tour: Drive the window through the main job, save pictures here, and quit.
        debug: Let asyncio report slow callbacks.
        redactor: The log's, which learns of every key.
    """

    profile: Profile
    demo: bool = False
    tour: Path | None = None
    debug: bool = False
    redactor: Redactor = field(default_factory=Redactor)


class AppWindow(Protocol):
    """What is asked of the main window."""

    @property
    def close_requested(self) -> SignalInstance:
        """Emitted when the rep closes the window; the window stays until it is closed for real."""
        ...

    def show(self) -> object:
        """Show it."""
        ...

    def hide(self) -> object:
        """Hide it."""
        ...

    def deleteLater(self) -> object:  # noqa: N802 - Qt's name
        """Delete it when the loop gets to it."""
        ...

    def show_finishing(self) -> object:
        """Say that the program is about to end."""
        ...

    async def shut_down(self) -> object:
        """Cancel what the window has started, and remember its layout."""
        ...


CreateWindow = Callable[[Services, ErrorReporter, WindowOptions], AppWindow]
RunTour = Callable[[Any, Services, Path], Coroutine[Any, Any, int]]


def run_window(
    options: WindowOptions, *, create_window: CreateWindow | None = None, tour: RunTour | None = None
) -> int:
    """Open the window and run until it is closed.

    Args:
        options: How it was asked for.
        create_window: Makes the window; the main window unless a test has a simpler one.
        tour: Drives the window when `options.tour` is set.

    Returns:
        The exit code of the process. An exception that ends the program is a bug and is raised.
    """
    reporter = ErrorReporter(redact=options.redactor)
    reporter.install()
    last_resort = LastResort(STOP_SECONDS, FLUSH_SECONDS, code=EXIT_BUG)
    try:
        app = _create_application()
        with asyncio.Runner(loop_factory=lambda: create_loop(app), debug=options.debug) as runner:
            reporter.watch(runner.get_loop())
            session = _Session(options, reporter, last_resort, create_window or _create_main_window, tour or _run_tour)
            return runner.run(session.run())
    finally:
        last_resort.call_off()
        reporter.uninstall()


def _create_application() -> QApplication:
    QApplication.setApplicationName("contact-scout")
    QApplication.setApplicationDisplayName("Contact Scout")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("contact-scout")
    previous = qInstallMessageHandler(_on_message_at_start)
    try:
        app = QApplication(sys.argv[:1])
    finally:
        qInstallMessageHandler(previous)
    return app


def _on_message_at_start(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    log_qt_message(kind, context, message)
    if kind is QtMsgType.QtFatalMsg:  # Qt would abort the process next
        print(f"contact-scout: {NO_PLATFORM}", file=sys.stderr)  # noqa: T201 - there is no window to show it in
        logging.shutdown()
        os._exit(EXIT_USAGE)


def _create_main_window(services: Services, reporter: ErrorReporter, options: WindowOptions) -> MainWindow:
    return MainWindow(services, reporter=reporter, demo=options.demo)


async def _run_tour(window: MainWindow, services: Services, directory: Path) -> int:
    from app.ui.tour import run_tour  # only a tour pays for loading it

    return await run_tour(window, services, directory)


class _Session:
    """One run of the program: from opening the library to closing it."""

    def __init__(
        self,
        options: WindowOptions,
        reporter: ErrorReporter,
        last_resort: LastResort,
        create_window: CreateWindow,
        tour: RunTour,
    ) -> None:
        self._options = options
        self._reporter = reporter
        self._last_resort = last_resort
        self._create_window = create_window
        self._tour = tour
        self._quit = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        with termination_signals(loop, self._request_quit):
            try:
                code = await self._run_until_closed_for_good()
            except ProfileInUseError as error:
                code = await self._ring(error)
            except ContactScoutError as error:
                await self._explain(error)
                code = error.exit_code
        log.info("Ended with exit code %d", code)
        self._last_resort.library_is_closed(code)  # last: from now on the process may be ended at any moment
        return code

    def _request_quit(self) -> None:
        if self._quit.is_set():
            self._hurry.set()
            return
        log.info("Asked to end")
        self._quit.set()
        self._last_resort.start()

    async def _run_until_closed_for_good(self) -> int:
        """Run, and begin anew each time something else is put in the library's place."""
        while True:
            try:
                code, chosen = await self._run_services()
            except DamagedLibraryError as error:
                code = error.exit_code
                if self._is_silent:
                    raise
                with InstanceLock(self._options.profile.lock_path):
                    if not await self._find_way_out(error):
                        return code
                continue
            if chosen is None:
                return code
            self._last_resort.stand_down()
            self._quit.clear()
            self._hurry.clear()
            with InstanceLock(self._options.profile.lock_path):
                await self._put_in_place(chosen)

    async def _run_services(self) -> tuple[int, WayOut | None]:
        """Run until closed; returns the exit code, and what is to be put in the library's place before the next run."""
        opened = open_services(self._options.profile, demo=self._options.demo, redactor=self._options.redactor)
        async with AsyncExitStack() as after_services, AsyncExitStack() as stack:
            with contextlib.nullcontext() if self._is_silent else told_to_wait():
                services = await stack.enter_async_context(opened)
            window = self._create_window(services, self._reporter, self._options)
            after_services.callback(_remove, window)
            window.close_requested.connect(self._request_quit)
            window.show()
            first_moments.shown()
            services.enrichment.start()
            services.safekeeping.start()
            log.info("Contact Scout %s started", __version__)
            try:
                with _bell(self._options.profile.directory, window):
                    code = await self._until_done(window, services)
            finally:
                await self._stop_window(window)
        return code, services.safekeeping.chosen

    async def _ring(self, error: ProfileInUseError) -> int:
        from app.qtbridge.doorbell import ring  # only a second start pays for loading it so early

        if error.command or self._options.tour is not None:
            await self._explain(error)
            return error.exit_code
        if await ring(self._options.profile.directory):
            print(f"contact-scout: {BROUGHT_FORWARD}", flush=True)  # noqa: T201 - the window is another process's
            return EXIT_OK
        await self._explain(NO_ANSWER)
        return NO_ANSWER.exit_code

    async def _find_way_out(self, error: DamagedLibraryError) -> bool:
        """Ask what becomes of a damaged library, and do it; False to quit."""
        from app.ui.dialogs.way_out_dialog import run_way_out_dialog

        asking = asyncio.create_task(run_way_out_dialog(self._options.profile.library_path, error), name="way out")
        return await self._unless(asking, self._quit) and await asking

    async def _put_in_place(self, chosen: WayOut) -> None:
        from app.ui.dialogs.way_out_dialog import put_in_place

        try:
            await put_in_place(self._options.profile.library_path, chosen)
        except ContactScoutError as error:
            await self._explain(error)

    async def _until_done(self, window: AppWindow, services: Services) -> int:
        if self._options.tour is None:
            await self._quit.wait()
            return EXIT_OK
        tour = asyncio.create_task(self._tour(window, services, self._options.tour), name="tour")
        if await self._unless(tour, self._quit):
            return await tour
        return EXIT_BUG  # asked to end before the tour had shown that everything works

    async def _stop_window(self, window: AppWindow) -> None:
        if not self._quit.is_set():
            self._request_quit()
        window.show_finishing()
        scope = TaskScope("stop", self._reporter.report)
        await self._unless(scope.start(self._shut_down(window)), self._hurry)

    async def _shut_down(self, window: AppWindow) -> None:
        try:
            async with asyncio.timeout(WINDOW_STOP_SECONDS):
                await window.shut_down()
        except TimeoutError:
            log.warning("The window's tasks did not stop within %s s", WINDOW_STOP_SECONDS)

    async def _unless(self, task: asyncio.Task[Any], event: asyncio.Event) -> bool:
        """Wait for a task to end, True, or for an event: the task is then cancelled, False."""
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            return task.done()
        finally:
            for each in (task, waiting):
                each.cancel()
            await asyncio.wait({task, waiting})

    @property
    def _is_silent(self) -> bool:
        """Whether nobody would see a dialog."""
        return self._options.tour is not None or QApplication.platformName() in SILENT_PLATFORMS

    async def _explain(self, error: ContactScoutError) -> None:
        log.info("Not started: %s", named(error))
        sentence = f"{error.text} {error.next_step}".rstrip()
        if self._is_silent:
            print(f"contact-scout: {sentence}", file=sys.stderr)  # noqa: T201 - there is no window to show it in
            return
        dialog = asyncio.create_task(tell(None, "Contact Scout", sentence), name="explanation")
        await self._unless(dialog, self._quit)


@contextlib.contextmanager
def _bell(profile: Path, window: AppWindow) -> Iterator[None]:
    """Let a second start bring the window to the front."""
    from app.qtbridge.doorbell import Doorbell, come_forward  # the window is shown by now

    if not isinstance(window, QWidget):
        yield
        return
    bell = Doorbell(profile)
    bell.rung.connect(lambda: come_forward(window))
    if not bell.is_listening:
        log.info("A second start will not find this window")
    try:
        yield
    finally:
        bell.close()
        bell.deleteLater()


def _remove(window: AppWindow) -> None:
    window.hide()
    window.deleteLater()
