"""The files of a diagnostics bundle: plain text for people, one JSON file for programs."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.redaction import plain_id
from app.providers.attempts import Attempt

if TYPE_CHECKING:
    from app.services.diagnostics import Diagnostics, OpenBatch, ProviderDiagnostics

READ_ME = """\
Contact Scout diagnostics

Read these files before you send them; they are all there is in the bundle.

summary.txt       versions, each service's connection, the library in numbers, work that is not finished
diagnostics.json  the same for programs
requests.txt      the last requests to each service since the program was started
log.txt           the end of the program's log

They hold no keys, no names, e-mail addresses or phone numbers, nothing that was searched for, no pasted IDs and
no file paths. Request IDs are in them: with one, a service finds the request in its own log.
"""


def files(diagnostics: "Diagnostics") -> list[tuple[str, str]]:
    """The files (name, text) made from a snapshot."""
    return [
        ("README.txt", READ_ME),
        ("summary.txt", "\n".join(_summary(diagnostics)) + "\n"),
        ("diagnostics.json", json.dumps(_as_json(diagnostics), indent=2, ensure_ascii=False) + "\n"),
        ("requests.txt", "\n".join(_requests(diagnostics)) + "\n"),
    ]


def newest_log(folder: Path, most_bytes: int) -> str:
    """The end of the log, over the border between its files; as much as can be read, in whole lines."""
    logs = sorted(folder.glob("contact-scout.log*"), key=_age)
    text = b""
    for path in logs:
        try:
            text = path.read_bytes() + text
        except OSError:
            continue
        if len(text) >= most_bytes:
            break
    if len(text) > most_bytes:
        text = text[-most_bytes:].partition(b"\n")[2]
    return text.decode("utf-8", "replace")


def _age(path: Path) -> int:
    number = path.suffix.removeprefix(".")
    return int(number) if number.isdecimal() else 0


def _summary(diagnostics: "Diagnostics") -> Iterator[str]:
    yield f"At {_moment(diagnostics.at)}"
    yield from (f"{name} {version}" for name, version in diagnostics.versions.items())
    for provider in diagnostics.providers:
        yield ""
        yield from _provider(provider)
    yield ""
    yield "Library"
    yield from (f"  {name.replace('_', ' ')}: {count}" for name, count in diagnostics.library.items())
    if diagnostics.integrity:
        yield f"  integrity: {diagnostics.integrity}"
    yield ""
    yield "Work that is not finished"
    yield from _lines(f"  {_batch(batch)}" for batch in diagnostics.open_batches)
    for fetch in diagnostics.open_fetches:
        yield f"  bulk fetch {fetch.run_id}, {fetch.provider.label}, {fetch.state}: {fetch.done} of {fetch.total} IDs"


def _provider(provider: "ProviderDiagnostics") -> Iterator[str]:
    yield provider.provider.label
    yield f"  key: {provider.key_source.label}"
    remark = " (not the vendor’s own)" if provider.own_address else ""
    yield (
        f"  address: {provider.base_url_host}{remark}" if provider.base_url_host else "  address: refused, see Settings"
    )
    yield f"  pace: {provider.pace or 'no request yet'}"
    yield f"  circuit breaker: {provider.breaker.value.replace('_', ' ')}"
    yield f"  requests this month: {provider.requests_this_month}"
    if provider.degraded:
        yield f"  degraded: {provider.degraded}"
    for line in provider.balance:
        yield f"  balance{f' {plain_id(line.kind)}' if line.kind else ''}: {line.remaining} left of {line.total}"
    yield "  last errors, newest first:"
    yield from _lines(f"    {_moment(attempt.at)} {attempt.line()}" for attempt in provider.last_errors)


def _batch(batch: "OpenBatch") -> str:
    submitted = f", submitted {_moment(batch.submitted_at)}" if batch.submitted_at else ""
    credits_text = f"{batch.reserved} credits reserved, {batch.charged} charged"
    return (
        f"enrichment batch {batch.batch_id}, {batch.state.value}: {batch.people} people, {batch.polls} polls{submitted}"
        f", {credits_text}, request_id={plain_id(batch.request_id) or '-'}, read as {batch.adapter or '-'}"
    )


def _requests(diagnostics: "Diagnostics") -> Iterator[str]:
    for provider in diagnostics.providers:
        yield provider.provider.label
        yield from _lines(f"  {_moment(attempt.at)} {attempt.line()}" for attempt in provider.last_attempts)
        yield ""


def _lines(lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    yield from found or ["    none"]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _as_json(diagnostics: "Diagnostics") -> dict[str, Any]:
    return {
        "at": _moment(diagnostics.at),
        "versions": dict(diagnostics.versions),
        "providers": [_provider_as_json(provider) for provider in diagnostics.providers],
        "library": {**diagnostics.library, "integrity": diagnostics.integrity},
        "open_batches": [
            {
                "batch_id": batch.batch_id,
                "state": batch.state.value,
                "people": batch.people,
                "polls": batch.polls,
                "reserved": batch.reserved,
                "charged": batch.charged,
                "request_id": plain_id(batch.request_id),
                "adapter": batch.adapter,
                "submitted_at": _moment(batch.submitted_at) if batch.submitted_at else None,
                "next_poll_at": _moment(batch.next_poll_at) if batch.next_poll_at else None,
            }
            for batch in diagnostics.open_batches
        ],
        "open_fetches": [
            {
                "run_id": fetch.run_id,
                "provider": fetch.provider.value,
                "state": fetch.state.value,
                "done": fetch.done,
                "total": fetch.total,
            }
            for fetch in diagnostics.open_fetches
        ],
    }


def _provider_as_json(provider: "ProviderDiagnostics") -> dict[str, Any]:
    return {
        "provider": provider.provider.value,
        "key_source": provider.key_source.value,
        "host": provider.base_url_host,
        "own_address": provider.own_address,
        "pace": provider.pace,
        "breaker": provider.breaker.value,
        "requests_this_month": provider.requests_this_month,
        "degraded": provider.degraded,
        "balance": [
            {"kind": plain_id(line.kind), "total": line.total, "used": line.used, "remaining": line.remaining}
            for line in provider.balance
        ],
        "last_errors": [_attempt_as_json(attempt) for attempt in provider.last_errors],
    }


def _attempt_as_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": _moment(attempt.at),
        "method": attempt.method,
        "path": attempt.path,
        "status": attempt.status,
        "failure": attempt.failure,
        "request_id": plain_id(attempt.request_id),
        "attempt": attempt.number,
    }
