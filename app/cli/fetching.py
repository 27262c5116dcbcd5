"""`fetch`: contacts by ID, one outcome for each."""

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

from app.cli.console import Console
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.cli.waiting import agree_to_cost, in_words, only_account, watch
from app.composition import Services
from app.domain.changes import ChangeKind
from app.domain.contact import ContactRow
from app.domain.errors import InputError
from app.domain.fetching import FetchRun, IdOutcome
from app.domain.identifiers import ParsedIds, parse_ids
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.exchange.csv_writer import check_outputs, write_contacts, write_id_outcomes
from app.exchange.text_file import decode, read_text

STANDARD_INPUT = "-"
SHOWN_PIECES = 3


async def fetch(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Fetch the IDs of a file; contacts and outcomes so far are written even when the service stops answering."""
    provider: Provider = arguments.provider
    out: Path = arguments.out
    outcomes: Path = arguments.outcomes
    check_outputs(out, outcomes, source=None if arguments.ids == STANDARD_INPUT else Path(arguments.ids))
    parsed = parse_ids(_read(arguments.ids, console), services.fetching.id_kind(provider))
    _tell(parsed, console)
    if not parsed.valid:
        source = "standard input" if arguments.ids == STANDARD_INPUT else f"“{arguments.ids}”"
        raise InputError(f"There is no {provider.label} ID in {source}.")
    account = await _account(services, provider, arguments.account)
    plan = await services.fetching.plan(provider, parsed.valid, account)
    what = f"Fetching {len(plan.ids)} IDs from {provider.label}"
    agree_to_cost(console, plan.estimate, cap=arguments.max_credits, yes=arguments.yes, what=what)
    run_id = await services.fetching.create(plan, max_credits=arguments.max_credits)

    async def look() -> bool:
        run = await services.fetching.run(run_id)
        console.progress(f"{provider.label}: {run.done} of {run.total} IDs")
        return False

    try:
        await watch(services, services.fetching.execute(run_id), ChangeKind.FETCH_RUNS, look)
    except BaseException:
        run = await services.fetching.run(run_id)
        if run.done:
            await _write(services, run, out, outcomes)
            console.say(f"What came before the trouble is in {out}: {run.done} of {run.total} IDs.")
        raise
    run = await services.fetching.run(run_id)
    items, written = await _write(services, run, out, outcomes)
    spent = f" {run.charged} credits were charged." if run.charged else ""
    console.say(f"{written} contacts from {provider.label} are in {out} ({in_words(run.counts)}).{spent}")
    return EXIT_ITEMS_FAILED if any(item.outcome.needs_attention for item in items) else EXIT_OK


async def _write(services: Services, run: FetchRun, out: Path, outcomes: Path) -> tuple[list[IdOutcome], int]:
    items = await services.fetching.items(run.run_id)
    found = [item for item in items if item.contact_id is not None and item.outcome in (Outcome.FOUND, Outcome.PARTIAL)]
    shown = await services.library.rows([item.contact_id for item in found if item.contact_id is not None])
    rows: list[ContactRow] = [
        # A contact may have several records; this row speaks of the ID that was asked for.
        replace(row, provider=run.provider, provider_id=item.provider_id, account_id=run.account_id)
        for row, item in zip(shown, found, strict=True)
    ]
    written = await asyncio.to_thread(write_contacts, out, rows)
    await asyncio.to_thread(write_id_outcomes, outcomes, items)
    return items, written


def _read(source: str, console: Console) -> str:
    if source != STANDARD_INPUT:
        return read_text(Path(source))[0]
    binary = getattr(console.source, "buffer", None)
    return console.source.read() if binary is None else decode(binary.read(), "standard input")[0]


def _tell(parsed: ParsedIds, console: Console) -> None:
    if parsed.duplicates:
        console.say(f"{parsed.duplicates} IDs are there more than once and are fetched once.")
    if parsed.unreadable:
        shown = "; ".join(
            f"line {piece.line}: “{piece.text[:40]}”, {piece.reason}" for piece in parsed.unreadable[:SHOWN_PIECES]
        )
        more = " …" if len(parsed.unreadable) > SHOWN_PIECES else ""
        console.say(f"{len(parsed.unreadable)} pieces of text are no IDs and are left out ({shown}{more}).")


async def _account(services: Services, provider: Provider, named: str) -> str:
    if services.fetching.needs_account(provider):
        return named or await only_account(services, provider, "--account")
    if named:
        raise InputError(f"{provider.label} has no accounts to choose from.", next_step="Leave --account out.")
    return ""
