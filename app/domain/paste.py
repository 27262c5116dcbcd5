"""What a paste holds: every piece of it is an ID, a search, a question, a further mention, or unreadable.

Nothing is dropped and nothing is guessed: a piece that has two readings (`1,234`) or that a spreadsheet may have
changed (`1.23E+15`, a lost leading zero) is put to the rep with its readings. Reading goes in steps, so that a
hundred thousand IDs can be read in a thread without holding up the window.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from urllib.parse import urlsplit

from app.domain.identifiers import (
    INVISIBLE,
    MAX_INTEGER,
    WRAPPERS,
    IdKind,
    UnreadableId,
    linkedin_slug,
    normalise_email,
    read_uuid,
)
from app.domain.provider import Provider


class Doubt(StrEnum):
    """Why a piece is put to the rep."""

    THOUSANDS = "thousands"
    LEADING_ZERO = "leading_zero"
    SPREADSHEET = "spreadsheet"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class QuestionedId:
    """A piece that may be an ID: as typed, where (`line` counts from 1), and why it is doubted.

    `readings` are the ways to take it, the likeliest first; each is one ID or, for `1,234`, several.
    """

    text: str
    line: int
    doubt: Doubt
    reason: str
    readings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Paste:
    """A paste, read. All tuples are in the order pasted and hold each thing once.

    Attributes:
        pieces: How many pieces the text has; always the sum of the others.
        uuids: IDs of Tamtam's kind.
        integers: IDs of BuildWorkPro's and Leadfeeder's kind; which of them, only the rep knows.
        people: LinkedIn pages of people, to search for instead.
        emails: E-mail addresses, to search for instead.
        questioned: Pieces with a doubt.
        unreadable: Pieces that are nothing we know.
        duplicates: Further mentions of IDs, pages and addresses.
        named: ID → the service on whose page's address it was found.
    """

    pieces: int = 0
    uuids: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    questioned: tuple[QuestionedId, ...] = ()
    unreadable: tuple[UnreadableId, ...] = ()
    duplicates: int = 0
    named: dict[str, Provider] = field(default_factory=dict)

    def of_kind(self, kind: IdKind) -> tuple[str, ...]:
        """All IDs of a kind."""
        return self.uuids if kind is IdKind.UUID else self.integers

    def ids_for(self, provider: Provider, kind: IdKind) -> tuple[str, ...]:
        """The IDs of a kind that may be a service's: those on pages of another service are not."""
        if not self.named:
            return self.of_kind(kind)
        return tuple(one for one in self.of_kind(kind) if self.named.get(one, provider) is provider)

    def left_out(self, provider: Provider, kind: IdKind) -> tuple[str, ...]:
        """The IDs that are not for a service: of the other kind, or on pages of another service."""
        other = IdKind.INTEGER if kind is IdKind.UUID else IdKind.UUID
        elsewhere = tuple(one for one in self.of_kind(kind) if self.named.get(one, provider) is not provider)
        return elsewhere + self.of_kind(other)


_HARD = " \t\x0b\x0c\x1c-\x1f\x85\n\r;|\u1680\u2000-\u2006\u2008\u200a\u2028\u2029\u205f\u3000\uff0c\uff1b\u3001"
_TOKENS = re.compile(rf"\r\n?|[\n\x85\u2028\u2029]|[^{_HARD}]+")
_NEW_LINES = frozenset(("\n", "\r", "\r\n", "\x85", "\u2028", "\u2029"))

#: Separators that also group the digits of one number: comma, and the spaces that do not break a line.
_SOFT = re.compile("[,\u00a0\u2007\u2009\u202f]+")
_GROUPED = re.compile("[0-9]{1,3}(?:([.,'’\u00a0\u2007\u2009\u202f])[0-9]{3})(?:\\1[0-9]{3})*")
_LONGEST_GROUPED = 25  # 19 digits in groups of three
_WITH_DECIMALS = re.compile(r"([0-9]+)[.,]0{1,2}")
_SCIENTIFIC = re.compile(r"([0-9]+(?:[.,][0-9]+)?)[eE]\+?([0-9]{1,2})")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_ENDS = WRAPPERS + "="
_TRAILING = ".:!?…"
_SITES = {
    "leadfeeder.com": Provider.LEADFEEDER,
    "tamtam.ai": Provider.TAMTAM,
    "buildworkpro.com": Provider.BUILDWORKPRO,
}


