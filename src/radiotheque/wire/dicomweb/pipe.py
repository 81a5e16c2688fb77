"""A request body on its way from the event loop to the thread that reads it."""

import asyncio
import math
import queue
import threading
import time
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect

from radiotheque.core.errors import Malformed, TooLarge

_END = b""


class BodyPipe:
    """Holds at most about `limit_bytes` ahead of its reader; a sender who stops, or pauses too long, cuts it.

    A sender who never pauses and never comes to an end is cut too: an object may take `object_s` seconds.

    `fill` runs in the event loop, `read` in one thread.
    """

    def __init__(self, limit_bytes: int, idle_s: float, object_s: float) -> None:
        self._limit_bytes, self._idle_s, self._object_s = limit_bytes, idle_s, object_s
        self._pieces: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ahead_bytes = 0
        self._closed = False
        self._deadline = math.inf
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()

    async def fill(self, body: AsyncIterator[bytes]) -> None:
        """Feed the body to the reader until it ends, is cut, or nobody reads any more."""
        try:
            while not self._closed:
                async with asyncio.timeout(self._idle_s):
                    piece = await anext(body, _END)
                if not piece:
                    # starlette ends every body with an empty piece, so one means the end
                    self._pieces.put(_END)
                    return
                await self._feed(piece)
        except (ClientDisconnect, TimeoutError):
            return
        finally:
            self._pieces.put(None)  # behind the end nobody reads it; anything else was a cut

    async def _feed(self, piece: bytes) -> None:
        with self._lock:
            self._ahead_bytes += len(piece)
            full = self._ahead_bytes > self._limit_bytes
            if full:
                self._room.clear()
        self._pieces.put(piece)
        if full and not self._closed:
            await self._room.wait()

    def begin(self) -> None:
        """Let the time of an object begin."""
        self._deadline = time.monotonic() + self._object_s

    def read(self) -> bytes:
        """Give the next piece, b"" at the end.

        Raises `Malformed` when the sender left or paused too long, `TooLarge` when the object's time is over.
        """
        piece = self._pieces.get()
        if time.monotonic() > self._deadline:
            raise TooLarge(f"an object took more than {self._object_s:g} s; nothing was kept of it")
        if piece is None:
            self._pieces.put(None)
            raise Malformed("the request ends in the middle: the sender left or paused too long")
        if not piece:
            self._pieces.put(_END)
            return _END
        with self._lock:
            before = self._ahead_bytes
            self._ahead_bytes -= len(piece)
            low = self._limit_bytes // 2
            room = before > low >= self._ahead_bytes
        if room:
            self._loop.call_soon_threadsafe(self._room.set)
        return piece

    def close(self) -> None:
        """Say that nobody reads any more, so that the sender is not waited for. Called in the event loop."""
        self._closed = True
        self._room.set()
