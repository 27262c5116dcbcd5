"""Reads probable matches and the two contacts of each, and remembers those that were read last."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from app.domain.contact import ContactDetails
from app.domain.match_candidates import MatchCandidate
from app.ui.models.review_model import ReviewPair

if TYPE_CHECKING:
    from app.composition import Services

MOST_DETAILS = 40
PORTION = 1_000


class PairReader:
    """Reads for the review. All methods raise LibraryError when the library cannot be read."""

    def __init__(self, services: "Services") -> None:
        self._services = services
        self._details: dict[int, ContactDetails] = {}
        self._turn = 0

    def forget(self, contact_ids: Iterable[int]) -> None:
        """These contacts have changed; none means any."""
        self._turn += 1
        for contact_id in tuple(contact_ids) or tuple(self._details):
            self._details.pop(contact_id, None)

    def remembers(self, pair: ReviewPair) -> bool:
        """Whether both contacts are known and have not changed since they were read."""
        return all(contact_id in self._details for contact_id in pair.key)

    async def details(self, contact_id: int) -> ContactDetails:
        """A contact, from memory if it was read before and has not changed since."""
        found = self._details.get(contact_id)
        if found is None:
            turn = self._turn
            found = await self._services.library.details(contact_id)
            if turn != self._turn:  # it may have changed while it was read: good for now, and not for later
                return found
            while len(self._details) >= MOST_DETAILS:
                del self._details[next(iter(self._details))]
            self._details[contact_id] = found
        return found

    async def candidates(self) -> list[MatchCandidate]:
        """Every pair that waits for a decision, the surest first."""
        found: list[MatchCandidate] = []
        while page := await self._services.matching.candidates(PORTION, len(found), 0.0):
            found += page
        return found

    async def pairs_of(self, candidates: Sequence[MatchCandidate]) -> list[ReviewPair]:
        """These pairs with their contacts as tables show them."""
        ids = [contact_id for each in candidates for contact_id in (each.low_id, each.high_id)]
        rows = await self._services.library.rows(ids)
        return [
            ReviewPair(candidate, *both) for candidate, *both in zip(candidates, rows[::2], rows[1::2], strict=True)
        ]
