"""Diagnostics: how the program and its connections stand, without keys and without people.

The rep reads it on a page of the window, and can save it as a bundle of text files for whoever helps. `preview`
makes the texts, and `save_bundle` writes exactly these: what was read is what is sent.
"""

import asyncio
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from app.domain.credits import BalanceLine
from app.domain.enrichment import BatchState
from app.domain.errors import ContactScoutError, InputError
from app.domain.fetching import FetchRunState
from app.domain.provider import Provider
from app.domain.redaction import Redact
from app.providers.attempts import Attempt
from app.providers.breaker import BreakerState
from app.providers.registry import DEFAULT_BASE_URLS
from app.services import diagnostics_text
from app.services.credentials import KeySource
from app.services.enrichment import EnrichmentService
from app.services.fetching import FetchService
from app.services.library import LibraryService
from app.services.providers import ProviderDirectory
from app.storage.database import Database
from app.storage.files import replace_file
from app.storage.integrity import check_integrity

LOG_BYTES = 256 * 1024
"""How much of the newest log goes into a bundle: some two thousand requests, still readable."""

_DONE = (BatchState.COMPLETE, BatchState.REJECTED, BatchState.ABANDONED)


@dataclass(frozen=True, slots=True)
class ProviderDiagnostics:
    """How the connection to one provider stands; nothing is asked of the provider for it.

    Attributes:
        provider: The service.
        key_source: Where its key comes from.
        base_url_host: Host of the address in use, with its port if it has one; "" when the address is not allowed.
        own_address: Whether this is another address than the vendor's.
        pace: The pace in words: its limit, who waits for how long, or a pause; "" before the key's first use.
        breaker: Whether calls pass; see `app.providers.breaker`. CLOSED is the good state.
        last_errors: Failed attempts since the program started, newest first, ten at most.
        last_attempts: All attempts since then, newest first, fifty at most.
        balance: The balance as last seen, () while it was not asked for.
        requests_this_month: HTTP requests in this calendar month (UTC), counted on this profile.
        degraded: What of its answers could not be read, "" while all was.
    """

    provider: Provider
    key_source: KeySource
    base_url_host: str
    own_address: bool
    pace: str
    breaker: BreakerState
    last_errors: tuple[Attempt, ...]
    last_attempts: tuple[Attempt, ...]
    balance: tuple[BalanceLine, ...]
    requests_this_month: int
    degraded: str = ""


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """An enrichment batch that is not done: counts and states, nobody's data. Members as in `EnrichmentBatch`."""

    batch_id: int
    state: BatchState
    people: int
    polls: int
    reserved: int
    charged: int
    request_id: str
    submitted_at: datetime | None
    next_poll_at: datetime | None
    adapter: str = ""


