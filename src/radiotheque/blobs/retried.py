"""Trying again what was `Unavailable`, with growing pauses."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from radiotheque.core.errors import OutOfSpace, Unavailable
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader, BlobStore, Put

_REPLAY = 2 << 20


class Retried:
    """A `BlobStore` around another that tries again when it was `Unavailable`, but not when it is full.

    A stream can be read once, so a put is tried again only while what was read of it is at most `replay_bytes`;
    a larger one fails at once, and the sender sends it again. A read is tried again until it is open.
    """

    def __init__(
        self,
        store: BlobStore,
        *,
        pauses_s: tuple[float, ...] = (0.1, 0.4, 1.5),
        replay_bytes: int = _REPLAY,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._pauses_s = pauses_s
        self._replay_bytes = replay_bytes
        self._pause = pause

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> Put:
        """Keep a stream; see `BlobStore.put`."""
        replay = _Replay(chunks, self._replay_bytes)
        return self._again(lambda: self._store.put(name, replay.stream()), lambda: replay.possible)

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop)."""
        return self._again(lambda: self._store.open(name, start, stop))

    def size(self, name: BlobName) -> int:
        """Give the size in bytes."""
        return self._again(lambda: self._store.size(name))

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order; goes on behind the last name that came."""
        last = after
        failed = 0
        while True:
            try:
                for name in self._store.names(last):
                    last, failed = name, 0
                    yield name
                return
            except Unavailable:
                if failed == len(self._pauses_s):
                    raise
                self._wait(self._pauses_s[failed])
                failed += 1

    def _again[T](self, act: Callable[[], T], possible: Callable[[], bool] = lambda: True) -> T:
        for pause_s in self._pauses_s:
            try:
                return act()
            except OutOfSpace:
                raise
            except Unavailable:
                if not possible():
                    raise
            self._wait(pause_s)
        return act()

    def _wait(self, pause_s: float) -> None:
        self._pause(pause_s * random.uniform(0.5, 1.0))

    def close(self) -> None:
        """Close the store inside."""
        self._store.close()


class _Replay:
    """A stream whose beginning is kept, so that it can be begun again until it has grown too long.

    `possible` is False from then on, and when the stream itself failed.
    """

    def __init__(self, chunks: Iterable[Buffer], limit: int) -> None:
        self._rest = iter(chunks)
        self._limit = limit
        self._kept = bytearray()
        self.possible = True

    def stream(self) -> Iterator[Buffer]:
        """Yield the stream from its beginning."""
        return chain([bytes(self._kept)] if self._kept else [], self._onwards())

    def _onwards(self) -> Iterator[Buffer]:
        while True:
            try:
                chunk = next(self._rest, None)
            except BaseException:
                self.possible = False
                raise
            if chunk is None:
                return
            self._keep(chunk)
            yield chunk

    def _keep(self, chunk: Buffer) -> None:
        if self.possible and len(self._kept) + len(chunk) <= self._limit:
            self._kept += chunk
        else:
            self.possible = False
            self._kept.clear()
