"""The scheduler's promises, and what libraries expect of an asyncio loop, on the program's own loop."""

import asyncio
import contextlib
import contextvars
import logging
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator

import anyio
import anyio.to_thread
import httpx
import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.qtbridge.loop import LONGEST_WAIT_SECONDS, AccurateEventLoop, Scheduler, create_loop
from tests.conftest import ExpectLog

pytestmark = pytest.mark.gui


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[AccurateEventLoop]:
    """A loop of the test's own, for tests that start and stop it."""
    loop = create_loop(qapp)
    yield loop
    loop.close()


def running_scheduler() -> Scheduler:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, AccurateEventLoop)
    return loop.scheduler


# --- never early ------------------------------------------------------------------------------------------------------


async def test_sleeps_of_all_lengths_are_never_early() -> None:
    chance = random.Random(7)
    lengths = [chance.uniform(0, 1.2) for _ in range(200)] + [0.001, 0.0105, 0.05, 0.1, 0.5, 1.0]

    async def lateness(length: float) -> float:
        started = time.monotonic()
        await asyncio.sleep(length)
        return time.monotonic() - started - length

    late = await asyncio.gather(*map(lateness, lengths))
    assert min(late) >= 0
    assert max(late) < 0.5, "timers are precise, so that only a busy machine makes them late"


async def test_call_at_runs_when_the_clock_has_reached_the_time() -> None:
    loop = asyncio.get_running_loop()
    ran: asyncio.Future[float] = loop.create_future()
    when = loop.time() + 0.0304
    handle = loop.call_at(when, lambda: ran.set_result(loop.time()))
    assert handle.when() == when
    assert await ran >= when


async def test_timers_run_in_the_order_of_their_times_and_equal_ones_in_the_order_of_asking() -> None:
    loop = asyncio.get_running_loop()
    now = loop.time()
    ran: list[str] = []
    done = asyncio.Event()
    loop.call_at(now + 0.03, done.set)
    loop.call_at(now + 0.02, ran.append, "third")
    loop.call_at(now + 0.01, ran.append, "first")
    loop.call_at(now + 0.01, ran.append, "second")
    loop.call_at(now - 1, ran.append, "overdue")
    await done.wait()
    assert ran == ["overdue", "first", "second", "third"]


async def test_immediate_callbacks_run_in_the_order_of_asking() -> None:
    loop = asyncio.get_running_loop()
    ran: list[int] = []
    done = asyncio.Event()

    def run(number: int) -> None:
        ran.append(number)
        if number < 1000:
            loop.call_soon(run, number + 1000)

    for number in range(1000):
        loop.call_soon(run, number)
    loop.call_soon(loop.call_soon, loop.call_soon, done.set)
    await done.wait()
    assert ran == list(range(2000))


@pytest.mark.parametrize("days", [24.8, 25, 400, 1e9, float("inf")])
async def test_long_delays_do_not_overflow(days: float) -> None:
    handle = asyncio.get_running_loop().call_later(days * 86_400, pytest.fail)
    await asyncio.sleep(0.01)
    assert running_scheduler().armed >= 1
    handle.cancel()


