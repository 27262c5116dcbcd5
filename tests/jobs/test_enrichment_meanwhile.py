"""What the rep does, or what happens elsewhere, while a request of the queue is under way."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.domain.enrichment import BatchState, EnrichmentAnswer, PersonInput, Submission, SubmitItem
from app.domain.errors import CapError, NoCreditsError, PermissionDeniedError, RateLimitedError, ServiceError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.suppression import SuppressionEntry, SuppressionKind
from app.jobs.lane import Limits, fingerprint
from app.jobs.schedule import PollSchedule
from app.services.own_work import OwnWorkService
from app.storage.suppression import SuppressionRepository
from tests.storage.builders import make_record
from tests.support.enrichment_desk import Desk, desk, people, person

__all__ = ["desk"]

#: Polls that take some time, so that there is a second submit before the first answer.
SLOW = PollSchedule(first=3.0, second=5.0, factor=1.0, longest=5.0, jitter=0.0, missing_for=0.0)


@pytest.mark.parametrize("polls_needed", [1, 2])
async def test_giving_up_a_batch_while_it_is_asked_about_ends_it_and_nothing_else(
    desk: Desk, polls_needed: int
) -> None:
    desk.provider.polls_needed = polls_needed
    run_id = await desk.queue(person("Hit"))
    poll = desk.provider.poll_enrichment

    async def give_up_meanwhile(request_id: str) -> EnrichmentAnswer:
        answer = await poll(request_id)
        if desk.provider.polls[request_id] == 1:
            await desk.runs.give_up((await desk.runs.run(run_id)).batches[0].batch_id)
        return answer

    desk.provider.poll_enrichment = give_up_meanwhile  # type: ignore[method-assign]  # stands in for the service
    await desk.engine.drain()
    assert await desk.states(run_id) == [BatchState.ABANDONED]
    assert (await desk.runs.run(run_id)).spending.reserved == 0
    again = await desk.queue(person("Next"))
    await desk.engine.drain()
    assert await desk.states(again)


async def test_asking_again_while_it_is_asked_about_asks_once_more(desk: Desk) -> None:
    desk.restart(replace(SLOW, give_up_after=0.0))  # too old at once: asked about only when the rep asks
    desk.provider.polls_needed = 2
    run_id = await desk.queue(person("Hit"))
    poll = desk.provider.poll_enrichment

    async def ask_meanwhile(request_id: str) -> EnrichmentAnswer:
        answer = await poll(request_id)
        if desk.provider.polls[request_id] == 1:
            desk.engine.ask_again((await desk.runs.run(run_id)).batches[0].batch_id)
        return answer

    desk.provider.poll_enrichment = ask_meanwhile  # type: ignore[method-assign]  # stands in for the service
    await desk.engine.drain()
    assert await desk.outcomes(run_id) == {"Hit": [Outcome.FOUND]}


async def test_giving_up_a_batch_that_is_about_to_be_sent_sends_nothing(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"))
    tell = desk.tell_balance

    async def give_up_meanwhile() -> int | None:
        await desk.runs.give_up((await desk.runs.run(run_id)).batches[0].batch_id)
        return await tell()

    desk.tell_balance = give_up_meanwhile  # type: ignore[method-assign]  # stands in for the service
    await desk.engine.drain()
    assert desk.provider.submits == []
    assert await desk.states(run_id) == [BatchState.ABANDONED]


@pytest.mark.parametrize("kind", [NoCreditsError, PermissionDeniedError])
async def test_what_is_bought_already_is_collected_when_the_credits_run_out(
    desk: Desk, kind: type[ServiceError]
) -> None:
    desk.restart(SLOW)
    desk.provider.submit_troubles = [None, kind("Refused.", provider=Provider.TAMTAM)]
    run_id = await desk.queue(*people(150))
    with pytest.raises(kind):
        await desk.engine.drain()
    assert await desk.states(run_id) == [BatchState.COMPLETE, BatchState.DRAFT]
    assert "Refused" in desk.engine.lane_note


async def test_what_is_bought_already_is_collected_when_the_day_is_full(desk: Desk) -> None:
    desk.restart(SLOW)
    desk.limits = Limits(day_cap=120)
    run_id = await desk.queue(*people(150))
    with pytest.raises(CapError, match="day"):
        await desk.engine.drain()
    assert await desk.states(run_id) == [BatchState.COMPLETE, BatchState.DRAFT]


async def test_who_is_put_on_the_list_after_the_credits_are_set_aside_is_not_sent(desk: Desk) -> None:
    gone = PersonInput("Ada", "Gone", "acme.example", linkedin_url="https://www.linkedin.com/in/gone")
    run_id = await desk.queue(gone, person("Hit"))
    suppression, reserve = SuppressionRepository(desk.database), desk.runs.reserve

    async def put_on_the_list(batch_id: int, most: int, mark: str, *, day_cap: int | None = None) -> bool:
        done = await reserve(batch_id, most, mark, day_cap=day_cap)
        await suppression.add([SuppressionEntry(SuppressionKind.LINKEDIN, "gone")])
        return done

    desk.runs.reserve = put_on_the_list  # type: ignore[method-assign,assignment]  # something happens between two steps
    await desk.engine.drain()
    assert [[item.person.last_name for item in batch] for batch in desk.provider.submits] == [["Hit"]]
    assert await desk.outcomes(run_id) == {"Gone": [Outcome.SUPPRESSED], "Hit": [Outcome.FOUND]}
    assert (await desk.runs.run(run_id)).spending.charged == 1


async def test_who_is_removed_from_the_library_meanwhile_is_not_sent(desk: Desk) -> None:
    (contact_id,) = await desk.library.save([make_record("1", first_name="Ada", last_name="Gone")])
    gone, own = replace(person("Gone"), contact_id=contact_id), OwnWorkService(desk.database)
    run_id = await desk.queue(gone, person("Hit"))
    reserve = desk.runs.reserve

    async def remove(batch_id: int, most: int, mark: str, *, day_cap: int | None = None) -> bool:
        done = await reserve(batch_id, most, mark, day_cap=day_cap)
        await own.remove([contact_id])
        return done

    desk.runs.reserve = remove  # type: ignore[method-assign,assignment]  # something happens between two steps
    await desk.engine.drain()
    assert [[item.person.last_name for item in batch] for batch in desk.provider.submits] == [["Hit"]]
    assert await desk.outcomes(run_id) == {"Gone": [Outcome.CANCELLED], "Hit": [Outcome.FOUND]}
    assert (await desk.runs.run(run_id)).spending.charged == 1
    desk.runs.reserve = reserve  # type: ignore[method-assign]
    only = await desk.queue(gone)
    await desk.engine.drain()
    assert len(desk.provider.submits) == 1
    assert await desk.states(only) == [BatchState.ABANDONED]
    await own.undo()
    again = await desk.queue(gone)
    await desk.engine.drain()
    assert await desk.states(again) == [BatchState.COMPLETE]


async def test_a_run_that_is_stopped_after_the_credits_are_set_aside_sends_nothing(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"))
    reserve = desk.runs.reserve

    async def stop(batch_id: int, most: int, mark: str, *, day_cap: int | None = None) -> bool:
        done = await reserve(batch_id, most, mark, day_cap=day_cap)
        await desk.runs.set_stopped(None, stopped=True)
        return done

    desk.runs.reserve = stop  # type: ignore[method-assign,assignment]  # something happens between two steps
    await desk.engine.drain()
    assert desk.provider.submits == []
    assert (await desk.runs.run(run_id)).spending.reserved == 0
    assert await desk.states(run_id) == [BatchState.DRAFT]


async def test_credits_set_aside_for_another_key_are_not_spent_with_this_one(desk: Desk) -> None:
    run_id = await desk.queue(person("Hit"))
    batch_id = (await desk.runs.run(run_id)).batches[0].batch_id
    await desk.runs.reserve(batch_id, 1, "fingerprint of the other key")
    await desk.engine.drain()
    batch = await desk.runs.batch(batch_id)
    assert (batch.state, batch.key_fingerprint) == (BatchState.COMPLETE, fingerprint(desk.key))


async def test_polls_give_way_to_submits_once_a_submit_was_one_too_many_but_not_for_ever(desk: Desk) -> None:
    desk.restart(SLOW)
    order: list[str] = []
    submit, poll = desk.provider.submit_enrichment, desk.provider.poll_enrichment

    async def slow_submit(items: Sequence[SubmitItem]) -> Submission:
        order.append("submit")
        desk.elapsed += 2.0
        return await submit(items)

    async def note_poll(request_id: str) -> EnrichmentAnswer:
        order.append("poll")
        return await poll(request_id)

    desk.provider.submit_enrichment = slow_submit  # type: ignore[method-assign]  # stands in for the service
    desk.provider.poll_enrichment = note_poll  # type: ignore[method-assign]
    await desk.queue(*people(900))
    await desk.engine.drain()
    before = order.index("poll")

    order.clear()
    desk.provider.submit_troubles = [RateLimitedError("Too many.", provider=Provider.TAMTAM, status=429)]
    await desk.queue(*(person(f"Other{number}") for number in range(900)))
    desk.engine.wake()
    await desk.engine.drain()
    assert order.count("submit") == 10  # the first was refused
    assert before < order.index("poll") < 10
    assert set(desk.provider.bought.values()) == {1}
