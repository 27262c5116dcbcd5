"""The IDs a `fetch` command is given: from a file or standard input, with everything accounted for that is no ID."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.cli.console import Console
from app.domain.errors import InputError
from app.domain.identifiers import IdKind
from app.domain.paste import Paste
from app.domain.provider import Provider
from app.exchange.csv_writer import write_table
from app.exchange.id_reader import IdFile
from app.services import pasting

STANDARD_INPUT = "-"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Intake:
    """What was read for a service: its IDs, and the IDs that are another service's."""

    paste: Paste
    ids: tuple[str, ...]
    elsewhere: tuple[str, ...]

    def as_json(self) -> dict[str, int]:
        """Counts; all but `pieces` add up to it."""
        paste = self.paste
        return {
            "pieces": paste.pieces,
            "ids": len(self.ids),
            "duplicates": paste.duplicates,
            "other_ids": len(self.elsewhere),
            "people": len(paste.people),
            "emails": len(paste.emails),
            "questioned": len(paste.questioned),
            "unreadable": len(paste.unreadable),
        }

    def left_out(self) -> Iterator[tuple[str, str, str, str]]:
        """Line, text, kind and reason of everything that is not fetched. Lines are known of what was doubted."""
        for bad in self.paste.unreadable:
            yield str(bad.line), bad.text, "unreadable", bad.reason
        for doubt in self.paste.questioned:
            readings = " or ".join(" and ".join(reading) for reading in doubt.readings)
            maybe = f"; it may be {readings}" if readings else ""
            yield str(doubt.line), doubt.text, "questioned", f"{doubt.reason}{maybe}"
        for one in self.elsewhere:
            yield "", one, "other_id", "an ID of another service"
        for url in self.paste.people:
            yield "", url, "person", "a LinkedIn page: search for it"
        for address in self.paste.emails:
            yield "", address, "email", "an e-mail address: search for it"


async def take_in(source: str, console: Console, provider: Provider, kind: IdKind, *, column: str | None) -> Intake:
    """Read the IDs, and say what else was there.

    Raises:
        InputError: Nothing can be read, no column can be told to hold the IDs, or there are no IDs.
    """
    file = await _open(source, console)
    name = "standard input" if source == STANDARD_INPUT else f"“{source}”"
    chosen = _choose(file, kind, column, name)
    if file.note:
        console.say(file.note)
    if chosen is not None:
        console.say(f"The IDs are taken from the column “{file.columns[chosen].name}” of {name}.")
    paste = await pasting.read_column(file, chosen)
    intake = Intake(paste, paste.ids_for(provider, kind), paste.left_out(provider, kind))
    _tell(intake, provider, console)
    if not intake.ids:
        raise InputError(f"There is no {provider.label} ID in {name}.")
    return intake


async def write_left_out(path: Path, intake: Intake) -> None:
    """Write what is not fetched as `line,text,kind,reason`. Raises InputError when the file cannot be written."""
    rows = list(intake.left_out())
    await asyncio.to_thread(write_table, path, ["line", "text", "kind", "reason"], rows)


async def _open(source: str, console: Console) -> IdFile:
    if source != STANDARD_INPUT:
        return await pasting.read_file(Path(source))
    binary = getattr(console.source, "buffer", None)
    data = console.source.read().encode() if binary is None else binary.read()
    return await pasting.read_bytes(data, "standard input")


def _choose(file: IdFile, kind: IdKind, column: str | None, name: str) -> int | None:
    if column is not None:
        return file.named(column).index
    best = file.best(kind)
    if best is None and (rivals := file.candidates(kind)):
        named = " and ".join(f"“{rival.name}”" for rival in rivals[:_SHOWN])
        raise InputError(f"Several columns of {name} may hold the IDs: {named}.", next_step="Name one with --column.")
    return None if best is None else best.index


def _tell(intake: Intake, provider: Provider, console: Console) -> None:
    paste = intake.paste
    if paste.duplicates:
        console.say(f"{paste.duplicates} IDs are there more than once and are fetched once.")
    if intake.elsewhere:
        console.say(f"{len(intake.elsewhere)} IDs are not {provider.label}'s and are left out.")
    searches = len(paste.people) + len(paste.emails)
    if searches:
        console.say(f"{searches} LinkedIn pages and e-mail addresses are left out: search for them instead.")
    for pieces, what in ((paste.questioned, "may be IDs"), (paste.unreadable, "of text are no IDs")):
        if pieces:
            shown = "; ".join(f"line {piece.line}: “{piece.text[:40]}”, {piece.reason}" for piece in pieces[:_SHOWN])
            more = " …" if len(pieces) > _SHOWN else ""
            console.say(f"{len(pieces)} pieces {what} and are left out ({shown}{more}).")
