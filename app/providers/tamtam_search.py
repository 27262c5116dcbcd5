"""Tamtam's people search: its filters, the request they make, and the people it finds. Contract sheet section 5."""

from collections.abc import Callable, Sequence

from app.domain.contact import PersonFields, RecordKind, SourceRecord
from app.domain.search import Choice, FilterKind, FilterSpec, SearchQuery
from app.providers.client import Answer
from app.providers.tamtam_rows import PersonRow, row_record
from app.providers.wire import Scalar, paragraphs, part, profile_link, text

PROMPT = "prompt"

_COUNTRY = "[A-Za-z]{2}"

# The two deprecated filters on seniority are left out: the vendor calls them unreliable.
FILTERS: tuple[FilterSpec, ...] = (
    FilterSpec(
        PROMPT,
        "In your own words",
        FilterKind.TEXT,
        "Who you look for, as a sentence; it cannot be combined with other filters.",
        stands_alone=True,
    ),
    FilterSpec("job_titles_includes", "Job titles", FilterKind.TEXT_LIST, "People with one of these job titles."),
    FilterSpec("job_titles_excludes", "Not these titles", FilterKind.TEXT_LIST, "Nobody with one of these job titles."),
    FilterSpec("first_name", "First name", FilterKind.TEXT, "The person's first name."),
    FilterSpec("last_name", "Last name", FilterKind.TEXT, "The person's last name."),
    FilterSpec(
        "countries", "Countries", FilterKind.TEXT_LIST, "Where people are, as two-letter codes: FR.", pattern=_COUNTRY
    ),
    FilterSpec(
        "company_hq_countries",
        "Headquarters",
        FilterKind.TEXT_LIST,
        "Where their company has its headquarters, as two-letter codes: FR.",
        pattern=_COUNTRY,
    ),
    FilterSpec(
        "company_headcounts",
        "Company size",
        FilterKind.CHOICE_LIST,
        "How many people their company employs.",
        choices=(
            Choice("A", "Self-employed"),
            Choice("B", "1–10"),
            Choice("C", "11–50"),
            Choice("D", "51–200"),
            Choice("E", "201–500"),
            Choice("F", "501–1,000"),
            Choice("G", "1,001–5,000"),
            Choice("H", "5,001–10,000"),
            Choice("I", "More than 10,000"),
        ),
    ),
    FilterSpec(
        "company_linkedin_ids",
        "Companies",
        FilterKind.TEXT_LIST,
        "Employees of these companies, by LinkedIn’s number of each.",
        pattern="[0-9]+",
    ),
    FilterSpec(
        "years_of_experience",
        "Experience",
        FilterKind.CHOICE_LIST,
        "Years of experience, by Tamtam’s code of the band.",
        choices=(Choice("6_10", "6–10 years"),),
        open_choices=True,
    ),
    FilterSpec(
        "recently_changed_jobs",
        "Changed jobs",
        FilterKind.CHOICE,
        "Whether people changed jobs lately.",
        choices=(Choice("true", "Lately"), Choice("false", "Not lately")),
    ),
    FilterSpec(
        "keywords", "Keywords", FilterKind.TEXT, "A further hint, which Tamtam heeds as well as it can, or not at all."
    ),
    FilterSpec(
        "industry_includes_ids", "Industry IDs", FilterKind.TEXT_LIST, "Companies of these industries, by Tamtam’s IDs."
    ),
    FilterSpec(
        "industry_excludes_ids",
        "Not these industries",
        FilterKind.TEXT_LIST,
        "No companies of these industries, by Tamtam’s IDs.",
    ),
    FilterSpec(
        "canonical_job_titles_includes_ids",
        "Standard title IDs",
        FilterKind.TEXT_LIST,
        "People with one of these standard job titles, by Tamtam’s IDs.",
    ),
    FilterSpec(
        "canonical_job_titles_excludes_ids",
        "Not these title IDs",
        FilterKind.TEXT_LIST,
        "Nobody with one of these standard job titles, by Tamtam’s IDs.",
    ),
)


def _codes(values: Sequence[str]) -> object:
    return [value.upper() for value in values]


def _truth(values: Sequence[str]) -> object:
    return values[0] == "true"


_AS_SENT: dict[str, Callable[[Sequence[str]], object]] = {
    "countries": _codes,
    "company_hq_countries": _codes,
    "recently_changed_jobs": _truth,
}


class _Person(PersonRow):
    profile_url: Scalar = None
    summary: Scalar = None


def first_page(query: SearchQuery) -> dict[str, object]:
    """The body that asks for the first page; {} when no filter is set."""
    body: dict[str, object] = {}
    for spec in FILTERS:
        values = [value for value in query.many(spec.name) if value]
        if values:
            as_it_is: object = values if spec.takes_many else values[0]
            body[spec.name] = _AS_SENT[spec.name](values) if spec.name in _AS_SENT else as_it_is
    return body


def person_record(answer: Answer, raw: bytes) -> SourceRecord:
    """The source record that a row of a search is; each cost a credit.

    Raises:
        RowError: It has no id.
        ValueError: It is no object.
    """
    row = part(raw, _Person)
    more = PersonFields(linkedin_url=profile_link(text(row.profile_url)), about=paragraphs(row.summary))
    return row_record(answer, raw, row, RecordKind.SUMMARY, more, credits_charged=1)
