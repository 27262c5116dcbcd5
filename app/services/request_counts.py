"""Keeps the months' request counts over restarts, without a write per request."""

import asyncio
import logging

from app.domain.errors import LibraryError
from app.domain.provider import Provider
from app.jobs.lane import fingerprint
from app.providers.allowance import MONTHLY_LIMITS, Allowance, month_of
from app.providers.clock import Clock
from app.storage.request_counts import Counts, RequestCountStore

log = logging.getLogger(__name__)

#: Requests between two writes; so many may be missing from the count after the program was killed.
SAVED_EVERY = 25


class RequestCounts:
    """Hands out each key's allowance, and saves what is counted with it."""

    def __init__(self, store: RequestCountStore, *, clock: Clock | None = None) -> None:
        self._store = store
        self._clock = clock or Clock()
        self._counts: Counts | None = None
        self._unsaved = 0
        self._saving: asyncio.Task[None] | None = None

    async def allowance(self, provider: Provider, key: str) -> Allowance:
        """The allowance of a key, with what it has used this month."""
        counts = await self._loaded()
        month, owner = self._month(), fingerprint(key)
        return Allowance(
            MONTHLY_LIMITS.get(provider),
            used=counts.get((month, provider.value, owner), 0),
            month=month,
            clock=self._clock,
            on_request=lambda month: self._count((month, provider.value, owner)),
        )

    async def this_month(self, provider: Provider) -> int:
        """Requests made this month with any key of a provider."""
        month = self._month()
        return sum(
            requests
            for (counted, name, _), requests in (await self._loaded()).items()
            if (counted, name) == (month, provider.value)
        )

    async def aclose(self) -> None:
        """Save what is not saved yet."""
        if self._saving is not None:
            await self._saving
        if self._unsaved:
            await self._save()

    async def _loaded(self) -> Counts:
        if self._counts is None:
            try:
                loaded = await asyncio.to_thread(self._store.load)
            except LibraryError as error:
                log.warning("%s", error.text)
                loaded = {}
            if self._counts is None:  # somebody else may have loaded them meanwhile
                self._counts = loaded
        return self._counts

    def _count(self, place: tuple[str, str, str]) -> None:
        assert self._counts is not None, "an allowance was handed out"
        self._counts[place] = self._counts.get(place, 0) + 1
        self._unsaved += 1
        if self._unsaved >= SAVED_EVERY and (self._saving is None or self._saving.done()):
            self._saving = asyncio.get_running_loop().create_task(self._save())

    async def _save(self) -> None:
        counts = dict(self._counts or {})
        self._unsaved = 0
        try:
            await asyncio.to_thread(self._store.save, counts)
        except LibraryError as error:
            log.warning("%s", error.text)

    def _month(self) -> str:
        return month_of(self._clock.wall())
