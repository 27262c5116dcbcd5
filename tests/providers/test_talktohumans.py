import json
from typing import Any

import httpx
import pytest
import respx

from app.domain.contact import Education, Experience, RecordKind
from app.domain.credits import Account
from app.domain.errors import (
    BadKeyError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    ServiceError,
    UnreadableAnswerError,
)
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, SearchQuery
from app.providers.talktohumans import FILTERS, TalkToHumans
from tests.providers.support import make_service

BASE = "https://api.talktohumans.app"

ROW: dict[str, Any] = {
    "account_relationship_id": "9001",
    "contact_id": "501",
    "provider_participant_id": "ACoAAB",
    "account": {"account_id": "42", "display_name": "Olivia Owner"},
    "name": "Ada Northfield",
    "first_name": "Ada",
    "last_name": "Northfield",
    "headline": "Head of Sales at\nNorthfield",
    "primary_role_title": "Head of Sales",
    "primary_company_name": "Northfield GmbH",
    "public_identifier": "ada-northfield",
    "linkedin_url": "https://www.linkedin.com/in/ada-northfield",
    "app_url": "https://www.talktohumans.app/contacts/501",
    "about": "One.\n\nTwo.",
    "tags": [{"name": "Follow up"}, {"name": None}],
    "languages": [{"language": "German"}, {"language": "German "}],
    "experiences": [
        {"is_current": False, "company_name": "Old Ltd", "title": "Rep", "start_at": "2015", "end_at": "2019"},
        {
            "is_current": True,
            "company_name": "Northfield",
            "title": "Lead",
            "location": "Berlin",
            "description": "a\nb",
        },
    ],
    "educations": [{"school_name": "TU", "degree": "MSc", "field_of_study": "Physics", "start_at": "2010"}],
    "locations": [
        {"display_text": "Elsewhere", "country_code": "fr"},
        {"is_primary": True, "city": "Berlin", "country_full": "Germany", "country_code": "de"},
    ],
    "company": {
        "name": "Northfield",
        "provider_participant_id": "urn:li:fsd_company:10492",
        "industries": [{"name": "Software"}],
        "headcount": "51-200",
        "employee_count": 120,
        "website_url": "https://www.northfield.example/de",
    },
}


def page(rows: Any = (ROW,), **pagination: Any) -> dict[str, Any]:
    return {"data": {"contacts": list(rows) if isinstance(rows, tuple) else rows, "pagination": pagination}}


def query(**values: str | tuple[str, ...]) -> SearchQuery:
    tuples = {name: (value,) if isinstance(value, str) else value for name, value in values.items()}
    return SearchQuery(Provider.TALKTOHUMANS, tuples)


def service(router: respx.Router) -> TalkToHumans:
    made = make_service(Provider.TALKTOHUMANS, router)
    assert isinstance(made, TalkToHumans)
    return made


def contacts(body: Any) -> tuple[TalkToHumans, respx.Route]:
    router = respx.Router()
    route = router.get(f"{BASE}/v1/contacts").mock(return_value=httpx.Response(200, json=body))
    return service(router), route


async def test_every_filter_is_sent_under_the_apis_own_name() -> None:
    talk, route = contacts(page())
    values: dict[str, str | tuple[str, ...]] = {spec.name: f"v-{spec.name}" for spec in FILTERS}
    values["account_id"] = ("42", "57")
    await talk.search(query(**values), cursor="c=1 &", limit=10)
    sent = route.calls.last.request.url.params.multi_items()
    assert sorted(sent) == sorted(
        [
            ("account_id", "42"),
            ("account_id", "57"),
            *((name, value) for name, value in values.items() if isinstance(value, str)),
            ("limit", "10"),
            ("cursor", "c=1 &"),
        ]
    )
    assert route.calls.last.request.headers["authorization"].startswith("Bearer ")


def test_the_documented_filters_are_all_there() -> None:
    assert {spec.name for spec in FILTERS} == set(
        "account_id query company_name headline search location company_size tag relationship_status "
        "invitation_status conversation_id".split()
    )


