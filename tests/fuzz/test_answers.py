"""Every call reads whatever comes: answers its schema allows, broken ones, garbled bytes, errors of any shape.

`make fuzz` makes up many more of them.
"""

import asyncio
import json
import os
import unicodedata
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.contact import SourceRecord
from app.domain.errors import ServiceError
from app.domain.fetching import FetchAnswer
from app.domain.provider import Provider
from app.domain.search import SearchPage
from app.providers.registry import build_service
from app.storage.database import Database
from app.storage.library import LibraryRepository
from tests.contract.calls import CALLS, Call
from tests.faults.lanes import LANES, Lane
from tests.providers.support import FakeClock, free_limiter
from tests.support.openapi import answer_schema, operations, resolved
from tests.support.schema_strategies import ANYTHING, TEXT, allowed, broken, garbled

#: Answers made up per test.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

#: One call per operation: how it is asked makes no difference to how its answer is read.
CALLED = list({(call.provider, call.operation): call for call in CALLS}.values())


Headers = Mapping[str, str | bytes]
JSON_HEADERS: Headers = {"Content-Type": "application/json"}


@asynccontextmanager
async def answering(provider: Provider, status: int, body: bytes, headers: Headers) -> AsyncIterator[Any]:
    raw = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers.items()]
    transport = httpx.MockTransport(lambda request: httpx.Response(status, content=body, headers=raw))
    clock = FakeClock().clock
    service = build_service(provider, "key", transport=transport, limiter=free_limiter(clock), clock=clock)
    try:
        yield service
    finally:
        await service.aclose()


async def ask(call: Call, status: int, body: bytes, headers: Headers = JSON_HEADERS) -> Any:
    """What a call makes of an answer; None where it says that it cannot be used."""
    async with answering(call.provider, status, body, headers) as service:
        try:
            return await call.invoke(service)
        except ServiceError as caught:
            error = caught
    assert error.text
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in error.text)
    return None


def check_read(call: Call, answer: Any) -> None:
    """What was read of an answer can be shown and stored: each value is of the type it is declared with."""
    for part in answer if isinstance(answer, tuple) else (answer,):
        assert msgspec.convert(msgspec.to_builtins(part), type(part)) == part
    if isinstance(answer, SearchPage | FetchAnswer):
        assert all(record.provider is call.provider and record.provider_id for record in answer.records)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner() as runner:
        return runner.run(coroutine)


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


@cache
def success(call: Call) -> tuple[int, st.SearchStrategy[Any]]:
    """The status of a success, and what it may hold."""
    status = next(int(code) for code in operations(call.provider)[call.operation]["responses"] if code[0] == "2")
    return status, allowed(call.provider, answer_schema(call.provider, call.operation))


@pytest.mark.parametrize("call", CALLED, ids=str)
@fuzzed
@given(data=st.data())
def test_what_the_schema_allows_is_read_or_refused_in_words(call: Call, data: st.DataObject) -> None:
    status, values = success(call)
    check_read(call, run(ask(call, status, encoded(data.draw(values)))))


@pytest.mark.parametrize("call", CALLED, ids=str)
@fuzzed
@given(data=st.data())
def test_what_breaks_the_schema_is_read_or_refused_in_words(call: Call, data: st.DataObject) -> None:
    status, values = success(call)
    check_read(call, run(ask(call, status, encoded(data.draw(broken(values))))))


@pytest.mark.parametrize("call", CALLED, ids=str)
@fuzzed
@given(data=st.data())
def test_garbled_bytes_are_read_or_refused_in_words(call: Call, data: st.DataObject) -> None:
    status, values = success(call)
    check_read(call, run(ask(call, status, data.draw(garbled(values.map(encoded)) | st.binary(max_size=50)))))


@pytest.mark.parametrize("call", CALLED, ids=str)
@fuzzed
@given(
    status=st.integers(300, 599),
    body=ANYTHING.map(encoded) | st.binary(max_size=40),
    kind=st.sampled_from(["application/json", "application/problem+json", "text/html", "", "x/\x7f"]),
    retry_after=st.none() | st.sampled_from(["7", "-1", "1e999", "soon", "Sun, 99 Nov 2026 12:00:00 GMT", "٣"]),
)
def test_an_error_of_any_shape_is_one_of_ours(
    call: Call, status: int, body: bytes, kind: str, retry_after: str | None
) -> None:
    headers = {"Content-Type": kind} if retry_after is None else {"Content-Type": kind, "Retry-After": retry_after}
    as_sent = {name: value.encode() for name, value in headers.items()}
    assert run(ask(call, status, body, as_sent)) in (None, ()) or call.name == "check_key"


