"""Reads PEOPLE.csv, as it comes out of spreadsheets and CRMs, without changing what it does not understand."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.domain.enrichment import PersonInput
from app.domain.errors import InputError
from app.exchange.guard import strip_guard
from app.exchange.presets import PLAIN_HEADERS
from app.exchange.text_file import read_text

SEPARATORS = (",", ";", "\t", "|")
_SHOWN_LINES = 3

# Folded names by the field they fill; the first that the header has is taken. Our own exports call it company_domain.
_REQUIRED = {"first_name": ("firstname",), "last_name": ("lastname",), "domain": ("domain", "companydomain")}
_OPTIONAL = {"company_name": ("companyname",), "linkedin_url": ("linkedinurl",)}

# What other programs call these columns. Only offered where a person sees the choice before anything is bought.
_GUESSES = {
    "first_name": ("givenname", "forename", "vorname", "first"),
    "last_name": ("surname", "familyname", "nachname", "last"),
    "domain": ("companywebsite", "website", "companyurl", "emaildomain", "webdomain"),
    "company_name": ("company", "organization", "organisation", "account", "accountname", "employer", "firma"),
    "linkedin_url": ("linkedin", "linkedinprofile", "personlinkedinurl", "profileurl", "linkedinprofileurl"),
}

#: What a person is made of, and whether it is needed.
PERSON_FIELDS = {name: name in _REQUIRED for name in (*_REQUIRED, *_OPTIONAL)}


@dataclass(frozen=True, slots=True)
class PeopleRow:
    """One data row. `row` counts data rows from 1, `line` is the line of the file that it ends on."""

    row: int
    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A line that does not fit its header, and what is wrong with it."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it is: header, rows, and the lines that have more cells than the header (they are in no row)."""

    header: tuple[str, ...]
    rows: tuple[PeopleRow, ...]
    misfits: tuple[Misfit, ...]
    separator: str
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class PeopleTable:
    """A file of people: all its columns and rows as they were, and where the ones we use stand."""

    header: tuple[str, ...]
    rows: tuple[PeopleRow, ...]
    columns: dict[str, int]

    def person(self, row: PeopleRow) -> PersonInput:
        """The person of one row, trimmed. Values may be empty: such a person cannot be enriched."""

        def value(name: str) -> str:
            return row.cells[self.columns[name]].strip() if name in self.columns else ""

        return PersonInput(
            first_name=value("first_name"),
            last_name=value("last_name"),
            domain=value("domain"),
            company_name=value("company_name"),
            linkedin_url=value("linkedin_url"),
        )


def read_people(path: Path) -> PeopleTable:
    """Read a file of people, whatever its encoding and separator.

    Raises:
        InputError: The file cannot be read, lacks a required column, or has lines that do not fit its header.
    """
    text, _encoding = read_text(path)
    try:
        return parse_people(text)
    except InputError as error:
        raise InputError(f"“{path}”: {error.text}", next_step=error.next_step) from error


def parse_people(text: str) -> PeopleTable:
    """Read the text of a file of people. Raises InputError as `read_people` does."""
    sheet = parse_sheet(text)
    if sheet.misfits:
        extra = len(sheet.misfits) - _SHOWN_LINES
        more = f", and {extra} more lines" if extra > 0 else ""
        shown = "; ".join(f"line {misfit.line} {misfit.text}" for misfit in sheet.misfits[:_SHOWN_LINES])
        raise InputError(f"{shown}{more}.", next_step="Put quotes around cells that hold the separator.")
    return table_of(sheet.header, sheet.rows)


def read_sheet(path: Path) -> Sheet:
    """Read a file with a header line, whatever its columns are called, its encoding and its separator.

    Raises:
        InputError: The file cannot be read, is empty, or is no CSV.
    """
    text, encoding = read_text(path)
    try:
        sheet = parse_sheet(text)
    except InputError as error:
        raise InputError(f"“{path.name}”: {error.text}", next_step=error.next_step) from error
    if not sheet.header:
        raise InputError(f"“{path.name}” is empty.", next_step="Choose a file whose first line names its columns.")
    return replace(sheet, encoding=encoding)


def parse_sheet(text: str) -> Sheet:
    """Read the text of a file. Raises InputError where it is no CSV."""
    separator, text = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: tuple[str, ...] = ()
    rows: list[PeopleRow] = []
    misfits: list[Misfit] = []
    try:
        for cells in reader:
            if not cells:
                continue
            if not header:
                header = tuple(cells)
                continue
            if any(cell.strip() for cell in cells[len(header) :]):
                misfits.append(Misfit(reader.line_num, f"has {len(cells)} cells instead of {len(header)}"))
                continue
            filled = (*cells[: len(header)], *[""] * (len(header) - len(cells)))
            rows.append(PeopleRow(len(rows) + 1, reader.line_num, filled))
    except csv.Error as error:
        raise InputError(
            f"line {reader.line_num} cannot be read as CSV ({error}).", next_step="Check the quotes on that line."
        ) from error
    if set(PLAIN_HEADERS) <= set(header):  # One of our own exports, so an apostrophe before = + - @ is our guard.
        rows = [PeopleRow(row.row, row.line, tuple(map(strip_guard, row.cells))) for row in rows]
    return Sheet(header, tuple(rows), tuple(misfits), separator)


def guess_columns(header: Sequence[str]) -> dict[str, int]:
    """Which column most likely holds what: field → column. For a person to check, not to buy by."""
    places: dict[str, int] = {}
    for index, name in enumerate(header):
        places.setdefault(_fold(name), index)
    found: dict[str, int] = {}
    for field_name in PERSON_FIELDS:
        spellings = (*{**_REQUIRED, **_OPTIONAL}[field_name], *_GUESSES[field_name])
        column = next((places[spelling] for spelling in spellings if spelling in places), None)
        if column is not None:
            found[field_name] = column
    return found


def table_of(header: Sequence[str], rows: Sequence[PeopleRow]) -> PeopleTable:
    """A table from its parts. Raises InputError when a required column is missing."""
    places: dict[str, int] = {}
    for index, name in enumerate(header):
        places.setdefault(_fold(name), index)
    columns: dict[str, int] = {}
    for field_name, spellings in {**_REQUIRED, **_OPTIONAL}.items():
        found = [places[spelling] for spelling in spellings if spelling in places]
        if found:
            columns[field_name] = found[0]
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise InputError(
            f"there is no column {' or '.join(f'“{name}”' for name in missing)}.",
            next_step=f"The first line must name the columns; needed are {', '.join(_REQUIRED)}.",
        )
    return PeopleTable(tuple(header), tuple(rows), columns)


def _fold(name: str) -> str:
    return re.sub(r"[\s_\-.]+", "", name).casefold()


def _separator(text: str) -> tuple[str, str]:
    """The separator of a file, and its text without the `sep=` line that Excel puts before the header."""
    told = re.match(r'"?sep=([,;\t|])"?\r?\n', text, re.IGNORECASE)
    if told:
        return told.group(1), text[told.end() :]
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    required = {spelling for spellings in _REQUIRED.values() for spelling in spellings}

    def fit(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([first_line], delimiter=separator), [])
        return len({_fold(cell) for cell in cells} & required), len(cells)

    return max(SEPARATORS, key=fit), text
