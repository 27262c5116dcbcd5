"""What a command says to people: progress and sentences on standard error, results on standard output."""

import os
import signal
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from app.domain.errors import ContactScoutError, ServiceError

PROGRAM = "contact-scout"
#: Seconds between two lines of progress where lines cannot be overwritten (a log file, a pipe).
PLAIN_INTERVAL = 5.0


def one_line(text: str) -> str:
    """Text from outside on one line, without the control characters that could command a terminal."""
    return " ".join("".join(c if unicodedata.category(c) not in ("Cc", "Cf") else " " for c in text).split())


@dataclass(slots=True)
class Console:
    """The streams of one command, and a clock in seconds."""

    source: TextIO
    out: TextIO
    err: TextIO
    clock: Callable[[], float] = time.monotonic
    _shown: int = field(default=0, init=False)
    _next_line_at: float = field(default=0.0, init=False)

    @classmethod
    def standard(cls) -> "Console":
        """The streams of the process."""
        return cls(sys.stdin, sys.stdout, sys.stderr)

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer a question."""
        return self.source.isatty() and self.err.isatty()

    def write(self, text: str) -> None:
        """One line of the command's result. That nobody reads on, as behind `| head`, stops no work."""
        self.clear()
        try:
            self.out.write(text + "\n")
            self.out.flush()
        except BrokenPipeError:
            # The stream keeps what it could not write and would fail over it again, at the latest when Python ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.out.fileno())
            os.close(nowhere)

    def say(self, text: str) -> None:
        """One sentence to the person at the keyboard."""
        self.clear()
        self.err.write(one_line(text) + "\n")
        self.err.flush()

    def fail(self, error: ContactScoutError) -> None:
        """One sentence on what went wrong, and the next step."""
        request_id = error.request_id if isinstance(error, ServiceError) else ""
        reference = f"(Request {request_id}.)" if request_id else ""
        self.say(f"{PROGRAM}: {error.text} {reference} {error.next_step}")

    def progress(self, text: str) -> None:
        """How far the work is: one line that is overwritten, or a plain line now and then."""
        if self.err.isatty():
            line = one_line(text)
            self.err.write("\r" + line.ljust(self._shown))
            self._shown = len(line)
        elif (now := self.clock()) >= self._next_line_at:
            if self._next_line_at:
                self.err.write(one_line(text) + "\n")
            self._next_line_at = now + PLAIN_INTERVAL
        self.err.flush()

    def clear(self) -> None:
        """Take the line of progress away."""
        if self._shown:
            self.err.write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question; anything but yes is no. Ctrl+C raises KeyboardInterrupt."""
        self.clear()
        self.err.write(f"{one_line(question)} [y/N] ")
        self.err.flush()
        # asyncio's own handler only cancels tasks, which a blocking read would not notice.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return self.source.readline().strip().casefold() in ("y", "yes")
        finally:
            signal.signal(signal.SIGINT, before)
