import httpx
import pytest

from app.demo.app import sample_ids
from app.demo.faults import FaultKind, read_fault
from app.demo.service import ConnectionDroppedError
from app.domain.provider import Provider
from tests.demo.conftest import Demo
from tests.support.demo_server import PATIENCE, DemoServer

TAMTAM, LEADFEEDER, BUILDWORKPRO, TALKTOHUMANS = (
    Provider.TAMTAM,
    Provider.LEADFEEDER,
    Provider.BUILDWORKPRO,
    Provider.TALKTOHUMANS,
)
PERSON = {"firstname": "Ada", "lastname": "Quillmere", "domain": "quill.example", "enrich_fields": ["contact.emails"]}


@pytest.mark.parametrize(
    ("provider", "path", "media_type"),
    [
        (TAMTAM, "/v2/credits", "application/problem+json"),
        (BUILDWORKPRO, "/contacts", "application/problem+json"),
        (LEADFEEDER, "/v1/accounts", "application/json"),
        (TALKTOHUMANS, "/v1/accounts", "application/json"),
    ],
)
async def test_a_status_comes_in_the_vendors_own_words(
    demo: Demo, provider: Provider, path: str, media_type: str
) -> None:
    for status in (400, 401, 403, 404, 500, 503):
        await demo.fault("status", provider=provider, status=status)
        answer = await demo[provider].get(path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == media_type
        assert answer.json()
    assert (await demo[provider].get(path)).status_code == 200


async def test_it_hits_after_so_many_requests_and_so_often(demo: Demo) -> None:
    await demo.fault("status", provider=TAMTAM, status=503, after=2, times=3, retry_after=7)
    answers = [await demo[TAMTAM].get("/v2/credits") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200, 200, 503, 503, 503, 200, 200]
    assert answers[2].headers["Retry-After"] == "7"
    assert "Retry-After" not in answers[0].headers


async def test_it_hits_only_what_it_names(demo: Demo) -> None:
    await demo.fault("status", provider=TAMTAM, method="get", path="/v2/people", status=500, times=None)
    assert (await demo[TAMTAM].get("/v2/credits")).status_code == 200
    assert (await demo[BUILDWORKPRO].get("/contacts")).status_code == 200
    assert (await demo[TAMTAM].post("/v2/people/enrich", json={"requests": [PERSON]})).status_code == 202
    for _ in range(3):
        assert (await demo[TAMTAM].get("/v2/people/enrich/x")).status_code == 500
    assert len((await demo.control.get("faults")).json()["faults"]) == 1
    await demo.control.delete("faults")
    assert (await demo.control.get("faults")).json() == {"faults": []}
    assert (await demo[TAMTAM].get("/v2/people/enrich/x")).status_code == 404


async def test_several_faults_come_in_turn(demo: Demo) -> None:
    script = [{"kind": "status", "status": status} for status in (500, 429)]
    await demo.control.post("faults", json=script)
    answers = [(await demo[LEADFEEDER].get("/v1/accounts")).status_code for _ in range(3)]
    assert answers == [500, 429, 200]


async def test_a_refused_submit_was_not_accepted_unless_it_says_so(demo: Demo) -> None:
    for process in (False, True):
        await demo.fault("status", provider=TAMTAM, status=502, process=process)
        assert (await demo[TAMTAM].post("/v2/people/enrich", json={"requests": [PERSON]})).status_code == 502
        assert len((await demo.ledger())["submits"]) == process


async def test_bodies_and_pages_of_others(demo: Demo) -> None:
    await demo.fault("html", provider=TAMTAM)
    portal = await demo[TAMTAM].get("/v2/credits")
    assert portal.status_code == 200
    assert portal.headers["Content-Type"].startswith("text/html")
    await demo.fault("body", provider=TAMTAM, body='{"credits": [')
    assert (await demo[TAMTAM].get("/v2/credits")).text == '{"credits": ['
    await demo.fault("body", provider=TAMTAM, body={"odd": 1}, status=418)
    odd = await demo[TAMTAM].get("/v2/credits")
    assert (odd.status_code, odd.json()) == (418, {"odd": 1})
    await demo.fault("status", provider=TAMTAM, status=500, body="oops")
    assert (await demo[TAMTAM].get("/v2/credits")).text == "oops"


async def test_rows_go_missing_come_twice_and_change_places(demo: Demo) -> None:
    ids = [int(identifier) for identifier in sample_ids(demo.data, BUILDWORKPRO, 10)]

    async def fetch() -> list[int]:
        answer = await demo[BUILDWORKPRO].post("/contacts/get-many", json={"ids": ids})
        return [row.get("id") for row in answer.json()["data"]]

    usual = await fetch()
    await demo.fault("missing_rows", rows=3)
    assert await fetch() == usual[3:]
    await demo.fault("duplicate_rows", rows=2)
    assert await fetch() == usual + usual[:2]
    await demo.fault("reorder")
    assert await fetch() == usual[::-1]
    await demo.fault("extra_rows")
    assert await fetch() == [*usual, None]
    assert await fetch() == usual


async def test_rows_of_every_service_can_go_missing(demo: Demo) -> None:
    calls: list[tuple[Provider, str, str]] = [
        (TALKTOHUMANS, "/v1/accounts", "accounts"),
        (LEADFEEDER, "/v1/accounts", ""),
    ]
    for provider, path, member in calls:
        await demo.fault("missing_rows", provider=provider, rows=1)
        data = (await demo[provider].get(path)).json()["data"]
        again = (await demo[provider].get(path)).json()["data"]
        assert (data[member] if member else data) == (again[member] if member else again)[1:]
    ids = sample_ids(demo.data, TAMTAM, 5)
    await demo.fault("missing_rows", provider=TAMTAM, rows=4)
    assert len((await demo[TAMTAM].post("/v1/contacts", json={"contact_ids": ids})).json()) == 1


async def test_keys_are_revoked_and_credits_run_out(demo: Demo) -> None:
    for provider, path, refused, dry in (
        (TAMTAM, "/v2/credits", 401, 402),
        (LEADFEEDER, "/v1/accounts", 401, 403),
        (BUILDWORKPRO, "/contacts", 401, 403),
        (TALKTOHUMANS, "/v1/accounts", 401, 403),
    ):
        await demo.fault("key_revoked", provider=provider)
        assert (await demo[provider].get(path)).status_code == refused
        await demo.fault("out_of_credits", provider=provider)
        assert (await demo[provider].get(path)).status_code == dry


async def test_in_process_a_dropped_answer_is_an_error_after_the_work(demo: Demo) -> None:
    await demo.fault("drop_reply", provider=TAMTAM)
    with pytest.raises(ConnectionDroppedError):
        await demo[TAMTAM].post("/v2/people/enrich", json={"requests": [PERSON]})
    books = await demo.ledger()
    assert [submit["dropped"] for submit in books["submits"]] == [True]
    assert books["requests"][-1]["status"] is None


def test_over_a_socket_a_dropped_answer_ends_the_connection_after_the_work(
    demo_server: DemoServer, capfd: pytest.CaptureFixture[str]
) -> None:
    demo_server.fault("drop_reply", TAMTAM, path="/v2/people/enrich")
    url, headers = demo_server.url(TAMTAM) + "/v2/people/enrich", {"Authorization": demo_server.key}
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(url, headers=headers, json={"requests": [PERSON]})
        assert [submit["dropped"] for submit in demo_server.ledger()["submits"]] == [True]
        assert client.post(url, headers=headers, json={"requests": [PERSON]}).status_code == 202
    assert [submit["dropped"] for submit in demo_server.ledger()["submits"]] == [True, False]
    assert capfd.readouterr() == ("", "")


def test_over_a_socket_a_reset_ends_the_connection_before_the_work(
    demo_server: DemoServer, capfd: pytest.CaptureFixture[str]
) -> None:
    demo_server.fault("reset", TAMTAM)
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client, pytest.raises(httpx.ReadError):
        client.post(
            demo_server.url(TAMTAM) + "/v2/people/enrich",
            headers={"Authorization": demo_server.key},
            json={"requests": [PERSON]},
        )
    assert demo_server.ledger()["submits"] == []
    assert [line["status"] for line in demo_server.requests(TAMTAM)] == [None]
    assert capfd.readouterr() == ("", "")


async def test_a_delay_outlasts_the_clients_patience(demo_server: DemoServer) -> None:
    demo_server.fault("delay", BUILDWORKPRO, seconds=PATIENCE)
    url, headers = demo_server.url(BUILDWORKPRO) + "/contacts", {"Authorization": f"Bearer {demo_server.key}"}
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(url, headers=headers, timeout=httpx.Timeout(PATIENCE, read=0.1))
        demo_server.clear_faults()
        assert (await client.get(url, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        5,
        {},
        {"kind": "lightning"},
        {"kind": "status"},
        {"kind": "status", "status": "500"},
        {"kind": "delay", "provider": "acme"},
        {"kind": "delay", "minutes": 5},
    ],
)
async def test_what_is_no_fault_is_refused_with_a_sentence(demo: Demo, fault: object) -> None:
    answer = await demo.control.post("faults", json=[{"kind": "delay"}, fault])
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (await demo.control.get("faults")).json() == {"faults": []}


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_can_be_written(kind: FaultKind) -> None:
    fault = read_fault({"kind": kind.value, "provider": "tamtam", "status": 500, "method": "post"})
    assert (fault.kind, fault.provider, fault.method) == (kind, TAMTAM, "POST")
