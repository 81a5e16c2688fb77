"""First bytes from memory, as long as they are those of a blob that is there."""

import pytest

from radiotheque.blobs.memory import MemoryStore
from radiotheque.blobs.recent import Recent
from radiotheque.core.errors import NotFound
from radiotheque.core.instance import BlobName

A, B, C = (BlobName(f"{letter * 32}/0001") for letter in "abc")


class Counted(MemoryStore):
    """Counts how often a blob is opened."""

    opened = 0

    def open(self, name, start=0, stop=None):  # type: ignore[no-untyped-def]
        self.opened += 1
        return super().open(name, start, stop)


def test_the_first_bytes_of_what_was_put_are_read_without_the_store() -> None:
    store = Counted()
    recent = Recent(store, head_bytes=4)
    recent.put(A, [b"ab", b"cdef"])
    with recent.open(A, 1, 4) as stream:
        assert (stream.read(), stream.size_bytes, store.opened) == (b"bcd", 6, 0)
    with recent.open(A, 0, 5) as stream:
        assert (stream.read(), store.opened) == (b"abcde", 1)


def test_a_blob_shorter_than_a_head_ends_where_it_ends() -> None:
    recent = Recent(MemoryStore(), head_bytes=100)
    recent.put(A, [b"abc"])
    with recent.open(A, 2, 50) as stream:
        assert (stream.read(), stream.size_bytes) == (b"c", 3)


def test_the_oldest_head_goes_first() -> None:
    store = Counted()
    recent = Recent(store, head_bytes=4, kept=2)
    for name in (A, B, C):
        recent.put(name, [b"abcdef"])
    for name in (A, B, C):
        recent.open(name, 0, 2).close()
    assert store.opened == 1


def test_what_was_discarded_is_not_found() -> None:
    recent = Recent(MemoryStore())
    recent.put(A, [b"abc"]).discard()
    with pytest.raises(NotFound):
        recent.open(A, 0, 2)
