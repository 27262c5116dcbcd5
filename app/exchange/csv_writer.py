"""Writes CSV files: RFC 4180 quoting, CRLF, formulas guarded, and either the whole file or none of it."""

import csv
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from app.domain.contact import ContactRow
from app.domain.enrichment import EnrichField, FieldResult
from app.domain.errors import InputError
from app.domain.fetching import IdOutcome
from app.exchange.guard import GuardMode, guard
from app.exchange.presets import PLAIN, Preset


@dataclass(frozen=True, slots=True)
class FieldOutcomeLine:
    """One line of the outcomes of an enrichment: one field of the person in one data row, counted from 1."""

    row: int
    result: FieldResult


def write_contacts(path: Path, contacts: Iterable[ContactRow], preset: Preset = PLAIN) -> int:
    """Write contacts in the columns of a preset; returns how many rows were written.

    Raises:
        InputError: The file cannot be written there.
    """
    rows = ([column.value(contact) for column in preset.columns] for contact in contacts)
    return write_table(path, [column.header for column in preset.columns], rows, preset)


def write_id_outcomes(path: Path, outcomes: Iterable[IdOutcome]) -> int:
    """Write `id,outcome,reason`, one row per distinct ID. Raises InputError like `write_contacts`."""
    rows = ([item.provider_id, item.outcome.value, item.reason] for item in outcomes)
    return write_table(path, ["id", "outcome", "reason"], rows)


def write_field_outcomes(path: Path, lines: Iterable[FieldOutcomeLine]) -> int:
    """Write `row,field,outcome,reason`, one row per person and field. Raises InputError like `write_contacts`."""
    rows = (
        [str(line.row), EnrichField(line.result.field).value, line.result.outcome.value, line.result.reason]
        for line in lines
    )
    return write_table(path, ["row", "field", "outcome", "reason"], rows)


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], preset: Preset = PLAIN) -> int:
    """Write any table in the layout of a preset; returns how many rows were written, the header not counted.

    Raises:
        InputError: The file cannot be written there; an older file of that name is then untouched.
    """
    count = 0
    with _replacing(path, "utf-8-sig" if preset.byte_order_mark else "utf-8") as file:
        writer = csv.writer(file, delimiter=preset.separator, lineterminator="\r\n")
        writer.writerow([guard(name, preset.guard) for name in header])
        for row in rows:
            writer.writerow([_cell(value, preset.guard) for value in row])
            count += 1
    return count


def check_writable(path: Path) -> None:
    """Find out before any work or spending whether a file can be written. Raises InputError when it cannot."""
    target = Path(os.path.realpath(path))
    if _is_device(target):
        return
    if target.is_dir():
        raise InputError(f"“{path}” is a folder, not a file.", next_step="Name a file in it.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder “{path.parent}”.", next_step="Create it, or choose another place.")
    try:
        if target.exists():
            # Opening for append asks for the same right as replacing and finds a lock held by a spreadsheet program.
            with target.open("ab"):
                pass
        else:
            probe = _neighbour(target)
            probe.open("xb").close()
            probe.unlink()
    except OSError as error:
        raise _refused(path, error) from error


def check_outputs(*outputs: Path, source: Path | None = None) -> None:
    """Find out before any work or spending that each file can be written, and overwrites neither another nor its input.

    Raises:
        InputError: One of them cannot be written, or two names (links and `source` counted) mean the same file.
    """
    names: dict[Path, Path] = {} if source is None else {Path(os.path.realpath(source)): source}
    for path in outputs:
        check_writable(path)
        target = Path(os.path.realpath(path))
        if _is_device(target):  # It takes any number of files, and keeps none.
            continue
        if target in names:
            role = "the input" if names[target] is source else "another output"
            raise InputError(f"“{path}” is {role} as well and would be lost.", next_step="Choose another name.")
        names[target] = path


def _cell(value: str, mode: GuardMode) -> str:
    # A lone surrogate has no UTF-8 form; one broken character must not cost the whole file.
    return guard(value, mode).encode("utf-8", "replace").decode("utf-8")


@contextmanager
def _replacing(path: Path, encoding: str) -> Iterator[TextIO]:
    """A text file that takes the place of `path` when the block ends well, and vanishes when it does not."""
    check_writable(path)
    target = Path(os.path.realpath(path))
    if _is_device(target):
        with target.open("w", encoding=encoding, newline="") as file:
            yield file
        return
    part = _neighbour(target)
    try:
        with part.open("x", encoding=encoding, newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _neighbour(target: Path) -> Path:
    return target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.part")


def _is_device(target: Path) -> bool:
    return target.exists() and not target.is_file() and not target.is_dir()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder, and has its renames in the journal.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(path: Path, error: OSError) -> InputError:
    if isinstance(error, PermissionError):
        return InputError(
            f"“{path}” cannot be written: it is open in another program, or you may not write there.",
            next_step="Close it there, or choose another place.",
        )
    return InputError(
        f"“{path}” cannot be written: {error.strerror or 'the system refused'}.", next_step="Choose another place."
    )
