"""“Check connection”: how far a request to a service gets, step by step, and the one thing that is wrong."""

from dataclasses import dataclass

from app.domain.provider import Provider


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What a check found; texts are "" for steps that were not reached or do not apply.

    Attributes:
        provider: The service.
        address: Its base URL.
        proxy: The proxy used, without name and password.
        dns: The name that was looked up, and its addresses.
        tls_issuer: Who issued the certificate at the other end; an inspecting proxy's own issuer shows here.
        http_status: Status of the answer, None when none came.
        duration: Seconds from connecting to the end of the answer.
        request_id: The service's id of the answer.
        problem: The one thing that is wrong, "" when all is well.
        next_step: What to do about it.
    """

    provider: Provider
    address: str
    proxy: str = ""
    dns: str = ""
    tls_issuer: str = ""
    http_status: int | None = None
    duration: float = 0.0
    request_id: str = ""
    problem: str = ""
    next_step: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service can be used from here."""
        return not self.problem
