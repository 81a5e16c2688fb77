"""Every blob in two stores."""

import heapq
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

from radiotheque.core.errors import Conflict, Damaged, NotFound, Unavailable
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader, BlobStore, Put


class Mirrored:
    """A `BlobStore` of two: a put is durable in both or in neither, a read takes the second when the first fails.

    The stream is read once; each piece goes to both before the next is asked for.
    """

    def __init__(self, first: BlobStore, second: BlobStore) -> None:
        self._first = first
        self._second = second
        self._beside = ThreadPoolExecutor(max_workers=64, thread_name_prefix="mirror")
        self._putting: set[BlobName] = set()
        self._lock = threading.Lock()

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> "MirroredPut":
        """Keep a stream in both; see `BlobStore.put`. When one does not take it, the other gives it up."""
        with self._alone(name):
            return self._put(name, chunks)

    @contextmanager
    def _alone(self, name: BlobName) -> Iterator[None]:
        """Refuse a second put of a name while the first goes on: each could win in one store, and both lose."""
        with self._lock:
            if name in self._putting:
                raise Conflict(f"a blob named {name} is being put already; nothing was kept of this one")
            self._putting.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._putting.discard(name)

    def _put(self, name: BlobName, chunks: Iterable[Buffer]) -> "MirroredPut":
        tee = _Tee()
        beside = self._beside.submit(self._second.put, name, tee.pieces())
        beside.add_done_callback(lambda _: tee.give_up())
        try:
            mine = self._first.put(name, tee.feed(chunks))
        except BaseException as error:
            tee.stop()
            failure = beside.exception()
            if failure is None:
                beside.result().discard()
            elif isinstance(error, _OtherFailed):
                raise failure from None
            raise
        failure = beside.exception()
        if failure is not None:
            mine.discard()
            raise failure
        return MirroredPut(mine, beside.result())

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop) in the first store that has them."""
        try:
            return self._first.open(name, start, stop)
        except (NotFound, Unavailable, Damaged):
            return self._second.open(name, start, stop)

    def size(self, name: BlobName) -> int:
        """Give the size in bytes from the first store that has the blob."""
        try:
            return self._first.size(name)
        except (NotFound, Unavailable, Damaged):
            return self._second.size(name)

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield the names in either store that are greater than `after`, in order, each once."""
        last = ""
        for name in heapq.merge(self._first.names(after), self._second.names(after)):
            if name != last:
                yield name
            last = name

    def missing(self) -> Iterator[tuple[BlobName, bool]]:
        """Yield each name that only one store has, and whether the first has it: what a repair must copy."""
        ours = ((name, True) for name in self._first.names())
        theirs = ((name, False) for name in self._second.names())
        held: tuple[BlobName, bool] | None = None
        for found in heapq.merge(ours, theirs):
            if held is not None and held[0] == found[0]:
                held = None
                continue
            if held is not None:
                yield held
            held = found
        if held is not None:
            yield held

    def close(self) -> None:
        """Close both stores."""
        self._beside.shutdown()
        self._first.close()
        self._second.close()


class MirroredPut:
    """A blob just put into two stores; `discard` works once."""

    def __init__(self, first: Put, second: Put) -> None:
        self._puts = (first, second)
        self.name = first.name
        self.size_bytes = first.size_bytes

    def discard(self) -> None:
        """Remove the blob from both stores."""
        for put in self._puts:
            put.discard()


class _OtherFailed(Exception):
    """The other store has given up."""


class _Tee:
    """Hands each piece of a stream to a second reader and waits until that has taken it."""

    def __init__(self) -> None:
        self._pieces: SimpleQueue[Buffer | _OtherFailed | None] = SimpleQueue()
        self._taken: SimpleQueue[bool] = SimpleQueue()

    def feed(self, chunks: Iterable[Buffer]) -> Iterator[Buffer]:
        """Yield the stream to the first reader. Raises `_OtherFailed` when the second has given up."""
        for chunk in chunks:
            self._pieces.put(chunk)
            yield chunk
            if not self._taken.get():
                raise _OtherFailed
        self._pieces.put(None)

    def stop(self) -> None:
        """Let the second reader's stream fail."""
        self._pieces.put(_OtherFailed())

    def pieces(self) -> Iterator[Buffer]:
        """Yield the stream to the second reader."""
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, _OtherFailed):
                raise piece
            yield piece
            self._taken.put(True)

    def give_up(self) -> None:
        """Say that the second reader will take no more."""
        self._taken.put(False)
