"""What the wrappers do when the store inside fails."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from radiotheque.blobs.cached import Cached
from radiotheque.blobs.derived import FileDerived, MemoryDerived
from radiotheque.blobs.memory import MemoryStore
from radiotheque.blobs.mirrored import Mirrored
from radiotheque.blobs.objects import ObjectStore, connect
from radiotheque.blobs.retried import Retried
from radiotheque.blobs.space import Reserve, Reserved
from radiotheque.core.errors import Conflict, Malformed, NotFound, OutOfSpace, Unavailable
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import Unobserved

A, B, C = BlobName("aa/1"), BlobName("bb/2"), BlobName("cc/3")


class Moody(MemoryStore):
    """A store that fails as it is told: `moods` are the errors of the next calls, None for none."""

    def __init__(self, *moods: Exception | None, after_bytes: int = 0) -> None:
        super().__init__()
        self.moods = list(moods)
        self.after_bytes = after_bytes
        self.calls = 0

    def _next(self) -> Exception | None:
        self.calls += 1
        return self.moods.pop(0) if self.moods else None

    def put(self, name, chunks):
        mood = self._next()
        return super().put(name, chunks if mood is None else self._failing(chunks, mood))

    def _failing(self, chunks: Iterable[Buffer], mood: Exception) -> Iterator[Buffer]:
        taken = 0
        for chunk in chunks:
            if taken >= self.after_bytes:
                break
            taken += len(chunk)
            yield chunk
        raise mood

    def open(self, name, start=0, stop=None):
        if (mood := self._next()) is not None:
            raise mood
        return super().open(name, start, stop)

    def size(self, name):
        if (mood := self._next()) is not None:
            raise mood
        return super().size(name)


def content(store, name: BlobName) -> bytes:
    with store.open(name) as reader:
        return reader.read()


def retried(inside: MemoryStore, **options) -> tuple[Retried, list[float]]:
    paused: list[float] = []
    return Retried(inside, pauses_s=(1.0, 2.0), pause=paused.append, **options), paused


@pytest.mark.parametrize("after", [0, 3, 9, 100])
def test_a_put_is_tried_again_from_the_beginning_of_its_stream(after):
    inside = Moody(Unavailable("1"), Unavailable("2"), after_bytes=after)
    store, paused = retried(inside)
    assert store.put(A, iter([b"abc", b"def", b"ghi", b"jkl"])).size_bytes == 12
    assert content(inside, A) == b"abcdefghijkl"
    assert 0.5 <= paused[0] <= 1.0 <= paused[1] <= 2.0


def test_after_the_last_pause_the_error_goes_on():
    inside = Moody(*[Unavailable(str(number)) for number in range(5)])
    store, paused = retried(inside)
    with pytest.raises(Unavailable, match="2"):
        store.put(A, [b"x"])
    assert (inside.calls, len(paused)) == (3, 2)


@pytest.mark.parametrize("error", [OutOfSpace("full"), Conflict("taken")])
def test_what_will_not_pass_is_not_tried_again(error):
    inside = Moody(error)
    store, paused = retried(inside)
    with pytest.raises(type(error)):
        store.put(A, [b"x"])
    assert (inside.calls, paused) == (1, [])


def test_a_long_stream_is_not_tried_again_once_its_beginning_is_gone():
    inside = Moody(Unavailable("late"), after_bytes=50)
    store, _ = retried(inside, replay_bytes=20)
    with pytest.raises(Unavailable, match="late"):
        store.put(A, (b"0123456789" for _ in range(10)))
    assert inside.calls == 1


def test_a_sender_that_is_cut_is_not_asked_again():
    def stream():
        yield b"x"
        raise Unavailable("the sender's own")

    inside = Moody()
    store, _ = retried(inside)
    with pytest.raises(Unavailable, match="own"):
        store.put(A, stream())
    assert inside.calls == 1


def test_reads_are_tried_again_and_what_is_not_there_is_not_looked_for_twice():
    inside = Moody(None, Unavailable("1"), Unavailable("2"), None, Unavailable("3"))
    store, paused = retried(inside)
    store.put(A, [b"x"])
    assert content(store, A) == b"x"
    assert store.size(A) == 1
    assert len(paused) == 3
    with pytest.raises(NotFound):
        store.open(B)
    assert len(paused) == 3


def test_a_listing_goes_on_behind_the_last_name_that_came():
    class Breaking(MemoryStore):
        breaks = 2

        def names(self, after=""):
            for number, name in enumerate(super().names(after)):
                if number == 1 and self.breaks:
                    self.breaks -= 1
                    raise Unavailable("cut")
                yield name

    inside = Breaking()
    for name in (A, B, C):
        inside.put(name, [b""])
    store, paused = retried(inside)
    assert list(store.names()) == [A, B, C]
    assert len(paused) == 2


@pytest.mark.parametrize("after", [0, 4, 100])
@pytest.mark.parametrize("which", [0, 1])
def test_when_one_mirror_fails_neither_keeps_the_blob(which, after):
    stores = [Moody(), Moody()]
    stores[which].moods, stores[which].after_bytes = [OutOfSpace("full")], after
    with pytest.raises(OutOfSpace, match="full"):
        Mirrored(*stores).put(A, [b"abc"] * 10)
    assert [list(store.names()) for store in stores] == [[], []]


@pytest.mark.parametrize("which", [0, 1])
def test_a_name_taken_in_one_mirror_is_refused_and_what_was_there_stays(which):
    stores = [MemoryStore(), MemoryStore()]
    stores[which].put(A, [b"there"])
    with pytest.raises(Conflict):
        Mirrored(*stores).put(A, [b"other"] * 10)
    assert content(stores[which], A) == b"there"
    assert list(stores[1 - which].names()) == []


def test_a_mirror_reads_from_the_second_when_the_first_has_lost_or_fails():
    first, second = Moody(), MemoryStore()
    store = Mirrored(first, second)
    store.put(A, [b"x"])
    store.put(B, [b"y"])
    first.erase(A)
    assert (content(store, A), store.size(A)) == (b"x", 1)
    first.moods = [Unavailable("down"), Unavailable("down")]
    assert (content(store, B), store.size(B)) == (b"y", 1)
    assert list(store.names()) == [A, B]
    second.erase(B)
    assert list(store.missing()) == [(A, False), (B, True)]


def test_a_mirrored_put_has_the_same_bytes_in_both_though_its_buffer_is_used_again():
    first, second = MemoryStore(), MemoryStore()

    def stream():
        buffer = bytearray(4)
        for number in range(500):
            buffer[:] = number.to_bytes(4, "big")
            yield buffer

    Mirrored(first, second).put(A, stream())
    expected = b"".join(number.to_bytes(4, "big") for number in range(500))
    assert (content(first, A), content(second, A)) == (expected, expected)


def test_what_was_read_once_is_read_near_and_only_the_blocks_that_are_needed():
    far = Moody()
    store = Cached(far, MemoryDerived(), block_bytes=10)
    store.put(A, [bytes(range(35))])
    far.calls = 0
    with store.open(A, 12, 15) as reader:
        assert reader.read() == bytes([12, 13, 14])
    assert far.calls == 1, "the size comes with the block"
    with store.open(A, 11, 19) as reader:
        assert reader.read() == bytes(range(11, 19))
    assert far.calls == 1
    assert content(store, A) == bytes(range(35))
    far.calls, far.moods = 0, [Unavailable("down")] * 9
    assert content(store, A) == bytes(range(35))


def test_what_was_never_read_is_fetched_by_one_open_however_many_blocks_it_has():
    far = Moody()
    store = Cached(far, MemoryDerived(), block_bytes=10)
    store.put(A, [bytes(range(35))])
    far.calls = 0
    assert content(store, A) == bytes(range(35))
    assert far.calls == 1


def test_a_damaged_or_lost_file_of_the_cache_is_fetched_again_and_never_given_out(tmp_path):
    far = Moody()
    near = FileDerived(tmp_path / "near")
    store = Cached(far, near, block_bytes=10)
    store.put(A, [bytes(range(35))])
    assert content(store, A) == bytes(range(35))
    for path in [path for path in (tmp_path / "near").rglob("*") if path.is_file()]:
        path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    assert content(store, A) == bytes(range(35))
    for path in [path for path in (tmp_path / "near").rglob("*") if path.is_file()]:
        path.unlink()
    assert content(store, A) == bytes(range(35))
    far.moods = [Unavailable("down")] * 9
    assert content(store, A) == bytes(range(35)), "what was fetched again is near again"


def test_a_cache_that_cannot_be_read_or_written_hinders_no_read():
    class Broken(MemoryDerived):
        def get(self, name: str) -> bytes | None:
            raise Unavailable("the disk of the cache fails")

        def put(self, name: str, data: bytes) -> None:
            raise Unavailable("the disk of the cache fails")

    store = Cached(MemoryStore(), Broken(), block_bytes=10)
    store.put(A, [bytes(range(35))])
    assert content(store, A) == bytes(range(35))
    assert store.size(A) == 35


def test_a_block_that_was_evicted_is_fetched_again():
    near = MemoryDerived()
    store = Cached(MemoryStore(), near, block_bytes=10)
    store.put(A, [bytes(35)])
    assert content(store, A) == bytes(35)
    store.forget(A)
    assert near.get(f"{A}/0") is None
    near.put(f"{A}/1", b"short")
    assert content(store, A) == bytes(35)


def test_a_cache_tells_of_each_block_whether_it_was_near():
    told: list[bool] = []

    class Counting(Unobserved):
        def cached(self, hit: bool) -> None:
            told.append(hit)

    store = Cached(MemoryStore(), MemoryDerived(), block_bytes=10, observer=Counting())
    store.put(A, [bytes(range(35))])
    with store.open(A, 12, 25) as reader:
        reader.read()
    assert told == [False, False]
    told.clear()
    assert content(store, A) == bytes(range(35))
    assert told == [False, True, True, False]


@pytest.mark.parametrize("url", ["", "s3://", "http://host/bucket", "file:///tmp", "s3://bucket?secret=1", "bucket"])
def test_what_is_no_object_store_is_refused(url):
    with pytest.raises(Malformed):
        connect(url)


def test_an_object_store_that_is_not_there_says_so(monkeypatch, unused_port):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    store = ObjectStore(connect(f"s3://bucket/p?endpoint=http://127.0.0.1:{unused_port}&region=us-east-1", retries=0))
    with pytest.raises(Unavailable):
        store.check()
    with pytest.raises(Unavailable):
        store.put(A, [b"x"])
    with pytest.raises(Unavailable):
        store.open(A)
    with pytest.raises(Unavailable):
        list(store.names())


@pytest.fixture
def unused_port() -> Iterator[int]:
    import socket

    with socket.socket() as held:  # bound and not listening: a connection is refused at once
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_below_the_reserve_of_the_index_nothing_new_is_put_and_reads_go_on(tmp_path: Path) -> None:
    inside = MemoryStore()
    inside.put(A, [b"kept"])
    full = Reserved(inside, Reserve(tmp_path, share=1.0, floor_bytes=1 << 60, holds="index"))
    with pytest.raises(OutOfSpace, match="free space for the index"):
        full.put(B, [b"x"])
    assert (content(full, A), full.size(A), list(full.names())) == (b"kept", 4, [A])
