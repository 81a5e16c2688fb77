"""The threads beside the event loop."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar

import pytest

from radiotheque.core.errors import NotFound
from radiotheque.wire.dicomweb.threads import Threads


def in_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Give the test as one that runs in an event loop of its own."""

    def run() -> None:
        asyncio.run(test())

    return run


ASKED = ContextVar("asked", default="")


@in_a_loop
async def test_a_call_runs_beside_the_loop_and_its_answer_comes_back() -> None:
    assert await Threads().run(lambda: threading.current_thread() is not threading.main_thread())


@in_a_loop
async def test_what_a_call_raises_is_raised_where_it_is_awaited() -> None:
    def work() -> None:
        raise NotFound("it is not there")

    with pytest.raises(NotFound, match="it is not there"):
        await Threads().run(work)


@in_a_loop
async def test_a_call_sees_the_variables_of_its_request() -> None:
    ASKED.set("7f3a")
    assert await Threads().run(ASKED.get) == "7f3a"


@in_a_loop
async def test_calls_wait_for_one_another_only_beyond_the_most() -> None:
    threads, meeting = Threads(most=3), threading.Barrier(3)
    await asyncio.gather(*(threads.run(lambda: meeting.wait(timeout=30)) for _ in range(6)))


@in_a_loop
async def test_a_call_that_was_given_up_harms_nobody() -> None:
    threads, begun, go = Threads(most=1), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(timeout=30)

    task = asyncio.create_task(threads.run(slow))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    assert await threads.run(lambda: "next") == "next"
