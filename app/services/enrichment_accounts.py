"""Whose key enrichment buys and collects with: one lane per account, and what to do when another key is entered."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.credits import BalanceLine
from app.domain.enrichment import IN_FLIGHT, EnrichmentBatch
from app.domain.errors import ContactScoutError, MissingKeyError
from app.domain.provider import Provider
from app.jobs.lane import Lane, fingerprint
from app.providers.capabilities import SupportsBalance, SupportsEnrichment
from app.providers.registry import service_class
from app.services.credentials import CredentialService
from app.services.kept_keys import KeptKeys
from app.services.providers import ProviderDirectory
from app.storage.enrichment_log import EnrichmentLog
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.settings import SettingsStore

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OtherKeyQuestion:
    """What is still to be collected with the present key when another one is to take its place; `credits` reserved."""

    batches: int
    people: int
    credits: int


class EnrichmentAccounts:
    """Hands out lanes. What one account bought is never asked for with the key of another."""

    def __init__(
        self,
        directory: ProviderDirectory,
        credentials: CredentialService,
        settings: SettingsStore,
        repository: EnrichmentRepository,
    ) -> None:
        self._directory = directory
        self._repository = repository
        self._kept = KeptKeys(self.provider, credentials, settings)

    @property
    def provider(self) -> Provider:
        """Who is bought from."""
        return self._directory.supporting(SupportsEnrichment)[0]

    async def open_lane(self, key_fingerprint: str = "") -> Lane:
        """The lane of an earlier key where that is kept, else the present one.

        Raises:
            MissingKeyError, KeyringError, InputError: There is no such key or address.
        """
        earlier = await self._kept.find(key_fingerprint) if key_fingerprint else None
        try:
            present = await self._directory.key_in_use(self.provider)
        except MissingKeyError:
            if not earlier:
                raise
            present = ""
        if earlier and fingerprint(present) != key_fingerprint:
            service = await self._directory.service_of(self.provider, earlier)
            assert isinstance(service, SupportsEnrichment)

            async def ask() -> int | None:
                assert isinstance(service, SupportsBalance)
                return enrichment_credits(self.provider, await service.balance(""))

            return Lane(service, key_fingerprint, ask, is_kept=True)
        own = await self._directory.capable(self.provider, SupportsEnrichment)
        return Lane(own, fingerprint(present), self._ask_balance)

    async def key_in_use(self) -> str:
        """The fingerprint of the present key, "" without one; compare with `EnrichmentBatch.key_fingerprint`."""
        try:
            return fingerprint(await self._directory.key_in_use(self.provider))
        except ContactScoutError:
            return ""

    def is_kept(self, key_fingerprint: str) -> bool:
        """Whether an earlier key is kept to collect what it bought."""
        return key_fingerprint in self._kept.fingerprints

    async def question(self, new_key: str) -> OtherKeyQuestion | None:
        """What to ask before another key takes the present one's place; None where nothing hangs on the present one."""
        present = await self.key_in_use()
        if not present or present == fingerprint(new_key.strip()):
            return None
        waiting = await self._bought_with(present)
        if not waiting:
            return None
        return OtherKeyQuestion(
            len(waiting), sum(batch.item_count for batch in waiting), sum(batch.reserved for batch in waiting)
        )

    async def keep_present_key(self) -> None:
        """Keep the present key until what it bought is collected. Call before another takes its place.

        Raises:
            KeyringError: It cannot be kept.
        """
        await self._kept.keep(await self._directory.key_in_use(self.provider))
        _logger.info("The present key is kept to collect what it bought")

    async def same_account(self, new_key: str) -> None:
        """The rep says that the new key is the present account's own: collect with it. Call before it is in use."""
        present = await self.key_in_use()
        await self._repository.change_key(present, fingerprint(new_key.strip()))
        _logger.info("Batches in flight go over to another key of the same account")

    async def tidy(self) -> None:
        """Forget kept keys of which nothing is in flight any more."""
        if not self._kept.fingerprints:
            return
        wanted = {batch.key_fingerprint for batch in await self._repository.batches(IN_FLIGHT)}
        done = self._kept.fingerprints - wanted
        if done:
            await self._kept.forget(done)
            await self._directory.drop_others(self.provider)
            _logger.info("%d kept keys are forgotten: all they bought is collected", len(done))

    async def judge_adapter(self, log: EnrichmentLog) -> None:
        """Tell of answers that hold entries of another shape than any known one: the service may have changed."""
        unreadable = await log.unreadable(service_class(self.provider).adapter)
        self._directory.note_degraded(
            self.provider,
            f"{unreadable} entries of its newest answers could not be read. They are kept; a newer Contact Scout may"
            " read them."
            if unreadable
            else "",
        )

    async def refresh_balance(self) -> int | None:
        """Credits left for enrichment, None when the provider does not say or cannot be asked now."""
        try:
            return enrichment_credits(self.provider, await self._directory.balance(self.provider))
        except ContactScoutError:
            return None  # a plan is possible without it; the submit itself will say what is wrong

    async def _bought_with(self, mark: str) -> list[EnrichmentBatch]:
        return [batch for batch in await self._repository.batches(IN_FLIGHT) if batch.key_fingerprint == mark]

    async def _ask_balance(self) -> int | None:
        # Past the directory, which would tell everybody of news about the provider, and so wake the queue.
        service = await self._directory.capable(self.provider, SupportsBalance)
        return enrichment_credits(self.provider, await service.balance(""))


def enrichment_credits(provider: Provider, lines: Sequence[BalanceLine]) -> int | None:
    """The line of a balance that pays for enrichment, None where there is none."""
    kind = service_class(provider).enrichment_credit_kind
    matching = [line.remaining for line in lines if line.kind == kind]
    return sum(matching) if matching else None
