"""Blocks of a far store's blobs, kept near."""

from collections.abc import Iterable, Iterator

import structlog

from radiotheque.core.errors import Damaged, Unavailable
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader, BlobStore, Derived, Observer, Put, Unobserved

_BLOCK = 1 << 20

_log = structlog.get_logger()


class Cached:
    """A `BlobStore` around a far one that keeps what was read in a `Derived` store, block by block.

    A blob never changes, so a block is never stale. What is opened and wholly near is read without asking
    the far store: not even whether the blob has been erased meanwhile, so whoever erases, evicts (`forget`),
    and whoever asks whether the far store still has a blob reads it there. A block that is lost, does not check
    out or cannot be read near is fetched again.
    """

    def __init__(
        self, store: BlobStore, near: Derived, *, block_bytes: int = _BLOCK, observer: Observer | None = None
    ) -> None:
        self._store = store
        self._near = near
        self._observer = observer or Unobserved()
        self.block_bytes = block_bytes

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> Put:
        """Keep a stream in the far store; nothing is kept near until it is read."""
        return CachedPut(self._store.put(name, chunks), self)

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop); far bytes are fetched as they are read, by one GET where none of them is near."""
        size = self._known_size(name)
        if size is not None:
            return CachedReader(self, name, _span(start, stop, size), size)
        number = start // self.block_bytes
        far = self.fetch(name, number, stop)
        self._keep(f"{name}/size", far.size_bytes.to_bytes(8, "big"))
        return CachedReader(self, name, _span(start, stop, far.size_bytes), far.size_bytes, far=(far, number))

    def size(self, name: BlobName) -> int:
        """Give the size in bytes, from nearby when it is known there."""
        known = self._known_size(name)
        if known is not None:
            return known
        size = self._store.size(name)
        self._keep(f"{name}/size", size.to_bytes(8, "big"))
        return size

    def fetch(self, name: BlobName, number: int, stop: int | None) -> BlobReader:
        """Open the blob far away from the beginning of a block to the end of that which holds the byte before `stop`."""
        start = number * self.block_bytes
        if stop is not None:
            stop = max(-(-stop // self.block_bytes), number) * self.block_bytes
        return self._store.open(name, start, stop)

    def near(self, name: BlobName, number: int, size_bytes: int) -> bytes | None:
        """Give a block of `size_bytes` that is kept near, None when it is not."""
        data = self._get(f"{name}/{number}")
        found = data if data is not None and len(data) == size_bytes else None
        self._observer.cached(found is not None)
        return found

    def keep(self, name: BlobName, number: int, data: bytes) -> None:
        """Keep a block near."""
        self._keep(f"{name}/{number}", data)

    def _known_size(self, name: BlobName) -> int | None:
        known = self._get(f"{name}/size")
        return int.from_bytes(known, "big") if known is not None and len(known) == 8 else None

    def _get(self, name: str) -> bytes | None:
        try:
            return self._near.get(name)
        except Unavailable as error:
            _log.warning("cache.not-read", reason=str(error))
            return None

    def _keep(self, name: str, data: bytes) -> None:
        try:
            self._near.put(name, data)
        except Unavailable as error:
            _log.warning("cache.not-kept", reason=str(error))

    def forget(self, name: BlobName) -> None:
        """Drop what is kept near of a blob."""
        self._near.evict(f"{name}/")

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order, from the far store."""
        return self._store.names(after)

    def close(self) -> None:
        """Close the far store."""
        self._store.close()


def _span(start: int, stop: int | None, size: int) -> tuple[int, int]:
    end = size if stop is None else max(0, min(stop, size))
    return min(start, end), end


class CachedPut:
    """A blob just put into the far store."""

    def __init__(self, put: Put, cached: Cached) -> None:
        self._put = put
        self._cached = cached
        self.name = put.name
        self.size_bytes = put.size_bytes

    def discard(self) -> None:
        """Remove the blob, here and far; works once."""
        self._put.discard()
        self._cached.forget(self.name)


class CachedReader:
    """Bytes [start, stop) of a blob, one block in memory at a time; `far` is open at the block of that number."""

    def __init__(
        self,
        cached: Cached,
        name: BlobName,
        span: tuple[int, int],
        size_bytes: int,
        *,
        far: tuple[BlobReader, int] | None = None,
    ) -> None:
        self._cached = cached
        self._name = name
        self._at, self._stop = span
        self.size_bytes = size_bytes
        self._far = far
        self._number = -1
        self._block = b""

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, fewer only at the end. Raises `NotFound`, `Damaged`, `Unavailable`."""
        left = self._stop - self._at
        wanted = left if size < 0 else min(size, left)
        parts = []
        while wanted > 0:
            number, skip = divmod(self._at, self._cached.block_bytes)
            if number != self._number:
                self._block, self._number = self._read_block(number), number
            parts.append(self._block[skip : skip + wanted])
            self._at += len(parts[-1])
            wanted -= len(parts[-1])
        return b"".join(parts)

    def _read_block(self, number: int) -> bytes:
        """Give one whole block, near or far."""
        block_bytes = self._cached.block_bytes
        size_bytes = min(block_bytes, self.size_bytes - number * block_bytes)
        data = self._cached.near(self._name, number, size_bytes)
        if data is not None:
            return data
        data = self._far_at(number).read(size_bytes)
        if len(data) != size_bytes:
            raise Damaged(f"the blob {self._name} is shorter than it was; restore it from a copy")
        self._cached.keep(self._name, number, data)
        return data

    def _far_at(self, number: int) -> BlobReader:
        """Give the far blob, open at a block; the one after the last that was fetched needs no second GET."""
        if self._far is None or self._far[1] != number:
            self._close_far()
            self._far = self._cached.fetch(self._name, number, self._stop), number
        far = self._far[0]
        self._far = far, number + 1
        return far

    def _close_far(self) -> None:
        if self._far is not None:
            self._far[0].close()
        self._far = None

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left in pieces of `size` bytes."""
        while data := self.read(size):
            yield data

    def close(self) -> None:
        """Let go of the block in memory, and of what is open far away."""
        self._close_far()
        self._block, self._number = b"", -1

    def __enter__(self) -> "CachedReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
