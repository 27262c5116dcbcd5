"""`queue`: the durable enrichment queue without a window."""

import argparse
import json
from collections import Counter

from app.cli import jobs
from app.cli.console import Console
from app.cli.enriching import see_through, tell_of_unknown
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.cli.waiting import agree_to_cost, in_words
from app.composition import Services
from app.domain.credits import Estimate
from app.domain.enrichment import BatchState, EnrichmentBatch, EnrichmentRun, LedgerFilter
from app.domain.errors import InputError
from app.domain.outcomes import Outcome


async def status(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Show every run and its batches, newest first."""
    runs = await services.enrichment.runs()
    if arguments.json:
        console.write(json.dumps({"runs": [_run_as_json(run) for run in runs]}, indent=2))
        return EXIT_OK
    if not runs:
        console.write("The queue is empty.")
    for run in runs:
        console.write(_run_in_words(run))
        for batch in run.batches:
            if batch.state is not BatchState.COMPLETE:
                console.write(f"  {_batch_in_words(batch)}")
    return EXIT_OK


async def resume(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Let the queue spend again, work until nothing is open, and write the files of `enrich` runs cut short."""
    del arguments
    await services.enrichment.resume_spending()
    stored = jobs.kept(services.profile)
    before = [run for run in await services.enrichment.runs() if run.is_open]
    if not before and not stored:
        console.say("Nothing is waiting in the queue.")
    known = {run.run_id for run in await services.enrichment.runs()}
    stored = [each for each in stored if known.issuperset(each.job.run_ids)]
    code = await see_through(services, stored, console, run_ids=[run.run_id for run in before])
    counts: Counter[Outcome] = Counter()
    for run in before:
        counts.update((await services.enrichment.run(run.run_id)).counts)
    if before:
        console.say(f"The queue is done: {in_words(counts)}.")
    unknown = tell_of_unknown(await services.enrichment.runs(), console)
    if unknown or any(counts[outcome] for outcome in Outcome if outcome.needs_attention):
        return EXIT_ITEMS_FAILED
    return code


async def stop(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Submit nothing more."""
    del arguments
    await services.enrichment.stop_spending()
    in_flight = [batch for run in await services.enrichment.runs() for batch in run.batches if batch.state.is_pollable]
    if in_flight:
        people = sum(batch.item_count for batch in in_flight)
        reserved = sum(batch.reserved for batch in in_flight)
        console.say(
            f"Nothing more is submitted. {people} people are in flight and can cost up to {reserved} credits; "
            "“contact-scout queue resume” collects their results."
        )
    else:
        console.say("Nothing more is submitted, and nothing is in flight.")
    return EXIT_OK


async def retry(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Buy again what of a run failed, or send a batch of unknown outcome again, and work it off."""
    unknown = [
        batch
        for batch in (await services.enrichment.run(arguments.run)).batches
        if batch.state is BatchState.UNKNOWN_OUTCOME
    ]
    if arguments.unknown:
        questions = [await services.enrichment.unknown_question(batch.batch_id) for batch in unknown]
        most = sum(question.most_extra for question in questions)
        people = sum(question.people for question in questions)
        if not people:
            raise InputError(f"Nothing of run {arguments.run} is of unknown outcome.")
        what = f"Sending {people} people again, who may have been accepted,"
        agree_to_cost(console, Estimate(0, most), cap=arguments.max_credits, yes=arguments.yes, what=what)
        for question in questions:
            await services.enrichment.retry_unknown(question.batch_id)
        return await _see_retried(services, arguments.run, console)
    plan = await services.enrichment.plan_retry(arguments.run)
    what = f"Looking up {len(plan.people)} people again"
    if plan.maybe_charged_text:
        console.say(plan.maybe_charged_text)
    agree_to_cost(console, plan.estimate, cap=arguments.max_credits, yes=arguments.yes, what=what)
    cap = plan.estimate.maximum if arguments.max_credits is None else arguments.max_credits
    run_id = await services.enrichment.enqueue(plan, cap=cap, origin=f"run {arguments.run}")
    return await _see_retried(services, run_id, console)


async def _see_retried(services: Services, run_id: int, console: Console) -> int:
    await see_through(services, [], console, run_ids=[run_id])
    run = await services.enrichment.run(run_id)
    console.say(f"Run {run_id}: {in_words(run.counts)}.")
    tell_of_unknown([run], console)
    return EXIT_ITEMS_FAILED if any(outcome.needs_attention for outcome in run.counts) else EXIT_OK


async def give_up(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Stop waiting for a batch."""
    if await services.enrichment.give_up(arguments.batch):
        console.say(f"Batch {arguments.batch} is given up.")
    else:
        console.say(f"Batch {arguments.batch} has come to its end already. Nothing was changed.")
    return EXIT_OK


async def ledger(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Write the ledger to a file, and say where the balance and the books differ."""
    count = await services.ledger.export_csv(LedgerFilter(run_id=arguments.run), arguments.out)
    console.say(f"{count} lines are in {arguments.out}.")
    for stretch in await services.ledger.reconciliations():
        if stretch.text:
            console.say(stretch.text)
    return EXIT_OK


async def recover(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Collect again what the journal knows and the library does not."""
    del arguments
    known = {run.run_id for run in await services.enrichment.runs()}
    taken = await services.enrichment.recover_from_journal()
    # After a restore they were taken up as the library was opened.
    taken += services.safekeeping.collected_again
    runs = await services.enrichment.runs()
    if not taken and not any(batch.state.is_pollable for run in runs for batch in run.batches):
        console.say("The library knows every request of the journal that can still be collected.")
        return EXIT_OK
    code = await see_through(services, [], console, run_ids=[run.run_id for run in runs])
    added = [run.run_id for run in runs if run.run_id not in known]
    unmatched = [entry for run_id in added for entry in await services.enrichment.unmatched(run_id)]
    console.say(f"{taken} requests were taken up again; {len(unmatched)} entries are about people who are not known.")
    return code


def _state_in_words(run: EnrichmentRun) -> str:
    if run.is_open:
        return "open"
    if any(batch.state is BatchState.UNKNOWN_OUTCOME for batch in run.batches):
        return "needs your decision"
    if run.held_people:
        return f"sample done, {run.held_people} people wait"
    waits = any(batch.state is BatchState.DRAFT for batch in run.batches)
    return "stopped" if run.stopped and waits else "done"


def _run_in_words(run: EnrichmentRun) -> str:
    state = _state_in_words(run)
    spending = run.spending
    origin = f", from {run.origin}" if run.origin else ""
    return (
        f"Run {run.run_id}, {state}: {run.people} people, {' and '.join(sorted(run.fields))}{origin}. "
        f"{in_words(run.counts)}. {spending.charged} credits charged, {spending.reserved} reserved, cap {spending.cap}."
    )


def _batch_in_words(batch: EnrichmentBatch) -> str:
    request = f", request {batch.request_id}" if batch.request_id else ""
    note = f". {batch.note}" if batch.note else ""
    return f"Batch {batch.batch_id}, {batch.state.replace('_', ' ')}: {batch.item_count} people{request}{note}"


def _run_as_json(run: EnrichmentRun) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "created_at": run.created_at.isoformat(),
        "origin": run.origin,
        "people": run.people,
        "fields": sorted(run.fields),
        "open": run.is_open,
        "stopped": run.stopped,
        "credits": {
            "cap": run.spending.cap,
            "reserved": run.spending.reserved,
            "charged": run.spending.charged,
        },
        "outcomes": {outcome.value: count for outcome, count in run.counts.items()},
        "batches": [_batch_as_json(batch) for batch in run.batches],
    }


def _batch_as_json(batch: EnrichmentBatch) -> dict[str, object]:
    return {
        "batch_id": batch.batch_id,
        "state": batch.state.value,
        "people": batch.item_count,
        "request_id": batch.request_id,
        "submitted_at": batch.submitted_at.isoformat() if batch.submitted_at else None,
        "next_poll_at": batch.next_poll_at.isoformat() if batch.next_poll_at else None,
        "polls": batch.polls,
        "credits": {"reserved": batch.reserved, "charged": batch.charged},
        "unmatched": batch.unmatched,
        "note": batch.note,
    }
