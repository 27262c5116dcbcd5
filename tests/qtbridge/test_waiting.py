import asyncio

import pytest
from PySide6.QtCore import QObject, Signal

from app.qtbridge.waiting import wait_signal, wait_until

pytestmark = pytest.mark.gui


class Source(QObject):
    happened = Signal(int, str)


async def test_the_arguments_of_the_next_emission_are_the_result() -> None:
    source = Source()
    asyncio.get_running_loop().call_later(0.01, source.happened.emit, 1, "a")
    assert await wait_signal(source.happened, 2) == (1, "a")


async def test_an_emission_before_the_await_is_not_missed() -> None:
    source = Source()
    heard = wait_signal(source.happened)
    source.happened.emit(1, "a")
    source.happened.emit(2, "b")
    assert await heard == (1, "a")


async def test_silence_ends_in_a_timeout() -> None:
    source = Source()
    with pytest.raises(TimeoutError):
        await wait_signal(source.happened, timeout=0.01)
    source.happened.emit(1, "nobody listens any more")


async def test_a_condition_is_awaited_or_times_out() -> None:
    states: list[int] = []
    asyncio.get_running_loop().call_later(0.02, states.append, 1)
    await wait_until(lambda: bool(states), 2)
    with pytest.raises(TimeoutError):
        await wait_until(lambda: len(states) == 2, timeout=0.03)
