"""Companies by name, domain or LinkedIn page: their ids for a search, their domains for an enrichment."""

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.errors import InputError
from app.domain.provider import Provider
from app.providers.capabilities import SupportsCompanySearch
from app.providers.registry import service_class
from app.services.providers import ProviderDirectory


class CompanyService:
    """Looks companies up. Free of charge at every service that offers it."""

    def __init__(self, directory: ProviderDirectory) -> None:
        self._directory = directory

    def providers(self) -> tuple[Provider, ...]:
        """The providers that can look companies up."""
        return self._directory.supporting(SupportsCompanySearch)

    def needs_account(self, provider: Provider) -> bool:
        """Whether an account must be named."""
        return bool(service_class(provider).companies_need_account)

    async def find(self, provider: Provider, query: CompanyQuery, account_id: str = "") -> tuple[CompanyMatch, ...]:
        """Candidates, the best first; () when there are none.

        Raises:
            InputError: Nothing is known of the company, or an account is missing.
            ServiceError, MissingKeyError: There is no answer.
        """
        if query.is_empty:
            raise InputError("Enter a company's name, domain or LinkedIn page.")
        service = await self._directory.capable(provider, SupportsCompanySearch)
        if service.companies_need_account and not account_id:
            raise InputError(f"Choose the {provider.label} account to look in.")
        return await self._directory.noting_errors(
            provider, lambda: service.find_companies(query, account_id=account_id)
        )
