"""Encryption at rest as a wrapper: what lies below sees ciphertext only."""

from collections.abc import Iterable, Iterator

from radiotheque.blobs.naming import split_name
from radiotheque.blobs.sealing import (
    CHUNK,
    HEADER,
    SEALED_CHUNK,
    TAG,
    Seal,
    fresh_header,
    plain_size,
    seal_stream,
    unseal_chunks,
    unwritten_bytes,
)
from radiotheque.core.errors import Damaged
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader, BlobStore, KeyRing, Put

_BATCH = 16  # chunks sealed before they are handed on, and unsealed at a time: 1 MiB
_SPARE = 16  # sets of buffers kept for the next put


class Sealed:
    """A `BlobStore` around another that keeps every blob sealed under its study's key (blob-format.md).

    The key is the one that the name begins with. `Damaged` on reading means that the bytes, their
    order, the blob's name or the key are not what they were.
    """

    def __init__(self, store: BlobStore, keys: KeyRing) -> None:
        self._store = store
        self._keys = keys
        self._spare: list[tuple[bytearray, bytearray]] = []

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> Put:
        """Seal a stream on its way; see `BlobStore.put`. Raises `NotFound` when there is no such key."""
        header = fresh_header()
        seal = self._seal(name, header)
        held, room = self._spare.pop() if self._spare else (bytearray(CHUNK), bytearray(_BATCH * SEALED_CHUNK))
        put = self._store.put(name, _with_header(header, seal_stream(seal, chunks, held, room)))
        if len(self._spare) < _SPARE:
            self._spare.append((held, room))
        return SealedPut(put)

    def _seal(self, name: str, header: bytes) -> Seal:
        key_id, _ = split_name(name)
        return Seal(self._keys.get(key_id).secret, name, header)

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> "SealedReader":
        """Open plain bytes [start, stop); only the chunks that hold them are read and unsealed."""
        first = start // CHUNK
        if first == 0:
            return self._open_from_start(name, start, stop)
        with self._store.open(name, 0, HEADER) as head:
            header, sealed_bytes = head.read(HEADER), head.size_bytes
        size = plain_size(sealed_bytes, name)
        if start >= size:
            return self._open_past_end(name, size)
        source = self._store.open(name, HEADER + first * SEALED_CHUNK, _sealed_stop(stop))
        return SealedReader(self._seal(name, header), source, (start, _cut(stop, size), size), name)

    def _open_from_start(self, name: BlobName, start: int, stop: int | None) -> "SealedReader":
        source = self._store.open(name, 0, _sealed_stop(stop))
        try:
            size = plain_size(source.size_bytes, name)
            seal = self._seal(name, source.read(HEADER))
        except BaseException:
            source.close()
            raise
        reader = SealedReader(seal, source, (min(start, _cut(stop, size)), _cut(stop, size), size), name)
        if not size:
            reader.check_empty()
        return reader

    def _open_past_end(self, name: BlobName, size: int) -> "SealedReader":
        """Open nothing, after a look at the last chunk: a blob that was cut must not pass for a shorter one."""
        reader = self.open(name, max(size - 1, 0))
        try:
            reader.read()
        except BaseException:
            reader.close()
            raise
        return reader

    def size(self, name: BlobName) -> int:
        """Give the size of the plain content in bytes. Raises `NotFound`, `Damaged`."""
        return plain_size(self._store.size(name), name)

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order."""
        return self._store.names(after)

    def close(self) -> None:
        """Close the store inside."""
        self._store.close()


def _with_header(header: bytes, sealed: Iterator[memoryview]) -> Iterator[Buffer]:
    yield header
    yield from sealed


def _sealed_stop(stop: int | None) -> int | None:
    """Give where the chunk ends, in the sealed form, that holds the byte before plain `stop`."""
    return None if stop is None else HEADER + -(-max(stop, 0) // CHUNK) * SEALED_CHUNK


def _cut(stop: int | None, size: int) -> int:
    return size if stop is None else min(max(stop, 0), size)


class SealedPut:
    """A sealed blob just put; `size_bytes` is of its plain content."""

    __slots__ = ("_put", "name", "size_bytes")

    def __init__(self, put: Put) -> None:
        self._put = put
        self.name = put.name
        self.size_bytes = plain_size(put.size_bytes, put.name)

    def discard(self) -> None:
        """Remove the blob just put; works once."""
        self._put.discard()


class SealedReader:
    """Plain bytes [start, stop) of a sealed blob; `source` stands at the chunk that holds `start`."""

    __slots__ = ("_at", "_name", "_plain", "_ready", "_seal", "_source", "_stop", "size_bytes")

    def __init__(self, seal: Seal, source: BlobReader, span: tuple[int, int, int], name: str) -> None:
        self._seal = seal
        self._source = source
        self._at, self._stop, self.size_bytes = span
        self._name = name
        self._plain = memoryview(bytearray())
        self._ready = self._plain

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, fewer only at the end. Raises `Damaged`."""
        left = self._stop - self._at
        wanted = left if size < 0 else min(size, left)
        if wanted <= 0:
            return b""
        data, into = unwritten_bytes(wanted)
        filled = 0
        while filled < wanted:
            filled += self._take(into[filled:]) if self._ready else self._unseal(into[filled:])
        return data

    def _take(self, into: memoryview) -> int:
        """Move bytes that are unsealed already."""
        size = min(len(into), len(self._ready))
        into[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        self._at += size
        return size

    def _unseal(self, into: memoryview) -> int:
        """Unseal whole chunks where they are wanted; give 0 after one that is wanted in part, now in `_ready`."""
        first, skip = divmod(self._at, CHUNK)
        reaches_end = self._at + len(into) == self.size_bytes
        whole = -(-len(into) // CHUNK) if reaches_end else len(into) // CHUNK
        if skip or not whole:
            size = self._open_chunks(first, 1, self._scratch())
            self._ready = self._plain[skip:size]
            return 0
        size = self._open_chunks(first, min(whole, _BATCH), into)
        self._at += size
        return size

    def _scratch(self) -> memoryview:
        if not self._plain:
            self._plain = memoryview(bytearray(CHUNK))
        return self._plain

    def _open_chunks(self, first: int, count: int, into: memoryview) -> int:
        """Read and unseal chunks into the beginning of `into`, and give their plain size."""
        start = first * CHUNK
        end = min(start + count * CHUNK, self.size_bytes)
        sealed_bytes = end - start + count * TAG
        sealed = self._source.read(sealed_bytes)
        if len(sealed) != sealed_bytes:
            raise Damaged(f"the blob {self._name} is cut in chunk {first} or after; restore it from a copy")
        return unseal_chunks(self._seal, sealed, into, first, ends=end == self.size_bytes)

    def check_empty(self) -> None:
        """Check the one empty chunk of an empty blob. Raises `Damaged`."""
        try:
            unseal_chunks(self._seal, self._source.read(TAG), self._plain, 0, ends=True)
        except BaseException:
            self.close()
            raise

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left in pieces of `size` bytes."""
        while data := self.read(size):
            yield data

    def close(self) -> None:
        """Close what is read from, and let go of the plain bytes."""
        self._source.close()
        self._ready = self._plain = memoryview(b"")

    def __enter__(self) -> "SealedReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
