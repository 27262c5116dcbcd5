"""Reads a do-not-contact list that was pasted or comes from a file, however it is laid out."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.errors import InputError
from app.domain.suppression import SuppressionEntry, SuppressionKind, read_entry

_SEPARATORS = (",", ";", "\t", "|")
_NOTES = frozenset({"note", "notes", "reason", "comment"})
#: Folded names of columns by what they hold. What a CRM calls its company column names a colleague too, so it counts
#: only where nothing in the file names the person.
_COLUMNS = {
    SuppressionKind.EMAIL: frozenset({"email", "emails", "mail", "emailaddress", "mailaddress", "address"}),
    SuppressionKind.PHONE: frozenset({"phone", "phones", "phonenumber", "mobile", "mobilephone", "telephone", "tel"}),
    SuppressionKind.LINKEDIN: frozenset({"linkedin", "linkedinurl", "linkedinprofile", "profileurl", "linkedinslug"}),
    SuppressionKind.DOMAIN: frozenset({"domain", "companydomain", "website", "companywebsite"}),
}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line, or a cell of one, that names nobody. `line` counts from 1."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class SuppressionPaste:
    """What was read: distinct entries in their order, further mentions, and what could not be read."""

    entries: tuple[SuppressionEntry, ...]
    duplicates: int
    problems: tuple[BadLine, ...]


def read_suppressions(text: str) -> SuppressionPaste:
    """Read a list: with a header that names the columns, or lines that each hold one or more values."""
    found: dict[tuple[SuppressionKind, str], SuppressionEntry] = {}
    duplicates, problems = 0, []
    for line, cell, kind, note in _cells(text):
        entry, reason = read_entry(cell, kind, note)
        if entry is None:
            problems.append(BadLine(line, cell, reason))
        elif (entry.kind, entry.value) in found:
            duplicates += 1
        else:
            found[entry.kind, entry.value] = entry
    return SuppressionPaste(tuple(found.values()), duplicates, tuple(problems))


def _cells(text: str) -> Iterator[tuple[int, str, SuppressionKind | None, str]]:
    """Each cell that should name somebody: its line, text, what it must be (None: anything), and the line's note."""
    lines = [(number, cells) for number, cells in _lines(text) if any(cell.strip() for cell in cells)]
    columns, notes = _header(lines[0][1]) if lines else ({}, None)
    for number, cells in lines[1:] if columns else lines:
        note = cells[notes] if notes is not None and notes < len(cells) else ""
        wanted = [(cells[column], kind) for column, kind in columns.items() if column < len(cells)]
        for cell, kind in wanted if columns else [(cell, None) for cell in cells]:
            # One cell may hold several: “a@x.example; b@x.example”. A number has blanks of its own.
            pieces = [cell] if kind is SuppressionKind.PHONE else re.split(r"[,;|]", cell)
            yield from ((number, piece.strip(), kind, note) for piece in pieces if piece.strip())


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(f"Line {reader.line_num} cannot be read ({error}).", next_step="Check its quotes.") from error


def _header(cells: Sequence[str]) -> tuple[dict[int, SuppressionKind], int | None]:
    """The columns that a first line names, none where it is a line like the others; and the one of notes."""
    folded = [re.sub(r"[\W_]+", "", cell).casefold() for cell in cells]
    columns = {column: kind for column, name in enumerate(folded) for kind, names in _COLUMNS.items() if name in names}
    if set(columns.values()) - {SuppressionKind.DOMAIN}:
        columns = {column: kind for column, kind in columns.items() if kind is not SuppressionKind.DOMAIN}
    notes = next((column for column, name in enumerate(folded) if name in _NOTES), None)
    return columns, notes if columns else None
