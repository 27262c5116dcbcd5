"""Searches whose rows cost credits: nothing is bought unasked, nothing that was bought is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.composition import Services
from app.domain.enrichment import LedgerKind
from app.domain.errors import CapError, InputError, LibraryError, NoCreditsError, OutcomeUnknownError
from app.domain.provider import Provider
from app.services.search import SearchSession
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from tests.conftest import ExpectLog
from tests.support.demo_server import DemoServer, demo_data, demo_server
from tests.support.live_services import live_services

__all__ = ["demo_data", "demo_server"]

TAMTAM = Provider.TAMTAM
SEARCH = "/v2/people/search"
LINE = {"credit_type": "MaxCompanyEnrichments"}


@pytest.fixture
async def live(tmp_path: Path, demo_server: DemoServer) -> AsyncIterator[Services]:
    async with live_services(tmp_path / "profile", demo_server) as services:
        yield services


def start(services: Services, **values: list[str]) -> SearchSession:
    return services.search.start(services.search.build_query(TAMTAM, values or {"job_titles_includes": ["Sales"]}))


async def reached(server: DemoServer) -> None:
    """Wait until the server's thread has taken the scripted fault, and so the request."""
    while server.app.faults.as_json():  # noqa: ASYNC110 - no event is set across the threads
        await asyncio.sleep(0.005)


def spent(server: DemoServer) -> int:
    total: int = server.ledger()["totals"]["charged"].get("tamtam", 0)
    return total


async def test_each_page_says_what_it_costs_before_and_what_it_cost_after(
    live: Services, demo_server: DemoServer
) -> None:
    session = start(live)
    assert session.credits_per_row == 1
    assert live.search.cost_of_next_page(session) == live.search.cost_of_next_page(session, 3) == 25
    assert spent(demo_server) == 0, "asking for the price buys nothing"
    first = await session.next_page()
    second = await session.next_page(5)
    assert first.credits_charged == second.credits_charged == 25
    assert session.charged == spent(demo_server) == 50
    assert first.total == second.total == len(demo_server.rows(TAMTAM, job_titles_includes="Sales"))
    held = demo_server.rows(TAMTAM, job_titles_includes="Sales")
    assert [row.provider_id for page in (first, second) for row in page.rows] == held[:50]


async def test_the_charge_is_in_the_ledger(live: Services, tmp_path: Path) -> None:
    session = start(live)
    await session.next_page()
    ledger = session._ledger
    assert isinstance(ledger, LedgerRepository)
    assert (await ledger.totals())[LedgerKind.CHARGED] == 25


async def test_the_last_page_ends_it_and_is_free_of_further_cost(live: Services) -> None:
    session = start(live, job_titles_includes=["Lighthouse keeper"])
    page = await session.next_page()
    assert (page.rows, page.credits_charged, page.has_more) == ((), 0, False)
    assert live.search.cost_of_next_page(session) == 0


async def test_free_searches_cost_nothing(live: Services) -> None:
    query = live.search.build_query(Provider.BUILDWORKPRO, {"type": ["vendor"]})
    assert live.search.cost_of_next_page(live.search.start(query), 100) == 0
    assert live.search.estimate(query, 500).maximum == 0


async def test_an_estimate_counts_whole_pages(live: Services) -> None:
    query = live.search.build_query(TAMTAM, {"countries": ["FR"]})
    assert [live.search.estimate(query, rows).maximum for rows in (1, 25, 26, 100)] == [25, 25, 50, 100]


async def test_a_page_that_could_exceed_the_cap_is_not_asked_for(live: Services, demo_server: DemoServer) -> None:
    session = start(live)
    with pytest.raises(CapError, match="cap of 60"):
        _ = [page async for page in session.pages(100, max_credits=60)]
    assert session.loaded == spent(demo_server) == 50
    assert session.has_more


