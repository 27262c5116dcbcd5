"""When a read is asked again, and how long a service's `Retry-After` is. Pure: no clock, no I/O.

Only reads and polls come here (contract sheets: TalkToHumans section 5, Leadfeeder section 5, Tamtam section 8,
BuildWorkPro section 8). A paid submit is never repeated by the client.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.errors import (
    NetworkError,
    RateLimitedError,
    ServiceError,
    TryLaterError,
    UntrustedConnectionError,
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and when. All times in seconds.

    Attributes:
        attempts: Attempts in all for connection errors and 5xx.
        rate_attempts: Attempts in all for 429.
        base: The first back-off; each further one doubles.
        longest: The longest back-off of our own making.
        unhinted_429: The wait after a 429 without `Retry-After`; 0 to back off as after other errors.
        once: Codes worth one further attempt only.
    """

    attempts: int = 3
    rate_attempts: int = 5
    base: float = 1.0
    longest: float = 30.0
    unhinted_429: float = 0.0
    once: frozenset[str] = frozenset()

    def wait(self, error: ServiceError, attempt: int, jitter: float) -> float | None:
        """Seconds to wait after attempt number `attempt` (from 1) failed, None to give up.

        A wait the service asked for is returned as it is, however long: asking earlier is never right. All
        others are full jitter: `jitter`, drawn from 0 to 1, times the doubling back-off.
        """
        most = self._most_attempts(error)
        if attempt >= most:
            return None
        if error.retry_after is not None:
            return error.retry_after
        if isinstance(error, RateLimitedError) and self.unhinted_429:
            return self.unhinted_429
        return jitter * min(self.longest, self.base * 2.0 ** (attempt - 1))

    def _most_attempts(self, error: ServiceError) -> int:
        if isinstance(error, RateLimitedError):
            return self.rate_attempts
        if isinstance(error, UntrustedConnectionError):
            return 1
        # A page of a proxy has a status; asking again would only bring the same page.
        if isinstance(error, TryLaterError) or (isinstance(error, NetworkError) and error.status is None):
            return min(2, self.attempts) if error.code in self.once else self.attempts
        return 1


def retry_after_seconds(value: str | None, *, now: datetime, date: str | None = None) -> float | None:
    """Read a `Retry-After` header: seconds or an HTTP date (RFC 9110 section 10.2.3).

    Args:
        value: The header, None without one.
        now: The date and time here.
        date: The answer's `Date` header; when readable it is used instead of `now`, as our clock may be wrong.

    Returns:
        Seconds from now, at least 0; None when there is nothing readable.
    """
    text = (value or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        due = _http_date(text)
        if due is None:
            return None
        return max(0.0, (due - (_http_date(date or "") or now)).total_seconds())
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _http_date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # slow to load, and seldom needed

    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