@pytest.mark.parametrize(("limit", "sent"), [(None, "25"), (100, "25"), (3, "3"), (-5, "1")])
async def test_pages_hold_25_at_most(limit: int | None, sent: str) -> None:
    talk, route = contacts(page())
    await talk.search(query(query="ada", tag=("",)), limit=limit)
    assert route.calls.last.request.url.params.multi_items() == [("query", "ada"), ("limit", sent)]


async def test_a_row_becomes_a_rich_record() -> None:
    talk, _ = contacts(page())
    (record,) = (await talk.search(query(query="ada"))).records
    assert (record.provider_id, record.account_id, record.kind) == ("501", "42", RecordKind.FULL)
    fields = record.fields
    assert fields.display_name == "Ada Northfield"
    assert fields.headline == "Head of Sales at Northfield"
    assert (fields.job_title, fields.company_name) == ("Head of Sales", "Northfield GmbH")
    assert (fields.company_domain, fields.company_website) == (
        "northfield.example",
        "https://www.northfield.example/de",
    )
    assert (fields.company_size, fields.company_industry, fields.company_linkedin_id) == ("51-200", "Software", "10492")
    assert (fields.location, fields.country_code) == ("Berlin, Germany", "DE")
    assert fields.linkedin_url == "https://www.linkedin.com/in/ada-northfield"
    assert fields.profile_url == "https://www.talktohumans.app/contacts/501"
    assert (fields.tags, fields.languages) == (("Follow up",), ("German",))
    assert fields.about == "One.\n\nTwo."
    assert fields.experiences == (
        Experience("Rep", "Old Ltd", "", "2015", "2019"),
        Experience("Lead", "Northfield", "Berlin", is_current=True, description="a\nb"),
    )
    assert fields.educations == (Education("TU", "MSc", "Physics", "2010"),)
    assert (fields.emails, fields.phones) == ((), ())


async def test_what_the_short_fields_leave_out_is_found_elsewhere() -> None:
    row = {
        "contact_id": 77,
        "name": "Ada",
        "public_identifier": "ada ñ",
        "linkedin_url": "https://www.linkedin.com/company/northfield",
        "experiences": [{"is_current": True, "company_name": "Northfield", "title": "Lead"}],
        "company": {"website_url": "https://www.linkedin.com/company/northfield", "employee_count": 7},
        "locations": [{"linkedin_text": "Greater Berlin"}],
    }
    talk, _ = contacts(page((row,)))
    (record,) = (await talk.search(query(query="ada"))).records
    fields = record.fields
    assert record.provider_id == "77"
    assert record.account_id == ""
    assert (fields.job_title, fields.company_name, fields.company_size) == ("Lead", "Northfield", "7")
    assert fields.company_domain == ""
    assert fields.linkedin_url == "https://www.linkedin.com/in/ada%20%C3%B1"
    assert fields.location == "Greater Berlin"


@pytest.mark.parametrize(
    ("pagination", "cursor", "following"),
    [
        ({"has_more": True, "next_cursor": "c2"}, None, "c2"),
        ({"has_more": True, "next_cursor": "c2"}, "c2", None),
        ({"has_more": False, "next_cursor": "c2"}, None, None),
        ({"has_more": True, "next_cursor": ""}, None, None),
        ({"has_more": True, "next_cursor": None}, None, None),
        ({"has_more": True}, None, None),
        ({}, None, None),
    ],
)
async def test_paging_goes_on_only_with_a_new_cursor(
    pagination: dict[str, Any], cursor: str | None, following: str | None
) -> None:
    talk, _ = contacts(page(**pagination))
    assert (await talk.search(query(query="ada"), cursor=cursor)).next_cursor == following


async def test_a_row_without_id_is_set_aside_and_the_others_go_on() -> None:
    talk, _ = contacts(page(({"name": "No id"}, ROW, 5)))
    found = await talk.search(query(query="ada"))
    assert [record.provider_id for record in found.records] == ["501"]
    assert [one.reason for one in found.quarantined] == ["The row has no contact_id.", "The row is not an object."]


