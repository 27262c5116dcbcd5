"""Which companies fit what is known of one, the best first."""

from app.demo.dataset import Company, DemoData
from app.demo.text import fold
from app.domain.identifiers import normalise_domain


def ranked(
    data: DemoData, *, name: str = "", domain: str = "", linkedin_url: str = "", linkedin_id: str = ""
) -> list[tuple[float, Company]]:
    """Companies with how well they fit, from 0 to 1; those of which nothing fits are left out."""
    wanted_name, wanted_domain = fold(name), normalise_domain(domain)
    wanted_handle = linkedin_url.rstrip("/").rpartition("/company/")[2].casefold()
    found = []
    for company in data.companies:
        score = max(
            0.99 if linkedin_id and company.linkedin_id == linkedin_id else 0.0,
            0.98 if wanted_handle and company.handle == wanted_handle else 0.0,
            0.97 if wanted_domain and company.domain == wanted_domain else 0.0,
            _name_score(wanted_name, fold(company.name)) if wanted_name else 0.0,
        )
        if score:
            found.append((score, company))
    return sorted(found, key=lambda pair: (-pair[0], pair[1].index))


def _name_score(wanted: str, name: str) -> float:
    if name == wanted:
        return 0.95
    if name.startswith(wanted):
        return 0.8
    return 0.6 if wanted in name else 0.0
