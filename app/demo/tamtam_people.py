"""Tamtam's people search: filters or a sentence, pages of 25 by token, and the people as it shows them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.dataset import Person
from app.demo.http import Call, RefusalError
from app.demo.spelling import company_name_at, linkedin_handle, linkedin_url, name_at
from app.demo.state import DemoState
from app.demo.tamtam_schema import finding, object_body, problem, typed_findings
from app.demo.text import fold
from app.demo.vocabulary import CITIES, HEADCOUNTS, INDUSTRIES, TITLES
from app.domain.provider import Provider

PAGE_SIZE = 25

_HERE = Provider.TAMTAM
_TOKEN_LIFE = timedelta(minutes=15)
_HEADCOUNT_LETTERS = "ABCDEFGHI"
_TEXTS = ("prompt", "first_name", "last_name", "keywords", "next_cursor", "cursor")
_SWITCHES = ("recently_changed_jobs",)
_ARRAYS = (
    "job_titles_includes", "job_titles_excludes", "canonical_job_titles_includes_ids",
    "canonical_job_titles_excludes_ids", "countries", "company_hq_countries", "company_linkedin_ids",
    "company_headcounts", "industry_includes_ids", "industry_excludes_ids", "years_of_experience",
    "seniority_includes", "seniority_excludes",
)  # fmt: skip

# Only a hint, or deprecated: accepted, and without effect.
_IGNORED = ("keywords", "cursor", "seniority_includes", "seniority_excludes")

Match = Callable[[Person], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `total` and `reasoning` are said on the first page only."""

    people: Sequence[Person]
    next_token: str | None
    total: int | None
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a token goes on."""

    filters: Mapping[str, object]
    offset: int
    expires: datetime


def read_filters(call: Call) -> dict[str, object]:
    """A search's body, checked; raises RefusalError as the service would. What is null or empty is left out."""
    body = object_body(call, (*_TEXTS, *_SWITCHES, *_ARRAYS))
    return checked_filters(body)


def checked_filters(body: Mapping[str, object]) -> dict[str, object]:
    """Filters, checked as `read_filters` does."""
    findings = typed_findings(body, texts=_TEXTS, arrays=_ARRAYS, switches=_SWITCHES)
    letters = body.get("company_headcounts")
    if isinstance(letters, list):
        findings += [
            finding(f'expected value to be one of "{", ".join(_HEADCOUNT_LETTERS)}"', "body.company_headcounts", letter)
            for letter in letters
            if isinstance(letter, str) and letter not in tuple(_HEADCOUNT_LETTERS)
        ]
    if findings:
        raise RefusalError(problem(422, "validation failed", findings))
    filters = {name: value for name, value in body.items() if value not in (None, "", []) and name not in _IGNORED}
    for alone in ("next_cursor", "prompt"):
        if alone in filters and len(filters) > 1:
            raise RefusalError(problem(422, f"{alone} cannot be combined with filters"))
    return filters


class PeopleSearch:
    """The search and the tokens it has given out, each good for a quarter of an hour."""

    def __init__(self, state: DemoState) -> None:
        self._state = state
        self._places: dict[str, _Place] = {}

    async def select(self, filters: Mapping[str, object]) -> Sequence[Person]:
        """Everybody who passes the filters."""
        if "prompt" in filters:
            return await self.select(_understood(str(filters["prompt"])))
        tests = [_MATCHERS[name](value) for name, value in filters.items()]
        key = repr(sorted(filters.items()))
        return await self._state.select(
            _HERE, key, lambda person: (person,) if all(test(person) for test in tests) else ()
        )

    async def page(self, body: Mapping[str, object]) -> Page:
        """The page that a body asks for; raises RefusalError for a token that is not, or no longer, good."""
        now = self._state.now()
        token = str(body.get("next_cursor", ""))
        place = self._places.get(token) if token else _Place(body, 0, now)
        if place is None or (token and place.expires <= now):
            raise RefusalError(problem(400, "invalid or expired cursor"))
        people = await self.select(place.filters)
        end = place.offset + PAGE_SIZE
        following = None
        if end < len(people):
            following = self._state.cursors.make("tamtam people", sorted(place.filters.items()), end)
            self._places[following] = _Place(place.filters, end, now + _TOKEN_LIFE)
        return Page(
            people[place.offset : end],
            following,
            total=None if token else len(people),
            reasoning="" if token or "prompt" not in body else _reasoning(_understood(str(body["prompt"]))),
        )

    def answer(self, page: Page) -> dict[str, object]:
        """A page as JSON."""
        answer: dict[str, object] = {
            "results": [self._person(person) for person in page.people] or None,
            "has_more": page.next_token is not None,
            "next_cursor": page.next_token,
        }
        if page.total is not None:
            answer["total_count"] = page.total
        if page.reasoning:
            answer["filter_reasoning"] = page.reasoning
        return answer

    def _person(self, person: Person) -> dict[str, str]:
        """A person: six members always, others where they are known."""
        name, company = name_at(person, _HERE), person.company
        row = {
            "contact_id": self._state.data.id_of(person, _HERE),
            "first_name": name.first,
            "last_name": name.last,
            "job_title": person.title.text,
            "linkedin_profile_id": linkedin_handle(person),
            "profile_url": linkedin_spelling(person),
        }
        more = {
            "company_name": company_name_at(person, _HERE),
            "company_linkedin_id": company.linkedin_id if company else "",
            "company_logo_url": f"https://media.example/logos/{company.index}.png" if company else "",
            "location": f"{person.city.name}, {person.city.country}",
            "summary": "Lanterns first." if person.chance("summary", 20) else "",
        }
        return row | {key: value for key, value in more.items() if value}


