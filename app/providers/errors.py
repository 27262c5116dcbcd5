"""From a service's answer, or the lack of one, to our error: one class per meaning, one sentence for the rep.

The vendor's code or problem type decides before the status does, because the sheets show the same meaning under
different statuses (Leadfeeder's wrong key is 401 on one page and 403 on another; BuildWorkPro has four kinds of
403). Sources: contract sheets, TalkToHumans section 5, Leadfeeder section 6, Tamtam section 7, BuildWorkPro section 7.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.errors import (
    BadKeyError,
    Finding,
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
from app.providers.allowance import UsedUpError
from app.providers.clock import spoken
from app.providers.network_errors import CHECK_PROXY_SIGN_IN, PROXY_WANTS_SIGN_IN, WEB_PAGE, not_json, redirected
from app.providers.wire import load, text

CHECK_KEY = "Check the key in Settings."


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says: the vendor's code, its words, its request id, and what it found wrong."""

    code: str = ""
    detail: str = ""
    request_id: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code or status means. `sentence` has `{name}` for the service; `quote` adds the vendor's words."""

    kind: type[ServiceError]
    sentence: str
    next_step: str = ""
    quote: bool = False


_BAD_KEY = Meaning(BadKeyError, "{name} refused the key.", CHECK_KEY)
_EXPIRED_KEY = Meaning(BadKeyError, "The {name} key has expired.", "Get a new key and enter it in Settings.")
_DENIED = Meaning(
    PermissionDeniedError,
    "The {name} key works, but its plan or role does not allow this.",
    "Ask the account's administrator.",
    quote=True,
)
_NO_CREDITS = Meaning(
    NoCreditsError, "{name} has no credits left for this.", "Check the balance, or ask for more credits.", quote=True
)
_NOT_FOUND = Meaning(NotFoundError, "{name} does not know what was asked for.", quote=True)
_INVALID = Meaning(InvalidRequestError, "{name} did not accept the request.", quote=True)
_SLOW_DOWN = Meaning(RateLimitedError, "{name} asked us to slow down.", "Wait a little, then try again.")
_TROUBLE = Meaning(TryLaterError, "{name} is in trouble at the moment.", "Try again in a few minutes.")
_MAINTENANCE = Meaning(TryLaterError, "{name} is down for maintenance.", "Try again later.")
_SIGN_IN = Meaning(
    NetworkError,
    "The network wants a sign-in before it lets {name} through.",
    "Open a web page in the browser, sign in to the network, then try again.",
)
_PROXY_SIGN_IN = Meaning(NetworkError, PROXY_WANTS_SIGN_IN, CHECK_PROXY_SIGN_IN)

_BY_CODE: dict[Provider, dict[str, Meaning]] = {
    Provider.TALKTOHUMANS: {},
    Provider.TAMTAM: {},
    Provider.LEADFEEDER: {
        "missing_token": _BAD_KEY,
        "invalid_api_key": _BAD_KEY,
        "invalid_token": _BAD_KEY,
        "token_revoked": _BAD_KEY,
        "oauth_app_inactive": _BAD_KEY,
        "oauth_app_not_found": _BAD_KEY,
        "api_key_expired": _EXPIRED_KEY,
        "token_expired": _EXPIRED_KEY,
        "insufficient_entitlements": _DENIED,
        "insufficient_scope": _DENIED,
        "access_denied": _DENIED,
        "forbidden": _DENIED,
        # The sheet does not know whether this is the monthly quota or the credits: either way, asking on is wrong.
        "quota_exceeded": Meaning(
            NoCreditsError, "The {name} quota is used up.", "Check credits and monthly requests in Leadfeeder."
        ),
        "entity_not_found": _NOT_FOUND,
        "too_many_requests": _SLOW_DOWN,
    },
    Provider.BUILDWORKPRO: {
        "bad_request": _INVALID,
        "unauthorized": Meaning(
            BadKeyError, "{name} refused the key.", CHECK_KEY + " It may also be limited to other IP addresses."
        ),
        "token_expired": _EXPIRED_KEY,
        "scope_insufficient": Meaning(
            PermissionDeniedError,
            "The {name} key works, but it lacks the scope for this.",
            "Ask a company administrator for a key with the scope contacts:read.",
            quote=True,
        ),
        "forbidden": _DENIED,
        "subscription_inactive": Meaning(
            PermissionDeniedError, "The {name} subscription is not active.", "Ask whoever pays for it."
        ),
        "tenant_suspended": Meaning(
            PermissionDeniedError, "{name} has suspended the company's account.", "Contact BuildWorkPro's support."
        ),
        "not_found": _NOT_FOUND,
        "conflict": _INVALID,
        "idempotency_key_reused": _INVALID,
        "validation_failed": _INVALID,
        "rate_limited": _SLOW_DOWN,
        "internal_error": _TROUBLE,
        "service_unavailable": _TROUBLE,
        "maintenance": _MAINTENANCE,
    },
}

