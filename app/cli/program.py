"""Runs one command: opens what it needs, tells errors in one sentence, and answers with an exit code."""

import argparse
import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from pathlib import Path

from app.bug_report import bug_report, named
from app.cli.console import PROGRAM, Console
from app.cli.exits import EXIT_BUG, EXIT_INTERRUPTED, EXIT_TERMINATED, EXIT_USAGE
from app.cli.options import build_parser
from app.composition import Services, open_services
from app.domain.errors import ContactScoutError, OlderLibraryError, ProfileInUseError
from app.domain.redaction import Redactor
from app.logs import logging_to
from app.storage.profile import Profile

#: Opens the services; tests put in their own keys and poll times.
Opener = Callable[..., AbstractAsyncContextManager[Services]]

log = logging.getLogger(__name__)


def main(argv: Sequence[str], *, console: Console | None = None, opener: Opener = open_services) -> int:
    """Run the command in `argv` (without the program's name) and return its exit code.

    0 all done, 1 our bug, 2 usage or bad input, 3 finished with failed or unknown items, 4 key or permission,
    5 cap or credits, 6 network or provider down, 130 interrupted, 143 terminated.

    `console` has the streams of the process by default; `opener` opens the services.
    """
    console = console or Console.standard()
    parser = build_parser()
    try:
        arguments, surplus = parser.parse_known_args(list(argv))
        if surplus:
            parser.error(f"there is no option or argument {' '.join(surplus)}")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE
    if hasattr(arguments, "standalone"):
        served: int = arguments.standalone(arguments)
        return served
    return _run(arguments, console, opener)


def _run(arguments: argparse.Namespace, console: Console, opener: Opener) -> int:
    debug: bool = getattr(arguments, "debug", False)
    log_file: Path | None = None
    redactor = Redactor()
    try:
        profile = _profile(arguments)
        with logging_to(profile.log_dir, debug=debug, redact=redactor) as log_file:
            try:
                return asyncio.run(_with_services(arguments, console, partial(opener, redactor=redactor), profile))
            except ContactScoutError as error:
                log.info("%s", named(error))
                raise
            except Exception as error:
                _log_bug(error)
                raise
    except ContactScoutError as error:
        console.fail(error)
        return error.exit_code
    except KeyboardInterrupt:
        console.say("Stopped.")
        return EXIT_INTERRUPTED
    except asyncio.CancelledError:
        return EXIT_TERMINATED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence instead of a traceback
        console.say(f"{PROGRAM}: This is a fault of Contact Scout ({type(error).__name__}). Details are in {log_file}.")
        return EXIT_BUG


def _profile(arguments: argparse.Namespace) -> Profile:
    folder: Path | None = getattr(arguments, "profile", None)
    if folder:
        return Profile(folder)
    profile = Profile.default()
    # Synthetic people must not mix with the rep's own, nor open batches be polled at the demo services.
    return Profile(profile.directory / "demo") if getattr(arguments, "demo", False) else profile


def _log_bug(error: Exception) -> None:
    log.error("%s", bug_report(error))


async def _with_services(arguments: argparse.Namespace, console: Console, opener: Opener, profile: Profile) -> int:
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows has no SIGTERM to wait for
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    demo: bool = getattr(arguments, "demo", False)
    read_only: bool = getattr(arguments, "read_only", False)
    if read_only and not profile.library_path.exists():
        read_only = False  # nothing to look at yet: an empty library is made, and said to be empty
    open_ = partial(opener, profile, demo=demo, command=arguments.command_words)
    if hasattr(arguments, "offline"):
        offline_code: int = await arguments.offline(profile, arguments, console, open_)
        return offline_code
    async with AsyncExitStack() as stack:
        try:
            services = await stack.enter_async_context(open_(read_only=read_only))
        except ProfileInUseError:
            if not getattr(arguments, "beside", False):
                raise
            services = await stack.enter_async_context(open_(read_only=True))
        except OlderLibraryError:
            console.say("The library is brought up to date first; it is backed up before.")
            services = await stack.enter_async_context(open_(read_only=False))
        code: int = await arguments.handler(services, arguments, console)
        return code
