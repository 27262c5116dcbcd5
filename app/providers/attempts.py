"""What every HTTP attempt leaves behind: one line in the log, and a short memory per provider.

Both hold the allow-listed members of `Attempt` and nothing else: no address, no query, no body, no key. What a
service decides (its request id) is let through only as far as it looks like an id.
"""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from app.domain.provider import Provider
from app.domain.redaction import plain_id

log = logging.getLogger("app.providers.http")

ATTEMPTS_KEPT = 50
ERRORS_KEPT = 10


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP request and how it ended.

    Attributes:
        provider: Whose service was asked.
        method: HTTP method.
        path: Path template such as `/v2/people/enrich/{RequestID}`, never the path itself.
        number: 1 for the first attempt of a call, more for its repetitions.
        at: When it ended.
        status: HTTP status, None when no answer came.
        failure: The kind of transport error that ended it, "" without one.
        request_id: The service's id of its answer, "" where it gave none.
        wait: Seconds spent waiting for our own pace before it.
        duration: Seconds from sending to the last byte.
        size: Bytes of the decompressed body.
    """

    provider: Provider
    method: str
    path: str
    number: int
    at: datetime
    status: int | None = None
    failure: str = ""
    request_id: str = ""
    wait: float = 0.0
    duration: float = 0.0
    size: int = 0

    @property
    def ok(self) -> bool:
        """Whether a success came back, whole."""
        return self.status is not None and 200 <= self.status < 300 and not self.failure

    def line(self) -> str:
        """The attempt as `key=value` pairs in a fixed order, `-` where there is nothing; times are in seconds."""
        return (
            f"provider={self.provider.value} method={self.method} path={self.path} status={self.status or '-'} "
            f"failure={self.failure or '-'} request_id={plain_id(self.request_id) or '-'} attempt={self.number} "
            f"wait={self.wait:.2f} duration={self.duration:.2f} bytes={self.size}"
        )


class AttemptLog:
    """Writes attempts to the logger `app.providers.http`, and remembers the last ones of each provider."""

    def __init__(self) -> None:
        self._last: dict[Provider, deque[Attempt]] = {}
        self._errors: dict[Provider, deque[Attempt]] = {}

    def note(self, attempt: Attempt) -> None:
        """Log an attempt and remember it."""
        log.info("%s", attempt.line())
        self._last.setdefault(attempt.provider, deque(maxlen=ATTEMPTS_KEPT)).appendleft(attempt)
        if not attempt.ok:
            self._errors.setdefault(attempt.provider, deque(maxlen=ERRORS_KEPT)).appendleft(attempt)

    def last(self, provider: Provider) -> tuple[Attempt, ...]:
        """The last attempts, newest first."""
        return tuple(self._last.get(provider, ()))

    def errors(self, provider: Provider) -> tuple[Attempt, ...]:
        """The last attempts that failed, newest first."""
        return tuple(self._errors.get(provider, ()))
