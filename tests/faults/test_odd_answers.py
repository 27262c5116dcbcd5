"""Answers that are JSON but not as agreed: good rows arrive, bad ones are counted and kept, nothing goes on and on."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import UnreadableAnswerError
from app.domain.outcomes import Outcome
from app.services.search import EMPTY_PAGES
from tests.faults.lanes import (
    ACCEPTED,
    BALANCE,
    CREDITS,
    FETCHES,
    LANES,
    POLL,
    SEARCHES,
    SUBMIT,
    Lane,
    Row,
    at_fault,
    drained,
    dumped,
    enqueue,
    entry,
    results,
)
from tests.support.fault_server import Behaviour, answer
from tests.support.openapi import examples

EXTRA = {"surprise": {"deep": [1, None, {"x": "y"}]}, "": 0, "constructor": "__proto__"}


def told(lane: Lane, *rows: object) -> dict[str, list[Behaviour]]:
    return {lane.call: [answer(lane.page(list(rows)))]}


def example_rows(lane: Lane) -> list[Row]:
    """The rows that the contract's examples of this answer have."""
    found: list[Row] = []
    for example in examples(lane.provider, lane.call):
        if example.status < 300:
            part = example.value
            for name in lane.path:
                part = part[name]
            found += part or []
    assert found
    return found


