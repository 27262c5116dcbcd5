"""The order of texts: by letters, whatever their case and accents, numbers by their value, script after script."""

import re

from app.domain.text_fold import fold

#: Texts that begin alike for so many characters count as equal.
LONGEST_KEY = 80

_NUMBER = re.compile("[0-9]+")
# A letter of its own in the alphabets that have it, and in its place between its neighbours.
_SHORT_I = "й"


def sort_key(text: str) -> str:
    """A key that sorts like its text when compared character by character, as Python and SQLite do.

    "" for a text without any letter or digit. "Åkesson" stands with "Akesson" and behind it, "Item 9" before
    "Item 10", Latin before Greek before Cyrillic before Arabic before Chinese, Japanese and Korean.
    """
    text = text[: 2 * LONGEST_KEY]
    if text.isascii():
        return _key(fold(text))[:LONGEST_KEY]
    key = _key(_SHORT_I.join(fold(part) for part in re.split("[йЙ]", text)))
    # Below everything a key can hold, so that longer texts do not come in between.
    plainly = "".join(char if char.isprintable() else " " for char in text.casefold())
    accents = "" if key == plainly else "\x01" + plainly
    return (key + accents)[:LONGEST_KEY].rstrip("\x01") if key else ""


def _key(folded: str) -> str:
    start = next((place for place, char in enumerate(folded) if char.isalnum()), len(folded))
    return _NUMBER.sub(_by_value, " ".join(folded[start:].split()))


def _by_value(number: re.Match[str]) -> str:
    """A number with its length before it: of two numbers the longer is the greater."""
    digits = number[0].lstrip("0") or "0"
    return f"{len(digits)}{digits}" if len(digits) < 9 else f"9{min(len(digits), 99):02}{digits}"
