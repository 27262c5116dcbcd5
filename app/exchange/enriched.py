"""The file that comes back from an enrichment: the rep's own rows, in their order, with what was found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import EnrichField, FieldResult, PersonInput
from app.domain.identifiers import normalise_domain
from app.domain.outcomes import Outcome, combine
from app.domain.phones import compact_phone
from app.domain.provider import Provider
from app.exchange.csv_reader import PeopleRow, PeopleTable
from app.exchange.csv_writer import FieldOutcomeLine, write_field_outcomes, write_table
from app.exchange.presets import PLAIN_HEADERS

RESULT_HEADERS = ("email_verdict", "emails", "phones", "outcome", "reason")
_BETWEEN_VALUES = "; "


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What came of one person: one result per field asked for, and the values found, best first."""

    results: tuple[FieldResult, ...]
    emails: tuple[EmailValue, ...] = ()
    phones: tuple[PhoneValue, ...] = ()
    provider: Provider | None = None
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """The person's outcome from those of the fields."""
        return combine([result.outcome for result in self.results])

    @property
    def reason(self) -> str:
        """The reasons in words; the field is named where several were asked for and they differ."""
        reasons = {result.reason for result in self.results}
        if len(reasons) <= 1:
            return reasons.pop() if reasons else ""
        return " ".join(f"{result.field.value}: {result.reason}" for result in self.results if result.reason)


def write_enriched(path: Path, table: PeopleTable, results: Mapping[int, PersonResult]) -> int:
    """Write every input row with what was found for it (by data row); returns how many rows were written.

    The input's columns come first and keep their values. Plain columns that the input has by the very same name
    are filled where they were empty; `email` and `phone` take the best value found.

    Raises:
        InputError: The file cannot be written there.
    """
    header = (*table.header, *(name for name in (*PLAIN_HEADERS, *RESULT_HEADERS) if name not in table.header))
    return write_table(path, header, (_cells(table, row, header, results[row.row]) for row in table.rows))


def write_enrich_outcomes(path: Path, results: Mapping[int, PersonResult]) -> int:
    """Write one line per person and field, in the input's order. Raises InputError like `write_enriched`."""
    order = list(EnrichField)

    def lines() -> Iterator[FieldOutcomeLine]:
        for row, result in sorted(results.items()):
            for part in sorted(result.results, key=lambda part: order.index(part.field)):
                yield FieldOutcomeLine(row, part)

    return write_field_outcomes(path, lines())


def _cells(table: PeopleTable, row: PeopleRow, header: tuple[str, ...], result: PersonResult) -> list[str]:
    given = dict(zip(reversed(table.header), reversed(row.cells), strict=True))  # The first of two equal names counts.
    fresh = _fresh_values(result)
    fallback = {**result.known, **{name: value for name, value in _person_values(table.person(row)).items() if value}}
    fallback["provider"] = result.provider.value if result.provider else ""
    cells = list(row.cells)
    for index, name in enumerate(header):
        value = fresh.get(name) or given.get(name, "") or fallback.get(name, "")
        if name in ("outcome", "reason"):
            value = fresh[name]
        if index >= len(cells):
            cells.append(value)
        elif header.index(name) == index and (name in fresh or name in PLAIN_HEADERS):
            cells[index] = value
    return cells


def _fresh_values(result: PersonResult) -> dict[str, str]:
    best_email = result.emails[0] if result.emails else EmailValue("")
    return {
        "email": best_email.address,
        "email_verdict": best_email.verdict,
        "emails": _BETWEEN_VALUES.join(email.address for email in result.emails),
        "phone": compact_phone(result.phones[0].number) if result.phones else "",
        "phones": _BETWEEN_VALUES.join(compact_phone(phone.number) for phone in result.phones),
        "outcome": result.outcome.value,
        "reason": result.reason,
    }


def _person_values(person: PersonInput) -> dict[str, str]:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company_name": person.company_name,
        "company_domain": normalise_domain(person.domain) or person.domain,
        "linkedin_url": person.linkedin_url,
    }
