"""The calls whose answers fill the library, each with the wire form of a good answer, and what comes of making it."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.composition import Services, open_services
from app.domain.enrichment import EnrichField, PersonInput
from app.domain.errors import ContactScoutError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.jobs.schedule import Backoff, PollSchedule
from app.providers.client import Timeouts
from app.storage.profile import Profile
from tests.providers.support import FakeClock
from tests.support.fault_server import Behaviour, RudeServer, answer, rude_server
from tests.support.memory_key_store import MemoryKeyStore

#: Seconds within which every case must be over.
HARD_LIMIT = 10.0

#: The most connections that one piece of work may hold open.
MOST_CONNECTIONS = 6

QUICK = PollSchedule(first=0.0, second=0.0, longest=0.0, jitter=0.0, backoff=Backoff(0.001, 0.001))
ACCOUNT = "281"
REQUEST_ID = "7d1e4a52-90b3-4c55-8f0e-3a1d5b7c9e21"
CREDITS = "GET /v2/credits"
SUBMIT = "POST /v2/people/enrich"
POLL = f"GET /v2/people/enrich/{REQUEST_ID}"

Row = dict[str, Any]


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


@dataclass(frozen=True)
class Seen:
    """What came of a call: the error the rep was told, people in the library, how each ID or person ended, and why."""

    error: ContactScoutError | None
    contacts: int
    quarantined: int = 0
    outcomes: Mapping[Outcome, int] | None = None
    reasons: frozenset[str] = frozenset()
    note: str = ""

    @property
    def sentence(self) -> str:
        """The error's sentence, else the note."""
        return self.error.text if self.error else self.note


@asynccontextmanager
async def services_at(
    url: str, folder: Path, *, clock: FakeClock | None = None, timeouts: Timeouts | None = None
) -> AsyncIterator[Services]:
    """Services whose four providers are all at one address, where no wait takes time."""
    environ = {f"CONTACT_SCOUT_{provider.name}_URL": url for provider in Provider}
    environ |= {f"CONTACT_SCOUT_{provider.name}_KEY": "test-key" for provider in Provider}
    async with open_services(
        Profile(folder),
        environ=environ,
        key_store=MemoryKeyStore(),
        schedule=QUICK,
        clock=(clock or FakeClock()).clock,
        timeouts=timeouts or Timeouts(connect=5, read=5, total=120),
    ) as services:
        yield services


@asynccontextmanager
async def at_fault(
    folder: Path,
    scripts: Mapping[str, Sequence[Behaviour]],
    *,
    clock: FakeClock | None = None,
    timeouts: Timeouts | None = None,
) -> AsyncIterator[tuple[Services, RudeServer]]:
    """Services on a fault server, for a limited time; at the end no connection may be open."""
    async with (
        asyncio.timeout(HARD_LIMIT),
        rude_server(**scripts) as server,
        services_at(server.url, folder, clock=clock, timeouts=timeouts) as services,
    ):
        yield services, server
        assert server.open_now <= MOST_CONNECTIONS, "connections pile up"


def number_of(index: int) -> str:
    return str(4100 + index)


def uuid_of(index: int) -> str:
    return str(uuid.UUID(int=0x018F3C1E_7A40_4B11_8C55_000000000000 + index))


def _tth_row(index: int, **more: Any) -> Row:
    return {"contact_id": number_of(index), "first_name": f"Ada{index}", "last_name": "Moreno", **more}


def _leadfeeder_row(index: int, **more: Any) -> Row:
    return {"type": "contact", "id": number_of(index), "attributes": {"first_name": f"Ada{index}", **more}}


def _tamtam_row(index: int, **more: Any) -> Row:
    return {"contact_id": uuid_of(index), "first_name": f"Ada{index}", "last_name": "Moreno", **more}


def _buildworkpro_row(index: int, **more: Any) -> Row:
    return {"id": int(number_of(index)), "firstName": f"Ada{index}", "lastName": "Moreno", **more}


def _tth_page(rows: Sequence[Any], cursor: str | None = None, *, more: bool | None = None) -> bytes:
    pagination = {"has_more": bool(cursor) if more is None else more, "next_cursor": cursor}
    return dumped({"data": {"contacts": rows, "pagination": pagination}})


def _leadfeeder_page(rows: Sequence[Any], cursor: str | None = None, *, more: bool | None = None) -> bytes:
    return dumped({"data": rows, "meta": {"pagination": {"next_cursor": cursor}, "credits": {"charged": 0}}})


def _tamtam_page(rows: Sequence[Any], cursor: str | None = None, *, more: bool | None = None) -> bytes:
    return dumped({"results": rows, "has_more": bool(cursor) if more is None else more, "next_cursor": cursor})


def _buildworkpro_page(rows: Sequence[Any], cursor: str | None = None, *, more: bool | None = None) -> bytes:
    pagination = {"cursor": cursor, "has_more": bool(cursor) if more is None else more, "count": len(rows)}
    return dumped({"data": rows, "meta": {"pagination": pagination}})


def _list_page(rows: Sequence[Any], cursor: str | None = None, *, more: bool | None = None) -> bytes:
    return dumped(rows)


