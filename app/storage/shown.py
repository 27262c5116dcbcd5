"""Which value is shown where several source records speak of one contact. Pure rules, no database.

The order of preference: what the rep picked, a real value before a masked one, then a verified one, then the newer,
then the longer.
Company values are taken together: the name of today's employer must not meet the domain of the last one, because
enrichment pays by the domain.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from app.domain.contact import (
    ENTERED_BY_YOU,
    ContactRow,
    EmailValue,
    PersonFields,
    PhoneValue,
    RecordKind,
    SourceRecord,
)
from app.domain.identifiers import normalise_domain, normalise_email

V = TypeVar("V")

# No provider publishes its list of verdicts (Tamtam sheet, section 3); these are the words in common use.
_VERDICT_RANK = {
    **dict.fromkeys(("deliverable", "valid", "verified", "ok", "safe"), 3),
    **dict.fromkeys(("high_probability", "probable", "likely"), 2),
    **dict.fromkeys(("invalid", "undeliverable", "bounced", "not_deliverable"), 0),
}
_NO_VERDICT = 1

COMPANY = tuple(f.name for f in dataclass_fields(PersonFields) if f.name.startswith("company_"))
_LISTS = ("departments", "tags", "languages", "experiences", "educations")
_SPECIAL = {*COMPANY, *_LISTS, "emails", "phones", "masked"}
TEXTS = tuple(f.name for f in dataclass_fields(PersonFields) if f.name not in _SPECIAL)

#: The fields for which the rep may pick a value, as `FieldValue` names them.
PICKED = (*TEXTS, *COMPANY, "email", "phone")


class Choice(NamedTuple):
    """A value that the rep picked among those known, or typed."""

    value: str
    chosen_at: datetime


Choices = Mapping[str, Choice]
NO_CHOICES: Choices = MappingProxyType({})


def merged_fields(records: Sequence[SourceRecord], choices: Choices = NO_CHOICES) -> PersonFields:
    """One view of a contact from all that was said about it (at least one record), the rep's picks on top."""
    said = _said(records, choices)
    if not choices:
        return said
    texts: dict[str, Any] = {
        field: choice.value for field, choice in choices.items() if field not in ("email", "phone")
    }
    return replace(
        said,
        **texts,
        emails=_picked_first(said.emails, choices.get("email"), email_key, _typed_email),
        phones=_picked_first(said.phones, choices.get("phone"), phone_key, _typed_phone),
    )


def _said(records: Sequence[SourceRecord], choices: Choices) -> PersonFields:
    if len(records) == 1:
        said = records[0].fields
        return replace(said, emails=_best_emails(records), phones=_best_phones(records))
    employed = _same_employer(records, choices)
    chosen: dict[str, Any] = {name: _best_text(records, name) for name in TEXTS}
    chosen |= {name: _best_text(employed, name) for name in COMPANY}
    chosen |= {name: _best_list(records, name) for name in _LISTS}
    # A tag that was taken off must not come back from what the same provider said before.
    chosen["tags"] = _best_list(_latest(records), "tags")
    return PersonFields(**chosen, emails=_best_emails(records), phones=_best_phones(records), masked=is_masked(records))


def is_masked(records: Sequence[SourceRecord]) -> bool:
    """Whether all that providers said of the person is a masked summary."""
    people = [record for record in records if record.kind is not RecordKind.ENRICHMENT]
    return bool(people) and all(record.fields.masked for record in people)


def contact_row(contact_id: int, records: Sequence[SourceRecord], merged: PersonFields) -> ContactRow:
    """The table row of a contact, without its enrichment outcomes."""
    named = [record for record in records if record.provider_id and record.kind is not RecordKind.ENRICHMENT]
    newest = max(named or records, key=lambda record: record.fetched_at)
    email = merged.emails[0] if merged.emails else EmailValue("")
    return ContactRow(
        contact_id=contact_id,
        first_name=merged.first_name,
        last_name=merged.last_name,
        display_name=merged.display_name,
        job_title=merged.job_title,
        company_name=merged.company_name,
        company_domain=merged.company_domain,
        email=email.address,
        email_verdict=email.verdict,
        phone=merged.phones[0].number if merged.phones else "",
        linkedin_url=merged.linkedin_url,
        location=merged.location,
        provider=newest.provider,
        # An enrichment's id is our own key for one request: it names nobody at the provider.
        provider_id=newest.provider_id if named else "",
        account_id=newest.account_id if named else "",
        providers=tuple(dict.fromkeys(record.provider for record in records)),
        fetched_at=max(record.fetched_at for record in records),
        masked=merged.masked,
        country=merged.country_code.strip().upper(),
    )


