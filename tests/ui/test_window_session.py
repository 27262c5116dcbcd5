import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject

from app.qtbridge.tasks import TaskScope
from app.qtbridge.waiting import wait_until
from app.ui.window_session import WindowSession

pytestmark = pytest.mark.gui

PATIENCE = 30.0
"""Seconds; generous, since a busy machine may take long."""


class Part:
    """A part of a window with one thing to remember."""

    def __init__(self) -> None:
        self.value: Any = 0
        self.saves = 0

    def save(self) -> Any:
        self.saves += 1
        return self.value

    def restore(self, value: Any) -> None:
        self.value = value


@pytest.fixture
async def scope() -> AsyncIterator[TaskScope]:
    errors: list[BaseException] = []
    scope = TaskScope("test", errors.append)
    yield scope
    await scope.aclose()
    assert errors == []


def saved(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


async def test_changes_are_written_together_shortly_after(tmp_path: Path, scope: TaskScope, qapp: QObject) -> None:
    path, part, large = tmp_path / "window.json", Part(), Part()
    session = WindowSession(path, scope, qapp)
    session.add("part", part.save, part.restore)
    session.add("large", large.save, large.restore)
    large.value = lambda: [1, 2, 3]  # put into words on another thread
    session.touch()
    assert part.saves == 0, "nothing is remembered before it was restored"
    session.restore()
    assert part.value is None
    large.value = lambda: [1, 2, 3]
    for number in range(5):
        part.value = number
        session.touch()
    await wait_until(lambda: saved(path).get("part") == 4, PATIENCE)
    assert part.saves == 1
    assert saved(path)["large"] == [1, 2, 3]


async def test_what_is_taken_last_is_written_before_the_end(tmp_path: Path, scope: TaskScope, qapp: QObject) -> None:
    path, part = tmp_path / "window.json", Part()
    session = WindowSession(path, scope, qapp)
    session.add("part", part.save, part.restore)
    session.restore()
    for number in range(3):
        part.value = number
        session.save_now()
    session.freeze()
    part.value = "taken apart"
    session.touch()
    session.save_now()
    await session.shut_down()
    assert saved(path)["part"] == 2
    again = Part()
    later = WindowSession(path, scope, qapp)
    later.add("part", again.save, again.restore)
    later.restore()
    assert again.value == 2
