"""What the tour keeps of itself: steps with seconds, pictures and facts, and what was not as expected."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE_NAME = "tour.json"


@dataclass(slots=True)
class _Step:
    name: str
    seconds: float = 0.0
    pictures: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class TourRecord:
    """The record of one tour, written as `tour.json` beside its pictures.

    Attributes:
        directory: Where record and pictures are.
        failures: What was not as expected, one sentence each; a tour without any has worked.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.failures: list[str] = []
        self._steps: list[_Step] = []
        self._pictures = 0
        self._began = time.perf_counter()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step of the tour, from entering to leaving; expectations, facts and pictures are its own."""
        step = _Step(name)
        self._steps.append(step)
        began = time.perf_counter()
        try:
            yield
        finally:
            step.seconds = round(time.perf_counter() - began, 3)

    def expect(self, holds: bool, sentence: str) -> None:
        """Note a failure unless something holds; the sentence is what should be true."""
        if not holds:
            self.fail(f"expected that {sentence}")

    def fail(self, sentence: str) -> None:
        """Note a failure of the step."""
        self.failures.append(f"{self._steps[-1].name}: {sentence}")

    def note(self, **facts: Any) -> None:
        """Note facts of the step, ready for JSON."""
        self._steps[-1].facts.update(facts)

    def next_picture(self, name: str) -> Path:
        """Where the next picture of the step goes; pictures are numbered from 01."""
        self._pictures += 1
        path = self.directory / f"{self._pictures:02}-{name}.png"
        self._steps[-1].pictures.append(path.name)
        return path

    def write(self) -> None:
        """Write the record."""
        report = {
            "ok": not self.failures,
            "seconds": round(time.perf_counter() - self._began, 3),
            "failures": self.failures,
            "steps": [
                {"name": step.name, "seconds": step.seconds, "pictures": step.pictures, "facts": step.facts}
                for step in self._steps
            ],
        }
        text = json.dumps(report, indent=2, ensure_ascii=False)
        (self.directory / FILE_NAME).write_text(text + "\n", encoding="utf-8")
