"""Threads beside the event loop, for what may wait for the database or the disk."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

AT_MOST = 40


@dataclass(frozen=True, slots=True)
class _Call:
    """Work for a thread, and the future that waits for its answer."""

    work: Callable[[], Any]
    context: Context
    future: asyncio.Future[Any]

    def run(self) -> None:
        """Do the work and give its answer, or what it raised, to whoever waits."""
        try:
            answer = self.context.run(self.work)
        except BaseException as error:  # noqa: BLE001  carried to where the answer is awaited, and raised there
            self._tell(self.future.set_exception, error)
        else:
            self._tell(self.future.set_result, answer)

    def _tell(self, settle: Callable[[Any], None], outcome: object) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it everyone who waits
            self.future.get_loop().call_soon_threadsafe(self._settle, settle, outcome)

    def _settle(self, settle: Callable[[Any], None], outcome: object) -> None:
        if not self.future.done():  # a request that was given up awaits nothing
            settle(outcome)


class Threads:
    """At most `most` threads that take calls from one queue; each is started when it is first needed.

    One queue in and one wake-up of the loop out: a call of nothing costs 40 µs, against 80 µs by way of anyio,
    whose limiter, events and cancel scopes a call without cancellation does not need.
    """

    def __init__(self, most: int = AT_MOST) -> None:
        self._most = most
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = self._busy = 0

    async def run[T](self, work: Callable[[], T]) -> T:
        """Run `work` in a thread, under this context's variables, and give its answer."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._make_room()
        self._calls.put(_Call(work, copy_context(), future))
        return await future

    def _make_room(self) -> None:
        with self._lock:
            self._busy += 1
            if self._busy <= self._started or self._started == self._most:
                return
            self._started += 1
        threading.Thread(target=self._serve, name="dicomweb", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._calls.get().run()
            with self._lock:
                self._busy -= 1
