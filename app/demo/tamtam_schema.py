"""Tamtam's requests against its schema, and its refusals, in the wording of its server framework (Huma)."""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus

from app.demo.http import PROBLEM, Call, RefusalError, Reply
from app.domain.enrichment import BATCH_SIZE

FIELDS = ("contact.emails", "contact.phones")

_MAX_BODY = 1 << 20
_ITEM_STRINGS = ("firstname", "lastname", "domain", "company_name", "linkedin_url")
_REQUIRED = ("firstname", "lastname", "domain", "enrich_fields")


def problem(status: int, detail: str, errors: Sequence[Mapping[str, object]] = ()) -> Reply:
    """A problem document."""
    payload: dict[str, object] = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if errors:
        payload["errors"] = list(errors)
    return Reply(status, payload, PROBLEM)


def finding(message: str, location: str, value: object) -> dict[str, object]:
    """One thing that is wrong; as the framework does it, `value` echoes the input."""
    return {"message": message, "location": location, "value": value}


def invalid(message: str, location: str, value: object) -> RefusalError:
    """The refusal of a body with one thing wrong."""
    return RefusalError(problem(422, "validation failed", [finding(message, location, value)]))


def object_body(call: Call, known: Collection[str]) -> dict[str, object]:
    """The request's JSON object; members outside the schema are refused."""
    if len(call.body) > _MAX_BODY:
        raise RefusalError(problem(413, f"request body is too large limit={_MAX_BODY} bytes"))
    if not call.body:
        raise RefusalError(problem(400, "request body is required"))
    if not call.is_json:
        raise RefusalError(problem(415, f"unknown content type: {call.headers.get('content-type', '')}"))
    try:
        body = call.json()
    except ValueError as error:
        text = call.body.decode(errors="replace")
        raise RefusalError(problem(400, "validation failed", [finding(str(error), "body", text)])) from None
    if not isinstance(body, dict):
        raise invalid("expected object", "body", body)
    findings = [finding("unexpected property", f"body.{name}", body) for name in body if name not in known]
    if findings:
        raise RefusalError(problem(422, "validation failed", findings))
    return body


def typed_findings(
    body: Mapping[str, object],
    *,
    texts: Collection[str] = (),
    arrays: Collection[str] = (),
    switches: Collection[str] = (),
) -> list[dict[str, object]]:
    """What is wrong with members that must be texts, arrays of texts (or null), or booleans."""
    found: list[dict[str, object]] = []
    for name, value in body.items():
        place = f"body.{name}"
        if name in texts and not isinstance(value, str):
            found.append(finding("expected string", place, value))
        elif name in switches and not isinstance(value, bool):
            found.append(finding("expected boolean", place, value))
        elif name in arrays and value is not None:
            if not isinstance(value, list):
                found.append(finding("expected array", place, value))
                continue
            found += [
                finding("expected string", f"{place}[{number}]", entry)
                for number, entry in enumerate(value)
                if not isinstance(entry, str)
            ]
    return found


def read_requests(body: dict[str, object]) -> list[dict[str, object]]:
    """The people of a submit; one bad row sinks the batch, with a finding for each thing wrong."""
    requests = body.get("requests", ...)
    if requests is ...:
        raise invalid("expected required property requests to be present", "body", body)
    if requests is None:
        requests = []
    if not isinstance(requests, list):
        raise invalid("expected array", "body.requests", requests)
    if not requests:
        raise invalid("expected array length >= 1", "body.requests", requests)
    if len(requests) > BATCH_SIZE:
        raise invalid(f"expected array length <= {BATCH_SIZE}", "body.requests", requests)
    findings: list[dict[str, object]] = []
    for number, item in enumerate(requests):
        findings += _item_findings(item, f"body.requests[{number}]")
    if findings:
        raise RefusalError(problem(422, "validation failed", findings))
    return requests


def _item_findings(item: object, where: str) -> list[dict[str, object]]:
    if not isinstance(item, dict):
        return [finding("expected object", where, item)]
    found = [
        finding(f"expected required property {name} to be present", where, item)
        for name in _REQUIRED
        if name not in item
    ]
    for name, value in item.items():
        place = f"{where}.{name}"
        if name in _ITEM_STRINGS:
            if not isinstance(value, str):
                found.append(finding("expected string", place, value))
            elif not value and name in _REQUIRED:
                found.append(finding("expected length >= 1", place, value))
        elif name == "enrich_fields":
            found += _field_findings(value, place)
        elif name == "custom":
            if not isinstance(value, dict):
                found.append(finding("expected object", place, value))
            else:
                found += [
                    finding("expected string", f"{place}.{key}", inner)
                    for key, inner in value.items()
                    if not isinstance(inner, str)
                ]
        else:
            found.append(finding("unexpected property", place, item))
    return found


def _field_findings(value: object, place: str) -> list[dict[str, object]]:
    if not isinstance(value, list) or not value:
        return [finding("expected array length >= 1", place, value)]
    return [
        finding(f'expected value to be one of "{", ".join(FIELDS)}"', f"{place}[{number}]", entry)
        for number, entry in enumerate(value)
        if entry not in FIELDS
    ]
