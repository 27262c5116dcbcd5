"""When to ask for results again. Pure: no clock of its own."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait after the nth trouble in a row with a lane: doubling, with full jitter, within bounds."""

    first: float = 2.0
    longest: float = 60.0

    def wait(self, failures: int, rng: random.Random) -> float:
        """Seconds to wait after `failures` (from 1) troubles in a row."""
        ceiling = min(self.longest, self.first * 2.0 ** min(failures - 1, 20))
        return ceiling * (0.5 + rng.random() / 2)


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """Seconds between polls. The vendor documents none; these are the contract sheet's defaults (Tamtam, section 4).

    Attributes:
        first: Wait after the submit.
        second: Wait after the first poll; each further one is `factor` times longer, up to `longest`.
        give_up_after: Age of a batch after which it is only asked about when the rep wants it.
        missing_tries: So many answers in a row that the request is not known are believed,
        missing_for: if they lie so many seconds apart.
        backoff: Waits after troubles.
    """

    first: float = 3.0
    second: float = 5.0
    factor: float = 1.5
    longest: float = 30.0
    jitter: float = 0.1
    give_up_after: float = 30 * 60.0
    missing_tries: int = 3
    missing_for: float = 60.0
    backoff: Backoff = Backoff()

    def wait(self, polls_done: int, rng: random.Random) -> float:
        """Seconds to wait after `polls_done` polls, spread by the jitter and never shorter than planned."""
        if polls_done == 0:
            base = self.first
        else:
            base = min(self.second * self.factor ** float(min(polls_done - 1, 50)), self.longest)
        return base * (1 + self.jitter * rng.random())
