"""Contact rows of people who do not exist, for tests of tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.contact import ContactRow
from app.domain.provider import Provider

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
_FIRST = ("Ada", "Berit", "Çelik", "Dmitri", "Élodie", "Farah", "Gustav", "Hana")
_LAST = ("Norling", "Okafor", "Petrescu", "Quist", "Rahimi", "Sørby", "Tanaka", "Ujvari")
_TITLES = ("Head of Sales", "Purchasing Manager", "Chief Technology Officer", "Account Executive")
_COMPANIES = ("Fjordwerk", "Lumen Freight", "Atlas Bakeries", "Quarry & Sons")


def make_row(contact_id: int, **changes: Any) -> ContactRow:
    """A synthetic contact; `changes` replace single fields."""
    first, last = _FIRST[contact_id % 8], _LAST[(contact_id // 8) % 8]
    company = _COMPANIES[contact_id % 4]
    domain = company.lower().replace(" ", "").replace("&", "and") + ".example"
    values: dict[str, Any] = {
        "contact_id": contact_id,
        "first_name": first,
        "last_name": last,
        "display_name": f"{first} {last}",
        "job_title": _TITLES[contact_id % 4],
        "company_name": company,
        "company_domain": domain,
        "email": "",
        "email_verdict": "",
        "phone": "",
        "linkedin_url": f"https://www.linkedin.com/in/person-{contact_id}",
        "location": "Bergen, Norway",
        "provider": Provider.TALKTOHUMANS,
        "provider_id": f"c-{contact_id}",
        "account_id": "",
        "providers": (Provider.TALKTOHUMANS,),
        "fetched_at": START + timedelta(minutes=contact_id),
    }
    return ContactRow(**{**values, **changes})


def make_rows(count: int, first: int = 1) -> list[ContactRow]:
    """`count` synthetic contacts with ids from `first` on."""
    return [make_row(contact_id) for contact_id in range(first, first + count)]
