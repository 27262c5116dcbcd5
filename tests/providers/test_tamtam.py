import json
from typing import Any, ClassVar

import httpx
import pytest
import respx

from app.domain.contact import EmailValue, PhoneValue, RecordKind
from app.domain.credits import BalanceLine
from app.domain.enrichment import AnswerStatus, EnrichField, PersonInput, SubmitItem
from app.domain.errors import (
    InvalidRequestError,
    NoCreditsError,
    NotFoundError,
    OutcomeUnknownError,
    UnreadableAnswerError,
)
from app.domain.provider import Provider
from app.providers.tamtam import Tamtam
from tests.providers.support import KEY, make_service

BASE = "https://api.tamtam.ai/api"
ID = "b3c6f5e2-1234-4abc-9def-0123456789ab"
REQUEST = "7d1e4a52-90b3-4c55-8f0e-3a1d5b7c9e21"
BOTH = frozenset(EnrichField)
ADA = PersonInput(
    "Ada ", "Northfield", "https://www.Northfield.example/x", "Northfield GmbH", "https://linkedin.com/in/ada"
)


def service(router: respx.Router) -> Tamtam:
    made = make_service(Provider.TAMTAM, router)
    assert isinstance(made, Tamtam)
    return made


def answering(method: str, path: str, answer: httpx.Response | Exception) -> tuple[Tamtam, respx.Route]:
    router = respx.Router()
    route = router.route(method=method, path=f"/api{path}").mock(side_effect=[answer] * 20)
    return service(router), route


def contacts(answer: Any) -> tuple[Tamtam, respx.Route]:
    return answering("POST", "/v1/contacts", httpx.Response(200, json=answer))


def poll(answer: Any) -> Tamtam:
    return answering("GET", f"/v2/people/enrich/{REQUEST}", httpx.Response(200, json=answer))[0]


class TestContacts:
    async def test_are_read_from_a_bare_array(self) -> None:
        row = {
            "contact_id": ID.upper(),
            "first_name": "Elliot",
            "last_name": "Alderson",
            "job_title": "Head of Sales",
            "company_name": "TAMTAM",
            "company_linkedin_id": "104924588",
            "email": "elliot.alderson@tamtam.example",
            "phone": "+33639981234",
            "linkedin_url": "https://www.linkedin.com/in/elliot-alderson",
            "location": "Paris, France",
            "$schema": "x",
        }
        tamtam, route = contacts([row, {"first_name": "No id"}, None])
        fetched = await tamtam.fetch_by_ids([ID, ID])
        assert json.loads(route.calls.last.request.content) == {"contact_ids": [ID]}
        assert route.calls.last.request.headers["authorization"] == KEY
        (record,) = fetched.records
        assert (record.provider_id, record.kind, record.account_id) == (ID, RecordKind.FULL, "")
        assert record.fields.display_name == "Elliot Alderson"
        assert record.fields.emails == (EmailValue("elliot.alderson@tamtam.example"),)
        assert record.fields.phones == (PhoneValue("+33639981234"),)
        assert record.fields.company_linkedin_id == "104924588"
        assert record.fields.company_domain == ""
        assert len(fetched.quarantined) == 2

    async def test_null_is_an_empty_answer_and_an_object_is_none(self) -> None:
        tamtam, _ = contacts(None)
        tamtam_null, _ = answering(
            "POST", "/v1/contacts", httpx.Response(200, content=b"null", headers={"content-type": "application/json"})
        )
        assert (await tamtam_null.fetch_by_ids([ID])).records == ()
        tamtam, _ = contacts({})
        with pytest.raises(UnreadableAnswerError, match="not a list"):
            await tamtam.fetch_by_ids([ID])

    async def test_too_many_or_no_ids_are_not_sent(self) -> None:
        tamtam, route = contacts([])
        assert (await tamtam.fetch_by_ids([])).records == ()
        with pytest.raises(InvalidRequestError, match="100 IDs"):
            await tamtam.fetch_by_ids([str(n) for n in range(101)])
        assert not route.called

    async def test_reading_is_repeated_after_trouble(self) -> None:
        router = respx.Router()
        router.post(f"{BASE}/v1/contacts").mock(side_effect=[httpx.ReadTimeout("slow"), httpx.Response(200, json=[])])
        assert (await service(router).fetch_by_ids([ID])).records == ()


