"""`diagnostics`: what helps to find a fault, as text files that can be read before they are sent."""

import argparse

from app.cli.console import Console
from app.cli.exits import EXIT_OK
from app.composition import Services
from app.domain.errors import InputError


async def diagnose(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Show the files of the bundle, save them, or both."""
    if not arguments.show and arguments.out is None:
        raise InputError("Say where to save the diagnostics with “--out”, or look at them with “--show”.")
    files = await services.diagnostics.preview()
    if arguments.show:
        for name, text in files:
            console.write(f"===== {name} =====\n{text}")
    if arguments.out is not None:
        path = await services.diagnostics.save_bundle(arguments.out)
        console.say(f"{', '.join(name for name, _ in files)} are in {path}. Read them before you send them.")
    return EXIT_OK
