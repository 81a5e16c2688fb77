"""Blobs in memory: for tests, and the shortest telling of what a `BlobStore` promises."""

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from radiotheque.blobs.naming import split_name
from radiotheque.core.errors import Conflict, NotFound
from radiotheque.core.instance import BlobName, Buffer


class MemoryStore:
    """A `BlobStore`, its `Eraser` too, of as many bytes as there is memory."""

    def __init__(self) -> None:
        self._blobs: dict[BlobName, bytes] = {}
        self._lock = threading.Lock()

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> "MemoryPut":
        """Keep a stream; see `BlobStore.put`."""
        split_name(name)
        gathered = bytearray()
        for chunk in chunks:
            gathered += chunk
        with self._lock:
            if name in self._blobs:
                raise Conflict(f"a blob named {name} is kept already, and stays as it was")
            self._blobs[name] = bytes(gathered)
        return MemoryPut(name, len(gathered), self)

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> "BytesReader":
        """Open bytes [start, stop)."""
        data = self._get(name)
        return BytesReader(data[start:stop], len(data))

    def _get(self, name: BlobName) -> bytes:
        split_name(name)
        try:
            return self._blobs[name]
        except KeyError as error:
            raise NotFound(f"no blob is named {name}") from error

    def size(self, name: BlobName) -> int:
        """Give the size in bytes. Raises `NotFound`."""
        return len(self._get(name))

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order, as they were when asked."""
        with self._lock:
            ordered = sorted(self._blobs)
        yield from ordered[bisect_right(ordered, after) :]

    def erase(self, name: BlobName) -> None:
        """Remove a blob. Raises `NotFound`."""
        with self._lock:
            self._get(name)
            del self._blobs[name]

    def close(self) -> None:
        """Nothing to close."""


class MemoryPut:
    """Bytes just put; `discard` works once."""

    def __init__(self, name: BlobName, size_bytes: int, store: MemoryStore) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self._store: MemoryStore | None = store

    def discard(self) -> None:
        """Remove the bytes just put. Raises `Conflict` the second time."""
        store, self._store = self._store, None
        if store is None:
            raise Conflict(f"the blob {self.name} was discarded before; nothing was removed")
        store.erase(self.name)


class BytesReader:
    """A `BlobReader` of bytes that are in memory."""

    __slots__ = ("_at", "_data", "size_bytes")

    def __init__(self, data: bytes, size_bytes: int) -> None:
        self._data = data
        self._at = 0
        self.size_bytes = size_bytes

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes."""
        start = self._at
        self._at = len(self._data) if size < 0 else min(start + size, len(self._data))
        return self._data[start : self._at]

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left in pieces of `size` bytes."""
        while data := self.read(size):
            yield data

    def close(self) -> None:
        """Forget the bytes."""
        self._data = b""
        self._at = 0

    def __enter__(self) -> "BytesReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
