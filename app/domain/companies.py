"""Companies at a service: what to look for, and what it offers as a match."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompanyQuery:
    """What is known of a company; at least one member must be given.

    Attributes:
        name: Its name.
        domain: Its bare domain, such as `acme.example`.
        linkedin_id: LinkedIn's number of its page, digits as text.
        linkedin_url: The address of its LinkedIn page.
    """

    name: str = ""
    domain: str = ""
    linkedin_id: str = ""
    linkedin_url: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is given."""
        return not any(value.strip() for value in (self.name, self.domain, self.linkedin_id, self.linkedin_url))


@dataclass(frozen=True, slots=True)
class CompanyMatch:
    """One candidate. "" means not said.

    Attributes:
        company_id: The service's own id, "" where it gives none.
        name: Its name.
        domain: Its bare domain.
        linkedin_id: LinkedIn's number of its page.
        score: How sure the service is, from 0 to 1; None where it does not say.
        country: Country code or name, as the service writes it.
    """

    company_id: str
    name: str
    domain: str
    linkedin_id: str = ""
    score: float | None = None
    country: str = ""
