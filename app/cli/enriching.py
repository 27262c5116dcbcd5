"""`enrich`: people of a file are queued, bought within the cap, and come back in the file's own order."""

import argparse
import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from app.cli import jobs
from app.cli.console import Console
from app.cli.exits import EXIT_ITEMS_FAILED, EXIT_OK
from app.cli.jobs import EnrichJob, StoredJob
from app.cli.waiting import agree_to_cost, in_words, watch
from app.composition import Services
from app.domain.changes import ChangeKind
from app.domain.contact import ContactRow, EmailValue, PhoneValue
from app.domain.enrichment import BatchState, EnrichField, EnrichmentItem, EnrichmentRun, FieldResult
from app.domain.errors import InputError
from app.domain.outcomes import Outcome
from app.exchange.csv_reader import PeopleTable, read_people
from app.exchange.csv_writer import check_outputs
from app.exchange.enriched import PersonResult, write_enrich_outcomes, write_enriched
from app.services.enrichment_plan import IN_QUEUE, OWNED, EnrichmentPlan

NOT_SUBMITTED = (BatchState.DRAFT, BatchState.RESERVED, BatchState.SUBMITTING)
NOT_QUEUED = "Not asked for."


async def enrich(services: Services, arguments: argparse.Namespace, console: Console) -> int:
    """Queue the people of a file, work until all have their outcome, and write both files."""
    fields = _fields(arguments.fields)
    check_outputs(arguments.out, arguments.outcomes, source=arguments.people)
    table = read_people(arguments.people)
    people = [table.person(row) for row in table.rows]
    plan = await services.enrichment.plan_people(people, fields)
    _tell(plan, console)
    if plan.people:
        what = f"Looking up {' and '.join(fields)} of {len(plan.people)} people"
        agree_to_cost(console, plan.estimate, cap=arguments.max_credits, yes=arguments.yes, what=what)
    stored = await _queue(services, arguments, table, plan, fields)
    code = await see_through(services, [stored], console, wait=not arguments.no_wait)
    tell_of_unknown([await services.enrichment.run(run_id) for run_id in stored.job.run_ids], console)
    return code


async def see_through(
    services: Services,
    stored: Sequence[StoredJob],
    console: Console,
    *,
    wait: bool = True,
    run_ids: Collection[int] | None = None,
) -> int:
    """Work off the runs of jobs (and `run_ids`), then write the jobs' files, also when the work is cut short."""
    chosen = {run_id for each in stored for run_id in each.job.run_ids} | set(run_ids or ())

    async def look() -> bool:
        runs = [await services.enrichment.run(run_id) for run_id in sorted(chosen)]
        if runs:
            console.progress(_standing(runs))
        unsent = any(batch.state in NOT_SUBMITTED and not run.stopped for run in runs for batch in run.batches)
        return not wait and not unsent

    try:
        await watch(services, services.enrichment.drain(chosen), ChangeKind.ENRICHMENT, look)
    finally:
        console.clear()
        ends = [await _write(services, each, console) for each in stored]
    return EXIT_ITEMS_FAILED if any(outcome.needs_attention for end in ends for outcome in end) else EXIT_OK


def tell_of_unknown(runs: Sequence[EnrichmentRun], console: Console) -> bool:
    """Say what is unknown, whenever it became so; returns whether there is any."""
    unknown = [batch for run in runs for batch in run.batches if batch.state is BatchState.UNKNOWN_OUTCOME]
    if unknown:
        people = sum(batch.item_count for batch in unknown)
        reserved = sum(batch.reserved for batch in unknown)
        run_ids = ", ".join(str(run_id) for run_id in sorted({batch.run_id for batch in unknown}))
        batch_ids = ", ".join(str(batch.batch_id) for batch in unknown)
        console.say(
            f"Whether {people} people were accepted is not known, because the answer was not seen. Only you can decide:"
            f" “contact-scout queue retry RUN --unknown” (run {run_ids}) sends them again for up to {reserved} credits"
            f" once more, “contact-scout queue give-up BATCH” (batch {batch_ids}) gives them up."
        )
    return bool(unknown)


async def _queue(
    services: Services,
    arguments: argparse.Namespace,
    table: PeopleTable,
    plan: EnrichmentPlan,
    fields: tuple[EnrichField, ...],
) -> StoredJob:
    run_ids = await _runs_that_hold(services, table, plan)
    people: Path = arguments.people
    if plan.people:
        run_ids.add(await services.enrichment.enqueue(plan, cap=arguments.max_credits, origin=people.name))
    job = EnrichJob(
        run_ids=tuple(sorted(run_ids)),
        fields=fields,
        out=str(arguments.out),
        outcomes=str(arguments.outcomes),
        header=table.header,
        rows=table.rows,
        held_back={row.row: row.reason for row in plan.ineligible},
        owned=_owned(plan),
    )
    return jobs.keep(services.profile, job)


def _owned(plan: EnrichmentPlan) -> dict[int, dict[EnrichField, str]]:
    owned: dict[int, dict[EnrichField, str]] = {}
    for value in plan.owned:
        owned.setdefault(value.row, {})[value.field] = value.value
    return owned


async def _runs_that_hold(services: Services, table: PeopleTable, plan: EnrichmentPlan) -> set[int]:
    """Earlier runs that hold people of this file: their results are taken or waited for instead of bought again."""
    cannot_go = {row.row for row in plan.ineligible if row.reason not in (IN_QUEUE, OWNED)}
    keys = {table.person(row).person_key for row in table.rows if row.row not in cannot_go}
    sent = {(person.person_key, field) for person, wanted in plan.sent for field in wanted}
    missing = {(key, field) for key in keys for field in plan.fields} - sent
    found: set[int] = set()
    for run in await services.enrichment.runs():
        if not missing:
            break
        here = {
            (item.person.person_key, result.field)
            for item in await services.enrichment.items(run.run_id)
            for result in item.outcomes.values()
            if result.outcome.is_open or result.outcome in (Outcome.FOUND, Outcome.PARTIAL, Outcome.UNKNOWN)
        }
        if missing & here:
            found.add(run.run_id)
            missing -= here
    return found


