"""A large library to measure on, made once and kept with the temporary files until its maker or the schema changes."""

import argparse
import asyncio
import hashlib
import math
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from app.storage import migrations, search_text
from bench import make_library

CONTACTS = 100_000


def contacts_asked_for(purpose: str) -> int:
    """How many contacts the command line asks for."""
    parser = argparse.ArgumentParser(description=purpose.partition("\n")[0])
    parser.add_argument("contacts", type=int, nargs="?", default=CONTACTS)
    return int(parser.parse_known_args()[0].contacts)


def library(contacts: int) -> Path:
    """The library file; made when it is not there yet, which takes about a minute for 100,000 contacts."""
    folder = Path(tempfile.gettempdir()) / f"contact-scout-bench-{_version()}"
    folder.mkdir(exist_ok=True)
    path = folder / f"{contacts}.sqlite3"
    if not path.exists():
        unfinished = path.with_suffix(".making.sqlite3")
        unfinished.unlink(missing_ok=True)
        print(f"Making a library of {contacts:,} contacts …", flush=True)
        asyncio.run(make_library.make(unfinished, contacts))
        unfinished.replace(path)
    return path


def _version() -> str:
    sources = [Path(make_library.__file__), Path(search_text.__file__), *Path(migrations.__file__).parent.glob("*.py")]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sorted(sources))).hexdigest()[:12]


class Times:
    """How long several pieces of work took: of each piece the best of its rounds, since other programs only add."""

    def __init__(self) -> None:
        self._seconds: dict[object, float] = {}

    async def measure(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do a piece of work once and note its time."""
        start = time.perf_counter()
        await work()
        seconds = time.perf_counter() - start
        self._seconds[work] = min(seconds, self._seconds.get(work, seconds))

    @property
    def median(self) -> float:
        """The median of all pieces in milliseconds."""
        return statistics.median(self._seconds.values()) * 1000

    @property
    def p95(self) -> float:
        """What nineteen in twenty pieces stay below, in milliseconds; the slowest where there are fewer."""
        ordered = sorted(self._seconds.values())
        return ordered[max(0, math.ceil(len(ordered) * 0.95) - 1)] * 1000


def compare(name: str, ours: Times, reference: Times, *, ratio: float | None = None, most: float | None = None) -> None:
    """Print p50 and p95 of ours, the ratio of the p95 to that of the reference, and whether targets are met.

    Args:
        name: What was measured.
        ours: Our times.
        reference: Those of the plain way.
        ratio: The most the ratio should be.
        most: The most milliseconds the p95 should take, on the machine that the targets were set on.
    """
    value = ours.p95 / reference.p95
    verdicts = []
    if ratio is not None:
        verdicts.append(f"≤ {ratio:g}×: {'met' if value <= ratio else 'MISSED'}")
    if most is not None:
        verdicts.append(f"p95 < {most:g} ms: {'met' if ours.p95 < most else 'MISSED'}")
    print(f"  {name:<50}{ours.median:>8.1f}{ours.p95:>8.1f} ms {value:>8.3f}×  {', '.join(verdicts)}")


def head(title: str, reference: str) -> None:
    """Print what the columns are."""
    print(f"{title}; against {reference}")
    print(f"  {'':<50}{'p50':>8}{'p95':>8}    {'p95 ratio':>9}  targets")


async def in_turns(rounds: int, pieces: Sequence[tuple[Times, Callable[[], Awaitable[object]]]]) -> None:
    """Measure pieces of work in turns, so that a busy moment hits all alike; one round before to warm up."""
    for _, work in pieces:
        await work()
    for turn in range(rounds):
        for times, work in pieces if turn % 2 else reversed(pieces):
            await times.measure(work)
