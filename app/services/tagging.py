"""Tags that are kept at a service: put on contacts and taken off, for many contacts at once."""

from collections.abc import Sequence
from functools import partial

from app.domain.errors import InputError
from app.domain.provider import Provider
from app.providers.capabilities import SupportsTags
from app.services.changing import ChangeReport, Progress, change_each
from app.services.providers import ProviderDirectory
from app.storage.library import LibraryRepository

INITIATOR = "tags"


class TagService:
    """Changes tags at the service that has them, and keeps what it answers in the library."""

    def __init__(self, directory: ProviderDirectory, library: LibraryRepository) -> None:
        self._directory = directory
        self._library = library

    @property
    def provider(self) -> Provider:
        """The service that has tags."""
        return self._directory.supporting(SupportsTags)[0]

    async def known(self, contact_ids: Sequence[int] | None = None) -> dict[str, int]:
        """Tags that the library knows of, with how many contacts have each; the most frequent first.

        Of these contacts, or where none is named of those found last. Nothing is asked of the service.
        """
        return await self._library.tags(self.provider, contact_ids)

    async def change(
        self,
        contact_ids: Sequence[int],
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        *,
        progress: Progress | None = None,
    ) -> ChangeReport:
        """Put tags on contacts and take others off, in every account of the service that knows the contact.

        A contact that the service does not know fails with InputError; one whose answer was not seen fails with
        OutcomeUnknownError and is not tried again.

        Raises:
            InputError: There is nothing to change, or a tag is to be put on and taken off at once.
            MissingKeyError: There is no key.
        """
        adding, removing = _names(add), _names(remove)
        if not adding and not removing:
            raise InputError("Name a tag to add or to remove.")
        folded = {name.casefold() for name in removing}
        both = next((name for name in adding if name.casefold() in folded), "")
        if both:
            raise InputError(f"“{both}” is to be added and removed at once: leave one of them out.")
        service = await self._directory.capable(self.provider, SupportsTags)

        async def change(contact_id: int) -> None:
            for provider_id, account_id in await self._known_as(contact_id):
                call = partial(service.change_tags, provider_id, account_id=account_id, add=adding, remove=removing)
                record = await self._directory.noting_errors(self.provider, call)
                await self._library.save([record], initiator=INITIATOR)

        return await change_each(contact_ids, change, progress)

    async def _known_as(self, contact_id: int) -> list[tuple[str, str]]:
        """The service's id of a contact in each account. Raises InputError when there is none."""
        records = (await self._library.details(contact_id)).records
        known = dict.fromkeys(
            (record.provider_id, record.account_id)
            for record in records
            if record.provider is self.provider and record.account_id
        )
        if not known:
            raise InputError(f"{self.provider.label} does not know this contact.")
        return list(known)


def _names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
