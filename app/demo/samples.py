"""Ids and people to try things with, for the tour and the tests."""

from itertools import islice

from app.demo.dataset import DemoData
from app.demo.spelling import linkedin_url, true_name
from app.domain.provider import Provider


def sample_ids(data: DemoData, provider: Provider, count: int) -> list[str]:
    """Up to `count` ids that a service knows, the lowest first (contact ids at TalkToHumans)."""
    return [data.id_of(person, provider) for person in islice(data.members(provider), count)]


def people_rows(data: DemoData, count: int) -> list[dict[str, str]]:
    """Up to `count` different people who can be enriched, as rows of a PEOPLE.csv; `linkedin_url` may be ""."""
    rows: list[dict[str, str]] = []
    for person in data.people:
        if len(rows) == count:
            break
        name = true_name(person)
        if person.company is None or not person.company.domain or not name.last or person.twin:
            continue
        rows.append(
            {
                "first_name": name.first,
                "last_name": name.last,
                "domain": person.company.domain,
                "company_name": person.company.name,
                "linkedin_url": linkedin_url(person),
            }
        )
    return rows
