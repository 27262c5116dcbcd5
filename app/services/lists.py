"""Lists of contacts that are kept at a service."""

from collections.abc import Awaitable, Callable, Sequence

from app.domain.contact import RecordKind
from app.domain.errors import InputError
from app.domain.lists import ProviderList
from app.domain.provider import Provider
from app.providers.capabilities import SupportsLists
from app.services.changing import ChangeReport, Progress, change_each
from app.services.providers import ProviderDirectory
from app.storage.library import LibraryRepository


class ListService:
    """Reads and fills the lists of the service that has them. None of this costs credits."""

    def __init__(self, directory: ProviderDirectory, library: LibraryRepository) -> None:
        self._directory = directory
        self._library = library

    @property
    def provider(self) -> Provider:
        """The service that has lists."""
        return self._directory.supporting(SupportsLists)[0]

    async def lists(self, account_id: str) -> tuple[ProviderList, ...]:
        """All lists of contacts in an account. Raises ServiceError, MissingKeyError."""
        service = await self._service()
        return await self._directory.noting_errors(self.provider, lambda: service.lists(account_id))

    async def create(self, name: str, account_id: str) -> ProviderList:
        """Make an empty list.

        Raises:
            InputError: It has no name.
            OutcomeUnknownError: It may exist now: look at the lists before trying again.
            ServiceError, MissingKeyError: It was not made.
        """
        if not name.strip():
            raise InputError("A list needs a name.")
        service = await self._service()
        return await self._directory.noting_errors(
            self.provider, lambda: service.create_list(name.strip(), account_id=account_id)
        )

    async def add(
        self, list_id: str, contact_ids: Sequence[int], account_id: str, *, progress: Progress | None = None
    ) -> ChangeReport:
        """Put contacts on a list; a contact that the service does not know fails with InputError.

        Raises:
            MissingKeyError: There is no key.
        """
        service = await self._service()
        return await self._change_each(
            contact_ids, account_id, progress, lambda known: service.add_to_list(list_id, known, account_id=account_id)
        )

    async def remove(
        self, list_id: str, contact_ids: Sequence[int], account_id: str, *, progress: Progress | None = None
    ) -> ChangeReport:
        """Take contacts off a list; otherwise like `add`."""
        service = await self._service()
        return await self._change_each(
            contact_ids,
            account_id,
            progress,
            lambda known: service.remove_from_list(list_id, known, account_id=account_id),
        )

    async def _service(self) -> SupportsLists:
        return await self._directory.capable(self.provider, SupportsLists)

    async def _change_each(
        self,
        contact_ids: Sequence[int],
        account_id: str,
        progress: Progress | None,
        call: Callable[[str], Awaitable[None]],
    ) -> ChangeReport:
        async def change(contact_id: int) -> None:
            known = await self._known_as(contact_id, account_id)
            await self._directory.noting_errors(self.provider, lambda: call(known))

        return await change_each(contact_ids, change, progress)

    async def _known_as(self, contact_id: int, account_id: str) -> str:
        """The service's id of a contact, best as this account has it. Raises InputError when there is none."""
        records = (await self._library.details(contact_id)).records
        known = [
            record
            for record in records
            if record.provider is self.provider and record.kind is not RecordKind.ENRICHMENT and record.provider_id
        ]
        if not known:
            raise InputError(f"{self.provider.label} does not know this contact.")
        return next((record for record in known if record.account_id == account_id), known[0]).provider_id
