import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.storage.instance_lock import InstanceLock

HOLD = """
import sys
from pathlib import Path
from app.storage.instance_lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_program_is_told_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "profile.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        lock = InstanceLock(path)
        with pytest.raises(LibraryError, match="already open on this profile") as raised:
            lock.acquire()
        assert raised.value.next_step
        other.kill()
    lock.acquire()
    lock.release()


def test_a_lock_let_go_can_be_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "profile.lock"
    with InstanceLock(path), pytest.raises(LibraryError):
        InstanceLock(path).acquire()
    with InstanceLock(path):
        pass


def test_letting_go_without_the_lock_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "profile.lock"
    InstanceLock(path).release()
    with InstanceLock(path, "queue resume"):
        InstanceLock(path).release()
        with pytest.raises(LibraryError, match="“contact-scout queue resume” is running"):
            InstanceLock(path).acquire()


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="cannot be locked"):
        InstanceLock(tmp_path / "file" / "profile.lock").acquire()