async def test_a_wait_longer_than_qt_can_count_goes_on_after_the_first_part(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LONGEST_WAIT_SECONDS * 1000 < 2**31
    monkeypatch.setattr("app.qtbridge.loop.LONGEST_WAIT_SECONDS", 0.01)
    started = time.monotonic()
    await asyncio.sleep(0.05)
    assert time.monotonic() - started >= 0.05


# --- nothing left behind ----------------------------------------------------------------------------------------------


async def test_no_timer_is_left_after_a_thousand_cancelled_timeouts() -> None:
    loop = asyncio.get_running_loop()
    handles = [loop.call_later(30 + number, pytest.fail) for number in range(1000)]
    await asyncio.sleep(0)
    assert running_scheduler().armed <= 2
    random.Random(3).shuffle(handles)
    for handle in handles:
        handle.cancel()
        handle.cancel()  # asyncio allows it
    assert running_scheduler().waiting == 0
    assert running_scheduler().armed == 0


async def test_no_timer_is_left_after_a_thousand_timeouts_that_were_not_needed() -> None:
    for _ in range(1000):
        async with asyncio.timeout(30):
            await asyncio.sleep(0)
    assert running_scheduler().waiting == 0
    assert running_scheduler().armed == 0


async def test_cancelled_timers_are_not_kept_beside_live_ones() -> None:
    loop = asyncio.get_running_loop()
    first = loop.call_later(20, pytest.fail)
    handles = [loop.call_later(30, pytest.fail) for _ in range(1000)]
    for handle in handles:
        handle.cancel()
    assert running_scheduler().waiting <= 2
    first.cancel()
    assert running_scheduler().waiting == 0


async def test_a_cancelled_timer_between_live_ones_is_skipped_when_its_turn_comes() -> None:
    loop = asyncio.get_running_loop()
    ran: list[int] = []
    done = asyncio.Event()
    handles = [loop.call_later(0.001 * number, ran.append, number) for number in range(1, 8)]
    loop.call_later(0.01, done.set)
    handles[3].cancel()
    handles[5].cancel()
    await done.wait()
    assert ran == [1, 2, 3, 5, 7]
    assert running_scheduler().waiting == 0


async def test_a_handle_cancelled_after_it_ran_or_while_it_is_due_changes_nothing() -> None:
    loop = asyncio.get_running_loop()
    ran: list[str] = []
    done = asyncio.Event()
    early = loop.call_later(0, ran.append, "early")
    soon = loop.time() + 0.005
    late = loop.call_at(soon, pytest.fail)
    loop.call_at(soon - 0.001, late.cancel)
    blocked = threading.Event()
    loop.call_soon(blocked.wait, 0.01)  # so that both are due in the same turn
    loop.call_later(0.01, done.set)
    await done.wait()
    early.cancel()
    assert ran == ["early"]
    assert running_scheduler().waiting == 0


# --- beside Qt --------------------------------------------------------------------------------------------------------


async def test_tasks_go_on_while_a_callback_spins_a_nested_qt_loop() -> None:
    loop = asyncio.get_running_loop()
    nested = QEventLoop()
    steps: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        steps.append("soon")
        await asyncio.sleep(0.01)
        steps.append("later")
        await asyncio.to_thread(steps.append, "thread")
        nested.quit()

    def spin() -> None:
        nested.exec()
        steps.append("nested loop ended")

    task = asyncio.create_task(work())
    loop.call_soon(spin)
    loop.call_soon(steps.append, "queued behind")
    await task
    await asyncio.sleep(0)
    assert steps == ["queued behind", "soon", "later", "thread", "nested loop ended"]


async def test_what_is_queued_behind_a_nested_qt_loop_runs_within_it_and_only_once() -> None:
    loop = asyncio.get_running_loop()
    nested = QEventLoop()
    ran: list[object] = []
    done = asyncio.Event()

    def spin() -> None:
        QTimer.singleShot(2000, nested.exit)
        nested.exec()
        ran.append("nested loop ended")
        loop.call_soon(done.set)

    loop.call_soon(spin)
    for number in range(3):
        loop.call_soon(ran.append, number)
    loop.call_soon(nested.quit)
    started = time.monotonic()
    await done.wait()
    assert ran == [0, 1, 2, "nested loop ended"]
    assert time.monotonic() - started < 1


async def test_qt_gets_its_turn_among_many_callbacks() -> None:
    loop = asyncio.get_running_loop()
    ran: list[str] = []
    done = asyncio.Event()

    def compute() -> None:
        threading.Event().wait(0.005)
        ran.append("computed")

    QTimer.singleShot(10, lambda: ran.append("painted"))
    for _ in range(40):
        loop.call_soon(compute)
    loop.call_soon(done.set)
    await done.wait()
    assert 1 <= ran.index("painted") <= 20


# --- an asyncio loop --------------------------------------------------------------------------------------------------


async def test_handles_are_like_those_of_asyncio() -> None:
    loop = asyncio.get_running_loop()
    word: contextvars.ContextVar[str] = contextvars.ContextVar("word", default="outer")
    heard: list[str] = []
    context = contextvars.copy_context()
    context.run(word.set, "inner")

    loop.call_soon(lambda: heard.append(word.get()), context=context)
    loop.call_later(0, lambda: heard.append(word.get()), context=context)
    loop.call_soon_threadsafe(lambda: heard.append(word.get()), context=context)
    loop.call_soon(heard.append, "cancelled").cancel()
    loop.call_soon_threadsafe(heard.append, "cancelled").cancel()
    await asyncio.sleep(0.01)
    assert heard == ["inner", "inner", "inner"]


async def test_callbacks_from_threads_arrive_in_order_and_wake_an_idle_loop() -> None:
    loop = asyncio.get_running_loop()
    heard: list[int] = []
    done = asyncio.Event()

    def call() -> None:
        for number in range(2000):
            loop.call_soon_threadsafe(heard.append, number)
        loop.call_soon_threadsafe(done.set)

    thread = threading.Thread(target=call)
    thread.start()
    await done.wait()
    thread.join()
    assert heard == list(range(2000))


async def test_a_failing_callback_reaches_the_handler_and_not_its_neighbours() -> None:
    loop = asyncio.get_running_loop()
    heard: list[object] = []
    loop.set_exception_handler(lambda _, context: heard.append(context["exception"]))
    error = ValueError("broken")

    def fail() -> None:
        raise error

    loop.call_soon(fail)
    loop.call_soon(heard.append, "next")
    loop.call_later(0, fail)
    loop.call_later(0.01, heard.append, "later")
    await asyncio.sleep(0.02)
    assert heard == [error, "next", error, "later"]


async def test_task_group_timeout_thread_and_cancellation() -> None:
    finished: list[str] = []

    async def worker(name: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            finished.append(name)

    async def group_of_two() -> None:
        async with asyncio.timeout(0.02), asyncio.TaskGroup() as group:
            group.create_task(worker("a"))
            group.create_task(worker("b"))

    with pytest.raises(TimeoutError):
        await group_of_two()
    assert sorted(finished) == ["a", "b"]
    assert await asyncio.to_thread(lambda: threading.current_thread() is threading.main_thread()) is False
    with pytest.raises(ZeroDivisionError):
        await asyncio.to_thread(lambda: 1 / 0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)


async def test_anyio_runs_on_it() -> None:
    woken: list[int] = []
    results: list[int] = []

    async def double(number: int) -> None:
        await anyio.sleep(0.1 * number)
        woken.append(number)
        results.append(await anyio.to_thread.run_sync(lambda: 2 * number))

    async with anyio.create_task_group() as group:
        for number in (3, 1, 2):
            group.start_soon(double, number)
    assert woken == [1, 2, 3]
    assert sorted(results) == [2, 4, 6]
    with anyio.move_on_after(0.01) as scope:
        await anyio.sleep(60)
    assert scope.cancelled_caught
    await asyncio.sleep(0.01)
    assert running_scheduler().waiting == 0


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A minimal HTTP server: the answer comes in pieces; nothing is ever answered to `/silent`."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            if b"/silent" in request:
                continue
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            for piece in (b"good ", b"bye"):
                await asyncio.sleep(0.005)
                writer.write(piece)
                await writer.drain()
    writer.close()


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    connections: list[asyncio.Task[None]] = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.create_task(answer(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"
    await asyncio.gather(*connections)


async def test_httpx_over_loopback_leaves_no_timer(base_url: str) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=30, trust_env=False) as client:
        assert (await client.get("/one")).text == "good bye"
        answers = await asyncio.gather(*(client.get("/many") for _ in range(20)))
        assert {each.text for each in answers} == {"good bye"}
    while running_scheduler().armed:  # noqa: ASYNC110 - the server has yet to hear of the end
        await asyncio.sleep(0)


async def test_httpx_tells_a_refused_connection_and_a_timeout(base_url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with httpx.AsyncClient(timeout=0.05, trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{base_url}/silent")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows loops have no signal handlers")
async def test_a_signal_wakes_an_idle_loop_at_once() -> None:
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, heard.set)
    try:
        started = time.monotonic()
        signal.raise_signal(signal.SIGUSR1)
        async with asyncio.timeout(2):
            await heard.wait()
        assert time.monotonic() - started < 0.5
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)


async def test_a_subprocess_can_be_awaited() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('done')", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.split() == [b"done"]
    assert process.returncode == 0


async def test_debug_mode_names_slow_callbacks(expected_log: ExpectLog) -> None:
    expected_log(r"app\.qtbridge\.loop: Executing .*dawdle.* took 0\.0\d+ seconds")
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0.02

    def dawdle() -> None:
        threading.Event().wait(0.03)

    loop.set_debug(True)
    loop.call_soon(dawdle)
    await asyncio.sleep(0.01)
    loop.set_debug(False)


async def test_slow_callbacks_are_not_logged_without_debug(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0
    with caplog.at_level(logging.DEBUG, "app.qtbridge.loop"):
        loop.call_soon(threading.Event().wait, 0.001)
        await asyncio.sleep(0.01)
    assert not caplog.records


# --- start and stop ---------------------------------------------------------------------------------------------------


def test_what_is_queued_before_the_start_and_after_a_stop_runs_with_the_next_start(
    qapp: QApplication, loop: AccurateEventLoop
) -> None:
    ran: list[str] = []
    loop.call_soon(ran.append, "before the start")

    def in_the_next_run() -> None:
        ran.append("in the next run")
        loop.stop()

    async def first() -> None:
        loop.call_soon(loop.call_soon, in_the_next_run)

    loop.run_until_complete(first())
    assert ran == ["before the start"]
    give_up = QTimer(singleShot=True, interval=2000)
    give_up.timeout.connect(qapp.exit)
    give_up.start()
    started = time.monotonic()
    loop.run_forever()
    give_up.stop()
    assert ran == ["before the start", "in the next run"]
    assert time.monotonic() - started < 1


def test_stop_ends_run_forever(loop: AccurateEventLoop) -> None:
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    assert not loop.is_running()


def test_run_until_complete_gives_the_result_or_the_exception(loop: AccurateEventLoop) -> None:
    async def give(value: int) -> int:
        await asyncio.sleep(0)
        return 10 // value

    assert loop.run_until_complete(give(2)) == 5
    with pytest.raises(ZeroDivisionError):
        loop.run_until_complete(give(0))


def test_a_closed_loop_refuses_callbacks_and_keeps_none(qapp: QApplication) -> None:
    loop = create_loop(qapp)
    loop.call_later(30, pytest.fail)
    loop.call_soon(pytest.fail)
    loop.close()
    assert loop.scheduler.waiting == 0
    assert loop.scheduler.armed == 0
    calls: list[Callable[[], object]] = [
        lambda: loop.call_soon(print),
        lambda: loop.call_soon_threadsafe(print),
        lambda: loop.call_later(1, print),
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="closed"):
            call()


def test_the_runner_cancels_what_is_left_and_waits_for_its_clean_up(qapp: QApplication) -> None:
    cleaned: list[str] = []

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            cleaned.append("task")

    async def main() -> str:
        tasks.append(asyncio.create_task(linger()))
        await asyncio.sleep(0)
        return "result"

    tasks: list[asyncio.Task[None]] = []
    with asyncio.Runner(loop_factory=lambda: create_loop(qapp)) as runner:
        assert runner.run(main()) == "result"
    assert cleaned == ["task"]
