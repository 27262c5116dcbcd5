"""The tour: drives the real window through the whole main job by what a person would do, and keeps the pictures."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.domain.errors import ContactScoutError
from app.domain.provider import Provider
from app.ui.tour_hand import Hand, NotAsExpectedError
from app.ui.tour_record import TourRecord
from app.ui.tour_steps import TourSteps

if TYPE_CHECKING:
    from app.composition import Services
    from app.ui.main_window import MainWindow

DEADLINE = 300.0
"""Seconds the whole tour may take; on a machine with nothing else to do it is a fraction of that."""
PATIENCE = 20.0
"""Seconds to wait for one thing before it has failed."""

THIS_COMPUTER = ("127.0.0.1", "localhost", "::1")


async def run_tour(window: "MainWindow", services: "Services", directory: Path, *, patience: float = PATIENCE) -> int:
    """Show the main job from search to file, and judge it.

    Saves numbered pictures, the exported CSV and `tour.json` (seconds and facts per step) in `directory`. What was
    not as expected is told on standard error. It runs on services of this computer only (the demo's, or a demo
    server's), because elsewhere it would spend credits. One thing that takes longer than `patience` seconds has failed.

    Returns:
        0 when everything worked, 1 when something did not, 2 when it must not run here.
    """
    try:
        addresses = [urlsplit(services.providers.base_url(provider)).hostname for provider in Provider]
    except ContactScoutError as error:
        return _complain([error.text], code=2)
    if any(address not in THIS_COMPUTER for address in addresses):
        return _complain(["It runs on the demo services only, because it would spend credits. Add --demo."], code=2)
    await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
    hand, record = Hand(window, patience), TourRecord(directory)
    try:
        async with asyncio.timeout(DEADLINE):
            for name, deed in TourSteps(window, services, hand, record).all():
                with record.step(name):
                    await _do(deed, hand, record)
    except TimeoutError:
        record.failures.append(f"The tour took longer than {DEADLINE:.0f} s.")
    except Exception as error:
        record.fail(f"a fault of Contact Scout ({type(error).__name__})")
        raise
    finally:
        if window.banner.text:
            record.failures.append(f"The window complains: {window.banner.text}")
        await asyncio.to_thread(record.write)
    return _complain(record.failures, code=1) if record.failures else 0


async def _do(deed: Callable[[], Awaitable[None]], hand: Hand, record: TourRecord) -> None:
    try:
        await deed()
    except (NotAsExpectedError, ContactScoutError) as error:
        record.fail(str(error))
        await hand.photograph(record.next_picture("failed"))
        hand.close_dialogs()


def _complain(sentences: list[str], *, code: int) -> int:
    for sentence in sentences:
        print(f"contact-scout: tour: {sentence}", file=sys.stderr)  # noqa: T201 - the tour's only way to speak
    return code
