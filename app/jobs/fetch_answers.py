"""What a provider's answer to one chunk of IDs says: how each ID ended, what was odd, which rows were charged. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from app.domain.contact import SourceRecord
from app.domain.fetching import NOT_RETURNED, FetchAnswer, IdOutcome
from app.domain.outcomes import Outcome
from app.domain.provider import Provider


def read_outcomes(ids: Sequence[str], answer: FetchAnswer) -> list[IdOutcome]:
    """How each ID of a chunk ended, by the answer's rows: never by their position.

    An ID counts as not found only when the answer holds nothing that could be its row.
    """
    found = {record.provider_id for record in answer.records}
    renamed = _renamed(ids, answer)
    doubt = _doubt(ids, answer)
    unreadable = {row.provider_id: row.reason for row in answer.quarantined if row.provider_id}
    outcomes = []
    for provider_id in ids:
        if provider_id in found:
            outcomes.append(IdOutcome(provider_id, Outcome.FOUND))
        elif provider_id in unreadable:
            outcomes.append(
                IdOutcome(provider_id, Outcome.FAILED, f"Its row could not be read: {unreadable[provider_id]}")
            )
        elif provider_id in renamed:
            new = renamed[provider_id]
            outcomes.append(IdOutcome(provider_id, Outcome.FOUND, f"Returned under the ID {new}.", returned_id=new))
        elif doubt:
            outcomes.append(IdOutcome(provider_id, Outcome.UNKNOWN, doubt))
        else:
            outcomes.append(IdOutcome(provider_id, Outcome.NOT_FOUND, NOT_RETURNED))
    return outcomes


def remarks(provider: Provider, ids: Sequence[str], answer: FetchAnswer) -> list[str]:
    """What was odd about an answer, in sentences for the rep."""
    told = []
    rows = len(answer.records) + len(answer.quarantined)
    request = f" (request {answer.request_id})" if answer.request_id else ""
    if answer.requested is not None and answer.requested != len(ids):
        told.append(f"{provider.label} counted {answer.requested} IDs where {len(ids)} were sent{request}.")
    if answer.returned is not None and answer.returned != rows:
        told.append(f"{provider.label} counted {answer.returned} rows where {rows} came{request}.")
    told += [f"The ID {old} came back as {new}{request}." for old, new in _renamed(ids, answer).items()]
    return told


def with_known_charges(answer: FetchAnswer, free: Collection[str]) -> list[SourceRecord]:
    """The records with the credit that each is known to have cost.

    That is known only when every row that was not `free` beforehand, and every company that came along, was charged.
    """
    charged = [record for record in answer.records if record.provider_id not in free]
    if not charged or answer.credits_charged != len(charged) + answer.companies:
        return [replace(record, credits_charged=0) for record in answer.records]
    return [replace(record, credits_charged=0 if record.provider_id in free else 1) for record in answer.records]


def _renamed(ids: Sequence[str], answer: FetchAnswer) -> dict[str, str]:
    """The ID that came back as another one: certain only while a single one is left on both sides."""
    asked = set(ids)
    read = {row.provider_id for row in answer.records} | {row.provider_id for row in answer.quarantined}
    missing, strange = asked - read, read - asked
    if len(missing) != 1 or len(strange) != 1 or "" in strange:
        return {}
    (old,), (new,) = missing, strange
    return {old: new} if any(record.provider_id == new for record in answer.records) else {}


def _doubt(ids: Sequence[str], answer: FetchAnswer) -> str:
    """Why an ID without a row may have one all the same, "" when it cannot."""
    rows = len(answer.records) + len(answer.quarantined)
    if any(row.provider_id not in ids for row in answer.quarantined):
        return "A row of the answer could not be read; it may be this one."
    if any(record.provider_id not in ids for record in answer.records):
        return "A row came under an ID that was not asked for; it may be this one."
    if answer.requested is not None and answer.requested < len(ids):
        return f"The provider counted {answer.requested} of the {len(ids)} IDs sent; this may be one it did not see."
    if answer.returned is not None and answer.returned > rows:
        return f"The provider counted {answer.returned} rows but sent {rows}; this may be one of the others."
    return ""
