"""The demo services on a loopback socket, in a thread or as a process of their own, with their control endpoints.

Fixtures: import `demo_server` into a test module or its conftest. `with DemoServer(...)` gives full control.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import httpx
import pytest

from app.demo import DEMO_KEY
from app.demo.app import BASE_PATHS, create_app
from app.demo.dataset import DemoData
from app.demo.server import LoopbackServer
from app.domain.provider import Provider
from tests.support.programs import started

FAST_ENRICHMENT_SECONDS = 0.05
PATIENCE = 60
"""Seconds for what takes an instant on a machine that does nothing else."""


class ControlledServer:
    """What both kinds of server offer; `base_url` has no trailing slash."""

    key = DEMO_KEY
    base_url: str
    _control: httpx.Client

    def url(self, provider: Provider) -> str:
        """A provider's base URL."""
        return self.base_url + BASE_PATHS[provider]

    def environ(self) -> dict[str, str]:
        """Variables that send the command line here, key included."""
        variables: dict[str, str] = {}
        for provider in Provider:
            variables[f"CONTACT_SCOUT_{provider.name}_URL"] = self.url(provider)
            variables[f"CONTACT_SCOUT_{provider.name}_KEY"] = self.key
        return variables

    def ledger(self) -> dict[str, Any]:
        """`charges`, `submits`, `requests` and `totals` as the server saw them."""
        return self._ask("GET", "ledger")

    def requests(self, provider: Provider | None = None, path: str = "") -> list[dict[str, Any]]:
        """The requests seen so far, of one provider, with paths that start so."""
        seen: list[dict[str, Any]] = self.ledger()["requests"]
        return [line for line in seen if provider in (None, line["provider"]) and line["path"].startswith(path)]

    def fault(self, kind: str, provider: Provider | None = None, **details: Any) -> None:
        """Script a fault, see app.demo.faults.Fault for the details."""
        self._ask("POST", "faults", {"kind": kind, "provider": provider, **details})

    def faults(self) -> list[dict[str, Any]]:
        """The scripted faults that no request has used up yet."""
        faults: list[dict[str, Any]] = self._ask("GET", "faults")["faults"]
        return faults

    def clear_faults(self) -> None:
        """Let everything go well again."""
        self._ask("DELETE", "faults")

    def set_credits(self, provider: Provider, remaining: int, **line: str) -> None:
        """Set a balance: Tamtam's people line, or a Leadfeeder `account`."""
        self._ask("POST", "credits", {"provider": provider, "remaining": remaining, **line})

    def credits(self) -> dict[str, Any]:
        """All balances: provider → line → total, used, remaining."""
        return self._ask("GET", "credits")

    def options(self, **options: Any) -> dict[str, Any]:
        """Set switches (app.demo.state.Options); returns all."""
        return self._ask("POST", "options", options)

    def rows(self, provider: Provider, **filters: str | list[str]) -> list[str]:
        """The ids of all rows that the server holds for a filter (relation ids at TalkToHumans)."""
        answer = self._control.get("rows", params={"provider": provider.value, **filters})
        answer.raise_for_status()
        ids: list[str] = answer.json()["ids"]
        return ids

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = self._control.request(method, path, json=body)
        assert answer.is_success, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def _connect(self, base_url: str) -> None:
        self.base_url = base_url
        self._control = httpx.Client(base_url=f"{base_url}/_control/", trust_env=False, timeout=PATIENCE)


class DemoServer(ControlledServer):
    """A server in a thread of this process; `app` and `data` can be looked into."""

    def __init__(
        self,
        data: DemoData | None = None,
        *,
        latency_ms: float = 0,
        strict_limits: bool = False,
        enrichment_seconds: float = FAST_ENRICHMENT_SECONDS,
    ) -> None:
        self.data = data or DemoData()
        self.app = create_app(
            self.data, latency_ms=latency_ms, strict_limits=strict_limits, enrichment_seconds=enrichment_seconds
        )
        self._server = LoopbackServer(self.app)
        self._thread = threading.Thread(target=self._server.serve_until_stopped, name="demo-server", daemon=True)

    def __enter__(self) -> Self:
        """Start; connections are accepted when this returns, because the socket listens already."""
        self._thread.start()
        self._connect(self._server.base_url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and wait for the end."""
        self._control.close()
        self._server.should_exit = True
        self._thread.join(timeout=PATIENCE)
        assert not self._thread.is_alive()


class DemoServerProcess(ControlledServer):
    """`contact-scout demo-server` as another process; outlives a killed client."""

    def __init__(
        self,
        *,
        contacts: int = 5000,
        seed: int = 1,
        strict_limits: bool = False,
        enrichment_seconds: float = FAST_ENRICHMENT_SECONDS,
        port: int = 0,
    ) -> None:
        self._call = f"run_demo_server({port}, {contacts}, {seed}, 0, {strict_limits}, {enrichment_seconds})"
        self._running = ExitStack()
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start, and wait until it says where it listens."""
        program = f"import sys; from app.demo.server import run_demo_server; sys.exit({self._call})"
        with ExitStack() as running:
            command = [sys.executable, "-c", program]
            self.process = running.enter_context(started(command, stdout=subprocess.PIPE))
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line.startswith("listening on "), line
            self._connect(line.removeprefix("listening on ").strip())
            self._running = running.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it in good order."""
        assert self.process is not None
        with self._running:
            self._control.close()
            self.process.terminate()
            self.process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="session")
def demo_data() -> DemoData:
    """The default data set, built once; it never changes."""
    data = DemoData()
    assert data.people
    return data


@pytest.fixture
def demo_server(demo_data: DemoData) -> Iterator[DemoServer]:
    """A fresh server over the default data set, with quick enrichment and no rate limits."""
    with DemoServer(demo_data) as server:
        yield server
