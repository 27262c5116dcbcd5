import asyncio
import gzip
import json
import logging
import ssl
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
import respx

from app.domain.errors import (
    BadKeyError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
    UnreadableAnswerError,
)
from app.domain.provider import Provider
from app.providers.client import Timeouts
from app.providers.limits import Limiter
from app.providers.retries import RetryPolicy
from tests.providers.support import (
    KEY,
    FakeClock,
    free_limiter,
    make_client,
    mock,
)
from tests.support.fault_server import Behaviour, answer, reset, rude_server, send, trickle

BASE = "https://api.tamtam.ai/api"
OK = httpx.Response(200, json={})
BUSY = httpx.Response(429, json={"Message": "Too Many Requests"}, headers={"Retry-After": "7"})
DOWN = httpx.Response(503, json={})


class TestRequest:
    async def test_carries_address_path_query_body_and_headers(self) -> None:
        router = respx.Router()
        route = router.post(f"{BASE}/v1/things").mock(
            return_value=httpx.Response(200, json={"meta": {"request_id": "r-1"}})
        )
        client = make_client(transport=mock(router))
        got = await client.post("/v1/things", {"ids": ["1"]}, query=[("a", "x y"), ("a", "ü&"), ("b[c]", "1")])
        await client.aclose()

        request = route.calls.last.request
        assert request.url.params.multi_items() == [("a", "x y"), ("a", "ü&"), ("b[c]", "1")]
        assert json.loads(request.content) == {"ids": ["1"]}
        assert request.headers["content-type"] == "application/json"
        assert "application/problem+json" in request.headers["accept"]
        assert request.headers["authorization"] == KEY
        assert (got.status, got.request_id) == (200, "r-1")

    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ("a/b?c#d e", "/api/v2/a%2Fb%3Fc%23d%20e/end"),
            ("..", "/api/v2/%2E%2E/end"),
            (".", "/api/v2/%2E/end"),
            ("%2e", "/api/v2/%252e/end"),
        ],
    )
    async def test_values_cannot_leave_their_place_in_the_path(self, value: str, path: str) -> None:
        router = respx.Router()
        route = router.get(url__startswith="https://api.tamtam.ai/").mock(return_value=OK)
        client = make_client(transport=mock(router))
        await client.get("/v2/{id}/end", values={"id": value})
        assert route.calls.last.request.url.raw_path == path.encode()

    @pytest.mark.parametrize(("text", "words"), [("x" * 70_000, "too long"), ("\ud800", "characters")])
    async def test_what_cannot_be_sent_is_told_without_sending(self, text: str, words: str) -> None:
        client = make_client(transport=mock(respx.Router()))
        with pytest.raises(InvalidRequestError, match=words):
            await client.get("/v1/things", query=[("q", text)])

    async def test_a_key_that_cannot_be_sent_is_a_bad_key(self) -> None:
        client = make_client(transport=mock(respx.Router()), key="two words")
        with pytest.raises(BadKeyError):
            await client.get("/v1/things")

    async def test_the_request_id_may_come_in_a_header(self) -> None:
        router = respx.Router()
        router.get(f"{BASE}/x").mock(return_value=httpx.Response(200, json=[], headers={"X-Request-Id": "h-\t1"}))
        assert (await make_client(transport=mock(router)).get("/x")).request_id == "h- 1"

    async def test_after_closing_nothing_is_sent_any_more(self) -> None:
        client = make_client(transport=mock(respx.Router()))
        await client.aclose()
        await client.aclose()
        with pytest.raises(NetworkError, match="was closed") as caught:
            await client.post("/x", {}, paid=True)
        assert not caught.value.sent

    async def test_logs_the_attempt_without_query_body_or_key(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        router = respx.Router()
        router.post(url__startswith=BASE).mock(
            side_effect=[DOWN, httpx.Response(200, json={"meta": {"request_id": "r-1"}})]
        )
        client = make_client(transport=mock(router))
        await client.request_json(
            "POST", "/v2/{id}", values={"id": "secret-id"}, query=[("q", "secret-query")], body={"p": "secret-person"}
        )
        lines = [record.getMessage() for record in caplog.records if record.name == "app.providers.http"]
        assert len(lines) == 2
        first, second = (dict(pair.split("=", 1) for pair in line.split(" ")) for line in lines)
        assert list(first) == ("provider method path status failure request_id attempt wait duration bytes".split())
        assert [first[name] for name in first][:7] == "tamtam POST /v2/{id} 503 TryLaterError - 1".split()
        assert [second[name] for name in second][:7] == "tamtam POST /v2/{id} 200 - r-1 2".split()
        assert "secret" not in caplog.text
        assert KEY not in caplog.text


class TestReads:
    @pytest.mark.parametrize(
        "failure",
        [
            DOWN,
            httpx.Response(500, json={}),
            httpx.Response(504, html="<html>gateway"),
            httpx.ConnectError("refused"),
            httpx.ReadTimeout("slow"),
            httpx.ReadError("reset"),
            httpx.RemoteProtocolError("garbage"),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_trouble_that_passes_is_sat_out(self, method: str, failure: httpx.Response | Exception) -> None:
        fake = FakeClock()
        router = respx.Router()
        route = router.route(method=method, url=f"{BASE}/x").mock(side_effect=[failure, failure, OK])
        got = await make_client(transport=mock(router), fake=fake).request_json(method, "/x")
        assert got.status == 200
        assert route.call_count == 3
        assert fake.slept == [0.5, 1.0]

    @pytest.mark.parametrize(
        ("failure", "kind"),
        [
            (DOWN, TryLaterError),
            (httpx.ConnectError("refused"), NetworkError),
        ],
    )
    async def test_trouble_that_stays_is_told_after_three_attempts(
        self, failure: httpx.Response | Exception, kind: type[ServiceError]
    ) -> None:
        router = respx.Router()
        route = router.get(f"{BASE}/x").mock(side_effect=[failure] * 9)
        with pytest.raises(kind):
            await make_client(transport=mock(router)).get("/x")
        assert route.call_count == 3

    @pytest.mark.parametrize(
        ("refusal", "kind"),
        [
            (httpx.Response(401, json={}), BadKeyError),
            (httpx.Response(404, json={}), NotFoundError),
            (httpx.Response(422, json={}), InvalidRequestError),
            (httpx.Response(200, html="<html>sign in"), NetworkError),
            (httpx.Response(302, headers={"Location": "https://portal.example/"}), NetworkError),
        ],
    )
    async def test_what_will_not_pass_is_told_at_once(self, refusal: httpx.Response, kind: type[ServiceError]) -> None:
        router = respx.Router()
        route = router.get(f"{BASE}/x").mock(return_value=refusal)
        with pytest.raises(kind):
            await make_client(transport=mock(router)).get("/x")
        assert route.call_count == 1

    async def test_retry_after_is_obeyed_to_the_second_by_every_user_of_the_key(self) -> None:
        fake = FakeClock()
        limiter = free_limiter(fake.clock)
        router = respx.Router()
        router.get(f"{BASE}/x").mock(side_effect=[BUSY, BUSY, OK])
        began = fake.time
        await make_client(transport=mock(router), fake=fake, limiter=limiter).get("/x")
        assert fake.time - began == pytest.approx(14)
        assert fake.slept[0] == 7

    async def test_a_429_without_a_hint_slows_everybody_down(self) -> None:
        fake = FakeClock()
        limiter = free_limiter(fake.clock)
        router = respx.Router()
        router.get(f"{BASE}/x").mock(return_value=httpx.Response(429, json={}))
        with pytest.raises(RateLimitedError):
            await make_client(transport=mock(router), fake=fake, limiter=limiter).get("/x")
        assert fake.slept == [0.5, 1.0, 2.0, 4.0]

    async def test_a_wait_longer_than_the_call_may_take_is_told_at_once_and_holds_for_all(self) -> None:
        fake = FakeClock()
        limiter = free_limiter(fake.clock)
        router = respx.Router()
        route = router.get(f"{BASE}/x").mock(return_value=httpx.Response(429, json={}, headers={"Retry-After": "600"}))
        client = make_client(transport=mock(router), fake=fake, limiter=limiter)
        with pytest.raises(RateLimitedError) as first:
            await client.get("/x")
        with pytest.raises(RateLimitedError) as second:
            await client.get("/x")
        assert first.value.retry_after == 600
        assert second.value.retry_after == 600
        assert "10 min" in second.value.next_step
        assert route.call_count == 1
        assert fake.slept == []

    async def test_the_total_of_waits_is_bounded(self) -> None:
        fake = FakeClock()
        router = respx.Router()
        route = router.get(f"{BASE}/x").mock(return_value=httpx.Response(429, json={}, headers={"Retry-After": "50"}))
        with pytest.raises(RateLimitedError):
            await make_client(transport=mock(router), fake=fake).get("/x")
        assert route.call_count == 3
        assert fake.slept == [50, 50]

    async def test_maintenance_with_a_hint_waits_as_long_as_told(self) -> None:
        fake = FakeClock()
        router = respx.Router()
        router.get(f"{BASE}/x").mock(
            side_effect=[httpx.Response(503, json={}, headers={"Retry-After": "Sun, 01 Nov 2026 12:00:40 GMT"}), OK]
        )
        await make_client(transport=mock(router), fake=fake).get("/x")
        assert fake.slept == [40]

    async def test_a_spent_company_budget_pauses_before_the_service_has_to_refuse(self) -> None:
        fake = FakeClock()
        limiter = free_limiter(fake.clock)
        router = respx.Router()
        headers = {"RateLimit-Tenant-Remaining": "0", "RateLimit-Tenant-Reset": "90"}
        router.get(f"{BASE}/x").mock(return_value=httpx.Response(200, json={}, headers=headers))
        await make_client(transport=mock(router), fake=fake, limiter=limiter).get("/x")
        assert limiter.paused_for == 90

    async def test_buildworkpro_is_asked_once_more_after_an_internal_error(self) -> None:
        router = respx.Router()
        body = {"type": "https://docs.buildworkpro.com/errors#internal_error", "title": "t", "status": 500}
        route = router.get(url__startswith="https://app.buildworkpro.com").mock(
            return_value=httpx.Response(500, json=body)
        )
        client = make_client(
            Provider.BUILDWORKPRO, transport=mock(router), retries=RetryPolicy(once=frozenset({"internal_error"}))
        )
        with pytest.raises(TryLaterError):
            await client.get("/contacts")
        assert route.call_count == 2


class TestPaidCalls:
    @pytest.mark.parametrize(
        "doubt",
        [
            httpx.ReadTimeout("slow"),
            httpx.WriteTimeout("slow"),
            httpx.ReadError("reset"),
            httpx.WriteError("reset"),
            httpx.RemoteProtocolError("closed"),
            httpx.Response(500, json={}),
            DOWN,
            httpx.Response(504, html="<html>"),
            httpx.Response(202, html="<html>"),
            httpx.Response(302),
            httpx.Response(403, html="<html>blocked"),
            httpx.Response(202, text="ok"),
        ],
    )
    async def test_in_doubt_the_outcome_is_unknown_and_nothing_is_sent_again(
        self, doubt: httpx.Response | Exception
    ) -> None:
        router = respx.Router()
        route = router.post(f"{BASE}/buy").mock(side_effect=[doubt, OK])
        with pytest.raises(OutcomeUnknownError, match="may or may not"):
            await make_client(transport=mock(router)).post("/buy", {}, paid=True)
        assert route.call_count == 1

    @pytest.mark.parametrize("never", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
    async def test_a_connection_that_never_was_is_no_doubt(self, never: Exception) -> None:
        router = respx.Router()
        route = router.post(f"{BASE}/buy").mock(side_effect=[never, OK])
        with pytest.raises(NetworkError) as caught:
            await make_client(transport=mock(router)).post("/buy", {}, paid=True)
        assert not caught.value.sent
        assert route.call_count == 1

    @pytest.mark.parametrize(
        ("refusal", "kind"),
        [
            (BUSY, RateLimitedError),
            (httpx.Response(401, json={}), BadKeyError),
            (httpx.Response(422, json={}), InvalidRequestError),
            (httpx.Response(404, json={}), NotFoundError),
        ],
    )
    async def test_a_refusal_is_a_refusal(self, refusal: httpx.Response, kind: type[ServiceError]) -> None:
        router = respx.Router()
        route = router.post(f"{BASE}/buy").mock(return_value=refusal)
        with pytest.raises(kind):
            await make_client(transport=mock(router)).post("/buy", {}, paid=True)
        assert route.call_count == 1

    async def test_during_a_long_pause_nothing_is_sent(self) -> None:
        fake = FakeClock()
        limiter = free_limiter(fake.clock)
        limiter.pause(600)
        client = make_client(transport=mock(respx.Router()), fake=fake, limiter=limiter)
        with pytest.raises(RateLimitedError):
            await client.post("/buy", {}, paid=True)


class TestRealSockets:
    """Faults that only a socket can make; each read is made once, each paid call must end in doubt."""

    FAULTS: ClassVar[dict[str, tuple[Behaviour, type[ServiceError], str]]] = {
        "reset": (reset, NetworkError, "broke off"),
        "silence": (send(b"", then_close=False), NetworkError, "in time"),
        "closed": (send(b""), NetworkError, "broke off"),
        "garbage": (send(b"SSH-2.0-OpenSSH_9\r\n\r\n"), NetworkError, "broke off"),
        "half": (
            send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"),
            NetworkError,
            "broke off",
        ),
        "trickle": (trickle, NetworkError, "in time"),
        "broken gzip": (answer(b"no gzip", headers="Content-Encoding: gzip\r\n"), NetworkError, "broke off"),
        "oversize": (answer(b" " * 3_000_000), UnreadableAnswerError, "far too large"),
        "gzip bomb": (
            answer(gzip.compress(b" " * 3_000_000), headers="Content-Encoding: gzip\r\n"),
            UnreadableAnswerError,
            "far too large",
        ),
        "page": (answer(b"<html>sign in", content_type="text/html"), NetworkError, "a web page"),
        "redirect": (
            answer(status=302, headers="Location: http://127.0.0.1:9/elsewhere\r\n"),
            NetworkError,
            "never followed",
        ),
        "image": (answer(b"GIF89a", content_type="image/gif"), NetworkError, "image/gif"),
    }

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("paid", [False, True])
    async def test_every_fault_is_one_clear_sentence(self, fault: str, *, paid: bool) -> None:
        behaviour, kind, words = self.FAULTS[fault]
        # Only who waits for nothing is to give up soon: a busy machine takes a while with all the others.
        in_time = words == "in time"
        timeouts = Timeouts(connect=5, read=0.3, total=1.5) if in_time else Timeouts(connect=30, read=30, total=60)
        async with rude_server(behaviour) as server:
            client = make_client(
                base_url=server.url,
                timeouts=timeouts,
                retries=RetryPolicy(attempts=1),
                max_body=2_000_000,
            )
            with pytest.raises(OutcomeUnknownError if paid else kind, match=words):
                await client.post("/x", {}, paid=paid)
            await client.aclose()
        assert len(server.requests) == 1

    async def test_a_redirect_elsewhere_never_takes_the_key_along(self) -> None:
        async with rude_server(answer()) as thief:
            moved = answer(status=307, headers=f"Location: {thief.url}/x\r\n")
            async with rude_server(moved) as server:
                client = make_client(base_url=server.url)
                with pytest.raises(NetworkError):
                    await client.get("/x")
                await client.aclose()
        assert thief.requests == []

    async def test_a_read_survives_a_reset_and_a_busy_server(self) -> None:
        busy = answer(status=429, headers="Retry-After: 1\r\n")
        async with rude_server(reset, busy, answer(b'{"meta":{"request_id":"r"}}')) as server:
            client = make_client(base_url=server.url)
            assert (await client.get("/x")).request_id == "r"
            await client.aclose()
        assert len(server.requests) == 3

    async def test_a_server_that_is_not_there_was_sent_nothing(self) -> None:
        async with rude_server(answer()) as server:
            pass
        client = make_client(base_url=server.url)
        with pytest.raises(NetworkError, match="could not be reached") as caught:
            await client.post("/buy", {}, paid=True)
        await client.aclose()
        assert not caught.value.sent

    async def test_compressed_answers_are_read(self) -> None:
        packed = answer(gzip.compress(b'{"meta":{"request_id":"z"}}'), headers="Content-Encoding: gzip\r\n")
        async with rude_server(packed) as server:
            client = make_client(base_url=server.url)
            assert (await client.get("/x")).request_id == "z"
            await client.aclose()

    async def test_giving_up_on_a_call_frees_its_place(self) -> None:
        async with rude_server(send(b"", then_close=False), answer()) as server:
            fake = FakeClock()
            client = make_client(base_url=server.url, fake=fake, limiter=Limiter([], in_flight=1, clock=fake.clock))
            stuck = asyncio.create_task(client.get("/x"))
            await server.asked.wait()
            stuck.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stuck
            assert (await client.get("/x")).status == 200
            await client.aclose()


class TestNetworkSettings:
    @pytest.mark.parametrize("proxy", ["nonsense://x", "socks5://127.0.0.1:9"])
    def test_a_proxy_setting_that_cannot_be_used_is_told(self, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("all_proxy", proxy)
        with pytest.raises(NetworkError, match="proxy set up on this computer"):
            make_client(ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    async def test_this_computer_itself_is_never_reached_through_a_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        async with rude_server(answer()) as server:
            client = make_client(base_url=server.url)
            assert (await client.get("/x")).status == 200
            await client.aclose()

    async def test_a_netrc_never_takes_the_keys_place(
        self, outside_world: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = outside_world / "netrc"
        netrc.write_text("default login somebody password else\n")
        monkeypatch.setenv("NETRC", str(netrc))
        async with rude_server(answer()) as server:
            client = make_client(base_url=server.url)
            await client.get("/x")
            await client.aclose()
        assert f"authorization: {KEY}".encode() in server.requests[0].lower()