@st.composite
def problems(draw: st.DrawFn) -> object:
    """Error bodies in the spellings of the four services, with members of any type."""
    member = TEXT | ANYTHING
    names = ["code", "message", "detail", "title", "type", "error", "errors", "Message", "meta", "request_id", "status"]
    inner = draw(st.dictionaries(st.sampled_from(names), member, max_size=5))
    return draw(
        st.sampled_from([inner, {"errors": [inner, 7]}, {"error": inner}, {"errors": [inner], "meta": inner}, [inner]])
    )


@pytest.mark.parametrize("provider", list(Provider))
@fuzzed
@given(data=st.data())
def test_the_words_of_an_error_are_fit_to_show(provider: Provider, data: st.DataObject) -> None:
    call = next(call for call in CALLED if call.provider is provider and call.name != "check_key")
    status = data.draw(st.sampled_from([400, 401, 402, 403, 404, 409, 422, 429, 500, 503]))
    assert not run(ask(call, status, encoded(data.draw(problems()))))


# --- rows ------------------------------------------------------------------------------------------------------------


@cache
def drawn_rows(lane: Lane) -> st.SearchStrategy[Any]:
    """Rows as the schema has them, and broken ones."""
    schema = answer_schema(lane.provider, lane.call)
    for name in lane.path:
        schema = resolved(lane.provider, resolved(lane.provider, schema)["properties"][name])
    values = allowed(lane.provider, resolved(lane.provider, schema)["items"])
    return values | broken(values)


def id_name_of(lane: Lane) -> str:
    return "contact_id" if "contact_id" in lane.row(1) else "id"


def good_row(lane: Lane, index: int, drawn: Any) -> dict[str, Any]:
    row = dict(drawn) if isinstance(drawn, dict) else {}
    id_name = id_name_of(lane)
    return {**row, id_name: lane.row(index)[id_name]}


def bad_rows(lane: Lane) -> st.SearchStrategy[object]:
    """No object, or one without an id."""
    id_name = id_name_of(lane)
    nameless = st.dictionaries(TEXT.filter(lambda name: name != id_name), ANYTHING, max_size=3)
    wrong: st.SearchStrategy[object] = st.sampled_from([None, "", " ", [], {}, True, 1.5])
    return st.one_of(
        ANYTHING.filter(lambda value: not isinstance(value, dict)),
        nameless,
        st.tuples(nameless, wrong).map(lambda both: {**both[0], id_name: both[1]}),
    )


async def rows_read(lane: Lane, rows: list[object]) -> SearchPage | FetchAnswer:
    call = next(call for call in CALLED if call.provider is lane.provider and call.operation == lane.call)
    async with answering(lane.provider, 200, lane.page(rows), JSON_HEADERS) as service:
        answer = await call.invoke(service)
    assert isinstance(answer, SearchPage | FetchAnswer)
    return answer


@pytest.mark.parametrize("lane", LANES, ids=str)
@fuzzed
@given(data=st.data())
def test_bad_rows_are_counted_and_good_ones_arrive(lane: Lane, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(drawn_rows(lane), max_size=3))
    good = [good_row(lane, index, row) for index, row in enumerate(drawn)]
    bad = data.draw(st.lists(bad_rows(lane), max_size=3))
    rows = data.draw(st.permutations([*good, *bad]))
    answer = run(rows_read(lane, rows))
    assert [record.provider_id for record in answer.records] == [
        str(row[id_name_of(lane)]) for row in rows if row in good
    ]
    assert len(answer.quarantined) == len(bad)


@pytest.mark.parametrize("lane", LANES, ids=str)
def test_whatever_a_row_says_can_be_stored_and_shown(lane: Lane, tmp_path: Path) -> None:
    async def store(records: tuple[SourceRecord, ...]) -> None:
        database = await Database.open(tmp_path / "library.db", changes=None)
        try:
            library = LibraryRepository(database)
            ids = await library.save(records)
            assert len(await library.rows(ids)) == len(records)
            for contact_id in ids:
                await library.details(contact_id)
        finally:
            await database.close()

    @fuzzed
    @given(drawn=st.lists(drawn_rows(lane), min_size=1, max_size=4))
    def check(drawn: list[Any]) -> None:
        answer = run(rows_read(lane, [good_row(lane, index, row) for index, row in enumerate(drawn)]))
        run(store(answer.records))

    check()
