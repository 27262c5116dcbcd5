"""Every value that was ever said of a contact, with its provenance, beyond what is shown."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.domain.contact import ENTERED_BY_YOU, Education, Experience, FieldValue, PersonFields, PhoneValue, SourceRecord
from app.storage.shown import COMPANY, NO_CHOICES, TEXTS, Choices, email_key, phone_key, record_rank

_KEYS: dict[str, Callable[[str], str]] = {"email": email_key, "phone": phone_key}


def field_values(
    records: Sequence[SourceRecord], merged: PersonFields, choices: Choices = NO_CHOICES
) -> tuple[FieldValue, ...]:
    """Every value with its provenance, field by field, the better record first; what the rep typed before all."""
    said = [
        replace(value, chosen=True) if _is_picked(value, choices) else value for value in _all_said(records, merged)
    ]
    picked = {value.field for value in said if value.chosen}
    typed = [
        FieldValue(field, value, None, None, chosen_at, note=ENTERED_BY_YOU, shown=True, chosen=True)
        for field, (value, chosen_at) in choices.items()
        if field not in picked
    ]
    return (*typed, *said)


def _is_picked(value: FieldValue, choices: Choices) -> bool:
    choice = choices.get(value.field)
    if choice is None:
        return False
    key = _KEYS.get(value.field)
    return choice.value == value.value if key is None else key(choice.value) == key(value.value)


def _all_said(records: Sequence[SourceRecord], merged: PersonFields) -> list[FieldValue]:
    ordered = sorted(records, key=record_rank, reverse=True)
    values: list[FieldValue] = []
    for name in (*TEXTS, *COMPANY):
        shown = getattr(merged, name)
        values += [
            _value(record, name, text, shown=text == shown)
            for record in ordered
            if (text := getattr(record.fields, name))
        ]
    for name, singular in (("departments", "department"), ("tags", "tag"), ("languages", "language")):
        shown_list = getattr(merged, name)
        for record in ordered:
            said: tuple[str, ...] = getattr(record.fields, name)
            values += [_value(record, singular, text, shown=text in shown_list) for text in said]
    shown_emails = {email_key(email.address) for email in merged.emails}
    shown_phones = {phone_key(phone.number) for phone in merged.phones}
    for record in ordered:
        values += [
            _value(
                record,
                "email",
                email.address,
                email.verdict,
                email.source,
                shown=email_key(email.address) in shown_emails,
            )
            for email in record.fields.emails
        ]
    for record in ordered:
        values += [
            _value(
                record, "phone", phone.number, note=_phone_note(phone), shown=phone_key(phone.number) in shown_phones
            )
            for phone in record.fields.phones
        ]
    for record in ordered:
        values += [
            _value(record, "experience", *_job(job), shown=job in merged.experiences)
            for job in record.fields.experiences
        ]
        values += [
            _value(record, "education", *_school(school), shown=school in merged.educations)
            for school in record.fields.educations
        ]
    return values


def _value(
    record: SourceRecord, field: str, value: str, verification: str = "", note: str = "", *, shown: bool
) -> FieldValue:
    return FieldValue(
        field,
        value,
        record.provider,
        record.kind,
        record.fetched_at,
        verification,
        note,
        shown,
        record.record_id,
        record.credits_charged,
    )


def _phone_note(phone: PhoneValue) -> str:
    return ", ".join(filter(None, (phone.kind, phone.region, phone.source, "do not call" if phone.blocked else "")))


def _job(job: Experience) -> tuple[str, str, str]:
    return ", ".join(filter(None, (job.title, job.company_name))), "", " to ".join(filter(None, (job.start, job.end)))


def _school(school: Education) -> tuple[str, str, str]:
    what = ", ".join(filter(None, (school.degree, school.field_of_study, school.school_name)))
    return what, "", " to ".join(filter(None, (school.start, school.end)))