def record_rank(record: SourceRecord) -> tuple[bool, datetime]:
    """Of two records the greater is believed first."""
    return not record.fields.masked, record.fetched_at


def _best_text(records: Iterable[SourceRecord], name: str) -> str:
    saying = [record for record in records if getattr(record.fields, name)]
    if not saying:
        return ""
    best = max(saying, key=lambda record: (*record_rank(record), len(getattr(record.fields, name))))
    return str(getattr(best.fields, name))


def _best_list(records: Iterable[SourceRecord], name: str) -> tuple[Any, ...]:
    saying = [record for record in records if getattr(record.fields, name)]
    if not saying:
        return ()
    best = max(saying, key=lambda record: (*record_rank(record), len(getattr(record.fields, name))))
    return tuple(getattr(best.fields, name))


def _latest(records: Sequence[SourceRecord]) -> list[SourceRecord]:
    """Of each provider's own records of the person the newest that is not masked."""
    newest: dict[tuple[str, ...], SourceRecord] = {}
    for record in records:
        key = (record.provider, record.provider_id, record.account_id)
        if not record.fields.masked and (key not in newest or record.fetched_at > newest[key].fetched_at):
            newest[key] = record
    return list(newest.values())


def _same_employer(records: Sequence[SourceRecord], choices: Choices) -> list[SourceRecord]:
    """The records that name the same company as the leading one; all, when none names a company.

    A company that the rep picked brings its own domain and size along, if any record knows them.
    """
    naming = [record for record in records if record.fields.company_name or record.fields.company_domain]
    picked = [
        (field, choice.value)
        for field in ("company_name", "company_domain")
        if (choice := choices.get(field)) is not None
    ]
    naming = [
        record for record in naming if any(getattr(record.fields, field) == value for field, value in picked)
    ] or naming
    if not naming:
        return list(records)
    lead = max(naming, key=lambda record: (*record_rank(record), len(record.fields.company_name))).fields
    name, domain = lead.company_name.casefold().strip(), normalise_domain(lead.company_domain)
    return [
        record
        for record in records
        if (name and record.fields.company_name.casefold().strip() == name)
        or (domain and normalise_domain(record.fields.company_domain) == domain)
    ]


def _best_emails(records: Iterable[SourceRecord]) -> tuple[EmailValue, ...]:
    def rank(record: SourceRecord, email: EmailValue) -> tuple[Any, ...]:
        verdict = _VERDICT_RANK.get(email.verdict.strip().casefold().replace(" ", "_"), _NO_VERDICT)
        return not record.fields.masked, verdict, record.fetched_at

    return _ranked(records, lambda record: record.fields.emails, rank, lambda email: email_key(email.address))


def _best_phones(records: Iterable[SourceRecord]) -> tuple[PhoneValue, ...]:
    def rank(record: SourceRecord, phone: PhoneValue) -> tuple[Any, ...]:
        return not record.fields.masked, not phone.blocked, record.fetched_at

    return _ranked(records, lambda record: record.fields.phones, rank, lambda phone: phone_key(phone.number))


def _ranked(
    records: Iterable[SourceRecord],
    said: Callable[[SourceRecord], Sequence[V]],
    rank: Callable[[SourceRecord, V], tuple[Any, ...]],
    identity: Callable[[V], str],
) -> tuple[V, ...]:
    """All values of all records, best first, each once; a record's own order (best first) breaks ties."""
    ranked = [(rank(record, value), value) for record in records for value in said(record)]
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    once: dict[str, V] = {}
    for _, value in ranked:
        once.setdefault(identity(value), value)
    return tuple(once.values())


def _picked_first(
    values: tuple[V, ...], choice: Choice | None, key: Callable[[str], str], typed: Callable[[str], V]
) -> tuple[V, ...]:
    if choice is None:
        return values
    wanted = key(choice.value)
    known = [value for value in values if key(_text_of(value)) == wanted]
    return (*(known or [typed(choice.value)]), *(value for value in values if value not in known))


def _text_of(value: object) -> str:
    return value.address if isinstance(value, EmailValue) else value.number if isinstance(value, PhoneValue) else ""


def _typed_email(text: str) -> EmailValue:
    return EmailValue(text, source=ENTERED_BY_YOU)


def _typed_phone(text: str) -> PhoneValue:
    return PhoneValue(text, source=ENTERED_BY_YOU)


def email_key(address: str) -> str:
    """By what two spellings of an e-mail address are one."""
    return normalise_email(address) or address


def phone_key(number: str) -> str:
    """By what two spellings of a phone number are one."""
    return re.sub(r"\D", "", number) or number
