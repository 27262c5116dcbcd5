"""Text as the services compare it: case, accents and the shape of letters do not matter."""

import unicodedata
from functools import lru_cache

# Letters that do not decompose into a base letter and a mark.
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "æ": "ae", "þ": "th", "Þ": "Th", "’": "'", "ı": "i"}
)


@lru_cache(maxsize=65536)
def without_accents(text: str) -> str:
    """The text without accents, in the same case."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """The text for comparing: without accents, case or surplus blanks."""
    return " ".join(without_accents(text).casefold().split())


@lru_cache(maxsize=65536)
def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, for host names and handles."""
    plain = fold(text).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain.replace("'", "")).split())
