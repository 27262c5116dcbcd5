"""Whatever a service sends: only errors of ours come out, and rows that can be read are read."""

import copy
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.contact import SourceRecord
from app.domain.enrichment import EnrichField, PersonInput, SubmitItem
from app.domain.errors import OutcomeUnknownError, ServiceError
from app.domain.provider import Provider
from app.domain.search import Quarantined, SearchQuery
from app.providers.registry import build_service
from tests.providers import test_buildworkpro, test_leadfeeder, test_talktohumans
from tests.providers.support import FakeClock, free_limiter

Rows = tuple[tuple[SourceRecord, ...], tuple[Quarantined, ...]]
Read = Callable[[bytes], Awaitable[Rows]]

UUID = "b3c6f5e2-1234-4abc-9def-0123456789ab"
TAMTAM_ROW = {"contact_id": UUID, "first_name": "Ada", "email": "ada@northfield.example", "phone": "+331"}
POLL = {
    "request_id": "r-1",
    "status": "COMPLETED",
    "item_count": 1,
    "results": [
        {"custom": {"client_key": "k"}, "emails": [{"email": "a@b.example", "status": "DELIVERABLE"}], "phones": None}
    ],
}


def service(provider: Provider, body: bytes) -> Any:
    clock = FakeClock().clock
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=body, headers={"content-type": "application/json"})
    )
    return build_service(provider, "k", transport=transport, clock=clock, limiter=free_limiter(clock))


async def read_talktohumans(body: bytes) -> Rows:
    page = await service(Provider.TALKTOHUMANS, body).search(SearchQuery(Provider.TALKTOHUMANS, {"query": ("a",)}))
    return page.records, page.quarantined


async def read_leadfeeder(body: bytes) -> Rows:
    answer = await service(Provider.LEADFEEDER, body).fetch_by_ids(["1"], account_id="1")
    return answer.records, answer.quarantined


async def read_tamtam(body: bytes) -> Rows:
    answer = await service(Provider.TAMTAM, body).fetch_by_ids([UUID])
    return answer.records, answer.quarantined


async def read_buildworkpro(body: bytes) -> Rows:
    answer = await service(Provider.BUILDWORKPRO, body).fetch_by_ids(["1"])
    return answer.records, answer.quarantined


def leadfeeder_body(rows: list[Any]) -> Any:
    return test_leadfeeder.body(*rows, charged=1)


SERVICES: dict[str, tuple[Read, Callable[[list[Any]], Any], dict[str, Any]]] = {
    "talktohumans": (read_talktohumans, lambda rows: test_talktohumans.page(rows), test_talktohumans.ROW),
    "leadfeeder": (read_leadfeeder, leadfeeder_body, test_leadfeeder.CONTACT),
    "tamtam": (read_tamtam, lambda rows: rows, TAMTAM_ROW),
    "buildworkpro": (read_buildworkpro, lambda rows: {"data": rows, "meta": {}}, test_buildworkpro.ROW),
}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn, original: Any) -> Any:
    """The original with up to three of its values replaced by anything, or taken out."""
    value = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 3))):
        value = _mutate(draw, value)
    return value


def _mutate(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 3)) == 0:
            del value[name]
        else:
            value[name] = _mutate(draw, value[name])
        return value
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        index = draw(st.integers(0, len(value) - 1))
        value[index] = _mutate(draw, value[index])
        return value
    return draw(ANYTHING)


@pytest.mark.parametrize("name", SERVICES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_a_good_row_survives_any_neighbour(name: str, data: st.DataObject) -> None:
    read, wrap, good = SERVICES[name]
    bad = data.draw(mutated(good) | ANYTHING)
    rows = data.draw(st.permutations([good, bad]))

    (expected,), _ = await read(json.dumps(wrap([good])).encode())
    records, quarantined = await read(json.dumps(wrap(rows)).encode())

    assert expected.fields in [record.fields for record in records]
    assert len(records) + len(quarantined) == 2
    assert all(isinstance(json.loads(one.raw), object) and one.reason for one in quarantined)


@pytest.mark.parametrize("name", SERVICES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_a_mutated_body_makes_rows_or_an_error_of_ours(name: str, data: st.DataObject) -> None:
    read, wrap, good = SERVICES[name]
    body = json.dumps(data.draw(mutated(wrap([good, good])))).encode()
    with suppress(ServiceError):
        await read(body)


@pytest.mark.parametrize("name", SERVICES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_broken_bytes_make_rows_or_an_error_of_ours(name: str, data: st.DataObject) -> None:
    read, wrap, good = SERVICES[name]
    body = bytearray(json.dumps(wrap([good])).encode())
    start = data.draw(st.integers(0, len(body) - 1))
    body[start : start + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    with suppress(ServiceError):
        await read(bytes(body))


@settings(max_examples=100, deadline=None)
@given(body=mutated(POLL))
async def test_a_mutated_poll_is_an_answer_or_an_error_of_ours(body: Any) -> None:
    with suppress(ServiceError):
        answer = await service(Provider.TAMTAM, json.dumps(body).encode()).poll_enrichment("r-1")
        # Every entry is kept, readable or not.
        assert len(answer.entries) == len(body.get("results") or [])


@settings(max_examples=100, deadline=None)
@given(body=mutated({"request_id": "r-1", "status": "PROCESSING", "item_count": 1}) | ANYTHING)
async def test_a_mutated_acceptance_names_its_request_or_stays_in_doubt(body: Any) -> None:
    item = SubmitItem("k", PersonInput("Ada", "Northfield", "northfield.example"), frozenset(EnrichField))
    with suppress(OutcomeUnknownError):
        submission = await service(Provider.TAMTAM, json.dumps(body).encode()).submit_enrichment([item])
        assert submission.request_id == str(body["request_id"])
