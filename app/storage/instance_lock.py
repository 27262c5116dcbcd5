"""One program per profile: two would submit the same batch twice."""

import contextlib
import json
import os
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from app.domain.errors import LibraryError, ProfileInUseError
from app.storage.files import replace_file


class InstanceLock:
    """The lock on a profile. The system lets go of it when the program ends, however it ends.

    Args:
        path: The file that is locked. Beside it another one says who holds the lock.
        command: What runs with it, such as “queue resume”; "" for a window.
    """

    def __init__(self, path: Path, command: str = "") -> None:
        self._lock = FileLock(path, timeout=0, thread_local=False)
        self._holder = path.with_suffix(".json")
        self._command = command

    def acquire(self) -> None:
        """Take the lock at once.

        Raises:
            ProfileInUseError: Another program has it.
            LibraryError: The file cannot be made.
        """
        try:
            self._lock.acquire()
        except Timeout:
            raise ProfileInUseError(self._command_of_holder()) from None
        except OSError as error:
            raise LibraryError(
                "The profile cannot be locked.", next_step="Check that you may write to its folder."
            ) from error
        with contextlib.suppress(OSError):  # who has it is good to know, and no more
            replace_file(self._holder, json.dumps({"process": os.getpid(), "command": self._command}).encode())

    def release(self) -> None:
        """Let go of the lock; harmless without it."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _command_of_holder(self) -> str:
        try:
            said = json.loads(self._holder.read_bytes())
            return str(said["command"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()
