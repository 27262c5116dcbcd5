import asyncio

from app.services.slices import in_slices


async def test_others_have_their_turn_between_slices() -> None:
    order: list[object] = []

    async def go_through() -> None:
        async for number in in_slices(range(4), seconds=0):
            order.append(number)

    async def other() -> None:
        for _ in range(3):
            order.append("other")
            await asyncio.sleep(0)

    await asyncio.gather(go_through(), other())
    assert order == [0, "other", 1, "other", 2, "other", 3]


async def test_what_takes_no_time_is_gone_through_at_a_stroke() -> None:
    assert [number async for number in in_slices(range(50), seconds=60)] == list(range(50))
