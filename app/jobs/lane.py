"""The provider account that enrichment is bought from, and digests that give nothing away."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.domain.enrichment import RETENTION, SubmitItem
from app.providers.capabilities import SupportsEnrichment


async def balance_not_told() -> int | None:
    """The balance of an account that does not tell it."""
    return None


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rep has set: credits per UTC day (None for no cap), and how long results are taken to be kept."""

    day_cap: int | None = None
    retention: timedelta = RETENTION


@dataclass(frozen=True, slots=True)
class Lane:
    """The provider account to buy from.

    Attributes:
        service: Its service.
        key_fingerprint: A fingerprint of its key, never the key.
        balance: Asks for the credits left, free of charge; None where the provider does not say. Raises ServiceError.
        is_kept: Whether its key is an earlier one, kept to collect what it bought; nothing is bought with it.
    """

    service: SupportsEnrichment
    key_fingerprint: str
    balance: Callable[[], Awaitable[int | None]] = balance_not_told
    is_kept: bool = False


def fingerprint(key: str) -> str:
    """A short digest that tells keys apart without giving anything of them away."""
    return hashlib.blake2b(key.encode(), digest_size=6, person=b"contactscout").hexdigest()


def body_hash(items: Sequence[SubmitItem]) -> str:
    """A digest of what a submit asks for, to tell later whether two submits were the same."""
    digest = hashlib.blake2b(digest_size=16)
    for item in items:
        digest.update(f"{item.client_key}\0{item.person.person_key}\0{','.join(sorted(item.fields))}\n".encode())
    return digest.hexdigest()
