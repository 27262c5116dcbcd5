from pathlib import Path

from app.storage.database import Database
from app.storage.integrity import SOUND, check_integrity


async def test_a_sound_library(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "library.sqlite3")
    assert await check_integrity(database) == SOUND
    await database.close()


async def test_a_library_that_is_damaged_under_our_hands_is_told_not_raised(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    database = await Database.open(path)
    await database.close()
    data = bytearray(path.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    assert len(data) > 4 * page
    data[2 * page : 4 * page] = b"\xff" * (2 * page)
    path.write_bytes(data)
    database = await Database.open(path, read_only=True)
    said = await check_integrity(database)
    await database.close()
    assert said != SOUND
    assert said
