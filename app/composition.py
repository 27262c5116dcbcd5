"""Builds the services in order and takes them down again: the part of the composition root that needs no window."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote, urlsplit

from app.bug_report import versions
from app.deferred import httpx
from app.domain.changes import ChangeFeed
from app.domain.provider import Provider
from app.domain.redaction import Redactor
from app.jobs.schedule import PollSchedule
from app.providers.client import Timeouts
from app.providers.clock import Clock
from app.services.companies import CompanyService
from app.services.connection import ConnectionService
from app.services.credentials import CredentialService
from app.services.diagnostics import DiagnosticsService
from app.services.domains import DomainService
from app.services.enrichment import EnrichmentService
from app.services.enrichment_accounts import EnrichmentAccounts
from app.services.export import ExportService
from app.services.fetching import FetchService
from app.services.keyring_store import KeyringStore, KeyStore
from app.services.ledger import LedgerService
from app.services.library import LibraryService
from app.services.library_views import LibraryViewService
from app.services.lists import ListService
from app.services.matching import MatchingService
from app.services.own_work import OwnWorkService
from app.services.providers import DemoBackend, ProviderDirectory
from app.services.request_counts import RequestCounts
from app.services.safekeeping import SafekeepingService
from app.services.search import SearchService
from app.services.suppression import SuppressionService
from app.services.tagging import TagService
from app.storage import replacing
from app.storage.company_domains import CompanyDomainRepository
from app.storage.database import Database
from app.storage.enrichment_log import EnrichmentLog
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.exports import ExportRepository
from app.storage.fetch_runs import FetchRunRepository
from app.storage.headroom import check_headroom
from app.storage.instance_lock import InstanceLock
from app.storage.journal import RequestJournal
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.library_view import LibraryViewRepository
from app.storage.profile import Profile
from app.storage.request_counts import RequestCountStore
from app.storage.saved_views import SavedViewRepository
from app.storage.settings import SettingsStore
from app.storage.suppression import SuppressionRepository


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a window or a command works with."""

    profile: Profile
    settings: SettingsStore
    changes: ChangeFeed
    credentials: CredentialService
    providers: ProviderDirectory
    search: SearchService
    fetching: FetchService
    enrichment: EnrichmentService
    tags: TagService
    lists: ListService
    companies: CompanyService
    domains: DomainService
    ledger: LedgerService
    library: LibraryService
    own_work: OwnWorkService
    matching: MatchingService
    views: LibraryViewService
    export: ExportService
    suppression: SuppressionService
    diagnostics: DiagnosticsService
    connection: ConnectionService
    safekeeping: SafekeepingService


