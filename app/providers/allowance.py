"""How many requests a key has made this calendar month, and how many it may make.

Leadfeeder allows a key 100,000 requests a month and names no header that counts them, so they are counted here
(contract sheet, section 5). Months are UTC's. Who keeps the count over restarts is not this module's business: it is
told the number at the start, and tells of each further request.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from app.domain.provider import Provider
from app.providers.clock import Clock

MONTHLY_LIMITS: dict[Provider, int] = {Provider.LEADFEEDER: 100_000}

# From here on the window shows the count.
_WORTH_SHOWING = 0.8


def month_of(moment: datetime) -> str:
    """The calendar month as the count is kept under: “2026-11”."""
    return moment.astimezone(UTC).strftime("%Y-%m")


class UsedUpError(Exception):
    """The month's requests are used up; `resets` is when the next month starts, in UTC."""

    def __init__(self, limit: int, resets: datetime) -> None:
        super().__init__(f"{limit} requests used up until {resets:%Y-%m-%d}")
        self.limit = limit
        self.resets = resets


class Allowance:
    """The requests of one key.

    Args:
        limit: Requests allowed in a calendar month, None for any number.
        used: Requests made in `month` so far.
        month: As `month_of` writes it; "" for now.
        clock: Time.
        on_request: Told the month of each request.
    """

    def __init__(
        self,
        limit: int | None = None,
        *,
        used: int = 0,
        month: str = "",
        clock: Clock | None = None,
        on_request: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._limit = limit
        self._clock = clock or Clock()
        self._month = month or month_of(self._clock.wall())
        self._used = used
        self._on_request = on_request

    @property
    def used(self) -> int:
        """Requests made this month."""
        return self._used if self._month == month_of(self._clock.wall()) else 0

    @property
    def text(self) -> str:
        """The count in words once it is worth knowing, else ""."""
        if self._limit is None or self.used < self._limit * _WORTH_SHOWING:
            return ""
        return f"{self.used:,} of {self._limit:,} requests this month"

    def take(self) -> None:
        """Count a request that is about to be made.

        Raises:
            UsedUpError: None is left this month.
        """
        now = self._clock.wall()
        month = month_of(now)
        if month != self._month:
            self._month, self._used = month, 0
        if self._limit is not None and self._used >= self._limit:
            raise UsedUpError(self._limit, _next_month(now))
        self._used += 1
        self._on_request(month)


def _next_month(moment: datetime) -> datetime:
    now = moment.astimezone(UTC)
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
