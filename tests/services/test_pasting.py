"""Reading pastes and files without holding up whoever shares the event loop."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import InputError
from app.services import pasting


class Onlooker:
    """Counts the turns of the event loop while something else is going on."""

    def __init__(self) -> None:
        self.turns = 0

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(0.001)
            self.turns += 1


async def test_a_hundred_thousand_ids_are_read_while_the_loop_goes_on() -> None:
    text = "\n".join(f"{1_000_000 + number}" for number in range(100_000))
    onlooker = Onlooker()
    watching = asyncio.create_task(onlooker.watch())
    paste = await pasting.read_text(text)
    watching.cancel()
    assert len(paste.integers) == paste.pieces == 100_000
    # Read on the loop itself, there would be no turn at all.
    assert onlooker.turns > 10


async def test_a_file_is_opened_and_one_of_its_columns_read(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("name,id\nAda,4101\nBea,4102\n", "utf-8")
    file = await pasting.read_file(path)
    best = file.best()
    assert best is not None
    assert (await pasting.read_column(file, best.index)).integers == ("4101", "4102")
    assert (await pasting.read_column(file)).pieces == 6
    assert (await pasting.read_column(await pasting.read_bytes(b"4103", "pasted"))).integers == ("4103",)
    with pytest.raises(InputError):
        await pasting.read_file(tmp_path / "none.csv")