def with_a_null(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Copies of a row in which one array is null."""
    if isinstance(value, dict):
        for name, member in value.items():
            for where, changed in with_a_null(member, f"{path}.{name}"):
                yield where, {**value, name: changed}
    elif isinstance(value, list):
        yield path, None
        for index, member in enumerate(value):
            for where, changed in with_a_null(member, f"{path}[{index}]"):
                yield where, [*value[:index], changed, *value[index + 1 :]]


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_null_in_place_of_any_array_is_an_empty_one(tmp_path: Path, lane: Lane) -> None:
    rows = [copy.deepcopy(row) for row in example_rows(lane)]
    spoilt = [changed for row in rows for _, changed in with_a_null(row)]
    async with at_fault(tmp_path, told(lane, *rows, *spoilt)) as (services, _):
        seen = await lane.run(services)
        assert (seen.error, seen.quarantined) == (None, 0)
        assert seen.contacts == len({str(row.get("contact_id", row.get("id"))) for row in rows})


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_null_in_place_of_the_rows_is_no_row(tmp_path: Path, lane: Lane) -> None:
    body = json.loads(lane.page([]))
    if lane.path:
        inner = body
        for name in lane.path[:-1]:
            inner = inner[name]
        inner[lane.path[-1]] = None
    else:
        body = None
    async with at_fault(tmp_path, {lane.call: [answer(dumped(body))]}) as (services, _):
        seen = await lane.run(services)
        assert (seen.error, seen.contacts, seen.note) == (None, 0, "")
        assert seen.outcomes in (None, {Outcome.NOT_FOUND: 2})


NO_ROWS = [b"{}", b"[1]", b'"rows"', b"7", b"true", b'{"data": "x", "results": {}}']


@pytest.mark.parametrize(
    ("lane", "body"),
    # Where the answer itself is the list, a list is no fault.
    [
        pytest.param(lane, body, id=f"{lane} {body.decode()}")
        for lane in LANES
        for body in NO_ROWS
        if lane.path or body != b"[1]"
    ],
)
async def test_an_answer_without_rows_is_not_an_empty_one(tmp_path: Path, lane: Lane, body: bytes) -> None:
    async with at_fault(tmp_path, {lane.call: [answer(body)]}) as (services, _):
        seen = await lane.run(services)
        assert seen.error is not None
        assert "could not be understood" in seen.sentence
        assert isinstance(seen.error, UnreadableAnswerError) or lane.spends
        assert seen.outcomes in (None, {Outcome.QUEUED: 2})


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_missing_and_extra_members_do_no_harm(tmp_path: Path, lane: Lane) -> None:
    first, second = lane.row(1), lane.row(2)
    bare = {name: value for name, value in first.items() if name in ("id", "contact_id")}
    async with at_fault(tmp_path, told(lane, bare, {**second, **EXTRA})) as (services, _):
        seen = await lane.run(services)
        assert (seen.error, seen.contacts, seen.quarantined) == (None, 2, 0)


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_wrong_types_cost_a_row_its_members_or_its_place_but_no_other_row(tmp_path: Path, lane: Lane) -> None:
    id_name = "contact_id" if "contact_id" in lane.row(1) else "id"
    mistyped = {name: [value] if name != id_name else value for name, value in lane.row(2).items()}
    nameless = {**lane.row(3), id_name: {"value": 3}}
    rows = (lane.row(1), mistyped, nameless, 17, None, [lane.row(4)], "row")
    async with at_fault(tmp_path, told(lane, *rows)) as (services, _):
        seen = await lane.run(services)
        assert (seen.error, seen.contacts, seen.quarantined) == (None, 2, 5)
        assert (await services.library.stats())["quarantined_rows"] == 5
        if not lane.searches:
            assert seen.outcomes == {Outcome.FOUND: 2}


@pytest.mark.parametrize("lane", FETCHES, ids=str)
async def test_a_row_that_cannot_be_read_leaves_its_id_unknown(tmp_path: Path, lane: Lane) -> None:
    async with at_fault(tmp_path, told(lane, lane.row(1), "row")) as (services, _):
        seen = await lane.run(services)
        assert seen.outcomes == {Outcome.FOUND: 1, Outcome.UNKNOWN: 1}
        assert seen.reasons == {"A row of the answer could not be read; it may be this one."}


@pytest.mark.parametrize("lane", LANES, ids=str)
async def test_of_members_that_come_twice_one_is_taken(tmp_path: Path, lane: Lane) -> None:
    row = lane.row(1)
    id_name = "contact_id" if "contact_id" in row else "id"
    twice = dumped(lane.row(2))[:-1] + b"," + dumped(row)[1:]
    body = lane.page(["ROW"]).replace(b'"ROW"', twice)
    async with at_fault(tmp_path, {lane.call: [answer(body)]}) as (services, _):
        seen = await lane.run(services, [str(row[id_name])])
        assert (seen.error, seen.contacts, seen.quarantined) == (None, 1, 0)
        assert seen.outcomes in (None, {Outcome.FOUND: 1})


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", SEARCHES, ids=str)
async def test_pages_that_lead_round_in_a_circle_end_with_a_sentence(tmp_path: Path, lane: Lane) -> None:
    pages = [answer(lane.page([lane.row(n)], cursor)) for n, cursor in enumerate(["a", "b", "a", "b", "a"])]
    async with at_fault(tmp_path, {lane.call: pages}) as (services, server):
        session = services.search.start(services.search.build_query(lane.provider, lane.values or {}))
        loaded = [page async for page in session.pages(1000)]
        assert server.count(lane.call) == 3
        assert not session.has_more
        assert "names no further page. Loading stopped here." in session.note
        assert loaded[-1].note == session.note
        assert [page.note for page in loaded[:-1]] == ["", ""]
        assert len(session.contact_ids) == 3


@pytest.mark.parametrize("lane", SEARCHES, ids=str)
async def test_a_page_that_leads_to_itself_ends_with_a_sentence(tmp_path: Path, lane: Lane) -> None:
    async with at_fault(tmp_path, {lane.call: [answer(lane.page([lane.row(1)], "a"))]}) as (services, server):
        session = services.search.start(services.search.build_query(lane.provider, lane.values or {}))
        assert len([page async for page in session.pages(1000)]) == 2
        assert server.count(lane.call) == 2
        assert "names no further page" in session.note


@pytest.mark.parametrize("lane", [lane for lane in SEARCHES if "leadfeeder" not in lane.name], ids=str)
async def test_more_rows_without_a_way_to_them_are_told(tmp_path: Path, lane: Lane) -> None:
    async with at_fault(tmp_path, {lane.call: [answer(lane.page([lane.row(1)], None, more=True))]}) as (services, _):
        seen = await lane.run(services)
        assert seen.contacts == 1
        assert "says there are more rows, but names no further page" in seen.note


@pytest.mark.parametrize("lane", SEARCHES, ids=str)
@pytest.mark.parametrize("rows", [[], [None]], ids=["empty", "unreadable"])
async def test_empty_pages_without_end_are_left(tmp_path: Path, lane: Lane, rows: list[None]) -> None:
    pages = [answer(lane.page([lane.row(1)], "0"))]
    pages += [answer(lane.page(rows, str(n))) for n in range(1, 50)]
    async with at_fault(tmp_path, {lane.call: pages}) as (services, server):
        session = services.search.start(services.search.build_query(lane.provider, lane.values or {}))
        loaded = [page async for page in session.pages(1000)]
        assert server.count(lane.call) == 1 + EMPTY_PAGES
        assert f"{EMPTY_PAGES} pages in a row had none. Loading stopped here." in session.note
        assert len(loaded[0].rows) == 1
        assert session.quarantined == EMPTY_PAGES * len(rows)


@pytest.mark.parametrize("lane", SEARCHES, ids=str)
async def test_a_few_empty_pages_between_others_are_passed(tmp_path: Path, lane: Lane) -> None:
    rows = [[lane.row(1)], [], [], [lane.row(2)], [], [lane.row(3)]]
    pages = [answer(lane.page(row, str(n) if n < 5 else None)) for n, row in enumerate(rows)]
    async with at_fault(tmp_path, {lane.call: pages}) as (services, _):
        session = services.search.start(services.search.build_query(lane.provider, lane.values or {}))
        assert sum([len(page.rows) async for page in session.pages(1000)]) == 3
        assert session.note == ""


# --- fetched by ID ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", FETCHES, ids=str)
async def test_rows_in_another_order_find_their_ids(tmp_path: Path, lane: Lane) -> None:
    ids = [lane.id_of(n) for n in range(20)]
    async with at_fault(tmp_path, told(lane, *(lane.row(n) for n in reversed(range(20))))) as (services, _):
        seen = await lane.run(services, ids)
        assert seen.outcomes == {Outcome.FOUND: 20}
        (run,) = await services.fetching.runs()
        rows = await services.library.rows(await services.fetching.contact_ids(run.run_id))
        assert [row.first_name for row in rows] == [f"Ada{n}" for n in range(20)]


@pytest.mark.parametrize("lane", FETCHES, ids=str)
async def test_a_row_that_comes_twice_is_one_contact(tmp_path: Path, lane: Lane) -> None:
    async with at_fault(tmp_path, told(lane, lane.row(1), lane.row(2), lane.row(1))) as (services, _):
        seen = await lane.run(services)
        assert (seen.outcomes, seen.contacts) == ({Outcome.FOUND: 2}, 2)


@pytest.mark.parametrize("lane", FETCHES, ids=str)
async def test_a_row_that_nobody_asked_for_is_kept_but_does_not_count(tmp_path: Path, lane: Lane) -> None:
    async with at_fault(tmp_path, told(lane, lane.row(1), lane.row(2), lane.row(77))) as (services, _):
        seen = await lane.run(services)
        assert (seen.outcomes, seen.contacts) == ({Outcome.FOUND: 2}, 3)


@pytest.mark.parametrize("lane", FETCHES, ids=str)
async def test_a_row_under_another_id_is_never_passed_off_as_not_found(tmp_path: Path, lane: Lane) -> None:
    ids = [lane.id_of(n) for n in (1, 2, 3)]
    async with at_fault(tmp_path, told(lane, lane.row(1), lane.row(77))) as (services, _):
        seen = await lane.run(services, ids)
        assert (seen.outcomes, seen.contacts) == ({Outcome.FOUND: 1, Outcome.UNKNOWN: 2}, 2)
        assert seen.reasons == {"A row came under an ID that was not asked for; it may be this one."}


# --- results of an enrichment ----------------------------------------------------------------------------------------

ALL_FOUND = {Outcome.FOUND: 3}


@pytest.mark.parametrize(
    ("entries", "outcomes"),
    [
        pytest.param(lambda a, b, c: [entry(c), entry(a), entry(b)], ALL_FOUND, id="another order"),
        pytest.param(lambda a, b, c: [entry(a), entry(a), entry(b), entry(c)], ALL_FOUND, id="one twice"),
        pytest.param(lambda a, b, c: [entry(a), entry(b), entry(c), entry("x")], ALL_FOUND, id="not asked for"),
        pytest.param(lambda a, b, c: [entry(a), entry(b), entry(c, **EXTRA)], ALL_FOUND, id="extra members"),
        pytest.param(lambda a, b, c: [entry(a), entry(b), 17, entry(c)], ALL_FOUND, id="no object"),
        pytest.param(
            lambda a, b, c: [entry(a), entry(b), entry("x")],
            {Outcome.FOUND: 2, Outcome.UNKNOWN: 1},
            id="under another key",
        ),
        pytest.param(
            lambda a, b, c: [entry(a), entry(b), {**entry(c), "custom": None}],
            {Outcome.FOUND: 2, Outcome.UNKNOWN: 1},
            id="without a key",
        ),
        pytest.param(
            lambda a, b, c: [entry(a, emails=None), entry(b, emails=[]), entry(c, emails=[None, 7, {}])],
            {Outcome.NOT_FOUND: 3},
            id="without values",
        ),
        pytest.param(
            lambda a, b, c: [entry(a), entry(b, emails="b@example.com"), entry(c, status=[1])],
            {Outcome.FOUND: 2, Outcome.NOT_FOUND: 1},
            id="wrong types",
        ),
        pytest.param(lambda a, b, c: [], {Outcome.UNKNOWN: 3}, id="nobody"),
    ],
)
async def test_results_find_their_people_or_say_that_they_did_not(
    tmp_path: Path, entries: Any, outcomes: dict[Outcome, int]
) -> None:
    async with at_fault(tmp_path, {CREDITS: [BALANCE], SUBMIT: [ACCEPTED]}) as (services, server):
        run_id, keys = await enqueue(services, 3)
        server.script(POLL, answer(results(entries(*keys))))
        seen = await drained(services, run_id)
        assert (seen.error, seen.outcomes) == (None, outcomes)
        spending = (await services.enrichment.run(run_id)).spending
        assert spending.charged == outcomes.get(Outcome.FOUND, 0) + outcomes.get(Outcome.UNKNOWN, 0)
        assert spending.reserved == 0
