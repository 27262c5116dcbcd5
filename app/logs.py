"""The log file: one line per record, rotated, in the profile's log folder. Nothing goes to stderr unless asked for.

Whatever is logged anywhere passes `OneLineFormatter`, the one gate: an exception is told by class and place instead of
its text, other people's code by the place of the call instead of its words, and the line is redacted.
"""

import contextlib
import logging
import logging.handlers
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

from app.bug_report import named, traceback_without_data
from app.domain.redaction import Redact, Redactor

FILE_NAME = "contact-scout.log"
MAX_BYTES = 2_000_000
KEPT_FILES = 3
LONGEST_LINE = 16_000

QUIET_LOGGERS = ("httpx", "httpcore", "asyncio", "qasync", "keyring")
"""Held at WARNING, with `--debug` too: httpx logs whole URLs, and queries are personal data."""


OUR_LOGGERS = ("app", "qt", "__main__")
"""Whose messages are written; they are ours, and made without data. Qt speaks of its own parts only."""


class OneLineFormatter(logging.Formatter):
    """Time in UTC, level, logger and message on one line, whatever the message holds.

    Args:
        redact: Takes private things out of a line.
        quoting: Write the words of foreign code and of exceptions too, for whoever watches standard error. They may
            name people, so they never go to a file.
    """

    def __init__(self, redact: Redact, *, quoting: bool = False) -> None:
        super().__init__()
        self._redact = redact
        self._quoting = quoting

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; line breaks become ` | `, so that no text from outside can forge a line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        lines = [self._message(record), *self._traceback(record)]
        text = " | ".join(self._redact(line) for part in lines for line in part.splitlines() if line)
        return f"{at} {record.levelname} {record.name}: {text[:LONGEST_LINE]}"

    def _message(self, record: logging.LogRecord) -> str:
        if self._quoting:
            return record.getMessage()
        if record.name.partition(".")[0] not in OUR_LOGGERS:
            return f"(words left out) {record.module}:{record.lineno}"
        arguments = record.args
        if isinstance(arguments, tuple):
            arguments = tuple(map(_plain, arguments))
        try:
            return str(record.msg) % arguments if arguments else str(record.msg)
        except (TypeError, ValueError, KeyError):  # a fault of ours, but the place and the rest are worth keeping
            return str(record.msg)

    def _traceback(self, record: logging.LogRecord) -> list[str]:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return []
        return traceback.format_exception(error) if self._quoting else traceback_without_data(error)


def _plain(argument: object) -> object:
    """Numbers and texts as they are; an object by its class, as its repr may show what it holds."""
    if isinstance(argument, BaseException):
        return named(argument)
    return argument if argument is None or isinstance(argument, str | int | float) else type(argument).__name__


class QuietFileHandler(logging.handlers.RotatingFileHandler):
    """A log that cannot be written (full disk, file held by another process) must not disturb the program."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Give the record up."""

    def _open(self) -> TextIOWrapper:
        """Open the file, made for the user alone from the start: `chmod` afterwards would come too late."""
        Path(self.baseFilename).touch(mode=0o600)
        return super()._open()


@contextlib.contextmanager
def logging_to(folder: Path, *, debug: bool = False, redact: Redact | None = None) -> Iterator[Path]:
    """Log to a file in `folder` (made if need be) until the context ends.

    Args:
        folder: The profile's log folder. When it cannot be used, nothing is logged to a file.
        redact: Takes private things out of a line; by default what it can do without knowing the keys.
        debug: Log DEBUG records too, and everything to stderr as well.

    Yields:
        The path of the log file.
    """
    path = folder / FILE_NAME
    redact = redact or Redactor()
    handlers: list[logging.Handler] = []
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = QuietFileHandler(
            path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="backslashreplace"
        )
        file.setFormatter(OneLineFormatter(redact))
        handlers.append(file)
        _make_private(folder)
    if debug and sys.stderr is not None:
        stream = logging.StreamHandler()
        stream.setFormatter(OneLineFormatter(redact, quoting=True))
        handlers.append(stream)
    root = logging.getLogger()
    previous = root.level
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield path
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            with contextlib.suppress(OSError):  # what a full disk did not take is given up, like any other line
                handler.close()
        root.setLevel(previous)


def _make_private(folder: Path) -> None:
    """Take others' rights away from what an earlier version, or somebody's hand, has left."""
    folder.chmod(0o700)
    for path in folder.glob(f"{FILE_NAME}*"):
        path.chmod(0o600)
