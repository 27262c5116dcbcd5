"""The do-not-contact list: who is on it, who goes on it, and who of a selection it names."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.enrichment import PersonInput
from app.domain.errors import InputError
from app.domain.suppression import SuppressionEntry, Traits, traits_of_person
from app.exchange.suppression_reader import BadLine, SuppressionPaste, read_suppressions
from app.exchange.text_file import read_text
from app.services.slices import in_slices
from app.storage.library import LibraryRepository
from app.storage.suppression import SuppressionRepository


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of a list that was put in.

    Attributes:
        added: Entries that are new.
        known: Entries that were there already, or stood twice in the list.
        problems: Lines that name nobody.
    """

    added: int
    known: int
    problems: tuple[BadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactsReport:
    """What became of contacts that were put on the list; `unnamed` have nothing that could name them."""

    added: int
    unnamed: tuple[int, ...]


class SuppressionService:
    """Changes the list, and looks people up in it. Nothing here asks a provider."""

    def __init__(self, repository: SuppressionRepository, library: LibraryRepository) -> None:
        self._repository = repository
        self._library = library

    async def entries(self) -> list[SuppressionEntry]:
        """All entries, the newest first."""
        return await self._repository.entries()

    def read(self, text: str) -> SuppressionPaste:
        """What a pasted list holds, before it is put in. Raises InputError where it is no text of lines."""
        return read_suppressions(text)

    async def add(self, entries: Iterable[SuppressionEntry]) -> int:
        """Put entries on the list; returns how many are new."""
        return await self._repository.add(entries)

    async def add_text(self, text: str) -> AddReport:
        """Put on the list what can be read of a pasted one.

        Raises:
            InputError: Nothing in it names anybody; nothing was changed.
        """
        return await self._add(await asyncio.to_thread(read_suppressions, text))

    async def import_file(self, path: Path) -> AddReport:
        """Put on the list what can be read of a file: CSV with a header, or lines.

        Raises:
            InputError: The file cannot be read, or nothing in it names anybody; nothing was changed.
        """

        def read() -> SuppressionPaste:
            return read_suppressions(read_text(path)[0])

        return await self._add(await asyncio.to_thread(read))

    async def add_contacts(self, contact_ids: Sequence[int], *, note: str = "") -> ContactsReport:
        """Put contacts on the list by all their addresses, numbers and profiles; their company's domain is not."""
        traits = await self._repository.traits(contact_ids)
        entries = {
            (entry.kind, entry.value): SuppressionEntry(entry.kind, entry.value, note)
            for known in traits.values()
            for entry in known.entries
        }
        unnamed = tuple(each for each in contact_ids if not traits.get(each, Traits()).entries)
        named = [each for each in contact_ids if each not in set(unnamed)]
        added = await self._repository.add(entries.values(), contact_ids=named) if entries else 0
        return ContactsReport(added, unnamed)

    async def remove(self, entries: Iterable[SuppressionEntry]) -> int:
        """Take entries off the list; returns how many were on it."""
        return await self._repository.remove(entries)

    async def contacts(self, contact_ids: Sequence[int]) -> dict[int, SuppressionEntry]:
        """Who of these contacts is on the list: contact → the entry that names it."""
        return await self._repository.contacts(contact_ids)

    async def people(self, people: Sequence[PersonInput]) -> dict[int, SuppressionEntry]:
        """Who of these people is on the list: place in the sequence → entry; also by their contact in the library."""
        index = await self._repository.index()
        if not index:
            return {}
        known = await self._library.find_people([person.identity_keys async for person in in_slices(people)])
        known |= {place: each.contact_id for place, each in enumerate(people) if each.contact_id is not None}
        by_contact = await self._repository.contacts(sorted(set(known.values())))
        found = {place: by_contact[contact_id] for place, contact_id in known.items() if contact_id in by_contact}
        async for place, person in in_slices(enumerate(people)):
            entry = index.find(traits_of_person(person))
            if entry is not None:
                found[place] = entry
        return found

    async def _add(self, paste: SuppressionPaste) -> AddReport:
        if not paste.entries:
            wrong = f" Line {paste.problems[0].line} {paste.problems[0].reason}." if paste.problems else ""
            raise InputError(
                f"Nothing here names anybody.{wrong}",
                next_step="Give e-mail addresses, domains, phone numbers or LinkedIn profiles, one a line.",
            )
        added = await self._repository.add(paste.entries)
        return AddReport(added, len(paste.entries) - added + paste.duplicates, paste.problems)
