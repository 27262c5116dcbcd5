"""The published rate limits, counted on the server's clock (seconds)."""

from collections import deque


class SlidingWindow:
    """At most `limit` units in any `seconds`; a call over the rest still completes, the next one does not."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._spent: deque[tuple[float, int]] = deque()
        self._used = 0

    def used(self, now: float) -> int:
        """Units spent in the window that ends now."""
        while self._spent and self._spent[0][0] <= now - self.seconds:
            self._used -= self._spent.popleft()[1]
        return self._used

    def is_full(self, now: float) -> bool:
        """Whether another call would be refused."""
        return self.used(now) >= self.limit

    def spend(self, now: float, units: int = 1) -> None:
        """Book a call."""
        self._spent.append((now, units))
        self._used += units

    def reset_after(self, now: float) -> float:
        """Seconds until the oldest booking leaves the window."""
        self.used(now)
        return max(0.0, self._spent[0][0] + self.seconds - now) if self._spent else 0.0


class TokenBucket:
    """A steady rate with a burst."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = float(burst)
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Take one token; False when there is none."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens < 1 - 1e-6:  # the clock's fractions do not add up exactly
            return False
        self._tokens -= 1
        return True
