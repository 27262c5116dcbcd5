import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import (
    BadKeyError,
    InvalidRequestError,
    NetworkError,
    NoCreditsError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
    UnreadableAnswerError,
)
from app.domain.provider import Provider
from app.providers import errors

LEADFEEDER, TAMTAM = Provider.LEADFEEDER, Provider.TAMTAM
BUILDWORKPRO, TALKTOHUMANS = Provider.BUILDWORKPRO, Provider.TALKTOHUMANS


def read(
    provider: Provider,
    status: int,
    body: object = None,
    *,
    content_type: str = "application/json",
    retry_after: float | None = None,
) -> ServiceError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    headers = httpx.Headers({"content-type": content_type} if content_type else {})
    error = errors.error_in(
        provider, status, headers, raw, retry_after=retry_after, redact=lambda text: text.replace("s3cret", "…")
    )
    assert error is not None
    assert error.provider is provider
    assert error.status == status
    return error


def problem(fragment: str, **members: Any) -> dict[str, Any]:
    return {"type": f"https://docs.buildworkpro.com/errors#{fragment}", "title": "A title", "status": 0, **members}


@pytest.mark.parametrize("provider", list(Provider))
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, BadKeyError),
        (402, NoCreditsError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (408, TryLaterError),
        (409, InvalidRequestError),
        (410, NotFoundError),
        (413, InvalidRequestError),
        (415, InvalidRequestError),
        (422, InvalidRequestError),
        (429, RateLimitedError),
        (500, TryLaterError),
        (502, TryLaterError),
        (503, TryLaterError),
        (504, TryLaterError),
        (599, TryLaterError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[1]", b"nonsense"])
def test_without_a_readable_body_the_status_decides(
    provider: Provider, status: int, kind: type[ServiceError], body: bytes
) -> None:
    error = read(provider, status, body)
    assert type(error) is kind
    assert provider.label in error.text
    assert error.next_step or kind in (NotFoundError, InvalidRequestError)


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("missing_token", BadKeyError),
        ("invalid_api_key", BadKeyError),
        ("api_key_expired", BadKeyError),
        ("token_revoked", BadKeyError),
        ("insufficient_entitlements", PermissionDeniedError),
        ("access_denied", PermissionDeniedError),
        ("quota_exceeded", NoCreditsError),
        ("entity_not_found", NotFoundError),
        ("too_many_requests", RateLimitedError),
    ],
)
@pytest.mark.parametrize("spelling", ["flat", "errors", "both"])
def test_leadfeeders_code_beats_its_status_in_both_spellings(
    status: int, code: str, kind: type[ServiceError], spelling: str
) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "flat": {"code": code, "message": "Words."},
        "errors": {"errors": [{"code": code, "title": "Words."}], "meta": {"request_id": "r-1"}},
        "both": {
            "errors": [{"code": code, "title": "T", "detail": "Words."}],
            "error": {"code": code, "message": "M"},
            "meta": {"request_id": "r-1"},
        },
    }
    error = read(LEADFEEDER, status, bodies[spelling])
    assert type(error) is kind
    assert error.code == code
    assert error.request_id == ("" if spelling == "flat" else "r-1")


@pytest.mark.parametrize(
    ("fragment", "status", "kind", "words"),
    [
        ("bad_request", 400, InvalidRequestError, "did not accept"),
        ("unauthorized", 401, BadKeyError, "BuildWorkPro refused the key."),
        ("token_expired", 401, BadKeyError, "expired"),
        ("scope_insufficient", 403, PermissionDeniedError, "lacks the scope"),
        ("forbidden", 403, PermissionDeniedError, "plan or role"),
        ("subscription_inactive", 403, PermissionDeniedError, "subscription is not active"),
        ("tenant_suspended", 403, PermissionDeniedError, "suspended"),
        ("not_found", 404, NotFoundError, "does not know"),
        ("validation_failed", 422, InvalidRequestError, "did not accept"),
        ("rate_limited", 429, RateLimitedError, "slow down"),
        ("internal_error", 500, TryLaterError, "trouble"),
        ("service_unavailable", 503, TryLaterError, "trouble"),
        ("maintenance", 503, TryLaterError, "maintenance"),
    ],
)
def test_buildworkpros_problem_type_decides_and_its_four_403s_are_told_apart(
    fragment: str, status: int, kind: type[ServiceError], words: str
) -> None:
    error = read(BUILDWORKPRO, status, problem(fragment, request_id="req_9"), content_type="application/problem+json")
    assert type(error) is kind
    assert words in error.text
    assert (error.code, error.request_id) == (fragment, "req_9")


def test_buildworkpros_findings_name_field_and_complaint() -> None:
    body = problem(
        "validation_failed",
        detail="The request is invalid.",
        errors=[{"field": "ids", "code": "too_big", "message": "At most 50."}, "odd"],
    )
    error = read(BUILDWORKPRO, 422, body)
    assert [(one.location, one.message) for one in error.findings] == [("ids", "At most 50.")]
    assert error.text == "BuildWorkPro did not accept the request: The request is invalid."


def test_tamtams_findings_leave_out_the_value_that_echoes_the_person() -> None:
    body = {
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "validation failed",
        "errors": [
            {
                "message": "expected required property domain to be present",
                "location": "body.requests[0]",
                "value": {"firstname": "Elliot", "lastname": "Alderson"},
            }
        ],
    }
    error = read(TAMTAM, 422, body, content_type="application/problem+json")
    assert [one.location for one in error.findings] == ["body.requests[0]"]
    assert "Alderson" not in f"{error.text}{error.findings}"