async def test_null_contacts_are_none() -> None:
    talk, _ = contacts(page(None))
    assert (await talk.search(query(query="ada"))).records == ()


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": None}, [], {"data": {"contacts": {}}}])
async def test_a_missing_list_is_no_answer(body: Any) -> None:
    talk, _ = contacts(body)
    with pytest.raises(UnreadableAnswerError, match="could not be understood"):
        await talk.search(query(query="ada"))


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"accounts": [{"account_id": "42", "display_name": "Olivia"}, {"display_name": "x"}, 7]}},
        {"data": [{"account_id": "42", "display_name": "Olivia"}]},
    ],
)
async def test_accounts_are_read_in_both_assumed_shapes(body: Any) -> None:
    router = respx.Router()
    router.get(f"{BASE}/v1/accounts").mock(return_value=httpx.Response(200, json=body))
    assert await service(router).accounts() == (Account("42", "Olivia"),)
    assert await service(router).choices(ChoiceSource.ACCOUNTS) == (Choice("42", "Olivia"),)
    check = await service(router).check_key()
    assert (check.ok, check.text) == (True, "The key works. It reaches 1 LinkedIn account.")


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": 5}])
async def test_accounts_of_another_shape_are_no_answer(body: Any) -> None:
    router = respx.Router()
    router.get(f"{BASE}/v1/accounts").mock(return_value=httpx.Response(200, json=body))
    with pytest.raises(UnreadableAnswerError):
        await service(router).accounts()


async def test_a_refused_key_is_an_answer_when_checked_and_an_error_elsewhere() -> None:
    router = respx.Router()
    router.get(url__startswith=BASE).mock(return_value=httpx.Response(401, json={}))
    check = await service(router).check_key()
    assert (check.ok, check.status) == (False, 401)
    assert check.text == "TalkToHumans refused the key. Check the key in Settings."
    with pytest.raises(BadKeyError):
        await service(router).search(query(query="ada"))


async def test_trouble_while_checking_is_not_taken_for_a_refusal() -> None:
    router = respx.Router()
    router.get(url__startswith=BASE).mock(return_value=httpx.Response(500))
    with pytest.raises(ServiceError):
        await service(router).check_key()


async def test_other_choices_are_not_offered() -> None:
    assert await service(respx.Router()).choices(ChoiceSource.BUYER_PERSONAS) == ()


def tagging(*answers: httpx.Response | Exception) -> tuple[TalkToHumans, respx.Route]:
    router = respx.Router()
    route = router.patch(path="/v1/contacts/15001").mock(side_effect=list(answers))
    return service(router), route


def changed(row: Any) -> httpx.Response:
    return httpx.Response(200, json={"data": {"contact": row}})


async def test_tags_are_changed_by_name_in_the_account_of_the_row() -> None:
    tth, route = tagging(changed(ROW | {"contact_id": "15001", "tags": [{"name": "Hot lead"}, {"name": "Follow up"}]}))
    record = await tth.change_tags("15001", account_id="42", add=["Follow up", "Follow up"], remove=["Old tag"])
    assert json.loads(route.calls.last.request.content) == {
        "account_id": "42",
        "tags": {"add": [{"name": "Follow up"}], "remove": ["Old tag"]},
    }
    assert record.fields.tags == ("Hot lead", "Follow up")
    assert (record.provider_id, record.kind) == ("15001", RecordKind.FULL)


@pytest.mark.parametrize(
    ("names", "tags"),
    [
        ({"add": ["A"]}, {"add": [{"name": "A"}]}),
        ({"remove": ["B"]}, {"remove": ["B"]}),
    ],
)
async def test_what_is_not_changed_is_not_mentioned(names: dict[str, list[str]], tags: dict[str, Any]) -> None:
    row = {"contact_id": "15001", "name": "Ada"}
    tth, route = tagging(changed([row]))
    record = await tth.change_tags("15001", account_id="42", **names)
    assert json.loads(route.calls.last.request.content)["tags"] == tags
    assert record.account_id == "42", "an answer that does not name the account is about the one that was asked"