def linkedin_spelling(person: Person) -> str:
    """The same profile in the spellings found in the wild."""
    url = linkedin_url(person)
    if not url:
        return ""
    handle = linkedin_handle(person)
    spellings = (
        url,
        url,
        url + "/",
        f"https://linkedin.com/in/{handle.title()}",
        f"http://de.linkedin.com/in/{handle}?x=1",
    )
    return spellings[person.draw("linkedin spelling", len(spellings))]


def _understood(prompt: str) -> dict[str, object]:
    """What is made of a sentence: the job titles and countries it names; a sentence without either finds nobody."""
    words = f" {fold(prompt)} "
    titles = sorted({title.text for title in TITLES if f" {fold(title.english)} " in words})
    countries = sorted({city.country_code for city in CITIES if f" {fold(city.country)} " in words})
    filters: dict[str, object] = {}
    if titles or not countries:
        filters["job_titles_includes"] = titles or [prompt]
    if countries:
        filters["countries"] = countries
    return filters


def _reasoning(filters: Mapping[str, object]) -> str:
    return "Read as " + " and ".join(" or ".join(_values(value)) for value in filters.values())


def _values(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _titles(value: object) -> Match:
    phrases = [fold(one) for one in _values(value)]
    return lambda person: any(
        phrase in fold(person.title.text) or phrase in fold(person.title.english) for phrase in phrases
    )


def _title_ids(value: object) -> Match:
    wanted = set(_values(value))
    return lambda person: f"title-{TITLES.index(person.title)}" in wanted


def _industries(value: object) -> Match:
    wanted = set(_values(value))
    return lambda person: (
        person.company is not None and f"industry-{INDUSTRIES.index(person.company.industry)}" in wanted
    )


def _countries(value: object) -> Match:
    wanted = set(_values(value))
    return lambda person: person.city.country_code in wanted


def _headquarters(value: object) -> Match:
    wanted = set(_values(value))
    return lambda person: person.company is not None and person.company.city.country_code in wanted


def _companies(value: object) -> Match:
    wanted = set(_values(value))
    return lambda person: person.company is not None and person.company.linkedin_id in wanted


def _headcounts(value: object) -> Match:
    bands = {HEADCOUNTS[_HEADCOUNT_LETTERS.index(letter)][0] for letter in _values(value)}
    return lambda person: person.company is not None and person.company.headcount in bands


def _first_name(value: object) -> Match:
    wanted = fold(str(value))
    return lambda person: fold(name_at(person, _HERE).first) == wanted


def _last_name(value: object) -> Match:
    wanted = fold(str(value))
    return lambda person: fold(name_at(person, _HERE).last) == wanted


def _experience(value: object) -> Match:
    """Bands such as `6_10`; any other word finds nobody."""
    bands = [re.fullmatch(r"(\d{1,2})_(\d{1,2})", band) for band in _values(value)]
    ranges = [range(int(band[1]), int(band[2]) + 1) for band in bands if band]
    return lambda person: any(person.draw("years", 30) in years for years in ranges)


def _changed_jobs(value: object) -> Match:
    return lambda person: person.chance("changed jobs", 15) is value


def _not(matcher: Callable[[object], Match]) -> Callable[[object], Match]:
    def opposite(value: object) -> Match:
        matches = matcher(value)
        return lambda person: not matches(person)

    return opposite


_MATCHERS: dict[str, Callable[[object], Match]] = {
    "job_titles_includes": _titles,
    "job_titles_excludes": _not(_titles),
    "canonical_job_titles_includes_ids": _title_ids,
    "canonical_job_titles_excludes_ids": _not(_title_ids),
    "countries": _countries,
    "company_hq_countries": _headquarters,
    "company_linkedin_ids": _companies,
    "company_headcounts": _headcounts,
    "industry_includes_ids": _industries,
    "industry_excludes_ids": _not(_industries),
    "first_name": _first_name,
    "last_name": _last_name,
    "years_of_experience": _experience,
    "recently_changed_jobs": _changed_jobs,
}
