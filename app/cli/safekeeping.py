"""`library check`, `backup`, `backups`, `restore` and `salvage`: they need no service, and no sound library."""

import argparse
import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from app.cli.console import Console
from app.cli.enriching import see_through
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.composition import Services
from app.domain.backups import Backup, BackupKind, Restored
from app.domain.errors import ContactScoutError, DamagedLibraryError, InputError
from app.storage.backups import describe_file, list_backups, make_backup
from app.storage.instance_lock import InstanceLock
from app.storage.integrity import SOUND, look_through
from app.storage.profile import Profile
from app.storage.replacing import restore as put_back
from app.storage.replacing import salvage_in_place, told_loss

NEWEST = "newest"

#: Opens the services on the profile of the command.
Open = Callable[[], AbstractAsyncContextManager[Services]]


async def check(profile: Profile, arguments: argparse.Namespace, console: Console, open_: Open) -> int:
    """Look through every page and row of the library."""
    del arguments, open_
    found = await look_through(profile.library_path, thoroughly=True)
    if found != SOUND:
        plain = DamagedLibraryError()
        raise plain if found == plain.text else DamagedLibraryError(f"The library file is damaged: {found}.")
    console.write("The library is sound.")
    return EXIT_OK


async def backup(profile: Profile, arguments: argparse.Namespace, console: Console, open_: Open) -> int:
    """Make a backup, also beside a window that has the library open."""
    del open_
    work = partial(
        make_backup,
        profile.library_path,
        BackupKind.MANUAL,
        target=arguments.out,
        progress=lambda done, total: console.progress(f"{100 * done // max(1, total)} %"),
    )
    made = await asyncio.to_thread(work)
    console.clear()
    console.say(f"{made.contacts:,} contacts are in {made.path}.")
    return EXIT_OK


async def backups(profile: Profile, arguments: argparse.Namespace, console: Console, open_: Open) -> int:
    """List the backups, newest first."""
    del open_
    found = await asyncio.to_thread(list_backups, profile.library_path)
    if arguments.json:
        console.write(json.dumps({"backups": [_as_json(each) for each in found]}, indent=2))
        return EXIT_OK
    if not found:
        console.write("There are no backups yet.")
    for each in found:
        held = "" if each.contacts is None else f", {each.contacts:,} contacts"
        console.write(f"{each.at:%Y-%m-%d %H:%M} UTC, {each.kind.label}{held}, {each.size:,} bytes: {each.path}")
    return EXIT_OK


async def restore(profile: Profile, arguments: argparse.Namespace, console: Console, open_: Open) -> int:
    """Put a backup in the library's place; the file of today is set aside."""
    with InstanceLock(profile.lock_path, "library restore"):
        chosen = await asyncio.to_thread(_find, profile.library_path, arguments.file)
        _agree(
            console, f"Put the backup of {chosen.at:%Y-%m-%d %H:%M} UTC in the library's place?", agreed=arguments.yes
        )
        restored = await asyncio.to_thread(put_back, profile.library_path, chosen)
    console.say(f"The library is the backup {chosen.path.name} with {restored.contacts:,} contacts.")
    return await _begin_again(restored, console, open_)


async def salvage(profile: Profile, arguments: argparse.Namespace, console: Console, open_: Open) -> int:
    """Save what can be read of a damaged library into a new one; the damaged file is set aside."""
    with InstanceLock(profile.lock_path, "library salvage"):
        if not profile.library_path.exists():
            raise InputError("There is no library to salvage.")
        _agree(console, "Read the library row by row into a new one?", agreed=arguments.yes)
        work = partial(salvage_in_place, profile.library_path, lambda table: console.progress(table or "putting right"))
        restored = await asyncio.to_thread(work)
    console.clear()
    for table, number in restored.saved.items():
        lost = restored.lost.get(table, 0)
        if number or lost:
            unsure = ", perhaps more lost" if table in restored.uncertain else ""
            console.write(f"{table}: {number:,} saved, {lost:,} lost{unsure}")
    console.say(f"{restored.contacts:,} contacts were saved. {told_loss(restored)}")
    code = await _begin_again(restored, console, open_)
    return EXIT_ITEMS_FAILED if restored.lost or restored.uncertain else code


async def _begin_again(restored: Restored, console: Console, open_: Open) -> int:
    """Open the library once, so that what was paid for since is taken up, and collect it where that is possible."""
    if restored.set_aside is not None:
        console.say(f"The file that was there is {restored.set_aside}.")
    async with open_() as services:
        taken = services.safekeeping.collected_again
        if not taken:
            console.say("The queue buys nothing until “contact-scout queue resume”.")
            return EXIT_OK
        console.say(f"{taken} paid requests that the library did not know of are collected again.")
        runs = [run.run_id for run in await services.enrichment.runs()]
        try:
            return await see_through(services, [], console, run_ids=runs)
        except ContactScoutError as error:
            console.say(f"{error.text} “contact-scout queue recover” collects them later.")
            return error.exit_code


def _find(library: Path, given: str) -> Backup:
    found = list_backups(library)
    if given == NEWEST:
        if not found:
            raise InputError("There are no backups yet.")
        return found[0]
    return next((each for each in found if each.path.name == given), None) or describe_file(Path(given))


def _agree(console: Console, question: str, *, agreed: bool) -> None:
    if agreed:
        return
    if not console.can_ask:
        raise InputError("This sets the library back.", next_step="Add --yes to agree.")
    if not console.confirm(question):
        raise InputError("Nothing was changed.")


def _as_json(backup: Backup) -> dict[str, object]:
    return {
        "path": str(backup.path),
        "at": backup.at.isoformat(),
        "kind": backup.kind.value,
        "version": backup.version,
        "contacts": backup.contacts,
        "size": backup.size,
    }
