"""A house on a real object store reads an image there once: what was read lies near, sealed as it is there."""

from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest

from contract.seaweed import ACCESS_KEY, SECRET_KEY, Seaweed, start_seaweed
from crash.objects import made, offer
from crash.truth import house_at, me
from radiotheque.app import House
from radiotheque.blobs.objects import connect
from radiotheque.core.errors import NotFound
from radiotheque.core.instance import BlobName, fresh_blob_name

PLAIN = b"a film of the chest, read over and over" * 80_000  # three blocks


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    running = start_seaweed(tmp_path_factory.mktemp("seaweed"))
    yield running
    running.child.end()


def settings(seaweed: Seaweed, prefix: str) -> dict[str, str]:
    return {
        "blobs": seaweed.url(prefix),
        "blobs_access_key_id": ACCESS_KEY,
        "blobs_secret_access_key": SECRET_KEY,
    }


def kept(house: House) -> BlobName:
    return house.blobs.put(fresh_blob_name(house.ring.fresh().key_id), [PLAIN]).name


def read(house: House, name: BlobName) -> bytes:
    with house.blobs.open(name) as stream:
        return stream.read()


def take_away(seaweed: Seaweed, prefix: str, name: BlobName) -> None:
    """Remove an object behind the back of the house, so that whoever asks the object store for it is told."""
    obstore.delete(connect(seaweed.url(prefix), credentials=(ACCESS_KEY, SECRET_KEY)), name)


def cache(place: Path) -> list[Path]:
    return [path for path in (place / "data" / "cache").rglob("*") if path.is_file()]


def test_the_second_read_does_not_ask_the_object_store(seaweed: Seaweed, tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=True, **settings(seaweed, "second/")) as house:
        name = kept(house)
        assert read(house, name) == PLAIN
        take_away(seaweed, "second/", name)
        assert read(house, name) == PLAIN
        with pytest.raises(NotFound), house.originals.open(name):
            pass  # who asks whether the store still has it is not told what lies near
    with house_at(tmp_path, sealing=True, **settings(seaweed, "second/")) as house:
        assert read(house, name) == PLAIN, "after a restart too"


def test_nothing_is_committed_to_that_lies_near_alone(seaweed: Seaweed, tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=True, **settings(seaweed, "commitment/")) as house:
        receipt = offer(house, made())
        (name,) = house.originals.names()
        wanted = [(receipt.identity.sop_class, receipt.identity.sop_instance)]
        assert house.archive.holds(wanted, me()) == [0]
        with house.blobs.open(name) as stream:
            stream.read()
        take_away(seaweed, "commitment/", name)
        with house.blobs.open(name) as stream:
            assert stream.read()
        assert house.archive.holds(wanted, me()) == [0x0112]  # No such object instance (PS3.3 C.14.1.1)


def test_what_lies_near_is_sealed(seaweed: Seaweed, tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=True, **settings(seaweed, "sealed/")) as house:
        assert read(house, kept(house)) == PLAIN
    assert sum(path.stat().st_size for path in cache(tmp_path)) >= len(PLAIN)
    assert not any(PLAIN[:39] in path.read_bytes() for path in cache(tmp_path))


@pytest.mark.parametrize("sealing", [True, False], ids=["sealed", "plain"])
def test_a_damaged_or_lost_entry_is_read_from_the_object_store_again(
    seaweed: Seaweed, tmp_path: Path, sealing: bool
) -> None:
    prefix = f"damaged-{sealing}/"
    with house_at(tmp_path, sealing=sealing, **settings(seaweed, prefix)) as house:
        name = kept(house)
        assert read(house, name) == PLAIN
        for path in cache(tmp_path):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        assert read(house, name) == PLAIN
        for path in cache(tmp_path)[::2]:
            path.unlink()
        assert read(house, name) == PLAIN


def test_without_room_for_it_there_is_no_cache(seaweed: Seaweed, tmp_path: Path) -> None:
    with house_at(tmp_path, sealing=True, cache_bytes=0, **settings(seaweed, "none/")) as house:
        name = kept(house)
        assert read(house, name) == PLAIN
        assert not (tmp_path / "data" / "cache").exists()
        take_away(seaweed, "none/", name)
        with pytest.raises(NotFound):
            read(house, name)
