"""The log file: one line per record, rotated, in the profile's log folder. Nothing goes to stderr unless asked for."""

import contextlib
import logging
import logging.handlers
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

FILE_NAME = "contact-scout.log"
MAX_BYTES = 2_000_000
KEPT_FILES = 3

QUIET_LOGGERS = ("httpx", "httpcore", "asyncio", "qasync", "keyring")
"""Held at WARNING, with `--debug` too: httpx logs whole URLs, and queries are personal data."""


class OneLineFormatter(logging.Formatter):
    """Time in UTC, level, logger and message on one line, whatever the message holds."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(  # noqa: N802 - logging's name
        self,
        record: logging.LogRecord,
        datefmt: str | None = None,  # noqa: ARG002 - logging's signature
    ) -> str:
        """Write the time in UTC, to the millisecond."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; line breaks become ` | `, so that no text from outside can forge a line."""
        return " | ".join(line for line in super().format(record).splitlines() if line)


class QuietFileHandler(logging.handlers.RotatingFileHandler):
    """A log that cannot be written (full disk, file held by another process) must not disturb the program."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Give the record up."""


@contextlib.contextmanager
def logging_to(folder: Path, *, debug: bool = False) -> Iterator[Path]:
    """Log to a file in `folder` (made if need be) until the context ends.

    Args:
        folder: The profile's log folder. When it cannot be used, nothing is logged to a file.
        debug: Log DEBUG records too, and everything to stderr as well.

    Yields:
        The path of the log file.
    """
    path = folder / FILE_NAME
    handlers: list[logging.Handler] = []
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(
            QuietFileHandler(
                path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="backslashreplace"
            )
        )
        path.chmod(0o600)
    if debug and sys.stderr is not None:
        handlers.append(logging.StreamHandler())
    root = logging.getLogger()
    previous = root.level
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in handlers:
        handler.setFormatter(OneLineFormatter())
        root.addHandler(handler)
    try:
        yield path
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(previous)
