"""Starting the program, or a piece of it, as a process of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 100.0
"""Generous: a busy machine may take long to load Qt."""

PATIENT = """
import sys
import app.application as application
application.STOP_SECONDS = application.WINDOW_STOP_SECONDS = application.FLUSH_SECONDS = 60
"""
"""Begins scripts that open a window: a busy machine may take long to stop it, and ending it by force is no pass."""


class Ended(NamedTuple):
    """How a process ended; `seconds` from the call of `end`."""

    code: int
    seconds: float
    out: str
    err: str


class Program:
    """A running process; leaving the context kills it when it still runs.

    `async with Program("-m", "app") as program:` starts Python with these arguments.
    """

    process: asyncio.subprocess.Process

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._arguments = arguments
        self._stdin = asyncio.subprocess.DEVNULL
        self._environment = environment

    def with_open_stdin(self) -> Self:
        """The same with a standard input that stays open; to be called before it starts."""
        self._stdin = asyncio.subprocess.PIPE
        return self

    async def __aenter__(self) -> Self:
        """Start."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._arguments,
            cwd=ROOT,
            env={**os.environ, **self._environment},
            stdin=self._stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Kill what still runs."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()

    async def until_logged(self, log_file: Path, text: str) -> None:
        """Wait until a log file holds a text; a process that ends before is a failure."""
        async with asyncio.timeout(START_SECONDS):
            while not log_file.exists() or text not in log_file.read_text("utf-8"):
                assert self.process.returncode is None, (await self.ended()).err
                await asyncio.sleep(0.02)

    async def ended(self, *signals: signal.Signals) -> Ended:
        """Send signals, if any, and wait for the end."""
        started = time.monotonic()
        for number in signals:
            self.process.send_signal(number)
        async with asyncio.timeout(START_SECONDS):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return Ended(self.process.returncode, time.monotonic() - started, out.decode(), err.decode())


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process for tests without an event loop; leaving the context kills it when it still runs.

    `options` are those of `subprocess.Popen`.
    """
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], holds: Callable[[], bool]) -> None:
    """Wait until a running process has brought something about; one that ends before is a failure."""
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "it came to nothing"


async def run_python(*arguments: str, **environment: str) -> Ended:
    """Run Python to its end."""
    async with Program(*arguments, **environment) as program:
        return await program.ended()