@asynccontextmanager
async def open_services(
    profile: Profile,
    *,
    demo: bool = False,
    read_only: bool = False,
    command: str = "",
    environ: Mapping[str, str] | None = None,
    key_store: KeyStore | None = None,
    demo_transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
    schedule: PollSchedule | None = None,
    clock: Clock | None = None,
    timeouts: Timeouts | None = None,
    redactor: Redactor | None = None,
) -> AsyncIterator[Services]:
    """Open a profile's library and everything on top of it; closed in reverse order on leaving.

    `read_only` opens the library beside another process that has it, for looking only. `command` is what others are
    told who find the profile in use, "" for a window. With `demo` every service is the built-in synthetic one, reached
    without a socket. The worker is not started: a window calls `enrichment.start()`, a command `enrichment.drain()`.
    `redactor` is the log's; it is told of every key. `clock` and `timeouts` are what provider services know of time,
    the system's and their own where None.

    Raises:
        ProfileInUseError: Another program has the profile.
        DamagedLibraryError: The library is damaged.
        LibraryError: The library cannot be opened.
    """
    environment = os.environ if environ is None else environ
    async with AsyncExitStack() as stack:
        if not read_only:
            lock = InstanceLock(profile.lock_path, command)
            lock.acquire()
            stack.callback(lock.release)
            await asyncio.to_thread(replacing.prepare, profile.library_path)
        redactor = redactor or Redactor()
        protect_proxy_passwords(environment, redactor)
        changes = ChangeFeed()
        settings = SettingsStore(profile.settings_path)
        database = await Database.open(profile.library_path, changes=changes, read_only=read_only)
        stack.push_async_callback(database.close)
        safekeeping = SafekeepingService(database, changes)
        stack.push_async_callback(safekeeping.aclose)
        library = LibraryRepository(database)
        fetch_runs = FetchRunRepository(database, library)
        enrichment_runs = EnrichmentRepository(database, library)

        backend, demo_key = _demo(demo_transport) if demo else (None, "")
        credentials = CredentialService(key_store or KeyringStore(), environment, demo_key=demo_key, redactor=redactor)
        counts = None
        if not demo:
            counts = RequestCounts(RequestCountStore(profile.request_counts_path))
            stack.push_async_callback(counts.aclose)
        directory = ProviderDirectory(
            credentials, settings, changes, environment, demo=backend, counts=counts, clock=clock, timeouts=timeouts
        )
        stack.push_async_callback(directory.aclose)
        ledger = LedgerRepository(database)
        search = SearchService(directory, library, ledger)
        stack.push_async_callback(search.aclose)
        fetching = FetchService(directory, fetch_runs, library, clock=clock)
        companies = CompanyService(directory)
        domains = DomainService(library, CompanyDomainRepository(database), companies, changes)
        suppression = SuppressionService(SuppressionRepository(database), library)
        enrichment = EnrichmentService(
            EnrichmentAccounts(directory, credentials, settings, enrichment_runs),
            enrichment_runs,
            library,
            RequestJournal(profile.journal_path),
            changes,
            log=EnrichmentLog(database),
            domains=domains,
            suppression=suppression,
            settings=settings,
            check_disk=partial(_check_safety, safekeeping, profile),
            schedule=schedule,
            clock=clock,
        )
        stack.push_async_callback(enrichment.stop)
        if not read_only:
            await fetching.recover()
            await _collect_again(enrichment, safekeeping)
            await enrichment.recover()
        library_service = LibraryService(library)
        own_work = OwnWorkService(database)
        yield Services(
            profile=profile,
            settings=settings,
            changes=changes,
            credentials=credentials,
            providers=directory,
            search=search,
            fetching=fetching,
            enrichment=enrichment,
            tags=TagService(directory, library),
            lists=ListService(directory, library),
            companies=companies,
            domains=domains,
            ledger=LedgerService(ledger, enrichment_runs),
            library=library_service,
            own_work=own_work,
            matching=MatchingService(database, own_work, changes),
            views=LibraryViewService(LibraryViewRepository(database), SavedViewRepository(database)),
            export=ExportService(library, suppression, ExportRepository(database)),
            suppression=suppression,
            diagnostics=DiagnosticsService(
                directory, enrichment, fetching, library_service, database, profile.log_dir, redactor, versions
            ),
            connection=ConnectionService(directory, credentials),
            safekeeping=safekeeping,
        )


def _check_safety(safekeeping: SafekeepingService, profile: Profile) -> None:
    safekeeping.require_sound()
    check_headroom(profile.library_path)


async def _collect_again(enrichment: EnrichmentService, safekeeping: SafekeepingService) -> None:
    """After the library was set back: what was paid for since is taken up from the journal, and nothing is bought.

    The library may hold people as waiting who were sent since; the journal knows those whose submit was answered.
    """
    note = replacing.collection_note(safekeeping.library)
    if (said := await asyncio.to_thread(note.read)) is None:
        return
    taken = await enrichment.recover_from_journal()
    await enrichment.stop_spending()
    await asyncio.to_thread(note.clear)
    safekeeping.note_set_back(said.text, taken)


def protect_proxy_passwords(environ: Mapping[str, str], redactor: Redactor) -> None:
    """Tell the redactor of the passwords that stand in proxy addresses."""
    for name, value in environ.items():
        if name.casefold().endswith("_proxy"):
            with suppress(ValueError):
                redactor.add_secret(unquote(urlsplit(value).password or ""))


def _demo(transport: Callable[[], httpx.AsyncBaseTransport] | None) -> tuple[DemoBackend, str]:
    # Only demo runs pay for loading them.
    from app.demo import DEMO_KEY
    from app.demo.app import BASE_PATHS, create_app

    def build() -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(app=create_app())

    base_urls = {provider: f"http://127.0.0.1{BASE_PATHS[provider]}" for provider in Provider}
    return DemoBackend(transport or build, base_urls), DEMO_KEY