def test_tamtams_429_has_its_own_spelling() -> None:
    error = read(TAMTAM, 429, {"Message": "Too Many Requests"}, retry_after=28)
    assert isinstance(error, RateLimitedError)
    assert error.text == "Tamtam asked us to slow down."
    assert error.next_step == "Try again in 28 s."
    assert error.retry_after == 28


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "No such tag."}},
        {"error": "No such tag."},
        {"message": "No such tag."},
        {"detail": "No such tag."},
    ],
)
def test_talktohumans_says_it_in_any_conventional_way(body: dict[str, Any]) -> None:
    assert read(TALKTOHUMANS, 422, body).text == "TalkToHumans did not accept the request: No such tag."


def test_a_key_that_a_service_echoes_is_taken_out() -> None:
    error = read(TALKTOHUMANS, 400, {"message": "bad key s3cret"})
    assert "s3cret" not in error.text


def test_a_services_words_become_one_short_line() -> None:
    error = read(TALKTOHUMANS, 400, {"message": "a\n\x1b[31m b\u2028" + "x" * 5000})
    assert error.text.isprintable()
    assert len(error.text) < 400


@pytest.mark.parametrize("status", [200, 202, 400, 403, 404])
def test_a_web_page_instead_of_an_answer_is_the_networks_fault(status: int) -> None:
    error = read(TAMTAM, status, b"\n <!doctype html><title>Sign in</title>", content_type="text/html; charset=utf-8")
    assert isinstance(error, NetworkError)
    assert error.sent
    assert "web page" in error.text
    assert "proxy" in error.text


def test_a_page_that_calls_itself_json_is_still_a_page() -> None:
    assert isinstance(read(TAMTAM, 200, b"<html>"), NetworkError)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_gateways_page_about_trouble_is_trouble(status: int) -> None:
    assert isinstance(read(LEADFEEDER, status, b"<html>", content_type="text/html"), TryLaterError)


@pytest.mark.parametrize(("status", "kind"), [(401, BadKeyError), (402, NoCreditsError), (429, RateLimitedError)])
def test_a_page_with_a_status_that_leaves_no_doubt_counts(status: int, kind: type[ServiceError]) -> None:
    assert type(read(TAMTAM, status, b"<html>", content_type="text/html")) is kind


def test_plain_text_is_no_success_but_may_carry_a_refusal() -> None:
    assert "text/plain" in read(TAMTAM, 200, b"OK", content_type="text/plain").text
    assert isinstance(read(TAMTAM, 404, b"404 page not found", content_type="text/plain"), NotFoundError)


@pytest.mark.parametrize("status", [407, 511])
def test_a_network_that_wants_a_sign_in_has_not_passed_the_request_on(status: int) -> None:
    error = read(TAMTAM, status, b"<html>", content_type="text/html")
    assert isinstance(error, NetworkError)
    assert not error.sent


def test_a_redirect_is_not_followed_but_told() -> None:
    error = read(TAMTAM, 302)
    assert isinstance(error, NetworkError)
    assert "never followed" in error.text


@pytest.mark.parametrize("content_type", ["application/json", "application/problem+json; charset=utf-8", ""])
def test_a_json_success_is_no_error(content_type: str) -> None:
    headers = httpx.Headers({"content-type": content_type} if content_type else {})
    assert errors.error_in(TAMTAM, 200, headers, b"[]", retry_after=None, redact=str) is None


@given(provider=st.sampled_from(list(Provider)), status=st.integers(300, 599), body=st.binary(max_size=200))
def test_any_body_of_an_error_makes_an_error_of_ours(provider: Provider, status: int, body: bytes) -> None:
    assert read(provider, status, body).text


_MEMBERS = st.sampled_from("code message Message error errors detail title type meta request_id field location".split())
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_MEMBERS, inner, max_size=4),
    max_leaves=12,
)


@given(provider=st.sampled_from(list(Provider)), status=st.integers(400, 599), body=_JSON)
def test_any_json_of_an_error_makes_an_error_of_ours(provider: Provider, status: int, body: object) -> None:
    assert read(provider, status, body).text


@pytest.mark.parametrize(
    ("error", "doubt"),
    [
        (NetworkError("", provider=TAMTAM, sent=False), False),
        (NetworkError("", provider=TAMTAM), True),
        (TryLaterError("", provider=TAMTAM, status=503), True),
        (UnreadableAnswerError("", provider=TAMTAM), True),
        (RateLimitedError("", provider=TAMTAM, status=429), False),
        (InvalidRequestError("", provider=TAMTAM, status=422), False),
        (NoCreditsError("", provider=TAMTAM, status=402), False),
        (BadKeyError("", provider=TAMTAM, status=401), False),
    ],
)
def test_what_leaves_a_paid_submit_in_doubt(error: ServiceError, doubt: bool) -> None:
    assert errors.may_have_been_accepted(error) is doubt


def test_doubt_keeps_what_is_known() -> None:
    seen = TryLaterError("Tamtam is down.", provider=TAMTAM, status=503, code="c", request_id="r")
    unknown = errors.outcome_unknown(seen)
    assert isinstance(unknown, OutcomeUnknownError)
    assert (unknown.status, unknown.code, unknown.request_id) == (503, "c", "r")
    assert "may or may not have accepted" in unknown.text
