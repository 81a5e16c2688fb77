"""Blocks of a far store's blobs, kept near."""

from collections.abc import Iterable, Iterator

from radiotheque.core.errors import Damaged
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader, BlobStore, Derived, Put

_BLOCK = 4 << 20


class Cached:
    """A `BlobStore` around a far one that keeps what was read in a `Derived` store, block by block.

    A blob never changes, so a block is never stale. What is opened and wholly near is read without asking
    the far store: not even whether the blob has been erased meanwhile, so whoever erases, evicts (`forget`).
    """

    def __init__(self, store: BlobStore, near: Derived, *, block_bytes: int = _BLOCK) -> None:
        self._store = store
        self._near = near
        self._block_bytes = block_bytes

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> Put:
        """Keep a stream in the far store; nothing is kept near until it is read."""
        return CachedPut(self._store.put(name, chunks), self)

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop); far bytes are fetched as they are read."""
        size = self.size(name)
        end = size if stop is None else max(0, min(stop, size))
        return CachedReader(self, name, (min(start, end), end), size)

    def size(self, name: BlobName) -> int:
        """Give the size in bytes, from nearby when it is known there."""
        known = self._near.get(f"{name}/size")
        if known is not None and len(known) == 8:
            return int.from_bytes(known, "big")
        size = self._store.size(name)
        self._near.put(f"{name}/size", size.to_bytes(8, "big"))
        return size

    def block(self, name: BlobName, number: int, size: int) -> bytes:
        """Give one whole block, near or far. Raises `NotFound`, `Damaged`, `Unavailable`."""
        start = number * self._block_bytes
        stop = min(start + self._block_bytes, size)
        data = self._near.get(f"{name}/{number}")
        if data is not None and len(data) == stop - start:
            return data
        with self._store.open(name, start, stop) as reader:
            data = reader.read()
        if len(data) != stop - start:
            raise Damaged(f"the blob {name} is shorter than it was; restore it from a copy")
        self._near.put(f"{name}/{number}", data)
        return data

    def place_of(self, at: int) -> tuple[int, int]:
        """Give the number of the block that holds byte `at`, and where in it that is."""
        return divmod(at, self._block_bytes)

    def forget(self, name: BlobName) -> None:
        """Drop what is kept near of a blob."""
        self._near.evict(f"{name}/")

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order, from the far store."""
        return self._store.names(after)

    def close(self) -> None:
        """Close the far store."""
        self._store.close()


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
    """Bytes [start, stop) of a blob, one block in memory at a time."""

    def __init__(self, cached: Cached, name: BlobName, span: tuple[int, int], size_bytes: int) -> None:
        self._cached = cached
        self._name = name
        self._at, self._stop = span
        self.size_bytes = size_bytes
        self._number = -1
        self._block = b""

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, fewer only at the end. Raises `NotFound`, `Damaged`, `Unavailable`."""
        left = self._stop - self._at
        wanted = left if size < 0 else min(size, left)
        parts = []
        while wanted > 0:
            number, skip = self._cached.place_of(self._at)
            if number != self._number:
                self._block, self._number = self._cached.block(self._name, number, self.size_bytes), number
            parts.append(self._block[skip : skip + wanted])
            self._at += len(parts[-1])
            wanted -= len(parts[-1])
        return b"".join(parts)

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left in pieces of `size` bytes."""
        while data := self.read(size):
            yield data

    def close(self) -> None:
        """Let go of the block in memory."""
        self._block, self._number = b"", -1

    def __enter__(self) -> "CachedReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
