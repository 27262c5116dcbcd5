"""`export` and `library stats`: what the library holds."""

import argparse
import json

from app.cli.console import Console
from app.cli.exits import EXIT_OK
from app.composition import Services
from app.domain.errors import InputError
from app.exchange.csv_writer import check_writable
from app.exchange.presets import preset_named


async def export(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Write the contacts of the library, or of one list."""
    preset = preset_named(arguments.preset)
    contact_ids = await _chosen(services, arguments.list)
    check_writable(arguments.out)
    report = await services.export.export_csv(
        contact_ids,
        arguments.out,
        preset=preset.name,
        include_suppressed=arguments.include_suppressed,
    )
    console.say(f"{report.rows} contacts are in {report.path} ({preset.label}).")
    if report.left_out:
        console.say(f"{report.left_out} are left out: they are on the do-not-contact list.")
    if report.overridden:
        console.say(f"{report.overridden} of them are on the do-not-contact list.")
    return EXIT_OK


async def _chosen(services: Services, name: str | None) -> list[int]:
    if name is None:
        return await services.library.all_ids()
    if (chosen := await services.own_work.list_named(name)) is not None:
        if not chosen.contacts:
            raise InputError(f"The list “{chosen.name}” is empty.")
        return await services.own_work.list_members(chosen.list_id)
    known = ", ".join(f"“{each.name}”" for each in await services.own_work.lists())
    raise InputError(
        f"There is no list “{name}”.",
        next_step=f"The lists are {known}." if known else "There are no lists yet; make one in the window.",
    )


async def stats(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Count what the library holds."""
    counts = await services.library.stats()
    if arguments.json:
        console.write(json.dumps(counts, indent=2))
    else:
        for name, count in counts.items():
            console.write(f"{name.replace('_', ' ')}: {count:,}")
    return EXIT_OK
