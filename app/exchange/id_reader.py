"""Reads files with IDs in them: any text, CSV of any separator, and XLSX. Says which columns there are to choose from.

A table is only taken for one when it shows: a header, or columns that plainly hold something else. Otherwise the
whole text is read, so that no ID is left out because it stood in the second column.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.domain.errors import InputError
from app.domain.identifiers import IdKind
from app.domain.paste import parse_paste
from app.exchange.text_file import decode, read_file
from app.exchange.xlsx_reader import is_spreadsheet, read_sheet

SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 200
_SAMPLES = 3
_SAME_WIDTH = 0.75
_LEAST_SHARE = 0.5
_A_TIE = 0.25
_ROWS_AT_A_TIME = 1_000

#: Called now and then while a file is read, so that other threads get their turn.
Breathe = Callable[[], object]

_GOOD_NAMES = re.compile(r"(contact|person|people|lead|record|provider)?[\s_\-]*(uu|gu)?ids?", re.IGNORECASE)
_FAIR_NAMES = re.compile(r".*\b(contact|person|people).*|.*\b(uu|gu)?id", re.IGNORECASE)
_POOR_NAMES = re.compile(
    r".*(company|account|organi[sz]ation|owner|user|list|phone|zip|postal|year|count|size).*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class IdColumn:
    """One column of a file. `uuids` and `integers` count the cells that hold such an ID, among the first rows."""

    index: int
    name: str
    samples: tuple[str, ...]
    filled: int
    uuids: int
    integers: int

    def ids(self, kind: IdKind | None = None) -> int:
        """How many of the first cells hold an ID, of one kind or of any."""
        if kind is None:
            return self.uuids + self.integers
        return self.uuids if kind is IdKind.UUID else self.integers


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: where it is in the file, counted from 1, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdFile:
    """A file that was read.

    Attributes:
        name: Its name, for people.
        columns: The columns to choose from; () when the file is to be read as a whole.
        lines: Its rows without the header.
        whole: Its whole text, header included.
        sheet: The sheet that was read, "" where there are none.
        sheets: All sheets of a spreadsheet.
        note: What the rep should know about how it was read, "" for nothing.
    """

    name: str
    columns: tuple[IdColumn, ...]
    lines: tuple[Line, ...]
    whole: str
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    note: str = ""

    def text(self, column: int | None = None) -> str:
        """One column (counted from 0), each cell on the line that it has in the file; all of the file for None."""
        if column is None:
            return self.whole
        return _on_their_lines((line.number, line.cells[column]) for line in self.lines if column < len(line.cells))

    def candidates(self, kind: IdKind | None = None) -> list[IdColumn]:
        """The columns that may hold the IDs of a kind, the likeliest first."""
        fitting = [column for column in self.columns if _likelihood(column, kind) > 0]
        return sorted(fitting, key=lambda column: -_likelihood(column, kind))

    def best(self, kind: IdKind | None = None) -> IdColumn | None:
        """The column that most likely holds the IDs of a kind; None when none does, or two are equally likely."""
        ranked = self.candidates(kind)
        if not ranked or (len(ranked) > 1 and _likelihood(ranked[0], kind) - _likelihood(ranked[1], kind) < _A_TIE):
            return None
        return ranked[0]

    def named(self, name: str) -> IdColumn:
        """The column of a name, whatever its case, or of a number counted from 1.

        Raises:
            InputError: There is none.
        """
        for column in self.columns:
            if column.name.casefold() == name.strip().casefold():
                return column
        if name.isascii() and name.isdigit() and 1 <= int(name) <= len(self.columns):
            return self.columns[int(name) - 1]
        known = ", ".join(f"“{column.name}”" for column in self.columns)
        raise InputError(
            f"“{self.name}” has no column “{name}”.", next_step=f"It has {known}." if known else "It is not a table."
        )


def _go_on() -> None:
    """Nobody waits for a turn."""


def read_id_file(path: Path, *, sheet: str | None = None, breathe: Breathe = _go_on) -> IdFile:
    """Read a text, CSV or XLSX file; of a spreadsheet one sheet, the first that is not empty by default.

    Raises:
        InputError: The file cannot be read, is protected, or is none of these.
    """
    return read_id_bytes(read_file(path), path.name, sheet=sheet, breathe=breathe)


def read_id_bytes(data: bytes, name: str, *, sheet: str | None = None, breathe: Breathe = _go_on) -> IdFile:
    """Read a file's bytes; `name` is what messages call it. Raises InputError as `read_id_file` does."""
    if is_spreadsheet(data, name):
        found = read_sheet(data, name, sheet=sheet, breathe=breathe)
        lines = [Line(number, cells) for number, cells in found.rows]
        whole = _on_their_lines((line.number, "\t".join(line.cells)) for line in lines)
        header, rows = _header(lines)
        return IdFile(name, _columns(header, rows), tuple(rows), whole, found.name, found.names, found.note)
    text, _encoding = decode(data, name)
    if "\0" in text:
        raise InputError(f"“{name}” is neither text nor a spreadsheet.", next_step="Save it as CSV or XLSX.")
    return _text_file(text, name, breathe)


