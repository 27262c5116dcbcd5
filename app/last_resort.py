"""The end by force, for a program that does not end by itself."""

import logging
import os
import threading

log = logging.getLogger(__name__)


class LastResort:
    """Ends the process by force when an orderly stop takes too long, but not before the library is closed.

    Runs on a thread of its own: the loop, or a blocking call that it waits for, may be what hangs.

    Args:
        stop_seconds: How long the program may take to stop.
        flush_seconds: How long closing the library may take after that.
        code: The exit code while nobody has told another one.
    """

    def __init__(self, stop_seconds: float, flush_seconds: float, *, code: int) -> None:
        self._stop_seconds = stop_seconds
        self._flush_seconds = flush_seconds
        self._code = code
        self._make_ready()

    def _make_ready(self) -> None:
        self._library_closed = threading.Event()
        self._called_off = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="last resort", daemon=True)

    def start(self) -> None:
        """Give the program its time from now on."""
        self._thread.start()

    def stand_down(self) -> None:
        """The program goes on: what was stopped is closed, and something else is opened."""
        self._called_off.set()
        self._library_closed.set()  # else a thread that waits for it already would be waited for in turn
        if self._thread.is_alive():
            self._thread.join()
        self._make_ready()

    def library_is_closed(self, code: int) -> None:
        """From now on nothing can be lost, and this is the exit code."""
        self._code = code
        self._library_closed.set()

    def call_off(self) -> None:
        """The program ends by itself, unless a thread is left that would keep it alive."""
        left = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
        if all(thread.daemon for thread in left):
            self._called_off.set()

    def _watch(self) -> None:
        if self._called_off.wait(self._stop_seconds):
            return
        closed = self._library_closed.wait(self._flush_seconds)
        if self._called_off.is_set():
            return
        log.error("The program did not stop in time and is ended by force; library closed: %s", closed)
        logging.shutdown()
        os._exit(self._code)
