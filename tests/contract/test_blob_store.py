"""What every BlobStore promises, asked of every BlobStore and every wrapper of one."""

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.seaweed import Seaweed, start_seaweed
from effort import effort
from radiotheque.blobs.cached import Cached
from radiotheque.blobs.derived import FileDerived, SealedDerived
from radiotheque.blobs.disk import Disk
from radiotheque.blobs.files import FileStore
from radiotheque.blobs.memory import MemoryStore
from radiotheque.blobs.mirrored import Mirrored
from radiotheque.blobs.objects import open_objects
from radiotheque.blobs.recent import Recent
from radiotheque.blobs.retried import Retried
from radiotheque.blobs.sealed import Sealed
from radiotheque.blobs.space import Reserve, Reserved
from radiotheque.core.errors import Conflict, Malformed, NotFound
from radiotheque.core.instance import BlobName
from radiotheque.core.ports import BlobStore
from radiotheque.keys import FileKeyRing, open_ring

CHUNK = 65536
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK, 17 * CHUNK + 5, 11_000_001]

varied = settings(max_examples=effort(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def ring(tmp_path_factory: pytest.TempPathFactory) -> FileKeyRing:
    place = tmp_path_factory.mktemp("keys")
    return open_ring(place / "keys", place / "copy", demo=True)


@dataclass(frozen=True)
class Ground:
    """What a store may be built on: an empty folder, a key ring, and an empty place in a real object store."""

    folder: Path
    ring: FileKeyRing
    remote: Callable[[], str]


def near(ground: Ground) -> SealedDerived:
    return SealedDerived(FileDerived(ground.folder / "near"), ground.ring.purpose_key("derived"))


STORES: dict[str, Callable[[Ground], BlobStore]] = {
    "memory": lambda ground: MemoryStore(),
    "files": lambda ground: FileStore(ground.folder),
    "files with named drafts": lambda ground: FileStore(ground.folder, disk=Disk(unnamed=False)),
    "sealed memory": lambda ground: Sealed(MemoryStore(), ground.ring),
    "sealed files": lambda ground: Sealed(FileStore(ground.folder), ground.ring),
    "reserved files": lambda ground: Reserved(FileStore(ground.folder), Reserve(ground.folder.parent, share=0)),
    "recent": lambda ground: Recent(FileStore(ground.folder), head_bytes=1000, kept=4),
    "retried files": lambda ground: Retried(FileStore(ground.folder)),
    "mirrored": lambda ground: Mirrored(FileStore(ground.folder / "a"), FileStore(ground.folder / "b")),
    "cached": lambda ground: Cached(MemoryStore(), near(ground), block_bytes=100_000),
    "objects": lambda ground: open_objects(ground.remote(), part_bytes=5 << 20),
    "all of them": lambda ground: Sealed(
        Mirrored(FileStore(ground.folder / "a"), Cached(Retried(open_objects(ground.remote())), near(ground))),
        ground.ring,
    ),
}


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    running = start_seaweed(tmp_path_factory.mktemp("seaweed"))
    yield running
    running.child.end()


@pytest.fixture(params=STORES)
def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, ring: FileKeyRing, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BlobStore]:
    def remote() -> str:
        running: Seaweed = request.getfixturevalue("seaweed")
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        return running.url(secrets.token_hex(8))

    store = STORES[request.param](Ground(tmp_path / "blobs", ring, remote))
    yield store
    store.close()


@pytest.fixture
def fresh(ring: FileKeyRing) -> Callable[[], BlobName]:
    return lambda: BlobName(f"{ring.fresh().key_id}/{secrets.token_hex(16)}")


def chunked(data: bytes, size: int = 1000) -> Iterator[bytearray]:
    """Yield pieces in one buffer that is overwritten when the next is asked for, as a socket's reader does."""
    buffer = bytearray(size)
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        buffer[: len(piece)] = piece
        yield buffer if len(piece) == size else bytearray(piece)
        buffer[:] = b"\xee" * size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [9_777, CHUNK, 131_058, 1 << 20])
def test_gives_back_what_was_put(blobs, fresh, size, piece):
    data, name = secrets.token_bytes(size), fresh()
    put = blobs.put(name, chunked(data, piece))
    assert (put.name, put.size_bytes, blobs.size(name)) == (name, size, size)
    with blobs.open(name) as reader:
        assert reader.size_bytes == size
        assert reader.read() == data
        assert reader.read() == b""
    with blobs.open(name) as reader:
        assert b"".join(reader.chunks(70_000)) == data


@varied
@given(data=st.binary(max_size=4096), start=st.integers(0, 5000), length=st.integers(0, 5000))
def test_gives_back_any_range_of_what_was_put(blobs, fresh, data, start, length):
    name = fresh()
    blobs.put(name, chunked(data))
    with blobs.open(name, start, start + length) as reader:
        assert reader.read() == data[start : start + length]


@pytest.fixture
def large(blobs, fresh):
    data, name = secrets.token_bytes(20 * CHUNK + 77), fresh()
    blobs.put(name, chunked(data, 50_000))
    return name, data


