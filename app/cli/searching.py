"""`search`: one query to one service, its rows to a file."""

import argparse
import asyncio
from pathlib import Path

from app.cli.console import Console
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.cli.waiting import only_account
from app.composition import Services
from app.domain.contact import ContactRow
from app.domain.errors import InputError
from app.domain.provider import Provider
from app.domain.search import ChoiceSource
from app.exchange.csv_writer import check_writable, write_contacts

FILTER_PREFIX = "filter_"


async def search(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Load pages until the limit; rows received are written even when a later page fails."""
    provider: Provider = arguments.provider
    limit: int = arguments.limit
    out: Path = arguments.out
    check_writable(out)
    values: dict[str, list[str]] = {
        name.removeprefix(FILTER_PREFIX): given
        for name, given in vars(arguments).items()
        if name.startswith(FILTER_PREFIX)
    }
    await _choose_account(services, provider, values)
    session = services.search.start(services.search.build_query(provider, values))
    rows: list[ContactRow] = []
    charged = 0
    try:
        async for page in session.pages(limit):
            rows.extend(page.rows)
            charged += page.credits_charged
            console.progress(f"{provider.label}: {len(rows)} rows")
    except BaseException:
        if rows:
            await asyncio.to_thread(write_contacts, out, rows[:limit])
            console.say(f"The {len(rows)} rows received before the trouble are in {out}.")
        raise
    written = await asyncio.to_thread(write_contacts, out, rows[:limit])
    more = " There are more: raise --limit to have them." if session.has_more else ""
    spent = f" {charged} credits were charged." if charged else ""
    console.say(f"{written} rows from {provider.label} are in {out}.{spent}{more}")
    if session.quarantined:
        console.say(f"{session.quarantined} rows could not be read and are not in the file.")
    if session.note:
        console.say(session.note)
    return EXIT_ITEMS_FAILED if session.quarantined or session.note else EXIT_OK


async def cannot_search(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Say which services can be searched. Raises InputError, always."""
    del console
    names = " or ".join(provider.value for provider in services.search.providers())
    raise InputError(f"{arguments.provider.label} cannot be searched yet.", next_step=f"Search {names} instead.")


async def _choose_account(services: Services, provider: Provider, values: dict[str, list[str]]) -> None:
    """Where an account is needed and not named, and the key reaches one only, that one is meant."""
    for spec in services.search.filters(provider):
        if spec.required and spec.choice_source is ChoiceSource.ACCOUNTS and spec.name not in values:
            values[spec.name] = [await only_account(services, provider, f"--{spec.name}")]