class TestSubmit:
    ACCEPTED = httpx.Response(202, json={"request_id": REQUEST, "status": "PROCESSING", "item_count": 2})

    async def test_sends_exactly_what_the_schema_allows(self) -> None:
        tamtam, route = answering("POST", "/v2/people/enrich", self.ACCEPTED)
        submission = await tamtam.submit_enrichment(
            [
                SubmitItem("key-1", ADA, BOTH),
                SubmitItem("key-2", PersonInput("Bo", "Li", "li.example"), frozenset({EnrichField.PHONES})),
            ]
        )
        assert json.loads(route.calls.last.request.content) == {
            "requests": [
                {
                    "firstname": "Ada",
                    "lastname": "Northfield",
                    "domain": "northfield.example",
                    "company_name": "Northfield GmbH",
                    "linkedin_url": "https://linkedin.com/in/ada",
                    "enrich_fields": ["contact.emails", "contact.phones"],
                    "custom": {"client_key": "key-1"},
                },
                {
                    "firstname": "Bo",
                    "lastname": "Li",
                    "domain": "li.example",
                    "enrich_fields": ["contact.phones"],
                    "custom": {"client_key": "key-2"},
                },
            ]
        }
        assert (submission.request_id, submission.status, submission.item_count) == (REQUEST, "PROCESSING", 2)

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(202, json={}),
            httpx.Response(202, json={"request_id": ""}),
            httpx.Response(202, json={"request_id": None, "status": "PROCESSING"}),
            httpx.Response(202, json=[]),
            httpx.Response(202, content=b'{"request_id": "7d', headers={"content-type": "application/json"}),
            httpx.Response(202, content=b""),
            httpx.Response(204),
            httpx.Response(500, json={}),
            httpx.ReadTimeout("slow"),
        ],
    )
    async def test_without_a_request_id_the_outcome_is_unknown_and_nothing_is_repeated(
        self, answer: httpx.Response | Exception
    ) -> None:
        tamtam, route = answering("POST", "/v2/people/enrich", answer)
        with pytest.raises(OutcomeUnknownError):
            await tamtam.submit_enrichment([SubmitItem("k", ADA, BOTH)])
        assert route.call_count == 1

    async def test_a_request_id_in_an_otherwise_odd_answer_is_kept(self) -> None:
        odd = httpx.Response(200, json={"request_id": REQUEST, "status": {}, "item_count": "two"})
        tamtam, _ = answering("POST", "/v2/people/enrich", odd)
        submission = await tamtam.submit_enrichment([SubmitItem("k", ADA, BOTH)])
        assert (submission.request_id, submission.item_count) == (REQUEST, 1)

    async def test_no_credits_is_a_refusal(self) -> None:
        tamtam, _ = answering("POST", "/v2/people/enrich", httpx.Response(402, json={"detail": "not enough"}))
        with pytest.raises(NoCreditsError, match="not enough"):
            await tamtam.submit_enrichment([SubmitItem("k", ADA, BOTH)])

    async def test_what_would_be_refused_is_not_sent(self) -> None:
        tamtam, route = answering("POST", "/v2/people/enrich", self.ACCEPTED)
        nameless = SubmitItem("k", PersonInput("Ada", " ", "northfield.example"), BOTH)
        for items in (
            [],
            [SubmitItem("k", ADA, BOTH)] * 101,
            [SubmitItem("k", ADA, BOTH), nameless],
            [SubmitItem("k", ADA, frozenset())],
        ):
            with pytest.raises(InvalidRequestError):
                await tamtam.submit_enrichment(items)
        assert not route.called