async def test_a_change_of_nothing_or_of_nobody_is_not_sent() -> None:
    tth, route = tagging()
    with pytest.raises(InvalidRequestError, match="no tag"):
        await tth.change_tags("15001", account_id="42", add=[" "])
    with pytest.raises(InvalidRequestError, match="account"):
        await tth.change_tags("15001", account_id="", add=["A"])
    assert not route.called


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadTimeout("late"),
        httpx.Response(500),
        httpx.Response(200, json={"data": {}}),
        httpx.Response(200, json={"data": {"contact": [ROW, ROW]}}),
        httpx.Response(200, json={"data": {"contact": {"name": "No id"}}}),
        httpx.Response(200, json={"data": {"contact": {"contact_id": "another"}}}),
    ],
)
async def test_a_change_whose_answer_was_not_seen_is_not_repeated(trouble: httpx.Response | Exception) -> None:
    tth, route = tagging(trouble, changed({"contact_id": "15001"}))
    with pytest.raises(OutcomeUnknownError, match="may or may not") as caught:
        await tth.change_tags("15001", account_id="42", add=["A"])
    assert route.call_count == 1
    assert "Look at TalkToHumans" in caught.value.next_step
    assert "cost" not in caught.value.next_step


@pytest.mark.parametrize("trouble", [httpx.Response(429), httpx.ConnectError("nobody there")])
async def test_a_change_that_cannot_have_arrived_is_tried_again(trouble: httpx.Response | Exception) -> None:
    tth, route = tagging(trouble, changed({"contact_id": "15001"}))
    await tth.change_tags("15001", account_id="42", add=["A"])
    assert route.call_count == 2


async def test_a_contact_that_is_gone_is_told_as_such() -> None:
    tth, _ = tagging(httpx.Response(404, json={"error": {"message": "No such contact."}}))
    with pytest.raises(NotFoundError, match="No such contact"):
        await tth.change_tags("15001", account_id="42", add=["A"])


def conversations(*rows: Any, **pagination: Any) -> httpx.Response:
    return httpx.Response(200, json={"data": {"conversations": list(rows), "pagination": pagination}})


def talking(*answers: httpx.Response) -> tuple[TalkToHumans, respx.Route]:
    router = respx.Router()
    route = router.get(path="/v1/conversations").mock(side_effect=list(answers))
    return service(router), route


async def test_conversations_are_offered_by_title_or_by_who_takes_part() -> None:
    tth, route = talking(
        conversations(
            {"conversation_id": 7700, "title": "Ada Moreno", "participants": [{"name": "Ada"}]},
            {"conversation_id": "7701", "title": None, "participants": [{"name": "Ada"}, {"name": "Bo"}, {}]},
            has_more=True,
            next_cursor="c2",
        ),
        conversations({"conversation_id": "7702"}, {"title": "No id"}, 5, has_more=False, next_cursor=None),
    )
    assert await tth.choices(ChoiceSource.CONVERSATIONS, account_id="42") == (
        Choice("7700", "Ada Moreno"),
        Choice("7701", "Ada, Bo"),
        Choice("7702", "7702"),
    )
    assert [dict(call.request.url.params) for call in route.calls] == [
        {"limit": "25", "account_id": "42"},
        {"limit": "25", "account_id": "42", "cursor": "c2"},
    ]


async def test_conversations_end_where_the_service_leads_in_a_circle_or_has_too_many() -> None:
    tth, route = talking(*[conversations({"conversation_id": "1"}, has_more=True, next_cursor="same")] * 3)
    assert await tth.choices(ChoiceSource.CONVERSATIONS) == (Choice("1", "1"),)
    assert route.call_count == 2
    assert "account_id" not in dict(route.calls.last.request.url.params)
    pages = [conversations({"conversation_id": n}, has_more=True, next_cursor=f"c{n}") for n in range(50)]
    tth, route = talking(*pages)
    assert len(await tth.choices(ChoiceSource.CONVERSATIONS)) == route.call_count == 8
