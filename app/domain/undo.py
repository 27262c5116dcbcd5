"""Steps of the rep's own work, which can be undone and done again."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UndoStep:
    """One change of the rep's: `name` in words such as “Merge 2 contacts”, `contacts` how many it touched.

    `undone` steps can be done again, until something else is done instead.
    """

    step_id: int
    at: datetime
    name: str
    contacts: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What undoing or redoing did. `left` rows had been changed otherwise in the meantime and stayed as they are."""

    step: UndoStep
    left: int = 0
