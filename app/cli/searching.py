"""`search`: one query to one service, its rows to a file."""

import argparse
import asyncio
from pathlib import Path

from app.cli.console import Console
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.cli.waiting import agree_to_cost, only_account
from app.composition import Services
from app.domain.contact import ContactRow
from app.domain.provider import Provider
from app.domain.search import ChoiceSource
from app.exchange.csv_writer import check_writable, write_contacts

FILTER_PREFIX = "filter_"


async def search(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Load pages until the limit; rows received are written even when a later page fails.

    Where rows cost credits, the most they can cost is agreed to first, and a page that could exceed it, or the cap, is
    not asked for.
    """
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
    query = services.search.build_query(provider, values)
    estimate = services.search.estimate(query, limit)
    cap: int | None = getattr(arguments, "max_credits", None)
    what = f"Loading {limit} people from {provider.label}"
    agree_to_cost(console, estimate, cap=cap, yes=getattr(arguments, "yes", False), what=what)
    session = services.search.start(query)
    rows: list[ContactRow] = []
    try:
        async for page in session.pages(limit, max_credits=estimate.maximum if cap is None else cap):
            rows.extend(page.rows)
            console.progress(f"{provider.label}: {len(rows)} rows")
    except BaseException:
        if rows:
            await asyncio.to_thread(write_contacts, out, rows[:limit])
            console.say(f"The {min(len(rows), limit)} rows received before the trouble are in {out}.")
        if session.charged:
            console.say(_spent(session.charged))
        raise
    written = await asyncio.to_thread(write_contacts, out, rows[:limit])
    more = " There are more: raise --limit to have them." if session.has_more or len(rows) > written else ""
    console.say(f"{written} rows from {provider.label} are in {out}.{_spent(session.charged)}{more}")
    if len(rows) > written:
        console.say(f"{len(rows) - written} more came with the last page; they are in the library.")
    if session.quarantined:
        console.say(f"{session.quarantined} rows could not be read and are not in the file.")
        return EXIT_ITEMS_FAILED
    return EXIT_OK


def _spent(charged: int) -> str:
    return f" {charged} credits were charged." if charged else ""


async def _choose_account(services: Services, provider: Provider, values: dict[str, list[str]]) -> None:
    """Where an account is needed and not named, and the key reaches one only, that one is meant."""
    for spec in services.search.filters(provider):
        if spec.required and spec.choice_source is ChoiceSource.ACCOUNTS and spec.name not in values:
            values[spec.name] = [await only_account(services, provider, f"--{spec.name}")]
