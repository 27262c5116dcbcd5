"""One program per profile: two would submit the same batch twice."""

from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from app.domain.errors import LibraryError


class InstanceLock:
    """The lock on a profile. The system lets go of it when the program ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path, timeout=0, thread_local=False)

    def acquire(self) -> None:
        """Take the lock at once.

        Raises:
            LibraryError: Another program has it, or the file cannot be made.
        """
        try:
            self._lock.acquire()
        except Timeout:
            raise LibraryError(
                "Contact Scout is already open on this profile.", next_step="Use its window, or close it first."
            ) from None
        except OSError as error:
            raise LibraryError(
                "The profile cannot be locked.", next_step="Check that you may write to its folder."
            ) from error

    def release(self) -> None:
        """Let go of the lock; harmless without it."""
        self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()