class TestPoll:
    async def test_reads_entries_about_fields(self) -> None:
        tamtam = poll(
            {
                "request_id": REQUEST,
                "status": "COMPLETED",
                "item_count": 2,
                "results": [
                    {
                        "enrichment_type": "contact.emails",
                        "status": "COMPLETED",
                        "custom": {"client_key": "k1", "other": 5},
                        "most_probable_email": "ada@northfield.example",
                        "emails": [
                            {"email": "ada@northfield.example", "status": "DELIVERABLE"},
                            {"email": None},
                            "b@x.example",
                        ],
                    },
                    {
                        "enrichment_type": "contact.phones",
                        "status": "COMPLETED",
                        "custom": {"client_key": "k1"},
                        "phones": [{"number": "+33639981234", "region": "FR"}, "+331", {}],
                    },
                    {
                        "enrichment_type": "contact.emails",
                        "status": "FAILED",
                        "custom": {"client_key": "k2"},
                        "error": "no",
                    },
                    {"status": "COMPLETED", "custom": None, "emails": None},
                    "unreadable",
                ],
            }
        )
        answer = await tamtam.poll_enrichment(REQUEST)
        assert (answer.request_id, answer.status, answer.item_count) == (REQUEST, AnswerStatus.COMPLETED, 2)
        emails, phones, failed, nobody, unreadable = answer.entries
        assert (emails.client_key, emails.most_probable_email) == ("k1", "ada@northfield.example")
        assert emails.emails == (EmailValue("ada@northfield.example", "DELIVERABLE"), EmailValue("b@x.example"))
        assert phones.phones == (PhoneValue("+33639981234", "FR"), PhoneValue("+331"))
        assert (failed.client_key, failed.status, failed.error) == ("k2", "FAILED", "no")
        assert (nobody.client_key, nobody.emails) == ("", ())
        assert (unreadable.client_key, unreadable.raw) == ("", b'"unreadable"')
        assert unreadable.error

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("PROCESSING", AnswerStatus.PROCESSING),
            ("COMPLETED", AnswerStatus.COMPLETED),
            ("FAILED", AnswerStatus.FAILED),
            ("completed", AnswerStatus.PROCESSING),
            ("QUEUED", AnswerStatus.PROCESSING),
        ],
    )
    async def test_only_the_documented_words_end_it(self, word: str, status: AnswerStatus) -> None:
        answer = await poll({"request_id": REQUEST, "status": word, "item_count": 1, "results": None}).poll_enrichment(
            REQUEST
        )
        assert (answer.status, answer.raw_status, answer.entries) == (status, word, ())

    @pytest.mark.parametrize(
        "body",
        [
            {"request_id": REQUEST, "status": "COMPLETED", "item_count": 1},
            {"request_id": REQUEST, "status": "COMPLETED", "results": {}},
            {"request_id": REQUEST, "results": []},
            {"request_id": "another", "status": "COMPLETED", "results": []},
            [],
            {},
        ],
    )
    async def test_an_end_that_cannot_be_read_is_no_end(self, body: Any) -> None:
        with pytest.raises(UnreadableAnswerError):
            await poll(body).poll_enrichment(REQUEST)

    async def test_a_running_answer_may_lack_its_results(self) -> None:
        assert (await poll({"status": "PROCESSING"}).poll_enrichment(REQUEST)).request_id == REQUEST

    async def test_the_request_id_is_encoded_and_an_unknown_one_is_told(self) -> None:
        router = respx.Router()
        route = router.get(url__startswith=BASE).mock(return_value=httpx.Response(404, json={"detail": "gone"}))
        with pytest.raises(NotFoundError, match="gone"):
            await service(router).poll_enrichment("a/b c")
        assert route.calls.last.request.url.raw_path == b"/api/v2/people/enrich/a%2Fb%20c"


class TestBalance:
    LINES: ClassVar[Any] = {
        "credits": [
            {
                "credit_type": "MaxPeopleEnrichments",
                "total_credits": 500,
                "used_credits": 100,
                "remaining_credits": 400,
            },
            {"credit_type": "MaxPeopleEnrichments", "total_credits": 50, "used_credits": 0, "remaining_credits": 50},
            {"credit_type": "MaxCompanyExports", "total_credits": 5, "used_credits": 5, "remaining_credits": None},
            7,
        ]
    }

    async def test_lines_of_one_kind_are_added_up(self) -> None:
        tamtam, _ = answering("GET", "/v2/credits", httpx.Response(200, json=self.LINES))
        assert await tamtam.balance() == (
            BalanceLine(550, 100, 450, "MaxPeopleEnrichments"),
            BalanceLine(5, 5, 0, "MaxCompanyExports"),
        )

    async def test_no_lines_are_no_lines(self) -> None:
        tamtam, _ = answering("GET", "/v2/credits", httpx.Response(200, json={"credits": None}))
        assert await tamtam.balance() == ()
        assert (await tamtam.check_key()).text == "The key works."

    async def test_the_key_check_says_what_is_left(self) -> None:
        tamtam, _ = answering("GET", "/v2/credits", httpx.Response(200, json=self.LINES))
        check = await tamtam.check_key()
        assert check.ok
        assert check.text == "The key works. 450 credits are left for e-mails and phones."

    async def test_a_refused_key_is_an_answer(self) -> None:
        tamtam, _ = answering("GET", "/v2/credits", httpx.Response(401, json={"title": "Unauthorized"}))
        check = await tamtam.check_key()
        assert (check.ok, check.text) == (False, "Tamtam refused the key. Check the key in Settings.")