_BY_STATUS: dict[int, Meaning] = {
    401: _BAD_KEY,
    402: _NO_CREDITS,
    403: _DENIED,
    404: _NOT_FOUND,
    407: _PROXY_SIGN_IN,
    # A time-out of the service's own: unlike other 4xx it does not say that the request was turned down.
    408: _TROUBLE,
    410: _NOT_FOUND,
    429: _SLOW_DOWN,
    511: _SIGN_IN,
}

# Statuses that mean what they say even when a gateway in front of the service wrote the page.
_SURE_WITHOUT_BODY = frozenset({401, 402, 407, 408, 429, 511})


def error_in(
    provider: Provider,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    retry_after: float | None,
    redact: Callable[[str], str],
) -> ServiceError | None:
    """The error that an answer is, or None for a success with a JSON body.

    Args:
        provider: Whose answer it is.
        status: HTTP status.
        headers: The answer's headers.
        body: Its decoded body.
        retry_after: Seconds the service asked us to wait, None where it did not say.
        redact: Takes the key out of a text, should the service echo it.
    """
    if 300 <= status < 400:
        return redirected(provider, status, headers)
    content = _content(headers, body)
    if 200 <= status < 300:
        return None if content == "json" else not_json(provider, status, content, body)
    if content == WEB_PAGE and status < 500 and status not in _SURE_WITHOUT_BODY:
        return not_json(provider, status, content, body)
    return _error(provider, status, read_complaint(provider, body), retry_after, redact)


def read_complaint(provider: Provider, body: bytes) -> Complaint:
    """What an error body says, as far as it can be read; never raises.

    The words `value` of Tamtam's findings are left out: they echo the person that was sent.
    """
    try:
        document = load(body, dict[str, Any])
    except ValueError:
        return Complaint()
    return _READERS[provider](document)


def _error(
    provider: Provider, status: int, complaint: Complaint, retry_after: float | None, redact: Callable[[str], str]
) -> ServiceError:
    meaning = _BY_CODE[provider].get(complaint.code) or _BY_STATUS.get(status)
    if meaning is None:
        meaning = _TROUBLE if status >= 500 else _INVALID
    sentence = meaning.sentence.format(name=provider.label)
    next_step = meaning.next_step
    if meaning.kind is NetworkError:
        return NetworkError(sentence, provider=provider, sent=False, status=status, next_step=next_step)
    detail = redact(complaint.detail)
    if meaning.quote and detail:
        sentence = f"{sentence[:-1]}: {detail}"
    if meaning.kind is TryLaterError:
        sentence = f"{sentence[:-1]} (HTTP {status})."
    if retry_after:
        next_step = f"Try again in {spoken(retry_after)}."
    return meaning.kind(
        sentence,
        provider=provider,
        status=status,
        code=complaint.code,
        request_id=complaint.request_id,
        retry_after=retry_after,
        findings=tuple(Finding(redact(one.location), redact(one.message)) for one in complaint.findings),
        next_step=next_step,
    )


def _content(headers: Mapping[str, str], body: bytes) -> str:
    """What a body is: “json” (or may be, where nothing is said), a web page, or another content type."""
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body[:100].lstrip().startswith(b"<") or "html" in content_type:
        return WEB_PAGE
    if "json" in content_type or not content_type or not body:
        return "json"
    return text(content_type, longest=60)


def used_up(provider: Provider, end: UsedUpError, now: datetime) -> RateLimitedError:
    """The error for a call that the month has no request left for."""
    return RateLimitedError(
        f"The {end.limit:,} requests that {provider.label} allows a key each month are used up until"
        f" {end.resets:%Y-%m-%d} (UTC).",
        provider=provider,
        retry_after=(end.resets - now).total_seconds(),
        next_step=f"Go on after {end.resets:%Y-%m-%d}, or ask {provider.label} for more requests.",
    )