def _text_file(text: str, name: str, breathe: Breathe) -> IdFile:
    for separator in _candidates(text):
        lines = _rows(text, separator, breathe)
        header, rows = _header(lines)
        columns = _columns(header, rows)
        if header is not None or any(column.filled and not column.ids() for column in columns):
            return IdFile(name, columns, tuple(rows), text)
    return IdFile(name, (), (), text)


def _candidates(text: str) -> list[str]:
    """Separators that cut most of the first lines into as many cells each, the one with most cells first."""
    head = [line for line in islice(io.StringIO(text), _LOOKED_AT) if line.strip()]
    widths: dict[str, int] = {}
    for separator in SEPARATORS:
        counts = Counter(len(cells) for cells in csv.reader(head, delimiter=separator) if cells)
        if not counts:
            continue
        width, lines = counts.most_common(1)[0]
        if width > 1 and len(head) > 1 and lines >= _SAME_WIDTH * sum(counts.values()):
            widths[separator] = width
    return sorted(widths, key=lambda separator: -widths[separator])


def _rows(text: str, separator: str, breathe: Breathe) -> list[Line]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator)
    lines, before = [], 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append(Line(before + 1, tuple(cells)))
            before = reader.line_num
            if before % _ROWS_AT_A_TIME == 0:
                breathe()
    except csv.Error:
        return []
    return lines


def _header(lines: Sequence[Line]) -> tuple[tuple[str, ...] | None, Sequence[Line]]:
    """The header, if the first line is one: words only, above lines that hold IDs."""
    if len(lines) > 1 and any(lines[0].cells) and not any(_kind(cell) for cell in lines[0].cells):
        below = islice(lines, 1, _LOOKED_AT)
        if any(_kind(cell) for line in below for cell in line.cells):
            return lines[0].cells, lines[1:]
    return None, lines


def _columns(header: Sequence[str] | None, lines: Sequence[Line]) -> tuple[IdColumn, ...]:
    looked_at = lines[:_LOOKED_AT]
    width = max((len(line.cells) for line in looked_at), default=0)
    if width < 2:
        return ()
    columns = []
    for index in range(max(width, len(header or ()))):
        cells = [line.cells[index] for line in looked_at if index < len(line.cells) and line.cells[index].strip()]
        kinds = Counter(_kind(cell) for cell in cells)
        name = header[index].strip() if header and index < len(header) else ""
        columns.append(
            IdColumn(
                index,
                name or f"Column {index + 1}",
                tuple(cells[:_SAMPLES]),
                len(cells),
                kinds[IdKind.UUID],
                kinds[IdKind.INTEGER],
            )
        )
    return tuple(columns)


def _kind(cell: str) -> IdKind | None:
    """What kind of ID a cell holds, doubtful ones included; None for anything else."""
    if not any(character.isdigit() for character in cell):
        return None
    paste = parse_paste(cell)
    if paste.uuids:
        return IdKind.UUID
    if paste.unreadable or paste.people or paste.emails:
        return None
    return IdKind.INTEGER if paste.integers or paste.questioned else None


def _likelihood(column: IdColumn, kind: IdKind | None) -> float:
    """How likely a column holds the IDs: first by its name, then by the share of its cells; 0 for not at all."""
    share = column.ids(kind) / column.filled if column.filled else 0.0
    if share < _LEAST_SHARE:
        return 0.0
    if _GOOD_NAMES.fullmatch(column.name):
        return 3 + share
    if _POOR_NAMES.fullmatch(column.name):
        return share
    return (2 if _FAIR_NAMES.fullmatch(column.name) else 1) + share


def _on_their_lines(cells: Iterable[tuple[int, str]]) -> str:
    return "\n".join(_filled(cells))


def _filled(cells: Iterable[tuple[int, str]]) -> Iterator[str]:
    expected = 1
    for number, cell in cells:
        while expected < number:
            expected += 1
            yield ""
        expected += 1
        # A line break inside a cell would move everything below it.
        yield " ".join(cell.splitlines())
