"""`export` and `library stats`: what the library holds."""

import argparse
import json

from app.cli.console import Console
from app.cli.exits import EXIT_OK
from app.composition import Services
from app.exchange.csv_writer import check_writable
from app.exchange.presets import preset_named


async def export(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Write every contact of the library."""
    preset = preset_named(arguments.preset)
    check_writable(arguments.out)
    report = await services.export.export_csv(
        await services.library.all_ids(),
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


async def stats(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Count what the library holds."""
    counts = await services.library.stats()
    if arguments.json:
        console.write(json.dumps(counts, indent=2))
    else:
        for name, count in counts.items():
            console.write(f"{name.replace('_', ' ')}: {count:,}")
    return EXIT_OK
