"""Every example answer of the contracts is read: successes without loss, errors as what they mean."""

import dataclasses
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import httpx
import msgspec
import pytest

from app.domain.errors import (
    BadKeyError,
    InvalidRequestError,
    NoCreditsError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
)
from app.providers.registry import build_service
from tests.contract.calls import CALLS, Call
from tests.providers.support import FakeClock, free_limiter
from tests.support.openapi import Example, examples

MEANINGS: dict[int, tuple[type[ServiceError], ...]] = {
    400: (InvalidRequestError,),
    401: (BadKeyError,),
    402: (NoCreditsError,),
    403: (PermissionDeniedError, NoCreditsError, BadKeyError),
    404: (NotFoundError,),
    409: (InvalidRequestError,),
    422: (InvalidRequestError,),
    429: (RateLimitedError, NoCreditsError),
    500: (TryLaterError, OutcomeUnknownError),
    503: (TryLaterError,),
    504: (TryLaterError, OutcomeUnknownError),
}

#: By operation, or by operation and call: what the window does not show, as patterns of paths. Where rows are kept as
#: they came, it stays in them for later versions.
NOT_SHOWN = {
    "GET /v1/accounts": ("*owner_user_id", "*provider_account_id", "*.type", "*.credits.*", "meta.request_id"),
    "GET /v1/accounts balance": ("*.name", "*.id", "*.type", "meta.request_id"),
    "GET /v1/contacts": (
        # TalkToHumans
        "*.account.*",
        "*.account_relationship_id",
        "*_url",
        "*.company.*",
        "*.connection_invitation.*",
        "*_participant_id",
        "*.experience_id",
        "*.employment_type",
        "*.education_id",
        "*.follower_count",
        "*.last_interaction_at",
        "*.locations[[]].*",
        "*.notes_json",
        "*.profile_action_label",
        "*.sequence.*",
        "data.pagination.limit",
        # Leadfeeder
        "*.custom_fields.*",
        "*.gender",
        "*.attributes.title",
        "*.language_code",
        "*.public_sources*",
        "*.twitter*",
        "*.type",
    ),
    "GET /v1/buyer-personas": ("*.created_at", "*.filters.*", "*.type", "meta.request_id"),
    "POST /v1/contacts/search": ("*.language_code", "*.relationships.company.*", "*.type"),
    "POST /v1/contacts": ("*.company_linkedin_slug",),
    "POST /contacts/get-many": ("*.createdAt", "*.updatedAt"),
    "GET /v1/conversations": (
        "*.account.*",
        "*.participants*",
        "*.current_state",
        "*.is_group",
        "*_at",
        "*.app_url",
        "*.last_message_text",
        "*.pagination.limit",
    ),
    "PATCH /v1/contacts/{contact_id}": ("*.account.*", "*_participant_id", "*.account_relationship_id"),
    "GET /v1/contacts/{id}": ("*.attributes.title", "*.language_code", "*.relationships.company.*", "*.type"),
    "GET /v1/lists": ("*_at", "*.type", "*.relationships.*", "meta.*"),
    "GET /v1/lists/{id}": ("*_at", "*.type", "*.relationships.*", "meta.*"),
    "POST /v1/lists": ("*_at", "*.type", "*.relationships.*", "meta.*"),
    "POST /v1/contacts/{id}/lists": ("*",),
    "DELETE /v1/contacts/{id}/lists": ("*",),
    "GET /v1/usage": ("*",),
    "POST /v1/companies/match": ("*.url", "*.type", "meta.*"),
    "POST /v1/companies/search": ("*.url", "*.type", "*.employee_range", "*.address.city", "meta.*"),
    "GET /v1/buyer-personas/{id}": ("*.created_at", "*.filters.*", "*.type", "meta.request_id"),
    "POST /v2/people/search": ("has_more", "total_count", "filter_reasoning"),
    "GET /v2/contacts-lists/{contactsListID}": ("account_id", "assignee", "company_linkedin_ids*", "created_at"),
    "GET /contacts": ("*.createdAt", "*.updatedAt", "meta.pagination.*"),
    "GET /contacts/count": ("meta.request_id",),
    "GET /contacts/{id}": ("*.createdAt", "*.updatedAt"),
}

