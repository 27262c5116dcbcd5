"""Runs the enrichment of a few people in processes of their own, and kills each at a chosen durable or network step.

A step is: before a transaction, inside it just before its commit, after it; before and after a line of the journal;
before a request leaves and after its answer arrived. They are counted here, by wrapping; the program knows nothing of
it. The runner has everything imported and forks, because a start would take longer than the work.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from app.composition import open_services
from app.domain.enrichment import EnrichField, PersonInput
from app.domain.errors import CapError, ServiceError
from app.jobs.schedule import Backoff, PollSchedule
from app.storage.database import Connection, Database
from app.storage.journal import JournalEntry, RequestJournal
from app.storage.profile import Profile
from tests.providers.support import FakeClock
from tests.support.memory_key_store import MemoryKeyStore

T = TypeVar("T")
SCHEDULE = PollSchedule(first=0.0, second=0.0, longest=0.0, jitter=0.0, missing_for=0.0, backoff=Backoff(0.001, 0.001))
SAMPLE = 2
CAP = 1_000
TRIES = 20


class Steps:
    """Counts, and kills this process at one of them (never with 0)."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def count_steps(step: Steps) -> None:
    """Put a step around everything that lasts or leaves."""
    write, append, send = Database.write, RequestJournal.append, httpx.AsyncHTTPTransport.handle_async_request

    async def counted_write(self: Database, work: Callable[[Connection], T], **more: Any) -> T:
        def stepping(conn: Connection) -> T:
            result = work(conn)
            step()
            return result

        step()
        result: T = await write(self, stepping, **more)
        step()
        return result

    def counted_append(self: RequestJournal, entry: JournalEntry) -> None:
        step()
        append(self, entry)
        step()

    async def counted_send(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        step()
        answer = await send(self, request)
        step()
        return answer

    Database.write = counted_write  # type: ignore[method-assign]  # for this process only
    RequestJournal.append = counted_append  # type: ignore[method-assign]  # for this process only
    httpx.AsyncHTTPTransport.handle_async_request = counted_send  # type: ignore[method-assign]  # as above


async def work(folder: Path, environ: Mapping[str, str], people: list[dict[str, Any]]) -> None:
    """Queue the people unless that was done before, and work until nothing is open by itself."""
    async with open_services(
        Profile(folder), environ=environ, key_store=MemoryKeyStore(), schedule=SCHEDULE, clock=FakeClock().clock
    ) as services:
        queue = services.enrichment
        if not await queue.runs():
            given = [PersonInput(**person) for person in people]
            plan = await queue.plan_people(given, frozenset(EnrichField))
            await queue.enqueue(plan, cap=CAP, origin="crash", sample=SAMPLE)
        for _ in range(TRIES):
            try:
                await queue.drain()
            except CapError:
                raise
            except ServiceError:
                continue  # as a rep who clicks “Resume”
            (run,) = await queue.runs()
            if not run.held_people:
                return
            await queue.release_rest(run.run_id)
        raise AssertionError("it does not come to an end")


def run_once(call: Mapping[str, Any]) -> int:
    """The work in a child of this process; returns the steps it took, or minus the signal that ended it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        step = Steps(call["kill_at"])
        count_steps(step)
        asyncio.run(work(Path(call["folder"]), call["environ"], call["people"]))
        os.write(writing, str(step.count).encode())
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    told = os.read(reading, 20).decode()
    os.close(reading)
    return int(told) if told else -(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 1)


def main() -> None:
    """One call per line of standard input, one number per line of standard output."""
    for line in sys.stdin:
        print(run_once(json.loads(line)), flush=True)  # noqa: T201 - the protocol with the test


if __name__ == "__main__":
    main()
