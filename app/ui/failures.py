"""What becomes of an exception that ends a background task of a pane."""

import asyncio
from collections.abc import Callable

from app.domain.errors import ContactScoutError


def failure_handler(show: Callable[[ContactScoutError], None]) -> Callable[[BaseException], None]:
    """An `on_error` for a TaskScope: errors meant for the rep go to `show`, everything else is a bug to report.

    Bugs go to the event loop's exception handler, which is the error reporter's while the program runs.
    """

    def handle(error: BaseException) -> None:
        if isinstance(error, ContactScoutError):
            show(error)
            return
        context = {"message": "A task of the window failed", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)

    return handle
