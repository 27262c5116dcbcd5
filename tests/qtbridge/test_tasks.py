import asyncio
import gc
from collections.abc import Coroutine

import pytest

from app.qtbridge.tasks import TaskScope


class Errors(list[BaseException]):
    """What a scope reported."""


@pytest.fixture
def errors() -> Errors:
    return Errors()


@pytest.fixture
def scope(errors: Errors) -> TaskScope:
    return TaskScope("test", errors.append)


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_task_gives_its_result_and_is_forgotten(scope: TaskScope, errors: Errors) -> None:
    async def work() -> int:
        return 7

    task = scope.start(work(), "work")
    assert task.get_name() == "test: work"
    assert await task == 7
    await turns()
    assert len(scope) == 0
    assert not errors


async def test_a_task_nobody_else_holds_is_kept(scope: TaskScope) -> None:
    ended: list[str] = []

    def build() -> Coroutine[None, None, None]:
        forgotten = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                await forgotten
            finally:
                ended.append("end")

        return work()

    scope.start(build())
    await turns()
    gc.collect()
    assert ended == []
    await scope.aclose()
    assert ended == ["end"]


async def test_a_failure_is_reported_once(scope: TaskScope, errors: Errors) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    task = scope.start(fail())
    await asyncio.wait([task])
    await turns()
    assert [str(error) for error in errors] == ["broken"]


async def test_cancellation_is_silent(scope: TaskScope, errors: Errors) -> None:
    begun = [scope.start(asyncio.sleep(60)) for _ in range(3)]
    await turns()
    scope.cancel_all()
    not_begun = scope.start(asyncio.sleep(60))
    not_begun.cancel()
    await asyncio.wait([*begun, not_begun])
    await turns()
    assert not errors
    assert len(scope) == 0


async def test_the_scope_goes_on_after_cancel_all(scope: TaskScope) -> None:
    scope.start(asyncio.sleep(60))
    scope.cancel_all()
    assert await scope.start(asyncio.sleep(0, "result")) == "result"


async def test_a_newer_task_replaces_the_older_and_begins_after_its_clean_up(scope: TaskScope) -> None:
    steps: list[str] = []

    async def search(name: str) -> None:
        steps.append(f"{name} begins")
        try:
            await asyncio.sleep(60)
        finally:
            await turns()
            steps.append(f"{name} has cleaned up")

    scope.replace("search", search("a"))
    other = scope.replace("another slot", search("x"))
    await turns()
    steps.clear()
    scope.replace("search", search("b"))
    scope.replace("search", search("c"))
    last = scope.replace("search", search("d"))
    await turns(20)
    assert steps == ["a has cleaned up", "d begins"]
    assert not other.done()
    scope.cancel("search")
    await asyncio.wait([last])
    assert not other.done()
    await scope.aclose()


async def test_a_task_may_replace_itself(scope: TaskScope) -> None:
    steps: list[str] = []

    async def second() -> None:
        steps.append("second")

    async def first() -> None:
        scope.replace("slot", second())
        await asyncio.sleep(60)

    scope.replace("slot", first())
    await turns(10)
    assert steps == ["second"]


async def test_closing_waits_for_the_clean_up_of_all(scope: TaskScope, errors: Errors) -> None:
    cleaned: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await turns(number)
            cleaned.append(number)

    for number in range(3):
        scope.start(work(number))
    await turns()
    await scope.aclose()
    await scope.aclose()
    assert sorted(cleaned) == [0, 1, 2]
    assert not errors


async def test_a_task_may_close_its_own_scope(scope: TaskScope) -> None:
    async def close() -> str:
        await scope.aclose()
        return "closed"

    scope.start(asyncio.sleep(60))
    assert await scope.start(close()) == "closed"


async def test_what_is_started_after_closing_never_begins(scope: TaskScope, errors: Errors) -> None:
    begun: list[str] = []

    async def work() -> None:
        begun.append("work")

    await scope.aclose()
    tasks = [scope.start(work()), scope.replace("slot", work()), scope.replace("slot", work())]
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    assert not begun
    assert not errors