@dataclass(frozen=True, slots=True)
class OpenFetch:
    """A bulk fetch that is not done."""

    run_id: int
    provider: Provider
    state: FetchRunState
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Everything that the page shows.

    `versions` maps a program's name to its version, `library` is `LibraryService.stats`, and `integrity` is "ok",
    what is wrong with the file, or "" when it was not looked at.
    """

    at: datetime
    versions: Mapping[str, str]
    providers: tuple[ProviderDiagnostics, ...]
    library: Mapping[str, int]
    integrity: str
    open_batches: tuple[OpenBatch, ...]
    open_fetches: tuple[OpenFetch, ...]


class DiagnosticsService:
    """Collects what is known, and writes the bundle.

    Args:
        directory: The providers.
        enrichment: The queue.
        fetching: The bulk fetches.
        library: Its numbers.
        database: Its file.
        log_dir: Where the log files are.
        redact: Takes private things out of a text.
        versions: Tells name → version of the program and what it runs on, as far as known below the window.
    """

    def __init__(
        self,
        directory: ProviderDirectory,
        enrichment: EnrichmentService,
        fetching: FetchService,
        library: LibraryService,
        database: Database,
        log_dir: Path,
        redact: Redact,
        versions: Callable[[], Mapping[str, str]],
    ) -> None:
        self._directory = directory
        self._enrichment = enrichment
        self._fetching = fetching
        self._library = library
        self._database = database
        self._log_dir = log_dir
        self._redact = redact
        self._versions = versions
        self._previewed: list[tuple[str, str]] | None = None

    async def snapshot(
        self, *, more_versions: Mapping[str, str] | None = None, check_library: bool = False
    ) -> Diagnostics:
        """How everything stands now.

        Args:
            more_versions: What only the caller knows, say Qt's version and platform.
            check_library: Look through the library's file too, which takes a while and holds up its readers.

        Raises:
            LibraryError: The library cannot be read.
        """
        return Diagnostics(
            at=datetime.now(UTC),
            versions={**self._versions(), **(more_versions or {})},
            providers=tuple([await self._provider(provider) for provider in Provider]),
            library=await self._library.stats(),
            integrity=await check_integrity(self._database) if check_library else "",
            open_batches=await self._open_batches(),
            open_fetches=await self._open_fetches(),
        )

    async def preview(self, *, more_versions: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
        """The files of a bundle as (name, text), fit to be read and to be sent. Looks through the library's file.

        Raises:
            LibraryError: The library cannot be read.
        """
        diagnostics = await self.snapshot(more_versions=more_versions, check_library=True)
        log = await asyncio.to_thread(diagnostics_text.newest_log, self._log_dir, LOG_BYTES)
        files = [*diagnostics_text.files(diagnostics), ("log.txt", log or "There is no log.\n")]
        self._previewed = [(name, "\n".join(map(self._redact, text.split("\n")))) for name, text in files]
        return list(self._previewed)

    async def save_bundle(self, path: Path, *, more_versions: Mapping[str, str] | None = None) -> Path:
        """Write the bundle: the files of the last preview, or of one made now if there was none.

        Returns:
            The path of the zip file, `path` with the ending .zip.

        Raises:
            InputError: It cannot be written there.
            LibraryError: The library cannot be read.
        """
        files = self._previewed or await self.preview(more_versions=more_versions)
        target = path if path.suffix.casefold() == ".zip" else path.with_name(path.name + ".zip")
        try:
            await asyncio.to_thread(replace_file, target, _zipped(files))
        except OSError as error:
            raise InputError(
                f"The diagnostics cannot be saved as {target.name}.", next_step="Choose another folder."
            ) from error
        return target

    async def _provider(self, provider: Provider) -> ProviderDiagnostics:
        status = await self._directory.status(provider)
        attempts = self._directory.attempts
        limiter = self._directory.limiter_in_use(provider)
        try:
            address = self._directory.base_url(provider)
        except ContactScoutError:
            address = ""
        return ProviderDiagnostics(
            provider=provider,
            key_source=status.key_source,
            base_url_host=urlsplit(address).netloc.rpartition("@")[2],
            own_address=address != DEFAULT_BASE_URLS[provider],
            pace=status.pace,
            breaker=limiter.breaker.state if limiter else BreakerState.CLOSED,
            last_errors=attempts.errors(provider),
            last_attempts=attempts.last(provider),
            balance=self._directory.known_balance(provider),
            requests_this_month=await self._directory.requests_this_month(provider),
            degraded=status.degraded,
        )

    async def _open_batches(self) -> tuple[OpenBatch, ...]:
        return tuple(
            OpenBatch(
                batch_id=batch.batch_id,
                state=batch.state,
                people=batch.item_count,
                polls=batch.polls,
                reserved=batch.reserved,
                charged=batch.charged,
                request_id=batch.request_id,
                submitted_at=batch.submitted_at,
                next_poll_at=batch.next_poll_at,
                adapter=batch.adapter,
            )
            for run in await self._enrichment.runs()
            for batch in run.batches
            if batch.state not in _DONE
        )

    async def _open_fetches(self) -> tuple[OpenFetch, ...]:
        return tuple(
            OpenFetch(run.run_id, run.provider, run.state, run.done, run.total)
            for run in await self._fetching.runs()
            if run.state is not FetchRunState.FINISHED
        )


def _zipped(files: list[tuple[str, str]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in files:
            bundle.writestr(name, text)
    return buffer.getvalue()