async def _write(services: Services, stored: StoredJob, console: Console) -> list[Outcome]:
    """Write a job's two files, and forget the job once nothing in them is still to come. Returns all outcomes."""
    job = stored.job
    results = await _results(services, job)
    await asyncio.to_thread(write_enriched, Path(job.out), job.table, results)
    await asyncio.to_thread(write_enrich_outcomes, Path(job.outcomes), results)
    outcomes = [part.outcome for result in results.values() for part in result.results]
    counts = Counter(outcomes)
    console.say(f"{len(results)} rows are in {job.out} ({in_words(counts)}).")
    if any(outcome.is_open for outcome in outcomes):
        console.say("“contact-scout queue resume” collects what is still to come and writes the files again.")
    else:
        jobs.forget(stored)
    return outcomes


async def _results(services: Services, job: EnrichJob) -> dict[int, PersonResult]:
    """What is known of each data row. A person who stands in several rows was bought once and counts for all."""
    items: dict[str, list[EnrichmentItem]] = {}
    for run_id in sorted(job.run_ids, reverse=True):
        for item in await services.enrichment.items(run_id):
            items.setdefault(item.person.person_key, []).append(item)
    table = job.table
    keys = {row.row: table.person(row).person_key for row in job.rows}
    known = await _known(services, {key: items[key][0] for key in keys.values() if key in items})
    suppressed = await services.suppression.people([table.person(row) for row in job.rows])
    named = {row.row: suppressed[place].reason for place, row in enumerate(job.rows) if place in suppressed}
    results: dict[int, PersonResult] = {}
    for row, key in keys.items():
        waits = any(part.outcome.is_open for item in items.get(key, ()) for part in item.outcomes.values())
        if row in named and not waits:
            ended = tuple(FieldResult(field, Outcome.SUPPRESSED, named[row]) for field in job.fields)
            results[row] = PersonResult(ended, (), (), services.enrichment.provider, {})
        elif key in items:
            results[row] = _of_items(items[key], job.fields, known.get(key, {}), services, job.owned.get(row, {}))
        else:
            reason = job.held_back.get(row, "")
            results[row] = _of_items([], job.fields, {}, services, job.owned.get(row, {}), reason)
    return results


async def _known(services: Services, items: Mapping[str, EnrichmentItem]) -> dict[str, dict[str, str]]:
    """What the library knows of people, under the headers of a plain file."""
    ids = {key: item.person.contact_id for key, item in items.items() if item.person.contact_id is not None}
    rows = await services.library.rows(list(ids.values()))
    return {key: _plain_values(row) for key, row in zip(ids, rows, strict=True)}


def _plain_values(row: ContactRow) -> dict[str, str]:
    return {
        "job_title": row.job_title,
        "company_name": row.company_name,
        "linkedin_url": row.linkedin_url,
        "location": row.location,
    }


def _of_items(
    items: Sequence[EnrichmentItem],
    fields: Sequence[EnrichField],
    known: Mapping[str, str],
    services: Services,
    owned: Mapping[EnrichField, str],
    reason: str = NOT_QUEUED,
) -> PersonResult:
    """A person's result from all runs that hold them, newest first: per field the newest find, else the newest."""
    results: list[FieldResult] = []
    emails: tuple[EmailValue, ...] = ()
    phones: tuple[PhoneValue, ...] = ()
    for field in fields:
        asked = [item for item in items if field in item.outcomes]
        if not asked and field in owned:
            results.append(FieldResult(field, Outcome.SKIPPED, OWNED))
            if field is EnrichField.EMAILS:
                emails = (EmailValue(owned[field]),)
            else:
                phones = (PhoneValue(owned[field]),)
            continue
        if not asked:
            results.append(FieldResult(field, Outcome.FAILED, reason))
            continue
        best = next((item for item in asked if item.outcomes[field].outcome is Outcome.FOUND), asked[0])
        results.append(best.outcomes[field])
        if field is EnrichField.EMAILS:
            emails = best.emails
        else:
            phones = best.phones
    return PersonResult(tuple(results), emails, phones, services.enrichment.provider, known)


def _fields(text: str) -> tuple[EnrichField, ...]:
    names = [name.strip().casefold() for name in text.split(",") if name.strip()]
    try:
        chosen = {EnrichField(name) for name in names}
    except ValueError:
        chosen = set()
    if not chosen:
        raise InputError(f"“{text}” names no fields.", next_step="Give --fields emails, phones, or emails,phones.")
    return tuple(field for field in EnrichField if field in chosen)


def _tell(plan: EnrichmentPlan, console: Console) -> None:
    for reason, count in plan.estimate.excluded.items():
        console.say(f"{count} rows are not sent. {reason}")
    if plan.maybe_charged_text:
        console.say(plan.maybe_charged_text)
    if plan.balance_left is not None and plan.balance_left < plan.estimate.maximum:
        console.say(f"Only {plan.balance_left} credits are left at the service; this can cost more.")


def _standing(runs: Sequence[EnrichmentRun]) -> str:
    counts: Counter[Outcome] = Counter()
    for run in runs:
        counts.update(run.counts)
    done = sum(count for outcome, count in counts.items() if not outcome.is_open)
    reserved = sum(run.spending.reserved for run in runs)
    charged = sum(run.spending.charged for run in runs)
    return f"{done} of {counts.total()} answers, {charged} credits charged, {reserved} reserved"
