"""“Check connection” in Settings: how far a request to a provider gets from here, with its key if there is one."""

from app.domain.errors import InputError, KeyringError
from app.domain.provider import Provider
from app.providers.connection import ConnectionReport, check_connection
from app.providers.registry import PROBES
from app.services.credentials import CredentialService
from app.services.providers import ProviderDirectory


class ConnectionService:
    """Checks connections. An answer also ends the pause that earlier failures have caused."""

    def __init__(self, directory: ProviderDirectory, credentials: CredentialService) -> None:
        self._directory = directory
        self._credentials = credentials

    async def check(self, provider: Provider) -> ConnectionReport:
        """Try to reach a provider; trouble of every kind is in the report. Up to a minute when nothing answers."""
        from app.providers.auth import KeyAuth  # of httpx's kind, which is loaded for it

        try:
            base_url = self._directory.base_url(provider)
        except InputError as error:
            return ConnectionReport(
                provider,
                "",
                problem=error.text,
                next_step=error.next_step or "Change the service's address in Settings.",
            )
        try:
            key = (await self._credentials.key(provider) or "").strip()
        except KeyringError:
            key = ""  # the connection can be judged without it
        network = await self._directory.network()
        limiter = await self._directory.limiter(provider, key) if key else None
        report = await check_connection(
            provider,
            base_url,
            probe=PROBES[provider],
            auth=KeyAuth(provider, key, base_url) if key else None,
            limiter=limiter,
            ssl_context=network.ssl_context,
            transport=network.transport,
            clock=network.clock,
            attempts=self._directory.attempts,
        )
        if report.ok and limiter is not None:
            limiter.breaker.reset()
            self._directory.note_error(provider, None)
        return report