def paused_error(provider: Provider, seconds: float) -> RateLimitedError:
    """The error for a call that would have to sit out a longer pause than it has time for."""
    return RateLimitedError(
        f"{provider.label} asked us to wait.",
        provider=provider,
        retry_after=seconds,
        next_step=f"Try again in {spoken(seconds)}.",
    )


def unreadable(
    provider: Provider, reason: str, *, status: int | None = None, request_id: str = ""
) -> UnreadableAnswerError:
    """The error for a successful answer whose body makes no sense. `reason` is our own words."""
    return UnreadableAnswerError(
        f"{provider.label}'s answer could not be understood: {reason}.",
        provider=provider,
        status=status,
        request_id=request_id,
        next_step="Try again; if it stays so, the service may have changed.",
    )


def outcome_unknown(error: ServiceError, *, paid: bool = True) -> OutcomeUnknownError:
    """What an error means for a call that pays for, or changes, something, and may have reached the service."""
    looking_first = (
        "It is not sent again by itself, as that could cost twice. Compare the balance before you retry."
        if paid
        else f"It is not sent again by itself. Look at {error.provider.label} before you try again."
    )
    return OutcomeUnknownError(
        f"{error.provider.label} may or may not have accepted this: its answer was not seen. ({error.text})",
        provider=error.provider,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        next_step=looking_first,
    )


def may_have_been_accepted(error: ServiceError) -> bool:
    """Whether a paid submit, or a change, that failed so may have been accepted all the same."""
    if isinstance(error, NetworkError):
        return error.sent
    return isinstance(error, TryLaterError | UnreadableAnswerError)


def invalid_request(provider: Provider, sentence: str) -> InvalidRequestError:
    """The error for a request that we know the service would refuse; it is not sent."""
    return InvalidRequestError(sentence, provider=provider)


def _as_dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _as_dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _words(document: dict[str, Any], *names: str) -> str:
    """The first of some members that has text, made fit for one line."""
    for name in names:
        value = document.get(name)
        if isinstance(value, str) and (words := text(value, longest=300)):
            return words
    return ""


def _read_conventional(document: dict[str, Any]) -> Complaint:
    """TalkToHumans publishes no error body; this is the order of the sheet's section 5."""
    nested = _as_dict(document.get("error"))
    return Complaint(
        code=_words(nested, "code") or _words(document, "code"),
        detail=_words(nested, "message") or _words(document, "error", "message", "detail"),
        request_id=_words(document, "request_id"),
    )


def _read_leadfeeder(document: dict[str, Any]) -> Complaint:
    """Both spellings: flat `code` and `message`, or `errors[]`, with `error` beside it on 401."""
    entries = _as_dicts(document.get("errors"))
    first = entries[0] if entries else _as_dict(document.get("error"))
    return Complaint(
        code=_words(first, "code") or _words(document, "code"),
        detail=_words(first, "detail", "title", "message") or _words(document, "message"),
        request_id=_words(_as_dict(document.get("meta")), "request_id"),
    )


def _read_problem(document: dict[str, Any]) -> Complaint:
    """BuildWorkPro: an RFC 9457 problem; what it is stands after the `#` of its type."""
    fragment = _words(document, "type").partition("#")[2]
    return Complaint(
        code=fragment or _words(document, "code"),
        detail=_words(document, "detail", "title"),
        request_id=_words(document, "request_id"),
        findings=tuple(
            Finding(_words(entry, "field"), _words(entry, "message", "code"))
            for entry in _as_dicts(document.get("errors"))
        ),
    )


def _read_huma(document: dict[str, Any]) -> Complaint:
    """Tamtam: the problem document of its framework, or the gateway's `{"Message": …}` on 429."""
    folded = {name.lower(): value for name, value in document.items()}
    return Complaint(
        detail=_words(folded, "detail", "title", "message"),
        findings=tuple(
            Finding(_words(entry, "location"), _words(entry, "message")) for entry in _as_dicts(folded.get("errors"))
        ),
    )


_READERS: dict[Provider, Callable[[dict[str, Any]], Complaint]] = {
    Provider.TALKTOHUMANS: _read_conventional,
    Provider.LEADFEEDER: _read_leadfeeder,
    Provider.BUILDWORKPRO: _read_problem,
    Provider.TAMTAM: _read_huma,
}
