"""The first bytes of blobs put a moment ago, in memory: their headers are read again as soon as their series settles."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from radiotheque.blobs.memory import BytesReader
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader, BlobStore, Put

HEAD_BYTES = 8 << 10
"""Kept of each: the headers of most images are shorter."""
KEPT = 512
"""Heads at most, 4 MiB; the oldest goes first."""


class Recent:
    """A `BlobStore` around another that gives the first bytes of what this process put lately from memory.

    They are the bytes that came in, so a read of them does not show whether the disk still has them: who asks that
    reads the whole blob.
    """

    def __init__(self, store: BlobStore, *, head_bytes: int = HEAD_BYTES, kept: int = KEPT) -> None:
        self._store, self._head_bytes, self._kept = store, head_bytes, kept
        self._heads: OrderedDict[BlobName, tuple[bytes, int]] = OrderedDict()  # and the blob's size in bytes
        self._lock = threading.Lock()

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> Put:
        """Keep a stream; see `BlobStore.put`."""
        head = bytearray()
        put = self._store.put(name, self._noting(head, chunks))
        with self._lock:
            self._heads[name] = bytes(head), put.size_bytes
            if len(self._heads) > self._kept:
                self._heads.popitem(last=False)
        return RecentPut(put, self)

    def _noting(self, head: bytearray, chunks: Iterable[Buffer]) -> Iterator[Buffer]:
        for chunk in chunks:
            if len(head) < self._head_bytes:
                with memoryview(chunk) as view:
                    head += view[: self._head_bytes - len(head)]
            yield chunk

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop)."""
        if stop is not None and stop <= self._head_bytes and (known := self._heads.get(name)) is not None:
            head, size_bytes = known
            return BytesReader(head[start:stop], size_bytes)
        return self._store.open(name, start, stop)

    def forget(self, name: BlobName) -> None:
        """Give a blob's first bytes from the store from now on."""
        with self._lock:
            self._heads.pop(name, None)

    def size(self, name: BlobName) -> int:
        """Give the size in bytes."""
        return self._store.size(name)

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order."""
        return self._store.names(after)

    def close(self) -> None:
        """Close the store inside."""
        self._heads.clear()
        self._store.close()


class RecentPut:
    """A blob just put; `discard` works once."""

    __slots__ = ("_put", "_recent", "name", "size_bytes")

    def __init__(self, put: Put, recent: Recent) -> None:
        self.name, self.size_bytes = put.name, put.size_bytes
        self._put, self._recent = put, recent

    def discard(self) -> None:
        """Remove the blob just put. Raises `Conflict` the second time."""
        self._recent.forget(self.name)
        self._put.discard()
