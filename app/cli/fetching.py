"""`fetch`: contacts by ID, one outcome for each; runs that were cut short are resumed by their number."""

import argparse
import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path

from app.cli.console import Console
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.cli.id_intake import STANDARD_INPUT, Intake, take_in, write_left_out
from app.cli.waiting import agree_to_cost, in_words, only_account, watch
from app.composition import Services
from app.domain.changes import ChangeKind
from app.domain.contact import ContactRow
from app.domain.errors import InputError
from app.domain.fetching import FetchRun, FetchRunState
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.exchange.csv_writer import check_outputs, write_contacts, write_id_outcomes

_WITH_CONTACT = (Outcome.FOUND, Outcome.PARTIAL, Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class _Order:
    """A stored run to execute, and what was read for it: None when it is resumed."""

    run_id: int
    intake: Intake | None


async def fetch(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Fetch the IDs of a file, or what a run has open; what came is written even when the service stops answering."""
    out: Path = arguments.out
    outcomes: Path = arguments.outcomes
    source: str | None = arguments.ids
    check_outputs(
        *filter(None, (out, outcomes, arguments.left_out)),
        source=None if source in (None, STANDARD_INPUT) else Path(source),
    )
    order = await (_resumed if arguments.resume is not None else _ordered)(services, arguments, console)
    if order.intake is not None and arguments.left_out is not None:
        await write_left_out(arguments.left_out, order.intake)

    async def look() -> bool:
        run = await services.fetching.run(order.run_id)
        waits = f". {run.note}" if run.note and run.state is FetchRunState.RUNNING else ""
        console.progress(f"{run.provider.label}: {run.done} of {run.total} IDs{waits}")
        return False

    try:
        if (await services.fetching.run(order.run_id)).state is not FetchRunState.FINISHED:
            await watch(services, services.fetching.execute(order.run_id), ChangeKind.FETCH_RUNS, look)
    except BaseException:
        run = await services.fetching.run(order.run_id)
        if run.done:
            written = await _write(services, run, out, outcomes)
            await _summarise(services, arguments, console, order, written)
            console.say(f"What came before the trouble is in {out}: {run.done} of {run.total} IDs.")
        console.say(f"Go on with: fetch {run.provider} --resume {run.run_id} --out FILE --outcomes FILE")
        raise
    run = await services.fetching.run(order.run_id)
    written = await _write(services, run, out, outcomes)
    await _summarise(services, arguments, console, order, written)
    spent = f" {run.charged} credits were charged." if run.charged else ""
    console.say(f"{written} contacts from {run.provider.label} are in {out} ({in_words(run.counts)}).{spent}")
    if run.note:
        console.say(run.note)
    return EXIT_ITEMS_FAILED if any(outcome.needs_attention for outcome in run.counts) else EXIT_OK


async def list_runs(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Show all bulk fetches, newest first."""
    runs = await services.fetching.runs()
    if arguments.json:
        console.write(json.dumps({"runs": [_run_as_json(run) for run in runs]}, indent=2))
        return EXIT_OK
    for run in runs:
        console.write(
            f"{run.run_id}: {run.provider.label}, {run.created_at:%Y-%m-%d %H:%M} UTC, {run.state}, "
            f"{run.done} of {run.total} IDs ({in_words(run.counts)})"
        )
    if not runs:
        console.say("There are no bulk fetches yet.")
    return EXIT_OK


async def _ordered(services: Services, arguments: argparse.Namespace, console: Console) -> _Order:
    """A new run, once its cost is agreed to."""
    provider: Provider = arguments.provider
    if arguments.ids is None:
        raise InputError("There are no IDs to fetch.", next_step="Name a file with IDs in it, - or --resume RUN.")
    if arguments.retry:
        raise InputError("--retry asks again for the IDs of an earlier run.", next_step="Name it with --resume RUN.")
    kind = services.fetching.id_kind(provider)
    intake = await take_in(arguments.ids, console, provider, kind, column=arguments.column)
    account = await _account(services, provider, arguments.account)
    plan = await services.fetching.plan(
        provider,
        intake.ids,
        account,
        skip_owned=False if arguments.refetch else arguments.skip_owned or None,
        include_company=arguments.include is not None,
    )
    if plan.skipped:
        console.say(f"{len(plan.skipped)} IDs are in the library already and are not asked for again.")
    what = f"Fetching {plan.asked} IDs from {provider.label}"
    agree_to_cost(console, plan.estimate, cap=arguments.max_credits, yes=arguments.yes, what=what)
    return _Order(await services.fetching.create(plan, max_credits=arguments.max_credits), intake)


async def _resumed(services: Services, arguments: argparse.Namespace, console: Console) -> _Order:
    """An earlier run, with the IDs, account and choices it was made with."""
    kept = {"IDS": arguments.ids, "--account": arguments.account, "--column": arguments.column}
    kept |= {"--include": arguments.include, "--refetch": arguments.refetch, "--skip-owned": arguments.skip_owned}
    kept |= {"--left-out": arguments.left_out}
    given = [name for name, value in kept.items() if value]
    if given:
        raise InputError(f"A resumed run keeps what it was made with: leave {', '.join(given)} out.")
    run = await services.fetching.run(arguments.resume)
    if run.provider is not arguments.provider:
        raise InputError(f"Bulk fetch {run.run_id} is from {run.provider.label}, not {arguments.provider.label}.")
    if arguments.max_credits is not None:
        await services.fetching.set_cap(run.run_id, arguments.max_credits)
    if arguments.retry:
        again = await services.fetching.retry_failed(run.run_id)
        console.say(f"{again} failed or unknown IDs are asked for again.")
    return _Order(run.run_id, None)


async def _write(services: Services, run: FetchRun, out: Path, outcomes: Path) -> int:
    items = await services.fetching.items(run.run_id)
    known = [(item, item.contact_id) for item in items if item.contact_id is not None and item.outcome in _WITH_CONTACT]
    shown = await services.library.rows([contact_id for _, contact_id in known])
    rows: list[ContactRow] = [
        # A contact may have several records; this row speaks of the ID that was asked for.
        replace(row, provider=run.provider, provider_id=item.provider_id, account_id=run.account_id)
        for row, (item, _) in zip(shown, known, strict=True)
    ]
    written = await asyncio.to_thread(write_contacts, out, rows)
    await asyncio.to_thread(write_id_outcomes, outcomes, items)
    return written


async def _summarise(
    services: Services, arguments: argparse.Namespace, console: Console, order: _Order, written: int
) -> None:
    """With --json: everything about the run, for programs, on standard output."""
    if not arguments.json:
        return
    run = await services.fetching.run(order.run_id)
    reconciled = [
        {
            "before": one.before,
            "after": one.after,
            "booked": one.booked,
            "difference": one.difference,
            "request_ids": one.request_ids,
        }
        for one in await services.fetching.reconciliations(run.run_id)
    ]
    summary = {
        **_run_as_json(run),
        "pasted": None if order.intake is None else order.intake.as_json(),
        "reconciled": reconciled,
        "contacts": written,
        "out": str(arguments.out),
        "outcomes_file": str(arguments.outcomes),
    }
    console.write(json.dumps(summary, indent=2))


def _run_as_json(run: FetchRun) -> dict[str, object]:
    return {
        "run": run.run_id,
        "provider": run.provider,
        "account": run.account_id,
        "state": run.state,
        "created_at": run.created_at.isoformat(),
        "note": run.note,
        "remarks": run.remarks,
        "ids": run.total,
        "outcomes": run.counts,
        "charged": run.charged,
        "max_credits": run.max_credits,
        "include_company": run.include_company,
    }


async def _account(services: Services, provider: Provider, named: str) -> str:
    if services.fetching.needs_account(provider):
        return named or await only_account(services, provider, "--account")
    if named:
        raise InputError(f"{provider.label} has no accounts to choose from.", next_step="Leave --account out.")
    return ""
