"""Reading what a rep pastes or drops, off the event loop and without starving it.

A thread that computes keeps Python's lock from the window for milliseconds at a time; so the reading goes in steps,
and between two of them the loop has its turn.
"""

import asyncio
import threading
from pathlib import Path

from app.domain.paste import Paste, PasteReader
from app.exchange.id_reader import IdFile, read_id_bytes, read_id_file

#: Pieces read in one step: some two milliseconds.
STEP = 1_000

#: Seconds in which a reading thread leaves the lock to others.
BREATH = 0.001


async def read_text(text: str) -> Paste:
    """Everything that a text holds; see `Paste`."""
    reader = PasteReader(text)
    while await asyncio.to_thread(reader.read, STEP):
        pass
    return await asyncio.to_thread(reader.paste)


async def read_file(path: Path, *, sheet: str | None = None) -> IdFile:
    """Open a text, CSV or XLSX file. With several columns one has to be chosen, see `IdFile.best`.

    Raises:
        InputError: The file cannot be read, is protected, or is none of these.
    """
    return await asyncio.to_thread(read_id_file, path, sheet=sheet, breathe=_breathe)


async def read_bytes(data: bytes, name: str) -> IdFile:
    """Read what came on a stream like a file; `name` is what messages call it. Raises as `read_file`."""
    return await asyncio.to_thread(read_id_bytes, data, name, breathe=_breathe)


def _breathe() -> None:
    threading.Event().wait(BREATH)


async def read_column(file: IdFile, column: int | None = None) -> Paste:
    """Everything that a column of a file holds (counted from 0), or the whole file. Lines are those of the file."""
    return await read_text(await asyncio.to_thread(file.text, column))
