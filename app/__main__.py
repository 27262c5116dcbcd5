"""Entry point: reads the arguments and hands over to a command or to the window. Qt is loaded for the window alone."""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from app import __version__
from app.bug_report import bug_report
from app.commands import COMMANDS
from app.domain.errors import ContactScoutError
from app.domain.redaction import Redactor
from app.first_moments import rubbish_left_until_shown
from app.logs import logging_to
from app.storage.profile import Profile

log = logging.getLogger(__name__)

EXIT_BUG = 1
EXIT_USAGE = 2

NO_DISPLAY = (
    "The window cannot be opened, because there is no display. Set QT_QPA_PLATFORM=offscreen to run without one, "
    "or use the commands (see --help)."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; `--help`, `--version` and wrong usage raise SystemExit, as usual."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if _command(arguments) in COMMANDS:
        from app.cli import main as run_command  # only here, because the window does not need it

        return run_command(arguments)
    options = _parser().parse_args(arguments, _Options())
    try:
        return _open_window(options)
    except ContactScoutError as error:
        return _say(f"{error.text} {error.next_step}".rstrip(), error.exit_code)


@dataclass
class _Options:
    demo: bool = False
    profile: Path | None = None
    tour: Path | None = None
    debug: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SystemExit(_say(f"{message}. Try “contact-scout --help”.", EXIT_USAGE))


def _parser() -> argparse.ArgumentParser:
    width = max(len(name) for name in COMMANDS)
    parser = _Parser(
        prog="contact-scout",
        usage="%(prog)s [OPTION …] [COMMAND …]",
        description="Search, fetch, enrich and export contacts. Without a command, the window opens.",
        epilog="commands (each has its own --help):\n"
        + "\n".join(f"  {name:{width}}  {text}" for name, text in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--demo", action="store_true", help="use the built-in demo services and synthetic people")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="keep library, settings and logs in this folder")
    parser.add_argument("--tour", type=Path, metavar="DIR", help="drive the window through the main job, pictures here")
    parser.add_argument("--debug", action="store_true", help="write the log, with tracebacks, to standard error too")
    parser.add_argument("--version", action="version", version=f"contact-scout {__version__}")
    return parser


def _command(arguments: Sequence[str]) -> str | None:
    """The first argument that is neither an option nor an option's value."""
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("--profile", "--tour"):
            skip = True
        elif not argument.startswith("-"):
            return argument
    return None


def _open_window(options: _Options) -> int:
    if options.tour is not None and not _has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if not _has_display():
        return _say(NO_DISPLAY, EXIT_USAGE)
    profile = _profile(options)
    redactor = Redactor()
    with logging_to(profile.log_dir, debug=options.debug, redact=redactor) as log_file, rubbish_left_until_shown():
        # What goes without Qt is loaded before it: Qt looks into the source of all that is loaded after it.
        importlib.import_module("app.composition")
        try:
            importlib.import_module("PySide6.QtWidgets")
        except ImportError as error:
            return _say(f"The window cannot be opened, because Qt cannot be loaded: {error}.", EXIT_USAGE)
        try:
            from app.application import WindowOptions, run_window  # only here, so that commands start without Qt

            return run_window(WindowOptions(profile, options.demo, options.tour, options.debug, redactor))
        except Exception as error:
            log.error("%s", bug_report(error))  # noqa: TRY400 - a traceback may quote a contact's data
            log.debug("The same with its data", exc_info=error)
            fault = f"This is a fault of Contact Scout ({type(error).__name__}). Details are in {log_file}."
            return _say(fault, EXIT_BUG)


def _profile(options: _Options) -> Profile:
    if options.profile:
        return Profile(options.profile)
    profile = Profile.default()
    # Synthetic people must not mix with the rep's own, nor open batches be polled at the demo services.
    return Profile(profile.directory / "demo") if options.demo else profile


def _has_display() -> bool:
    """Whether Qt can be expected to find a display; elsewhere than on Linux there is always one."""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def _say(sentence: str, code: int) -> int:
    print(f"contact-scout: {sentence}", file=sys.stderr)  # noqa: T201 - this is where the command line talks
    return code


if __name__ == "__main__":
    if getattr(sys, "frozen", False):  # elsewhere nobody pays for loading it
        importlib.import_module("multiprocessing").freeze_support()
    sys.exit(main())