def parse_paste(text: str) -> Paste:
    """Read a whole text at once; `PasteReader` does it in steps."""
    reader = PasteReader(text)
    while reader.read(100_000):
        pass
    return reader.paste()


class PasteReader:
    """Reads a text step by step: `read` until it returns False, then `paste`."""

    def __init__(self, text: str) -> None:
        self._tokens = _pieces(text)
        self._pieces = 0
        self._duplicates = 0
        self._uuids: dict[str, None] = {}
        self._integers: dict[str, None] = {}
        self._people: dict[str, str] = {}
        self._emails: dict[str, None] = {}
        self._questioned: list[QuestionedId] = []
        self._unreadable: list[UnreadableId] = []
        self._named: dict[str, Provider] = {}

    def read(self, count: int) -> bool:
        """Read the next so many pieces; whether there may be more."""
        integers = self._integers
        for token, line in self._tokens:
            # Almost everything that is pasted: worth its own short way.
            if token.isdigit() and token.isascii() and token[0] != "0" and len(token) < 19:
                if token in integers:
                    self._duplicates += 1
                else:
                    integers[token] = None
                self._pieces += 1
            else:
                self._read_token(token, line)
            count -= 1
            if count <= 0:
                return True
        return False

    def paste(self) -> Paste:
        """What was read so far."""
        return Paste(
            pieces=self._pieces,
            uuids=tuple(self._uuids),
            integers=tuple(self._integers),
            people=tuple(self._people.values()),
            emails=tuple(self._emails),
            questioned=tuple(self._questioned),
            unreadable=tuple(self._unreadable),
            duplicates=self._duplicates,
            named=dict(self._named),
        )

    def _read_token(self, token: str, line: int) -> None:
        if not token.isascii():
            token = token.translate(INVISIBLE)
        bare = token.strip(_ENDS).rstrip(_TRAILING).rstrip(_ENDS)
        if not bare:
            return
        self._pieces += 1
        uuid, _ = read_uuid(bare if bare.isascii() else bare.translate(_DASHES))
        if uuid:
            self._keep(self._uuids, uuid)
        elif question := _question(bare, line):
            self._questioned.append(question)
        else:
            self._read_other(bare, line)

    def _read_other(self, bare: str, line: int) -> None:
        if bare.isascii() and bare.isdigit():
            reason = _why_not(bare)
            if reason:
                self._unreadable.append(UnreadableId(bare, line, reason))
            else:
                self._keep(self._integers, bare)
        elif slug := linkedin_slug(bare):
            if slug in self._people:
                self._duplicates += 1
            else:
                self._people[slug] = f"https://www.linkedin.com/in/{slug}"
        elif email := normalise_email(bare.removeprefix("mailto:")):
            self._keep(self._emails, email)
        else:
            self._read_address(bare, line)

    def _read_address(self, bare: str, line: int) -> None:
        provider, last = _site(bare)
        uuid, _ = read_uuid(last)
        if uuid or (last.isascii() and last.isdigit() and not _why_not(last)):
            identifier = uuid or last
            if provider is not None:
                self._named.setdefault(identifier, provider)
                self._keep(self._uuids if uuid else self._integers, identifier)
                return
        self._unreadable.append(UnreadableId(bare, line, _reason(bare, provider)))

    def _keep(self, known: dict[str, None], value: str) -> None:
        if value in known:
            self._duplicates += 1
        else:
            known[value] = None


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Pieces with their lines. Comma and non-breaking spaces part pieces only where they do not group digits."""
    line = 1
    for match in _TOKENS.finditer(text):
        token = match.group()
        if token in _NEW_LINES:
            line += 1
            continue
        token = token.strip(",")
        if (token.isascii() and "," not in token) or not _SOFT.search(token):
            if token:
                yield token, line
        elif _is_one_number(token):
            yield token, line
        else:
            for part in _SOFT.split(token):
                if part:
                    yield part, line


def _is_one_number(token: str) -> bool:
    """Whether a token with separators in it may be a single number, and so must not be taken apart unasked."""
    bare = token.translate(INVISIBLE).strip(_ENDS).rstrip(_TRAILING)
    if len(bare) > _LONGEST_GROUPED:
        return False
    return any(pattern.fullmatch(bare) for pattern in (_GROUPED, _WITH_DECIMALS, _SCIENTIFIC))


def _question(bare: str, line: int) -> QuestionedId | None:
    first = bare[0]
    if not first.isdigit():
        return None
    if not bare.isascii() and bare.isdecimal() and len(bare) <= _LONGEST_GROUPED:
        return _questioned(bare, line, Doubt.DIGITS, "digits of another script", [(str(int(bare)),)])
    if bare.isdigit():
        if first != "0" or not bare.isascii() or not bare.strip("0"):
            return None
        return _questioned(
            bare, line, Doubt.LEADING_ZERO, "starts with a zero, which no ID does", [(bare.lstrip("0"),)]
        )
    if len(bare) <= _LONGEST_GROUPED and (match := _GROUPED.fullmatch(bare)):
        separator = match.group(1)
        parts = tuple(bare.split(separator))
        readings: list[tuple[str, ...]] = [("".join(parts),)]
        if separator not in ".'’" and not any(_why_not(part) for part in parts):
            readings.append(parts)
        return _questioned(bare, line, Doubt.THOUSANDS, "may be one number with thousands separators", readings)
    if match := _WITH_DECIMALS.fullmatch(bare):
        reason = "written with decimals, as spreadsheets do"
        return _questioned(bare, line, Doubt.SPREADSHEET, reason, [(match.group(1),)])
    if len(bare) <= _LONGEST_GROUPED and (match := _SCIENTIFIC.fullmatch(bare)):
        exact = Decimal(match.group(1).replace(",", ".")).scaleb(int(match.group(2)))
        whole, _, rest = f"{exact:f}".partition(".")
        reason = "shortened by a spreadsheet, its last digits may be lost"
        return _questioned(bare, line, Doubt.SPREADSHEET, reason, [] if rest.strip("0") else [(whole,)])
    return None


def _questioned(bare: str, line: int, doubt: Doubt, reason: str, readings: Sequence[tuple[str, ...]]) -> QuestionedId:
    possible = tuple(reading for reading in readings if not any(_why_not(one) for one in reading))
    return QuestionedId(bare, line, doubt, reason, possible)


def _why_not(digits: str) -> str:
    """Why a row of ASCII digits is no ID, "" when it is one."""
    if not digits.strip("0"):
        return "IDs are whole numbers from 1"
    if digits[0] == "0":
        return "starts with a zero"
    return "too large for an ID" if len(digits) > 19 or int(digits) > MAX_INTEGER else ""


def _site(address: str) -> tuple[Provider | None, str]:
    """The service on whose own site an address is, and the last segment of its path."""
    if not address.lower().startswith(("http://", "https://")):
        return None, ""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None, ""
    owner = next((provider for site, provider in _SITES.items() if host == site or host.endswith(f".{site}")), None)
    return owner, parts.path.rstrip("/").rpartition("/")[2]


def _reason(bare: str, provider: Provider | None) -> str:
    if provider is not None:
        return f"an address at {provider.label} that does not end in an ID"
    lower = bare.lower()
    if lower.startswith(("http://", "https://", "www.")):
        return "a LinkedIn page, but not of a person" if "linkedin.com/" in lower else "an address of no service here"
    if any(character.isdigit() for character in bare) and unicodedata.category(bare[0]) in ("Pd", "Sm"):
        return "IDs have no sign"
    return "no ID, LinkedIn page or e-mail address"
