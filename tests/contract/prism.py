"""Stoplight Prism as a mock server: one process per contract, which refuses requests that break it."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Self

import httpx

from app.domain.provider import Provider
from tests.support.openapi import path_of

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
READY = re.compile(r"Prism is listening on (http://\S+)")
START_SECONDS = 60


def missing() -> str:
    """Why there is no mock server here, "" when there is one."""
    if shutil.which("node") is None:
        return "Node.js is missing"
    return "" if PROGRAM.exists() else "`make setup-dev` has not installed Prism with npm"


class Prism:
    """One provider's mock server. The port is chosen beforehand; when somebody else takes it, another is tried."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.base_url = ""
        self._process: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()
        self._reader: Thread | None = None

    def launch(self) -> None:
        """Start the process without waiting for it."""
        node = shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [node, str(PROGRAM), "mock", "--errors", "--port", str(_free_port()), str(path_of(self.provider))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0"},
        )
        # Its output is read to the end, or it would stand still once the pipe is full.
        self._reader = Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        """Start, unless launched already, and wait until it listens."""
        said = ""
        for _ in range(3):
            if self._process is None:
                self.launch()
            said = self._wait()
            if self.base_url:
                return self
            self.stop()
        raise AssertionError(f"Prism did not start for {self.provider}: {said}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            assert self._reader is not None
            self._reader.join(timeout=10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _wait(self) -> str:
        """Read until it listens or ends; returns what it said."""
        said = ""
        while True:
            try:
                line = self._lines.get(timeout=START_SECONDS)
            except Empty:
                return f"{said}(nothing for {START_SECONDS} s)"
            if not line:
                return said
            said += line
            if found := READY.search(line):
                self.base_url = found[1]
                return said


class PreferringTransport(httpx.AsyncBaseTransport):
    """Asks the mock server for a certain answer, and keeps what it found wrong with each request."""

    def __init__(self, prefer: str, beforehand: Mapping[str, bytes]) -> None:
        self.prefer = prefer
        self.beforehand = beforehand
        self.violations: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path in self.beforehand:
            return httpx.Response(200, content=self.beforehand[request.url.path], request=request)
        request.headers["Prefer"] = self.prefer
        response = await self._inner.handle_async_request(request)
        self.requests.append((request.method, request.url.path))
        self.violations += _violations(response.headers)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def _violations(headers: Mapping[str, str]) -> list[str]:
    found = headers.get("sl-violations", "[]")
    return [] if found == "[]" else [found]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
