"""The rows of a table without row numbers, read from the pages of the file themselves, past those that are damaged.

SQLite finds such rows by their key alone, and nobody knows the keys behind a damaged page. The pages of the table hang
together as a tree; every page of it that is whole can be read by itself. The format is SQLite's own, documented at
sqlite.org/fileformat2.html, and does not change.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.storage.database import SqlValue

_INNER, _LEAF = 0x02, 0x0A
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def walk_rows(path: Path, root: int, columns: int) -> Iterator[tuple[SqlValue, ...]]:
    """The rows below a page, in no order; the columns of the primary key come first in each.

    Args:
        path: The file, with nothing left in a write-ahead log.
        root: The number of the table's first page.
        columns: How many columns a row has; what has others is no row.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(18)[16:18], "big")
        walk = _Walk(file, 65536 if size == 1 else size or 4096)
        yield from walk.rows(root, columns)


class _Walk:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def rows(self, root: int, columns: int) -> Iterator[tuple[SqlValue, ...]]:
        waiting, seen = [root], {0}
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            seen.add(number)
            page = self._page(number)
            if len(page) != self._size or page[0] not in (_INNER, _LEAF):
                continue
            inner = page[0] == _INNER
            if inner:
                waiting.append(int.from_bytes(page[8:12], "big"))
            first = 12 if inner else 8
            for cell in range(int.from_bytes(page[3:5], "big")):
                at = int.from_bytes(page[first + 2 * cell : first + 2 * cell + 2], "big")
                try:
                    if inner:
                        waiting.append(int.from_bytes(page[at : at + 4], "big"))
                        at += 4
                    row = _record(self._payload(page, at))
                except (IndexError, ValueError, OverflowError):
                    continue
                if len(row) == columns:
                    yield row

    def _page(self, number: int) -> bytes:
        self._file.seek((number - 1) * self._size)
        return self._file.read(self._size)

    def _payload(self, page: bytes, at: int) -> bytes:
        length, at = _varint(page, at)
        most = (self._size - 12) * 64 // 255 - 23
        if length <= most:
            return page[at : at + length]
        least = (self._size - 12) * 32 // 255 - 23
        here = least + (length - least) % (self._size - 4)
        if here > most:
            here = least
        data = bytearray(page[at : at + here])
        following = int.from_bytes(page[at + here : at + here + 4], "big")
        while len(data) < length:
            more = self._page(following) if following else b""
            if len(more) != self._size:
                raise ValueError
            data += more[4:]
            following = int.from_bytes(more[:4], "big")
        return bytes(data[:length])


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(9):
        byte = data[at + place]
        if place == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError


def _record(payload: bytes) -> tuple[SqlValue, ...]:
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != end:
        raise ValueError
    values: list[SqlValue] = []
    for kind in kinds:
        length = _INTEGERS.get(kind, 8 if kind == 7 else (kind - 12) // 2 if kind >= 12 else 0)
        raw = payload[at : at + length]
        if len(raw) != length or kind in (7, 10, 11):  # no table of ours without row numbers has a fraction
            raise ValueError
        at += length
        if kind in _INTEGERS:
            values.append(int.from_bytes(raw, "big", signed=True))
        elif kind >= 12:
            values.append(raw.decode("utf-8", errors="replace") if kind % 2 else raw)
        else:
            values.append({0: None, 8: 0, 9: 1}[kind])
    if at != len(payload):
        raise ValueError
    return tuple(values)
