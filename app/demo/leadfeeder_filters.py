"""Leadfeeder's search filters and the buyer personas saved in its accounts."""

from collections.abc import Callable, Mapping

from app.demo.dataset import Person
from app.demo.spelling import email_known_to, name_at
from app.demo.text import fold
from app.domain.provider import Provider

_HERE = Provider.LEADFEEDER

Match = Callable[[Person], bool]


def affiliation_of(person: Person) -> str:
    """The relation to the company, as a code."""
    draw = person.draw("affiliation", 100)
    return "former_employee" if draw >= 95 else "board_member" if draw >= 92 else "employee"


def _condition(search_value: str, display_value: str, *, negated: bool = False) -> dict[str, object]:
    return {"search_value": search_value, "display_value": display_value, "negated": negated}


def _persona(number: int, name: str, **filters: list[dict[str, object]]) -> dict[str, object]:
    kinds: dict[str, list[dict[str, object]]] = {"department": [], "job_title": [], "location": [], "seniority": []}
    attributes = {"name": name, "created_at": "2026-01-10T15:57:25Z", "filters": kinds | filters}
    return {"type": "buyer_persona", "id": str(number), "attributes": attributes}


PERSONAS: tuple[dict[str, object], ...] = (
    _persona(
        7421,
        "Sales Managers",
        department=[_condition("sales_department", "Sales")],
        job_title=[_condition("intern", "Intern", negated=True)],
        location=[_condition("DE", "Germany"), _condition("AT", "Austria")],
    ),
    _persona(7422, "IT decision makers", department=[_condition("it_department", "IT")],
             seniority=[_condition("department_heads", "Department heads"), _condition("executives", "Executives")]),
    _persona(7423, "Managing directors outside the US", department=[_condition("management_department", "Management")],
             location=[_condition("US", "United States", negated=True)]),
)  # fmt: skip


def matcher(filters: Mapping[str, object]) -> Match:
    """The test that checked filters stand for: AND between members, OR inside arrays."""
    tests: list[Match] = []
    for name, values in filters.items():
        if isinstance(values, list):
            tests.append(_ARRAY_MATCHERS[name]([str(value) for value in values]))
        else:
            tests.append(_affiliation_matcher(values))
    return lambda person: all(test(person) for test in tests)


def _terms_matcher(values: list[str]) -> Match:
    terms = [fold(value).split() for value in values]

    def matches(person: Person) -> bool:
        text = f"{name_at(person, _HERE).folded} {fold(person.title.text)} {fold(person.title.english)}"
        return any(all(word in text for word in words) for words in terms)

    return matches


def _affiliation_matcher(value: object) -> Match:
    return lambda person: affiliation_of(person) == value


def _emails_matcher(values: list[str]) -> Match:
    wanted = {value.casefold() for value in values}
    return lambda person: email_known_to(person, _HERE) in wanted


def _companies_matcher(values: list[str]) -> Match:
    wanted = set(values)
    return lambda person: person.company is not None and person.company.leadfeeder_id in wanted


def _positions_matcher(values: list[str]) -> Match:
    phrases = [fold(value) for value in values]
    return lambda person: any(
        phrase in fold(person.title.text) or phrase in fold(person.title.english) for phrase in phrases
    )


def _departments_matcher(values: list[str]) -> Match:
    return lambda person: person.title.department in values


def _levels_matcher(values: list[str]) -> Match:
    return lambda person: person.title.level in values and not person.chance("no level", 15)


def _personas_matcher(values: list[str]) -> Match:
    tests = [persona_matcher(persona) for persona in PERSONAS if persona["id"] in values]
    return lambda person: any(test(person) for test in tests)


def persona_matcher(persona: Mapping[str, object]) -> Match:
    """The test that a buyer persona stands for; a negated condition excludes."""
    attributes = persona["attributes"]
    filters = attributes["filters"] if isinstance(attributes, dict) else {}

    def value_of(person: Person, kind: str) -> str:
        if kind == "department":
            return person.title.department
        if kind == "seniority":
            return person.title.level
        return (
            person.city.country_code
            if kind == "location"
            else f"{fold(person.title.text)} {fold(person.title.english)}"
        )

    def matches(person: Person) -> bool:
        for kind, conditions in filters.items():
            value = value_of(person, kind)
            hits = [
                (condition["search_value"] in value if kind == "job_title" else condition["search_value"] == value)
                for condition in conditions
                if not condition["negated"]
            ]
            barred = any(condition["search_value"] in value for condition in conditions if condition["negated"])
            if barred or (hits and not any(hits)):
                return False
        return True

    return matches


_ARRAY_MATCHERS: dict[str, Callable[[list[str]], Match]] = {
    "search_terms": _terms_matcher,
    "emails": _emails_matcher,
    "company_ids": _companies_matcher,
    "positions": _positions_matcher,
    "departments": _departments_matcher,
    "hierarchy_levels": _levels_matcher,
    "buyer_persona_ids": _personas_matcher,
}