@dataclass(frozen=True, eq=False)
class Lane:
    """One call. `page` makes a good answer of rows; `row` makes a row; `ids` are what a fetch asks for."""

    name: str
    provider: Provider
    call: str
    page: Callable[..., bytes]
    row: Callable[..., Row]
    id_of: Callable[[int], str]
    #: Where its answer lists people; () where the answer itself is the list.
    path: tuple[str, ...]
    spends: bool = False
    values: Mapping[str, tuple[str, ...]] | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def searches(self) -> bool:
        return self.values is not None

    async def run(self, services: Services, ids: Sequence[str] = ()) -> Seen:
        """Search one page, or fetch IDs (two if none are given)."""
        return await (self._search(services) if self.searches else self._fetch(services, ids))

    async def _search(self, services: Services) -> Seen:
        session = services.search.start(services.search.build_query(self.provider, self.values or {}))
        error = None
        try:
            await session.next_page()
        except ContactScoutError as caught:
            error = caught
        contacts = len(await services.library.all_ids())
        assert contacts == len(session.contact_ids)
        return Seen(error, contacts, session.quarantined, note=session.note)

    async def _fetch(self, services: Services, ids: Sequence[str]) -> Seen:
        account = ACCOUNT if services.fetching.needs_account(self.provider) else ""
        plan = await services.fetching.plan(self.provider, ids or [self.id_of(1), self.id_of(2)], account)
        run_id = await services.fetching.create(plan)
        error = None
        try:
            await services.fetching.execute(run_id)
        except ContactScoutError as caught:
            error = caught
        run = await services.fetching.run(run_id)
        items = await services.fetching.items(run_id)
        return Seen(
            error,
            len(await services.library.all_ids()),
            (await services.library.stats())["quarantined_rows"],
            run.counts,
            frozenset(item.reason for item in items if item.reason),
            run.note,
        )


SEARCHES = (
    Lane(
        "talktohumans search",
        Provider.TALKTOHUMANS,
        "GET /v1/contacts",
        _tth_page,
        _tth_row,
        number_of,
        ("data", "contacts"),
        values={"query": ("Ada",)},
    ),
    Lane(
        "leadfeeder search",
        Provider.LEADFEEDER,
        "POST /v1/contacts/search",
        _leadfeeder_page,
        _leadfeeder_row,
        number_of,
        ("data",),
        values={"account_id": (ACCOUNT,), "positions": ("Sales",)},
    ),
    Lane(
        "tamtam search",
        Provider.TAMTAM,
        "POST /v2/people/search",
        _tamtam_page,
        _tamtam_row,
        uuid_of,
        ("results",),
        spends=True,
        values={"first_name": ("Ada",)},
    ),
    Lane(
        "buildworkpro search",
        Provider.BUILDWORKPRO,
        "GET /contacts",
        _buildworkpro_page,
        _buildworkpro_row,
        number_of,
        ("data",),
        values={"search": ("Ada",)},
    ),
)

FETCHES = (
    Lane(
        "leadfeeder fetch",
        Provider.LEADFEEDER,
        "GET /v1/contacts",
        _leadfeeder_page,
        _leadfeeder_row,
        number_of,
        ("data",),
    ),
    Lane("tamtam fetch", Provider.TAMTAM, "POST /v1/contacts", _list_page, _tamtam_row, uuid_of, ()),
    Lane(
        "buildworkpro fetch",
        Provider.BUILDWORKPRO,
        "POST /contacts/get-many",
        _buildworkpro_page,
        _buildworkpro_row,
        number_of,
        ("data",),
    ),
)

READS = tuple(lane for lane in (*SEARCHES, *FETCHES) if not lane.spends)
LANES = (*SEARCHES, *FETCHES)


# --- enrichment ------------------------------------------------------------------------------------------------------

ACCEPTED = answer(dumped({"request_id": REQUEST_ID, "status": "PROCESSING", "item_count": 1}), status=202)
BALANCE = answer(dumped({"credits": []}))


def results(entries: Sequence[object], status: str = "COMPLETED") -> bytes:
    return dumped({"request_id": REQUEST_ID, "status": status, "item_count": len(entries), "results": entries})


def entry(client_key: str, **more: object) -> dict[str, object]:
    """What was found for a person."""
    found = {"emails": [{"email": "ada@example.com", "status": "VALID"}], "enrichment_type": "contact.emails"}
    return {"custom": {"client_key": client_key}, **found, **more}


async def enqueue(services: Services, people: int = 1) -> tuple[int, list[str]]:
    """Queue people for their e-mails; returns the run and our key of each person."""
    plan = await services.enrichment.plan_people(
        [PersonInput(f"Ada{n}", "Moreno", "example.com") for n in range(people)], [EnrichField.EMAILS]
    )
    run_id = await services.enrichment.enqueue(plan, cap=100, origin="test")
    return run_id, [item.client_key for item in await services.enrichment.items(run_id)]


async def drained(services: Services, run_id: int) -> Seen:
    """Work until nothing is open or the lane stops, and say how the people ended."""
    error = None
    try:
        await services.enrichment.drain([run_id])
    except ContactScoutError as caught:
        error = caught
    run = await services.enrichment.run(run_id)
    items = await services.enrichment.items(run_id)
    return Seen(
        error,
        len(await services.library.all_ids()),
        outcomes=run.counts,
        reasons=frozenset(part.reason for item in items for part in item.outcomes.values() if part.reason),
        note=services.enrichment.lane_note,
    )
