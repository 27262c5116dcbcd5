"""The library as windows and the command line read it."""

from collections.abc import Sequence

from app.domain.contact import ContactDetails, ContactRow
from app.storage.library import LibraryRepository


class LibraryService:
    """Reads contacts. Works offline, and on a library that another process has open."""

    def __init__(self, library: LibraryRepository) -> None:
        self._library = library

    async def rows(self, contact_ids: Sequence[int]) -> list[ContactRow]:
        """Contacts as table rows, in the order asked for; a merged contact shows as its survivor."""
        return await self._library.rows(contact_ids)

    async def removed(self, contact_ids: Sequence[int]) -> set[int]:
        """Those of these contacts that the rep has removed from the library."""
        return await self._library.removed(contact_ids)

    async def details(self, contact_id: int) -> ContactDetails:
        """Everything known of one contact."""
        return await self._library.details(contact_id)

    async def all_ids(self) -> list[int]:
        """Every contact."""
        return await self._library.all_ids()

    async def stats(self) -> dict[str, int]:
        """Counts of what the library holds."""
        return await self._library.stats()
