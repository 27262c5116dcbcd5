"""Commands against the demo services on a loopback socket, each test on a profile of its own."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from app.cli import main
from app.composition import open_services
from app.demo.samples import sample_ids
from app.domain.provider import Provider
from tests.cli.streams import TestConsole
from tests.support.demo_server import DemoServer, demo_data, demo_server
from tests.support.demo_services import QUICK
from tests.support.memory_key_store import MemoryKeyStore

__all__ = ["demo_data", "demo_server"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended and what it wrote."""

    code: int
    said: str
    written: str


@dataclass(slots=True)
class Program:
    """Runs commands in this process. `environ` is all that they see of the environment."""

    folder: Path
    environ: dict[str, str]
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)

    def __call__(self, *argv: str | Path, source: str = "", terminal: bool = False) -> Result:
        console = TestConsole(source, terminal=terminal)
        opener = partial(open_services, environ=self.environ, key_store=self.keys, schedule=QUICK)
        words = ["--profile", str(self.profile), *map(str, argv)]
        code = main(words, console=console, opener=opener)
        return Result(code, console.said, console.written)

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    def command_line(self, *argv: str | Path) -> list[str]:
        """The same command for a process of its own."""
        return [sys.executable, "-m", "app", "--profile", str(self.profile), *map(str, argv)]


@pytest.fixture
def program(tmp_path: Path, demo_server: DemoServer) -> Program:
    return Program(tmp_path, demo_server.environ())


def fetch_some(program: Program, server: DemoServer, count: int) -> list[str]:
    """So many contacts of BuildWorkPro, fetched into the library and to `fetched.csv`; returns their IDs."""
    ids = sample_ids(server.data, Provider.BUILDWORKPRO, count)
    files = ("--out", program.folder / "fetched.csv", "--outcomes", program.folder / "outcomes.csv")
    assert program("fetch", "buildworkpro", "-", *files, source=" ".join(ids)).code == 0
    return ids


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_people(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    """A PEOPLE.csv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def an_account(server: DemoServer) -> str:
    """An account of Leadfeeder with credits."""
    accounts: dict[str, object] = server.credits()[Provider.LEADFEEDER]
    return next(iter(accounts))
