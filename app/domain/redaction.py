"""Taking out of texts what must not leave this computer: keys, people, addresses, what was searched for, home folders.

Patterns cannot know a name. So names are kept out where texts are made (logs name errors instead of quoting them),
and this is the last gate that every line of a log and every file of a diagnostics bundle passes.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

SHORTEST_SECRET = 4
"""Shorter ones would only blot out words; no service has such keys."""

_TO_END = r"[^\n\"'“”<>|]*"
_HOMES = re.compile(rf"(?:/home/|/Users/|/root\b|\b[A-Za-z]:[\\/]+Users[\\/]+|\\\\[^\s\\]+\\){_TO_END}")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^\s\"'“”<>|]+", re.IGNORECASE)
_PROFILE = re.compile(r"\b(?:[\w-]{1,30}\.)?(?:linkedin\.com|xing\.com)/[^\s\"'“”<>|]+", re.IGNORECASE)
# Words are found first and looked into then: a pattern for the whole would take the square of a long word's time.
_WORD = re.compile(r"[^\s\"'“”<>|]+")
_PIECE = re.compile(r"[^\s\"'“”<>|,;:()\[\]=]+")
_EMAIL = re.compile(r"[^@](?:@|%40)[^@]")
_HEADER = re.compile(
    r"((?:authorization|x-api-key|api[_-]?key|access[_-]?token|token|password|passwd|secret)"
    r"[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic)\s+)?[^\s\"'“”<>|,;]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_NOT_A_REQUEST_ID = r"(?<!request_id=)(?<!request_id\": \")"
_UUID = re.compile(
    rf"{_NOT_A_REQUEST_ID}\b[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}\b", re.IGNORECASE
)
_NUMBER = re.compile(
    rf"(?<![\w.:/-])(?<![\w.]\()(?!\d{{4}}-\d\d-\d\d){_NOT_A_REQUEST_ID}[+(]?\d[\d ().\u00a0/-]{{5,24}}\d(?![\w-])"
)


_ID = re.compile(r"[A-Za-z0-9._:/=-]{1,100}")


def plain_id(text: str) -> str:
    """A service's id of a request, or another word of its making, "?" if it does not look like one."""
    return text if not text or _ID.fullmatch(text) else "?"


class Redactor:
    """Makes texts fit for a log. Knows patterns, the home folder, and the secrets it was told of, in memory only.

    Args:
        home: The home folder; the one of whoever runs the program if None.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._secrets: set[str] = set()
        folder = home or _home()
        self._home = _path_pattern(folder) if folder is not None else None

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} secrets)"

    def add_secret(self, secret: str) -> None:
        """Keep a key out of every text from now on, also in the spellings that addresses, JSON and headers give it."""
        bare = secret.strip()
        if len(bare) >= SHORTEST_SECRET:
            spellings = {bare, quote(bare, safe=""), quote_plus(bare), json.dumps(bare)[1:-1]}
            self._secrets |= spellings | {b64encode(bare.encode()).decode().rstrip("=")}

    def __call__(self, text: str) -> str:
        """The text with everything private replaced by what it was, in brackets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[key]")
        if self._home is not None:
            text = self._home.sub("[path]", text)
        text = _HOMES.sub("[path]", text)
        text = _URL.sub(_bare_address, text)
        text = _PROFILE.sub("[profile]", text)
        text = _WORD.sub(lambda word: "[query]" if "=" in word[0].partition("?")[2] else word[0], text)
        text = _HEADER.sub(r"\1[key]", text)
        text = _BEARER.sub(r"\1 [key]", text)
        text = _PIECE.sub(lambda piece: "[email]" if _EMAIL.search(piece[0]) else piece[0], text)
        text = _UUID.sub("[id]", text)
        return _NUMBER.sub(_unless_short, text)


Redact = Callable[[str], str]


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # a user without a home folder
        return None


def _path_pattern(folder: Path) -> re.Pattern[str] | None:
    """Everything from the folder on to the end of a quotation or line: names in it may hold spaces."""
    if folder == Path(folder.anchor):
        return None  # a service account whose home is the root of the disk
    spellings = {str(folder), folder.as_posix(), str(folder).replace("\\", "\\\\")}
    return re.compile(f"(?:{'|'.join(map(re.escape, spellings))})(?![\\w-]){_TO_END}")


def _bare_address(match: re.Match[str]) -> str:
    try:
        parts = urlsplit(match[0])
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "[address]"
    if not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        return "[address]"
    bare = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"
    return bare + ("/[…]" if parts.path.strip("/") or parts.query or parts.fragment or parts.username else "")


def _unless_short(match: re.Match[str]) -> str:
    """Whether a number is a phone's: national ones have nine digits or more, or begin like one."""
    digits = sum(char.isdigit() for char in match[0])
    begins_like_one = match[0][0] in "+(0" or re.fullmatch(r"\d{3}[-. ]\d{4}", match[0])
    return "[number]" if digits >= 9 or (digits >= 7 and begins_like_one) else match[0]
