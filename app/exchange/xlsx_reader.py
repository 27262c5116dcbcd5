"""Reads one sheet of an XLSX file as text, numbers as they were typed. openpyxl is loaded for such a file only."""

import io
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from app.domain.errors import InputError

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

_ZIP = b"PK\x03\x04"
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")  # an old .xls, or any encrypted Office file
_LARGEST = 512 * 1024 * 1024

#: Whole numbers beyond this have no exact place in a spreadsheet: the last digits may be gone.
_EXACT = 2**53

_ROWS_AT_A_TIME = 200

NO_VALUE = "formula-without-value"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows with their numbers (from 1) and cells as text. `note` says what the rep should know."""

    name: str
    names: tuple[str, ...]
    rows: list[tuple[int, tuple[str, ...]]]
    note: str = ""


def is_spreadsheet(data: bytes, name: str) -> bool:
    """Whether a file's bytes are an XLSX file.

    Raises:
        InputError: They are an old or a protected spreadsheet, or another packed file.
    """
    if data.startswith(_COMPOUND_FILE):
        raise InputError(
            f"“{name}” is protected with a password, or in the old .xls format.",
            next_step="Save it as XLSX without a password, or as CSV.",
        )
    if not data.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise _broken(name) from error
    if not any(entry.filename.startswith("xl/") for entry in entries):
        raise InputError(f"“{name}” is neither text nor an XLSX file.", next_step="Save it as CSV or XLSX.")
    if sum(entry.file_size for entry in entries) > _LARGEST:
        raise InputError(f"“{name}” is too large once unpacked.", next_step="Save the column with the IDs as CSV.")
    return True


def read_sheet(data: bytes, name: str, *, sheet: str | None, breathe: Callable[[], object]) -> Sheet:
    """Read a sheet: the one named, else the first that has anything in it. `breathe` is called now and then.

    Raises:
        InputError: The file is broken, or has no such sheet.
    """
    import openpyxl

    # It warns of styles and validations that it leaves out, none of which matter here.
    warnings.filterwarnings("ignore", module="openpyxl")
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            names = tuple(book.sheetnames)
            if sheet is not None and sheet not in names:
                raise InputError(f"“{name}” has no sheet “{sheet}”.", next_step=f"It has {', '.join(names)}.")
            chosen, rows = "", []
            for chosen in names if sheet is None else (sheet,):
                rows = _rows(book, chosen, breathe)
                if rows:
                    break
        finally:
            book.close()
        lost = _fill_in_formulas(data, chosen, rows, breathe)
    except InputError:
        raise
    except Exception as error:
        # openpyxl raises whatever it stumbles over in a damaged file.
        raise _broken(name) from error
    notes = []
    if len(names) > 1:
        notes.append(f"The sheet “{chosen}” was read, one of {len(names)}.")
    if lost:
        notes.append(f"{lost} formulas have no stored value: open the file in a spreadsheet program and save it.")
    return Sheet(chosen, names, rows, " ".join(notes))


def _rows(book: "Workbook", sheet: str, breathe: Callable[[], object]) -> list[tuple[int, tuple[str, ...]]]:
    worksheet = book[sheet]
    if not hasattr(worksheet, "iter_rows"):  # a sheet that is only a chart
        return []
    # What a file says of its size is often wrong.
    if hasattr(worksheet, "reset_dimensions"):
        worksheet.reset_dimensions()
    rows = []
    for number, values in enumerate(worksheet.iter_rows(values_only=True), start=1):
        cells = tuple(map(_text, values))
        if any(cells):
            rows.append((number, cells))
        if number % _ROWS_AT_A_TIME == 0:
            breathe()
    return rows


def _fill_in_formulas(
    data: bytes, sheet: str, rows: list[tuple[int, tuple[str, ...]]], breathe: Callable[[], object]
) -> int:
    """Put a word where a formula's value was never stored, so that it counts as unreadable; returns how many."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        sheets = [entry for entry in packed.namelist() if entry.startswith("xl/worksheets/")]
        if not any(b"<f" in packed.read(entry) for entry in sheets):
            return 0
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    try:
        formulas = _rows(book, sheet, breathe)
    finally:
        book.close()
    known = dict(rows)
    lost = 0
    for number, cells in formulas:
        values = list(known.get(number, ()))
        values += [""] * (len(cells) - len(values))
        for index, cell in enumerate(cells):
            if cell.startswith("=") and not values[index]:
                values[index] = NO_VALUE
                lost += 1
        known[number] = tuple(values)
    rows[:] = sorted(known.items())
    return lost


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    """A number as it was typed. One too large to be exact keeps a sign of being a spreadsheet's, and so is doubted."""
    whole = abs(value) != float("inf") and value == value // 1
    if whole and abs(value) <= _EXACT:
        return str(int(value))
    return f"{value}.0" if isinstance(value, int) else repr(value)


def _broken(name: str) -> InputError:
    return InputError(
        f"“{name}” is damaged and cannot be read.", next_step="Open it in a spreadsheet program and save it again."
    )
