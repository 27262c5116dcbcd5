"""A row of Tamtam about a person, as a source record: what people search and contacts by ID have in common."""

from dataclasses import replace

import msgspec

from app.domain.contact import PersonFields, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.providers.client import Answer
from app.providers.wire import RowError, Scalar, identifier, text


class PersonRow(msgspec.Struct):
    """The members that both kinds of rows have."""

    contact_id: Scalar = None
    first_name: Scalar = None
    last_name: Scalar = None
    job_title: Scalar = None
    company_name: Scalar = None
    company_linkedin_id: Scalar = None
    location: Scalar = None


def row_record(
    answer: Answer, raw: bytes, row: PersonRow, kind: RecordKind, more: PersonFields, *, credits_charged: int = 0
) -> SourceRecord:
    """The source record of a row; `more` has the fields that only its kind of row has.

    Raises:
        RowError: It has no id.
    """
    contact_id = identifier(row.contact_id).lower()
    if not contact_id:
        raise RowError("The row has no contact_id.")
    return SourceRecord(
        provider=Provider.TAMTAM,
        provider_id=contact_id,
        kind=kind,
        fetched_at=answer.received_at,
        fields=replace(
            more,
            first_name=text(row.first_name),
            last_name=text(row.last_name),
            job_title=text(row.job_title),
            company_name=text(row.company_name),
            company_linkedin_id=text(row.company_linkedin_id),
            location=text(row.location),
        ),
        raw=raw,
        credits_charged=credits_charged,
        request_id=answer.request_id,
    )
