"""Reading an enrichment answer: from entries in any shape and order to one result per person.

The vendor does not say whether an entry is about a person or about one field of a person, so both are read
(Tamtam contract sheet section 4): entries are grouped by our key, what an entry is about is told by its content first
and its type second, and nothing is ever matched by position.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import (
    PRICES,
    AnswerEntry,
    AnswerStatus,
    EnrichField,
    EnrichmentAnswer,
    EnrichmentItem,
    FieldResult,
    ItemResult,
    SubmitItem,
)
from app.domain.errors import Finding
from app.domain.identifiers import normalise_email
from app.domain.outcomes import Outcome
from app.domain.phones import in_e164

NO_ROW = "Tamtam returned no row for this person."
NO_VALUE = "Tamtam finished and found none."
STILL_RUNNING = "Tamtam is still looking."

# The vocabulary of an entry's status is not known; these are the words of its neighbours for an end without a value.
_FAILURE = re.compile(r"fail|error|time.?(?:d.?)?out|expired|cancel|insufficient", re.IGNORECASE)
_PLAIN = re.compile(r"failed?$", re.IGNORECASE)


def read_answer(
    items: Sequence[EnrichmentItem], answer: EnrichmentAnswer
) -> tuple[list[ItemResult], list[AnswerEntry]]:
    """A result per person of the batch, and the entries that belong to nobody in it.

    While the answer says it is processing, a field without a value is in flight, never "not found".
    """
    by_key: dict[str, list[AnswerEntry]] = {item.client_key: [] for item in items}
    unmatched: list[AnswerEntry] = []
    for entry in answer.entries:
        if entry.client_key in by_key:
            by_key[entry.client_key].append(entry)
        elif not entry.client_key and len(items) == 1:
            by_key[items[0].client_key].append(entry)
        else:
            unmatched.append(entry)
    return [_read_person(item, by_key[item.client_key], answer.status) for item in items], unmatched


def _read_person(item: EnrichmentItem, entries: Sequence[AnswerEntry], status: AnswerStatus) -> ItemResult:
    emails = _unite_emails(entries)
    phones = _unite_phones(entries)
    found = {EnrichField.EMAILS: bool(emails), EnrichField.PHONES: bool(phones)}
    results = tuple(
        FieldResult(enrich_field, Outcome.FOUND)
        if found[enrich_field]
        else _without_value(enrich_field, entries, status)
        for enrich_field in sorted(item.fields)
    )
    raw = b"[" + b",".join(entry.raw for entry in entries) + b"]" if entries else b""
    return ItemResult(item.client_key, results, emails, phones, raw)


def _without_value(enrich_field: EnrichField, entries: Sequence[AnswerEntry], status: AnswerStatus) -> FieldResult:
    about = [entry for entry in entries if _is_about(entry, enrich_field)]
    failed = [entry for entry in about if entry.error or _FAILURE.search(entry.status)]
    if status is AnswerStatus.PROCESSING:
        return FieldResult(enrich_field, Outcome.IN_FLIGHT, STILL_RUNNING)
    if failed:
        said = next((entry.error for entry in failed if entry.error), "")
        said = said or next((entry.status for entry in failed if not _PLAIN.match(entry.status)), "")
        return FieldResult(
            enrich_field, Outcome.FAILED, f"Tamtam says: {said}" if said else "Tamtam failed to look it up."
        )
    if status is AnswerStatus.FAILED:
        return FieldResult(enrich_field, Outcome.FAILED, "Tamtam ended the batch as failed.")
    if not about:
        return FieldResult(enrich_field, Outcome.UNKNOWN, NO_ROW)
    return FieldResult(enrich_field, Outcome.NOT_FOUND, NO_VALUE)


def _is_about(entry: AnswerEntry, enrich_field: EnrichField) -> bool:
    """Whether an entry can speak of a field: by its content, else by its type, else it speaks of the whole person."""
    word, other = ("mail", "phone") if enrich_field is EnrichField.EMAILS else ("phone", "mail")
    kind = entry.enrichment_type.casefold()
    if word in kind:
        return True
    if other in kind:
        return False
    mine, others = (entry.emails, entry.phones) if enrich_field is EnrichField.EMAILS else (entry.phones, entry.emails)
    return bool(mine) or not others or not kind or "contact" in kind or "person" in kind or "people" in kind


def _unite_emails(entries: Sequence[AnswerEntry]) -> tuple[EmailValue, ...]:
    """All addresses once, the most probable first."""
    united: dict[str, EmailValue] = {}
    for entry in entries:
        best = entry.most_probable_email
        if best and normalise_email(best):
            united.setdefault(normalise_email(best), EmailValue(best))
    for entry in entries:
        for email in entry.emails:
            key = normalise_email(email.address)
            if key and (key not in united or not united[key].verdict):
                # The most probable address comes without its verdict; its twin in the list has it.
                united[key] = email
    return tuple(united.values())


def _unite_phones(entries: Sequence[AnswerEntry]) -> tuple[PhoneValue, ...]:
    united: dict[str, PhoneValue] = {}
    for entry in entries:
        for phone in entry.phones:
            digits = re.sub(r"\D", "", phone.number)
            if digits:
                united.setdefault(digits, in_e164(phone))
    return tuple(united.values())


def without_cut(results: Sequence[ItemResult], taken: int | None) -> list[ItemResult]:
    """Final results in which those whom the provider never took have failed, where it can be told who they are.

    Args:
        results: One for each person of the batch.
        taken: How many it said it took, None where it did not say.
    """
    rowless = {person.client_key for person in results if all(part.reason == NO_ROW for part in person.results)}
    if taken is None or not rowless or len(rowless) != len(results) - taken:
        return list(results)
    reason = f"Tamtam took only {taken:,} of {len(results):,} people, and not this one."
    return [
        replace(person, results=tuple(replace(part, outcome=Outcome.FAILED, reason=reason) for part in person.results))
        if person.client_key in rowless
        else person
        for person in results
    ]


def booked_credits(items: Sequence[EnrichmentItem], results: Sequence[ItemResult]) -> int:
    """Credits to book for a finished batch: fields found, and those whose answer is missing; the rest is released.

    Credits are reserved on submission, confirmed on completion, and released where the enrichment fails (Tamtam
    contract sheet, section 3). Whether "nothing found" is such a failure is not said; it is read as one, as with the
    other services that charge by success. What nobody answered for may have been charged, so it is booked.
    """
    asked = {item.client_key for item in items}
    return sum(
        PRICES[result.field]
        for person in results
        if person.client_key in asked
        for result in person.results
        if result.outcome in (Outcome.FOUND, Outcome.UNKNOWN)
    )


def found_fields(entry: AnswerEntry) -> list[EnrichField]:
    """The fields that an entry has values for."""
    emails = EnrichField.EMAILS if entry.emails or entry.most_probable_email else None
    return [field for field in (emails, EnrichField.PHONES if entry.phones else None) if field is not None]


def blamed_people(items: Sequence[SubmitItem], findings: Sequence[Finding]) -> dict[str, str]:
    """Client key → what the provider found wrong, for findings that name a row such as `body.requests[3].domain`."""
    blamed: dict[str, list[str]] = {}
    for finding in findings:
        match = re.match(r"(?:body\.)?requests\[(\d+)\]\.?(.*)", finding.location)
        if match and int(match[1]) < len(items):
            said = f"{match[2]}: {finding.message}" if match[2] else finding.message
            blamed.setdefault(items[int(match[1])].client_key, []).append(said)
    return {client_key: f"Tamtam refused this row. {'; '.join(said)}" for client_key, said in blamed.items()}
