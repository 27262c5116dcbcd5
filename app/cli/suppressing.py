"""`suppress`: the do-not-contact list without a window."""

import argparse
import json
from pathlib import Path

from app.cli.console import Console
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.composition import Services
from app.domain.errors import InputError
from app.domain.suppression import SuppressionEntry, read_entry


async def list_all(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Print the list."""
    entries = await services.suppression.entries()
    if arguments.json:
        console.write(
            json.dumps([{"kind": each.kind, "value": each.value, "note": each.note} for each in entries], indent=2)
        )
    else:
        for each in entries:
            console.write("\t".join(filter(None, (each.kind.label, each.value, each.note))))
    return EXIT_OK


async def add(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Put what a file names on the list; lines that name nobody are told, and the others taken."""
    if arguments.source == "-":
        report = await services.suppression.add_text(console.source.read())
    else:
        report = await services.suppression.import_file(Path(arguments.source))
    for problem in report.problems:
        console.say(f"Line {problem.line} {problem.reason}.")
    console.say(f"{report.added} entries are new on the do-not-contact list, {report.known} were known.")
    return EXIT_ITEMS_FAILED if report.problems else EXIT_OK


async def remove(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Take entries off the list."""
    entries: list[SuppressionEntry] = []
    for value in arguments.values:
        entry, reason = read_entry(value)
        if entry is None:
            raise InputError(f"“{value}” {reason}.")
        entries.append(entry)
    removed = await services.suppression.remove(entries)
    console.say(f"{removed} of {len(entries)} entries were on the list and are off it.")
    return EXIT_OK if removed == len(entries) else EXIT_ITEMS_FAILED
