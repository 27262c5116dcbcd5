"""Companies over the demo services: ids for a search, domains for an enrichment."""

import pytest

from app.composition import Services
from app.domain.companies import CompanyQuery
from app.domain.errors import InputError
from app.domain.provider import Provider

LEADFEEDER, TAMTAM = Provider.LEADFEEDER, Provider.TAMTAM
ACCOUNT = "123456"


@pytest.mark.parametrize("provider", [LEADFEEDER, TAMTAM])
async def test_a_company_is_found_by_its_domain(services: Services, provider: Provider) -> None:
    assert provider in services.companies.providers()
    account = ACCOUNT if services.companies.needs_account(provider) else ""
    query = CompanyQuery(domain="https://quillmark-lanterns.example/about")
    [match, *_] = await services.companies.find(provider, query, account)
    assert (match.name, match.domain) == ("Quillmark Lanterns", "quillmark-lanterns.example")


async def test_a_companys_id_searches_its_people(services: Services) -> None:
    [match, *_] = await services.companies.find(LEADFEEDER, CompanyQuery(name="Quillmark Lanterns"), ACCOUNT)
    query = services.search.build_query(LEADFEEDER, {"account_id": [ACCOUNT], "company_ids": [match.company_id]})
    page = await services.search.start(query).next_page(5)
    assert page.rows
    assert {row.company_name for row in page.rows if row.company_name} == {"Quillmark Lanterns"}


async def test_a_company_of_which_nothing_is_known_is_not_looked_up(services: Services) -> None:
    with pytest.raises(InputError, match="name, domain or LinkedIn"):
        await services.companies.find(TAMTAM, CompanyQuery(name=" "))
    with pytest.raises(InputError, match="account"):
        await services.companies.find(LEADFEEDER, CompanyQuery(name="x"))
    with pytest.raises(InputError, match="does not offer"):
        await services.companies.find(Provider.TALKTOHUMANS, CompanyQuery(name="x"))
    assert await services.companies.find(TAMTAM, CompanyQuery(name="no such company")) == ()
