"""Earlier keys, kept only to collect what they bought: results belong to the account that paid for them.

A kept key stands in the keyring under its fingerprint, or in memory where the present one is for this session only. It
is never used to buy, and forgotten once nothing of it is in flight.
"""

from collections.abc import Collection
from dataclasses import replace

from app.domain.provider import Provider
from app.jobs.lane import fingerprint
from app.services.credentials import CredentialService
from app.storage.settings import SettingsStore


class KeptKeys:
    """Keeps, finds and forgets earlier keys of one provider. Raises KeyringError where the keyring cannot be used."""

    def __init__(self, provider: Provider, credentials: CredentialService, settings: SettingsStore) -> None:
        self._provider = provider
        self._credentials = credentials
        self._settings = settings
        self._this_session: set[str] = set()

    @property
    def fingerprints(self) -> frozenset[str]:
        """Of all kept keys."""
        return frozenset(self._settings.load().kept_keys) | self._this_session

    async def keep(self, key: str) -> str:
        """Keep a key; returns its fingerprint."""
        mark = fingerprint(key)
        if await self._credentials.keep_earlier(self._provider, mark, key):
            settings = self._settings.load()
            if mark not in settings.kept_keys:
                self._settings.save(replace(settings, kept_keys=(*settings.kept_keys, mark)))
        else:
            self._this_session.add(mark)
        return mark

    async def find(self, mark: str) -> str | None:
        """The kept key of a fingerprint, None where there is none."""
        return await self._credentials.earlier(self._provider, mark) if mark in self.fingerprints else None

    async def forget(self, marks: Collection[str]) -> None:
        """Forget keys; nothing happens for those that are not kept."""
        for mark in self.fingerprints & set(marks):
            await self._credentials.forget_earlier(self._provider, mark)
            self._this_session.discard(mark)
            settings = self._settings.load()
            left = tuple(each for each in settings.kept_keys if each != mark)
            if left != settings.kept_keys:
                self._settings.save(replace(settings, kept_keys=left))
