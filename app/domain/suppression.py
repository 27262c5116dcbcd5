"""People who must not be enriched or exported, named by an address, a domain, a number or a LinkedIn profile."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SuppressionKind(StrEnum):
    """What an entry names."""

    EMAIL = "email"
    DOMAIN = "domain"
    PHONE = "phone"
    LINKEDIN = "linkedin"


@dataclass(frozen=True, slots=True)
class SuppressionEntry:
    """One entry, its value in canonical form: lower-case address, bare host, E.164 number, LinkedIn slug."""

    kind: SuppressionKind
    value: str
    note: str = ""
    added_at: datetime | None = None
