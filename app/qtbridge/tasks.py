"""Task scopes: whoever starts background work in the window starts it in one, so that somebody can stop it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class TaskScope:
    """Owns tasks: holds them strongly, reports their failures, cancels them all when it closes.

    The loop itself holds tasks weakly; without a scope a task that waits for a forgotten future vanishes.

    Args:
        name: Whose scope it is; the tasks' names begin with it.
        on_error: Hears of every exception that ends a task, except cancellation, which is silent.
    """

    def __init__(self, name: str, on_error: Callable[[BaseException], None]) -> None:
        self._name = name
        self._on_error = on_error
        self._tasks: dict[asyncio.Task[Any], str] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, coro: Coroutine[Any, Any, T], name: str = "") -> asyncio.Task[T]:
        """Start a task. In a closed scope it is cancelled before its first step."""
        return self._adopt(coro, coro, name, slot="")

    def replace(self, slot: str, coro: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task in a named slot: an older one there is cancelled, and the new one begins when it has ended.

        So the older one's clean-up (enabling a button, hiding a bar) never undoes what the newer one has set.
        """
        older = [task for task, name in self._tasks.items() if name == slot]
        for task in older:
            task.cancel()
        return self._adopt(coro, _after(older, coro) if older else coro, slot, slot=slot)

    def cancel(self, slot: str) -> None:
        """Cancel what runs in a slot, if anything."""
        for task, name in list(self._tasks.items()):
            if name == slot:
                task.cancel()

    def cancel_all(self) -> None:
        """Cancel every task; new ones may be started."""
        for task in list(self._tasks):
            task.cancel()

    async def aclose(self) -> None:
        """Cancel every task and wait until all have ended, the caller's own excepted. May be called twice."""
        self._closed = True
        while others := [task for task in self._tasks if task is not asyncio.current_task()]:
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    def _adopt(
        self, coro: Coroutine[Any, Any, T], run: Coroutine[Any, Any, T], name: str, slot: str
    ) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(run, name=f"{self._name}: {name}" if name else self._name)
        self._tasks[task] = slot

        def ended(task: asyncio.Task[T]) -> None:
            del self._tasks[task]
            coro.close()  # a task cancelled before its first step never began it
            if not task.cancelled() and (error := task.exception()) is not None:
                self._on_error(error)

        task.add_done_callback(ended)
        if self._closed:
            task.cancel()
        return task


async def _after(older: list[asyncio.Task[Any]], coro: Coroutine[Any, Any, T]) -> T:
    await asyncio.wait(older)
    return await coro
