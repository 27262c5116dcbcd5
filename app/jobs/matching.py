"""Comparing a whole library takes as long as a coffee: it runs in a process of its own, which reads the file itself.

A thread would hold Python's lock, and every repaint of the window would wait for it. The process gets a path and
sends back pairs; the library is written by this side alone. Ending the task ends the process.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from app.domain.errors import LibraryError
from app.domain.match_candidates import MatchCandidate
from app.domain.matching import Progress, find_matches
from app.domain.matching_people import MatchPerson
from app.storage.database import Database
from app.storage.match_people import read_people

# What is unpickled at a stroke: a fraction of a millisecond each.
_PORTION = 50


@dataclass(frozen=True, slots=True)
class _Told:
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class _Failed:
    text: str
    next_step: str


async def find_in_library(
    path: Path, changed: Collection[int] | None = None, progress: Progress | None = None
) -> list[MatchCandidate]:
    """All pairs of a library's contacts that may be one human, the surest first.

    Args:
        path: The library's file.
        changed: Only pairs with at least one of these contacts; None for all.
        progress: Told on the event loop how many contacts were compared, and of how many.

    Raises:
        LibraryError: The library cannot be read, or the process came to a bad end.
    """
    loop = asyncio.get_running_loop()

    def tell(told: _Told) -> None:
        if progress is not None:
            loop.call_soon_threadsafe(progress, told.done, told.of)

    search = _Search(path, None if changed is None else frozenset(changed), tell)
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="matching")
    future = loop.run_in_executor(executor, search.run)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        search.stop()
        # The process is gone before the task is, however often that is told to hurry: it was killed.
        while not future.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        with suppress(LibraryError):  # nobody asks any more
            future.result()
        raise
    finally:
        executor.shutdown(wait=False)


class _Search:
    """One process and the thread that listens to it."""

    def __init__(self, path: Path, changed: frozenset[int] | None, tell: Callable[[_Told], None]) -> None:
        self._path = path
        self._changed = changed
        self._tell = tell
        self._process: multiprocessing.process.BaseProcess | None = None
        self._stopped = False

    def run(self) -> list[MatchCandidate]:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe(duplex=False)
        process = context.Process(
            target=_compare, args=(there, self._path, self._changed), name="contact-scout-matching", daemon=True
        )
        try:
            process.start()
            self._process = process
            # Whichever of the two threads comes second sees what the other did.
            if self._stopped:
                process.kill()
            there.close()
            return self._listen(here)
        except OSError as error:
            raise LibraryError("The search for double entries could not be started.") from error
        finally:
            here.close()
            there.close()
            if self._process is not None:
                self._process = None
                process.join()
                process.close()

    def stop(self) -> None:
        """End the process if it still runs; does not wait."""
        self._stopped = True
        process = self._process
        if process is not None:
            with suppress(ValueError):  # it has ended by itself
                process.kill()

    def _listen(self, pipe: Pipe) -> list[MatchCandidate]:
        found: list[MatchCandidate] = []
        while True:
            try:
                message = pipe.recv()
            except EOFError:
                if self._stopped:
                    return []
                raise LibraryError(
                    "The search for double entries came to a bad end; nothing was changed.", next_step="Try again."
                ) from None
            if isinstance(message, _Told):
                self._tell(message)
            elif isinstance(message, _Failed):
                raise LibraryError(message.text, next_step=message.next_step)
            elif message is None:
                return found
            else:
                found += message


def _compare(pipe: Pipe, path: Path, changed: frozenset[int] | None) -> None:
    """The process's own work."""
    # The terminal's interrupt goes to the whole group; the program says itself when this is to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)  # the window goes first

    def tell(done: int, of: int) -> None:
        pipe.send(_Told(done, of))

    try:
        people = asyncio.run(_read(path))
        found = find_matches(people, changed=changed, progress=tell)
        for start in range(0, len(found), _PORTION):
            pipe.send(found[start : start + _PORTION])
        pipe.send(None)
    except LibraryError as error:
        pipe.send(_Failed(error.text, error.next_step))
    except BrokenPipeError:
        return  # nobody waits any more


async def _read(path: Path) -> list[MatchPerson]:
    database = await Database.open(path, read_only=True)
    try:
        return await database.search(read_people)
    finally:
        await database.close()
