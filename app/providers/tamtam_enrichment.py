"""Tamtam's enrichment: how a person is sent, and how results are read. Contract sheet `tamtam` sections 3 and 4."""

import logging

import msgspec

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import AnswerEntry, AnswerStatus, EnrichField, SubmitItem
from app.domain.identifiers import normalise_domain
from app.providers.wire import Scalar, identifier, part, text

log = logging.getLogger(__name__)

#: Names this reading of the service's answers; another number when it reads them otherwise.
ADAPTER = "tamtam/1"

_CLIENT_KEY = "client_key"
_FIELD_NAMES = {EnrichField.EMAILS: "contact.emails", EnrichField.PHONES: "contact.phones"}


class Accepted(msgspec.Struct):
    """The head of a submit's and of a poll's answer."""

    request_id: Scalar = None
    status: Scalar = None
    item_count: Scalar = None


class _Email(msgspec.Struct):
    email: Scalar = None
    status: Scalar = None


class _Phone(msgspec.Struct):
    number: Scalar = None
    region: Scalar = None


class _Entry(msgspec.Struct):
    enrichment_type: Scalar = None
    status: Scalar = None
    custom: dict[str, Scalar] | None = None
    emails: list[_Email | str] | None = None
    most_probable_email: Scalar = None
    phones: list[_Phone | str] | None = None
    error: Scalar = None


def request(item: SubmitItem) -> dict[str, object]:
    """One person as the schema wants it: unknown or empty members are refused, so they are left out."""
    person = item.person
    request: dict[str, object] = {
        "firstname": person.first_name.strip(),
        "lastname": person.last_name.strip(),
        "domain": normalise_domain(person.domain),
        "enrich_fields": [_FIELD_NAMES[enrich_field] for enrich_field in sorted(item.fields)],
        "custom": {_CLIENT_KEY: item.client_key},
    }
    for name, value in (("company_name", person.company_name), ("linkedin_url", person.linkedin_url)):
        if value.strip():
            request[name] = value.strip()
    return request


def read_status(word: str) -> AnswerStatus:
    """Only the two documented words, as they are written, end the polling (sheet section 4)."""
    if word in (AnswerStatus.COMPLETED, AnswerStatus.FAILED):
        return AnswerStatus(word)
    if word != AnswerStatus.PROCESSING:
        log.info("Tamtam's status “%s” is not documented; it counts as still running", text(word, longest=40))
    return AnswerStatus.PROCESSING


def read_entry(raw: bytes) -> AnswerEntry:
    """One result; one that cannot be read carries an error instead of values."""
    try:
        entry = part(raw, _Entry)
    except ValueError:
        return AnswerEntry("", error="This entry cannot be read.", raw=raw, unreadable=True)
    emails = (
        EmailValue(text(one)) if isinstance(one, str) else EmailValue(text(one.email), verdict=text(one.status))
        for one in entry.emails or []
    )
    phones = (
        PhoneValue(text(one)) if isinstance(one, str) else PhoneValue(text(one.number), region=text(one.region))
        for one in entry.phones or []
    )
    return AnswerEntry(
        client_key=identifier((entry.custom or {}).get(_CLIENT_KEY)),
        enrichment_type=text(entry.enrichment_type),
        status=text(entry.status),
        emails=tuple(email for email in emails if email.address),
        most_probable_email=text(entry.most_probable_email),
        phones=tuple(phone for phone in phones if phone.number),
        error=text(entry.error, longest=300),
        raw=raw,
    )
