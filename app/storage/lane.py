"""A thread of its own for one connection: whatever is submitted runs there, in order."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class _Closable(Protocol):
    def close(self) -> object: ...

    def interrupt(self) -> object: ...


C = TypeVar("C", bound=_Closable)


class Lane(Generic[C]):
    """One connection and the only thread that touches it."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: C | None = None
        self._running: object = None
        self._turn = threading.Lock()

    def start(self, connect: Callable[[], C]) -> "Future[None]":
        """Open the connection, on its thread."""

        def job() -> None:
            self._connection = connect()

        return self._executor.submit(job)

    def submit(self, job: Callable[[C], T]) -> "Future[T]":
        """Run a job behind those that wait already."""

        def on_thread() -> T:
            assert self._connection is not None, "the lane was started"
            with self._turn:
                self._running = job
            try:
                return job(self._connection)
            finally:
                with self._turn:
                    self._running = None

        return self._executor.submit(on_thread)

    def interrupt(self, job: object = None) -> None:
        """Stop `job` if it is what runs now, or whatever runs where none is named; it fails as interrupted."""
        with self._turn:
            if self._running is not None and job in (None, self._running) and self._connection is not None:
                self._connection.interrupt()

    def finish(self, after: "Iterable[Future[None]]" = ()) -> "Future[None]":
        """Close the connection behind all queued work, and let the thread end."""

        def job() -> None:
            for other in after:
                other.result()
            if self._connection is not None:
                self._connection.close()

        future = self._executor.submit(job)
        self._executor.shutdown(wait=False)
        return future

    def join(self) -> None:
        """Wait for the thread, which `finish` has left nothing to do, to be gone."""
        self._executor.shutdown()
