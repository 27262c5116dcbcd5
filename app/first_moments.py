"""Until the window is shown nothing is collected: what is loaded and built stays, and to look it through takes long."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rubbish_left_until_shown() -> Iterator[None]:
    """Let the garbage collector rest until `shown` is called, at the latest until the end of the context."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


def shown() -> None:
    """Set the collector to work again; what is there by now it need not look through ever again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