@varied
@given(start=st.integers(0, 21 * CHUNK), length=st.integers(0, 3 * CHUNK), sizes=st.lists(st.integers(0, CHUNK)))
def test_gives_back_any_range_of_a_large_blob_in_any_steps(blobs, large, start, length, sizes):
    name, data = large
    with blobs.open(name, start, start + length) as reader:
        got = b"".join(reader.read(size) for size in sizes) + reader.read()
    assert got == data[start : start + length]


@pytest.mark.parametrize("start", [0, 1, CHUNK, 19 * CHUNK + 9, 20 * CHUNK + 77, 10**9])
def test_reads_to_the_end_when_no_stop_is_given(blobs, large, start):
    name, data = large
    with blobs.open(name, start) as reader:
        assert b"".join(reader.chunks()) == data[start:]


def test_a_name_is_given_once_and_the_blob_never_changes(blobs, fresh):
    name = fresh()
    blobs.put(name, [b"first"])
    with pytest.raises(Conflict):
        blobs.put(name, [b"second"])
    with blobs.open(name) as reader:
        assert reader.read() == b"first"


@pytest.mark.parametrize("before", [0, 10, 12_000_000])
def test_a_cut_stream_leaves_nothing_and_its_error_goes_on(blobs, fresh, before):
    class Cut(Exception):
        pass

    def stream():
        yield from chunked(bytes(before), 4096)
        raise Cut

    name = fresh()
    with pytest.raises(Cut):
        blobs.put(name, stream())
    with pytest.raises(NotFound):
        blobs.open(name)
    with pytest.raises(NotFound):
        blobs.size(name)
    assert name not in list(blobs.names())
    blobs.put(name, [b"again"])
    assert blobs.size(name) == 5


def test_what_was_never_put_is_not_found(blobs, fresh):
    name = fresh()
    with pytest.raises(NotFound):
        blobs.open(name)
    with pytest.raises(NotFound):
        blobs.open(name, 100_000, 200_000)
    with pytest.raises(NotFound):
        blobs.size(name)


def test_names_come_in_order_and_after_any_of_them(blobs, fresh):
    names = [fresh() for _ in range(30)]
    names += [BlobName(f"{name.split('/')[0]}/{secrets.token_hex(16)}") for name in names[:10]]
    for name in names:
        blobs.put(name, [b"x"])
    ordered = sorted(names)
    assert list(blobs.names()) == ordered
    for at in (0, 13, 39):
        assert list(blobs.names(after=ordered[at])) == ordered[at + 1 :]
    assert list(blobs.names(after=ordered[20].split("/")[0])) == [n for n in ordered if n > ordered[20].split("/")[0]]


def test_a_put_that_is_discarded_leaves_nothing_and_works_once(blobs, fresh):
    name, other = fresh(), fresh()
    put = blobs.put(name, [b"twice"])
    blobs.put(other, [b"stays"])
    put.discard()
    assert list(blobs.names()) == [other]
    with pytest.raises(NotFound):
        blobs.open(name)
    blobs.put(name, [b"put again"])
    with pytest.raises(Conflict):
        put.discard()
    assert blobs.size(name) == 9


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "/",
        "a/",
        "/b",
        "a/b/c",
        "../etc/passwd",
        "a/..",
        "./b",
        "a/é",
        "ａ/b",
        "a/b\0",
        "a/b\n",
        "a b/c",
        "a-b/c",
    ],
)
def test_no_other_name_than_letters_digits_and_a_slash_is_taken(blobs, name):
    with pytest.raises(Malformed):
        blobs.put(BlobName(name), [b"x"])
    with pytest.raises(Malformed):
        blobs.open(BlobName(name))
    assert list(blobs.names()) == []


def test_many_threads_put_and_read_beside_each_other(blobs, fresh):
    failures = []

    def work():
        try:
            for _ in range(5):
                data, name = secrets.token_bytes(200_000), fresh()
                blobs.put(name, chunked(data, 30_000))
                with blobs.open(name) as reader:
                    assert b"".join(reader.chunks(65_000)) == data
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(blobs.names())) == 30


def test_of_threads_that_put_the_same_name_one_wins(blobs, fresh):
    name, results = fresh(), []
    gate = threading.Barrier(4)

    def work(mine: bytes):
        gate.wait()
        try:
            blobs.put(name, [mine * 100_000])
            results.append(mine)
        except Conflict:
            results.append(None)

    threads = [threading.Thread(target=work, args=(bytes([65 + number]),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [mine for mine in results if mine]
    assert len(winners) == 1
    with blobs.open(name) as reader:
        assert reader.read() == winners[0] * 100_000


def test_one_reader_does_not_move_another(blobs, large):
    name, data = large
    with blobs.open(name) as one, blobs.open(name) as other:
        assert one.read(100) == data[:100]
        assert other.read(200) == data[:200]
        assert one.read(100) == data[100:200]
