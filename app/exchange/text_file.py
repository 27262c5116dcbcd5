"""Turns the bytes of a file somebody else wrote into text."""

import codecs
from pathlib import Path

from app.domain.errors import InputError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(path: Path) -> tuple[str, str]:
    """The text of a file and the encoding it was in.

    Raises:
        InputError: The file cannot be read, or is in no encoding we know.
    """
    return decode(read_file(path), str(path))


def read_file(path: Path) -> bytes:
    """The bytes of a file. Raises InputError: it is not there, or cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"There is no file “{path}”.", next_step="Check its name.") from error
    except OSError as error:
        raise InputError(f"“{path}” cannot be read: {error.strerror or 'the system refused'}.") from error


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Bytes as text: by byte order mark, else UTF-16 if every other byte is NUL, else UTF-8, else Windows-1252.

    Raises:
        InputError: No encoding fits; `name` is what the message calls the data.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            candidates: tuple[str, ...] = (encoding,)
            data = data.removeprefix(mark)
            break
    else:
        candidates = (*_bare_utf16(data), "utf-8", "cp1252")
    for encoding in candidates:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise InputError(f"“{name}” is not a text file that can be read.", next_step="Save it as UTF-8 and try again.")


def _bare_utf16(data: bytes) -> tuple[str, ...]:
    """UTF-16 without a mark shows itself by a NUL in every other byte of its separators and Latin letters."""
    head = data[:400]
    if len(head) < 4 or len(data) % 2:
        return ()
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and not even:
        return ("utf-16-le",)
    if even > len(head) // 4 and not odd:
        return ("utf-16-be",)
    return ()
