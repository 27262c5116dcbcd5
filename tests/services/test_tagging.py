"""Tags over the demo services: changed for many contacts, kept in the library, failures told one by one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.composition import Services
from app.domain.errors import BadKeyError, InputError, NotFoundError, OutcomeUnknownError
from app.domain.provider import Provider
from tests.support.demo_server import DemoServer, demo_data, demo_server
from tests.support.live_services import live_services

__all__ = ["demo_data", "demo_server"]

TTH = Provider.TALKTOHUMANS


@pytest.fixture
async def live(tmp_path: Path, demo_server: DemoServer) -> AsyncIterator[Services]:
    async with live_services(tmp_path / "profile", demo_server) as services:
        yield services


async def found(services: Services, limit: int = 3, **values: list[str]) -> list[int]:
    session = services.search.start(services.search.build_query(TTH, values))
    await session.next_page(limit)
    return session.contact_ids


async def tags(services: Services, contact_id: int) -> set[str]:
    return set((await services.library.details(contact_id)).fields.tags)


def patches(server: DemoServer) -> list[dict[str, Any]]:
    return [line for line in server.requests(TTH) if line["method"] == "PATCH"]


async def test_tags_are_changed_for_all_and_seen_in_the_library(live: Services, demo_server: DemoServer) -> None:
    contacts = await found(live, account_id=["42"], tag=["Hot lead"])
    told: list[tuple[int, int]] = []
    report = await live.tags.change(
        contacts, [" Quarter four "], ["hot lead"], progress=lambda done, of: told.append((done, of))
    )
    assert (report.changed, report.failed) == (tuple(contacts), ())
    assert told == [(1, 3), (2, 3), (3, 3)]
    for contact_id in contacts:
        assert "Quarter four" in await tags(live, contact_id)
        assert "Hot lead" not in await tags(live, contact_id)
    assert set(await found(live, tag=["Quarter four"])) == set(contacts)


async def test_the_last_tag_can_be_taken_off(live: Services) -> None:
    [contact_id] = await found(live, 1, account_id=["42"], tag=["Newsletter"])
    await live.tags.change([contact_id], remove=sorted(await tags(live, contact_id)))
    assert await tags(live, contact_id) == set()


async def test_a_contact_of_several_accounts_is_tagged_in_each(live: Services, demo_server: DemoServer) -> None:
    everybody = [
        set(demo_server._control.get("rows", params={"provider": TTH, "account_id": one}).json()["contact_ids"])
        for one in ("42", "57")
    ]
    session = live.search.start(live.search.build_query(TTH, {"account_id": ["42", "57"]}))
    page = await session.next_page()
    row = next(row for row in page.rows if row.provider_id in everybody[0] & everybody[1])
    report = await live.tags.change([row.contact_id], ["Everywhere"])
    assert report.changed == (row.contact_id,)
    assert {line["body"]["account_id"] for line in demo_server.requests(TTH) if line["method"] == "PATCH"} == {
        "42",
        "57",
    }


async def test_one_that_fails_does_not_keep_the_others(live: Services, demo_server: DemoServer) -> None:
    contacts = await found(live, account_id=["42"])
    demo_server.fault("status", TTH, status=404, path="/v1/contacts/", after=1)
    report = await live.tags.change(contacts, ["x"])
    assert report.changed == (contacts[0], contacts[2])
    [(failed, error)] = report.failed
    assert failed == contacts[1]
    assert isinstance(error, NotFoundError)


async def test_an_answer_that_was_not_seen_is_unknown_and_not_repeated(live: Services, demo_server: DemoServer) -> None:
    contacts = await found(live, account_id=["42"])
    demo_server.fault("drop_reply", TTH, path="/v1/contacts/")
    report = await live.tags.change(contacts, ["x"])
    assert report.changed == tuple(contacts[1:])
    assert isinstance(report.failed[0][1], OutcomeUnknownError)
    assert len(patches(demo_server)) == 3


async def test_a_refused_key_ends_it_for_all(live: Services, demo_server: DemoServer) -> None:
    contacts = await found(live, account_id=["42"])
    demo_server.fault("key_revoked", TTH, times=None)
    report = await live.tags.change(contacts, ["x"])
    assert report.changed == ()
    assert [contact_id for contact_id, _ in report.failed] == contacts
    assert {type(error) for _, error in report.failed} == {BadKeyError}
    assert len(patches(demo_server)) == 1
    assert (await live.providers.status(TTH)).last_error


async def test_contacts_of_other_services_are_told(live: Services) -> None:
    session = live.search.start(live.search.build_query(Provider.BUILDWORKPRO, {"type": ["vendor"]}))
    await session.next_page(2)
    stranger = session.contact_ids[0]
    report = await live.tags.change([stranger], ["x"])
    assert isinstance(report.failed[0][1], InputError)
    assert "TalkToHumans does not know" in report.failed[0][1].text


async def test_a_change_of_nothing_is_refused(live: Services) -> None:
    assert live.tags.provider is TTH
    with pytest.raises(InputError, match="Name a tag"):
        await live.tags.change([1], [" "], [])
    with pytest.raises(InputError, match="“X” is to be added and removed"):
        await live.tags.change([1], ["X"], ["x"])
