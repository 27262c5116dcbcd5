"""Files damaged at random: each is opened sound, or leads to the way out, and never to anything else."""

import asyncio
import random
from pathlib import Path

import pytest

from app.domain.errors import DamagedLibraryError, LibraryError
from app.storage.database import Database
from app.storage.integrity import SOUND, look_through
from app.storage.library import LibraryRepository
from app.storage.replacing import salvage_in_place
from tests.storage.builders import make_record

PEOPLE = 120


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "library.sqlite3"

    async def fill() -> None:
        database = await Database.open(path)
        people = [make_record(str(number), first_name=f"Given{number}", raw=b"{}" * 200) for number in range(PEOPLE)]
        await LibraryRepository(database).save(people)
        await database.close()

    asyncio.run(fill())
    return path.read_bytes()


def flip(data: bytearray, chance: random.Random, low: int, high: int, number: int) -> None:
    for _ in range(number):
        data[chance.randrange(low, high)] ^= 1 << chance.randrange(8)


def damaged(sound: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    data = bytearray(sound)
    page = 4096 * chance.randrange(len(data) // 4096)
    way = seed % 6
    if way == 0:  # the head and the description of the tables
        flip(data, chance, 0, 4096, 3)
    elif way == 1:
        flip(data, chance, 0, len(data), 40)
    elif way == 2:
        data[page : page + 4096] = chance.randbytes(4096)
    elif way == 3:
        data[page : page + 4096] = bytes(4096)
    elif way == 4:
        del data[chance.randrange(len(data)) :]
    else:  # the beginnings of pages, where their cells are listed
        for at in range(0, len(data), 4096 * 5):
            flip(data, chance, at, at + 12, 1)
    return bytes(data)


async def opens_sound(path: Path) -> bool:
    """Open a library and look through it, as the program does; False when it says that it is damaged."""
    try:
        database = await Database.open(path)
    except DamagedLibraryError:
        return False
    try:
        library = LibraryRepository(database)
        await library.rows(await library.all_ids())
        return await look_through(path, thoroughly=True) == SOUND
    except DamagedLibraryError:
        return False
    finally:
        await database.close()


@pytest.mark.parametrize("seed", range(12))
async def test_a_damaged_library_opens_sound_or_leads_to_the_way_out(
    library_path: Path, sound: bytes, seed: int
) -> None:
    library_path.write_bytes(damaged(sound, seed))
    if library_path.stat().st_size == 0 or await opens_sound(library_path):
        return
    before = {path: path.read_bytes() for path in library_path.parent.iterdir()}
    try:
        restored = salvage_in_place(library_path)
    except LibraryError:
        assert {path: path.read_bytes() for path in before} == before
        return
    assert restored.set_aside is not None
    assert restored.set_aside.read_bytes() == before[library_path]
    assert await opens_sound(library_path)
