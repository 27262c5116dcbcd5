"""Calls that get no usable answer: what the rep is told, that nothing hangs, leaks or is bought twice."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain.enrichment import BatchState
from app.domain.errors import (
    ContactScoutError,
    NetworkError,
    OutcomeUnknownError,
    TryLaterError,
    UnreadableAnswerError,
)
from app.domain.outcomes import Outcome
from app.providers.client import Timeouts
from tests.conftest import ExpectLog
from tests.faults.lanes import (
    ACCEPTED,
    BALANCE,
    CREDITS,
    LANES,
    POLL,
    READS,
    SUBMIT,
    Lane,
    at_fault,
    drained,
    enqueue,
    entry,
    results,
)
from tests.support.fault_server import (
    Behaviour,
    answer,
    gzip_bomb,
    packed,
    reset,
    reset_after,
    send,
    trickle,
)

IMPATIENT = Timeouts(connect=1, read=0.1, total=120)
#: Its total includes the waits between attempts, which are drawn by chance.
SHORT_OF_TIME = Timeouts(connect=1, read=0.1, total=0.25)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
TWICE_PACKED = answer(gzip.compress(gzip_bomb(2)), headers="Content-Encoding: gzip, gzip\r\n")
LOGIN_PAGE = b"<!doctype html><html><title>Sign in to Wi-Fi</title></html>"


@dataclass(frozen=True)
class Fault:
    """A way not to answer, and what the rep is told when the call only reads."""

    name: str
    behaviour: Behaviour
    error: type[ContactScoutError]
    sentence: str
    timeouts: Timeouts | None = None
    #: How often a read is tried.
    attempts: int = 3


FAULTS = (
    Fault("reset", reset, NetworkError, "broke off"),
    Fault("reset mid-body", reset_after(HEAD + b'{"data": ['), NetworkError, "broke off"),
    Fault("closed mid-body", send(HEAD + b'{"data": ['), NetworkError, "broke off"),
    Fault("slow headers", send(b"HTTP/1.1 200", then_close=False), NetworkError, "did not answer in time", IMPATIENT),
    Fault("slow body", send(HEAD, then_close=False), NetworkError, "did not answer in time", IMPATIENT),
    Fault("endless body", trickle, NetworkError, "did not answer in time", SHORT_OF_TIME),
    Fault("no HTTP", send(b"SSH-2.0-OpenSSH_9.2\r\n"), NetworkError, "broke off"),
    Fault(
        "truncated JSON", answer(b'{"data": [{"id": 1'), UnreadableAnswerError, "could not be understood", attempts=1
    ),
    Fault("invalid JSON", answer(b"{'data': []}"), UnreadableAnswerError, "could not be understood", attempts=1),
    Fault("empty body", answer(b""), UnreadableAnswerError, "could not be understood", attempts=1),
    Fault("not UTF-8", answer(b"\xff\xfe\x00{"), UnreadableAnswerError, "could not be understood", attempts=1),
    Fault("deeply nested", answer(b"[" * 100_000), UnreadableAnswerError, "could not be understood", attempts=1),
    Fault("wrong content type", answer(b"a;b", content_type="text/csv"), NetworkError, "came text/csv", attempts=1),
    Fault("login page", answer(LOGIN_PAGE, content_type="text/html"), NetworkError, "came a web page", attempts=1),
    Fault("login page said to be JSON", answer(LOGIN_PAGE), NetworkError, "came a web page", attempts=1),
    Fault("gzip bomb", packed(gzip_bomb()), UnreadableAnswerError, "far too large", attempts=1),
    Fault("gzip in gzip", TWICE_PACKED, UnreadableAnswerError, "packed more than once", attempts=1),
    Fault("not gzip", packed(b'{"data": []}'), NetworkError, "broke off"),
    Fault("5xx storm", answer(b"{}", status=503), TryLaterError, "in trouble at the moment (HTTP 503)"),
    Fault("5xx page of a gateway", answer(LOGIN_PAGE, status=502, content_type="text/html"), TryLaterError, "HTTP 502"),
)


def params(faults: Sequence[Fault] = FAULTS) -> list[object]:
    return [pytest.param(fault, id=fault.name) for fault in faults]


@pytest.mark.parametrize("lane", READS, ids=str)
@pytest.mark.parametrize("fault", params())
async def test_a_read_says_why_and_works_once_the_trouble_is_over(tmp_path: Path, lane: Lane, fault: Fault) -> None:
    async with at_fault(tmp_path, {lane.call: [fault.behaviour]}, timeouts=fault.timeouts) as (services, server):
        seen = await lane.run(services)
        assert isinstance(seen.error, fault.error)
        assert fault.sentence in seen.error.text
        assert seen.error.text.endswith(".")
        if fault.timeouts is not SHORT_OF_TIME:
            assert server.count(lane.call) == fault.attempts
        assert seen.contacts == 0
        if not lane.searches:
            assert seen.outcomes == {Outcome.QUEUED: 2}, "no answer is not “not found”"
            assert seen.note == seen.error.text
        server.script(lane.call, answer(lane.page([lane.row(1), lane.row(2)])))
        again = await lane.run(services)
        assert (again.error, again.contacts) == (None, 2)


@pytest.mark.parametrize("fault", params())
async def test_a_paid_search_is_asked_once_and_in_doubt(tmp_path: Path, fault: Fault) -> None:
    (lane,) = (lane for lane in LANES if lane.spends)
    async with at_fault(tmp_path, {lane.call: [fault.behaviour]}, timeouts=fault.timeouts) as (services, server):
        seen = await lane.run(services)
        assert isinstance(seen.error, OutcomeUnknownError)
        assert "may or may not have accepted" in seen.sentence
        assert fault.sentence in seen.sentence
        assert server.count(lane.call) == 1


@pytest.mark.parametrize("fault", params())
async def test_a_submit_is_sent_once_and_its_people_end_as_unknown(
    tmp_path: Path, fault: Fault, expected_log: ExpectLog
) -> None:
    expected_log("Outcome of enrichment batch 1 is unknown")
    scripts = {CREDITS: [BALANCE], SUBMIT: [fault.behaviour]}
    async with at_fault(tmp_path, scripts, timeouts=fault.timeouts) as (services, server):
        run_id, _ = await enqueue(services)
        seen = await drained(services, run_id)
        assert seen.error is None
        assert seen.outcomes == {Outcome.UNKNOWN: 1}
        assert any("may or may not have accepted" in reason for reason in seen.reasons)
        assert server.count(SUBMIT) == 1
        (batch,) = (await services.enrichment.run(run_id)).batches
        assert (batch.state, batch.reserved) == (BatchState.UNKNOWN_OUTCOME, 1)


@pytest.mark.parametrize("fault", params())
async def test_a_poll_is_repeated_until_the_results_are_here(tmp_path: Path, fault: Fault) -> None:
    scripts = {CREDITS: [BALANCE], SUBMIT: [ACCEPTED], POLL: [fault.behaviour]}
    async with at_fault(tmp_path, scripts, timeouts=fault.timeouts) as (services, server):
        run_id, (key,) = await enqueue(services)
        seen = await drained(services, run_id)
        assert isinstance(seen.error, fault.error)
        assert fault.sentence in seen.note
        assert seen.outcomes == {Outcome.IN_FLIGHT: 1}
        assert server.count(SUBMIT) == 1
        server.script(POLL, answer(results([entry(key)])))
        again = await drained(services, run_id)
        assert (again.error, again.outcomes, again.note) == (None, {Outcome.FOUND: 1}, "")
        assert server.count(SUBMIT) == 1
