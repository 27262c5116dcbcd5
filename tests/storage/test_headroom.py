import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.storage.database import Database
from app.storage.headroom import check_headroom


@pytest.fixture
async def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.sqlite3"
    await (await Database.open(path)).close()
    return path


def test_with_room_nothing_is_left_behind(library: Path) -> None:
    before = sorted(library.parent.iterdir())
    check_headroom(library, least=1)
    assert sorted(library.parent.iterdir()) == before


def test_too_little_room_is_said_in_megabytes(library: Path) -> None:
    with pytest.raises(LibraryError, match=f"{2**20} MB are") as raised:
        check_headroom(library, least=2**40)
    assert "goes on by itself" in raised.value.next_step


def test_a_library_that_went_away_stops_buying(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="Nothing is bought"):
        check_headroom(tmp_path / "gone" / "library.sqlite3", least=0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root mounts a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_on_a_disk_that_fills_up_nothing_is_bought_and_nothing_is_lost(small_disk: Path) -> None:
    path = small_disk / "library.sqlite3"
    database = await Database.open(path)
    check_headroom(path, least=1024)
    with pytest.raises(LibraryError, match="MB are free"):
        check_headroom(path)
    (small_disk / "ballast").write_bytes(b"\0" * (os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize))
    with pytest.raises(LibraryError, match="Nothing is bought"):
        check_headroom(path, least=0)
    with pytest.raises(LibraryError, match="disk"):
        await database.write(lambda conn: list(conn.execute("CREATE TABLE large AS SELECT zeroblob(3000000) AS b")))
    (small_disk / "ballast").unlink()
    check_headroom(path, least=0)
    assert await database.write(lambda conn: list(conn.execute("SELECT 1"))) == [(1,)]
    await database.close()
