"""Re-reading after changes: at most one read at a time, and never one change left unread."""

from collections.abc import Awaitable, Callable

from app.qtbridge.tasks import TaskScope


class Refresher:
    """Runs `read` when asked; asked again meanwhile, it runs once more afterwards.

    Cancelling the older read instead would starve a pane whose read takes longer than changes are apart.
    """

    def __init__(self, scope: TaskScope, name: str, read: Callable[[], Awaitable[None]]) -> None:
        self._scope = scope
        self._name = name
        self._read = read
        self._running = False
        self._again = False

    def request(self) -> None:
        """Read soon."""
        if self._running:
            self._again = True
            return
        self._running = True
        self._scope.start(self._run(), self._name)

    async def _run(self) -> None:
        try:
            while True:
                self._again = False
                await self._read()
                if not self._again:
                    return
        finally:
            self._running = False
