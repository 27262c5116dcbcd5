"""Files of people: read off the event loop, with the columns chosen before for the same headers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from app.domain.enrichment import PersonInput, missing_for_enrichment
from app.exchange.csv_reader import PERSON_FIELDS, PeopleTable, Sheet, guess_columns, read_sheet
from app.storage.settings import SettingsStore

#: Sets of headers whose columns are remembered; the oldest are forgotten first.
MOST_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with a line. A line that is only `incomplete` is still read; the others are left out."""

    line: int
    text: str
    incomplete: bool


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """A file of people whose columns are still to be agreed on."""

    name: str
    sheet: Sheet

    def people(self, columns: Mapping[str, int]) -> tuple[PersonInput, ...]:
        """Everybody in the file, in its order, by these columns (field → column, counted from 0)."""
        table = PeopleTable(self.sheet.header, self.sheet.rows, dict(columns))
        return tuple(table.person(row) for row in self.sheet.rows)

    def problems(self, columns: Mapping[str, int]) -> tuple[LineProblem, ...]:
        """Lines that cannot be read or lack something, in the file's order."""
        found = [LineProblem(bad.line, f"It {bad.text}.", incomplete=False) for bad in self.sheet.misfits]
        for row, person in zip(self.sheet.rows, self.people(columns), strict=True):
            missing = missing_for_enrichment(person)
            if missing:
                found.append(LineProblem(row.line, missing, incomplete=True))
        return tuple(sorted(found, key=lambda problem: problem.line))


async def open_people_file(path: Path) -> PeopleFile:
    """Read a file with a header line.

    Raises:
        InputError: It cannot be read, is empty, or is no CSV.
    """
    return PeopleFile(path.name, await asyncio.to_thread(read_sheet, path))


def columns_for(file: PeopleFile, settings: SettingsStore) -> dict[str, int]:
    """Which column holds what (field → column): as chosen before for these headers, else a guess by their names."""
    header = file.sheet.header
    chosen = settings.load().import_columns.get(_key(header))
    if chosen is None:
        return guess_columns(header)
    return {name: header.index(chosen[name]) for name in PERSON_FIELDS if chosen.get(name) in header}


def remember_columns(file: PeopleFile, columns: Mapping[str, int], settings: SettingsStore) -> None:
    """Keep a choice for the next file with the same headers. Raises LibraryError where it cannot be saved."""
    header = file.sheet.header
    now = settings.load()
    kept = {key: value for key, value in now.import_columns.items() if key != _key(header)}
    kept[_key(header)] = {name: header[column] for name, column in columns.items()}
    settings.save(replace(now, import_columns=dict(list(kept.items())[-MOST_REMEMBERED:])))


def _key(header: tuple[str, ...]) -> str:
    return " | ".join(" ".join(name.split()).casefold() for name in header)
