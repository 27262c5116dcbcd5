import asyncio

import pytest

from app.domain.errors import InputError
from app.jobs.grace import end_within


async def test_what_ends_in_time_is_not_cancelled() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        ended.set()

    await end_within(asyncio.create_task(work()), 5)
    assert ended.is_set()


async def test_what_takes_too_long_is_cancelled() -> None:
    task = asyncio.create_task(asyncio.Event().wait())
    await end_within(task, 0.01)
    assert task.cancelled()


async def test_a_failure_on_the_way_out_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise InputError("Too late to matter.")

    await end_within(asyncio.create_task(fail()), 5)
    assert caplog.records == []