#: Where the rows are that must be kept just as they came.
ROWS = {
    "GET /v1/contacts": "data",
    "POST /v1/contacts/search": "data",
    "POST /v1/contacts": "",
    "POST /contacts/get-many": "data",
    "GET /v2/people/enrich/{RequestID}": "results",
    "POST /v2/people/search": "results",
    "GET /contacts": "data",
}


def cases(*, good: bool) -> list[object]:
    return [
        pytest.param(call, example, id=f"{call.provider.value} {example} {call.name}")
        for call in CALLS
        for example in examples(call.provider, call.operation)
        if (example.status < 300) is good
        # A persona that is not there, or no personas at all, are no errors.
        and (call.name, example.status) != ("persona", 404)
        and call.name != "check_key"
        and "every filter" not in call.name
    ]


async def answered(call: Call, example: Example) -> Any:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path in call.beforehand:
            return httpx.Response(200, content=call.beforehand[request.url.path])
        headers = {"Content-Type": example.content_type} if example.content_type else {}
        return httpx.Response(example.status, headers=headers, content=example.body)

    clock = FakeClock().clock
    service = build_service(
        call.provider, "key", transport=httpx.MockTransport(handle), limiter=free_limiter(clock), clock=clock
    )
    try:
        return await call.invoke(service)
    finally:
        await service.aclose()


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each piece of data with the path of its members: `data[].attributes.name`."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for entry in value:
            yield from leaves(entry, f"{path}[]")
    elif value not in (None, "", False):
        yield path, str(value)


def shown(value: Any) -> Iterator[str]:
    """Each piece of data in a result of ours, raw bytes left aside."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from shown(getattr(value, field.name))
    elif isinstance(value, tuple | list | frozenset):
        for entry in value:
            yield from shown(entry)
    elif not isinstance(value, bytes) and value is not None:
        yield str(value)


def raws(value: Any) -> Iterator[bytes]:
    """The rows a result keeps as they came."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from raws(getattr(value, field.name))
    elif isinstance(value, tuple):
        for entry in value:
            yield from raws(entry)
    elif isinstance(value, bytes):
        yield value


def rows_of(example: Example) -> list[object]:
    path = ROWS[example.operation]
    rows = example.value[path] if path else example.value
    return list(rows["contacts"] if isinstance(rows, dict) else rows or [])


@pytest.mark.parametrize(("call", "example"), cases(good=True))
async def test_an_example_answer_is_read_without_loss(call: Call, example: Example) -> None:
    result = await answered(call, example)
    seen = {" ".join(piece.casefold().split()) for piece in shown(result)}
    unseen = set()
    for path, piece in leaves(example.value):
        wanted = " ".join(piece.casefold().split())
        if wanted not in seen and not any(len(wanted) > 2 and wanted in whole for whole in seen):
            unseen.add(path)
    allowed = NOT_SHOWN.get(f"{call.operation} {call.name}") or NOT_SHOWN.get(call.operation, ())
    assert {path for path in unseen if not any(fnmatch(path, pattern) for pattern in allowed)} == set()
    if call.operation == "GET /v1/usage":
        assert msgspec.json.decode(result) == example.value
    if call.operation in ROWS:
        kept = [msgspec.json.decode(raw) for raw in raws(result)]
        assert kept == msgspec.json.decode(msgspec.json.encode(rows_of(example)))


@pytest.mark.parametrize(("call", "example"), cases(good=False))
async def test_an_example_of_an_error_is_read_as_what_it_means(call: Call, example: Example) -> None:
    with pytest.raises(MEANINGS[example.status]) as caught:
        await answered(call, example)
    assert caught.value.status == example.status
    assert caught.value.text.startswith(("The ", call.provider.label))