async def test_an_answer_that_was_not_seen_is_neither_skipped_nor_asked_again(
    live: Services, demo_server: DemoServer
) -> None:
    session = start(live)
    await session.next_page()
    demo_server.fault("drop_reply", TAMTAM, path=SEARCH)
    with pytest.raises(OutcomeUnknownError):
        _ = [page async for page in session.pages(100)]
    assert len(demo_server.requests(TAMTAM, SEARCH)) == 2
    assert (session.loaded, session.charged, session.uncertain) == (25, 25, 25)
    with pytest.raises(CapError):
        _ = [page async for page in session.pages(100, max_credits=60)]
    assert len(demo_server.requests(TAMTAM, SEARCH)) == 2, "what may have been charged counts towards the cap"
    again = await session.next_page()
    held = demo_server.rows(TAMTAM, job_titles_includes="Sales")
    assert [row.provider_id for row in again.rows] == held[25:50], "asked again by consent: the page that was missing"


async def test_a_page_goes_on_when_its_caller_stops_waiting_and_is_returned_next(
    live: Services, demo_server: DemoServer
) -> None:
    session = start(live)
    demo_server.fault("delay", TAMTAM, path=SEARCH, seconds=0.2)
    waiting = asyncio.create_task(session.next_page())
    await reached(demo_server)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert live.search.cost_of_next_page(session) == 0, "it is bought already"
    page = await session.next_page()
    assert len(page.rows) == 25
    assert spent(demo_server) == 25
    assert session.contact_ids == [row.contact_id for row in page.rows]


async def test_closing_waits_for_a_page_that_is_being_bought(tmp_path: Path, demo_server: DemoServer) -> None:
    async with live_services(tmp_path / "profile", demo_server) as services:
        demo_server.fault("delay", TAMTAM, path=SEARCH, seconds=0.2)
        waiting = asyncio.create_task(start(services).next_page())
        await reached(demo_server)
        waiting.cancel()
        await asyncio.wait([waiting])
    async with live_services(tmp_path / "profile", demo_server) as services:
        assert (await services.library.stats())["contacts"] == 25


async def test_a_page_that_comes_too_late_for_closing_is_given_up(
    tmp_path: Path, demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, expected_log: ExpectLog
) -> None:
    expected_log("app.services.search: .*may have been charged")
    monkeypatch.setattr("app.services.search.CLOSING_SECONDS", 0.05)
    async with live_services(tmp_path / "profile", demo_server) as services:
        demo_server.fault("delay", TAMTAM, path=SEARCH, seconds=0.4)
        waiting = asyncio.create_task(start(services).next_page())
        await reached(demo_server)
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_rows_that_could_not_be_stored_are_kept_and_not_bought_again(
    live: Services, demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = start(live)

    async def full(*_: object, **__: object) -> list[int]:
        raise LibraryError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(LibraryRepository, "save_page", full)
        with pytest.raises(LibraryError):
            await session.next_page()
    assert live.search.cost_of_next_page(session) == 0
    assert len((await session.next_page()).rows) == 25
    assert spent(demo_server) == session.charged == 25


async def test_a_refusal_costs_nothing_and_can_be_tried_again(live: Services, demo_server: DemoServer) -> None:
    demo_server.set_credits(TAMTAM, 3, **LINE)
    session = start(live)
    with pytest.raises(NoCreditsError):
        await session.next_page()
    assert (session.charged, session.uncertain) == (0, 0)
    demo_server.set_credits(TAMTAM, 30, **LINE)
    assert len((await session.next_page()).rows) == 25


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "at least one filter"),
        ({"prompt": ["heads of sales"], "countries": ["FR"]}, "cannot be combined"),
        ({"countries": ["France"]}, "France"),
        ({"company_headcounts": ["11-50"]}, "11-50"),
        ({"recently_changed_jobs": ["yes"]}, "yes"),
    ],
)
async def test_a_query_that_would_be_refused_or_buys_everybody_is_none(
    live: Services, values: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        live.search.build_query(TAMTAM, values)


async def test_a_list_without_total_is_counted_once(live: Services, demo_server: DemoServer) -> None:
    query = live.search.build_query(Provider.BUILDWORKPRO, {"type": ["vendor"]})
    session = live.search.start(query)
    held = demo_server.rows(Provider.BUILDWORKPRO, type="vendor")
    assert (await session.next_page(10)).total == len(held) > 20
    assert (await session.next_page(10)).total == len(held)
    assert len(demo_server.requests(Provider.BUILDWORKPRO, "/contacts/count")) == 1
    demo_server.fault("key_revoked", Provider.BUILDWORKPRO, path="/contacts/count")
    assert (await live.search.start(query).next_page(10)).total is None, "the rows are worth having without"
